"""Strategies of shapes, and of arrays whose numbers are well apart.

A finite difference across a jump or a kink says nothing about the derivative on either side of it. Most kinks are where
two numbers are equal (`maximum`, `sort`, `where(a > b, ...)`), at whole numbers (`floor`), or at zero (`abs`). So the
numbers drawn here are multiples of 1/64 plus a bit, a different bit for each array. No two numbers in the arrays are
equal, and none is within a finite difference of a multiple of 1/64, or of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

Shape: TypeAlias = tuple[int, ...]
Shapes: TypeAlias = Shape | list[Shape] | st.SearchStrategy[Shape] | st.SearchStrategy[list[Shape]]

# Memory layouts: how to make the array that is stored, and the view of it that equals the original.
LAYOUTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "contiguous": (np.copy, lambda base: base),
    "transposed": (lambda a: a.T.copy(), lambda base: base.T),
    "reversed": (lambda a: np.flip(a).copy(), lambda base: base[(slice(None, None, -1),) * base.ndim]),
    "strided": (lambda a: np.repeat(a, 2, 0) if a.ndim else a.copy(), lambda base: base[::2] if base.ndim else base),
}


@st.composite
def shapes(draw: st.DrawFn, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 3) -> Shape:
    """Draw shapes: mostly of different small lengths, which show mistakes; sometimes of length 1, or 0 if allowed.

    Parameters
    ----------
    min_dims, max_dims : int
        The smallest and the largest number of axes.
    min_side, max_side : int
        The smallest and the largest length of an axis. With ``min_side=0`` there are arrays without elements too.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        A strategy of tuples of int.

    Examples
    --------
    >>> from hypothesis import given
    >>> from tinygrad_edu.testing import shapes
    >>> @given(shape=shapes(min_dims=1, max_side=5))
    ... def test_shapes(shape):
    ...     assert 1 <= len(shape) <= 3 and all(1 <= n <= 5 for n in shape)
    >>> test_shapes()
    """
    long = range(2, max_side + 1)
    sides = st.sampled_from([n for n in (*long, *reversed(long), *long, 1, 0) if min_side <= n <= max_side])
    return tuple(draw(sides) for _ in range(draw(st.integers(min_dims, max_dims))))


@st.composite
def broadcastable_shapes(draw: st.DrawFn, /, n: int = 2, **limits: int) -> list[Shape]:
    """Draw lists of shapes that broadcast against each other: some lack the first axes, some have length 1 there.

    Parameters
    ----------
    n : int
        The number of shapes in a list.
    **limits : int
        The limits of `shapes`, for the shape that they broadcast to.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        A strategy of lists of shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from hypothesis import given
    >>> from tinygrad_edu.testing import broadcastable_shapes
    >>> @given(several=broadcastable_shapes(3, max_dims=4))
    ... def test_broadcasting(several):
    ...     assert len(np.broadcast_shapes(*several)) <= 4
    >>> test_broadcasting()
    """
    whole = draw(shapes(**limits))
    starts = st.sampled_from([0, 0, *range(len(whole) + 1)])
    single = st.sampled_from([False, False, True])
    return [tuple(1 if draw(single) else m for m in whole[draw(starts) :]) for _ in range(n)]


@st.composite
def arrays(
    draw: st.DrawFn,
    shape: Shapes | None = None,
    dtype: DTypeLike | st.SearchStrategy[Any] = float,
    low: float = 0.25,
    high: float = 2.0,
    signed: bool = True,
    layouts: Sequence[str] = tuple(LAYOUTS),
) -> Any:
    """Draw arrays for `gradcheck`, with numbers so far apart that finite differences stay on one side of every kink.

    Parameters
    ----------
    shape : tuple of int, list of tuples, or a strategy of either; optional
        The shape; by default, any of `shapes`. A list of shapes gives a list of arrays that have no number in common,
        for functions of several arrays.
    dtype : dtype, or a strategy of dtypes
        A floating or complex dtype. ``gradcheck`` compares in float64 and complex128 only.
    low, high : float
        The bounds of the numbers' magnitudes; for complex numbers, of both their parts.
    signed : bool
        Whether half of the numbers are negative.
    layouts : sequence of str
        The memory layouts to choose from: "contiguous", "transposed", "reversed" or "strided". The last two run
        backwards or own twice the memory, which shows mistakes in code that assumes certain strides.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        A strategy of arrays, or of lists of arrays.

    Raises
    ------
    TypeError
        When drawn: if the dtype is neither floating nor complex.
    ValueError
        When drawn: if there are no numbers between `low` and `high`.

    Examples
    --------
    >>> import numpy as np
    >>> from hypothesis import given
    >>> from tinygrad_edu import gradcheck
    >>> from tinygrad_edu.testing import arrays, broadcastable_shapes
    >>> @given(ab=arrays(broadcastable_shapes(2)))
    ... def test_maximum(ab):
    ...     assert gradcheck(np.maximum, ab)
    >>> test_maximum()
    """
    wanted: Any = shapes() if shape is None else shape
    wanted = draw(wanted) if isinstance(wanted, st.SearchStrategy) else wanted
    parts = wanted if isinstance(wanted, list) else [wanted]
    drawn = []
    for i, part in enumerate(parts):
        kind = np.dtype(draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype)
        if kind.kind not in "fc":
            raise TypeError(f"arrays() of dtype {kind}: only floating and complex numbers have derivatives")
        rng, twice = np.random.default_rng(draw(st.integers(0, 1 << 16))), (2,) * (kind.kind == "c")
        array = distinct_numbers(rng, (*twice, *np.empty(part).shape), low, high, signed, (i + 0.5) / len(parts))
        store, view = LAYOUTS[draw(st.sampled_from(list(layouts)))]
        drawn.append(view(store((array[0] + 1j * array[1] if twice else array).astype(kind))))
    return drawn if isinstance(wanted, list) else drawn[0]


def distinct_numbers(rng: np.random.Generator, shape: Shape, low: float, high: float, signed: bool, bit: float) -> Any:
    """Return different numbers: multiples of 1/64 plus `bit` of one; of smaller fractions if there are many."""
    size, steps = int(np.prod(shape, dtype=int)), 64
    if size and not low < high:
        raise ValueError(f"no numbers between low={low} and high={high}")
    while (high - low) * steps * (1 + signed) < size + 4:
        steps *= 2
    grid = np.arange(int(np.ceil(low * steps)), int(high * steps))
    grid = np.concatenate([-grid - 1, grid]) if signed else grid
    return ((rng.choice(grid, size, replace=False) + bit) / steps).reshape(shape)
