"""Gradients of functions: grad, value_and_grad, and elementwise_grad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

from ..pytree import describe_nest, is_nest
from ..tensor.tensor import Tensor
from .signatures import Derivative, Function, OfTensor, P, name_after
from .trace import Argnums, Trace


@overload
def grad(f: OfTensor[P], argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> Derivative[P, Tensor]: ...
@overload
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function: ...
def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the gradient of `f`.

    Parameters
    ----------
    f : callable
        A function that returns a single real number, or ``(number, aux)`` if `has_aux`.
    argnums : int or tuple of int
        The positions of the arguments to differentiate. With a tuple, a tuple of gradients comes back.
    has_aux : bool
        Whether `f` also returns something else. It is passed on: the result is then ``(gradient, aux)``.

    Returns
    -------
    callable
        A function of the same parameters as `f`. The gradient has the structure, the shapes and the floating dtypes of
        the argument.

    Raises
    ------
    TypeError
        If `f` is not a function. When the gradient is called: if `f` returns several numbers or a complex one.
    ValueError
        When the gradient is called: if `f` returns an array, or if there is no argument at `argnums`.

    See Also
    --------
    value_and_grad : The value too, for the same cost.
    jacobian : For functions that return arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.grad(np.sin)(0.0)
    Tensor(1., shape=(), dtype=float64)
    >>> func.grad(func.grad(lambda x: x ** 3))(2.0)
    Tensor(12., shape=(), dtype=float64)
    """
    return gradient_of("grad", f, argnums, has_aux)


@overload
def value_and_grad(
    f: OfTensor[P], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> Derivative[P, tuple[Tensor, Tensor]]: ...
@overload
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., tuple[Any, Any]]: ...
def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """Return the function that computes the value of `f` and its gradient.

    Parameters
    ----------
    f : callable
        A function that returns a single real number, or ``(number, aux)`` if `has_aux`.
    argnums : int or tuple of int
        The positions of the arguments to differentiate. With a tuple, a tuple of gradients comes back.
    has_aux : bool
        Whether `f` also returns something else, which is passed on.

    Returns
    -------
    callable
        A function of the same parameters as `f`, which returns ``(value, gradient)``, or ``((value, aux), gradient)``
        if `has_aux`.

    Raises
    ------
    TypeError, ValueError
        As for `grad`.

    Examples
    --------
    >>> from tinygrad_edu import func
    >>> func.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)[1]
    (Tensor(3., shape=(), dtype=float64), Tensor(2., shape=(), dtype=float64))
    """

    @name_after("value_and_grad", f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        trace, g = run_and_differentiate("value_and_grad", f, args, kwargs, argnums, has_aux)
        return (trace.value, trace.aux) if has_aux else trace.value, g

    return value_and_gradient


@overload
def elementwise_grad(f: OfTensor[P], argnums: Literal[0] = 0) -> Derivative[P, Tensor]: ...
@overload
def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function: ...
def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """Return the derivative of a function that works element by element, for all elements at once.

    Parameters
    ----------
    f : callable
        A function that returns a real array, each of whose elements depends on one element of the argument.
    argnums : int or tuple of int
        The positions of the arguments to differentiate. With a tuple, a tuple of derivatives comes back.

    Returns
    -------
    callable
        A function of the same parameters as `f`. The derivative has the shape of the argument.

    Raises
    ------
    TypeError
        If `f` is not a function. When the derivative is called: if an output is complex.

    Notes
    -----
    This computes the gradient of the sum of the outputs. If an output depends on several elements of the argument, the
    result is still this gradient, and not the derivative of any one output.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.elementwise_grad(np.square)(np.array([1.0, 2.0, 3.0]))
    Tensor([2., 4., 6.], shape=(3,), dtype=float64)
    """

    @name_after("elementwise_grad", f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        trace = Trace("elementwise_grad", f, args, kwargs, argnums)
        if any(y.dtype.kind == "c" for y in trace.outputs):
            raise TypeError(
                "elementwise_grad takes functions that return real numbers; for complex numbers use jvp(), "
                "with tangents of ones"
            )
        return trace.pull(trace.ones(), last=True)

    return derivative


def gradient_of(what: str, f: Function, argnums: Argnums, has_aux: bool = False) -> Function:
    """Return the gradient of `f`; its errors name the transform that asked for it."""

    @name_after(what, f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        trace, g = run_and_differentiate(what, f, args, kwargs, argnums, has_aux)
        return (g, trace.aux) if has_aux else g

    return gradient


def run_and_differentiate(
    what: str, f: Function, args: Any, kwargs: Any, argnums: Argnums, has_aux: bool
) -> tuple[Trace, Any]:
    """Call `f`, which must return a single real number; return the trace and the gradient."""
    trace = Trace(what, f, args, kwargs, argnums, has_aux)
    if is_nest(trace.value):
        raise TypeError(
            f"{what} takes functions that return a single number; this one returned {describe_nest(trace.value)}: "
            "return the number alone, or, for grad and value_and_grad, (number, aux) with has_aux=True"
        )
    [y] = trace.outputs
    if y.size != 1:
        raise ValueError(
            f"{what} takes functions that return a single number; this one returned an array of shape "
            f"{y.shape}: sum() or mean() it, or use jacobian() or elementwise_grad()"
        )
    if y.dtype.kind == "c":
        raise TypeError(
            f"{what} takes functions that return a real number; this one returned a complex one: "
            "take its abs(), its real or imaginary part, or use vjp()"
        )
    return trace, trace.pull(trace.ones(), last=True)
