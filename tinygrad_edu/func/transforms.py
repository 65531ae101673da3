"""Functions of functions: the derivatives of mathematics, each a function again, so that they nest.

    df = grad(f);  ddf = grad(grad(f));  H = jacobian(grad(f))

All of them run `f` once on fresh inputs and walk what it recorded. The fresh inputs are what keeps nested
derivatives apart: an inner derivative is taken with respect to the inner call's inputs and to nothing else, even
where these have the same values, or are the same tensor, as the outer's.

Every transform takes numbers, arrays or Tensors, in nested lists, tuples and dicts; `f` is handed Tensors, and
Tensors come back. They are connected to the Tensors outside on which `f` depends, and to nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..pytree import described, is_nest, is_sequence, matched
from .jacobians import partial_derivatives
from .trace import Argnums, Trace, function_wanted

Function = Callable[..., Any]


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The gradient of a function of real value.

    Parameters
    ----------
    f : callable
        Returns a single number, or ``(number, aux)`` if `has_aux`.
    argnums : int or tuple of int
        With respect to which positional arguments; for a tuple, a tuple of gradients comes back.
    has_aux : bool
        Whether `f` returns something else beside, which is passed on: the result is then ``(gradient, aux)``.

    Returns
    -------
    callable
        Of the same arguments as `f`; its value has the structure and the shapes of the argument.

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


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """As `grad`, but ``(value, gradient)``; ``((value, aux), gradient)`` if `has_aux`.

    Examples
    --------
    >>> from tinygrad_edu import func
    >>> func.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)[1]
    (Tensor(3., shape=(), dtype=float64), Tensor(2., shape=(), dtype=float64))
    """

    @made_of("value_and_grad", f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        trace, g = differentiated("value_and_grad", f, args, kwargs, argnums, has_aux)
        return (trace.value, trace.aux) if has_aux else trace.value, g

    return value_and_gradient


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of `f`, and its vector-Jacobian product: backpropagation as a function.

    Returns
    -------
    value
        ``f(*primals)``.
    pull : callable
        From a cotangent of the value's structure and shapes to a tuple of gradients, one for each primal. It can be
        called as often as you like, with Tensors too, to which the gradients are then connected.
    aux
        What `f` returned beside, only if `has_aux`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> y, pull = func.vjp(np.multiply, 2.0, 3.0)
    >>> pull(10.0)
    (Tensor(30., shape=(), dtype=float64), Tensor(20., shape=(), dtype=float64))
    """
    function_wanted("vjp", f)
    trace = Trace("vjp", f, primals, {}, tuple(range(len(primals))), has_aux)
    trace.keep()
    structure = trace.rebuild_outputs(trace.outputs)

    def pull(cotangent: Any) -> Any:
        return trace.pull(matched(structure, cotangent, "vjp: value and cotangent"))

    return (trace.value, pull, trace.aux) if has_aux else (trace.value, pull)


def jvp(f: Function, primals: Any, tangents: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of `f`, and how it changes as its arguments move along the `tangents`: ``(value, change[, aux])``.

    The vector-Jacobian product is linear in its vector, so this is the transpose of it: one walk through the walk.
    The cost is that of a few evaluations of `f`, however many the arguments and results.

    Parameters
    ----------
    f : callable
    primals, tangents : sequences
        The arguments, and for each its direction, of the same structure and shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.jvp(np.multiply, (2.0, 3.0), (1.0, 10.0))[1]
    Tensor(23., shape=(), dtype=float64)
    """
    primals, vectors = directed("jvp", f, primals, tangents)
    trace = Trace("jvp", f, primals, {}, tuple(range(len(primals))), has_aux)
    change = trace.push(vectors)
    return (trace.value, change, trace.aux) if has_aux else (trace.value, change)


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """All partial derivatives: for an output of shape `s` and an argument of shape `t`, an array of shape ``s + t``.

    For nested outputs and arguments, a nest of arguments within the nest of outputs. Row by row if there are fewer
    outputs than inputs, else column by column.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.jacobian(lambda x: np.stack([x.sum(), x.prod()]))(np.array([2.0, 3.0]))
    Tensor([[1., 1.],
            [3., 2.]], shape=(2, 2), dtype=float64)
    """
    return jacobian_of("jacobian", f, argnums)


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """All second derivatives of a function of real value: the Jacobian of the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.hessian(np.prod)(np.array([2.0, 3.0]))
    Tensor([[0., 1.],
            [1., 0.]], shape=(2, 2), dtype=float64)
    """
    return jacobian_of("hessian", gradient_of("hessian", f, argnums), argnums)


def hvp(f: Function, primals: Any, vectors: Any) -> Any:
    """The product of the Hessian of a function of real value with vectors, without making the Hessian.

    Parameters
    ----------
    primals, vectors : sequences
        The arguments, and for each a vector of the same structure and shapes.

    Returns
    -------
    tuple
        For each argument, the change of its gradient as the arguments move along the vectors.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.hvp(np.prod, (np.array([2.0, 3.0]),), (np.array([1.0, 0.0]),))
    (Tensor([0., 1.], shape=(2,), dtype=float64),)
    """
    primals, directions = directed("hvp", f, primals, vectors)
    everything = tuple(range(len(primals)))
    trace = Trace("hvp", gradient_of("hvp", f, everything), primals, {}, everything)
    return trace.pull(directions)  # the Hessian is its own transpose


def elementwise_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The derivative of a function that treats each element by itself, at all elements at once.

    It is the gradient of the sum of the outputs; if an output depends on several elements, that is all it is.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import func
    >>> func.elementwise_grad(np.square)(np.array([1.0, 2.0, 3.0]))
    Tensor([2., 4., 6.], shape=(3,), dtype=float64)
    """

    @made_of("elementwise_grad", f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        trace = Trace("elementwise_grad", f, args, kwargs, argnums)
        if any(y.dtype.kind == "c" for y in trace.outputs):
            raise TypeError("elementwise_grad is of functions that return real numbers; for complex ones use jvp(), "
                            "with tangents of ones")
        return trace.pull(trace.ones(), last=True)

    return derivative


# ----------------------------------------------------------------------------------- what they are made of


def gradient_of(what: str, f: Function, argnums: Argnums, has_aux: bool = False) -> Function:
    """The gradient of `f`; errors name the transform that asked for it."""

    @made_of(what, f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        trace, g = differentiated(what, f, args, kwargs, argnums, has_aux)
        return (g, trace.aux) if has_aux else g

    return gradient


def differentiated(what: str, f: Function, args: Any, kwargs: Any, argnums: Argnums, has_aux: bool) -> tuple[Trace, Any]:
    """A call of `f`, which must return a single real number, and its gradient."""
    trace = Trace(what, f, args, kwargs, argnums, has_aux)
    if is_nest(trace.value):
        raise TypeError(f"{what} is of functions that return a single number; this one returned {described(trace.value)}: "
                        "return the number alone, or, for grad and value_and_grad, (number, aux) with has_aux=True")
    [y] = trace.outputs
    if y.size != 1:
        raise ValueError(f"{what} is of functions that return a single number; this one returned an array of shape "
                         f"{y.shape}: sum() or mean() it, or use jacobian() or elementwise_grad()")
    if y.dtype.kind == "c":
        raise TypeError(f"{what} is of functions that return a real number; this one returned a complex one: "
                        "take its abs(), its real or imaginary part, or use vjp()")
    return trace, trace.pull(trace.ones(), last=True)


def jacobian_of(what: str, f: Function, argnums: Argnums) -> Function:
    """The Jacobian of `f`, by rows or by columns."""

    @made_of(what, f)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(what, f, args, kwargs, argnums)
        if any(t.dtype.kind == "c" for t in (*trace.inputs, *trace.outputs)):
            raise TypeError(f"{what} is of real functions: for complex numbers use vjp() or jvp(), or their real parts")
        return trace.rebuild_outputs([trace.rebuild_inputs(row) for row in partial_derivatives(trace)])

    return jacobian


def made_of(what: str, f: Function) -> Callable[[Function], Function]:
    """The decorator of a function that is made of `f`, and keeps its name and text."""
    function_wanted(what, f)
    return wraps(f, updated=())


def directed(what: str, f: Function, primals: Any, vectors: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """The arguments of `f`, and the leaves of the directions in which they move."""
    function_wanted(what, f)
    if not (is_sequence(primals) and is_sequence(vectors)):
        raise TypeError(f"{what} takes tuples with one entry for each argument of the function: write {what}(f, (x,), (v,)), "
                        f"with the commas; got {described(primals)} and {described(vectors)}")
    return tuple(primals), matched(tuple(primals), tuple(vectors), f"{what}: primals and vectors")
