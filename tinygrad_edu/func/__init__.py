"""Transforms of functions: gradients, Jacobians, Hessians and products with them, each a function again."""

from .functional_call import functional_call
from .rematerialization import checkpoint
from .transforms import elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = [
    "checkpoint",
    "elementwise_grad",
    "functional_call",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "value_and_grad",
    "vjp",
]


def __dir__() -> list[str]:
    return __all__
