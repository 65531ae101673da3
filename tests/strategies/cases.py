"""What calls of the table's functions are drawn from.

A call is a `Case`: the function, its arguments, and which of these are differentiable. Shapes are 0-d, empty, of
length 1 and broadcasting; axes are positive, negative, tuples and None; arrays lie in memory in four ways. Nothing ties,
and nothing is within a finite difference of a jump or kink: those points have tests of their own. Most of this is in
`tinygrad_edu.testing`, where it is for everybody; here it has short names, and arrays without elements.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from hypothesis import strategies as st

from tinygrad_edu import Tensor, apply
from tinygrad_edu.testing.arrays import broadcastable_shapes, distinct_numbers, shapes
from tinygrad_edu.testing.indices import axes

# --------------------------------------------------------------------------------------- one call


@dataclass
class Case:
    """A call ``fn(*args, **kwargs)``, differentiable in the arguments `where` (which may be lists of arrays)."""

    fn: object
    args: tuple
    kwargs: dict = field(default_factory=dict)
    where: tuple = (0,)
    arbitrary: bool = False  # whether the values mean nothing (empty_like)
    together: bool = False  # whether the arrays must all be Tensors, or NumPy does not ask us
    measure: object = (
        list  # what of the list of results is well-defined: of eigenvectors, what their signs don't change
    )

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


shape = partial(shapes, min_side=0)
full = shapes  # not empty
broadcastable = partial(broadcastable_shapes, min_side=0)
some_axes = axes


@st.composite
def numbers(draw, shape, low=0.25, high=2.0, signed=True, slot=0):
    """An array of different numbers of magnitude `low` to `high`; other slots give numbers different from these."""
    return distinct_numbers(
        np.random.default_rng(draw(st.integers(0, 1 << 16))), shape, low, high, signed, 0.25 + slot / 3
    )


def several(shapes, **domain):
    """Arrays of these shapes, no number twice."""
    return st.tuples(*(numbers(s, slot=i % 3, **domain) for i, s in enumerate(shapes)))


def one_axis(ndim, extra=0):
    """An axis, counted from either end."""
    return st.integers(-ndim - extra, ndim - 1 + extra)


@st.composite
def permutation(draw, n):
    return tuple(i - n * draw(st.booleans()) for i in draw(st.permutations(range(n))))
