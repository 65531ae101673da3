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

import numpy as np

from .checkpoint import checkpoint
from .nest import flatten, matched
from .tensor import Tensor
from .trace import Trace

__all__ = ["checkpoint", "elementwise_grad", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]
Argnums = int | tuple[int, ...]


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
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """As `grad`, but ``(value, gradient)``; ``((value, aux), gradient)`` if `has_aux`.

    Examples
    --------
    >>> from tinygrad_edu import func
    >>> func.value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)[1]
    (Tensor(3., shape=(), dtype=float64), Tensor(2., shape=(), dtype=float64))
    """

    @wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(f, args, kwargs, argnums, has_aux)
        if len(trace.outputs) != 1 or trace.outputs[0].size != 1:
            shapes = ", ".join(str(y.shape) for y in trace.outputs) or "nothing"
            raise ValueError(f"grad is of functions that return a single number; this one returned {shapes}: "
                             "sum() or mean() it, or use jacobian() or elementwise_grad()")
        if trace.outputs[0].dtype.kind == "c":
            raise TypeError("grad is of functions that return a real number; this one returned a complex one: "
                            "take its abs(), .real or .imag, or use vjp()")
        g = trace.pull([np.ones_like(trace.outputs[0].data)], last=True)
        return trace.result() if has_aux else trace.result()[0], g

    return value_and_gradient


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of `f`, and its vector-Jacobian product: backpropagation as a function.

    Returns
    -------
    value
        ``f(*primals)``.
    pull : callable
        From a cotangent of the value's structure and shapes to a tuple of gradients, one for each primal. It can be
        called many times, with Tensors too.
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
    trace = Trace(f, primals, {}, tuple(range(len(primals))), has_aux)
    value, *aux = trace.result()

    def pull(cotangent: Any) -> Any:
        return trace.pull([ct for _, ct in matched(value, cotangent, "vjp: value and cotangent")])

    return value, pull, *aux


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
    pairs = list(matched(tuple(primals), tuple(tangents), "jvp: primals and tangents"))
    trace = Trace(f, tuple(primals), {}, tuple(range(len(primals))), has_aux)
    change = trace.push([tangent for _, tangent in pairs])
    value, *aux = trace.result()
    return value, change, *aux


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

    @wraps(f)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(f, args, kwargs, argnums, False)
        if any(t.dtype.kind == "c" for t in (*trace.inputs, *trace.outputs)):
            raise TypeError("jacobian is of real functions: for complex numbers use vjp() or jvp(), or their real parts")
        by_rows = sum(y.size for y in trace.outputs) <= sum(x.size for x in trace.inputs)
        table = rows(trace) if by_rows else columns(trace)
        return trace.rebuild_outputs([trace.rebuild_inputs(row) for row in table])

    return jacobian_of


def rows(trace: Trace) -> list[list[Any]]:
    """For each output and input the block of the Jacobian, by pulling back unit vectors."""
    table = []
    for k, y in enumerate(trace.outputs):
        pulled = [flatten(trace.pull([unit(z, i if j == k else None) for j, z in enumerate(trace.outputs)]))[0]
                  for i in range(y.size)]
        table.append([blocks([row[j] for row in pulled], y.shape, x.shape, x.dtype) for j, x in enumerate(trace.inputs)])
    return table


def columns(trace: Trace) -> list[list[Any]]:
    """The same by pushing unit vectors forward, and exchanging the axes."""
    table: list[list[Any]] = [[] for _ in trace.outputs]
    for k, x in enumerate(trace.inputs):
        pushed = [flatten(trace.push([unit(z, i if j == k else None) for j, z in enumerate(trace.inputs)]))[0]
                  for i in range(x.size)]
        for j, y in enumerate(trace.outputs):
            block = blocks([column[j] for column in pushed], x.shape, y.shape, y.dtype)
            table[j].append(np.transpose(block, (*range(x.ndim, block.ndim), *range(x.ndim))))
    return table


def unit(x: Any, i: int | None) -> Any:
    """Zeros like `x`, with 1 in place `i`."""
    e = np.zeros(x.shape, x.dtype)
    if i is not None:
        e.flat[i] = 1
    return e


def blocks(parts: list[Any], outer: tuple[int, ...], inner: tuple[int, ...], dtype: Any) -> Any:
    return np.reshape(np.stack(parts), outer + inner) if parts else Tensor(np.zeros(outer + inner, dtype))


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
    return wraps(f)(jacobian(grad(f, argnums), argnums))


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
    primals, vectors = tuple(primals), tuple(vectors)
    list(matched(primals, vectors, "hvp: primals and vectors"))
    _, pull = vjp(grad(f, tuple(range(len(primals)))), *primals)  # the Hessian is its own transpose
    return pull(vectors)


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

    @wraps(f)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(f, args, kwargs, argnums, False)
        return trace.pull([np.ones_like(y.data) for y in trace.outputs], last=True)

    return derivative
