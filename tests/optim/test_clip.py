"""Clipping gradients: of all there are, once each, and right to the ends of the scale."""

from fractions import Fraction

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strangers import Aloof, Foreign

from tinygrad_edu import CaptureError, Tensor, capture, nn, optim


def leaf(gradient, dtype=None):
    g = np.asarray(gradient, dtype)
    p = Tensor(np.zeros_like(g), requires_grad=True)
    p.grad = Tensor(g)
    return p


def clipped(*gradients, max_norm=1.0, dtype=None, **more):
    params = [leaf(g, dtype) for g in gradients]
    return optim.clip_grad_norm_(params, max_norm, **more), [p.grad.data for p in params]


CLIPS = [optim.clip_grad_norm_, optim.clip_grad_value_]
either = pytest.mark.parametrize("clip", CLIPS)


# ------------------------------------------------------------------------------------------ of which parameters


@either
def test_no_parameters_are_refused(clip):
    """A generator that was gone through clips nothing, which nobody notices."""
    model = nn.Linear(2, 1)
    model(np.ones((1, 2), np.float32)).sum().backward()
    params = model.parameters()
    assert len(list(params)) == 2
    for empty in params, [], (p for p in ()), {}, nn.Tanh().parameters():
        with pytest.raises(ValueError, match=f"{clip.__name__}: there are no parameters. A generator .* call it again"):
            clip(empty, 1.0)


@either
def test_what_is_no_parameter_is_refused(clip):
    model = nn.Linear(2, 1)
    for wrong in model.named_parameters(), [np.ones(2)], model.state_dict(), [None], np.ones(2):
        with pytest.raises(TypeError, match=rf"{clip.__name__} takes Tensors, got .*model\.parameters\(\)"):
            clip(wrong, 1.0)
    for wrong in model, None, 3:
        with pytest.raises(TypeError, match=r"did you mean model\.parameters"):
            clip(wrong, 1.0)


@either
def test_one_tensor_a_generator_and_tensors_without_a_gradient(clip):
    p, bare = leaf([3.0, 4.0]), Tensor([1.0], requires_grad=True)
    clip(bare, 1.0)
    clip([bare, bare], 1.0)
    assert bare.grad is None
    clip((x for x in (bare, p)), 0.5)
    assert np.abs(p.grad.data).max() <= 0.5
    clip(p, 0.25)
    assert np.abs(p.grad.data).max() <= 0.25
    assert optim.clip_grad_norm_([bare], 1.0) == 0


def test_what_is_given_twice_is_scaled_once():
    p = leaf([3.0, 4.0])
    assert optim.clip_grad_norm_([p, p], 1.0) == 5
    np.testing.assert_allclose(p.grad.data, [0.6, 0.8], rtol=1e-6)
    p, q = leaf([3.0, 4.0]), leaf([0.0, 0.0])
    q.grad = p.grad  # one gradient of two parameters: counted twice, as it is stepped along twice
    assert optim.clip_grad_norm_([p, q], 1.0) == pytest.approx(5 * 2**0.5)
    np.testing.assert_allclose(p.grad.data, [0.6 / 2**0.5, 0.8 / 2**0.5], rtol=1e-6)


@pytest.mark.parametrize(("limits", "message"), [
    ({"max_norm": -1.0}, "max_norm=-1.0 is out of range"), ({"max_norm": float("nan")}, "max_norm=nan is out of range"),
    ({"max_norm": "1"}, "max_norm='1' is not a number"), ({"max_norm": True}, "max_norm=True is not a number"),
    ({"max_norm": None}, "max_norm=None is not a number"), ({"norm_type": 0}, "norm_type=0 is out of range; it must be above 0"),
    ({"norm_type": -np.inf}, "norm_type=-inf"), ({"norm_type": "inf"}, "norm_type='inf' is not a number"),
])  # fmt: skip
def test_limits_that_are_none_are_refused(limits, message):
    p = leaf([3.0, 4.0])
    with pytest.raises(ValueError, match=f"clip_grad_norm_: {message}"):
        optim.clip_grad_norm_([p], **{"max_norm": 1.0, **limits})
    if "max_norm" in limits:
        with pytest.raises(ValueError, match=f"clip_grad_value_: {message.replace('max_norm', 'clip_value')}"):
            optim.clip_grad_value_([p], limits["max_norm"])
    assert p.grad.data.tolist() == [3, 4]


# ---------------------------------------------------------------------------------------------------- what comes out


def test_numbers_by_hand():
    norm, (a, b) = clipped([[3.0]], [4.0, 0.0], max_norm=2.5)
    assert norm == 5
    np.testing.assert_allclose([a.item(), *b], [1.5, 2, 0], rtol=1e-6)
    assert a.item() < 1.5, "a little less than half, as in PyTorch: 1e-6 keeps zero from dividing"
    assert a.item() == pytest.approx(3 * 2.5 / (5 + 1e-6), rel=1e-15)
    assert clipped([3.0], [4.0], max_norm=2.5, norm_type=1)[0] == 7
    assert clipped([3.0, -1], [-4.0], max_norm=2.5, norm_type=np.inf)[0] == 4
    assert clipped([3.0, -1], [-4.0], norm_type=3)[0] == pytest.approx((27 + 1 + 64) ** (1 / 3), rel=1e-14)
    assert clipped([3.0, -1], [-4.0], norm_type=0.5)[0] == pytest.approx((3**0.5 + 1 + 2) ** 2, rel=1e-14)
    assert clipped([3 + 4j, 12.0])[0] == 13
    norm, (a,) = clipped([3.0, 4.0], max_norm=5.1)
    assert a.tolist() == [3, 4], "what is small enough stays as it is"
    assert clipped([3.0, 4.0], max_norm=np.inf)[1][0].tolist() == [3, 4]
    assert clipped([3.0, 4.0], max_norm=0)[1][0].tolist() == [0, 0]
    norm, (a, b) = clipped([0.0, 0.0], np.zeros((0, 2)))
    assert norm == 0
    assert a.tolist() == [0, 0]
    assert clipped(np.zeros((0, 2)))[0] == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("p", [1, 2, 3, np.inf])
@given(data=st.data())
def test_norms_are_right_wherever_the_gradients_are(dtype, p, data):
    """No power on the way overflows, or is lost, and no gradient is made zero by it."""
    info = np.finfo(dtype)
    exponent = data.draw(st.integers(info.minexp + 4, info.maxexp - 1), "exponent")
    parts = [
        np.array(part) / 4
        for part in data.draw(st.sampled_from([[[3, 4]], [[2], [4, 0, -6]], [[4, 4, 4], [4] * 6]]), "parts")
    ]
    gradients = [np.ldexp(part, exponent).astype(dtype) for part in parts]
    flat = np.abs(np.concatenate(parts))
    exact = Fraction(float(flat.max() if p == np.inf else (flat**p).sum() ** (1 / p))) * Fraction(2) ** exponent
    norm, found = clipped(*gradients, norm_type=p)
    assert norm == (pytest.approx(float(exact), rel=1e-13) if exact <= Fraction(np.finfo(float).max.item()) else np.inf)
    scale = min(1, 1 / (exact + Fraction(1e-6)))
    for g, part in zip(found, gradients, strict=True):
        assert g.dtype == dtype
        wanted = [float(Fraction(float(x)) * scale) for x in part]
        np.testing.assert_allclose(
            g.astype(float), wanted, rtol=4 * float(info.eps) + 1e-13, atol=float(info.smallest_subnormal)
        )


def test_a_norm_that_overflows_makes_no_zeros():
    for dtype, size in (np.float64, 1e200), (np.float64, 1.5e308), (np.float32, 3e38), (np.float16, 6e4):
        norm, (a, b) = clipped([size, size], [size] * 2, dtype=dtype)
        assert norm == pytest.approx(float(dtype(size)) * 2, rel=1e-6) or size > 1e308
        np.testing.assert_allclose([*a, *b], 0.5, rtol=1e-3 if dtype == np.float16 else 1e-5)
    assert clipped(np.full(10_000, 6e4, np.float16))[1][0].max() == pytest.approx(0.01, rel=1e-3)


def test_a_norm_that_is_too_small_for_its_square_is_known():
    assert clipped([3e-200, 4e-200])[0] == pytest.approx(5e-200, rel=1e-14)
    assert clipped(np.array([3e-30, 4e-30], np.float32))[0] == pytest.approx(5e-30, rel=1e-6)
    assert clipped([5e-324])[0] == 5e-324


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_said_or_refused(bad):
    """And what comes out is PyTorch's."""
    p = [leaf([1.0, bad]), leaf([2.0])]
    with pytest.raises(RuntimeError, match=f"the norm of the gradients is {abs(bad)}"):
        optim.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p[1].grad.item() == 2
    with pytest.warns(UserWarning, match=f"norm of the gradients is {abs(bad)}.*error_if_nonfinite=True") as caught:
        norm = optim.clip_grad_norm_(p, 1.0)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(norm, abs(bad))
    np.testing.assert_array_equal([*p[0].grad.data, *p[1].grad.data], [0, np.nan, 0] if np.isinf(bad) else [np.nan] * 3)


def test_values_are_bounded():
    p = [leaf([[-3.0, 0.25, 2.0]]), leaf(np.array([5.0], np.float32)), leaf(np.array([6e4, -1], np.float16))]
    optim.clip_grad_value_(p, np.float64(0.5))
    assert [x.grad.data.tolist() for x in p] == [[[-0.5, 0.25, 0.5]], [0.5], [0.5, -0.5]]
    assert [x.grad.dtype for x in p] == [np.float64, np.float32, np.float16], "a bound of NumPy's changes no dtype"
    optim.clip_grad_value_(p, 1e300)  # more than the dtype has
    optim.clip_grad_value_(p, np.inf)
    assert p[2].grad.data.tolist() == [0.5, -0.5]
    optim.clip_grad_value_(p, 0)
    assert not any(x.grad.data.any() for x in p)
    with pytest.raises(TypeError, match="complex numbers have no order"):
        optim.clip_grad_value_([leaf([1j])], 1.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [0.0, 1e-4, 1.0, 100.0, 5e4])
def test_captured_it_is_the_same(dtype, size):
    def step(x, w):
        w.grad = None
        (x * w).sum().backward()
        norm = optim.clip_grad_norm_([w], 0.5)
        return norm, w.grad

    f = capture(step)
    for k in (1, 1, 0.5, 0.25):
        x = Tensor((np.array([0.6, -0.8]) * size * k).astype(dtype))
        (norm, g), (want, h) = (do(x, Tensor(np.ones(2, dtype), requires_grad=True)) for do in (f, step))
        assert norm == pytest.approx(want, rel=1e-6)
        np.testing.assert_allclose(g.data, h.data, rtol=1e-2 if dtype == np.float16 else 1e-5)


def test_captured_no_norm_overflows():
    w = Tensor(np.ones(2), requires_grad=True)

    @capture
    def f(x):
        w.grad = None
        (x * w).sum().backward()
        return optim.clip_grad_norm_([w], 1.0)

    for size in (1.0, 1e200, 1e-200, 1.5e308):
        norm = f(Tensor([size, -size]))
        assert norm == pytest.approx(size * 2**0.5, rel=1e-12) or size > 1e308
        if size > 1e-200:
            np.testing.assert_allclose(w.grad.data, np.array([1, -1]) / 2**0.5, rtol=1e-5)


def test_captured_an_error_can_not_hang_on_the_norm():
    w = Tensor(np.ones(2), requires_grad=True)

    @capture
    def f(x):
        w.grad = None
        (x * w).sum().backward()
        return optim.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)

    with pytest.raises(CaptureError):
        f(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("kind", [Foreign, Aloof])
def test_values_of_foreign_arrays(kind):
    p = Tensor(kind([0.0, 0.0]), requires_grad=True)
    p.grad = Tensor(kind([3.0, -0.25]))
    optim.clip_grad_value_([p], 0.5)
    assert type(p.grad.data) is kind
    assert p.grad.data.hidden.tolist() == [0.5, -0.25]


def test_norms_of_arrays_that_are_computed_when_asked():
    p = Tensor(da.zeros(2, chunks=1), requires_grad=True)
    p.grad = Tensor(da.from_array(np.array([3.0, 4.0]), chunks=1))
    assert optim.clip_grad_norm_([p], 1.0) == 5
    assert isinstance(p.grad.data, da.Array)
    np.testing.assert_allclose(p.grad.data.compute(), [0.6, 0.8], rtol=1e-6)
