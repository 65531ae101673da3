"""Calls of what chooses between arrays, inserts, goes slice by slice; turns, blocks, grids and windows."""

from functools import partial

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from .cases import Case, broadcastable, full, numbers, one_axis, permutation, several, shape
from .foundation import with_offset

sliding_window_view = np.lib.stride_tricks.sliding_window_view

# ------------------------------------------------------------------------------------- choosing


@st.composite
def selected(draw):
    n = draw(st.integers(1, 3))
    shapes = draw(broadcastable(2 * n + 1, max_dims=2))
    conditions = [draw(npst.arrays(bool, s)) for s in shapes[:n]]
    *choices, default = draw(several(shapes[n:]))
    if draw(st.booleans()):
        return Case(np.select, (conditions, list(choices)), where=(1,))
    return Case(np.select, (conditions, list(choices), default), where=(1, 2), together=True)


@st.composite
def picked(draw):
    n = draw(st.integers(1, 3))
    which, *shapes = draw(broadcastable(n + 1, max_dims=2))
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    low, high = (0, n - 1) if mode == "raise" else (-4, 4)
    index = draw(npst.arrays(int, which, elements=st.integers(low, high)))
    return Case(np.choose, (index, list(draw(several(shapes)))), {"mode": mode}, where=(1,))


@st.composite
def in_pieces(draw):
    x = draw(numbers(draw(shape(max_dims=2))))
    square, times = (lambda x: x * x), (lambda x, factor: np.sin(x) * factor)
    return draw(st.sampled_from([
        Case(np.piecewise, (x, [x < 0], [square, np.exp])),
        Case(np.piecewise, (x, [x < 0, x > 1], [np.sin, 2.5])),
        Case(np.piecewise, (x, [x < 0, x > -1, x > 1], [np.sin, square, np.cos, 3])),
        Case(np.piecewise, (x, [x < 0, x >= 0], [times, times], 3.0)),
    ]))  # fmt: skip


@st.composite
def extracted(draw):
    s = draw(shape())
    return Case(np.extract, (draw(npst.arrays(bool, s)), draw(numbers(s))), where=(1,))


@st.composite
def inserted(draw):
    s = draw(full(min_dims=1))
    axis = draw(st.sampled_from([None, *range(-len(s), len(s))]))
    flat = (int(np.prod(s)),) if axis is None else s
    i = (axis or 0) % len(flat)
    n = flat[i]
    places = st.integers(-n, n)
    masks = (
        [npst.arrays(bool, n)] if hasattr(np, "matvec") else []
    )  # NumPy took them for numbers, with a warning, up to 2.1
    obj = draw(st.one_of(places, st.lists(places, min_size=1, max_size=3), st.slices(n), *masks))
    many = 2 if isinstance(obj, int) else len(obj) if isinstance(obj, list) else len(np.arange(n)[obj])
    block = (*flat[:i], many, *flat[i + 1 :])
    if isinstance(obj, int):  # there, the first axis is the one that is inserted along
        block = (many, *flat[:i], *flat[i + 1 :])
    value = draw(st.sampled_from([(), block, (1,) * len(block)]))
    return Case(np.insert, (*(av := draw(several([s, value])))[:1], obj, av[1], axis), where=(0, 2))


@st.composite
def resized(draw):
    return Case(np.resize, (draw(numbers(draw(shape()))), draw(st.sampled_from([3, (2, 2), (), (0, 2), (5,)]))))


@st.composite
def slice_by_slice(draw):
    s = draw(full(min_dims=1))
    axis = draw(one_axis(len(s)))
    f = draw(
        st.sampled_from([np.sum, lambda x: x * x, np.diag, lambda x, by=2: x[:1] * by, lambda x: x[..., None] * x])
    )
    return Case(partial(lambda x, f, axis: np.apply_along_axis(f, axis, x)), (draw(numbers(s)), f, axis))


@st.composite
def over_axes(draw):
    s = draw(full(min_dims=1))
    axes = draw(st.lists(one_axis(len(s)), max_size=2)) if draw(st.booleans()) else draw(one_axis(len(s)))
    f = draw(st.sampled_from([np.sum, np.cumsum, lambda x, axis: np.mean(x, axis, keepdims=True)]))
    return Case(partial(lambda x, f, axes: np.apply_over_axes(f, x, axes)), (draw(numbers(s)), f, axes))


@st.composite
def two_sets(draw, fn):
    """No number is in both, because then a small change of one would be a large one of the result."""
    return Case(fn, draw(several([draw(shape(max_dims=2)), draw(shape(max_dims=2))])), where=(0, 1))


# --------------------------------------------------------------------------------------- layouts


@st.composite
def rotated(draw):
    s = draw(shape(min_dims=2))
    return Case(np.rot90, (draw(numbers(s)), draw(st.integers(-5, 5)), draw(permutation(len(s)))[:2]))


@st.composite
def rolled(draw):
    s = draw(shape(min_dims=1))
    start = draw(st.sampled_from([(), (draw(st.integers(-len(s), len(s))),)]))
    return Case(np.rollaxis, (draw(numbers(s)), draw(one_axis(len(s))), *start))


@st.composite
def unstacked(draw):
    s = draw(full(min_dims=1))
    return Case(np.unstack, (draw(numbers(s)),), draw(st.sampled_from([{}, {"axis": draw(one_axis(len(s)))}])))


BLOCKS = {  # how they are put together, and their shapes
    "a row": (lambda a, b, c: [a, b, c], [(2,), (), (1,)]),
    "two rows": (lambda a, b, c: [[a, b], [c]], [(2, 2), (2, 1), (1, 3)]),
    "vectors": (lambda a, b: [[a, b], [b, a]], [(2,), (1,)]),
    "one": (lambda a: a, [(2,)]),
    "three deep": (lambda a, b: [[[a]], [[b]]], [(2, 2, 1), (2, 2, 1)]),
    "more axes than lists": (lambda a, b: [a, b], [(2, 1, 2), (2, 1, 1)]),
}  # fmt: skip


@st.composite
def blocks(draw):
    nest, shapes = draw(st.sampled_from(list(BLOCKS.values())))
    return Case(
        partial(lambda *arrays: np.block(nest(*arrays))), draw(several(shapes)), where=tuple(range(len(shapes)))
    )


@st.composite
def grids(draw):
    n = draw(st.integers(1, 3))
    rows = draw(several([draw(shape(max_dims=1)) for _ in range(n)]))
    how = draw(st.sampled_from([{}, {"indexing": "ij"}, {"sparse": True}, {"sparse": True, "indexing": "ij"}]))
    return Case(np.meshgrid, rows, how, where=tuple(range(n)))


@st.composite
def windowed(draw):
    s = draw(full(min_dims=1))
    axes = draw(permutation(len(s)))[: draw(st.integers(1, len(s)))]
    window = tuple(draw(st.integers(0, s[i])) for i in axes)
    x = draw(numbers(s))
    calls = [Case(sliding_window_view, (x, window, axes)), Case(sliding_window_view, (x, window[0], axes[0])),
             Case(sliding_window_view, (x, (1,) * len(s)))]  # fmt: skip
    return draw(st.sampled_from(calls))


STRATEGIES = {
    np.select: selected(),
    np.choose: picked(),
    np.piecewise: in_pieces(),
    np.extract: extracted(),
    np.insert: inserted(),
    np.resize: resized(),
    np.apply_along_axis: slice_by_slice(),
    np.apply_over_axes: over_axes(),
    **{fn: two_sets(fn) for fn in (np.union1d, np.intersect1d, np.setxor1d, np.setdiff1d)},
    np.rot90: rotated(),
    np.rollaxis: rolled(),
    np.matrix_transpose: shape(min_dims=2).flatmap(numbers).map(lambda x: Case(np.matrix_transpose, (x,))),
    np.diagflat: with_offset(np.diagflat, 0, 2),
    np.block: blocks(),
    np.meshgrid: grids(),
    sliding_window_view: windowed(),
}
if hasattr(np, "unstack"):
    STRATEGIES[np.unstack] = unstacked()
