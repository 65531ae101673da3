"""Products with Jacobians and Hessians, without making these: vjp, jvp, and hvp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..pytree import describe_nest, is_sequence, match_leaves
from .gradients import gradient_of
from .signatures import Function
from .trace import Trace, require_function


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
        A function that takes a cotangent ``v``, of the structure and the shapes of the value, and returns ``v @ J`` for
        the Jacobian ``J``: a tuple of gradients, one for each primal. Call it as often as you like, also with Tensors,
        to which the gradients are then connected.
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


def check_directions(what: str, f: Function, primals: Any, vectors: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """Return the arguments of `f`, and the leaves of the directions in which they move."""
    require_function(what, f)
    if not (is_sequence(primals) and is_sequence(vectors)):
        raise TypeError(
            f"{what} takes tuples with one entry for each argument of the function: write {what}(f, (x,), (v,)), "
            f"with the commas; got {describe_nest(primals)} and {describe_nest(vectors)}"
        )
    return tuple(primals), match_leaves(tuple(primals), tuple(vectors), f"{what}: primals and vectors")
