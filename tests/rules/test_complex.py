"""Complex numbers: every function is right for them or refuses; gradients point where PyTorch's do."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import STRATEGIES, leaves, listed

from tinygrad_edu import GradcheckError, Tensor, apply, gradcheck, nn, relu, rule, sigmoid, squared_error
from tinygrad_edu.engine.table import COMPOSITES, RULES

RNG = np.random.default_rng(0)
NOT_TURNED = {
    "numpy.linalg",  # tests/rules/test_linalg.py sees to it: its matrices must stay what they are
    "tinygrad_edu.func.trace", "tinygrad_edu.rules.linalg.norms",  # the insides of other functions
    np.unique_values, np.polydiv,  # the order of what it gives is any; rounding decides the length of a remainder
    np.round, np.around, np.rint,  # turned numbers may lie at a jump
}  # fmt: skip
ROWS = [
    fn
    for fn in dict.fromkeys([*RULES, *COMPOSITES])
    if fn in STRATEGIES and not NOT_TURNED & {fn, getattr(fn, "__module__", None)}
]
SINGLE = {"f": np.float32, "c": np.complex64}


def name(fn):
    return f"{getattr(fn, '__module__', None) or 'numpy'}.{fn.__name__}".replace("tinygrad_edu.rules.", "")


def some(*shape):
    """Complex numbers of every direction."""
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


# ------------------------------------------------------------------------------------ the whole table


@st.composite
def turned(draw, case):
    """The arrays of a call, some or all of them turned off the real axis."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 16)))
    which = [a.dtype.kind == "f" and draw(st.sampled_from([True, True, False])) for a in case.arrays]
    if case.together or not any(which):
        which = [a.dtype.kind == "f" for a in case.arrays]
    angles = [rng.uniform(-1, 1, a.shape) / np.maximum(1, np.abs(a)) for a in case.arrays]
    return [a * np.exp(1j * angle) if w else a for w, a, angle in zip(which, case.arrays, angles)]


@pytest.mark.slow
@pytest.mark.parametrize("fn", ROWS, ids=name)
@given(data=st.data())
def test_every_function_is_right_for_complex_numbers_or_refuses_them(fn, data):
    """What NumPy refuses is refused. What it computes has its value, and two right derivatives, or says why not."""
    case = data.draw(STRATEGIES[fn])
    arrays = [np.asarray(a) for a in data.draw(turned(case))]  # no NumPy scalars, which np.astype refused once
    if case.arbitrary or not any(a.dtype.kind == "c" for a in arrays):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)  # NumPy's, of imaginary parts that it drops
        try:
            expected = case.expected(*arrays)
        except (TypeError, ValueError):
            with pytest.raises((TypeError, ValueError)):
                gradcheck(lambda *xs: tuple(listed(case(*xs))), arrays)
            return
        refusal = None
        try:
            results = listed(case(*leaves(arrays)))
            gradcheck(lambda *xs: tuple(listed(case(*xs))), arrays, order=2, fast=True)
        except (TypeError, ValueError, NotImplementedError) as error:
            refusal = str(error)
        if refusal:
            assert "complex" in refusal or "not supported for the input types" in refusal
            return
        check_values(results, expected, 1e-12)

        arrays = [a.astype(data.draw(st.sampled_from([a.dtype, SINGLE.get(a.dtype.kind, a.dtype)]))) for a in arrays]
        xs = leaves(arrays)
        results = listed(case(*xs))
        check_values(results, case.expected(*arrays), 1e-4)
        for y in results:
            if y.requires_grad:
                y.backward(np.ones(y.shape, y.dtype), retain_graph=True)
    for x, a in zip(xs, arrays):
        assert x.grad is None or (x.grad.shape, x.grad.dtype) == (a.shape, a.dtype)


def check_values(results, expected, tolerance):
    assert len(results) == len(expected)
    for y, want in zip(results, expected):
        assert (y.shape, y.dtype) == (want.shape, want.dtype)
        np.testing.assert_allclose(y.data, want, rtol=tolerance, atol=tolerance)


HOLOMORPHIC = {  # functions with a complex derivative, and where it is tried
    np.negative: 0.7, np.positive: 0.7, np.square: 0.7, np.sqrt: 0.7, np.reciprocal: 0.7, np.exp: 0.7, np.exp2: 0.7,
    np.expm1: 0.7, np.log: 0.7, np.log2: 0.7, np.log10: 0.7, np.log1p: 0.7, np.sin: 0.7, np.cos: 0.7, np.tan: 0.7,
    np.arcsin: 0.7, np.arccos: 0.7, np.arctan: 0.7, np.sinh: 0.7, np.cosh: 0.7, np.tanh: 0.7, np.arcsinh: 0.7,
    np.arccosh: 1.7, np.arctanh: 0.7, sigmoid: 0.7,
}  # fmt: skip


def test_no_function_with_a_complex_derivative_is_forgotten():
    complex_to_complex = {fn for fn in RULES if isinstance(fn, np.ufunc) and fn.nin == 1 and "D->D" in fn.types}
    assert complex_to_complex - set(HOLOMORPHIC) == {np.conjugate, np.sign, np.rint}


@pytest.mark.parametrize("fn", HOLOMORPHIC, ids=lambda fn: fn.__name__)
@given(offset=st.floats(-0.25, 0.25))
def test_a_derivative_is_the_imaginary_part_of_a_complex_step(fn, offset):
    """``f(x + ih) = f(x) + ih f'(x)``: differences without a subtraction, and so exact to the last digits."""
    at = HOLOMORPHIC[fn] + offset
    x = Tensor(at, requires_grad=True)
    fn(x).backward()
    h = 1e-30
    assert x.grad.item() == pytest.approx(fn(np.complex128(at + 1j * h)).imag / h, rel=1e-13)


@pytest.mark.parametrize("fn", HOLOMORPHIC, ids=lambda fn: fn.__name__)
def test_a_function_with_a_complex_derivative_has_one_that_is_conjugated(fn):
    """The gradient of the real part, as students meet it: the conjugate of f'(z), whatever f is."""
    z = Tensor(0.6 + 0.3j, requires_grad=True)
    np.real(fn(z)).backward()
    h = 1e-6
    slope = (fn(np.complex128(z.data + h)) - fn(np.complex128(z.data - h))) / (2 * h)
    assert z.grad.item() == pytest.approx(np.conj(slope), rel=1e-8)


# ------------------------------------------------------------------------------------ the convention


def test_the_parts_of_a_gradient_are_the_derivatives_with_respect_to_the_parts():
    z = Tensor(3 + 4j, requires_grad=True)
    np.absolute(z).backward()
    assert z.grad.item() == pytest.approx(0.6 + 0.8j)
    a, b = Tensor(3.0, requires_grad=True), Tensor(4.0, requires_grad=True)
    np.absolute(a + 1j * b).backward()
    assert (a.grad.item(), b.grad.item()) == pytest.approx((0.6, 0.8))
    assert a.grad.dtype == b.grad.dtype == float


def test_a_gradient_of_double_precision_keeps_both_parts_in_single_precision():
    z, w = Tensor(np.array([1 + 2j], np.complex64), requires_grad=True), np.array([3 + 4j])
    np.real(z * w).sum().backward()
    assert z.grad.tolist() == [3 - 4j]
    assert z.grad.dtype == np.complex64


def test_descending_along_the_gradient_arrives():
    c = some(3)
    z = Tensor(np.zeros(3, complex), requires_grad=True)
    for _ in range(60):
        z.grad = None
        np.sum(np.absolute(z - c) ** 2).backward()
        z = Tensor(z.data - 0.25 * z.grad.data, requires_grad=True)
    np.testing.assert_allclose(z.data, c, rtol=1e-12)


def test_gradients_on_the_way_follow_the_same_convention():
    """What retain_grad leaves, and what backward is given, are gradients as at the leaves."""
    z = Tensor(some(3), requires_grad=True)
    y = z * (2 - 1j)
    y.retain_grad()
    np.sum(np.absolute(y) ** 2).backward(retain_graph=True)
    np.testing.assert_allclose(y.grad.data, 2 * y.data)
    np.testing.assert_allclose(z.grad.data, 2 * y.data * (2 + 1j))
    before, z.grad = z.grad.data, None
    y.backward(2 * y.data)
    np.testing.assert_allclose(z.grad.data, before)


def test_a_gradient_can_be_differentiated():
    """Of the squared length of the gradient of |z|³, which is 9|z|⁴."""
    z = Tensor(1 + 2j, requires_grad=True)
    (np.absolute(z) ** 3).backward(create_graph=True)
    first, z.grad = z.grad, None
    (np.real(first) ** 2 + np.imag(first) ** 2).backward()
    assert z.grad.item() == pytest.approx(36 * 5 * (1 + 2j))


def test_the_parts_are_at_hand():
    z = Tensor([1 + 2j, 3 - 1j], requires_grad=True)
    assert (z.real.tolist(), z.imag.tolist(), z.conj().tolist()) == ([1, 3], [2, -1], [1 - 2j, 3 + 1j])
    np.sum(z.real * [2.0, 3.0] + z.imag * [5.0, 7.0] + (z.conj() * 1j).real).backward()
    assert z.grad.tolist() == [2 + 6j, 3 + 8j]
    x = Tensor([1.0, 3.0], requires_grad=True)
    np.sum(x.real * 2 + x.imag + x.conjugate()).backward()
    assert x.grad.tolist() == [3, 3]


@pytest.mark.parametrize(("real", "both"), [(np.float32, np.complex64), (np.float64, np.complex128)])
@pytest.mark.parametrize(
    "f", [lambda x: x * 2j, lambda x: 2j + x, lambda x: x / (1 + 1j), lambda x: 1j**x, lambda x: x**2j]
)
def test_a_complex_number_of_pythons_is_weak(f, real, both):
    x = Tensor(np.array([0.5, 2.0], real), requires_grad=True)
    y = f(x)
    assert y.dtype == both
    np.sum(np.real(y)).backward()
    assert x.grad.dtype == real
    z = Tensor(x.data.astype(both), requires_grad=True)
    np.sum(np.real(f(z))).backward()
    assert z.grad.dtype == both
    np.testing.assert_allclose(x.grad.data, z.grad.data.real, rtol=1e-5)


def test_the_imaginary_part_that_a_cast_drops_gets_no_gradient():
    z = Tensor([1 + 2j, 3 - 1j], requires_grad=True)
    with pytest.warns(np.exceptions.ComplexWarning):
        y = z.astype(float)
    (y * [2.0, 3.0]).sum().backward()
    assert z.grad.tolist() == [2, 3]
    x = Tensor([1.0, 2.0], requires_grad=True)
    np.sum(np.imag(x.astype(complex) * (2 + 5j))).backward()
    assert x.grad.tolist() == [5, 5]


# ------------------------------------------------------------------------------------ singular points


def gradient(f, z):
    """Of the sum of the real parts; without a warning."""
    z = Tensor(np.asarray(z), requires_grad=True)
    np.sum(np.real(f(z))).backward()
    return z.grad.data


@pytest.mark.parametrize("f", [np.absolute, np.angle, np.sign], ids=lambda f: f.__name__)
def test_at_zero_there_is_no_direction(f):
    assert gradient(f, [0j, 1j])[0] == 0
    assert gradcheck(f, np.array([0.5 + 1j, -1j]), order=2)
    z = Tensor([0j, 1j], requires_grad=True)
    np.sum(np.real(f(z))).backward(create_graph=True)
    first, z.grad = z.grad, None
    np.sum(np.real(first)).backward()
    assert z.grad.data[0] == 0


@pytest.mark.parametrize("f", [np.rint, np.round, np.around], ids=lambda f: f.__name__)
def test_steps_are_level(f):
    assert gradcheck(f, np.array([1.25 + 0.75j, -3.25j]), order=2)


def test_real_numbers_have_no_angle_that_changes():
    assert gradient(np.angle, [-2.0, 0.0, 3.0]).tolist() == [0, 0, 0]
    assert gradient(np.imag, [-2.0, 3.0]).tolist() == [0, 0]


def test_powers_of_zero():
    assert gradient(lambda z: z**2, [0j, 1j]).tolist() == [0, -2j]
    assert gradient(lambda z: z**0, [0j, 1j]).tolist() == [0, 0]
    assert gradient(lambda z: z ** np.array([0, 1, 2, 3]), [0j] * 4).tolist() == [0, 1, 0, 0]
    assert gradient(lambda p: 0j**p, [1 + 0j, 2 + 0j]).tolist() == [0, 0]
    assert gradient(lambda p: 0.0**p, [1 + 0j, 2 + 0j]).tolist() == [0, 0]


@pytest.mark.parametrize("x", [[2.0 + 1j, 0, 3], [2.0j, 0, 3, 0], [0j, 0, 0], [[0j, 2], [3j, 0]]])
@pytest.mark.parametrize("fn", [np.prod, np.cumprod])
def test_products_with_zeros_among_their_factors(fn, x):
    for axis in (None, -1):
        assert gradcheck(lambda x, axis=axis: fn(x, axis=axis), np.array(x), order=2)


def test_a_negative_number_to_a_complex_power():
    """It has a complex logarithm, though no real one."""
    assert gradcheck(np.power, [np.array([-2.0, 2.0, -0.5]), some(3)], order=2)
    assert gradcheck(lambda z: (-2.0) ** z, some(3), order=2)


CUTS = {np.arcsin: 2.0, np.arccos: -2.0, np.arccosh: -2.0, np.arcsinh: 2j, np.arctanh: 2.0, np.arctan: 2j, np.sqrt: -2.0,
        np.log: -2.0, np.log1p: -2.0}  # fmt: skip


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("fn", CUTS, ids=lambda fn: fn.__name__)
def test_on_a_branch_cut_the_derivative_is_that_of_the_side_of_the_value(fn, side):
    """NumPy tells the sides by the sign of a zero."""
    at, step = CUTS[fn], 1e-9
    on = complex(at, side * 0.0) if isinstance(at, float) else complex(side * 0.0, at.imag)
    near = on + side * step * (1 if isinstance(at, complex) else 1j)
    np.testing.assert_allclose(gradient(fn, [on]), gradient(fn, [near]), atol=1e-7)


# ------------------------------------------------------------------------------------ refusals

Z, R = some(3), np.arange(3.0)


@pytest.mark.parametrize("fn", [np.maximum, np.minimum, np.fmax, np.fmin], ids=lambda fn: fn.__name__)
def test_complex_numbers_have_no_order_to_be_differentiated(fn):
    for a, b in ((Z, Z[::-1]), (Z, R), (R, Z)):
        for wanted in ((True, True), (True, False), (False, True)):
            with pytest.raises(TypeError, match="no largest or smallest of complex numbers"):
                np.sum(np.real(fn(*(Tensor(x, requires_grad=w) for x, w in zip((a, b), wanted))))).backward()


@pytest.mark.parametrize(
    "f", [np.max, np.min, np.amax, np.amin, relu, lambda z: np.clip(z, -1, 1), lambda z: np.clip(z, None, 1j)]
)
def test_nor_an_extreme(f):
    with pytest.raises(TypeError, match="no largest or smallest of complex numbers"):
        gradient(f, Z)


def test_their_squared_error_would_be_complex():
    for a, b in ((Z, R), (R, Z)):
        with pytest.raises(TypeError, match=r"np\.real\(d \* np\.conj\(d\)\)"):
            squared_error(Tensor(a), Tensor(b))
        for reduction in "none", "sum", "mean":
            with pytest.raises(TypeError, match=r"np\.real\(d \* np\.conj\(d\)\)"):
                nn.MSELoss(reduction)(Tensor(a), Tensor(b))


@pytest.mark.parametrize("fn", [np.floor, np.fabs, np.cbrt, np.deg2rad, np.trunc], ids=lambda fn: fn.__name__)
def test_what_numpy_refuses_is_refused(fn):
    with pytest.raises(TypeError, match="not supported for the input types"):
        fn(Tensor(Z, requires_grad=True))


# ------------------------------------------------------------------------------------ gradcheck


def operation(value, *vjps):
    rule(value, *vjps)
    return lambda *args: apply(value, *args)


WRONG = {
    "conjugated": lambda g, y, x: np.conjugate(g * 2 * x),
    "conjugate of x": lambda g, y, x: g * 2 * np.conjugate(x),
    "conjugate of g": lambda g, y, x: np.conjugate(g) * 2 * x,
    "real part only": lambda g, y, x: np.real(g * 2 * x),
    "turned": lambda g, y, x: g * 2j * x,
}


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("vjp", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_rule_is_found(vjp, fast):
    def square(x):
        return x * x

    f = operation(square, vjp)
    for z in some(3), some():
        with pytest.raises(GradcheckError, match="the operation to blame is square, argument 0") as caught:
            gradcheck(lambda z: np.exp(f(np.sin(z))), z, fast=fast)
        assert (caught.value.element is None) == fast


def test_the_error_says_which_part_is_wrong():
    f = operation(np.copy, lambda g, y, x: np.conjugate(g))
    with pytest.raises(GradcheckError, match=r"wrong at the imaginary part of element \[1\]") as caught:
        gradcheck(lambda x: np.imag(f(x))[1], some(3))
    assert caught.value.element == (1,)
    assert (caught.value.reverse, caught.value.differences) == pytest.approx((-1, 1))


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_right_rules_pass(order, fast):
    assert gradcheck(lambda a, b, c: (np.exp(a * b), np.absolute(b - c), 2j), [some(2, 3), RNG.normal(size=3), some()],
                     order, fast=fast)  # fmt: skip


def test_differences_need_double_precision():
    with pytest.raises(TypeError, match="input 0 is complex64"):
        gradcheck(np.exp, Z.astype(np.complex64))
    assert gradcheck(np.exp, Z.astype(np.complex64), convert=True)
    with pytest.raises(TypeError, match="the result of f is complex64"):
        gradcheck(lambda z: z.astype(np.complex64), Z)


# ------------------------------------------------------------------------------------ against PyTorch

A, B, C = some(3, 4), some(3, 4), some(4, 2)
X = RNG.normal(size=(3, 4))
UNARY = {
    **{n: n for n in ("exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt",
                      "square", "reciprocal", "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "absolute",
                      "angle", "real", "imag", "negative")},
    "conjugate": "conj_physical", "sign": "sgn", "exp2": "exp2",
}  # fmt: skip
BINARY = ["add", "subtract", "multiply", "divide"]
PAIRS = {"both": (A, B), "a number": (A, B[0, 0]), "real first": (X, B), "real second": (A, X[0])}
ORACLE = {
    **{n: (getattr(np, n), lambda t, x, m=m: getattr(t, m)(x), A) for n, m in UNARY.items()},
    **{f"{n}, {k}": (getattr(np, n), lambda t, a, b, n=n: getattr(t, n)(a, b), *p) for n in BINARY for k, p in PAIRS.items()},
    "power, both": (np.power, lambda t, a, b: t.pow(a, b), A, B),
    "power, real base": (np.power, lambda t, a, b: t.pow(a, b), np.abs(X), B),
    "power, real exponent": (np.power, lambda t, a, b: t.pow(a, b), A, X),
    "whole powers": (lambda x: x**3 + x**0 + x**-1, lambda t, x: x**3 + x**0 + x**-1, A),
    "a complex power": (lambda x: x ** (2 - 1j), lambda t, x: x ** (2 - 1j), A),
    "to a complex base": (lambda x: (2 - 1j) ** x, lambda t, x: (2 - 1j) ** x, A),
    "times i": (lambda x: x * 2j, lambda t, x: x * 2j, X),
    "absolute at zero": (np.abs, lambda t, x: t.abs(x), np.where(X > 0, A, 0)),
    "angle of reals": (np.angle, lambda t, x: t.angle(x), X),
    "squared length": (lambda x: np.abs(x) ** 2, lambda t, x: t.abs(x) ** 2, A),
    "times its conjugate": (lambda x: x * np.conj(x), lambda t, x: x * x.conj(), A),
    "made of parts": (lambda a, b: a + 1j * b, lambda t, a, b: t.complex(a, b), X, X + 1),
    "sum": (lambda x: np.sum(x, 1), lambda t, x: t.sum(x, 1), A),
    "mean": (lambda x: np.mean(x, 0), lambda t, x: t.mean(x, 0), A),
    "prod": (lambda x: np.prod(x, 1), lambda t, x: t.prod(x, 1), A),
    "cumsum": (lambda x: np.cumsum(x, 1), lambda t, x: t.cumsum(x, 1), A),
    "cumprod": (lambda x: np.cumprod(x, 1), lambda t, x: t.cumprod(x, 1), A),
    "var": (lambda x: np.var(x, 1, ddof=1), lambda t, x: t.var(x, 1), A),
    "std": (lambda x: np.std(x, 1, ddof=1), lambda t, x: t.std(x, 1), A),
    "where": (lambda a, b: np.where(X > 0, a, b), lambda t, a, b: t.where(t.tensor(X > 0), a, b.to(a.dtype)), A, X),
    "matmul": (np.matmul, lambda t, a, b: a @ b, A, C),
    "matmul, real first": (np.matmul, lambda t, a, b: a.to(b.dtype) @ b, X, C),
    "matmul, vectors": (np.matmul, lambda t, a, b: a @ b, A[0], B[0]),
    "vdot": (np.vdot, lambda t, a, b: t.vdot(a, b), A[0], B[0]),
    "inner": (np.inner, lambda t, a, b: t.inner(a, b), A, B),
    "outer": (np.outer, lambda t, a, b: t.outer(a, b), A[0], B[1]),
    "tensordot": (lambda a, b: np.tensordot(a, b, 1), lambda t, a, b: t.tensordot(a, b, 1), A, C),
    "einsum": (lambda a, b: np.einsum("ij,jk->ik", a, b), lambda t, a, b: t.einsum("ij,jk->ik", a, b), A, C),
    "einsum, three": (lambda a, b, c: np.einsum("ij,ij,jk->k", a, b, c), lambda t, a, b, c: t.einsum("ij,ij,jk->k", a, b, c),
                      A, B, C),
    "cast": (lambda x: x.astype(complex) ** 2, lambda t, x: x.to(t.complex128) ** 2, X),
    "indices": (lambda x: x[[0, 0, 1]], lambda t, x: x[[0, 0, 1]], A),
    "sigmoid": (sigmoid, lambda t, x: t.sigmoid(x), A),
}  # fmt: skip


def seed_for(shape, dtype):
    """Any numbers, but the same in both libraries, to start the walk from."""
    start = np.cos(np.arange(int(np.prod(shape))) + 0.5).reshape(shape)
    return (start * np.exp(1j * start)).astype(dtype) if np.dtype(dtype).kind == "c" else start


@pytest.mark.oracle
@pytest.mark.parametrize(("f", "g", "arrays"), [(f, g, arrays) for f, g, *arrays in ORACLE.values()], ids=ORACLE.keys())
def test_value_first_and_second_derivatives_are_those_of_pytorch(f, g, arrays):
    """The second is the gradient of the squared length of the gradient."""
    import torch

    xs = leaves(arrays)
    y = f(*xs)
    seed = seed_for(y.shape, y.dtype)
    y.backward(seed, create_graph=True)
    first = [x.grad for x in xs]
    for x in xs:
        x.grad = None
    length = sum(np.sum(np.real(g * np.conj(g))) for g in first)
    if length.requires_grad:
        length.backward()

    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    z = g(torch, *ts)
    np.testing.assert_allclose(y.data, z.numpy(force=True), rtol=1e-12, atol=1e-14)
    theirs = torch.autograd.grad(z, ts, torch.tensor(seed), create_graph=True)
    length = sum((g * g.conj()).real.sum() for g in theirs)
    second = torch.autograd.grad(length, ts, allow_unused=True) if length.requires_grad else [None] * len(ts)
    for x, a, b in zip(xs, first, theirs):
        assert (a.shape, a.dtype) == (x.shape, x.dtype)
        np.testing.assert_allclose(a.data, b.numpy(force=True), rtol=1e-10, atol=1e-12)
    for x, b in zip(xs, second):
        ours = np.zeros(x.shape) if x.grad is None else x.grad.data
        np.testing.assert_allclose(ours, np.zeros(x.shape) if b is None else b.numpy(force=True), rtol=1e-9, atol=1e-10)
