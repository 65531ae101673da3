"""The watch mode: what a graph knows when everything was written down."""

import gc
import inspect
import weakref

import numpy as np

from tinygrad_edu import Tensor, debug, enable_grad, explain, nn, no_grad, watch
from tinygrad_edu.engine.node import NO_INFO
from tinygrad_edu.nn import functional as F


def info(tensor, *path):
    """What is written down of the operation that is found through these arguments."""
    node = tensor._node
    for i in path:
        node = node.parents[i]
    return node.info


class Twice(nn.Module):
    def __init__(self):
        self.inner = nn.Linear(2, 2)

    def forward(self, x):
        return self.inner(self.inner(x)) + 1


def test_the_line_is_the_users():
    x = Tensor(2.0, requires_grad=True)
    with watch():
        y = np.exp(x)
        line = inspect.currentframe().f_lineno - 1
    assert info(y).line.endswith(f"test_watch.py:{line}")


def test_the_line_is_not_pythons_own_though_numpy_uses_its_library():
    x = Tensor(np.eye(2), requires_grad=True)
    with watch():
        values, _ = np.linalg.eigh(x)
    assert "test_watch.py" in info(values).line


def test_the_calls_are_those_of_the_modules_that_run_and_each_run_is_one_of_its_own():
    model = nn.Sequential(Twice(), nn.Tanh())
    with watch():
        y = model(np.ones((1, 2), np.float32))
        z = y * 2
    assert info(z).calls == ()
    assert [c.module for c in info(y).calls] == [model, model[1]]
    added, second, first = (info(y, *path).calls for path in ([0], [0, 0], [0, 0, 0]))
    assert [c.module for c in added] == [model, model[0]]
    assert [c.module for c in first] == [c.module for c in second] == [model, model[0], model[0].inner]
    assert first[:2] == second[:2] == added, "they ran within the same call"
    assert first[2] is not second[2], "it was called twice"
    assert info(y).calls[0] is added[0]


class Classifier(nn.Module):
    def __init__(self):
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        return self.last(F.relu(F.max_pool1d(x, 2)))


def test_a_function_that_the_program_calls_is_a_call_too():
    """So pictures say max_pool1d and cross_entropy; one that is a single operation, or that a layer calls, is none."""
    model = Classifier()
    with watch():
        scores = model(Tensor(np.ones((2, 8), np.float32), requires_grad=True))
        cost = F.cross_entropy(scores, np.array([0, 2]))
        other = nn.CrossEntropyLoss()(scores, np.array([0, 2]))
    kinds = [
        [type(call.module).__name__ for call in info(*path).calls] for path in ((cost,), (cost, 0), (other,), (scores,))
    ]
    assert kinds == [["cross_entropy"], ["cross_entropy"], ["CrossEntropyLoss"], ["Classifier", "Linear"]]
    pooled = [[type(call.module).__name__ for call in info(scores, 0, *path).calls] for path in ((), (0,), (0, 0))]
    assert pooled == [["Classifier"], ["Classifier", "max_pool1d"], ["Classifier", "max_pool1d"]]
    assert info(cost).calls == info(cost, 0).calls, "they ran within the same call"


def test_values_stay_and_backward_does_not_take_them():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with watch():
        y = np.sum((x + 3.0) * 2.0)
    y.backward()
    args, result = info(y, 0).values
    np.testing.assert_array_equal(args[0], [4, 5])
    np.testing.assert_array_equal(result, [8, 10])
    assert "[4, 5]" in explain(y).text


def test_values_are_those_of_the_computation_though_the_leaf_goes_on():
    x = Tensor([1.0, 2.0], requires_grad=True)
    with watch():
        y = np.sum(x + 1.0)
    x.data[...] = 7
    np.testing.assert_array_equal(info(y, 0).values[0][0], [1, 2])


def test_a_derivative_knows_whose_it_is():
    x = Tensor(2.0, requires_grad=True)
    with watch():
        y = x**3
        z = y * 5
        z.backward(create_graph=True)
    assert z._node.info.derivative_of is None
    node, found = x.grad._node, set()
    while node.info is not NO_INFO:
        found.add(node.info.derivative_of)
        node = node.parents[0]
    assert found == {(y._node, 0)}


def test_modes_within_modes():
    x = Tensor(2.0, requires_grad=True)
    with watch():
        with no_grad():
            assert (x * 1)._node is None
        with enable_grad():
            assert (x * 1)._node.info is NO_INFO
        with debug(), np.errstate(all="ignore"):
            assert (x * 1)._node.info is not NO_INFO
        with np.errstate(all="ignore"):
            assert np.isneginf((np.log(x * 0.0)).item()), "only debug() minds"
    assert (x * 1)._node.info is NO_INFO


def test_a_run_stays_one_run_when_something_within_it_is_watched_too():
    class Outer(nn.Module):
        def forward(self, x):
            y = x * 2
            with debug():
                y = y * 3
            return y * 4

    with watch():
        y = Outer()(Tensor(1.0, requires_grad=True))
    runs = [info(y, *path).calls for path in ([], [0], [0, 0])]
    assert len(runs[0]) == 1
    assert runs[0] == runs[1] == runs[2]


def test_nothing_is_held_when_the_watch_is_over():
    big = Tensor(np.ones(3), requires_grad=True)
    known = weakref.ref(big)

    class Local(nn.Module):
        def forward(self, x):
            here = x * 2
            return np.sum(here)

    with watch():
        y = Local()(big)
    del y, big
    gc.collect()
    assert known() is None
