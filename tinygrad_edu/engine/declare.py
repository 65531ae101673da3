"""Filling the table: `rule` declares how to differentiate a function, `primitive` makes a function differentiable."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np

from .forward import apply
from .masked_gradient import ELEMENTWISE
from .multi_output import MultiOutput
from .table import COMPOSITES, PLAIN, RULES, Function, Rule
from .tensor_base import TensorBase, answers_itself

P = ParamSpec("P")
Result = TypeVar("Result", covariant=True)


def rule(
    fn: Function,
    *vjps: Function | None,
    each: Callable[[int], Function] | None = None,
    name: str = "",
    multiple_results: bool = False,
    elementwise: bool = False,
    several: bool = False,
) -> None:
    """Declare how to differentiate `fn`.

    Parameters
    ----------
    fn : callable
        A NumPy function, or any function that takes arrays and returns an array.
    *vjps : callable or None
        The derivative with respect to each positional argument, as its vector-Jacobian product: ``vjp(g, y, *args,
        **kwargs)`` returns the gradient of the argument, for the gradient `g` of the result `y`. None stands for an
        argument that has no derivative (an axis, a condition).
    each : callable, optional
        A function ``each(i)`` that returns the vjp of argument `i`, instead of `vjps`, for functions of any number of
        arrays.
    name : str, optional
        The name in pictures and errors; by default ``fn.__name__``.
    multiple_results : bool
        Whether `fn` returns a tuple of arrays. Then `g` and `y` are such tuples too.
    elementwise : bool
        Whether each number of the result comes from one number of each argument, as in NumPy's ufuncs. Then, where
        nothing is taken of the result (by `np.where`, an index, a maximum), no gradient goes back, not even an infinite
        one.
    several : bool
        The former name of `multiple_results`.

    Notes
    -----
    A node keeps only the arguments that its vjps read. Which these are is read off the vjps themselves, so a rule that
    doesn't use `a` costs no memory for `a`, and neither does one that reads only ``a.shape``.

    Examples
    --------
    Your own operation: the function, and its derivative.

    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, apply, rule
    >>> def cube(x):
    ...     return x * x * x
    >>> rule(cube, lambda g, y, x: g * 3 * x * x)
    >>> x = Tensor(2.0, requires_grad=True)
    >>> apply(cube, x).backward()
    >>> x.grad
    Tensor(12., shape=(), dtype=float64)
    """
    if not callable(fn):
        raise TypeError(f"rule() wants the function first, then its vjps; got {fn!r}")
    if bool(vjps) == bool(each):
        raise TypeError(f"rule({fn.__name__}) wants either one vjp per argument or each=, and not both")
    name = name or getattr(fn, "__name__", repr(fn))
    if multiple_results or several:
        fn = pack(fn)
    RULES[fn] = made = Rule(fn, vjps, each, name)
    if elementwise:
        made.lets_through = ELEMENTWISE


def composite(fn: Function) -> Callable[[Function], Function]:
    """Declare that `fn` is to be computed by other functions that have rules: ``@composite(np.std)``.

    If the function has a rule too, the composite is used for keywords that the rule does not understand.
    """

    def declare(body: Function) -> Function:
        COMPOSITES[fn] = body
        return body

    return declare


def plain(*fns: Function) -> None:
    """Declare functions that have no derivative and return plain arrays: masks, indices, conditions."""
    PLAIN.update(fns)


def primitive(
    *vjps: Callable[..., Any] | None,
    each: Callable[[int], Callable[..., Any]] | None = None,
    name: str = "",
    multiple_results: bool = False,
    elementwise: bool = False,
    several: bool = False,
) -> Callable[[Callable[P, Result]], Operation[P, Result]]:
    """Return a decorator that makes a function of arrays an operation that Tensors record.

    Parameters
    ----------
    *vjps : callable or None
        The derivative with respect to each positional argument, as its vector-Jacobian product: ``vjp(g, y, *args,
        **kwargs)`` returns the gradient of the argument, for the gradient `g` of the result `y`. None stands for an
        argument that has no derivative (an axis, a condition).
    each : callable, optional
        A function ``each(i)`` that returns the vjp of argument `i`, instead of `vjps`, for functions of any number of
        arrays.
    name : str, optional
        The name in pictures and errors; by default the function's own.
    multiple_results : bool
        Whether the function returns a tuple of arrays. Then `g` and `y` are such tuples too.
    elementwise : bool
        Whether each number of the result comes from one number of each argument, as in NumPy's ufuncs.
    several : bool
        The former name of `multiple_results`.

    Returns
    -------
    callable
        The decorator. What it makes of a function takes arrays and Tensors alike; its attribute ``fn`` is the function
        itself.

    See Also
    --------
    rule : The same for a function that exists already.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, primitive
    >>> @primitive(lambda g, y, x: g * 3 * x ** 2)
    ... def cube(x):
    ...     return x ** 3
    >>> x = Tensor([1., 2.], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    Tensor([ 3., 12.], shape=(2,), dtype=float64)
    >>> cube(np.array([1., 2.]))
    array([1., 8.])
    """

    def decorate(fn: Callable[P, Result]) -> Operation[P, Result]:
        rule(fn, *vjps, each=each, name=name, multiple_results=multiple_results or several, elementwise=elementwise)

        @wraps(fn)
        def operation(*args: Any, **kwargs: Any) -> Any:
            for a in args:
                if isinstance(a, TensorBase):
                    return apply(fn, *args, **kwargs)
            if any(map(answers_itself, (*args, *kwargs.values()))):
                return apply(fn, *args, **kwargs)
            return fn(*args, **kwargs)

        operation.fn = fn  # type: ignore[attr-defined]
        return operation  # type: ignore[return-value]

    return decorate


def pack(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return `fn` with its results packed into one value, for the table; calls of `fn` go there, and are unpacked."""

    @wraps(fn)
    def whole(*args: Any, **kwargs: Any) -> MultiOutput:
        results = fn(*args, **kwargs)
        parts = MultiOutput(r if hasattr(r, "shape") else np.asarray(r) for r in results)
        parts.kind = getattr(type(results), "_make", type(results))
        return parts

    def separately(*args: Any, **kwargs: Any) -> Any:
        y = apply(whole, *args, **kwargs)
        return y._array.kind(y)

    separately.whole = whole  # type: ignore[attr-defined]
    COMPOSITES[fn] = separately
    return whole


class Operation(Protocol[P, Result]):
    """An operation, made by `primitive`: a function that takes arrays and Tensors alike."""

    @property
    def fn(self) -> Callable[P, Result]:
        """The function itself: its place in the table."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Result: ...
