"""The branch that was not taken takes nothing: no NaN comes from where a derivative is infinite and nothing was taken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu import Tensor, capture, data, debug, draw, func, nn, primitive
from tinygrad_edu.nn import functional as F
from tinygrad_edu.table import RULES
from tinygrad_edu.untaken import ELEMENTWISE

ODD = np.array([0.0, -1.0, 1.0, np.inf, -np.inf, np.nan, -0.0, 1e-320])  # where some derivative or other is infinite or unknown
UFUNCS = [fn for fn in RULES if isinstance(fn, np.ufunc) and RULES[fn].lets_through == ELEMENTWISE]
ONE = [fn for fn in UFUNCS if fn.nin == 1]
TWO = [fn for fn in UFUNCS if fn.nin == 2 and fn not in (np.ldexp,)]
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def chosen(f, mask, *xs):
    """Gradients and second derivatives of the sum of the squares of what is taken where the mask holds."""

    def first(*xs):
        return sum((g * np.arange(1, g.size + 1).reshape(g.shape)).sum() for g in func.grad(f, tuple(range(len(xs))))(*xs))

    numbers = tuple(range(len(xs)))
    return [g.data for g in (*func.grad(f, numbers)(*xs), *func.grad(first, numbers)(*xs))]


def same_as_without(f, mask, taken, *xs):
    """What is not taken has gradient 0; the rest is as if there were nothing else."""
    found = chosen(lambda *xs: (taken(f(*xs)) ** 2).sum(), mask, *xs)
    weights = np.flatnonzero(mask) + 1

    def alone(*parts):
        return (f(*parts) ** 2).sum()

    def first(*parts):
        return sum((g * weights).sum() for g in func.grad(alone, numbers)(*parts))

    numbers = tuple(range(len(xs)))
    parts = [x[mask] for x in xs]
    expected = [g.data for g in (*func.grad(alone, numbers)(*parts), *func.grad(first, numbers)(*parts))]
    for g, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(g[mask], want, rtol=1e-12)
        np.testing.assert_array_equal(g[~mask], 0)


def ways(mask):
    """Taking only what a mask leaves."""
    places = np.flatnonzero(mask)
    return {
        "where": lambda y: np.where(mask, y, 0.0), "where not": lambda y: np.where(~mask, 0.0, y), "mask": lambda y: y[mask],
        "where of numbers": lambda y: np.where(mask * 3, y, 1.0), "select": lambda y: np.select([~mask, mask], [0.0, y]),
        "piecewise": lambda y: np.piecewise(y, [mask], [lambda part: part, 0.0]), "places": lambda y: y[places],
        "one by one": lambda y: np.stack([y[i] for i in places]), "take": lambda y: np.take(y, places),
        "extract": lambda y: np.extract(mask, y), "delete": lambda y: np.delete(y, np.flatnonzero(~mask)),
        "choose": lambda y: np.choose(mask.astype(int), [np.zeros(mask.size), y]), "compress": lambda y: np.compress(mask, y),
        "moved": lambda y: np.where(mask, np.moveaxis(np.expand_dims(y, 0), 0, 1).T.squeeze(0), 0.0),
        "rolled": lambda y: np.where(np.roll(mask, 2), np.roll(y, 2), 0.0)[(np.arange(y.size) + 2) % y.size],
        "twice": lambda y: np.where(mask, y * 1.0, 0.0)[places], "joined": lambda y: np.where(mask, np.concatenate([y[:3], y[3:]]), 0.0),
        "stretched": lambda y: np.where(mask & (np.arange(2) > 0)[:, None], y, 0.0),
        "assigned": lambda y: assigned(y, ~mask), "sums": lambda y: np.where(mask, np.sum(y[:, None], 1), 0.0),
    }  # fmt: skip


def assigned(y, mask):
    z = y * 1.0
    z[mask] = 3.0
    return np.where(mask, 0.0, z)


@pytest.mark.parametrize("fn", ONE, ids=lambda fn: fn.__name__)
@settings(max_examples=3)
@given(odd=st.lists(st.sampled_from(ODD), min_size=5, max_size=5), mask=st.lists(st.booleans(), min_size=5, max_size=5))
def test_every_function_of_one_argument(fn, odd, mask):
    mask = np.array(mask)
    x = np.where(mask, [0.3, 0.5, 0.7, 0.6, 0.4], odd)
    if fn is np.arccosh:
        x = np.where(mask, x + 1, x)
    same_as_without(fn, mask, lambda y: np.where(mask, y, 0.0), x)


@pytest.mark.parametrize("fn", TWO, ids=lambda fn: fn.__name__)
@settings(max_examples=3)
@given(odd=st.lists(st.sampled_from(ODD), min_size=10, max_size=10), mask=st.lists(st.booleans(), min_size=5, max_size=5))
def test_every_function_of_two_arguments(fn, odd, mask):
    mask = np.array(mask)
    a, b = np.where(mask, [0.3, 0.5, 0.7, 1.6, 0.4], odd[:5]), np.where(mask, [1.3, 0.2, 0.9, 0.8, 2.4], odd[5:])
    same_as_without(fn, mask, lambda y: np.where(mask, y, 0.0), a, b)


@pytest.mark.parametrize("way", ways(np.ones(1, bool)))
@pytest.mark.parametrize("f", [np.sqrt, lambda x: x**0.5 * 2, lambda x: np.log(x) * x, lambda x: np.sqrt(np.log(x + 1.0)), lambda x: 1 / np.cbrt(x)])
def test_every_way_to_take_a_part(way, f):
    mask = np.array([True, False, True, True, False, False])
    x = np.where(mask, [0.5, 0.0, 2.0, 3.0, 0.0, 0.0], 0.0)
    same_as_without(f, mask, ways(mask)[way], x)


@pytest.mark.parametrize("f", [
    lambda x: np.where(x > 0, np.sqrt(x), 0.0), lambda x: np.maximum(np.log(x), -1.0), lambda x: np.fmax(np.log(x), -1.0),
    lambda x: np.clip(np.log(x), -1, 5), lambda x: F.relu(np.log(x)), lambda x: np.max(np.sqrt(x)),
    lambda x: np.max(np.sqrt(x).reshape(2, 2), 0), lambda x: sum(np.sqrt(x)[i] * i for i in (2, 3)),
    lambda x: np.where(x > 0, np.sqrt(x.astype(np.longdouble)), 0.0), lambda x: np.where((x > 0)[:, None], np.sqrt(x)[:, None] * np.ones(3), 0.0),
    lambda x: np.where(np.array([[False, True]]), np.sqrt(x).reshape(2, 2).T, 0.0), lambda x: np.tril(np.log(x).reshape(2, 2)[::-1].T, -1),
    lambda x: np.where(x > 0, np.where(x < 10, np.sqrt(x), np.log(x)), 0.0), lambda x: np.where(x != 0, np.sin(x) / x, 1.0),
    lambda x: np.where(np.array([False, True]), np.mean(np.sqrt(x).reshape(2, 2), 1), 0.0),
])  # fmt: skip
def test_first_and_second_order_captured_and_not(f):
    x = np.array([0.0, 0.0, 0.25, 4.0])

    def cost(x):
        return (f(x) ** 2).sum()

    gradient, hessian = func.grad(cost)(x).data, func.hessian(cost)(x).data
    assert np.isfinite(gradient).all()
    assert np.isfinite(hessian).all()
    np.testing.assert_array_equal(gradient[:2], 0)
    step = 1e-5
    for i in 2, 3:
        up, down = (cost(x + sign * step * np.eye(4)[i]) for sign in (1, -1))
        np.testing.assert_allclose(gradient[i], (up - down) / (2 * step), rtol=2e-3, atol=1e-8)
    captured = capture(cost)
    for _ in range(3):
        t = Tensor(x, requires_grad=True)
        captured(t).backward()
        np.testing.assert_allclose(t.grad.data, gradient, rtol=1e-12)
    second = capture(lambda x: func.grad(cost)(x)[2:].sum())
    for _ in range(3):
        t = Tensor(x, requires_grad=True)
        second(t).backward()
        np.testing.assert_allclose(t.grad.data, hessian[2:].sum(0), rtol=1e-12)


def test_pieces_that_have_masks_and_arrays_beside_them():
    x = Tensor([0.0, 0.0, 4.0], requires_grad=True)
    y = np.sqrt(x)
    (np.where([False, True], y[1:], 0.0).sum() + np.where([False, False, True], y, 0.0).sum() + y[2]).backward()
    np.testing.assert_array_equal(x.grad.data, [0, 0, 0.75])
    x.grad = None
    y = np.sqrt(x)
    (y[2] + (y * [0.0, 0.0, 1.0]).sum()).backward()  # zeros that merely occur
    assert np.isnan(x.grad.data[:2]).all()


def test_many_pieces_are_put_together_and_still_know_what_they_cover():
    x = Tensor([0.0, 4.0], requires_grad=True)
    y = np.sqrt(x)
    sum(y[1:] for _ in range(1500)).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [0, 375])


def test_zeros_that_merely_occur_stay_honest():
    for f in lambda x: np.sqrt(x) ** 2, lambda x: np.sqrt(x) * 0.0, lambda x: np.where(x >= 0, np.sqrt(x), 0.0) * np.sqrt(x):
        assert np.isnan(func.grad(f)(0.0).item())
    assert func.grad(lambda x: np.where(x >= 0, np.sqrt(x), 0.0))(0.0).item() == np.inf  # taken, and infinitely steep


def test_what_is_not_elementwise_ends_it_and_what_is_declared_so_does_not():
    def root(x):
        return np.sqrt(x)

    def slope(g, y, x):
        return g / (2 * np.sqrt(x))

    plain, declared = primitive(slope)(root), primitive(slope, elementwise=True)(lambda x: np.sqrt(x))
    x = np.array([0.0, 4.0])
    for operation, want in (plain, np.nan), (declared, 0.0):
        g = func.grad(lambda x: np.where(x > 0, operation(x), 0.0).sum())(x)  # noqa: B023
        np.testing.assert_array_equal(g.data, [want, 0.25])
    cumulated = func.grad(lambda x: np.where(x > 0, np.cumsum(np.sqrt(x)), 0.0).sum())(x)
    assert cumulated.data[0] == np.inf  # it was taken, by the sum behind it


def test_hooks_and_kept_gradients_are_arrays():
    x = Tensor([0.0, 4.0], requires_grad=True)
    y = np.sqrt(x)
    y.retain_grad()
    seen = []
    y._node.info["hooks"] = (*y._node.info["hooks"], seen.append)
    np.where(x.data > 0, y, 0.0).sum().backward(retain_graph=True)
    assert type(seen[0]) is np.ndarray
    assert y.grad.data.tolist() == [0, 1]
    assert x.grad.data.tolist() == [0, 0.25]
    z = np.where([True, False], x, 0.0)  # a mask that reaches a leaf
    x.grad = None
    z.sum().backward()
    x.grad.data[:] = 7
    assert type(x.grad.data) is np.ndarray


def test_pictures_show_what_backward_computes():
    x = Tensor([0.0, 4.0], requires_grad=True, name="x")
    y = np.where(x.data > 0, np.sqrt(x), 0.0).sum()
    assert "nan" not in draw(y, gradients=True).source
    assert "0, 0.25" in draw(y, gradients=True).source
    with debug():
        np.where(x.data > 0, np.sqrt(x), 0.0).sum().backward()


def test_a_network_with_a_logarithm_behind_its_rectifier_learns():
    x, y = data.blobs(seed=0)
    model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))

    def cost():
        h = model[1](model[0](Tensor(x.astype(np.float32))))
        return (np.where(h.data > 0, np.log(h), 0.0) ** 2).mean() + nn.CrossEntropyLoss()(model(x.astype(np.float32)), y)

    cost().backward()
    assert all(np.isfinite(p.grad.data).all() for p in model.parameters())


def test_wanted_classes_alone_count_in_likelihoods():
    probabilities = np.array([[1.0, 0.0], [0.25, 0.75]])
    g = func.grad(lambda p: F.nll_loss(np.log(p), np.array([0, 1])))(probabilities)
    np.testing.assert_allclose(g.data, [[-0.5, 0.0], [0.0, -0.5 / 0.75]])
