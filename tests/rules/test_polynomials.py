"""Polynomials, convolutions, products of vectors: complex numbers, special coefficients, and what is refused."""

import warnings

import numpy as np
import pytest

from tinygrad_edu import Tensor, gradcheck

V, W = np.array([0.5, -1.0, 2.0]), np.array([0.25, 3.0])
Z, M = V + 1j * V[::-1], np.arange(6.0).reshape(2, 3) - 2.2


def leaf(a):
    return Tensor(np.array(a, float), requires_grad=True)


@pytest.mark.parametrize("mode", ["full", "same", "valid", 0, 1, 2])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("m", [1, 2, 3, 4, 5])
def test_convolutions_of_all_lengths_and_of_complex_numbers(n, m, mode):
    rng = np.random.default_rng(n + 10 * m)
    a, v = (rng.normal(size=k) + 1j * rng.normal(size=k) for k in (n, m))
    for fn in np.convolve, np.correlate:
        np.testing.assert_allclose(fn(Tensor(a), Tensor(v), mode).data, fn(a, v, mode), rtol=1e-12)
    if n + m == 5:
        assert gradcheck(lambda a, v: np.correlate(a, v, mode), [a, v])
        assert gradcheck(lambda a, v: np.convolve(a.real, v, mode), [a, v], order=2)


@pytest.mark.parametrize("call", [
    lambda z: np.polyval(V, z), lambda z: np.polyval(z, z[0]), lambda z: np.vander(z, 4),
    lambda z: np.polymul(z, [1.0, 2j]), lambda z: np.poly(z), lambda z: np.polydiv(z, [1j, 2.0])[0],
    lambda z: np.polyint(z), lambda z: np.kron(z, V), lambda z: np.cross(z, V), lambda z: np.vecdot(z, V + 1j),
    lambda z: np.vecdot(V + 1j, z), lambda z: np.sum(np.roots(z) ** 3),
])  # fmt: skip
def test_complex_numbers(call):
    np.testing.assert_allclose(call(Tensor(Z)).data, call(Z), rtol=1e-12)
    assert gradcheck(call, Z)


@pytest.mark.skipif(not hasattr(np, "vecmat"), reason="NumPy 2.2 has it first")
def test_a_vector_from_the_left_is_conjugated():
    a = np.arange(6.0).reshape(3, 2) * 1j + 1
    np.testing.assert_allclose(np.vecmat(Tensor(Z), a).data, np.vecmat(Z, a))
    assert gradcheck(np.vecmat, [Z, a])
    assert gradcheck(np.matvec, [a.T, Z])


def test_the_derivative_with_respect_to_a_coefficient_is_a_power():
    p, x = leaf([3.0, 2.0, 1.0]), leaf(0.0)
    np.polyval(p, x).backward()
    assert (p.grad.tolist(), x.grad.item()) == ([0, 0, 1], 2)


def test_coefficients_may_be_tensors_in_a_list():
    a, b = leaf(2.0), leaf(3.0)
    np.polyval([a, 1.0, b], Tensor([1.0, 2.0])).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (5, 2)


def test_zeros_in_front_are_no_coefficients():
    p = leaf([0.0, 0.0, 2.0, 1.0])
    y = np.polymul(p, [1.0, 1.0])
    assert y.tolist() == [2, 3, 1]
    y.sum().backward()
    assert p.grad.tolist() == [0, 0, 2, 2]
    assert np.polymul(leaf([0.0, 0.0]), [1.0, 2.0]).tolist() == [0, 0]


def test_what_remains_of_a_division():
    u, v = np.array([2.0, 3.0, 1.0, 4.0]), np.array([1.0, -1.0])
    assert gradcheck(np.polydiv, [u, v], order=2)
    quotient, rest = np.polydiv(leaf(np.polymul([2.0, 1.0, 3.0], v)), v)
    assert (quotient.tolist(), rest.tolist()) == ([2, 1, 3], [0])
    quotient, rest = np.polydiv(leaf(v), u)
    assert (quotient.tolist(), rest.tolist()) == ([0], [1, -1])


def test_polynomials_of_conjugate_roots_are_real():
    roots = np.array([1 + 2j, 3.0, 1 - 2j])
    p = np.poly(Tensor(roots, requires_grad=True))
    assert p.dtype == float
    np.testing.assert_allclose(p.data, np.poly(roots))
    assert gradcheck(lambda x: np.poly(np.stack([x[0] + 1j * x[1], x[0] - 1j * x[1]])), V)


def test_the_polynomial_of_a_matrix_has_its_eigenvalues_for_roots():
    a = np.array([[2.0, 1.0], [0.5, 3.0]])
    np.testing.assert_allclose(np.poly(leaf(a)).data, np.poly(a))
    assert gradcheck(np.poly, a)
    assert np.poly(leaf([[3.0]])).tolist() == [1, -3]


def test_roots_move_as_the_coefficients_do():
    p = leaf([1.0, 0.0, -4.0])
    r = np.roots(p)
    r[np.argmax(r)].backward()
    assert p.grad.tolist() == pytest.approx([-1, -0.5, -0.25])  # -(r², r, 1) / 2r


def test_objects_that_are_polynomials():
    p = np.poly1d([1.0, 2.0, 3.0])
    x = leaf(2.0)
    p(x).backward()
    assert x.grad.item() == 6
    assert np.polyadd(leaf([1.0]), p).tolist() == [1, 2, 4]
    with pytest.raises(TypeError):
        np.polyval(leaf([1.0]), p)


def test_vectors_in_the_plane_are_for_numpy_to_allow():
    a, b = V[:2], W
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wanted = [np.cross(a, b), np.cross(V, b), np.cross(a, V)]
        except ValueError:
            with pytest.raises(ValueError, match="dimension"):
                np.cross(leaf(a), leaf(b))
            return
        for (x, y), want in zip([(a, b), (V, b), (a, V)], wanted):
            np.testing.assert_allclose(np.cross(leaf(x), y).data, want)
            assert gradcheck(np.cross, [x, y], order=2)
    with pytest.warns(DeprecationWarning, match="2-dimensional"):
        np.cross(leaf(a), b)


@pytest.mark.parametrize("call", [
    lambda x: np.convolve(x, []), lambda x: np.convolve(x, M), lambda x: np.correlate(x, x, "most"),
    lambda x: np.vander(x[None]), lambda x: np.vander(x, -1), lambda x: np.polyval(x, "x"),
    lambda x: np.polyder(x, -1), lambda x: np.polyint(x, -1), lambda x: np.polyint(x, 3, [1.0, 2.0]),
    lambda x: np.polymul(x, M), lambda x: np.poly(x[None]), lambda x: np.roots(x[None]),
    lambda x: np.vecdot(x, x[:2]), lambda x: np.vecdot(x, x[0]), lambda x: np.vecdot(x, x[:1]),
    lambda x: np.cross(x, np.ones(4)), lambda x: np.cross(x, x[0]), lambda x: np.cross(x, x, axisc=1),
    lambda x: np.vecdot(x, x, axes=[0, 1]), lambda x: np.matmul(x[None], x, axes=[(0, 1), (0, 1), (0,)]),
], ids=range(20))  # fmt: skip
def test_what_numpy_refuses_is_refused(call):
    for x in V, Tensor(V), leaf(V):
        with pytest.raises((ValueError, TypeError, IndexError)):
            call(x)
