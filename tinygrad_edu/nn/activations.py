"""Activation functions as modules, to stand between layers. What they compute is in `nn.functional`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from ..docstrings import complete_from
from ..engine.forward import apply
from ..rules.neural.fused import log_softmax, relu, sigmoid, softmax
from . import functional as F
from .function_module import FunctionModule
from .module import Module
from .parameter import Parameter

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..tensor.tensor import Tensor
    from ..typing import TensorLike

T = TypeVar("T")


class Sigmoid(Module):
    """The logistic function, ``1 / (1 + exp(-x))``, which lies between 0 and 1.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Sigmoid()(Tensor([-1.0, 0.0, 2.0])).data.round(4)
    array([0.2689, 0.5   , 0.8808])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Return ``1 / (1 + exp(-x))``, element by element."""
        return apply(sigmoid.fn, x)  # type: ignore[no-any-return]


@complete_from(F.tanh)
class Tanh(Module):
    """The hyperbolic tangent, which lies between -1 and 1."""

    def forward(self, x: TensorLike) -> Tensor:
        """Return ``tanh(x)``, element by element."""
        y = apply(np.tanh, x)
        if y is NotImplemented:  # an array of another library
            y = np.tanh(x)
        return y  # type: ignore[no-any-return]


class ReLU(Module):
    """The rectifier, ``max(x, 0)`` (Nair & Hinton 2010).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.ReLU()(Tensor([-1.0, 0.0, 2.0])).data
    array([0., 0., 2.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Return ``max(x, 0)``, element by element."""
        return apply(relu.fn, x)  # type: ignore[no-any-return]


class Identity(Module):
    """The function that returns its input: a module that takes the place of another and does nothing.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Identity()(Tensor([-1.0, 2.0])).data
    array([-1.,  2.])
    """

    def forward(self, x: T) -> T:
        """Return `x` itself."""
        return x


class Activation(FunctionModule):
    """The base of the modules below."""

    def __init__(self) -> None:
        self._settings = {}

    def forward(self, x: TensorLike) -> Tensor:
        """Return the function's value at `x`."""
        return type(self).function(x, **self._settings)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{k}={v}" for k, v in self._settings.items())


class GELU(Activation):
    """The Gaussian error linear unit."""

    function = staticmethod(F.gelu)

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        self._settings = {"approximate": approximate}


class SiLU(Activation):
    """The sigmoid linear unit, also called swish."""

    function = staticmethod(F.silu)


class Mish(Activation):
    """The mish activation, ``x * tanh(softplus(x))``."""

    function = staticmethod(F.mish)


class Softplus(Activation):
    """The softplus, a smooth rectifier."""

    function = staticmethod(F.softplus)

    def __init__(self, beta: float = 1.0) -> None:
        self._settings = {"beta": beta}


class LogSigmoid(Activation):
    """The logarithm of the sigmoid."""

    function = staticmethod(F.logsigmoid)


class Softsign(Activation):
    """The softsign, ``x / (1 + |x|)``, which lies between -1 and 1."""

    function = staticmethod(F.softsign)


class Tanhshrink(Activation):
    """The difference ``x - tanh(x)``."""

    function = staticmethod(F.tanhshrink)


class ELU(Activation):
    """The exponential linear unit."""

    function = staticmethod(F.elu)

    def __init__(self, alpha: float = 1.0) -> None:
        self._settings = {"alpha": alpha}


class SELU(Activation):
    """The scaled exponential linear unit, which keeps signals at mean 0 and variance 1."""

    function = staticmethod(F.selu)


class LeakyReLU(Activation):
    """The leaky rectifier, whose slope below 0 is small."""

    function = staticmethod(F.leaky_relu)

    def __init__(self, negative_slope: float = 0.01) -> None:
        self._settings = {"negative_slope": negative_slope}


class ReLU6(Activation):
    """The rectifier that stops growing at 6."""

    function = staticmethod(F.relu6)


class Hardtanh(Activation):
    """The identity, clipped to an interval."""

    function = staticmethod(F.hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self._settings = {"min_val": min_val, "max_val": max_val}


class Hardsigmoid(Activation):
    """An approximation of the sigmoid by three straight lines."""

    function = staticmethod(F.hardsigmoid)


class Hardswish(Activation):
    """An approximation of `SiLU` that needs no exponential."""

    function = staticmethod(F.hardswish)


class Softmax(Activation):
    """Probabilities: positive numbers that add up to 1.

    Parameters
    ----------
    dim : int
        The axis along which the results add up to 1.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.Softmax()(Tensor([0.0, 0.0, 2.0])).data.round(4)
    array([0.1065, 0.1065, 0.787 ])
    """

    function = staticmethod(softmax)

    def __init__(self, dim: int = -1) -> None:
        self._settings = {"axis": dim}


class LogSoftmax(Activation):
    """The logarithms of the probabilities that `Softmax` computes.

    Parameters
    ----------
    dim : int
        The axis along which the exponentials add up to 1.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.LogSoftmax()(Tensor([0.0, 0.0, 2.0])).data.round(4)
    array([-2.2395, -2.2395, -0.2395])
    """

    function = staticmethod(log_softmax)

    def __init__(self, dim: int = -1) -> None:
        self._settings = {"axis": dim}


class Softmin(Activation):
    """Probabilities that are large where the input is small.

    Parameters
    ----------
    dim : int
        The axis along which the results add up to 1.
    """

    function = staticmethod(F.softmin)

    def __init__(self, dim: int = -1) -> None:
        self._settings = {"axis": dim}


class GLU(Activation):
    """The gated linear unit: one half of the input, times the sigmoid of the other half.

    Parameters
    ----------
    dim : int
        The axis that is halved.
    """

    function = staticmethod(F.glu)

    def __init__(self, dim: int = -1) -> None:
        self._settings = {"axis": dim}


class PReLU(Module):
    """The leaky rectifier that learns its slope (He et al. 2015).

    Parameters
    ----------
    num_parameters : int
        How many slopes there are: 1 for all numbers, or one for each channel, the second axis.
    init : float
        The slope below 0 at the beginning.
    dtype : dtype
        The dtype of the slopes.

    Attributes
    ----------
    weight : Parameter, (num_parameters,)
        The slopes.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.PReLU()(Tensor([-1.0, 0.0, 2.0])).data
    array([-0.25,  0.  ,  2.  ])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike = np.float32) -> None:
        self.weight = Parameter(np.full(num_parameters, init), dtype=dtype)

    def forward(self, x: TensorLike) -> Tensor:
        """Return ``x`` where it is above 0, elsewhere ``weight * x``."""
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return str(self.weight.size)
