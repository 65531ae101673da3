"""A second engine, as naive as can be. What it says is what the real one shall do: it is the specification.

Every number is an object that knows from which numbers it came, and how steeply. A tensor is an array of *values*, which
may be overwritten, and an *origin*, which may not: the numbers that it was when it was computed. Operations read values
and copy them. So nothing that is written anywhere later, by whatever name, can change a derivative; that takes no rule.
There are no rules for broadcasting, indexing or reductions either: NumPy itself computes, with arrays of such numbers.
"""

import math
from itertools import count
from weakref import ref

import numpy as np

newer = count().__next__


class Refused(Exception):
    """What the real engine must refuse too: the kind of error, and words in it."""


class Scalar:
    """A number, and where it came from: pairs of a number and the slope towards it."""

    def __init__(self, value, *parents):
        self.value, self.parents, self.order = float(value), parents, newer()

    def __add__(a, b):
        b = scalar(b)
        return Scalar(a.value + b.value, (a, 1), (b, 1))

    def __mul__(a, b):
        b = scalar(b)
        return Scalar(a.value * b.value, (a, b.value), (b, a.value))

    def __truediv__(a, b):
        b = scalar(b)
        return Scalar(a.value / b.value, (a, 1 / b.value), (b, -a.value / b.value**2))

    def __neg__(a):
        return Scalar(-a.value, (a, -1))

    def __sub__(a, b):
        return a + -scalar(b)

    def __rsub__(a, b):
        return -a + b

    def __radd__(a, b):
        return a + b

    def __rmul__(a, b):
        return a * b

    def __rtruediv__(a, b):
        return scalar(b) / a

    def sin(a):
        return Scalar(math.sin(a.value), (a, math.cos(a.value)))

    def exp(a):
        return Scalar(math.exp(a.value), (a, math.exp(a.value)))

    def tanh(a):
        return Scalar(math.tanh(a.value), (a, 1 - math.tanh(a.value) ** 2))


def scalar(x):
    return x if isinstance(x, Scalar) else Scalar(x)


def grid(shape, make):
    """An array of what `make` makes for each place."""
    array = np.empty(shape, object)
    for i in np.ndindex(shape):
        array[i] = make(i)
    return array


class Origin:
    """Numbers that were computed together from those of other origins, or a leaf's, which came from nowhere."""

    def __init__(self, scalars, parents=(), leaf=None):
        self.scalars, self.parents, self.leaf, self.order = scalars, parents, leaf, newer()
        self.released = False  # whether a walk has been here that did not retain the graph
        self.watcher = None  # the computed tensor that wants its gradient too

    def deliver(self, g):
        """Leave a gradient in the tensor that has this origin; if anybody still holds it, and it is still so."""
        tensor = (self.leaf or self.watcher)()
        if tensor is not None and tensor.origin is self:
            tensor.accumulate(g)


class Twin:
    """A tensor. It requires gradients if it has an origin. Whose array it is given is up to the caller."""

    recording = True

    def __init__(self, values, requires_grad=False):
        self.values, self.origin, self.grad = values, None, None
        self.require_grad(requires_grad)

    @property
    def is_leaf(self):
        return self.origin is None or self.origin.leaf is not None

    def require_grad(self, wanted):
        if not self.is_leaf:
            raise Refused(RuntimeError, "this tensor was computed")
        self.origin = (
            (self.origin or Origin(grid(self.values.shape, lambda i: Scalar(0)), leaf=ref(self))) if wanted else None
        )

    # ------------------------------------------------------------------------------- computing

    def scalars(self):
        """What an operation reads: the values of now, with the origin of then. All are copies."""
        if self.origin is None:
            return grid(self.values.shape, lambda i: Scalar(self.values[i]))
        return grid(self.values.shape, lambda i: Scalar(self.values[i], (self.origin.scalars[i], 1)))

    def assign(self, index, other):
        """``self[index] = other``: into the array if there is nothing to record, else this becomes the result."""
        if not recorded(self, other):
            self.values[index] = other.values
        elif self.is_leaf and self.origin:
            raise Refused(RuntimeError, "assigning to items of a leaf")
        else:
            watched = self.origin and self.origin.watcher
            result = apply(lambda a, b: put(a, index, b), self, other)
            self.values, self.origin = result.values, result.origin
            if watched:
                self.retain_grad()

    def update(self, fn, other):
        """``self += other`` and its kin: the tensor that goes by the name from now on."""
        if recorded(self, other):
            return apply(fn, self, other)
        self.values[...] = fn(self.values, other.values)
        return self

    def give(self, array):
        """``self.data = array``. Of another shape, it is another leaf."""
        if not self.is_leaf:
            raise Refused(RuntimeError, "this tensor was computed")
        same = array.shape == self.values.shape
        self.values = array.copy()
        if self.origin and not same:
            self.origin = self.grad = None
            self.require_grad(True)

    # -------------------------------------------------------------------------- backpropagation

    def retain_grad(self):
        if self.origin is None:
            raise Refused(RuntimeError, "no graph leads to this tensor")
        if not self.is_leaf:
            self.origin.watcher = ref(self)

    def accumulate(self, g):
        if self.grad is None:
            self.grad = Twin(g)
        elif self.grad.origin:  # a gradient that is itself part of a graph
            self.grad = apply(np.add, self.grad, Twin(g))
        else:
            self.grad.values += g

    def backward(self, seed, retain_graph):
        if self.origin is None:
            raise Refused(RuntimeError, "no graph leads to this tensor")
        if seed is None and self.values.size != 1:
            raise Refused(RuntimeError, "starts from a single number")
        seed = np.ones(self.values.shape) if seed is None else seed
        if seed.shape != self.values.shape:
            raise Refused(ValueError, "they must be equal")
        slopes, reached = flow(self.origin.scalars, seed), []
        for origin in history(self.origin):  # the newest first
            g = grid(origin.scalars.shape, lambda i, o=origin: slopes.get(o.scalars[i], 0)).astype(float)
            if origin.leaf:
                reached.append((origin, g))
                continue
            if origin.watcher:
                origin.deliver(g)
            if origin.released:
                raise Refused(RuntimeError, "released by an earlier backward")
            origin.released = not retain_graph
        for origin, g in reached:
            origin.deliver(g)


def recorded(*operands):
    return Twin.recording and any(x.origin for x in operands)


def apply(fn, *operands):
    """The result of a function of NumPy's; it has an origin if any operand has one, and operations are recorded."""
    y = fn(*(x.scalars() for x in operands))
    y = grid(np.shape(y), lambda i: Scalar(np.asarray(y)[i].value, (np.asarray(y)[i], 1)))
    result = Twin(grid(y.shape, lambda i: y[i].value).astype(float))
    if recorded(*operands):
        result.origin = Origin(y, [x.origin for x in operands if x.origin])
    return result


def put(a, index, b):
    a = a.copy()
    a[index] = b if b.ndim else b[()]  # the object, not an array of it
    return a


def history(origin):
    """This origin and all that it came from, the newest first: an operation can only use what already exists."""
    seen, waiting = set(), [origin]
    while waiting:
        seen.add(o := waiting.pop())
        waiting += [parent for parent in o.parents if parent not in seen]
    return sorted(seen, key=lambda o: -o.order)


def flow(scalars, seed):
    """How fast the result changes with each number that it came from: the chain rule, and nothing else."""
    seen, waiting = set(), [*scalars.flat]
    while waiting:
        seen.add(s := waiting.pop())
        waiting += [parent for parent, _ in s.parents if parent not in seen]
    slopes = dict.fromkeys(seen, 0.0) | dict(zip(scalars.flat, seed.flat))
    for s in sorted(seen, key=lambda s: -s.order):
        for parent, slope in s.parents:
            slopes[parent] += slopes[s] * slope
    return slopes
