"""The ends of the scale: every elementwise function, and its derivatives, against mpmath, from the smallest number to infinity."""

import mpmath as mp
import numpy as np
import pytest
from exact import BINARY, FAR, UNARY, sech2, slope
from test_rules import ROWS

from tinygrad_edu import Tensor, gradcheck, sigmoid
from tinygrad_edu.engine.masked_gradient import ELEMENTWISE
from tinygrad_edu.engine.table import RULES
from tinygrad_edu.nn import functional as F
from tinygrad_edu.rules import bells, indexing, joining, shapes

SIZES = [
    5e-324, 1e-310, 2.3e-308, 1e-300, 1e-155, 1e-100, 1e-45, 1e-39, 1e-20, 1e-8, 6e-8, 1e-5, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.9, 0.99,
    0.99999, 1 - 2**-30, 1 - 2**-53, 1, 1 + 2**-52, 1.0001, 1.43, 2, 2.4, 3, 3.4, 5, 5.5, 6, 7.9, 10, 17, 19.7, 26, 29.9, 30.1, 38, 50,
    89, 100, 350, 700, 709.5, 712, 745, 1e3, 2000.5, 12345.5, 6e4, 1e8 + 0.25, 1e16, 1e38, 1e100, 1e155, 1e200, 1e300, 1.7e308, np.inf, 0,
]  # fmt: skip
PAIRED = {
    np.float64: [5e-324, 1e-310, 1e-300, 1e-155, 1e-8, 0.3, 1, 1 + 2**-40, 2, 2.5, 17, 700, 750, 1e16, 1e155, 1e300, 1.7e308, np.inf, 0],
    np.float32: [1e-42, 1e-38, 1e-20, 1e-4, 0.3, 1, 1 + 2**-20, 2, 2.5, 17, 80, 110, 1e7, 1e19, 1e30, 3e38, np.inf, 0],
    np.float16: [6e-8, 1e-5, 1e-4, 0.01, 0.3, 1, 1 + 2**-9, 2, 2.5, 9, 11, 300, 2000, 6e4, np.inf, 0],
}
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])


def values_and_gradients(row, arrays):
    """What the row asks about: its function's values, if they are ours, and gradients; each with what is right."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    with np.errstate(all="ignore"):
        y = row.fn(*xs)
        y.backward(np.ones_like(y.data))
    pairs = list(zip((x.grad.data for x in xs), row.derivatives, strict=True))
    return pairs if row.value is None else [(y.data, row.value), *pairs]


def as_exact(x):
    return mp.mpf(float(x)) if np.isfinite(x) else FAR * int(np.sign(x))


def as_float(x):
    return float(x) if abs(x) < 1e320 else float(mp.sign(x)) * np.inf


def wrong(row, arrays):
    """Where it has not got all its digits; but for those that one rounding of a number too small for all of them takes."""
    limits = np.finfo(arrays[0].dtype)
    smallest, largest, found = float(limits.smallest_subnormal), float(limits.max), []
    with mp.workdps(60):
        for got, exact in values_and_gradients(row, arrays):
            assert got.dtype == limits.dtype
            for number, *x in zip(got.tolist(), *(a.tolist() for a in arrays), strict=True):
                if not row.domain(*(at := [as_exact(a) for a in x])):
                    continue
                want = as_float(mp.mpf(exact(*at)))
                bound = 1e-12 if limits.dtype == float else 16 * float(limits.eps) * float(min(row.steep(*at), 1e9))
                bound = max([bound] + [smallest / abs(a) for a in x if a])
                around = smallest * max(4, min(2e3, max(map(abs, x))))
                pole = any(a == 0 and np.signbit(a) for a in x)  # 1 / -0 is minus infinity
                if np.isinf(number) and (abs(want) > largest * (1 - min(bound, 0.5)) and (pole or number * want > 0)):
                    continue
                if not abs(number - want) <= bound * abs(want) + around:
                    found.append((exact, x, number, want))
    return found


@every_dtype
@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_one_number_has_all_its_digits(name, dtype):
    with np.errstate(over="ignore", under="ignore"):
        x = np.array([sign * a for a in SIZES for sign in (1, -1)]).astype(dtype)
    assert not wrong(UNARY[name], [x])


@every_dtype
@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_numbers_has_all_its_digits(name, dtype):
    x = np.array([sign * a for a in PAIRED[dtype] for sign in (1, -1)], dtype)
    assert not wrong(BINARY[name], [a.ravel() for a in np.meshgrid(x, x)])


@pytest.mark.parametrize("name", UNARY)
def test_a_single_number_has_as_many_digits(name):
    for x in -17.0, -0.25, 0.25, 1.0, 20.0, 300.0:
        row = UNARY[name]
        if row.domain(mp.mpf(x)):
            (got,), (want,) = ([g for g, _ in values_and_gradients(row, [a])][-1:] for a in (np.array(x), np.array([x])))
            np.testing.assert_allclose(got, want[0], rtol=1e-12)


WITHOUT_NAN = {"negative", "positive", "deg2rad", "radians", "rad2deg", "degrees", "conjugate", "real", "fraction", "ldexp"}  # straight lines
STEPS = {"floor", "ceil", "trunc", "rint", "round", "around", "fix", "spacing", "sign", "imag", "angle"}  # level, but for jumps
BRANCHES = {"relu", "leaky_relu", "relu6", "hardtanh", "hardsigmoid", "elu", "selu"}  # of which comparisons choose one


@pytest.mark.parametrize("name", sorted(UNARY.keys() - WITHOUT_NAN - STEPS))
def test_what_is_not_a_number_is_none_afterwards(name):
    row = UNARY[name]
    for got, what in values_and_gradients(row, [np.array([np.nan])]):
        assert np.isnan(got) or (name in BRANCHES and what is not row.value)


@pytest.mark.parametrize("name", ["divide", "power", "float_power", "hypot", "arctan2", "logaddexp", "logaddexp2"])
@pytest.mark.parametrize("x", [(np.nan, 2.5), (2.5, np.nan)])
def test_one_of_two_that_is_not_a_number_leaves_none(name, x):
    derivatives = [got.item() for got, _ in values_and_gradients(BINARY[name], [np.array([a]) for a in x])]
    assert np.isnan(derivatives).all() or (name == "divide" and np.isnan(x[0]) and derivatives[0] == 0.4)


def test_no_elementwise_function_is_missing():
    known = {getattr(row.fn, "fn", row.fn) for row in [*UNARY.values(), *BINARY.values()]}
    others = {  # which are asked under another name, or are the others' derivatives
        *(f for f in ROWS if f.__name__ in ("fraction", "ldexp", "gauss", "bessel", "sinc_derivative", "prelu")),
        *(f for f in ROWS if f.__name__ in ("normal_gate", "mish_operation", "softsign_operation", "tanhshrink_operation")),
        bells.steepness_of_tanh, bells.steepness_of_sigmoid, shapes.cast, joining.choose, indexing.setitem,
    }  # fmt: skip
    rows = {f for f in ROWS if f in RULES and RULES[f].lets_through == ELEMENTWISE}
    assert rows - known - others == set()


# What NumPy itself gives there: the function, where, and what would be right. Ours are the derivatives, which are right.
NUMPYS = [
    (np.i0, 712.0, mp.besseli(0, 712)),  # its exponential is infinite before it is divided by the root
    (np.sinc, 1e8 + 0.25, mp.sincpi(mp.mpf(1e8) + 0.25)),  # of pi times a large number, little of the turn is left
]


@pytest.mark.parametrize(("fn", "x", "right"), NUMPYS)
def test_where_the_values_of_numpy_have_fewer_digits(fn, x, right):
    with np.errstate(over="ignore"):
        assert not abs(float(fn(x)) / float(right) - 1) < 1e-12, "it has them now: the entry can go"


@pytest.mark.parametrize("f", [np.tanh, sigmoid, F.gelu, F.silu, F.mish, F.softsign, F.erf], ids=lambda f: f.__name__)
def test_second_derivatives_go_on_far_out(f):
    assert gradcheck(f, np.array([-6.0, -3.5, -0.5, 0.25, 3.5, 6.0]), order=2)


def test_a_second_derivative_far_out_has_all_its_digits():
    for f, exact in (np.tanh, lambda x: -2 * mp.tanh(x) * sech2(x)), (sigmoid, lambda x: -slope(x) * mp.tanh(x / 2)):
        x = Tensor([-17.0, 1e-10, 20.0], requires_grad=True)
        f(x).sum().backward(create_graph=True)
        first, x.grad = x.grad, None
        first.sum().backward()
        np.testing.assert_allclose(x.grad.data, [float(exact(mp.mpf(a))) for a in x.data.tolist()], rtol=1e-12)


def test_powers_and_angles_of_the_smallest_numbers():
    a, b = (Tensor(x, requires_grad=True) for x in (1e-310, -1e-10))
    (a**b).backward()
    assert a.grad.item() == pytest.approx(-1e300, rel=1e-6)  # of a number with so few digits
    x = Tensor([1e-310, -1e-310], requires_grad=True)
    np.angle(x).sum().backward()
    assert x.grad.tolist() == [0, 0]


def loss_and_gradient(cost, scores, dtype):
    x = Tensor(np.array(scores, dtype), requires_grad=True)
    with np.errstate(over="ignore"):  # two numbers may be further apart than the largest is from 0
        loss = cost(x)
        loss.backward()
    assert loss.dtype == x.grad.dtype == dtype
    return loss.item(), x.grad.data


BIG, INF = 1000.0, np.inf
SCORES = {  # with the loss of wanting the last class, and what softmax makes of them
    "a right class that dominates": ([-BIG, -BIG, BIG], 0, [0, 0, 1]),
    "a wrong class that dominates": ([BIG, -BIG, -BIG], 2 * BIG, [1, 0, 0]),
    "large ties": ([BIG, BIG, BIG, BIG], np.log(4), [0.25] * 4),
    "low ties": ([-BIG, -BIG, -BIG, -BIG], np.log(4), [0.25] * 4),
    "a tie of two": ([BIG, -BIG, BIG], np.log(2), [0.5, 0, 0.5]),
    "all but one impossible": ([-INF, -INF, -INF, 2.0], 0, [0, 0, 0, 1]),
    "one impossible": ([0.0, -INF, 0.0], np.log(2), [0.5, 0, 0.5]),
    "the ends of half precision": ([6e4, -6e4, 6e4], np.log(2), [0.5, 0, 0.5]),
}


@every_dtype
@pytest.mark.parametrize("name", SCORES)
def test_costs_of_classes_at_large_scores(name, dtype):
    scores, want, shares = SCORES[name]
    last = np.eye(len(shares), dtype=dtype)[-1]
    near = {"rtol": 4 * np.finfo(dtype).eps, "atol": 4 * np.finfo(dtype).eps}
    label = np.array([len(shares) - 1])
    for cost in (
        lambda x: F.cross_entropy(x[None], label),
        lambda x: F.cross_entropy(x[None], last[None]),
        lambda x: F.nll_loss(F.log_softmax(x[None]), label),
        lambda x: -F.log_softmax(x)[-1],
    ):
        loss, gradient = loss_and_gradient(cost, scores, dtype)
        np.testing.assert_allclose(loss, want, **near)
        np.testing.assert_allclose(gradient, shares - last, **near)
    top, gradient = loss_and_gradient(lambda x: F.softmax(x)[-1], scores, dtype)
    np.testing.assert_allclose(top, shares[-1], **near)
    np.testing.assert_allclose(gradient, shares[-1] * (last - shares), **near)
    top, gradient = loss_and_gradient(lambda x: np.logaddexp.reduce(x), scores, dtype)
    np.testing.assert_allclose(gradient, shares, **near)


@every_dtype
@pytest.mark.parametrize("x", [BIG, -BIG, 6e4, -6e4, 0.0])
@pytest.mark.parametrize("yes", [0, 0.5, 1])
def test_costs_of_yes_or_no_at_large_scores(x, yes, dtype):
    loss, gradient = loss_and_gradient(lambda x: F.binary_cross_entropy_with_logits(x, np.array([yes], dtype)), [x], dtype)
    wrong = yes * max(-x, 0) + (1 - yes) * max(x, 0)
    np.testing.assert_allclose(loss, wrong if x else np.log(2), rtol=2 * np.finfo(dtype).eps)
    assert gradient == np.heaviside(x, 0.5) - yes


@pytest.mark.parametrize("cost", [F.huber_loss, F.smooth_l1_loss, F.l1_loss], ids=lambda f: f.__name__)
def test_costs_of_outliers_in_half_precision(cost):
    x = Tensor(np.array([300, -6e4, 0.5], np.float16), requires_grad=True)
    cost(x, np.zeros(3, np.float16), reduction="sum").backward()
    assert x.grad.tolist() == [1, -1, 1 if cost is F.l1_loss else 0.5]


def test_a_sum_of_exponentials_that_are_all_infinite_is_shared_evenly():
    for x in [INF, INF], [-INF, -INF], [INF, 3.0], [-INF, 3.0]:
        for f in (lambda x: np.logaddexp(x[0], x[1]), lambda x: np.logaddexp2(x[0], x[1]), lambda x: np.logaddexp.reduce(x)):
            _, gradient = loss_and_gradient(f, x, np.float64)
            assert gradient.tolist() == {INF: [0.5, 0.5] if x[1] == INF else [1, 0], -INF: [0.5, 0.5] if x[1] == -INF else [0, 1]}[x[0]]


# ------------------------------------------------------------------------------- sizes, and forms of calls


def test_a_long_running_product_with_a_zero_takes_linear_memory():
    x = Tensor(np.ones(20_000), requires_grad=True)
    x.data[7] = 0
    np.cumprod(x).sum().backward()
    assert x.grad.data[:9].tolist() == [7, 6, 5, 4, 3, 2, 1, 20_000 - 7, 0]


@pytest.mark.parametrize("fn", [np.var, np.std])
@pytest.mark.parametrize("ddof", [3, 4])
def test_no_degree_of_freedom_is_as_numpy_has_it(fn, ddof):
    x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        want = fn(x.data, ddof=ddof)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        y = fn(x, ddof=ddof)
    with np.errstate(all="ignore"):
        y.backward()
    np.testing.assert_array_equal(y.data, want)
    assert not np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("f", [lambda a: np.logaddexp.reduce(np.reshape(a, (2, 0))), np.logaddexp.reduce, lambda a: np.hypot.reduce(a, axis=1)])
def test_reductions_of_empty_arrays_are_what_numpy_makes_of_them(f):
    x = Tensor(np.zeros((2, 0)), requires_grad=True)
    y = f(x)
    np.testing.assert_array_equal(y.data if isinstance(y, Tensor) else y, f(x.data))
    if isinstance(y, Tensor) and y.requires_grad:
        np.sum(y).backward()
        assert x.grad.shape == (2, 0)


def test_axes_by_number_and_single_numbers_with_an_axis():
    assert gradcheck(lambda x: np.transpose(x, 0), np.array([1.0, 2.0]))
    assert gradcheck(lambda x: np.transpose(x, [1, 0]), np.ones((2, 3)))
    for axis in 0, -1:
        x = Tensor(3.0, requires_grad=True)
        y = np.repeat(x, 4, axis=axis)
        np.testing.assert_array_equal(y.data, np.repeat(np.float64(3), 4, axis=axis))
        y.sum().backward()
        assert x.grad.item() == 4
