"""L-BFGS: its direction against the formula with whole matrices, its rates and where it stops; and the line search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, optim
from tinygrad_edu.optim.line_search import minimize_cubic, strong_wolfe


class Problem:
    """A cost, its parameters, and how often it was asked."""

    def __init__(self, cost, begin, **settings):
        self.x = Tensor(np.array(begin, float), requires_grad=True)
        self.cost, self.asked = cost, []
        self.lbfgs = optim.LBFGS([self.x], **settings)

    def closure(self):
        self.lbfgs.zero_grad()
        self.asked.append(self.x.data.tolist())
        y = self.cost(self.x)
        y.backward()
        return y

    def step(self):
        return self.lbfgs.step(self.closure)


def half_square(x):
    return (x * x).sum() / 2


# ------------------------------------------------------------------------------------------------------- steps by hand


def test_the_first_step_is_not_longer_than_the_rate():
    """Nothing is known yet of how the surface bends: along the gradient, by one at most in the sum of magnitudes, times the rate."""
    p = Problem(half_square, [3.0, -4.0], lr=0.5, max_iter=1)
    assert p.step().item() == 12.5
    np.testing.assert_allclose(p.x.data, np.array([3, -4]) * (1 - 0.5 / 7), rtol=1e-15)
    assert len(p.asked) == 2
    p = Problem(half_square, [0.25, -0.5], lr=0.5, max_iter=1)
    p.step()
    assert p.x.data.tolist() == [0.125, -0.25], "a small gradient is gone along by the rate"
    p = Problem(half_square, [3.0, -4.0], lr=0.5, max_iter=2)
    p.step()
    np.testing.assert_allclose(
        p.x.data, np.array([3, -4]) * (1 - 0.5 / 7) * 0.5, rtol=1e-15, err_msg="and then by the rate, each way"
    )
    p.step()
    np.testing.assert_allclose(
        p.x.data, np.array([3, -4]) * (1 - 0.5 / 7) / 8, rtol=1e-15, err_msg="in the next step, too"
    )


def test_the_second_step_of_a_round_bowl_is_right():
    p = Problem(half_square, [3.0, -4.0], max_iter=2)
    p.step()
    np.testing.assert_allclose(p.x.data, 0, atol=1e-14)


def test_where_it_stops():
    def asked(cost, begin, **settings):
        p = Problem(cost, begin, **settings)
        p.step()
        return len(p.asked)

    assert asked(half_square, [1e-7]) == 1, "the gradient is small enough"
    assert asked(half_square, [1.5e-7], tolerance_change=0.0) > 1
    assert asked(half_square, [1.0], tolerance_grad=1.0) == 1
    assert asked(half_square, [1.0], tolerance_grad=0.999) == 2, "then it is at the bottom"
    assert asked(half_square, [1.0, -2.0], tolerance_grad=1.0) > 1, "each number of the gradient counts"
    assert asked(half_square, [1e-5]) == 1, "the slope is not steep enough: 1e-10"
    assert asked(half_square, [1e-5], tolerance_change=0.9e-10) == 2
    assert asked(half_square, np.zeros((0, 2))) == 1
    slow = lambda x: half_square(x * np.array([1.0, 10.0])) + (x**4).sum()
    assert asked(slow, [3.0, 1.0], lr=0.01, tolerance_grad=0.0, tolerance_change=0.0) == 21, "twenty iterations"
    assert asked(slow, [3.0, 1.0], lr=0.01, max_iter=7) == 8
    flat = lambda x: half_square(x) * 0 + x.sum() * 0.25  # steps of 0.25, down by 0.0625
    for tolerance, times in (0.0624, 21), (0.0625, 21), (0.0626, 1):
        assert asked(flat, [0.0], tolerance_change=tolerance) == times
    steep = lambda x: x.sum() * 4  # the first step is of 1/4, and it goes down by 1 at each
    assert asked(steep, [0.0], lr=0.25, tolerance_change=0.24, max_iter=3) == 4
    assert asked(steep, [0.0], lr=0.25, tolerance_change=0.25, max_iter=3) == 2, "moved by 0.25, and no more"


def test_what_is_kept_of_a_surface():
    """Only where it bends upwards, and only the last."""
    p = Problem(lambda x: -half_square(x), [1.0], max_iter=3, lr=0.5)
    p.step()
    assert p.lbfgs.state_dict()["state"] == {}
    for bend, kept in (1.1e-10, 1), (0.9e-10, 0):
        p = Problem(
            lambda x, bend=bend: x.sum() + half_square(x) * bend, [0.0], max_iter=1
        )  # a step of 1, which changes the slope by `bend`
        p.step()
        assert len(p.lbfgs._steps) == len(p.lbfgs._bends) == kept
    cost = lambda x: half_square(x * np.array([1.0, 3.0])) + (x**4).sum()
    p, whole = (Problem(cost, [3.0, 1.0], max_iter=4, lr=0.5, history_size=n, tolerance_change=0.0) for n in (2, 100))
    p.step()
    whole.step()
    assert len(p.lbfgs._steps) == len(p.lbfgs._bends) == 2
    assert len(whole.lbfgs._steps) == 4
    steps = np.diff(np.array(p.asked), axis=0)
    np.testing.assert_allclose(p.lbfgs._steps, steps[-2:], rtol=1e-12, err_msg="the last")
    np.testing.assert_allclose(whole.lbfgs._steps, np.diff(np.array(whole.asked), axis=0), rtol=1e-12)


@given(seed=st.integers(0, 1000), n=st.integers(1, 5), m=st.integers(0, 6))
def test_the_direction_is_that_of_whole_matrices(seed, n, m):
    """The BFGS formula for the inverse Hessian, begun with a multiple of the identity (Nocedal & Wright 2006, 6.17 and 7.20)."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, n))
    hessian = a @ a.T + np.eye(n)
    lbfgs = optim.LBFGS([Tensor(np.zeros(n), requires_grad=True)])
    for s in rng.normal(size=(m, n)):
        lbfgs._remember(s, hessian @ s, 4)
    inverse = np.eye(n)
    if m:
        inverse *= (lbfgs._steps[-1] @ lbfgs._bends[-1]) / (lbfgs._bends[-1] @ lbfgs._bends[-1])
    for s, y in zip(lbfgs._steps, lbfgs._bends, strict=True):
        v = np.eye(n) - np.outer(y, s) / (y @ s)
        inverse = v.T @ inverse @ v + np.outer(s, s) / (y @ s)
    g = rng.normal(size=n)
    np.testing.assert_allclose(lbfgs._direction(g), -inverse @ g, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_several_parameters_are_one_vector(search):
    x, y, unused = (Tensor(a, requires_grad=True) for a in (np.ones((2, 2)), np.array(3.0, np.float32), np.ones(2)))
    lbfgs = optim.LBFGS([x, y, unused], line_search_fn=search)

    def closure():
        lbfgs.zero_grad()
        cost = (x * x).sum() + (y - 1) ** 2
        cost.backward()
        return cost

    assert lbfgs.step(closure) == 8
    np.testing.assert_allclose([*x.data.ravel(), y.data], [0, 0, 0, 0, 1], atol=1e-6)
    assert (x.dtype, y.dtype) == (np.float64, np.float32)
    assert unused.data.tolist() == [1, 1]


def test_with_a_line_search_a_rate_is_only_where_to_begin():
    p = Problem(half_square, [3.0, -4.0], lr=0.5, line_search_fn="strong_wolfe", max_iter=1)
    p.step()
    np.testing.assert_allclose(p.asked[1], np.array([3, -4]) * (1 - 0.5 / 7), rtol=1e-15)
    rosenbrock = lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    p = Problem(rosenbrock, [-1.2, 1.0], line_search_fn="strong_wolfe", max_iter=100)
    p.step()
    np.testing.assert_allclose(p.x.data, 1, atol=1e-4)
    assert len(p.asked) < 80


# --------------------------------------------------------------------------------------------------------- the line search


def searched(f, slope, t, **settings):
    """The length that is found along a line, and all that were tried."""
    tried = []

    def evaluate(t):
        tried.append(t)
        return f(t), np.array([slope(t)])

    length, cost, g = strong_wolfe(evaluate, np.array([1.0]), t, f(0.0), np.array([slope(0.0)]), slope(0.0), **settings)
    assert cost == f(length)
    assert g.tolist() == [slope(length)]
    return length, tried


def bowl(at):
    return lambda t: (t - at) ** 2, lambda t: 2 * (t - at)


def test_lengths_by_hand():
    assert searched(*bowl(1.0), 1.0) == (1, [1]), "good at once"
    assert searched(*bowl(1.0), 1.9) == (1.9, [1.9]), "lower, and the slope behind is small enough"
    assert searched(*bowl(1.0), 0.1) == (0.1, [0.1]), "just: a slope of -1.8, and 0.9 of -2 is that"
    assert searched(*bowl(1.0), 0.09) == (0.18, [0.09, 0.18]), "not yet, and twice as far"
    assert searched(*bowl(1.0), 0.01) == (0.16, [0.01, 0.02, 0.04, 0.08, 0.16])
    assert searched(*bowl(1.0), 2.0) == (1, [2, 1]), "as high as at the beginning: not low enough, so between them"
    assert searched(*bowl(1.0), 1.5, c2=0.1) == (1, [1.5, 1]), "behind the bottom, so between"
    assert searched(*bowl(1.0), 0.25, c2=0.1) == (1, [0.25, 0.5, 1.0])
    length, tried = searched(*bowl(1.0), 100.0)
    assert tried[:2] == [100, 10], "not nearer to an end than a tenth"
    assert length == pytest.approx(1)


def test_between_two_lengths_the_lowest_so_far_stays():
    """What lies between is low enough, level, and yet no better than where the slope is too steep still."""
    costs, slopes = {0: 0.0, 1: -0.5}, {0: -1.0, 1: 0.95}
    length, tried = searched(lambda t: costs.get(t, -0.4), lambda t: slopes.get(t, 0.0), 1.0)
    assert length == 1
    assert len(tried) > 2


def test_how_far_down_is_far_enough():
    """By c1 of what the slope at the beginning promised."""
    f, slope = lambda t: -t, lambda t: -1.0
    assert searched(lambda t: -0.25 * t, lambda t: -1.0 if t == 0 else -0.25, 1.0, c1=0.25)[0] == 1
    length, tried = searched(lambda t: -0.25 * t, lambda t: -1.0 if t == 0 else -0.25, 1.0, c1=0.26, most=2)
    assert tried[0] == 1
    assert length != 1
    assert searched(f, slope, 1.0, most=3) == (4, [1, 2, 4]), "down for ever: as far as was tried"
    assert searched(f, slope, 1.0) == (2**24, [2**i for i in range(25)])
    for down, enough in (1.2e-4, True), (0.8e-4, False):
        line = (lambda t, down=down: -down * t**3), (lambda t: -1.0 if t == 0 else -0.5)
        assert (searched(*line, 1.0)[1] == [1]) == enough


def test_a_length_that_is_higher_than_the_one_before_is_too_far():
    """Though it is low enough for the first condition."""
    f = lambda t: {0: 0.0, 1: -1.0, 2: -0.5}.get(t, -1.2)
    slope = lambda t: {0: -1.0, 1: -0.95, 2: -0.95}.get(t, 0.0)
    length, tried = searched(f, slope, 1.0)
    assert tried[:2] == [1, 2]
    assert len(tried) == 3
    assert 1 < length < 2
    f = lambda t: {0: 0.0, 1: -1.0, 2: -1.0}.get(t, -1.2)
    length, tried = searched(f, slope, 1.0)
    assert len(tried) == 3, "as high counts as higher"
    assert 1 < length < 2


@pytest.mark.parametrize("t", [0.3, 1.9, 5.0])
def test_the_bottom_stays_between_the_two_lengths(t):
    """Whichever of them is the lower one: of a cost that no cubic fits, so that it takes several."""
    for scale in 1.0, 0.5:
        f, slope = lambda t, s=scale: (s * t - 1) ** 4, lambda t, s=scale: 4 * s * (s * t - 1) ** 3
        length, tried = searched(f, slope, t, c2=1e-7)
        assert len(tried) > 3
        assert abs(slope(length)) <= 1e-7 * 4 * scale
    kink = (lambda t: abs(t - 1)), (lambda t: np.sign(t - 1) or 1.0)  # where the slope is small nowhere
    length, tried = searched(*kink, t, most=300)
    assert length == pytest.approx(1, abs=1e-12)
    assert len(tried) < 100, "and then it is enough"


def test_between_two_lengths_the_slope_decides_too():
    for within, good in (
        (-1.7, True),
        (-1.9, False),
        (1.7, True),
        (1.9, False),
    ):  # of a slope of -2 at the beginning, 0.9 is -1.8
        f, slope = (
            (lambda t: {0: 0.0, 1: 10.0}.get(t, -1.0)),
            (lambda t, within=within: {0: -2.0, 1: 20.0}.get(t, within)),
        )
        assert (len(searched(f, slope, 1.0)[1]) == 2) == good


@given(seed=st.integers(0, 100_000), t=st.sampled_from([1e-3, 0.1, 1.0, 10.0]), c2=st.sampled_from([0.9, 0.1, 1e-3]))
def test_the_strong_wolfe_conditions_hold(seed, t, c2):
    a, b, c = np.random.default_rng(seed).uniform(0.2, 3, 3)
    f = lambda t: 0.05 * (t - a) ** 2 + 0.2 * np.cos(b * t + c) + 0.01 * t**4
    slope = lambda t: 0.1 * (t - a) - 0.2 * b * np.sin(b * t + c) + 0.04 * t**3
    if slope(0.0) >= -1e-3:
        return
    length, tried = searched(f, slope, t, c2=c2)
    assert f(length) <= f(0.0) + 1e-4 * length * slope(0.0)
    assert abs(slope(length)) <= -c2 * slope(0.0)
    assert len(tried) < 40


def point(t, f, slope):
    return t, f(t), None, slope(t)


def test_the_least_of_a_cubic():
    f, slope = lambda t: t**3 - 3 * t, lambda t: 3 * t**2 - 3
    for a, b in (0.0, 2.0), (2.0, 0.0), (0.5, 1.25), (1.5, -0.5):
        assert minimize_cubic(point(a, f, slope), point(b, f, slope)) == pytest.approx(1, rel=1e-12)
    assert minimize_cubic(point(1.0, f, slope), point(3.0, f, slope)) == pytest.approx(1.2), (
        "not nearer to an end than a tenth"
    )
    assert minimize_cubic(point(3.0, f, slope), point(1.0, f, slope)) == pytest.approx(1.2)
    assert minimize_cubic(point(-2.0, f, slope), point(1.0, f, slope)) == pytest.approx(0.7)
    assert minimize_cubic((0.0, 0.0, None, -1.0), (1.0, -1.0, None, -4.0)) == pytest.approx(1 / 3), (
        "where a cubic is only level"
    )
    up = (lambda t: t), (lambda t: 1.0)
    assert minimize_cubic(point(0.0, *up), point(4.0, *up)) == 2, "the middle, where there is none"
    rising = (lambda t: t**3 + 3 * t), (lambda t: 3 * t**2 + 3)  # has no minimum at all
    assert minimize_cubic(point(-1.0, *rising), point(3.0, *rising)) == 1
