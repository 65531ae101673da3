"""Linear algebra where it is special: complex matrices, equal eigenvalues, singular matrices, refusals."""

from fractions import Fraction
from itertools import permutations
from math import prod

import numpy as np
import pytest
from strategies import leaves

from tinygrad_edu import Tensor, capture, debug, gradcheck
from tinygrad_edu.rules.linalg.inverses import cheapest

L = np.linalg
rng = np.random.default_rng(0)
A, B, C = rng.normal(size=(3, 3)), rng.normal(size=(4, 3)), rng.normal(size=(2, 3, 4))
ONE, ZERO, TURNING = np.eye(3), np.zeros((3, 3)), A - 2 * A.T
IA, IB, IC = (x + 1j * rng.normal(size=x.shape) for x in (A, B, C))


def swap(x):
    return np.swapaxes(x, -1, -2)


def adjoint(x):
    return np.conj(swap(x))


def hermitian(x):
    return x + adjoint(x)


def gradient(f, x):
    """Of the sum of the results' real parts."""
    x = Tensor(np.array(x), requires_grad=True)
    y = f(x)
    sum(np.sum(np.real(part)) for part in (y if isinstance(y, tuple) else (y,))).backward()
    return x.grad.data


# ------------------------------------------------------------------------------- complex matrices


def phaseless(v):
    """What phases of columns don't change."""
    return np.abs(v) ** 2, v * np.conj(v[..., :1, :])


def parts(x, full_matrices):
    """Of the singular vectors, what is well-defined: lengths, joint products, and the spaces that are left."""
    u, s, vh = L.svd(x, full_matrices=full_matrices)
    n = s.shape[-1]
    product = (u[..., :n] * np.sin(s)[..., None, :]) @ vh[..., :n, :]
    left, right = u[..., n:], vh[..., n:, :]
    return (
        *phaseless(u[..., :n]),
        s,
        *phaseless(adjoint(vh[..., :n, :])),
        product,
        left @ adjoint(left),
        adjoint(right) @ right,
    )


def eigenvectors(x):
    w, v = L.eig(x)
    return w, *phaseless(v), (v * np.sin(w)[..., None, :]) @ L.inv(v)


def eigenvectors_h(x, UPLO="L"):
    w, v = L.eigh(hermitian(x), UPLO)
    return w, *phaseless(v), (v * np.sin(w)[..., None, :]) @ adjoint(v)


COMPLEX = {
    "inv": (L.inv, IA),
    "solve": (lambda a, b: L.solve(a, b), IA, IB.T),
    "solve, real b": (lambda a, b: L.solve(a, b), IA, A[0]),
    "det": (L.det, IA),
    "slogdet": (lambda x: tuple(L.slogdet(x)), IA),
    "matrix_power": (lambda x: L.matrix_power(x, -3), IA),
    "pinv, tall": (L.pinv, IB),
    "pinv, wide": (L.pinv, IC),
    "pinv, hermitian": (lambda x: L.pinv(hermitian(x), hermitian=True), IA),
    "lstsq, tall": (lambda a, b: L.lstsq(a, b)[:2], IB, IC[0].T),
    "lstsq, wide": (lambda a, b: L.lstsq(a, b)[0], IB.T, IA),
    "cholesky": (lambda x: L.cholesky(x @ adjoint(x) + ONE), IA),
    "cholesky, upper": (lambda x: L.cholesky(x @ adjoint(x) + ONE, upper=True), IA),
    "qr": (lambda x: tuple(L.qr(x)), IA),
    "qr, tall": (lambda x: tuple(L.qr(x)), IB),
    "qr, wide": (lambda x: tuple(L.qr(x)), IC),
    "qr, r": (lambda x: L.qr(x, mode="r"), IB),
    "svd": (lambda x: parts(x, False), IA),
    "svd, tall": (lambda x: parts(x, False), IB),
    "svd, wide": (lambda x: parts(x, False), IC),
    "svd, full and tall": (lambda x: parts(x, True), IB),
    "svd, full and wide": (lambda x: parts(x, True), IC),
    "svd, hermitian": (lambda x: L.svd(hermitian(x), hermitian=True)[1], IA),
    "svdvals": (L.svdvals, IC),
    "eigh": (eigenvectors_h, IA),
    "eigh, upper": (lambda x: eigenvectors_h(x, "U"), IA),
    "eigvalsh": (lambda x: L.eigvalsh(hermitian(x)), IA),
    "eig": (eigenvectors, IA),
    "eig, of a real matrix": (eigenvectors, TURNING),
    "eigvals": (L.eigvals, IA),
    "eigvals, of a real matrix": (L.eigvals, TURNING),
    "norm": (L.norm, IC),
    "norm of order 1": (lambda x: L.norm(x, 1, axis=-1), IC),
    "norm of order 3": (lambda x: L.norm(x, 3, axis=-1), IC),
    "largest": (lambda x: L.norm(x, np.inf, axis=-1), IC),
    "nuclear norm": (lambda x: L.norm(x, "nuc", axis=(-2, -1)), IC),
    "cond": (L.cond, IA),
    "cond of order 1": (lambda x: L.cond(x, 1), IA),
    "multi_dot": (lambda a, b, c: L.multi_dot([a, b, c]), IB, IA, IC[0]),
    "vecdot": (L.vecdot, IA, IB[1:]),
}


@pytest.mark.parametrize("row", COMPLEX.values(), ids=COMPLEX.keys())
def test_complex_matrices(row):
    f, *arrays = row
    assert gradcheck(f, arrays, order=2)


def test_the_eigenvalues_of_a_real_matrix_may_be_complex():
    assert L.eigvals(TURNING).dtype == complex
    x = Tensor(TURNING, requires_grad=True)
    np.sum(np.abs(L.eigvals(x))).backward()
    assert x.grad.dtype == float


@pytest.mark.parametrize(
    "f", [lambda x: L.eigh(hermitian(x))[1], lambda x: L.eig(x)[1], lambda x: L.svd(x)[0]], ids=["eigh", "eig", "svd"]
)
def test_a_result_that_depends_on_a_phase_is_refused(f):
    with pytest.raises(ValueError, match="phase"):
        gradient(f, IA)
    assert np.isfinite(gradient(lambda x: np.abs(f(x)), IA)).all()


# --------------------------------------------------------------------------- shapes of what comes out


@pytest.mark.parametrize("f", [L.eig, L.eigh, L.qr, L.svd, L.slogdet])
def test_several_results_come_in_the_tuple_that_numpy_names(f):
    for x in Tensor(A), Tensor(A, requires_grad=True):
        got = f(x)
        assert type(got) is type(f(A))
        assert all(type(part) is Tensor for part in got)
        assert got[-1].requires_grad == x.requires_grad


@pytest.mark.parametrize(
    "f", [L.inv, L.det, L.svdvals, L.eigvalsh, L.eigvals, L.slogdet, L.qr, L.eigh, L.eig, L.svd, L.pinv]
)
def test_no_matrices_and_matrices_without_elements(f):
    for shape in (0, 2, 2), (3, 0, 0), (0, 0):
        if 0 in shape[-2:] and f is L.pinv:
            continue  # for all of NumPy's versions to agree
        assert gradient(f, np.zeros(shape)).shape == shape


def test_single_precision_stays():
    x = Tensor(A.astype(np.float32), requires_grad=True)
    for f in L.inv, L.det, L.svdvals, L.norm, L.pinv, lambda x: L.eigh(x)[1] ** 2, lambda x: L.qr(x)[0]:
        assert f(x).dtype == np.float32
        np.sum(f(x)).backward()
    assert x.grad.dtype == np.float32


def test_a_symmetric_matrix_gets_a_symmetric_gradient():
    """Though only one of its triangles is read."""
    s = A @ A.T + ONE
    for f in L.cholesky, L.eigvalsh, lambda x: L.eigh(x, "U")[1] ** 2, lambda x: L.pinv(x, hermitian=True):
        g = gradient(lambda x, f=f: f(x) * np.arange(3.0), s)
        np.testing.assert_allclose(g, g.T, atol=1e-15)


def test_debug_mode_looks_at_every_result():
    with debug():
        assert np.isfinite(gradient(L.eigvalsh, A)).all()
        assert np.isfinite(gradient(lambda x: L.eigh(x)[1] ** 2, A)).all()


# ------------------------------------------------------------------------------------- singular


@pytest.mark.parametrize("a", [np.arange(1.0, 10).reshape(3, 3), np.diag([0.0, 2, 3]), np.diag([0.0, 0, 3]), ZERO, np.zeros((1, 1)), ONE, np.diag([0.0, 1, 2, 3])],
                         ids=["rank 2", "diagonal, rank 2", "rank 1", "rank 0", "number", "one", "four"])  # fmt: skip
def test_the_determinant_has_derivatives_everywhere(a):
    assert gradcheck(L.det, a, order=2)
    assert gradcheck(L.det, np.stack([a, a + a.shape[0] * np.eye(len(a))]), order=2)


def test_of_small_matrices_of_whole_numbers_it_is_exact():
    assert gradient(L.det, np.arange(1.0, 10).reshape(3, 3)).tolist() == [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]]
    assert gradient(L.det, np.array([[2.0, 3.0], [4.0, 6.0]])).tolist() == [[6, -4], [-3, 2]]
    assert gradient(L.det, np.array([[2.0, 1, 3], [1, 4, 1], [5, 9, 2]])).tolist() == [
        [-1, 3, -11],
        [25, -11, -13],
        [-11, 1, 7],
    ]


SINGULAR = {
    "0": ZERO, "rank 1": np.outer(A[0], A[1]), "rank 2": A[:, :2] @ B[:2], "a singular value of exactly 0": np.diag([2.0, -1, 0]),
    "rank 3 of 4": B[:, :3] @ C[0], "rank 2 of 4": B[:, :2] @ C[0, :2], "equal ones beside 0": np.diag([1.0, 1, 0]),
    "complex, rank 1": np.outer(IA[0], IA[1]), "complex, rank 2": IA[:, :2] @ IB[:2], "complex, exactly": np.diag([1j, 2, 0]),
    "0 of four": np.zeros((4, 4)), "rank 1 of 6": np.outer(np.arange(1.0, 7), np.cos(np.arange(6.0))) / 20,
    "all but": A[:, :2] @ B[:2] + 1e-7 * TURNING, "five": np.diag([1.0, 1e-5, 0, 0, 2]),
}  # fmt: skip


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("a", SINGULAR.values(), ids=SINGULAR)
def test_derivatives_of_all_orders_where_a_determinant_is_0(a, order):
    assert gradcheck(L.det, a, order=order, fast=True)


@pytest.mark.parametrize("a", [np.diag([2.0, -1, 3, 0, 0.5]), np.diag([2.0, 1, 0, 0]), np.vander([1.0, 2, 3, 5])])
def test_a_captured_determinant_asks_for_no_number(a):
    """A rule that may not look at numbers goes by the singular values, whichever these are."""
    det = capture(L.det)
    for x in (a, swap(a) + np.triu(np.ones_like(a)), a):
        np.testing.assert_allclose(gradient(det, x), gradient(L.det, x), rtol=1e-12, atol=1e-12)


def without_one(a, i, j):
    """The exact determinant of what is left."""
    rows = [[Fraction(float(x)) for x in np.delete(row, j)] for row in np.delete(a, i, 0)]
    signs = {
        p: (-1) ** sum(p[k] > p[l] for l in range(len(p)) for k in range(l)) for p in permutations(range(len(rows)))
    }
    return (-1) ** (i + j) * sum(sign * prod(row[k] for row, k in zip(rows, p)) for p, sign in signs.items())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [2, 3, 5, 6])
@pytest.mark.parametrize("sizes", [lambda n: 10.0 ** -np.arange(n), lambda n: 10.0 ** (-2 * np.arange(n)), lambda n: np.arange(n) > 1],
                         ids=["graded", "steeply", "two zeros"])  # fmt: skip
def test_the_derivative_of_a_determinant_is_exact_of_nearly_singular_matrices(sizes, n, dtype):
    random = np.random.default_rng(n)
    left, right = (L.qr(random.normal(size=(n, n)))[0] for _ in range(2))
    a = ((left * sizes(n)) @ right).astype(dtype)
    exact = np.array([[float(without_one(a, i, j)) for j in range(n)] for i in range(n)])
    changed = 2**-52 * np.sort(sizes(n).astype(float))[::-1][: n - 2].prod()  # by rounding `a` in double precision
    np.testing.assert_allclose(gradient(L.det, a), exact, rtol=10 * np.finfo(dtype).eps, atol=100 * changed)


def test_the_third_derivative_of_a_determinant():
    """Of one that is 0; it is a polynomial of degree 3, so that differences of any width are exact."""

    def second(x):
        x = Tensor(x, requires_grad=True)
        for _ in range(2):
            y, x.grad = np.sum((L.det(x) if x.grad is None else x.grad) * direction), None
            y.backward(create_graph=True)
        return np.sum(x.grad * direction)

    a, direction = np.arange(1.0, 10).reshape(3, 3), np.cos(np.arange(9.0)).reshape(3, 3)
    assert (second(a + direction) - second(a - direction)).data / 2 == pytest.approx(6 * L.det(direction))


def test_what_cannot_be_inverted_is_an_error():
    for f in L.inv, lambda x: L.solve(x, np.ones(3)), lambda x: L.slogdet(x)[1], lambda x: L.matrix_power(x, -1):
        with pytest.raises(L.LinAlgError):
            gradient(f, ZERO)


# ----------------------------------------------------------------------------- equal eigenvalues


@pytest.mark.parametrize("a", [ONE, ZERO, np.diag([1.0, 2, 1])], ids=["one", "zero", "two of three"])
@pytest.mark.parametrize("f", [L.eigvalsh, lambda x: L.eigh(x)[0], L.eigvals], ids=["eigvalsh", "eigh", "eigvals"])
def test_functions_of_equal_eigenvalues(f, a):
    np.testing.assert_allclose(gradient(lambda x: f(x) ** 3, a), 3 * a @ a, atol=1e-15)


@pytest.mark.parametrize("f", [lambda x: L.eigh(x)[1], lambda x: L.eig(x)[1], lambda x: L.svd(x)[0], lambda x: L.svd(x)[2]],
                         ids=["eigh", "eig", "u", "vh"])  # fmt: skip
def test_vectors_that_belong_to_equal_values_get_no_nan(f):
    assert np.isfinite(gradient(lambda x: f(x) ** 3, ONE)).all()
    assert np.isfinite(gradient(lambda x: np.abs(f(x)) ** 3, ONE + 0j)).all()
    assert gradient(lambda x: np.sum(f(x) ** 2), ONE) == pytest.approx(ZERO)


@pytest.mark.parametrize("w", [[1.0, 1.0, 2.0], [1.0, 1.0 + 2**-52, 2.0]], ids=["equal", "but for rounding"])
def test_some_eigenvalues_equal(w):
    """The others' vectors have derivatives. Those of the equal ones may be turned, and the rule can't know by what the result
    would change: a function of the matrix such as its root has a derivative there, but not by this way."""

    def projection(v, columns):
        return v[:, columns] @ adjoint(v[:, columns])

    for x in A, IA:
        q = L.qr(x)[0]
        a = q * w @ adjoint(q)
        assert gradcheck(lambda x: projection(L.eigh(hermitian(x))[1], slice(2, 3)), a)
        assert gradcheck(lambda x: projection(L.svd(x)[0][:, ::-1], slice(2, 3)), a)
        for f in (
            lambda x: projection(L.eigh(hermitian(x))[1], slice(2)),
            lambda x: projection(L.svd(x)[2], slice(1, 3)),
            lambda x: (lambda w, v: (v * np.sqrt(w)) @ adjoint(v))(*L.eigh(hermitian(x))),
        ):
            with pytest.raises(ValueError, match="are equal, and the result depends on their vectors"):
                gradient(lambda x, f=f: np.real(f(x)), a)


def test_singular_values_are_flat_at_zero():
    a = np.diag([2.0, 0.0, 0.0])
    np.testing.assert_array_equal(gradient(L.svdvals, a), np.diag([1.0, 0, 0]))
    np.testing.assert_array_equal(gradient(lambda x: L.svd(x, compute_uv=False), a), np.diag([1.0, 0, 0]))
    np.testing.assert_array_equal(gradient(lambda x: L.svd(x)[1] ** 2, a), np.diag([4.0, 0, 0]))


def product_by_svd(x, f=lambda s: s, **how):
    u, s, vh = L.svd(x, full_matrices=False, **how)
    return (u * f(s)[..., None, :]) @ vh


def product_by_eigh(x, f=lambda w: w):
    w, v = L.eigh(hermitian(x))
    return (v * f(w)[..., None, :]) @ adjoint(v)


def product_by_eig(x, f=lambda w: w):
    w, v = L.eig(x)
    return np.real((v * f(w)[..., None, :]) @ L.inv(v))


@pytest.mark.parametrize(
    "a",
    [np.diag([2.0, 1, 0]), np.diag([0.0, -2]), np.zeros((1, 1)), A[:, :2] @ B[:2]],
    ids=["diagonal", "negative", "number", "rank 2"],
)
def test_one_value_of_0_goes_on_through_0(a):
    """The product of all factors is the matrix, whose derivative exists."""
    assert gradcheck(product_by_svd, a, order=2)
    assert gradcheck(product_by_eigh, a, order=2)
    assert gradcheck(lambda x: product_by_svd(hermitian(x), hermitian=True), a, order=2)
    assert gradcheck(lambda x: product_by_svd(x, np.sin), np.stack([a, a + 3 * np.diag(1.0 + np.arange(len(a)))]))


@pytest.mark.parametrize(("f", "a"), [
    (product_by_svd, np.diag([2.0, 0, 0])), (product_by_svd, np.outer(A[0], A[1])), (product_by_svd, ZERO),
    (product_by_svd, np.outer(B[0], B[1])[:2] * 1e-5), (product_by_svd, B[:, :2] @ A[:2]), (product_by_svd, np.eye(3, 2) * [2, 0]),
    (product_by_svd, (np.eye(3, 2) * [2, 0]).T), (product_by_svd, IA[:, :2] @ IB[:2]), (product_by_svd, np.diag([2, 1j, 0])),
    (lambda x: L.svd(x)[0], A @ np.diag([1.0, 0, 0]) @ A.T), (lambda x: L.svd(x)[2], ONE[[1, 2, 0]]), (lambda x: L.svd(x, full_matrices=False)[0] ** 3, B[:, :2] @ A[:2]),
    (lambda x: L.svd(x, full_matrices=False)[2] ** 3, (B[:, :2] @ A[:2]).T), (lambda x: product_by_svd(x, lambda s: s - 2), np.diag([2.0, 2, 1])),
    (product_by_eigh, np.outer(A[0], A[0])), (product_by_eigh, ZERO), (lambda x: product_by_eigh(x, lambda w: w - 2), np.diag([1.0, 1, 3])),
    (product_by_eig, np.diag([1.0, 0, 0])), (lambda x: product_by_eig(x, lambda w: w - 2), np.diag([2.0, 2, 3])),
])  # fmt: skip
def test_several_values_of_0_may_go_anywhere(f, a):
    """Its gradient exists, mostly, but the factors' do not tell it. The rounding of what is not exactly 0 changes nothing."""
    weights = np.random.default_rng(0).normal(size=f(a).shape)
    with pytest.raises(ValueError, match=r"have no derivative\s*there"):
        gradient(lambda x: f(x) * weights, a)


def test_of_factors_the_values_alone_are_not_known_to_be_alone():
    with pytest.raises(ValueError, match="use svdvals for the values alone"):
        gradient(lambda x: L.svd(x)[1], np.diag([2.0, 0, 0]))


@pytest.mark.parametrize(("f", "a"), [(L.eigvalsh, ZERO), (L.eigvalsh, np.diag([0.0, 0, 1])), (L.svdvals, ZERO), (L.svdvals, np.diag([2.0, 1, 0])),
                                      (L.svdvals, B[:, :2] @ A[:2]), (L.svdvals, IA[:, :2] @ IB[:2])])  # fmt: skip
def test_the_second_derivative_of_values_of_0_is_not_made_of_vectors(f, a):
    np.testing.assert_allclose(gradient(lambda x: f(x) ** 2, a), 2 * a, atol=1e-14)
    x = Tensor(a, requires_grad=True)
    with pytest.raises(ValueError, match="values are equal, or 0, where functions of them have no second derivative"):
        np.sum(f(x) ** 2).backward(create_graph=True)


def test_one_eigenvalue_of_0_is_one_as_any_other():
    assert gradcheck(lambda x: L.eigvalsh(hermitian(x)) ** 2, np.diag([0.0, 1, -2]), order=2)


def test_values_of_0_that_are_left_out_do_no_harm():
    a = np.outer(A[0], A[1])
    largest = gradient(lambda x: (lambda u, s, vh: u[:, :1] * s[:1] @ vh[:1])(*L.svd(x)), a)
    np.testing.assert_allclose(
        largest,
        gradient(lambda x: (lambda u, s, vh: u[:, :1] * s[:1] @ vh[:1])(*L.svd(x)), a + 1e-9 * B[:3]),
        atol=1e-7,
    )
    np.testing.assert_allclose(gradient(lambda x: L.svd(x)[1][0], ONE).sum(), 1)  # one of the equal ones: a subgradient


def test_null_vectors():
    """The singular vectors of a singular value of 0 are as well-defined as any other."""
    a = IA.copy()
    a[0] = 2 * a[1]
    by_svd = gradient(lambda x: phaseless(adjoint(L.svd(x)[2])[:, 2:]), a)
    by_eigh = gradient(lambda x: phaseless(L.eigh(adjoint(x) @ x)[1][:, :1]), a)
    np.testing.assert_allclose(by_svd, by_eigh, rtol=1e-7)


# ----------------------------------------------------------------------------------------- norms


@pytest.mark.parametrize("ord", [None, 2, 1, 0, np.inf, -np.inf, 3, 1.5, 0.5, -1])
def test_the_norm_is_flat_at_the_origin(ord):
    with np.errstate(divide="ignore"):
        assert gradient(lambda x: L.norm(x, ord), [0.0, -0.0]).tolist() == [0, 0]
        assert np.isfinite(gradient(lambda x: L.norm(x, ord, axis=1), [[0.0, 0.0], [0.0, 2.0]])).all()


@pytest.mark.parametrize("ord", [-1, -2.5])
def test_a_single_zero_holds_a_norm_of_negative_order_at_zero(ord):
    with np.errstate(divide="ignore"):
        assert gradient(lambda x: L.norm(x, ord), [0.0, 2.0]).tolist() == [0, 0]


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_the_norm_is_flat_at_the_matrix_of_zeros(ord):
    assert gradient(lambda x: L.norm(x, ord), ZERO).tolist() == ZERO.tolist()


def test_equally_large_ones_share():
    assert gradient(lambda x: L.norm(x, np.inf), [3.0, -3, 1]).tolist() == [0.5, -0.5, 0]
    assert gradient(lambda x: L.norm(x, 2), np.eye(2)).tolist() == [[0.5, 0], [0, 0.5]]
    assert gradient(lambda x: L.norm(x, 1), np.eye(2)).tolist() == [[0.5, 0], [0, 0.5]]
    assert gradient(L.cond, np.eye(2)).tolist() == [[0, 0], [0, 0]]


def test_integers_are_numbers_too():
    for f in (
        lambda x: L.norm(x, 3),
        lambda x: L.norm(x),
        lambda x: L.norm(x, np.inf),
        lambda x: L.vector_norm(x, ord=1),
    ):
        got, want = f(Tensor([3, 4])), f(np.array([3, 4]))
        assert got.dtype == want.dtype
        assert got.data == want


def test_the_largest_of_nothing():
    x = Tensor(np.zeros((0, 2)), requires_grad=True)
    assert L.norm(x, np.inf, axis=0).tolist() == [0, 0]


def test_singular_matrices_in_a_stack_have_infinite_condition():
    x = np.stack([A, ZERO])
    for p in None, 2, -2, 1, "fro":
        t = Tensor(x, requires_grad=True)
        y = L.cond(t, p)
        np.testing.assert_allclose(y.data, L.cond(x, p))
        np.sum(y).backward()
        assert np.abs(t.grad.data[0]).max() > 0
        np.testing.assert_array_equal(t.grad.data[1], ZERO)


# ----------------------------------------------------------------------------------- least squares


def test_low_rank():
    u, v, b = B[:, :2], A[:2], B[:, 2]
    assert gradcheck(lambda u, v: L.pinv(u @ v, rcond=1e-9), [u, v], order=2)
    assert gradcheck(lambda u, v, b: L.lstsq(u @ v, b, rcond=1e-9)[0], [u, v, b], order=2)


def test_dropping_what_is_not_zero_is_refused():
    for f in (lambda x: L.pinv(x, rcond=0.5), lambda x: L.pinv(x, rtol=0.5), lambda x: L.lstsq(x, np.ones(3), 0.5)[0]):
        f(Tensor(A))
        with pytest.raises(NotImplementedError, match="rcond"):
            gradient(f, A)


def test_badly_conditioned_matrices_are_not_mistaken_for_singular_ones():
    hilbert = 1 / (1 + np.add.outer(np.arange(8.0), np.arange(8.0)))
    assert np.isfinite(gradient(L.pinv, hilbert)).all()


def test_what_lstsq_gives():
    for a, b in (B, C[0, 0]), (B.T, A), (ONE, A), (np.ones((4, 2)), B):
        got, want = L.lstsq(Tensor(a, requires_grad=True), Tensor(b)), L.lstsq(a, b)
        assert type(got) is tuple
        for g, w in zip(got, want):
            assert g.dtype == np.asarray(w).dtype
            np.testing.assert_allclose(g.data, w, atol=1e-14)


def test_an_ambiguous_fit_warns():
    x = Tensor([1.0, 1.0, 1.0], requires_grad=True)
    with pytest.warns(np.exceptions.RankWarning):
        np.polyfit(x, np.arange(3.0), 1)


def test_a_fit_drops_what_rcond_says():
    x, y = np.arange(4.0), Tensor([1.0, 3.0, 2.0, 5.0], requires_grad=True)
    with pytest.warns(np.exceptions.RankWarning):
        np.polyfit(x, y.data, 1, rcond=0.9)
    with (
        pytest.warns(np.exceptions.RankWarning),
        pytest.raises(NotImplementedError, match="rcond drops singular values"),
    ):
        np.polyfit(x, y, 1, rcond=0.9)[0].backward()
    assert np.polyfit(x, y, 1).requires_grad


# ---------------------------------------------------------------------------------- products, powers


def test_a_chain_of_products_is_computed_in_the_cheapest_order():
    assert cheapest((10, 100, 5, 50)) == (10 * 100 * 5 + 10 * 5 * 50, 2)
    assert cheapest((30, 35, 15, 5, 10, 20, 25)) == (15125, 3)  # an example of many textbooks
    chain = [np.ones(3), np.ones((3, 4)), np.ones((4, 2)), np.ones(2)]
    assert L.multi_dot(leaves(chain)).data == L.multi_dot(chain)


@pytest.mark.parametrize("n", range(-4, 9))
def test_powers(n):
    x = Tensor(A, requires_grad=True)
    np.testing.assert_allclose(L.matrix_power(x, n).data, L.matrix_power(A, n), rtol=1e-11)
    assert gradcheck(lambda x: L.matrix_power(x, n), C[:, :, :3])


# ---------------------------------------------------------------------------------------- refusals

REFUSED = [
    lambda x: L.inv(x[:2]), lambda x: L.det(x[:2]), lambda x: L.solve(x, x[:2]), lambda x: L.matrix_power(x[:2], 1),
    lambda x: L.matrix_power(x, 0.5), lambda x: L.tensorinv(x, 0), lambda x: L.tensorinv(x[:2], 1), lambda x: L.tensorsolve(x, x[0, :2]),
    lambda x: L.multi_dot([x]), lambda x: L.multi_dot([x, x[0], x]), lambda x: L.multi_dot([x, x[:, :2], x]), lambda x: L.qr(x, "full-blown"),
    lambda x: L.qr(x[0]), lambda x: L.cholesky(-x @ x.T), lambda x: L.eigh(x, "M"), lambda x: L.eig(x[0]), lambda x: L.svd(x[0]),
    lambda x: L.norm(x, 3), lambda x: L.norm(x, "nuc", axis=0), lambda x: L.norm(x, axis=(0, 0)), lambda x: L.norm(x, axis=2),
    lambda x: L.norm(x, axis=(0, 1, 2)), lambda x: L.norm(x, axis="first"), lambda x: L.norm(x[None], 2), lambda x: L.vector_norm(x, ord="fro"),
    lambda x: L.cond(x[:0, :0]), lambda x: L.cond(x[:2], 1), lambda x: L.pinv(x, rcond=0.1, rtol=0.1), lambda x: L.lstsq(x, x[:2]),
    lambda x: L.lstsq(x[0], x[0]), lambda x: L.outer(x, x), lambda x: L.cross(x[:, :2], x[:, :2]), lambda x: L.diagonal(x[0]),
    lambda x: L.trace(x[0]), lambda x: np.polyfit(x, x, 1), lambda x: np.polyfit(x[0], x[0], -1), lambda x: np.polyfit(x[0], x[0, :2], 1),
    lambda x: np.polyfit(x[0], x[0], 1, w=x), lambda x: L.matrix_transpose(x[0]), lambda x: L.norm(x, "euclidean"),
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_numpy_refuses_is_refused(call):
    loud = (ValueError, TypeError, IndexError)  # a LinAlgError is a ValueError
    with pytest.raises(loud):
        call(A)
    with pytest.raises(loud):
        call(Tensor(A, requires_grad=True))


@pytest.mark.parametrize("call", [lambda x: L.qr(x, mode="raw"), lambda x: np.polyfit(x[0], x[1], 1, full=True),
                                  lambda x: np.polyfit(x[0], x[1], 1, cov=True)], ids=["qr", "full", "cov"])  # fmt: skip
def test_what_has_no_rule_is_refused(call):
    with pytest.raises(NotImplementedError, match="no derivative rule"):
        call(Tensor(A, requires_grad=True))
