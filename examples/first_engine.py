"""The first engine: all of backpropagation, and a network that learns with it. A page of the documentation grows it step by step.

Run it with ``python examples/first_engine.py``. Run whole, it takes a second and ends with a loss below 0.001 and all four answers right.
"""

import sys
from heapq import heappop, heappush
from itertools import count

import numpy as np

clock = count()


class Tensor(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that remembers the function that made it, and that function's arguments."""

    __hash__ = object.__hash__  # by identity: == compares the numbers
    T = property(np.transpose)

    def __init__(self, value, fn=None, args=(), options=None):
        self.value, self.order = np.asarray(value, float), next(clock)
        self.fn, self.args, self.options = fn, args, options or {}

    def __array_ufunc__(self, fn, method, *args): return apply(fn, *args)
    def __array_function__(self, fn, types, args, options): return apply(fn, *args, **options)


def apply(fn, *args, **options):
    """Call a function of NumPy on the numbers, and remember the call."""
    values = [a.value if isinstance(a, Tensor) else a for a in args]
    return Tensor(fn(*values, **options), fn, args, options)


RULES = {
    np.add:       [lambda g, y, a, b: g,            lambda g, y, a, b: g],
    np.subtract:  [lambda g, y, a, b: g,            lambda g, y, a, b: -g],
    np.multiply:  [lambda g, y, a, b: g * b,         lambda g, y, a, b: g * a],
    np.divide:    [lambda g, y, a, b: g / b,         lambda g, y, a, b: -g * y / b],
    np.maximum:   [lambda g, y, a, b: g * (a > b),   lambda g, y, a, b: g * (b >= a)],
    np.matmul:    [lambda g, y, a, b: g @ b.T,       lambda g, y, a, b: a.T @ g],
    np.negative:  [lambda g, y, x: -g],
    np.exp:       [lambda g, y, x: g * y],
    np.log:       [lambda g, y, x: g / x],
    np.sin:       [lambda g, y, x: g * np.cos(x)],
    np.cos:       [lambda g, y, x: -g * np.sin(x)],
    np.tanh:      [lambda g, y, x: g * (1 - y * y)],
    np.transpose: [lambda g, y, x: g.T],
    np.reshape:   [lambda g, y, x, shape: np.reshape(g, x.value.shape)],
    np.sum:       [lambda g, y, x, axis=None, keepdims=False: spread(g, x.value.shape, axis)],
    np.greater:   [], np.greater_equal: [],  # steps: no slope
}


def spread(g, shape, axis):
    """The transpose of summing: a copy of `g` for every number that went into the sum."""
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis) % len(shape)
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return np.reshape(g, kept) * np.ones(shape)


def unbroadcast(g, shape):
    """The transpose of copying: the sum over axes along which NumPy stretched an array."""
    padded = (1,) * (g.value.ndim - len(shape)) + shape
    stretched = tuple(i for i, n in enumerate(padded) if n == 1)
    return np.reshape(np.sum(g, stretched), shape) if g.value.shape != shape else g


def gradients(y, inputs):
    """Backpropagation: how fast `y`, a single number, changes with each of the inputs."""
    found, waiting = {y: Tensor(1.0)}, [(-y.order, y)]
    while waiting:
        _, node = heappop(waiting)  # the newest: all that used it has had its turn
        for argument, vjp in zip(node.args, RULES[node.fn] if node.fn else []):
            if isinstance(argument, Tensor):
                if argument not in found:
                    heappush(waiting, (-argument.order, argument))
                d = vjp(found[node], node, *node.args, **node.options)
                d = unbroadcast(d, argument.value.shape)
                found[argument] = found[argument] + d if argument in found else d
    return [found.get(x, Tensor(np.zeros(x.value.shape))) for x in inputs]


def learn_xor(steps):
    """A network of two layers, by gradient descent. Returns its loss and its four answers."""
    x, wanted = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    rng, shapes = np.random.default_rng(0), [(2, 8), (8,), (8, 1), (1,)]
    parameters = [Tensor(rng.normal(size=shape)) for shape in shapes]
    for _ in range(steps):
        w1, b1, w2, b2 = parameters
        answers = np.tanh(x @ w1 + b1) @ w2 + b2
        loss = np.sum((answers - wanted) * (answers - wanted))
        steps_down = zip(parameters, gradients(loss, parameters))
        parameters = [Tensor(p.value - 0.03 * slope.value) for p, slope in steps_down]
    return loss.value, answers.value


if __name__ == "__main__":
    loss, answers = learn_xor(steps=100 if "--quick" in sys.argv else 1000)
    print(f"loss {loss:.6f}; 0 xor 0, 0 xor 1, 1 xor 0, 1 xor 1: {answers.ravel().round(3)}")
