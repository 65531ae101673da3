"""Validation of numbers that come from outside: errors for what NumPy would convert to something else in silence.

A masked array would lose its mask, and networks would learn from its fill values. None would become NaN. A table with a
column of words or of booleans would become an array of objects, through which no gradient flows.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

NUMBERS = {int, float, bool, complex}
DEEPEST = 64  # as many axes as an array can have


def as_array(x: Any, what: str = "the data") -> Any:
    """Return ``np.asarray(x)``, if that has the numbers that `x` has.

    Parameters
    ----------
    x : array_like, or a table of pandas
    what : str
        The name of `x` in errors.

    Raises
    ------
    TypeError
        If `x` is a masked array, or has objects in it that are no numbers.
    ValueError
        If rows have different lengths.
    """
    x = require_numbers(x, what)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(
            f"{what}: the rows must have equal lengths to be an array; make them equal, by padding, say ({error})"
        ) from error
    return array if array.dtype.kind != "O" else numbers_in(array, what)


def require_numbers(x: Any, what: str = "the data") -> Any:
    """Return `x`, checked as in `as_array`, for callers that make the array themselves."""
    if isinstance(x, np.ndarray):
        if is_masked(x):
            raise masked_error(x, what)
        return x if x.dtype.kind != "O" else numbers_in(np.asarray(x), what)
    if isinstance(x, list | tuple):
        refuse_hidden(x, what)
    elif hasattr(x, "iloc"):
        return of_table(x, what)
    elif x is None:
        raise TypeError(f"{what}: got NoneType, and None is no number")
    return x


# ----------------------------------------------------------------------------------------- masks


def is_masked(x: Any) -> bool:
    """Say whether a mask hides an element of the array."""
    return (
        type(x) is not np.ndarray
        and isinstance(x, np.ndarray)
        and isinstance(x, np.ma.MaskedArray)
        and bool(np.ma.is_masked(x))
    )


def masked_error(x: Any, what: str) -> TypeError:
    n = int(np.count_nonzero(np.ma.getmaskarray(x)))
    return TypeError(
        f"{what}: a masked array, and its mask would be lost ({n} of {x.size} elements are hidden). Fill it first, "
        "x.filled(value), or leave out those rows, as np.ma.compress_rows(x) does"
    )


def refuse_hidden(nested: Any, what: str) -> None:
    """Raise an error if nested lists contain masked elements or None: NumPy would make numbers of both."""
    level = nested
    for _ in range(DEEPEST):
        kinds = set(map(type, level))
        if kinds <= NUMBERS:
            return
        if type(None) in kinds:
            raise TypeError(
                f"{what}: there is None among the numbers, which would become NaN. Write np.nan if that is "
                "intended, or leave out that example"
            )
        if any(kind is not np.ndarray and issubclass(kind, np.ndarray) for kind in kinds):
            for x in level:
                if is_masked(x):
                    raise masked_error(x, what)
        deeper = level if kinds <= {list, tuple} else [x for x in level if isinstance(x, list | tuple)]
        level = list(chain.from_iterable(deeper))
        if not level:
            return


# ---------------------------------------------------------------------------- tables and objects


def of_table(table: Any, what: str) -> Any:
    """Return the numbers of a pandas Series or DataFrame, whose columns may have different dtypes."""
    array = np.asarray(table)
    if not hasattr(table, "columns"):
        return array if array.dtype.kind != "O" else numbers_in(array, what)
    if array.dtype.kind in "biufc":
        return array
    columns = []
    for name, column in table.items():
        array, which = np.asarray(column), f"{what}, column {name!r}"
        array = array if array.dtype.kind != "O" else numbers_in(array, which)
        if array.dtype.kind not in "biufc":
            raise TypeError(
                f"{which}: {array.dtype} is no number. Leave it out, with drop(columns=[{name!r}]), or "
                "convert it to numbers"
            )
        columns.append(array)
    return np.stack(columns, 1) if columns else np.zeros(array.shape)


def numbers_in(objects: Any, what: str) -> Any:
    """Return an array of objects as an array of numbers; raise an error if anything else is in it."""
    for x in objects.ravel():
        if not isinstance(x, bool | int | float | complex | np.number | np.bool_):
            raise TypeError(f"{what}: an array of objects (dtype=object) instead of numbers; {described(x)}")
    return np.array(objects.tolist()).reshape(objects.shape)


def described(x: Any) -> str:
    """Describe an element that is no number, and what can be done about it."""
    if isinstance(x, str):
        return (
            f"there are words in it, as {x!r}: names, labels = np.unique(x, return_inverse=True) converts them to "
            "class numbers, or leave that column out"
        )
    if isinstance(x, dict):
        return "there are dicts in it: make an array for each of their keys, as in np.array([d['x'] for d in x])"
    if isinstance(x, list | tuple | np.ndarray):
        return "its rows have different lengths: make them equal, by padding, say"
    if hasattr(x, "toarray"):
        return "it is a sparse matrix: give x.toarray()"
    if hasattr(x, "detach"):
        return "there are Tensors in it: join them with np.stack"
    if x is None or type(x).__name__ in ("NAType", "NaTType"):
        return f"there is {x} in it: fill in a number, or leave out that example"
    return f"there is a {type(x).__name__} in it: convert it to numbers, np.array(x, dtype=float)"
