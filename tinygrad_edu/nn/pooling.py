"""Pooling layers, which make images smaller. What they compute is in `nn.functional`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import functional as F
from .function_module import FunctionModule

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor
    from ..typing import TensorLike
    from .functional.convolution import Lengths


class Pool(FunctionModule):
    """The base of the modules below. The first setting goes to the function by position."""

    def __init__(self, first: Any, **settings: Any) -> None:
        self._first, self._settings = first, settings

    def forward(self, x: TensorLike) -> Tensor:
        """Return the pooled images, or sequences."""
        return type(self).function(x, self._first, **self._settings)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join([str(self._first), *(f"{k}={v}" for k, v in self._settings.items())])


class MaxPool(Pool):
    """The base of layers that return the largest number of each window."""

    def __init__(
        self,
        kernel_size: Lengths,
        stride: Lengths | None = None,
        padding: Lengths = 0,
        dilation: Lengths = 1,
        *,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)


class MaxPool1d(MaxPool):
    """The largest number of each window along one axis: (N, C, L) to (N, C, L').

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.MaxPool1d(2)(Tensor(np.zeros((1, 3, 8)))).shape
    (1, 3, 4)
    """

    function = staticmethod(F.max_pool1d)


class MaxPool2d(MaxPool):
    """The largest number of each window of an image: (N, C, H, W) to (N, C, H', W').

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.MaxPool2d(2)(Tensor(np.zeros((1, 3, 8, 6)))).shape
    (1, 3, 4, 3)
    """

    function = staticmethod(F.max_pool2d)


class AvgPool1d(Pool):
    """The mean of each window along one axis: (N, C, L) to (N, C, L').

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.AvgPool1d(2)(Tensor(np.zeros((1, 3, 8)))).shape
    (1, 3, 4)
    """

    function = staticmethod(F.avg_pool1d)

    def __init__(
        self,
        kernel_size: Lengths,
        stride: Lengths | None = None,
        padding: Lengths = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(
            kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad
        )


class AvgPool2d(Pool):
    """The mean of each window of an image: (N, C, H, W) to (N, C, H', W').

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.AvgPool2d(2)(Tensor(np.zeros((1, 3, 8, 6)))).shape
    (1, 3, 4, 3)
    """

    function = staticmethod(F.avg_pool2d)

    def __init__(
        self,
        kernel_size: Lengths,
        stride: Lengths | None = None,
        padding: Lengths = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(
            kernel_size,
            stride=stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )


class AdaptivePool(Pool):
    """The base of layers that return as many windows as are wanted."""

    def __init__(self, output_size: int | Sequence[int | None] | None) -> None:
        super().__init__(output_size)


class AdaptiveAvgPool1d(AdaptivePool):
    """The means of a given number of windows along one axis.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.AdaptiveAvgPool1d(2)(Tensor(np.zeros((1, 3, 8)))).shape
    (1, 3, 2)
    """

    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(AdaptivePool):
    """The means of a given number of windows, which cover the image.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.AdaptiveAvgPool2d((2, None))(Tensor(np.zeros((1, 3, 8, 6)))).shape
    (1, 3, 2, 6)
    """

    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveMaxPool2d(AdaptivePool):
    """The largest numbers of a given number of windows, which cover the image.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.AdaptiveMaxPool2d(2)(Tensor(np.zeros((1, 3, 8, 6)))).shape
    (1, 3, 2, 2)
    """

    function = staticmethod(F.adaptive_max_pool2d)
