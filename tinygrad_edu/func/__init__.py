"""Transforms of functions: gradients, Jacobians, Hessians and products with them.

The results can be transformed again::

    df = grad(f);  ddf = grad(grad(f));  H = jacobian(grad(f))

All of them run `f` once on fresh inputs and walk the graph that it recorded. Fresh inputs are what keeps nested
derivatives apart: an inner derivative is taken with respect to the inner call's inputs and to nothing else, even if
these have the same values as the outer call's, or are the same tensors.

Every transform takes numbers, arrays or Tensors, in nested lists, tuples and dicts (pytrees). It passes Tensors to `f`,
and returns Tensors. These are connected to the Tensors outside on which `f` depends, and to nothing else.
"""

from .functional_call import functional_call
from .gradients import elementwise_grad, grad, value_and_grad
from .matrices import hessian, jacobian
from .products import hvp, jvp, vjp
from .rematerialization import checkpoint

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
