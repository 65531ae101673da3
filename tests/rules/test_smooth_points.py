"""Points where a function is smooth, while a formula for its derivative is not: zeros, equal numbers, very large and very small ones."""

import numpy as np
import pytest

import tinygrad_edu.nn.functional as F
from tinygrad_edu import func, gradcheck

L, single = np.linalg, np.float32
ONE, TURN, JORDAN = np.eye(2), np.array([[0.0, 1], [1, 0]]), np.array([[1.0, 1], [0, 1]])


def derivative(f, x, order=1):
    for _ in range(order):
        f = func.elementwise_grad(f)
    with np.errstate(over="ignore"):  # what is too large for single precision
        return f(x).data


def times(fn, *others):
    """The last of a product, or of products one after another, of the argument and other factors."""
    return lambda x: np.reshape(fn(np.stack([x, *(a + 0 * x for a in others)])), -1)[-1]


KNOWN = {  # f, x, order, and the derivative
    "logaddexp, equal": (lambda x: np.logaddexp(x, 1e17), 1e17, 1, 0.5),
    "logaddexp, right": (lambda x: np.logaddexp(1e17, x), 1e17, 1, 0.5),
    "logaddexp, single": (lambda x: np.logaddexp(x, single(1e8)), single(1e8), 1, 0.5),
    "logaddexp, far": (lambda x: np.logaddexp(x, 0.0), np.inf, 1, 1),
    "logaddexp2": (lambda x: np.logaddexp2(x, single(2e8)), single(2e8), 1, 0.5),
    "logaddexp2, right": (lambda x: np.logaddexp2(single(2e8), x), single(2e8), 1, 0.5),
    "softplus": (F.softplus, np.inf, 1, 1), "softplus, left": (F.softplus, -np.inf, 1, 0),
    "logsigmoid": (F.logsigmoid, np.inf, 1, 0), "logsigmoid, left": (F.logsigmoid, -np.inf, 1, 1),
    "arctan2, small": (lambda x: np.arctan2(x, 1e-170), 1e-170, 1, 5e169),
    "arctan2, small, right": (lambda x: np.arctan2(1e-170, x), 1e-170, 1, -5e169),
    "arctan2, large": (lambda x: np.arctan2(x, 1e170), 1e170, 1, 5e-171),
    "arctan2, single": (lambda x: np.arctan2(x, single(2e20)), single(1e20), 1, 4e-21),
    "arctan2, twice": (lambda x: np.arctan2(x, single(3e-15)), single(1e-15), 2, -6e28),
    "arcsinh": (np.arcsinh, 1e170, 1, 1e-170), "arcsinh, three times": (np.arcsinh, 1e100, 3, 2e-300),
    "arccosh": (np.arccosh, single(1e20), 1, 1e-20), "arccosh, near 1": (np.arccosh, 1 + 2.0**-50, 1, 2.0**24.5),
    "fmod": (lambda x: np.fmod(1.0, x), 0.1, 1, -9), "fmod, exact": (lambda x: np.fmod(-7.5, x), 2.0, 1, 3),
    "fmod, large": (lambda x: np.fmod(6.0, x), 0.1, 1, -59), "fmod, twice": (lambda x: np.fmod(6.0, x), 0.1, 2, 0),
    "prod": (times(np.prod, 3.0, 0.7), 1e-9, 3, 0), "prod, twice": (times(np.prod, 3.0, 0.7), 1e-9, 2, 0),
    "prod, tiny": (times(np.prod, 1e-161), 1e-162, 1, 1e-161), "prod, single": (times(np.prod, single(1e-22)), single(1e-22), 1, 1e-22),
    "cumprod": (times(np.cumprod, 3.0, 0.7), 1e-9, 3, 0), "cumprod, tiny": (times(np.cumprod, 1e-161), 1e-162, 1, 1e-161),
    "det, small": (lambda x: L.det(x * np.eye(4)), 1e-90, 1, 4e-270), "det, single": (lambda x: L.det(x * np.eye(4, dtype="f")), single(1e-12), 1, 4e-36),
    "det, large": (lambda x: L.det(x * np.eye(4, dtype="f")) * single(1e-30), single(1e10), 1, 4), "det, five": (lambda x: L.det(x * np.eye(5)), 1e-70, 1, 5e-280),
}  # fmt: skip


@pytest.mark.parametrize("case", KNOWN.values(), ids=KNOWN)
def test_very_large_and_very_small_and_equal_numbers(case):
    f, x, order, wanted = case
    assert derivative(f, x, order) == pytest.approx(wanted, rel=1e-5 if isinstance(x, single) else 1e-9, abs=1e-300)


@pytest.mark.parametrize("f", [lambda a: np.sum((L.eigvalsh(a) - 1) ** 2), lambda a: np.sum((L.svdvals(a) - 1) ** 2),
                               lambda a: np.real(np.sum(L.eigvals(a) ** 2)), lambda a: np.real(np.poly(a)[2])])  # fmt: skip
def test_no_second_derivative_is_made_of_the_vectors_of_equal_values(f):
    with pytest.raises(ValueError, match="equal, or 0"):
        func.hvp(f, (ONE,), (TURN,))


@pytest.mark.parametrize("a", [JORDAN, JORDAN - ONE, np.eye(3) + np.eye(3, k=1)], ids=["pair", "nilpotent", "three"])
@pytest.mark.parametrize(
    "f",
    [
        lambda a: np.prod(L.eigvals(a)),
        lambda a: np.sum(L.eigvals(a) ** 2),
        lambda a: np.poly(a)[2],
        lambda a: np.sum(L.eig(a)[0]),
    ],
)
def test_a_matrix_without_enough_eigenvectors_is_refused(f, a):
    with pytest.raises(ValueError, match="eigenvectors are hardly independent"):
        func.grad(lambda a: np.real(f(a)))(a)


def test_eigenvectors_that_are_far_from_right_angles_do():
    assert gradcheck(lambda a: np.real(L.eigvals(a)) ** 2, np.array([[1.0, 100], [0, 2]]), rtol=1e-3)


@pytest.mark.parametrize(("f", "x", "hessian"), [
    (lambda x: F.huber_loss(x, np.array([1.0, 2.0]), "sum"), [1.0, 2], ONE),
    (lambda x: F.smooth_l1_loss(x, np.array([1.0, 2.0]), "sum", beta=0.5), [1.0, 2], 2 * ONE),
    (lambda x: F.huber_loss(x * (1 + 1j), np.array([1 + 1j, 2 + 2j]), "sum"), [1.0, 2], 2 * ONE),
    (lambda x: L.lstsq(np.array([[1.0], [0.0]]), x, None)[1][0], [2.0, 0], np.diag([0.0, 2])),
], ids=["huber", "smooth l1", "complex", "lstsq"])  # fmt: skip
def test_squares_of_differences_that_are_0_are_curved(f, x, hessian):
    np.testing.assert_allclose(func.hessian(f)(np.array(x)).data, hessian, atol=1e-15)


def test_outputs_that_cancel_do_not_hide_that_they_have_no_derivative():
    def both(a):
        w, v = L.eigh(a)
        y = (v * w**2) @ v.T
        return np.stack([y, -y])

    with pytest.raises(ValueError, match="are equal, and the result depends on their vectors"):
        func.jvp(both, (ONE,), (TURN,))
