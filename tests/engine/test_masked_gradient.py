"""The branch that was not taken takes nothing: no NaN comes from where a derivative is infinite and nothing was taken."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tinygrad_edu import Tensor, capture, data, debug, draw, func, nn, no_grad, primitive
from tinygrad_edu.engine.masked_gradient import ELEMENTWISE
from tinygrad_edu.engine.table import RULES
from tinygrad_edu.nn import functional as F
from tinygrad_edu.tracing.errors import CaptureError

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


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "silu", "gelu", "softplus", "logsigmoid", "elu", "selu", "leaky_relu", "relu", "relu6",
                                  "hardtanh", "hardsigmoid", "hardswish", "mish", "softsign", "tanhshrink", "erf"])  # fmt: skip
def test_every_activation_works_element_by_element(name):
    """So it passes over what was not taken, be it NaN."""
    g = func.grad(lambda x: np.where([False, True], getattr(F, name)(x), 0.0).sum())
    assert g(np.array([np.nan, 0.4])).tolist() == [0, func.grad(getattr(F, name))(0.4).item()]


@pytest.mark.parametrize("f", [np.fix, np.round, np.around, np.sinc, np.i0, np.real, np.imag, np.angle, lambda x: np.modf(x)[0], lambda x: np.astype(x, np.float32)])
def test_so_do_these_though_they_are_no_ufuncs(f):
    g = func.grad(lambda x: np.where(x > 0, f(np.sqrt(x)), 0.0).sum())(np.array([0.0, 4.0]))
    assert g.data[0] == 0
    assert np.isfinite(g.data[1])


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
    y._node.note(hooks=(*y._node.info.hooks, seen.append))
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


# ----------------------------------------------------------------------------------- random programs

STEEP = {
    "sqrt": np.sqrt, "log": np.log, "cbrt": np.cbrt, "1/x": np.reciprocal, "power": lambda x: x**-1.5, "x log x": lambda x: np.log(x) * x,
    "direction": lambda x: x / np.abs(x), "hypot": lambda x: np.hypot(x, x), "powers of itself": lambda x: np.power(x, x),
    "clipped": lambda x: np.clip(np.sqrt(np.real(x)), 0.1, 5), "complex": lambda x: np.abs(np.sqrt(x + 0j)), "softplus": lambda x: F.softplus(np.log(np.abs(x))),
    "chosen": lambda x: np.where(np.abs(x) > 0.8, np.sqrt(x), np.log(x)), "numbers": lambda x: np.nan_to_num(np.sqrt(np.real(x))),
}  # fmt: skip
MOVES = {
    "flat": lambda a: a.reshape(-1), "turned": lambda a: a.T, "rolled": lambda a: np.roll(a, 1), "flipped": lambda a: np.flip(a),
    "stretched": lambda a: np.broadcast_to(a, (2, *a.shape)), "tiled": lambda a: np.tile(a, 2), "repeated": lambda a: np.repeat(a, 2),
    "stacked": lambda a: np.stack([a, a], -1), "joined": lambda a: np.append(a, a), "squeezed": lambda a: np.squeeze(a),
    "longer": lambda a: a[..., None], "swapped": lambda a: np.moveaxis(np.atleast_2d(a), 0, -1), "some": lambda a: a.reshape(-1)[1:],
    "padded": lambda a: np.pad(a, 1)[(slice(1, -1),) * a.ndim], "extremes": lambda a: np.max(np.stack([a, a]), 0),
}  # fmt: skip
TAKEN = {
    "where": lambda m, y: np.where(m, y, 0.0), "not": lambda m, y: np.where(~m, 1.0, y), "mask": lambda m, y: y[m],
    "stretched": lambda m, y: np.where(np.stack([m, m]), y, 2.0), "sum": lambda m, y: np.sum(y, where=m), "select": lambda m, y: np.select([m], [y], 0.0),
    "places": lambda m, y: y.reshape(-1)[np.flatnonzero(m)], "product": lambda m, y: np.prod(np.where(m, y, 1.0)),
    "largest": lambda m, y: np.max(np.abs(np.where(m, y, 0.0)), initial=0.0),
}  # fmt: skip


@given(
    shape=st.sampled_from([(4,), (2, 3), (), (3, 1), (0,), (2, 0), (1,), (2, 2, 2)]), seed=st.integers(0, 999),
    dtype=st.sampled_from([np.float64, np.float32, np.float16, np.complex128, np.longdouble]), taken=st.sampled_from([*TAKEN]),
    steps=st.lists(st.sampled_from([*STEEP, *MOVES, "times b", "b over"]), min_size=1, max_size=5), steep=st.sampled_from([*STEEP]),
)  # fmt: skip
@settings(max_examples=60)
def test_random_programs(shape, seed, dtype, taken, steps, steep):
    """As if ordinary numbers stood where nothing is taken, but that the gradient is 0 there: run, checkpointed, captured, thrice differentiated."""
    rng = np.random.default_rng(seed)
    mask = np.asarray(rng.random(shape) < 0.6)
    moved = mask
    for step in steps:
        moved = np.asarray(MOVES[step](moved)) if step in MOVES else moved
    numbers = rng.uniform(0.6, 1.4, shape).astype(dtype)
    odd = np.where(mask, numbers, rng.choice([0.0, -0.0, np.inf], shape)).astype(dtype)
    numbers = np.where(mask, numbers, 1).astype(dtype)

    def f(x, b):
        y = STEEP[steep](x)
        for step in steps:
            y = y * b if step == "times b" else b / y if step == "b over" else {**STEEP, **MOVES}[step](y)
        return np.real(TAKEN[taken](moved, y)).sum()

    def walked(f, x, times=1):
        leaves = [Tensor(x, requires_grad=True), Tensor(np.asarray(1.3, dtype), requires_grad=True)]
        found, y = [], f(*leaves)
        for n in range(times):
            if not isinstance(y, Tensor) or not y.requires_grad:
                break
            y.backward(create_graph=n < times - 1)
            gs = [t.grad for t in leaves]
            found += [None if g is None else g.data for g in gs]
            for t in leaves:
                t.grad = None
            y = sum(np.real(g).sum() * 1.7 for g in gs if g is not None and g.requires_grad)
        return found

    captured = capture(f)
    try:
        expected = walked(f, numbers, 3)
    except TypeError:  # not of complex numbers
        assume(False)
    runs = {"once": walked(f, odd), "thrice": walked(f, odd, 3), "checkpointed": walked(func.checkpoint(f), odd)}
    try:
        runs["recorded"] = walked(captured, odd)
    except CaptureError:  # y[m] asks for as many numbers as there are, which NumPy's arrays may tell
        pass
    else:
        runs["captured"] = walked(captured, odd)
    near = {np.float16: 5e-2, np.float32: 1e-3}.get(dtype, 1e-8)
    for run, found in runs.items():
        for i, (g, want) in enumerate(zip(found, expected, strict=run == "thrice")):
            if want is None or g is None:
                assert not any(a is not None and np.any(a) for a in (g, want)), run
            elif np.isfinite(want).all() and np.max(np.abs(want), initial=0) < 1e3:
                want = np.where(mask, want, 0) if i % 2 == 0 else want
                np.testing.assert_allclose(g, want, rtol=near, atol=near * max(1, np.max(np.abs(want), initial=0)), err_msg=run)


# ------------------------------------------------------------------------------------ captured within


@pytest.mark.parametrize("f", [np.sqrt, lambda x: np.abs(np.sqrt(x + 0j)), lambda x: np.sqrt(x + 0j), lambda x: (np.sqrt(x), x)[0], lambda x: np.sqrt(x) * w_of(x)])
@pytest.mark.parametrize("take", [lambda m, y: np.where(m, y, 0.0), lambda m, y: y[m], lambda m, y: y[1::2], lambda m, y: np.sum(y, where=m)])
def test_a_captured_function_of_which_not_all_is_taken(f, take):
    """The program knows of no masks; where it gives what is no number, the function itself is asked."""
    x, mask = np.array([0.0, 4.0, 0.0, 9.0]), np.array([False, True, False, True])
    captured = capture(f)
    found = []
    for g in f, *[captured] * 5:
        t = Tensor(x, requires_grad=True)
        (np.real(take(mask, g(t))) * 3.0).sum().backward()
        found.append(t.grad.data)
    assert np.isfinite(found[0]).all()
    np.testing.assert_allclose(found[1:], [found[0]] * 5)
    t = Tensor(x, requires_grad=True)
    y = np.real(take(mask, captured(t))).sum()
    with no_grad():
        y.backward()
    np.testing.assert_allclose(t.grad.data, found[0] / 3)


SCALE = Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)


def w_of(x):
    return SCALE


def test_extremes_and_padding_know_what_was_taken_of_them():
    x = np.array([[0.0, 0.0], [4.0, 1.0]])
    mask = np.array([False, True])
    for f, want in [
        (lambda x: np.where(mask, np.max(np.sqrt(x), 1), 0.0), [[0, 0], [0.25, 0]]),
        (lambda x: np.where(mask, np.min(np.sqrt(x), axis=-1), 0.0), [[0, 0], [0, 0.5]]),
        (lambda x: np.where(mask[:, None], np.max(np.sqrt(x), 1, keepdims=True), 0.0), [[0, 0], [0.25, 0]]),
        (lambda x: np.where(mask[:, None], np.pad(np.sqrt(x), 1)[1:-1, 1:-1], 0.0), [[0, 0], [0.25, 0.5]]),
    ]:
        np.testing.assert_array_equal(func.grad(lambda x: f(x).sum())(x).data, want)  # noqa: B023
        assert np.isfinite(func.hessian(lambda x: f(x).sum())(x).data).all()  # noqa: B023
