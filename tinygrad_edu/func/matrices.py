"""Jacobian and Hessian matrices of functions."""

from __future__ import annotations

from typing import Any, Literal, overload

from ..tensor.tensor import Tensor
from .gradients import gradient_of
from .jacobians import partial_derivatives
from .signatures import Derivative, Function, OfTensor, P, name_after
from .trace import Argnums, Trace


@overload
def jacobian(f: OfTensor[P], argnums: Literal[0] = 0) -> Derivative[P, Tensor]: ...
@overload
def jacobian(f: Function, argnums: Argnums = 0) -> Function: ...
def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that computes all partial derivatives of `f`: its Jacobian.

    Parameters
    ----------
    f : callable
        A function that returns a real array, or nested lists, tuples and dicts of them.
    argnums : int or tuple of int
        The positions of the arguments to differentiate. With a tuple, a tuple of Jacobians comes back.

    Returns
    -------
    callable
        A function of the same parameters as `f`. For an output of shape `s` and an argument of shape `t` it returns a
        Tensor of shape ``s + t``; for nested outputs and arguments a nest of arguments within the nest of outputs.

    Raises
    ------
    TypeError
        If `f` is not a function. When the Jacobian is called: if an argument or an output is complex.

    Notes
    -----
    The Jacobian is computed row by row (a vector-Jacobian product for each output) if there are no more outputs than
    inputs, else column by column (a Jacobian-vector product for each input).

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.jacobian(lambda x: np.stack([x.sum(), x.prod()]))(np.array([2.0, 3.0]))
    Tensor([[1., 1.],
            [3., 2.]], shape=(2, 2), dtype=float64)
    """
    return jacobian_of("jacobian", f, argnums)


@overload
def hessian(f: OfTensor[P], argnums: Literal[0] = 0) -> Derivative[P, Tensor]: ...
@overload
def hessian(f: Function, argnums: Argnums = 0) -> Function: ...
def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """Return the function that computes all second derivatives of `f`: the Jacobian of its gradient.

    Parameters
    ----------
    f : callable
        A function that returns a single real number.
    argnums : int or tuple of int
        The positions of the arguments to differentiate. With a tuple, a tuple of tuples of blocks comes back.

    Returns
    -------
    callable
        A function of the same parameters as `f`. For an argument of shape `t` it returns a Tensor of shape ``t + t``.

    Raises
    ------
    TypeError, ValueError
        As for `grad`.

    See Also
    --------
    hvp : Its product with a vector, without making the matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.hessian(np.prod)(np.array([2.0, 3.0]))
    Tensor([[0., 1.],
            [1., 0.]], shape=(2, 2), dtype=float64)
    """
    return jacobian_of("hessian", gradient_of("hessian", f, argnums), argnums)


def jacobian_of(what: str, f: Function, argnums: Argnums) -> Function:
    """Return the Jacobian of `f`; its errors name the transform that asked for it."""

    @name_after(what, f)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(what, f, args, kwargs, argnums)
        if any(t.dtype.kind == "c" for t in (*trace.inputs, *trace.outputs)):
            raise TypeError(f"{what} takes real functions: for complex numbers use vjp() or jvp(), or their real parts")
        return trace.rebuild_outputs([trace.rebuild_inputs(row) for row in partial_derivatives(trace)])

    return jacobian
