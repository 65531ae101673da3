"""Captured functions that call backward() themselves: whole training steps, and what they leave in the tensors."""

import collections
import copy
import itertools
import types
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import listed

from tinygrad_edu import Tensor, capture, func, manual_seed, nn, no_grad, optim
from tinygrad_edu.rng import generator
from tinygrad_edu.testing import programs
from tinygrad_edu.tracing import tiling
from tinygrad_edu.tracing.errors import CaptureError

A = np.array([[0.5, -1.0, 2.0], [0.3, 0.2, -0.1]])
B = np.array([[1.5, 0.4, 0.7], [2.0, 0.1, 0.6]])
SQUARE = nn.SumOfSquaresLoss()


def leaf(values, **kwargs):
    return Tensor(values, requires_grad=True, **kwargs)


def network():
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Linear(3, 4, rng=rng, dtype=float), nn.Tanh(), nn.Linear(4, 2, rng=rng, dtype=float))


def batches(n, rows=5):
    rng = np.random.default_rng(1)
    return [(Tensor(rng.normal(size=(rows, 3))), Tensor(rng.normal(size=(rows, 2)))) for _ in range(n)]


def learnt(model, step, n=20, rows=5):
    """The costs of some steps, and the weights after them."""
    costs = [step(x, t).item() for x, t in batches(n, rows)]
    return costs, [p.data.copy() for p in model.parameters()]


# ------------------------------------------------------------------------------------------ whole steps

OPTIMISERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.05),
    "momentum": lambda params: optim.SGD(params, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": lambda params: optim.Adam(params, lr=0.05),
    "AdamW": lambda params: optim.AdamW(params, lr=0.05, weight_decay=0.1),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.05),
    "Adagrad": lambda params: optim.Adagrad(params, lr=0.05),
    "groups": lambda params: optim.SGD([{"params": params[:2]}, {"params": params[2:], "lr": 0.5}], lr=0.05),
}


@pytest.mark.parametrize("kind", OPTIMISERS)
@pytest.mark.parametrize("clip", [None, "norm", "value"])
def test_a_whole_step(kind, clip):
    found = []
    for wrapped in (lambda f: f), capture:
        model = network()
        params = list(model.parameters())
        descent = OPTIMISERS[kind](params)
        schedule = optim.CosineAnnealingLR(descent, 20)

        def step(x, t, model=model, params=params, descent=descent, schedule=schedule):
            descent.zero_grad()
            cost = SQUARE(model(x), t)
            cost.backward()
            if clip == "norm":
                optim.clip_grad_norm_(params, 0.5)
            elif clip == "value":
                optim.clip_grad_value_(params, 0.1)
            descent.step()
            schedule.step()
            return cost

        found.append(learnt(model, wrapped(step)) + (schedule.last_epoch, descent.lr))
    (costs, weights, *rest), (others, theirs, *same) = found
    assert rest == same
    np.testing.assert_allclose(costs, others, rtol=1e-10)
    for a, b in zip(weights, theirs):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert costs[-1] != costs[0]


@pytest.mark.parametrize("forgets", [True, False])
def test_backward_within_and_the_step_outside(forgets):
    found = []
    for wrapped in (lambda f: f), capture:
        model = network()
        descent = optim.SGD(model.parameters(), lr=0.05)

        def gradients(x, t, model=model, descent=descent):
            if forgets:
                descent.zero_grad()
            cost = SQUARE(model(x), t)
            cost.backward()
            return cost

        f = wrapped(gradients)

        def step(x, t, f=f, descent=descent):
            if not forgets:
                descent.zero_grad()
            cost = f(x, t)
            descent.step()
            return cost

        found.append(learnt(model, step))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-10)


def test_gradients_add_up_over_calls_and_to_what_is_there():
    w, v = leaf(A), leaf([2.0])

    @capture
    def f(x):
        (x * w * v).sum().backward()
        (w * w).sum().backward()

    w.grad = Tensor(np.full(A.shape, 100.0))
    for n in range(1, 6):
        assert f(Tensor(B)) is None
        np.testing.assert_allclose(w.grad.data, 100 + n * (2 * B + 2 * A))
        np.testing.assert_allclose(v.grad.data, [n * (A * B).sum()])
    w.grad = None
    f(Tensor(B))
    np.testing.assert_allclose(w.grad.data, 2 * B + 2 * A)


def test_zero_grad_within_forgets_what_is_there():
    w, u = leaf(A), leaf(B)

    @capture
    def f(x):
        w.grad = u.grad = None
        (x * w).sum().backward()
        (w * w).sum().backward()

    for x in A, B, 2 * A, 3 * B, A:
        u.grad = Tensor(B)
        f(Tensor(x))
        np.testing.assert_allclose(w.grad.data, x + 2 * A)
        assert u.grad is None


def test_arguments_get_gradients_if_they_are_leaves():
    @capture
    def f(x):
        (x * x).sum().backward()
        return x.sum()

    for a in A, B, A:
        x = leaf(a)
        y = f(x)
        np.testing.assert_allclose(x.grad.data, 2 * a)
        y.backward()
        np.testing.assert_allclose(x.grad.data, 2 * a + 1)
    with pytest.raises(CaptureError, match="argument 0"):
        f(x * 2)
    with pytest.raises(CaptureError, match="argument 0"):
        capture(lambda x: (x * x).sum().backward())(leaf(A) * 2)


def test_a_tensor_under_two_names():
    """What is done to one would not be done to the other."""
    w = leaf(A)
    f = capture(lambda x: (x * w).sum().backward())
    with pytest.raises(CaptureError, match="twice"):
        f(w)
    f(leaf(B))
    before = w.grad.data.copy()
    with pytest.raises(CaptureError, match="twice"):
        f(w)
    np.testing.assert_array_equal(w.grad.data, before)

    def add(a, b):
        a.data += 1
        return (a * b).sum()

    g, t = capture(add), Tensor(A)
    g(Tensor(A), Tensor(B))
    with pytest.raises(CaptureError, match="twice"):
        g(t, t)
    h = capture(lambda x, wanted: ((x * w - wanted) ** 2).sum().backward())
    for _ in range(3):  # nothing is done to these
        w.grad = None
        h(t, t)
        np.testing.assert_allclose(w.grad.data, 2 * (A * A - A) * A)
    numbers = np.array([1.0, 2.0])
    one, other = Tensor(numbers, copy=False), Tensor(numbers, copy=False)
    with pytest.raises(CaptureError, match="in common"):
        capture(lambda: one.data.__iadd__(1) is None or (one * other).sum())()


def test_what_it_has_gone_back_from_is_a_value_and_the_rest_has_gradients():
    w = leaf(A)

    @capture
    def f(x):
        cost = (x * w).sum()
        cost.backward()
        return cost, cost * 2, (w**2).sum()

    for _ in range(5):
        w.grad = None
        cost, double, other = f(Tensor(B))
        assert [y.requires_grad for y in (cost, double, other)] == [False, False, True]
        assert cost.item() == pytest.approx((A * B).sum())
        assert double.item() == pytest.approx(2 * (A * B).sum())
        np.testing.assert_allclose(w.grad.data, B)
        other.backward()
        np.testing.assert_allclose(w.grad.data, B + 2 * A)
        with pytest.raises(RuntimeError):
            cost.backward()


def test_a_graph_that_is_retained_within_has_gradients_outside():
    w = leaf(A)

    @capture
    def f(x):
        cost = (x * w * w).sum()
        cost.backward(retain_graph=True)
        return cost

    for n in range(1, 6):
        f(Tensor(B)).backward()
        np.testing.assert_allclose(w.grad.data, n * 4 * A * B)


def test_second_derivatives_within():
    w = leaf(A)
    expected = []
    for wrapped in (lambda f: f), capture:

        @wrapped
        def f(x):
            w.grad = None
            (w * w * x).sum().backward(create_graph=True)
            penalty = (w.grad**2).sum()
            w.grad = None
            penalty.backward()
            return penalty

        for x in A, B, A:
            expected += [f(Tensor(x)).item(), w.grad.data.copy()]
    for a, b in zip(expected[:6], expected[6:]):
        np.testing.assert_allclose(a, b)
    np.testing.assert_allclose(w.grad.data, 8 * A * A * A)


def test_gradients_belong_to_nobody_else():
    """The constant ones included: they are new in each call."""
    w = leaf(A)
    f = capture(lambda: w.sum().backward())
    f()
    w.grad = None
    f()
    mine = w.grad
    mine.data[...] = 7
    w.grad = None
    f()
    np.testing.assert_array_equal(w.grad.data, 1)
    np.testing.assert_array_equal(mine.data, 7)
    f()
    np.testing.assert_array_equal(w.grad.data, 2)
    w.grad = None
    f()
    np.testing.assert_array_equal(w.grad.data, 1)


def test_complex_parameters():
    w, z = leaf(A + 1j * B), np.array([1 - 2j, 0.5j, 3.0])
    f = capture(lambda x: (np.abs(x * w) ** 2).sum().backward())
    for n in range(1, 5):
        f(Tensor(z))
        np.testing.assert_allclose(w.grad.data, n * 2 * np.abs(z) ** 2 * (A + 1j * B))


def test_line_searches_may_call_it():
    w = leaf([3.0, -2.0])
    search = optim.LBFGS([w], line_search_fn="strong_wolfe")

    @capture
    def closure():
        search.zero_grad()
        cost = ((w - 1) ** 4).sum() + (w**2).sum()
        cost.backward()
        return cost

    for _ in range(5):
        search.step(closure)
    closure()
    np.testing.assert_allclose(w.grad.data, 0, atol=1e-4)


def test_a_frozen_parameter_and_other_shapes():
    model = network()
    descent = optim.SGD(model.parameters(), lr=0.05)

    @capture
    def step(x, t):
        descent.zero_grad()
        cost = SQUARE(model(x), t)
        cost.backward()
        descent.step()
        return cost

    learnt(model, step, 5)
    model[0].weight.requires_grad = False
    model[0].weight.grad = None
    before = model[0].weight.data.copy()
    learnt(model, step, 5)
    learnt(model, step, 5, rows=2)
    np.testing.assert_array_equal(model[0].weight.data, before)
    assert model[0].weight.grad is None
    assert model[2].weight.grad is not None


def test_a_step_counts_once():
    """Also in the calls that are compared with the function itself."""
    w = leaf(A)
    counted = []

    class Counting(optim.SGD):
        def _move(self, *args):
            counted.append(1)
            return super()._move(*args)

    descent = Counting([w], lr=0.1)

    @capture
    def step(x):
        descent.zero_grad()
        (x * w).sum().backward()
        descent.step()

    for n in range(1, 18):
        step(Tensor(B))
        assert len(counted) == n
        np.testing.assert_allclose(w.data, A - 0.1 * n * B)


def test_gradients_are_forgotten_behind_the_step():
    w = leaf(A)
    descent = optim.SGD([w], lr=0.1)

    @capture
    def step(x):
        (x * w).sum().backward()
        descent.step()
        descent.zero_grad()

    for n in range(1, 9):
        step(Tensor(B))
        assert w.grad is None
        np.testing.assert_allclose(w.data, A - 0.1 * n * B)


def test_optimisers_of_ones_own_and_groups_that_come_later():
    found = []
    for wrapped in (lambda f: f), capture:
        v, w = leaf(A), leaf(B)

        class Warm(optim.SGD):
            def __init__(self, params):
                super().__init__(params, lr=0.1)
                self.steps = 0

            def step(self):
                self.steps += 1
                self.lr = 0.1 / self.steps
                super().step()

        descent = Warm([v])

        @wrapped
        def step(x, descent=descent, v=v, w=w):
            descent.zero_grad()
            (x * v * w).sum().backward()
            descent.step()

        for n in range(9):
            if n == 5:
                descent.add_param_group({"params": [w]})
            step(Tensor(B))
        assert descent.steps == 9
        found.append((v.data.copy(), w.data.copy(), v.grad.data.copy(), w.grad.data.copy()))
    np.testing.assert_allclose(*found)


def test_steps_of_other_bases_and_with_closures_that_nobody_gives():
    found = []
    for wrapped in (lambda f: f), capture:
        v = leaf(A)

        class Counting:
            steps = 0

            def step(self, closure=None):
                self.steps += 1
                super().step()

        class Descent(Counting, optim.SGD):
            pass

        class Falling(optim.StepLR):
            def step(self, epoch=None):
                self.last_epoch += 1
                self._set()

        descent = Descent([v], lr=0.1)
        schedule = Falling(descent, 3, 0.5)

        @wrapped
        def step(x, descent=descent, schedule=schedule, v=v):
            descent.zero_grad()
            (x * v).sum().backward()
            descent.step()
            schedule.step()

        for _ in range(9):
            step(Tensor(B))
        found.append((descent.steps, schedule.last_epoch, descent.lr, v.data.tolist()))
    assert found[0][:3] == found[1][:3]
    np.testing.assert_allclose(found[0][3], found[1][3])


def test_captured_within_captured():
    w = leaf(A)
    descent = optim.SGD([w], lr=0.1)
    inner = capture(lambda x: (x * w).sum().backward())

    @capture
    def outer(x):
        descent.zero_grad()
        inner(x)
        descent.step()

    for n in range(1, 10):
        outer(Tensor(B))
        np.testing.assert_allclose(w.data, A - 0.1 * n * B)


def test_within_transformations():
    w = leaf(A)

    @capture
    def f(x):
        (w * w).sum().backward()
        return (x**2 * w).sum()

    for n in range(1, 4):
        np.testing.assert_allclose(func.grad(f)(Tensor(B)).data, 2 * A * B)
        np.testing.assert_allclose(w.grad.data, 2 * n * A)


def test_second_derivatives_outside_leave_no_gradients():
    """The function is run again for them, and calls backward() again; that is nobody's."""
    w, x = leaf(A), leaf(B)

    @capture
    def f(x):
        (w * w).sum().backward()
        return (x**3).sum()

    for _ in range(3):
        w.grad = x.grad = None
        f(x).backward(create_graph=True)
        np.testing.assert_allclose(w.grad.data, 2 * A)
        np.testing.assert_allclose(x.grad.data, 3 * B**2)
        g, x.grad = x.grad, None
        g.sum().backward()
        np.testing.assert_allclose(x.grad.data, 6 * B)


def test_a_copy_trains_its_own():
    class Trainer:
        def __init__(self):
            self.w = leaf(A)
            self.learn = capture(self.step)

        def step(self, x):
            self.w.grad = None
            (x * self.w).sum().backward()

    first = Trainer()
    first.learn(Tensor(B))
    second = copy.deepcopy(first)
    second.w.grad = None
    for _ in range(3):
        second.learn(Tensor(A))
    np.testing.assert_allclose(first.w.grad.data, B)
    np.testing.assert_allclose(second.w.grad.data, A)


@pytest.mark.parametrize("small", [True, False])
@given(f=programs(length=20, inputs=3, dtypes=(np.float32, np.float64)), seed=st.integers(0, 99), forgets=st.booleans())
def test_random_programs(small, f, seed, forgets):
    """All that is computed on the way and back is one program, in strips or not."""
    ws = [leaf(x) for x in f.inputs]

    def step(*xs):
        if forgets:
            for w in ws:
                w.grad = None
        ys = [y for y in listed(f(*(w * x for w, x in zip(ws, xs)))) if isinstance(y, Tensor) and y.requires_grad]
        for y in ys:
            y.sum().backward(retain_graph=True)
        return [y.detach() for y in ys]

    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"), mock.patch.multiple(tiling, STRIP=2, LONG=3 if small else 99):
        captured = capture(step)
        try:
            captured(*f.inputs)
        except CaptureError as error:
            assume("asked for" not in str(error))
            raise
        for _ in range(5):
            xs = [np.asarray(rng.uniform(0.9, 1.1, x.shape), x.dtype) for x in f.inputs]
            found = []
            for run in step, captured:
                for w in ws:
                    w.grad = Tensor(np.ones_like(w.data))
                found.append(
                    [y.data.copy() for y in run(*xs)] + [w.grad if w.grad is None else w.grad.data.copy() for w in ws]
                )
            precision = max(np.finfo(a.dtype).eps for a in (*xs, *found[0]) if a is not None and a.dtype.kind == "f")
            for want, got in zip(*found, strict=True):
                if want is None or got is None:
                    assert want is got
                    continue
                assert (want.shape, want.dtype) == (got.shape, got.dtype)
                scale = np.max(np.abs(want), initial=1, where=np.isfinite(want))
                np.testing.assert_allclose(got, want, rtol=0, atol=1e3 * precision * scale)


# ------------------------------------------------------------------------- changed numbers, random numbers


def test_steps_by_hand():
    """What a beginner writes, without an optimiser, and with tensors that change in other ways."""
    w, average, count = leaf(A), Tensor(np.zeros_like(A)), Tensor(0)

    @capture
    def step(x):
        w.grad = None
        cost = ((w * x - 1) ** 2).sum()
        cost.backward()
        w.data -= 0.1 * w.grad.data
        average.data = 0.9 * average.data + 0.1 * w.data
        count.data += 1
        return cost

    v, mean, costs = A.copy(), np.zeros_like(A), []
    for n in range(1, 10):
        costs.append(((v * B - 1) ** 2).sum())
        v = v - 0.1 * 2 * (v * B - 1) * B
        mean = 0.9 * mean + 0.1 * v
        assert step(Tensor(B)).item() == pytest.approx(costs[-1])
        np.testing.assert_allclose(w.data, v)
        np.testing.assert_allclose(average.data, mean)
        assert count.item() == n
        assert count.dtype == int
    assert costs[-1] < costs[0]


def test_changed_numbers_belong_to_nobody_else():
    """Who holds the array sees what is written into it, as with an optimiser; a pending graph doesn't."""
    w = leaf(A)

    @capture
    def halve():
        w.data *= 0.5
        return w * 1

    halve()
    mine, graph = w.data, (w * w).sum()
    y = halve()
    assert w.data is mine
    np.testing.assert_allclose(mine, A / 4)
    y.data[...] = 7
    halve()
    np.testing.assert_allclose(mine, A / 8)
    graph.backward()
    np.testing.assert_allclose(w.grad.data, A)
    w.data = A
    np.testing.assert_allclose(halve().data, A / 2)


def test_reading_the_numbers_is_no_change():
    w = leaf(A)
    f = capture(lambda x: (x * w.data).sum())
    for _ in range(3):
        assert f(Tensor(B)).item() == pytest.approx((A * B).sum())
    assert not f._latest.effects


def test_new_numbers_leave_the_old_array_to_who_holds_it():
    average = Tensor(np.zeros(3))

    @capture
    def step(x):
        average.data = average.data + x.data

    step(Tensor([1.0, 2.0, 3.0]))
    held = average.data
    for n in range(2, 6):
        step(Tensor([1.0, 2.0, 3.0]))
        assert held.tolist() == [1, 2, 3]
        assert average.data.tolist() == [n, 2 * n, 3 * n]


def test_a_changed_tensor_may_be_returned():
    w, x = Tensor(A), Tensor(B)

    @capture
    def f(x):
        w.data += x.data
        x += 1
        return w, x

    for n in range(1, 9):
        before = x.data.copy()
        y, z = f(x)
        np.testing.assert_allclose(z.data, before + 1)
        np.testing.assert_allclose(y.data, w.data)
        np.testing.assert_allclose(w.data, A + n * B + sum(range(n)))


def test_parts_are_written_into():
    """As those who compute with finite differences write it; of the array and of the tensor."""
    found = []
    for wrapped in (lambda f: f), capture:
        u, v = Tensor(np.arange(7.0) ** 2), Tensor(np.zeros((3, 4)))

        @wrapped
        def step(u=u, v=v):
            u.data[1:-1] += 0.1 * (u.data[2:] - 2 * u.data[1:-1] + u.data[:-2])
            v.data[:, 1] += 1
            v.data[0][2:] -= u.data[:2]
            v[2] = u[:4]

        for _ in range(6):
            step()
            found.append((u.data.copy(), v.data.copy()))
    for a, b in zip(found[:6], found[6:]):
        np.testing.assert_allclose(a[0], b[0])
        np.testing.assert_allclose(a[1], b[1])


def test_what_is_computed_alike_or_detached_is_apart():
    w = Tensor(A)
    early = w.detach()

    @capture
    def f(x):
        a, b = x.data * 2, x.data * 2
        a += 1
        w.data += 1
        return x * a * b + early

    for n in range(1, 6):
        np.testing.assert_allclose(f(Tensor(B)).data, B * (2 * B + 1) * 2 * B + A)
        np.testing.assert_allclose(w.data, A + n)


def test_numbers_made_of_nothing_leave_a_pending_graph_alone():
    """``copy=False`` writes into the tensor, and not into what a graph reads."""
    w = leaf([np.nan, 2.0])
    clean = capture(lambda: np.nan_to_num(w.data, copy=False, nan=3.0) is None)
    clean()
    for _ in range(4):
        w.data = np.array([np.nan, 2.0])
        graph = (w * w).sum()
        clean()
        assert w.data.tolist() == [3, 2]
        w.grad = None
        graph.backward()
        np.testing.assert_array_equal(w.grad.data, [np.nan, 4])


def test_first_written_into_and_then_replaced():
    w = Tensor(np.ones(2))

    @capture
    def f():
        w.data += 1
        w.data = w.data * 10

    f()
    for _ in range(4):
        held = w.data
        before = held.copy()
        f()
        np.testing.assert_allclose(held, before + 1)
        np.testing.assert_allclose(w.data, (before + 1) * 10)


def test_an_argument_is_changed_too():
    f = capture(lambda x: x.__setitem__(0, 5.0))
    for _ in range(4):
        x = Tensor(A)
        f(x)
        assert x.data[0].tolist() == [5, 5, 5]
        assert x.data[1].tolist() == A[1].tolist()


@pytest.mark.parametrize("whole", [True, False])
def test_batch_norm_and_dropout_while_training(whole):
    """The same running means, and the same random numbers, as without."""
    found = []
    for wrapped in (lambda f: f), capture:
        rng = np.random.default_rng(0)
        model = nn.Sequential(nn.Linear(3, 8, rng=rng, dtype=float), nn.BatchNorm1d(8, dtype=float), nn.Dropout(0.3),
                              nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2, rng=rng, dtype=float))  # fmt: skip
        descent = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        manual_seed(3)

        def step(x, t, model=model, descent=descent):
            descent.zero_grad()
            cost = SQUARE(model(x), t)
            cost.backward()
            descent.step()
            return cost

        cost_of = wrapped(lambda x, t, model=model: SQUARE(model(x), t))

        def parts(x, t, descent=descent, cost_of=cost_of):
            descent.zero_grad()
            cost = cost_of(x, t)
            cost.backward()
            descent.step()
            return cost

        costs, weights = learnt(model, wrapped(step) if whole else parts)
        found.append([costs, *weights, *(b.data.copy() for b in model.buffers())])
        assert model[1].num_batches_tracked.item() == 20
        model.eval()
        found[-1].append([step(x, t).item() for x, t in batches(3)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_random_numbers_are_new_in_each_call_and_the_same_for_all_derivatives():
    x = leaf(A)
    f = capture(lambda x: (nn.functional.dropout(x, 0.5) ** 3).sum())
    seen = set()
    for _ in range(10):
        x.grad = None
        y = f(x)
        y.backward(create_graph=True)
        kept = x.grad.data != 0
        assert y.item() == pytest.approx((8 * A[kept] ** 3).sum())
        np.testing.assert_allclose(x.grad.data[kept], 24 * A[kept] ** 2)
        g, x.grad = x.grad, None
        g.sum().backward()
        np.testing.assert_allclose(x.grad.data, np.where(kept, 48 * A, 0))
        seen.add(kept.tobytes())
    assert len(seen) > 3


def test_random_numbers_within_a_checkpoint_are_drawn_once():
    w = leaf(A)
    found = []
    for wrapped in (lambda f: f), capture:
        manual_seed(0)
        block = func.checkpoint(lambda x: nn.functional.dropout(np.tanh(x * w), 0.5) + nn.functional.dropout(x, 0.2))

        @wrapped
        def f(x, block=block):
            w.grad = None
            y = (block(block(x)) * generator().normal(size=(2, 3))).sum()
            y.backward()
            return y

        found += [[(f(Tensor(B)).item(), w.grad.data.copy()) for _ in range(6)]]
    for (y, g), (z, h) in zip(*found):
        assert y == pytest.approx(z)
        np.testing.assert_allclose(g, h)


def test_draws_that_nobody_reads_are_drawn():
    """So that what comes after is the same."""
    found = []
    for wrapped in (lambda f: f), capture:

        @wrapped
        def f(x):
            generator().random(3)
            return x * generator().random(3)

        manual_seed(1)
        found.append([f(Tensor([1.0, 2.0, 3.0])).data.tolist() for _ in range(5)] + [generator().random()])
    assert found[0] == found[1]


# --------------------------------------------------------------------------------------- what is refused


def test_a_step_is_the_last_thing():
    w = leaf(A)
    descent = optim.SGD([w], lr=0.1)

    @capture
    def twice(x):
        for _ in range(2):
            descent.zero_grad()
            (x * w).sum().backward()
            descent.step()

    with pytest.raises(CaptureError, match="last thing"):
        twice(Tensor(B))
    np.testing.assert_allclose(w.data, A - 0.2 * B)  # it was run once, as a function is

    def and_then(do):
        def step(x):
            w.grad = None
            (x * w).sum().backward()
            descent.step()
            return do()

        return capture(step)

    zeros = Tensor(np.zeros_like(A))
    for do in (lambda: w, w.detach, lambda: setattr(w, "grad", zeros), lambda: setattr(w, "data", A), lambda: w.data.__imul__(2),
               lambda: setattr(zeros, "data", A), lambda: w.data, lambda: descent.state[w].clear(),
               lambda: descent.load_state_dict(descent.state_dict())):  # fmt: skip
        with pytest.raises(CaptureError, match=r"behind it|last thing|keeps|settings or state"):
            and_then(do)(Tensor(B))
        assert type(w._array) is type(zeros._array) is type(w.grad._array) is np.ndarray


def test_settings_are_changed_outside():
    w, n = leaf(A), [0]
    descent = optim.SGD([w], lr=0.1)
    plateau = optim.ReduceLROnPlateau(descent)

    def step(x, change):
        n[0] += 1
        descent.zero_grad()
        cost = (x * w).sum()
        cost.backward()
        if change == "rate":
            descent.lr = 0.1 / n[0]
        descent.step()
        if change == "plateau":
            plateau.step(cost)

        if change == "another":
            optim.SGD([w], lr=0.1).step()

    for change, why in [("rate", "settings"), ("plateau", "call it outside"), ("another", "made within")]:
        with pytest.raises(CaptureError, match=why):
            capture(step)(Tensor(B), change)
    assert descent.lr == 0.1 / 1


def test_gradients_that_were_there_before_are_not_read():
    w = leaf(A)
    parameters = [w]

    def clipped(x):
        (x * w).sum().backward()
        optim.clip_grad_norm_(parameters, 1.0)

    def told(x):
        (x * w).sum().backward()
        return w.grad.sum()

    def grown(x):
        (x * w).sum().backward()
        w.grad = w.grad + w.grad * 0.1

    for f in clipped, told, grown:
        w.grad = None
        with pytest.raises(CaptureError, match="zero_grad"):
            capture(f)(Tensor(B))
        assert type(w.grad._array) is np.ndarray


def test_tensors_in_many_places_are_found():
    class Base:
        total = Tensor(0.0)

    class Store(Base):
        pass

    hidden = Tensor(0.0)

    class Asked:
        @property
        def total(self):
            return hidden

        def __getitem__(self, i):
            return hidden

    space, queue, asked = types.SimpleNamespace(total=Tensor(0.0)), collections.deque([Tensor(0.0)]), Asked()
    wrapped = collections.UserDict(total=Tensor(0.0))

    @capture
    def count(x):
        for total in Store.total, space.total, queue[0], asked.total, wrapped["total"]:
            total.data = total.data + x.data

    for n in range(1, 6):
        count(Tensor(2.0))
        assert [t.item() for t in (Store.total, space.total, queue[0], asked[0], wrapped["total"])] == [2 * n] * 5


def test_arrays_and_lists_that_are_given_are_not_written_into():
    def moves(x):
        x += 1
        return x * 2

    def logs(x, log):
        log.append(x.sum())
        return x * 2

    with pytest.raises(CaptureError, match="array that it is given"):
        capture(moves)(A.copy())
    with pytest.raises(CaptureError, match="list or a dict"):
        capture(logs)(Tensor(A), [])


def test_generators_of_all_kinds_may_be_near():
    for kind in np.random.MT19937, np.random.Philox, np.random.SFC64:
        near = {"rng": np.random.Generator(kind(0)), "factor": 2.0}
        f = capture(lambda x, near=near: x * near["factor"])
        for _ in range(3):
            assert f(Tensor(3.0)).item() == 6
        with pytest.raises(CaptureError, match="generator of your own"):
            capture(lambda x, near=near: x * near["rng"].random(2))(Tensor(3.0))


def test_large_numbers_on_the_way_hide_no_change():
    """Where they are not added up, there is nothing to be lenient about."""
    settings = {"factor": np.float32(1)}
    mask = np.tri(3, dtype=bool)

    @capture
    def attend(q):
        scores = np.where(mask, q @ q.T, np.float32(-1e9))
        return nn.functional.softmax(scores, -1) @ q * settings["factor"]

    for _ in range(3):
        attend(Tensor(B.T.astype(np.float32)))
    settings["factor"] = np.float32(1.01)
    with pytest.raises(CaptureError, match="call number 4"):
        attend(Tensor(B.T.astype(np.float32)))


def test_a_gradient_that_is_recorded_is_not_left_behind():
    w = leaf(A)
    with pytest.raises(CaptureError, match="create_graph"):
        capture(lambda x: (x * w * w).sum().backward(create_graph=True))(Tensor(B))
    w.grad = None
    with no_grad(), pytest.raises(RuntimeError, match="no graph"):
        capture(lambda x: (x * w).sum().backward())(Tensor(B))


def test_a_tensor_that_is_not_found_is_refused():
    """Its values would be part of the program, and its gradient nobody's."""
    w = leaf(A)
    hidden = itertools.repeat(w)
    with pytest.raises(CaptureError, match="keeps something"):
        capture(lambda x: (x * next(hidden)).sum().backward())(Tensor(B))
    assert type(w.grad._array) is np.ndarray


def test_what_changes_silently_is_noticed():
    w, u = leaf(A), leaf(A)
    settings = {"factor": 1.0, "steps": True, "u": False, "halves": False, "clamps": False, "early": False}
    descent = optim.SGD([w, u], lr=0.1)

    def step(x):
        descent.zero_grad()
        (x * (u if settings["u"] else w) * settings["factor"]).sum().backward()
        if settings["halves"]:
            u.data *= 0.5
        early = w.data if settings["early"] else None
        if settings["steps"]:
            descent.step()
        if settings["clamps"]:
            w.data[...] = np.clip(w.data, 0, 1)
        return early

    for name, value in [("factor", 2.0), ("steps", False), ("u", True), ("halves", True), ("clamps", True)]:
        before = settings[name]
        f = capture(step)
        f(Tensor(B))
        settings[name] = value
        weights = w.data.copy(), u.data.copy()
        with pytest.raises(CaptureError, match="call number 2"):
            f(Tensor(B))
        np.testing.assert_array_equal((w.data, u.data), weights)  # and nothing was done
        if name != "clamps":
            f(Tensor(B))  # recorded anew
        settings[name] = before
    settings["early"] = True
    with pytest.raises(CaptureError, match="behind it"):
        capture(step)(Tensor(B))


def test_a_forgotten_zero_grad_is_told():
    w = leaf(A)
    descent = optim.SGD([w], lr=0.1)

    @capture
    def step(x):
        (x * w).sum().backward()
        descent.step()

    step(Tensor(B))
    with pytest.warns(UserWarning, match="zero_grad"):
        step(Tensor(B))


def test_the_program_has_no_constants_to_compute():
    w = leaf(A)

    @capture
    def f(x):
        w.grad = None
        ((x * w).sum() * 3).backward()

    f(Tensor(B))
    program = f.source[f.source.index("def forward") :]
    assert "ones" not in program, f.source
    assert program.count("multiply") == 1, f.source
