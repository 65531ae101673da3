"""Shapes, and arrays of them whose numbers are well apart.

A finite difference across a jump or a kink says nothing about the derivative on either side of it. Most kinks lie where
two numbers are equal (`maximum`, `sort`, `where(a > b, ...)`), at whole numbers (`floor`), or at zero (`abs`). So the
numbers drawn here are multiples of 1/64 and a bit, a different bit for each array: within and between the arrays
nothing ties, and nothing is within a finite difference of a multiple of 1/64, or of zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

Shape = tuple[int, ...]

# How an array lies in memory: the array that is stored, and what makes a view of it that equals the first.
LAYOUTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "contiguous": (np.copy, lambda base: base),
    "transposed": (lambda a: a.T.copy(), lambda base: base.T),
    "reversed": (lambda a: np.flip(a).copy(), lambda base: base[(slice(None, None, -1),) * base.ndim]),
    "strided": (lambda a: np.repeat(a, 2, 0) if a.ndim else a.copy(), lambda base: base[::2] if base.ndim else base),
}


@st.composite
def shapes(draw: st.DrawFn, min_dims: int = 0, max_dims: int = 3, min_side: int = 1, max_side: int = 3) -> Shape:
    """Shapes: mostly of different small lengths, at which a mistake shows; sometimes of length 1, or 0 where allowed.

    Parameters
    ----------
    min_dims, max_dims : int
        How many axes.
    min_side, max_side : int
        How long they are. With ``min_side=0`` there are arrays without elements too.

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
    """Lists of `n` shapes that broadcast against each other: some lack the first axes, some have length 1 for longer.

    Parameters
    ----------
    n : int
        How many shapes.
    **limits
        Those of `shapes`, for what they broadcast to.

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
    shape: Any = None,
    dtype: Any = float,
    low: float = 0.25,
    high: float = 2.0,
    signed: bool = True,
    layouts: Sequence[str] = tuple(LAYOUTS),
) -> Any:
    """Arrays for `gradcheck`: of numbers so far apart that finite differences stay on one side of every kink.

    Parameters
    ----------
    shape : tuple of int, list of tuples, or a strategy of either; optional
        The shape. For a list of shapes there will be a list of arrays, none of which has a number in common with
        another: what a function of several arrays wants. Unless given, any of `shapes`.
    dtype : dtype, or a strategy of dtypes
        A floating or complex one. ``gradcheck`` compares in float64 and complex128 only.
    low, high : float
        The bounds of the numbers' magnitudes; of complex numbers, of both their parts.
    signed : bool
        Whether half of the numbers are negative.
    layouts : sequence of str
        How the array may lie in memory: "contiguous", "transposed", "reversed" or "strided". What lies in the last two
        ways owns twice the memory or runs backwards, and is found out by code that thinks it knows its strides.

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
    shape = shapes() if shape is None else shape
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    parts = shape if isinstance(shape, list) else [shape]
    drawn = []
    for i, part in enumerate(parts):
        kind = np.dtype(draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype)
        if kind.kind not in "fc":
            raise TypeError(f"arrays() of dtype {kind}: derivatives are of floating and complex numbers")
        rng, twice = np.random.default_rng(draw(st.integers(0, 1 << 16))), (2,) * (kind.kind == "c")
        array = spread(rng, (*twice, *np.empty(part).shape), low, high, signed, (i + 0.5) / len(parts))
        store, view = LAYOUTS[draw(st.sampled_from(list(layouts)))]
        drawn.append(view(store((array[0] + 1j * array[1] if twice else array).astype(kind))))
    return drawn if isinstance(shape, list) else drawn[0]


def spread(rng: np.random.Generator, shape: Shape, low: float, high: float, signed: bool, bit: float) -> Any:
    """Different numbers: multiples of 1/64, or of a half, a quarter, ... of that where there are many; and `bit` of one."""
    size, steps = int(np.prod(shape, dtype=int)), 64
    if size and not low < high:
        raise ValueError(f"no numbers between low={low} and high={high}")
    while (high - low) * steps * (1 + signed) < size + 4:
        steps *= 2
    grid = np.arange(int(np.ceil(low * steps)), int(high * steps))
    grid = np.concatenate([-grid - 1, grid]) if signed else grid
    return ((rng.choice(grid, size, replace=False) + bit) / steps).reshape(shape)
