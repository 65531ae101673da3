"""Symbol: an array that remembers its formula. Computing with symbols gives the formula of the result.

A derivative rule is plain NumPy, so when it is run on symbols, it writes itself down. A symbol carries its value along:
it gives each result its shape and dtype, it is what a rule sees that decides by numbers, and it can be shown. Only a
free symbol, such as a gradient that may be anything, never shows its numbers, since they would get into a formula.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ...engine.multi_output import MultiOutput
from ...pytree import flatten
from ...rules.shapes import cast

write: Callable[[Any], str] = object.__repr__  # the repr of symbols; text.py puts its writer here


class Symbol(NDArrayOperatorsMixin):
    """A named value, or a function of others.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.introspection.formulas.symbol import Symbol
    >>> x = Symbol(np.array([1., 2.]), "x")
    >>> np.tanh(x) * 2 + 1
    tanh(x) * 2 + 1
    """

    fn: Callable[..., Any] | None = None  # the function that was called, if it is a function of others
    args: Any = ()
    kwargs: Any = {}  # noqa: RUF012  (never written to)

    def __init__(self, value: Any, name: str = "", free: bool = False, known: bool = True) -> None:
        self.value, self.name = value, name
        self.free = free  # whether it depends on a gradient that may be anything
        self.known = known  # whether the numbers of the value are known, not only its shape and dtype

    # --------------------------------------------------------------- every call returns a formula

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return formula(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return formula(fn, args, kwargs)

    def __primitive__(self, fn: Any, args: Any, kwargs: Any) -> Any:
        return formula(fn, args, kwargs)

    def __getitem__(self, index: Any) -> Any:
        return formula(operator.getitem, (self, index), {})

    def astype(self, dtype: Any) -> Any:
        return formula(cast, (self, np.dtype(dtype)), {})

    def reshape(self, *shape: Any) -> Any:
        return np.reshape(self, shape[0] if len(shape) == 1 else shape)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not callable(getattr(np, name, None)):
            raise AttributeError(name)
        return partial(getattr(np, name), self)  # methods are NumPy's functions of the same name

    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.swapaxes(self, -1, -2))
    real = property(lambda self: np.real(self))
    imag = property(lambda self: np.imag(self))

    # --------------------------------------------------------------------------- facts, which are not formulas

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Return the value, where NumPy needs numbers, for an index or a mask."""
        return np.array(self.shown(), dtype)

    def shown(self) -> Any:
        if self.free or not self.known:
            raise TypeError(f"the formula can't depend on the numbers in {self!r}: they may be anything")
        return self.value

    def __bool__(self) -> bool:
        """Return the value as a decision of a rule; about a free gradient, only the answer False is allowed."""
        return bool(self.shown() if self.value or not self.free else self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return write(self)


def formula(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return ``fn(*args, **kwargs)`` as a symbol, or as several; facts such as shapes are returned as they are."""
    with np.errstate(all="ignore"):
        value = fn(*values_of(args), **values_of(kwargs))
    if fn is np.reshape and value.shape == np.shape(args[0]):
        return args[0]
    if fn in (np.swapaxes, np.transpose) and undoes(fn, args, args[0]):
        return args[0].args[0]
    result = function(fn, args, kwargs, value)
    if isinstance(value, tuple | list) and not isinstance(value, MultiOutput):
        if not all(isinstance(part, np.ndarray | np.generic) for part in value):
            return value  # a shape
        make = getattr(type(value), "_make", type(value))
        return make(function(operator.getitem, (result, i), {}, part) for i, part in enumerate(value))
    return result if isinstance(value, np.ndarray | np.generic | MultiOutput) else value


def undoes(fn: Callable[..., Any], args: Any, x: Any) -> bool:
    """Return whether `x` is a transpose, and this call transposes it back."""
    return (
        isinstance(x, Symbol)
        and not x.name
        and x.fn is fn
        and not x.kwargs
        and x.args[1:] == args[1:]
        and (fn is np.swapaxes or not args[1:] or args[1] is None)
    )


def function(fn: Callable[..., Any], args: Any, kwargs: Any, value: Any) -> Symbol:
    """Return the symbol for the `value` of a function of `args`."""
    made_of = symbols_in((args, kwargs))
    symbol = Symbol(value, "", any(s.free for s in made_of), all(s.known for s in made_of))
    symbol.fn, symbol.args, symbol.kwargs = fn, args, kwargs
    return symbol


def symbols_in(nest: Any) -> list[Symbol]:
    return [x for x in flatten(nest)[0] if isinstance(x, Symbol)]


def values_of(nest: Any) -> Any:
    """Return a copy of a nest with values in place of symbols."""
    leaves, rebuild = flatten(nest)
    return rebuild(x.value if isinstance(x, Symbol) else x for x in leaves)
