"""Calls 2, 4, 8, ... are compared with the function itself: what has changed is seen, however little it does; the rest is no change."""

import numpy as np
import pytest

from tinygrad_edu import Tensor, apply, capture, nn, optim, rule
from tinygrad_edu.engine.table import RULES
from tinygrad_edu.tracing.equivalence import alike
from tinygrad_edu.tracing.errors import CaptureError

X = np.random.default_rng(0).uniform(1, 2, (200, 300))
NOW = {}  # what the functions below depend on, and should not


def square(x):
    """A square, whose slope is not always right."""
    return apply(SQUARE, x)


@pytest.fixture(scope="module", autouse=True)
def its_rule():
    """Here only: other tests look through the whole table."""
    rule(SQUARE, lambda g, y, x: g * 2 * x * NOW["factor"])
    yield
    del RULES[SQUARE]


SQUARE = lambda x: x * x
CHANGES = {
    "gradients in another order": (
        lambda w, x: (np.take(w, NOW["order"]) * x).sum(),
        "order",
        np.arange(300),
        np.arange(300)[::-1].copy(),
    ),
    "numbers in another order": (lambda w, x: w[NOW["reverse"]] * x, "reverse", slice(None), slice(None, None, -1)),
    "one number of many": (
        lambda w, x: w * x * NOW["array"],
        "array",
        np.ones(X.shape),
        np.where(np.arange(X.size).reshape(X.shape) == 777, 1 + 1e-12, 1.0),
    ),
    "one gradient, by a factor": (lambda w, x: (square(w) * x + (NOW["v"] * x)).sum(), "factor", 1.0, 1 + 1e-9),
    "one small result of many": (lambda w, x: (w * x, (w * x).sum() * 1e-200 * NOW["small"]), "small", 1.0, 1 + 1e-12),
    "an axis": (lambda w, x: np.cumsum((w * x)[:200, :200], NOW["axis"]), "axis", 0, 1),
    "a setting": (lambda w, x: np.var(w * x, ddof=NOW["ddof"]), "ddof", 0, 1),
    "a slope": (lambda w, x: nn.functional.leaky_relu(-w * x, NOW["slope"]), "slope", 0.01, 0.010000001),
    "a dtype": (lambda w, x: (w * x).astype(NOW["dtype"]), "dtype", np.float64, np.float32),
    "where it is detached": (lambda w, x: (w if NOW["flows"] else w.detach()) * x + w, "flows", True, False),
    "another result": (lambda w, x: [w * x] * NOW["n"], "n", 1, 2),
    "a plain number beside it": (lambda w, x: (w * x, NOW["number"]), "number", 1.0, 2.0),
}


@pytest.mark.parametrize("at", [2, 4, 8])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name, at):
    f, key, before, after = CHANGES[name]
    NOW.update(factor=1.0, v=Tensor(np.ones(300), requires_grad=True))
    NOW[key] = before
    w = Tensor(np.linspace(1, 2, 300), requires_grad=True)
    captured = capture(lambda x: f(w, x))
    for _ in range(at - 1):
        captured(Tensor(X))
    NOW[key] = after
    with pytest.raises(CaptureError, match=f"call number {at} was compared"):
        captured(Tensor(X))


@pytest.mark.parametrize("name", CHANGES)
def test_what_stays_is_no_change(name):
    f, key, before, _ = CHANGES[name]
    NOW.update({"factor": 1.0, "v": Tensor(np.ones(300), requires_grad=True), key: before})
    w = Tensor(np.linspace(1, 2, 300), requires_grad=True)
    captured = capture(lambda x: f(w, x))
    for n in range(8):
        captured(Tensor(X * (n + 1)))


def test_results_are_alike_up_to_roundings_of_the_largest():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(100, 100))
    assert alike(a, a + rng.uniform(-1, 1, a.shape) * 1e-15)
    assert not alike(a, a[::-1])
    assert not alike(a, a.T)
    assert not alike(a, a.astype("f"))
    assert not alike(a, a * (1 + 1e-9))
    for i in (0, 17), (99, 99):
        b = a.copy()
        b[i] += 1e-11
        assert not alike(a, b)
        b[i] = np.nan
        assert not alike(a, b)
        c = b.copy()
        assert alike(b, c)
        b[i], c[i] = np.inf, -np.inf
        assert not alike(b, c)
        assert not alike(b, a)
    assert alike(a * 1e-200, a * 1e-200 * (1 + 1e-15))
    assert not alike(a * 1e-200, a * 2e-200)  # small ones are not all the same
    assert not alike(a[:0], a[:0, :1])
    assert alike(None, None)
    assert not alike(None, a)
    assert not alike(1.0, 2.0)
    assert alike(float("nan"), float("nan"))
    assert not alike(np.arange(3), np.array([0, 1, 3]))
    assert not alike(a, None)
    assert not alike(a + 1j * a, a - 1j * a)


def test_gradients_that_are_added_to_by_hand():
    """With a gradient that is there and without, forgotten first and not; each addend is as large as the gradient is."""
    added = [
        lambda w, x: setattr(w, "grad", w.grad + 1),
        lambda w, x: setattr(w, "grad", w.grad + np.float32(0.5)),
        lambda w, x: setattr(w, "grad", w.grad + x.data[:1]),
        lambda w, x: setattr(w, "grad", w.grad + x.data),
    ]
    for add in added:
        for forgets, walks, walks_later in [(0, 0, 0), (0, 1, 0), (0, 1, 1), (1, 1, 0), (0, 0, 1), (1, 1, 1)]:
            found = []
            for wrapped in (lambda f: f), capture:
                w = Tensor(np.array([1.0, 2.0, 3.0], np.float32), requires_grad=True)
                w.grad = Tensor(np.array([7.0, 8.0, 9.0], np.float32))

                @wrapped
                def f(x, w=w, forgets=forgets, walks=walks, walks_later=walks_later, add=add):
                    if forgets:
                        w.grad = None
                    if walks:
                        (w * w * x).sum().backward()
                    add(w, x)
                    if walks_later:
                        (w * x).sum().backward()

                for n in range(1, 6):
                    f(Tensor(np.full(3, n, np.float32)))
                    found.append(w.grad.data.copy())
            assert all(g.dtype == np.float32 for g in found)
            np.testing.assert_allclose(found[5:], found[:5], rtol=1e-6)


def test_a_gradient_that_is_not_there_can_not_be_added_to():
    """As without capture."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    f = capture(lambda x: setattr(w, "grad", w.grad + x))
    with pytest.raises(TypeError):
        f(Tensor([1.0, 1.0]))
    w.grad = Tensor([0.0, 0.0])
    f(Tensor([1.0, 1.0]))
    w.grad = None
    with pytest.raises(TypeError):
        f(Tensor([1.0, 1.0]))
    assert w.grad is None


def test_a_parameter_that_the_cost_does_not_use_is_forgotten_behind_the_step_too():
    for there in False, True:
        w, v = (Tensor([1.0, 1.0], requires_grad=True) for _ in range(2))
        descent = optim.SGD([w, v], lr=0.1)

        @capture
        def step(x, w=w, descent=descent):
            (w * x).sum().backward()
            descent.step()
            descent.zero_grad()

        for _ in range(9):
            v.grad = Tensor([1.0, 1.0]) if there else None
            step(Tensor([1.0, 1.0]))
            assert w.grad is v.grad is None
        np.testing.assert_allclose(w.data, 0.1)
        np.testing.assert_allclose(v.data, 0.1 if there else 1.0)


def test_gradients_that_are_there_are_not_taken_for_what_the_function_leaves():
    w, v = (Tensor([1.0, 1.0], requires_grad=True) for _ in range(2))
    v.grad = Tensor([7.0, 7.0])
    f = capture(lambda x: (w * v * x).sum())
    for n in range(1, 10):
        f(Tensor([1.0, 1.0])).backward()
        assert (w.grad.data.tolist(), v.grad.data.tolist()) == ([n, n], [7 + n, 7 + n])


def test_long_doubles_are_compared_by_their_numbers():
    """Some of their bytes mean nothing, and are whatever was in memory."""
    size, used = np.dtype(np.longdouble).itemsize, (np.finfo(np.longdouble).nmant + 17) // 8

    def constant(n):
        numbers = np.array([1.0, 0.5, 0.25, 2.0], np.longdouble)
        if used < size:
            numbers.view(np.uint8).reshape(4, size)[:, used:] = n
        return numbers

    calls = iter(range(20))
    captured = capture(lambda x: (x * constant(next(calls))).sum())
    x = Tensor(np.ones(4, np.longdouble), requires_grad=True)
    for _ in range(8):
        captured(x)
