"""What calls of the table's functions are drawn from.

A call is a `Case`: the function, its arguments, and which of these are differentiable. Shapes are 0-d, empty, of
length 1 and broadcasting; axes are positive, negative, tuples and None; arrays lie in memory in four ways.
Values are multiples of 1/64 and a third of that apart from those of the other arguments, so that nothing ties
and nothing is within a finite difference of a jump or kink: those points have tests of their own.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from hypothesis import strategies as st

from tinygrad_edu import Tensor, apply

# --------------------------------------------------------------------------------------- one call

LAYOUTS = {  # how an array lies in memory: the array that is stored, and what makes a view of it that equals the first
    "contiguous": (np.copy, lambda base: base),
    "transposed": (lambda a: a.T.copy(), lambda base: base.T),
    "reversed": (lambda a: np.flip(a).copy(), lambda base: base[(slice(None, None, -1),) * base.ndim]),
    "strided": (lambda a: np.repeat(a, 2, 0) if a.ndim else a.copy(), lambda base: base[::2] if base.ndim else base),
}


@dataclass
class Case:
    """A call ``fn(*args, **kwargs)``, differentiable in the arguments `where` (which may be lists of arrays)."""

    fn: object
    args: tuple
    kwargs: dict = field(default_factory=dict)
    where: tuple = (0,)
    arbitrary: bool = False  # whether the values mean nothing (empty_like)
    together: bool = False  # whether the arrays must all be Tensors, or NumPy does not ask us
    measure: object = list  # what of the list of results is well-defined: of eigenvectors, what their signs don't change

    @property
    def arrays(self):
        """The differentiable arrays, in order."""
        chosen = [self.args[i] for i in self.where]
        return [np.asarray(a) for arg in chosen for a in (arg if isinstance(arg, list) else [arg])]

    def __call__(self, *arrays):
        """The call with other arrays, or Tensors, in the place of its own."""
        arrays = iter(arrays)
        args = list(self.args)
        for i in self.where:
            args[i] = [next(arrays) for _ in args[i]] if isinstance(args[i], list) else next(arrays)
        return invoke(self.fn)(*args, **self.kwargs)

    def expected(self, *arrays):
        """What NumPy says."""
        with np.errstate(all="ignore"):
            y = self.__class__(partial(self.fn), self.args, self.kwargs, self.where)(*arrays)
        return [np.asarray(part) for part in listed(y)]


def invoke(fn):
    """NumPy's functions and Python's operators find Tensors by themselves; our own are opened by `apply`."""
    known = isinstance(fn, np.ufunc | partial) or fn.__module__.split(".")[0] in ("numpy", "_operator")
    return fn if known else partial(apply, fn)


def listed(y):
    """The outputs of a call, of which there may be several."""
    return list(y) if isinstance(y, tuple | list) else [y]


def leaves(arrays):
    return [Tensor(a, requires_grad=True) for a in arrays]


# ------------------------------------------------------------------------------- numbers, shapes, axes


@st.composite
def shape(draw, min_dims=0, max_dims=3, min_side=0, max_side=3):
    """Mostly of lengths at which a mistake shows; sometimes of length 1 or 0."""
    sides = st.sampled_from([n for n in (2, 3, 3, 2, 3, 1, 2, 0) if min_side <= n <= max_side])
    return tuple(draw(sides) for _ in range(draw(st.integers(min_dims, max_dims))))


full = partial(shape, min_side=1)  # not empty


@st.composite
def numbers(draw, shape, low=0.25, high=2.0, signed=True, slot=0):
    """An array of different numbers of magnitude `low` to `high`; other slots give numbers different from these."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 16)))
    grid = np.arange(int(low * 64), int(high * 64))
    grid = np.concatenate([-grid - 1, grid]) if signed else grid
    size = int(np.prod(shape, dtype=int))
    return (rng.choice(grid, size, replace=size > grid.size) + 0.25 + slot / 3).reshape(shape) / 64


def several(shapes, **domain):
    """Arrays of these shapes, no number twice."""
    return st.tuples(*(numbers(s, slot=i % 3, **domain) for i, s in enumerate(shapes)))


@st.composite
def broadcastable(draw, n=2, **limits):
    """Shapes that broadcast against each other: of one shape, the last axes, some with length 1."""
    whole = draw(shape(**limits))
    starts = st.sampled_from([0, 0, *range(len(whole) + 1)])
    single = st.sampled_from([False, False, True])
    return [tuple(1 if draw(single) else m for m in whole[draw(starts) :]) for _ in range(n)]


def one_axis(ndim, extra=0):
    """An axis, counted from either end."""
    return st.integers(-ndim - extra, ndim - 1 + extra)


@st.composite
def some_axes(draw, ndim):
    """None, an axis, or a tuple of different axes."""
    if not ndim:
        return draw(st.sampled_from([None, ()]))
    chosen = draw(st.lists(st.integers(0, ndim - 1), max_size=ndim, unique=True))
    signed = tuple(i - ndim * draw(st.booleans()) for i in chosen)
    return draw(st.sampled_from([None, signed, signed[0] if signed else None]))


@st.composite
def permutation(draw, n):
    return tuple(i - n * draw(st.booleans()) for i in draw(st.permutations(range(n))))
