"""Transforms of functions: grad, vjp, jvp, jacobian, hessian and hvp, whose results can be transformed again.

    df = grad(f);  ddf = grad(grad(f));  H = jacobian(grad(f))

All of them run `f` once on fresh inputs and walk the graph that it recorded. Fresh inputs are what keeps nested
derivatives apart: an inner derivative is taken with respect to the inner call's inputs and to nothing else, even if
these have the same values as the outer call's, or are the same tensors.

Every transform takes numbers, arrays or Tensors, in nested lists, tuples and dicts (pytrees). It passes Tensors to `f`,
and returns Tensors. These are connected to the Tensors outside on which `f` depends, and to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, overload

from ..pytree import describe_nest, is_nest, is_sequence, match_leaves
from ..tensor.tensor import Tensor
from .jacobians import partial_derivatives
from .trace import Argnums, Trace, require_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

P = ParamSpec("P")
Result = TypeVar("Result", covariant=True)
Function = Callable[..., Any]
OfTensor = Callable[Concatenate[Tensor, P], Any]


class Derivative(Protocol[P, Result]):
    """A function of the same parameters as the one it was made from, for type checkers."""

    def __call__(
        self, x: Tensor | NDArray[Any] | np.number[Any] | complex, /, *args: P.args, **kwargs: P.kwargs
    ) -> Result: ...


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
        A function of the same parameters as `f`, which returns ``(value, gradient)``, or ``((value, aux), gradient)`` if
        `has_aux`.

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


def vjp(f: Function, *primals: object, has_aux: bool = False) -> tuple[Any, ...]:
    """Compute the value of `f`, and return its vector-Jacobian product: backpropagation as a function.

    Parameters
    ----------
    f : callable
        A function of Tensors, in nested lists, tuples and dicts, which returns the same.
    *primals
        The arguments of `f`: numbers, arrays or Tensors, nested as `f` wants them.
    has_aux : bool
        Whether `f` returns ``(value, aux)``. Then `aux` is passed on.

    Returns
    -------
    value : Tensor or nest of Tensors
        The value ``f(*primals)``.
    pull : callable
        A function that takes a cotangent ``v``, of the structure and the shapes of the value, and returns ``v @ J`` for the
        Jacobian ``J``: a tuple of gradients, one for each primal. Call it as often as you like, also with Tensors, to
        which the gradients are then connected.
    aux
        What `f` returned besides the value, only if `has_aux`.

    Raises
    ------
    TypeError
        If `f` is not a function, or returns None.
    ValueError
        By `pull`: if a cotangent has another structure or shape than the value.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> y, pull = func.vjp(np.multiply, 2.0, 3.0)
    >>> pull(10.0)
    (Tensor(30., shape=(), dtype=float64), Tensor(20., shape=(), dtype=float64))
    """
    require_function("vjp", f)
    trace = Trace("vjp", f, primals, {}, tuple(range(len(primals))), has_aux)
    trace.keep()
    structure = trace.rebuild_outputs(trace.outputs)

    def pull(cotangent: Any) -> Any:
        return trace.pull(match_leaves(structure, cotangent, "vjp: value and cotangent"))

    return (trace.value, pull, trace.aux) if has_aux else (trace.value, pull)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple[Any, ...]:
    """Compute the value of `f` and its Jacobian-vector product: its change as the arguments move along the tangents.

    Parameters
    ----------
    f : callable
        A function of Tensors, in nested lists, tuples and dicts, which returns the same.
    primals : tuple or list
        The arguments of `f`: numbers, arrays or Tensors, nested as `f` wants them.
    tangents : tuple or list
        For each argument the direction in which it moves, of the same structure and shapes.
    has_aux : bool
        Whether `f` returns ``(value, aux)``. Then `aux` is passed on.

    Returns
    -------
    value : Tensor or nest of Tensors
        The value ``f(*primals)``.
    change : Tensor or nest of Tensors
        The product ``J @ v`` of the Jacobian and the tangents, of the structure and the shapes of the value.
    aux
        What `f` returned besides the value, only if `has_aux`.

    Raises
    ------
    TypeError
        If `primals` or `tangents` is not a tuple or a list.
    ValueError
        If the two have different structures or shapes.

    Notes
    -----
    The vector-Jacobian product is linear in its vector, and this is its transpose: one walk back through the walk. It
    costs as much as a few evaluations of `f`, however many arguments and results there are.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.jvp(np.multiply, (2.0, 3.0), (1.0, 10.0))[1]
    Tensor(23., shape=(), dtype=float64)
    """
    arguments, vectors = check_directions("jvp", f, primals, tangents)
    trace = Trace("jvp", f, arguments, {}, tuple(range(len(arguments))), has_aux)
    change = trace.push(vectors)
    return (trace.value, change, trace.aux) if has_aux else (trace.value, change)


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


def hvp(f: Function, primals: Sequence[Any], vectors: Sequence[Any]) -> tuple[Any, ...]:
    """Compute the product of the Hessian of `f` with vectors, without making the Hessian.

    Parameters
    ----------
    f : callable
        A function that returns a single real number.
    primals : tuple or list
        The arguments of `f`: numbers, arrays or Tensors, nested as `f` wants them.
    vectors : tuple or list
        For each argument a vector of the same structure and shapes.

    Returns
    -------
    tuple
        For each argument, the change of its gradient as the arguments move along the vectors.

    Raises
    ------
    TypeError
        If `primals` or `vectors` is not a tuple or a list, or if `f` doesn't return a single real number.
    ValueError
        If the two have different structures or shapes.

    Notes
    -----
    The Hessian is the Jacobian of the gradient, and its own transpose. So the vector-Jacobian product of the gradient
    is the Hessian-vector product (Pearlmutter 1994), at the price of a few evaluations of `f`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.hvp(np.prod, (np.array([2.0, 3.0]),), (np.array([1.0, 0.0]),))
    (Tensor([0., 1.], shape=(2,), dtype=float64),)
    """
    arguments, directions = check_directions("hvp", f, primals, vectors)
    everything = tuple(range(len(arguments)))
    trace = Trace("hvp", gradient_of("hvp", f, everything), arguments, {}, everything)
    gradients: tuple[Any, ...] = trace.pull(directions)  # the Hessian is its own transpose
    return gradients


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


# --------------------------------------------------------------------------------------- helpers of the transforms


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


def jacobian_of(what: str, f: Function, argnums: Argnums) -> Function:
    """Return the Jacobian of `f`; its errors name the transform that asked for it."""

    @name_after(what, f)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(what, f, args, kwargs, argnums)
        if any(t.dtype.kind == "c" for t in (*trace.inputs, *trace.outputs)):
            raise TypeError(f"{what} takes real functions: for complex numbers use vjp() or jvp(), or their real parts")
        return trace.rebuild_outputs([trace.rebuild_inputs(row) for row in partial_derivatives(trace)])

    return jacobian


def name_after(what: str, f: Function) -> Callable[[Function], Function]:
    """Return the decorator that gives a function made from `f` its name and docstring."""
    require_function(what, f)
    return wraps(f, updated=())


def check_directions(what: str, f: Function, primals: Any, vectors: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """Return the arguments of `f`, and the leaves of the directions in which they move."""
    require_function(what, f)
    if not (is_sequence(primals) and is_sequence(vectors)):
        raise TypeError(
            f"{what} takes tuples with one entry for each argument of the function: write {what}(f, (x,), (v,)), "
            f"with the commas; got {describe_nest(primals)} and {describe_nest(vectors)}"
        )
    return tuple(primals), match_leaves(tuple(primals), tuple(vectors), f"{what}: primals and vectors")
