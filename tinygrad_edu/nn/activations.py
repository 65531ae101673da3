"""Activations as modules, to stand between layers; what they compute is in `nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.forward import apply
from ..rules.neural.fused import log_softmax, relu, sigmoid, softmax
from . import functional as F
from .module import Module
from .parameter import Parameter


class Sigmoid(Module):
    """Activation between 0 and 1: the logistic function."""

    def forward(self, x: Any) -> Any:
        return apply(sigmoid.fn, x)


class Tanh(Module):
    """Activation between -1 and 1."""

    def forward(self, x: Any) -> Any:
        y = apply(np.tanh, x)
        return y if y is not NotImplemented else np.tanh(x)  # of somebody else's type


class ReLU(Module):
    """Activation max(x, 0)."""

    def forward(self, x: Any) -> Any:
        return apply(relu.fn, x)


class Identity(Module):
    """No activation at all."""

    def forward(self, x: Any) -> Any:
        return x


class Activation(Module):
    """What the others share: a function of `nn.functional`, and settings that go to it by name."""

    function: Any = None

    def __init__(self, **settings: Any) -> None:
        self._settings = settings

    def forward(self, x: Any) -> Any:
        return type(self).function(x, **self._settings)

    def extra_repr(self) -> str:
        return ", ".join(f"{k}={v}" for k, v in self._settings.items())


class GELU(Activation):
    """See `functional.gelu`."""

    function = staticmethod(F.gelu)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class SiLU(Activation):
    """See `functional.silu`."""

    function = staticmethod(F.silu)


class Mish(Activation):
    """See `functional.mish`."""

    function = staticmethod(F.mish)


class Softplus(Activation):
    """See `functional.softplus`."""

    function = staticmethod(F.softplus)

    def __init__(self, beta: float = 1.0) -> None:
        super().__init__(beta=beta)


class LogSigmoid(Activation):
    """See `functional.logsigmoid`."""

    function = staticmethod(F.logsigmoid)


class Softsign(Activation):
    """See `functional.softsign`."""

    function = staticmethod(F.softsign)


class Tanhshrink(Activation):
    """See `functional.tanhshrink`."""

    function = staticmethod(F.tanhshrink)


class ELU(Activation):
    """See `functional.elu`."""

    function = staticmethod(F.elu)

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha=alpha)


class SELU(Activation):
    """See `functional.selu`."""

    function = staticmethod(F.selu)


class LeakyReLU(Activation):
    """See `functional.leaky_relu`."""

    function = staticmethod(F.leaky_relu)

    def __init__(self, negative_slope: float = 0.01) -> None:
        super().__init__(negative_slope=negative_slope)


class ReLU6(Activation):
    """See `functional.relu6`."""

    function = staticmethod(F.relu6)


class Hardtanh(Activation):
    """See `functional.hardtanh`."""

    function = staticmethod(F.hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        super().__init__(min_val=min_val, max_val=max_val)


class Hardsigmoid(Activation):
    """See `functional.hardsigmoid`."""

    function = staticmethod(F.hardsigmoid)


class Hardswish(Activation):
    """See `functional.hardswish`."""

    function = staticmethod(F.hardswish)


class Softmax(Activation):
    """Probabilities: positive numbers that add up to 1 along `dim`."""

    function = staticmethod(softmax)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(axis=dim)


class LogSoftmax(Activation):
    """The logarithms of `Softmax`."""

    function = staticmethod(log_softmax)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(axis=dim)


class Softmin(Activation):
    """`Softmax` of the negative."""

    function = staticmethod(F.softmin)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(axis=dim)


class GLU(Activation):
    """See `functional.glu`."""

    function = staticmethod(F.glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(axis=dim)


class PReLU(Module):
    """A leaky rectifier that learns its slope (He et al. 2015), one for all channels or one for each."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float32) -> None:
        self.weight = Parameter(np.full(num_parameters, init), dtype=dtype)

    def forward(self, x: Any) -> Any:
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return str(self.weight.size)
