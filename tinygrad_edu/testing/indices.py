"""Strategies of axes to reduce along, and of indices of every kind that NumPy has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

KINDS = ("slice", "integer", "fancy", "boolean", "newaxis", "ellipsis")


@st.composite
def axes(draw: st.DrawFn, ndim: int) -> Any:
    """Draw values of a reduction's ``axis``: None, one axis counted from either end, or a tuple of different ones.

    Parameters
    ----------
    ndim : int
        The number of axes of the array.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        A strategy of None, ints and tuples of int.

    Examples
    --------
    >>> import numpy as np
    >>> from hypothesis import given, strategies as st
    >>> from tinygrad_edu import gradcheck
    >>> from tinygrad_edu.testing import arrays, axes
    >>> @given(st.data())
    ... def test_sum(data):
    ...     x = data.draw(arrays())
    ...     axis = data.draw(axes(x.ndim))
    ...     assert gradcheck(lambda x: np.sum(x, axis), x)
    >>> test_sum()
    """
    if not ndim:
        return draw(st.sampled_from([None, ()]))
    chosen = draw(st.lists(st.integers(0, ndim - 1), max_size=ndim, unique=True))
    signed = tuple(i - ndim * draw(st.booleans()) for i in chosen)
    return draw(st.sampled_from([None, signed, signed[0] if signed else None]))


@st.composite
def indices(draw: st.DrawFn, shape: tuple[int, ...], kinds: Sequence[str] = KINDS) -> Any:
    """Draw indices for an array of this shape, simple and mixed.

    Parameters
    ----------
    shape : tuple of int
        The shape of the array.
    kinds : sequence of str
        The kinds of their parts: "slice", of any step; "integer", counted from either end; "fancy", arrays and lists of
        integers, in which places may be repeated; "boolean", masks of one axis or two; "newaxis"; "ellipsis".
        Without "fancy", no place occurs twice.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        A strategy of indices.

    Examples
    --------
    >>> import numpy as np
    >>> from hypothesis import given, strategies as st
    >>> from tinygrad_edu import gradcheck
    >>> from tinygrad_edu.testing import arrays, indices
    >>> @given(st.data())
    ... def test_reading_items(data):
    ...     x = data.draw(arrays())
    ...     index = data.draw(indices(x.shape))
    ...     assert gradcheck(lambda x: x[index], x)
    >>> test_reading_items()
    """
    length = draw(st.sampled_from([2, 1, 3, 0]))  # of all arrays in this index: they must broadcast
    parts: list[Any] = []
    axis = 0
    for kind in draw(st.lists(st.sampled_from(list(kinds)), max_size=len(shape) + 2)):
        rest = shape[axis:]
        if kind == "newaxis":
            parts.append(None)
        elif kind == "ellipsis":
            if not any(part is Ellipsis for part in parts):
                parts.append(Ellipsis)
                axis += draw(st.integers(0, len(rest)))
        elif rest and kind == "boolean" and (mask := draw(masks(rest, length))) is not None:
            parts.append(mask)
            axis += mask.ndim
        elif rest and (part := draw(single(rest[0], kind, length))) is not None:
            parts.append(part)
            axis += 1
    if any(part is Ellipsis for part in parts):
        parts += [slice(None)] * (len(shape) - axis)  # or the ellipsis would take these axes too
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


@st.composite
def single(draw: st.DrawFn, n: int, kind: str, length: int) -> Any:
    """Draw an index of one axis of length `n`; None if this kind can't be one."""
    places = st.integers(-n, max(n - 1, -n))
    if kind == "slice":
        end = st.none() | st.integers(-n - 1, n + 1)
        return slice(draw(end), draw(end), draw(st.sampled_from([None, 1, 2, -1, -2])))
    if kind == "integer" and n:
        return draw(places)
    if kind == "fancy" and (n or not length):
        rows = draw(st.sampled_from([(), (), (2,), (1,)]))
        array = np.array([draw(places) for _ in range(int(np.prod(rows, dtype=int)) * length)], int).reshape(
            *rows, length
        )
        return array.tolist() if length and draw(st.booleans()) else array
    return None


@st.composite
def masks(draw: st.DrawFn, shape: tuple[int, ...], length: int) -> Any:
    """Draw a mask of the first axis or two that is true at `length` places, or at one; None if there are none."""
    mask = np.zeros(shape[: draw(st.integers(1, 2))], bool)
    true = length if length <= mask.size else 1
    if true > mask.size:
        return None
    mask.flat[draw(st.permutations(range(mask.size)))[:true]] = True
    return mask
