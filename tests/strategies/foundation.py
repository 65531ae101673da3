"""Calls of the functions that the foundation differentiates: arithmetic, shapes, indexing, joining, products."""

import operator
from functools import partial
from itertools import accumulate

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_edu import Tensor, apply
from tinygrad_edu.rules import bells, indexing, joining, logaddexp, padding, products, reductions, shapes
from tinygrad_edu.rules.neural import fused

from .cases import Case, broadcastable, full, numbers, one_axis, permutation, several, shape, some_axes

# ------------------------------------------------------------------------------ families of functions


@st.composite
def unary(draw, fn, *args, **domain):
    return Case(fn, (draw(numbers(draw(shape()), **domain)), *args))


@st.composite
def binary(draw, fn, first=None, second=None, where=(0, 1)):
    a, b = draw(broadcastable())
    return Case(
        fn, (draw(numbers(a, slot=0, **(first or {}))), draw(numbers(b, slot=1, **(second or {})))), where=where
    )


@st.composite
def modular(draw, fn):
    """The divisor is a multiple of a half, so no quotient is near an integer."""
    a, b = draw(broadcastable())
    divisor = np.sign(draw(numbers(b))) * (1 + np.floor(1.5 * abs(draw(numbers(b))))) / 2
    return Case(fn, (draw(numbers(a)), divisor), where=(0, 1))


@st.composite
def powers(draw, fn):
    if draw(st.booleans()):
        return draw(binary(fn, {"signed": False}))
    a, b = draw(broadcastable())  # numbers of either sign, to a whole power
    whole = draw(npst.arrays(draw(st.sampled_from([int, float])), b, elements=st.integers(-2, 3)))
    return Case(fn, (draw(numbers(a)), draw(st.sampled_from([2, 3, 1, -1, -2, 0, 2.0, 3.0, whole]))))


@st.composite
def reduction(draw, fn, nonempty=False, least=1, **extra):
    s = draw((full if nonempty else shape)())
    axis = draw(some_axes(len(s)))
    kwargs = {k: draw(v) for k, v in extra.items()}
    taken = range(len(s)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    size = int(np.prod([s[i] for i in taken], dtype=int))
    if size < least + (kwargs.get("ddof", 0) > 0):
        s, axis = (3, *s[:2]), 0  # enough numbers, after all
    if draw(st.booleans()):
        kwargs["keepdims"] = draw(st.booleans())
    by_position = draw(st.booleans())
    return Case(
        fn, (draw(numbers(s)), *([axis] if by_position else ())), kwargs if by_position else {"axis": axis, **kwargs}
    )


@st.composite
def cumulative(draw, fn):
    s = draw(shape())
    return Case(fn, (draw(numbers(s)),), {"axis": draw(st.sampled_from([None, *range(-len(s), len(s))]))})


@st.composite
def along_axis(draw, fn):
    s = draw(full(min_dims=1))
    return Case(fn, (draw(numbers(s)), *draw(st.sampled_from([(), (draw(one_axis(len(s))),)]))))


@st.composite
def matrix_product(draw, fn, most=3):
    """Vectors, matrices, and stacks that broadcast."""
    n, m, k = (draw(st.integers(0, 3)) for _ in range(3))
    stack_a, stack_b = draw(broadcastable(max_dims=most - 2, min_side=1))
    a = draw(st.sampled_from([(n,), (m, n), (*stack_a, m, n)]))
    b = draw(st.sampled_from([(n,), (n, k), (*stack_b, n, k)]))
    return Case(fn, draw(several([a, b])), where=(0, 1))


@st.composite
def dot_product(draw, fn):
    n = draw(st.integers(0, 3))
    last = -1 if fn is np.inner else -2
    a, b = list(draw(shape())), list(draw(shape()))
    if a and b:
        a[-1] = b[max(last, -len(b))] = n
    return Case(fn, draw(several([tuple(a), tuple(b)])), where=(0, 1))


@st.composite
def tensordot(draw):
    a, b = list(draw(shape())), list(draw(shape()))
    count = draw(st.integers(0, min(len(a), len(b))))
    left, right = draw(permutation(len(a)))[:count], draw(permutation(len(b)))[:count]
    how = draw(st.sampled_from(["axes", "number", "single"]))
    if how == "number":
        left, right = range(len(a) - count, len(a)), range(count)
    for i, j in zip(left, right):
        b[j] = a[i]
    axes = count if how == "number" else (left[0], right[0]) if how == "single" and count == 1 else (left, right)
    return Case(np.tensordot, (*draw(several([tuple(a), tuple(b)])), axes), where=(0, 1))


CONTRACTIONS = [
    "ij,jk->ik",
    "i,i->i",
    "i,j->ij",
    "ij,kj->ik",
    "bij,bjk->bik",
    "ij->ji",
    "i,i->",
    "ij,jk,kl->il",
    "a,ab,b->",
]
EINSUMS = [*CONTRACTIONS, "ij,jk", "ii", "ii->i", "iij->j", "iii", "ij->", "ij->j", "...ij,...jk->...ik", "i...->...", "...",
           "...i,...i", "ij,ij", "ij,i->", "a...b,b...c->a...c", "i i j -> j i", ",i->i", "ij,ij,ij->i", "ba"]  # fmt: skip


@st.composite
def contraction(draw, fn, texts):
    text = draw(st.sampled_from(texts))
    size = {c: draw(st.integers(1, 3)) for c in "abcijklm"}
    dots = draw(full(max_dims=2, max_side=2))
    terms = text.replace(" ", "").split("->")[0].split(",")
    operands = []
    for term in terms:
        before, ellipsis, after = term.partition("...")
        own = dots[draw(st.integers(0, len(dots))) :] if ellipsis else ()
        own = tuple(1 if draw(st.booleans()) else n for n in own)  # ellipses broadcast
        operands.append((*(size[c] for c in before), *own, *(size[c] for c in after)))
    return Case(fn, (text, *draw(several(operands))), where=tuple(range(1, len(operands) + 1)))


# ----------------------------------------------------------------------------------------- indexing


@st.composite
def index_of(draw, s):
    """Any index that NumPy takes for an array of shape `s`: basic, integer arrays, masks, and mixtures of these."""
    basic = npst.basic_indices(s, allow_newaxis=True)
    kinds = [basic, npst.arrays(bool, s)]
    if s and all(s):
        kinds += [npst.integer_array_indices(s, result_shape=full(max_dims=2)), mixed_index(s), st.just([0, -1, 0])]
    return draw(st.one_of(kinds))


@st.composite
def mixed_index(draw, s):
    """For each axis an integer, a slice, or an array of integers (with repetitions); perhaps None and Ellipsis."""
    length = draw(st.integers(1, 3))
    parts = []
    for n in s[: draw(st.integers(1, len(s)))]:
        one = st.integers(-n, n - 1)
        kind = draw(st.sampled_from(["integer", "slice", "array", "mask"]))
        parts.append(
            draw(one) if kind == "integer" else draw(st.slices(n)) if kind == "slice"
            else np.array(draw(st.lists(one, min_size=length, max_size=length))) if kind == "array"
            else np.arange(n) == draw(st.integers(0, n - 1))
        )  # fmt: skip
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    return (*parts, ...) if draw(st.booleans()) else tuple(parts)


@st.composite
def getitem(draw):
    s = draw(shape())
    return Case(operator.getitem, (draw(numbers(s)), draw(index_of(s))))


@st.composite
def scatter(draw):
    s = draw(shape())
    index = draw(index_of(s))
    return Case(indexing.scatter, (draw(numbers(np.zeros(s)[index].shape)), index, s, np.dtype(float)))


def assignable(s, index, value):
    try:
        np.zeros(s)[index] = np.zeros(value)
    except (TypeError, ValueError):
        return False
    return True


@st.composite
def setitem(draw):
    s = draw(shape())
    index = draw(index_of(s))
    place = np.zeros(s)[index].shape
    value = draw(st.sampled_from([place, place[1:], (), tuple(1 for _ in place), (1, *place)]))
    value = value if assignable(s, index, value) else place
    return Case(indexing.setitem, (*(a := draw(several([s, value])))[:1], index, a[1]), where=(0, 2))


@st.composite
def take(draw):
    s = draw(full(min_dims=1))
    axis = draw(st.sampled_from([None, *range(-len(s), len(s))]))
    n = int(np.prod(s)) if axis is None else s[axis]
    mode = draw(st.sampled_from(["raise", "wrap", "clip"]))
    bound = n if mode == "raise" else n + 3
    indices = draw(
        npst.arrays(int, full(max_dims=2), elements=st.integers(-n if mode == "raise" else -bound, bound - 1))
    )
    return Case(np.take, (draw(numbers(s)), indices), {"axis": axis, **({} if mode == "raise" else {"mode": mode})})


@st.composite
def take_along_axis(draw):
    s = draw(full(min_dims=1))
    axis = draw(one_axis(len(s)))
    indices = draw(
        npst.arrays(int, (*s[:axis], 2, *s[axis % len(s) + 1 :]), elements=st.integers(-s[axis], s[axis] - 1))
    )
    return Case(np.take_along_axis, (draw(numbers(s)), indices, axis))


@st.composite
def compress(draw):
    s = draw(full(min_dims=1))
    axis = draw(st.sampled_from([None, *range(-len(s), len(s))]))
    n = int(np.prod(s)) if axis is None else s[axis]
    return Case(np.compress, (draw(npst.arrays(bool, st.integers(0, n))), draw(numbers(s)), axis), where=(1,))


@st.composite
def delete(draw):
    s = draw(full(min_dims=1))
    axis = draw(st.sampled_from([None, *range(-len(s), len(s))]))
    n = int(np.prod(s)) if axis is None else s[axis]
    gone = draw(
        st.one_of(st.integers(-n, n - 1), st.lists(st.integers(-n, n - 1), min_size=1, max_size=3), st.slices(n))
    )
    return Case(np.delete, (draw(numbers(s)), gone, axis))


# ------------------------------------------------------------------------------ joining and splitting


@st.composite
def joined(draw, fn, ndim=None):
    """Arrays that differ in length along one axis only."""
    s = draw(shape(min_dims=1) if ndim is None else shape(min_dims=ndim, max_dims=ndim))
    axis = draw(one_axis(len(s)))
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    shapes = [tuple(n if i == axis % len(s) else m for i, m in enumerate(s)) for n in lengths]
    arrays = list(draw(several(shapes)))
    if fn is joining.join:
        return Case(fn, tuple(arrays), {"axis": axis, "edges": (0, *accumulate(lengths))}, tuple(range(len(arrays))))
    return Case(fn, (arrays, draw(st.sampled_from([axis, None]))))


@st.composite
def stacked(draw, fn, *, axis=False):
    s = draw(shape(max_dims=2))
    arrays = list(draw(several([s] * draw(st.integers(1, 3)))))
    return Case(fn, (arrays, draw(one_axis(len(s), 1).filter(lambda i: i <= len(s))))) if axis else Case(fn, (arrays,))


@st.composite
def appended(draw):
    case = draw(joined(np.concatenate))
    arrays, axis = case.args
    return Case(np.append, (arrays[0], arrays[-1], axis), where=(0, 1))


@st.composite
def split(draw, fn, ndim=1, axis=None):
    s = list(draw(full(min_dims=ndim)))
    axis = draw(one_axis(len(s))) if axis is None else axis(len(s))
    parts = draw(st.integers(1, 3))
    s[axis] = s[axis] if fn is np.array_split else s[axis] * parts
    places = draw(st.one_of(st.just(parts), st.lists(st.integers(0, s[axis]), max_size=3).map(sorted)))
    given = (axis,) if fn in (np.split, np.array_split) else ()
    return Case(fn, (draw(numbers(tuple(s))), places, *given))


@st.composite
def chosen(draw, fn):
    c, a, b = draw(broadcastable(3))
    return Case(fn, (draw(npst.arrays(bool, c)), *draw(several([a, b]))), where=(1, 2))


@st.composite
def clipped(draw):
    s, low, high = draw(broadcastable(3))
    a, b, c = draw(several([s, low, high]))
    bounds = draw(st.sampled_from([(b, c), (b, None), (None, c), (b, b + 1)]))
    return Case(np.clip, (a, *bounds), where=(0, *(i + 1 for i in (0, 1) if bounds[i] is not None)))


@st.composite
def padded(draw, fn):
    s = draw(full(max_dims=2) if fn is np.pad else shape(min_dims=1, max_dims=2))
    pairs = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in s)
    if fn is padding.pad_zeros:
        return Case(fn, (draw(numbers(s)), pairs))
    width = draw(st.sampled_from([pairs, 1, (2, 5), ((1, 2),)])) if s else 0
    lengths = {"stat_length": draw(st.sampled_from([None, 1, (2, 1)]))}
    mode = draw(st.sampled_from([
        {}, {"constant_values": 3}, {"constant_values": (1, 2.5)}, {"mode": "linear_ramp", "end_values": (3, -1)},
        *({"mode": m, **lengths} for m in ("maximum", "mean", "median", "minimum")), {"mode": "edge"}, {"mode": "wrap"},
        *({"mode": m, "reflect_type": t} for m in ("reflect", "symmetric") for t in ("even", "odd")),
    ]))  # fmt: skip
    return Case(fn, (draw(numbers(s)), width), mode)


# ------------------------------------------------------------------------------------------- shapes


@st.composite
def reshaped(draw):
    s = draw(full())
    size = int(np.prod(s))
    target = draw(st.sampled_from([(size,), (1, size), -1, (-1, 1), s, tuple(reversed(s)), (*s, 1)]))
    return Case(np.reshape, (draw(numbers(s)), target), draw(st.sampled_from([{}, {"order": "F"}, {"order": "C"}])))


@st.composite
def expanded(draw):
    s = draw(shape(max_dims=2))
    axis = draw(st.sampled_from([0, -1, len(s), -len(s) - 1, (0, -1), (0, len(s) + 1)]))
    return Case(np.expand_dims, (draw(numbers(s)), axis))


@st.composite
def squeezed(draw):
    s = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=2))
    single = tuple(i for i, n in enumerate(s) if n == 1)
    axis = draw(st.sampled_from([None, single, *single, *(i - len(s) for i in single)]))
    return Case(np.squeeze, (draw(numbers(s)), axis))


@st.composite
def transposed(draw):
    s = draw(shape())
    axes = draw(st.sampled_from([None, draw(permutation(len(s)))]))
    return Case(np.transpose, (draw(numbers(s)), axes))


@st.composite
def swapped(draw):
    s = draw(shape(min_dims=1))
    return Case(np.swapaxes, (draw(numbers(s)), draw(one_axis(len(s))), draw(one_axis(len(s)))))


@st.composite
def moved(draw):
    s = draw(shape(min_dims=1))
    n = draw(st.integers(0, len(s)))
    source, target = draw(permutation(len(s)))[:n], draw(permutation(len(s)))[:n]
    return Case(np.moveaxis, (draw(numbers(s)), *((source[0], target[0]) if n == 1 else (source, target))))


@st.composite
def rolled(draw):
    s = draw(shape())
    axis = draw(st.sampled_from([None, *range(-len(s), len(s)), *([(0, -1)] if s else [])]))
    shift = draw(st.integers(-4, 4)) if not isinstance(axis, tuple) or draw(st.booleans()) else (1, -2)
    return Case(np.roll, (draw(numbers(s)), shift, axis))


@st.composite
def broadcast(draw):
    a, b = draw(broadcastable())
    return Case(np.broadcast_to, (draw(numbers(a)), np.broadcast_shapes(a, b)))


@st.composite
def flipped(draw, fn=np.flip, ndim=0):
    s = draw(shape(min_dims=ndim))
    return Case(fn, (draw(numbers(s)), *([draw(some_axes(len(s)))] if fn is np.flip else [])))


@st.composite
def repeated(draw):
    s = draw(shape())
    axis = draw(st.sampled_from([None, *range(-len(s), len(s))]))
    n = int(np.prod(s, dtype=int)) if axis is None else s[axis]
    times = draw(st.one_of(st.integers(0, 3), st.lists(st.integers(0, 3), min_size=n, max_size=n) if n else st.just(2)))
    return Case(np.repeat, (draw(numbers(s)), times, axis))


@st.composite
def tiled(draw):
    reps = draw(st.one_of(st.integers(0, 3), st.lists(st.integers(0, 2), max_size=4).map(tuple)))
    return Case(np.tile, (draw(numbers(draw(shape()))), reps))


@st.composite
def diagonals(draw, fn):
    s = draw(shape(min_dims=2))
    first, second = draw(permutation(len(s)))[:2]
    return Case(fn, (draw(numbers(s)), draw(st.integers(-3, 3)), first, second))


@st.composite
def with_offset(draw, fn, low, high):
    return Case(fn, (draw(numbers(draw(shape(min_dims=low, max_dims=high)))), draw(st.integers(-2, 2))))


# -------------------------------------------------------------------------------------------- fused


@st.composite
def bell(draw, fn, f):
    """The first argument is made of the second."""
    return Case(partial(bell_of, fn, f), (draw(numbers(draw(shape()), high=6.0)),))


def bell_of(fn, f, x):
    return apply(fn, f(x), x) if isinstance(x, Tensor) else fn(f(x), x)


@st.composite
def linear(draw):
    *batch, n, m = draw(shape(min_dims=2, max_dims=4, max_side=3))
    x, weight, bias = draw(several([(*batch, n), (m, n), (m,)]))
    return draw(st.sampled_from([Case(fused.linear.fn, (x, weight), where=(0, 1)),
                                 Case(fused.linear.fn, (x, weight, bias), where=(0, 1, 2))]))  # fmt: skip


@st.composite
def surprise(draw):
    logs = draw(numbers(draw(shape())))
    chosen = draw(st.lists(st.booleans(), min_size=logs.size, max_size=logs.size))
    return Case(
        fused.masked_nll.fn, (logs, np.reshape(np.array(chosen, bool), logs.shape), draw(st.sampled_from([1, 2.5])))
    )


@st.composite
def squared_error(draw):
    dims = draw(shape())
    a, b = draw(st.permutations([dims, draw(st.sampled_from([dims, ()]))]))
    return Case(
        fused.squared_error.fn, draw(several([a, b])), draw(st.sampled_from([{}, {"divisor": 3}])), where=(0, 1)
    )


@st.composite
def like(draw, fn):
    a = draw(numbers(draw(shape())))
    if fn is not np.full_like:
        return Case(fn, (a,), arbitrary=fn is np.empty_like)
    fill = draw(st.sampled_from([(), a.shape, a.shape[1:]]))
    return Case(fn, (a, draw(numbers(fill))), where=(0, 1), together=True)


# ----------------------------------------------------------------------------------------- the table

STRATEGIES = {
    **{fn: unary(fn) for fn in (
        np.negative, np.positive, np.absolute, np.fabs, np.square, np.cbrt, np.reciprocal, np.exp, np.exp2, np.expm1,
        np.sin, np.cos, np.arctan, np.deg2rad, np.radians, np.rad2deg, np.degrees, np.sinh, np.cosh, np.tanh, np.arcsinh,
        np.sign, np.floor, np.ceil, np.trunc, np.rint, np.copy, np.ravel, fused.sigmoid.fn, fused.relu.fn)},
    **{fn: unary(fn, signed=False) for fn in (np.sqrt, np.log, np.log2, np.log10, np.log1p)},
    **{fn: unary(fn, high=0.9) for fn in (np.arcsin, np.arccos, np.arctanh)},
    **{fn: unary(fn, 1) for fn in (np.round, np.around)},
    np.tan: unary(np.tan, high=1.25),
    np.arccosh: unary(np.arccosh, low=1.25, signed=False),
    shapes.cast: unary(shapes.cast, np.dtype(float)),
    np.astype: unary(np.astype, float),
    **{fn: binary(fn) for fn in (
        np.add, np.subtract, np.multiply, np.divide, np.hypot, np.arctan2, np.logaddexp, np.logaddexp2, np.maximum, np.minimum,
        np.fmax, np.fmin, np.copysign, np.heaviside, np.outer)},
    **{fn: modular(fn) for fn in (np.floor_divide, np.remainder, np.fmod)},
    **{fn: powers(fn) for fn in (operator.pow, np.power, np.float_power)},
    **{fn: reduction(fn) for fn in (np.sum, np.prod)},
    **{fn: reduction(fn, nonempty=True) for fn in (logaddexp.logsumexp.fn, np.mean, np.max, np.min, np.amax, np.amin)},
    np.var: reduction(np.var, nonempty=True, ddof=st.sampled_from([0, 1, 0.5])),
    np.std: reduction(np.std, nonempty=True, least=2, ddof=st.sampled_from([0, 1, 0.5])),
    **{fn: cumulative(fn) for fn in (np.cumsum, np.cumprod)},
    **{fn: along_axis(fn) for fn in (fused.softmax.fn, fused.log_softmax.fn)},
    reductions.recurrence.fn: full(min_dims=1).flatmap(lambda s: several([s, s])).map(lambda ab: Case(reductions.recurrence.fn, ab, where=(0, 1))),
    np.matmul: matrix_product(np.matmul),
    **{fn: dot_product(fn) for fn in (np.dot, np.inner)},
    np.vdot: full(max_dims=2).flatmap(lambda s: several([s, (int(np.prod(s)),)])).map(lambda ab: Case(np.vdot, ab, where=(0, 1))),
    np.tensordot: tensordot(),
    products.contract: contraction(products.contract, CONTRACTIONS),
    np.einsum: contraction(np.einsum, EINSUMS),
    **{fn: bell(fn, f) for fn, f in ((bells.steepness_of_tanh, np.tanh), (bells.steepness_of_sigmoid, fused.sigmoid))},
    fused.linear.fn: linear(),
    fused.squared_error.fn: squared_error(),
    fused.masked_nll.fn: surprise(),
    operator.getitem: getitem(),
    indexing.scatter: scatter(),
    indexing.setitem: setitem(),
    np.take: take(),
    np.take_along_axis: take_along_axis(),
    np.compress: compress(),
    np.delete: delete(),
    **{fn: joined(fn) for fn in (joining.join, np.concatenate, np.concat)},
    np.append: appended(),
    np.stack: stacked(np.stack, axis=True),
    **{fn: stacked(fn) for fn in (np.vstack, np.hstack, np.dstack, np.column_stack)},
    **{fn: split(fn) for fn in (np.split, np.array_split)},
    np.vsplit: split(np.vsplit, 2, lambda ndim: 0),
    np.hsplit: split(np.hsplit, 1, lambda ndim: min(1, ndim - 1)),
    np.dsplit: split(np.dsplit, 3, lambda ndim: 2),
    **{fn: chosen(fn) for fn in (joining.choose, np.where)},
    np.clip: clipped(),
    **{fn: padded(fn) for fn in (padding.pad_zeros, np.pad)},
    np.reshape: reshaped(),
    np.expand_dims: expanded(),
    np.squeeze: squeezed(),
    np.transpose: transposed(),
    np.swapaxes: swapped(),
    np.moveaxis: moved(),
    np.roll: rolled(),
    np.broadcast_to: broadcast(),
    **{fn: unary(fn) for fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d)},
    np.flip: flipped(),
    np.fliplr: flipped(np.fliplr, 2),
    np.flipud: flipped(np.flipud, 1),
    np.repeat: repeated(),
    np.tile: tiled(),
    np.broadcast_arrays: broadcastable(3).flatmap(several).map(lambda arrays: Case(np.broadcast_arrays, arrays, where=(0, 1, 2))),
    **{fn: diagonals(fn) for fn in (np.diagonal, np.trace)},
    np.diag: with_offset(np.diag, 1, 2),
    **{fn: with_offset(fn, 2, 3) for fn in (np.tril, np.triu)},
    **{fn: like(fn) for fn in (np.zeros_like, np.ones_like, np.empty_like, np.full_like)},
}  # fmt: skip
