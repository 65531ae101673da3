"""Layers that make images smaller; what they compute is in `nn.functional`."""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module


class Pool(Module):
    """What they share: a function of `nn.functional`, and settings, of which the first goes by position."""

    function: Any = None

    def __init__(self, first: Any, **settings: Any) -> None:
        self._first, self._settings = first, settings

    def forward(self, x: Any) -> Any:
        return type(self).function(x, self._first, **self._settings)

    def extra_repr(self) -> str:
        return ", ".join([str(self._first), *(f"{k}={v}" for k, v in self._settings.items())])


class MaxPool(Pool):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *, ceil_mode: bool = False) -> None:
        super().__init__(kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)


class MaxPool1d(MaxPool):
    """The largest number of each window; see `functional.max_pool1d`."""

    function = staticmethod(F.max_pool1d)


class MaxPool2d(MaxPool):
    """The largest number of each window; see `functional.max_pool2d`."""

    function = staticmethod(F.max_pool2d)


class AvgPool1d(Pool):
    """The mean of each window; see `functional.avg_pool1d`."""

    function = staticmethod(F.avg_pool1d)

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True) -> None:  # fmt: skip
        super().__init__(kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad)


class AvgPool2d(Pool):
    """The mean of each window; see `functional.avg_pool2d`."""

    function = staticmethod(F.avg_pool2d)

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True, divisor_override: int | None = None) -> None:  # fmt: skip
        super().__init__(kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad,
                         divisor_override=divisor_override)  # fmt: skip


class AdaptivePool(Pool):
    def __init__(self, output_size: Any) -> None:
        super().__init__(output_size)


class AdaptiveAvgPool1d(AdaptivePool):
    """Means of as many windows as are wanted; see `functional.adaptive_avg_pool1d`."""

    function = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(AdaptivePool):
    """Means of as many windows as are wanted; see `functional.adaptive_avg_pool2d`."""

    function = staticmethod(F.adaptive_avg_pool2d)


class AdaptiveMaxPool2d(AdaptivePool):
    """The largest numbers of as many windows as are wanted; see `functional.adaptive_max_pool2d`."""

    function = staticmethod(F.adaptive_max_pool2d)
