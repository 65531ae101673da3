"""The first engine: all of backpropagation in seventy lines, and XOR learnt with it. A page of the documentation grows it step by step.

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

    def __init__(self, value, fn=None, args=(), options=None):
        self.value, self.fn, self.args, self.options, self.order = np.asarray(value, float), fn, args, options or {}, next(clock)

    def __array_ufunc__(self, fn, method, *args):
        return apply(fn, *args)

    def __array_function__(self, fn, types, args, options):
        return apply(fn, *args, **options)


def apply(fn, *args, **options):
    """Call a function of NumPy on the numbers, and remember the call."""
    values = [a.value if isinstance(a, Tensor) else a for a in args]
    return Tensor(fn(*values, **options), fn, args, options)


RULES = {
    np.add:       [lambda g, y, a, b: g,                   lambda g, y, a, b: g],
    np.subtract:  [lambda g, y, a, b: g,                   lambda g, y, a, b: -g],
    np.multiply:  [lambda g, y, a, b: g * b,               lambda g, y, a, b: g * a],
    np.divide:    [lambda g, y, a, b: g / b,               lambda g, y, a, b: -g * y / b],
    np.maximum:   [lambda g, y, a, b: g * (a > b),         lambda g, y, a, b: g * (b >= a)],
    np.matmul:    [lambda g, y, a, b: g @ np.transpose(b), lambda g, y, a, b: np.transpose(a) @ g],
    np.negative:  [lambda g, y, x: -g],
    np.exp:       [lambda g, y, x: g * y],
    np.log:       [lambda g, y, x: g / x],
    np.sin:       [lambda g, y, x: g * np.cos(x)],
    np.cos:       [lambda g, y, x: -g * np.sin(x)],
    np.tanh:      [lambda g, y, x: g * (1 - y * y)],
    np.transpose: [lambda g, y, x: np.transpose(g)],
    np.reshape:   [lambda g, y, x, shape: np.reshape(g, x.value.shape)],
    np.sum:       [lambda g, y, x, axis=None, keepdims=False: spread(g, x.value.shape, axis)],
    np.greater:   [], np.greater_equal: [],  # steps: no slope
}


def spread(g, shape, axis):
    """The transpose of summing: a copy of `g` for every number that went into the sum."""
    axes = range(len(shape)) if axis is None else np.atleast_1d(axis) % len(shape)
    return np.reshape(g, tuple(1 if i in axes else n for i, n in enumerate(shape))) * np.ones(shape)


def unbroadcast(g, shape):
    """The transpose of copying: the sum over the axes along which NumPy stretched an array of this shape."""
    padded = (1,) * (g.value.ndim - len(shape)) + shape
    stretched = tuple(i for i, n in enumerate(padded) if n == 1)
    return np.reshape(np.sum(g, stretched), shape) if g.value.shape != shape else g


def gradients(y, inputs):
    """How fast `y`, a single number, changes with each number of the inputs: backpropagation."""
    found, waiting = {y: Tensor(1.0)}, [(-y.order, y)]
    while waiting:
        _, node = heappop(waiting)  # the newest: all that used it has had its turn
        for argument, vjp in zip(node.args, RULES[node.fn] if node.fn else []):
            if isinstance(argument, Tensor):
                g = unbroadcast(vjp(found[node], node, *node.args, **node.options), argument.value.shape)
                if argument in found:
                    found[argument] = found[argument] + g
                else:
                    found[argument] = g
                    heappush(waiting, (-argument.order, argument))
    return [found.get(x, Tensor(np.zeros(x.value.shape))) for x in inputs]


def learn_xor(steps):
    """A network of two layers, by gradient descent. Returns its loss and its four answers."""
    x, wanted = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    parameters = [Tensor(np.random.default_rng(0).normal(size=shape)) for shape in ((2, 8), (8,), (8, 1), (1,))]
    for _ in range(steps):
        w1, b1, w2, b2 = parameters
        answers = np.tanh(x @ w1 + b1) @ w2 + b2
        loss = np.sum((answers - wanted) * (answers - wanted))
        slopes = gradients(loss, parameters)
        parameters = [Tensor(p.value - 0.03 * slope.value) for p, slope in zip(parameters, slopes)]
    return loss.value, answers.value


if __name__ == "__main__":
    loss, answers = learn_xor(steps=100 if "--quick" in sys.argv else 1000)
    print(f"loss {loss:.6f}, answers {answers.ravel().round(3)} for 0 xor 0, 0 xor 1, 1 xor 0, 1 xor 1")
