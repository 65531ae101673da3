"""Fourier transforms of complex numbers, in all forms; and where they are refused."""

from itertools import product

import numpy as np
import pytest

from tinygrad_edu import Tensor, gradcheck

F = np.fft
rng = np.random.default_rng(0)
X = rng.normal(size=(2, 3, 4))
Z = X + 1j * rng.normal(size=X.shape)
NORMS = [None, "backward", "ortho", "forward"]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("fn", [F.fft, F.ifft, F.irfft, F.hfft], ids=lambda fn: fn.__name__)
def test_complex_arguments(fn, norm):
    for length, n in product((2, 3, 4), (None, 1, 2, 3, 4, 5, 7)):
        assert gradcheck(lambda x, n=n: fn(x, n, norm=norm), Z[0, 0, :length], order=2)
    assert gradcheck(lambda x: fn(x, 5, 1, norm), Z)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("fn", [F.rfft, F.ihfft], ids=lambda fn: fn.__name__)
def test_real_arguments(fn, norm):
    for length, n in product((1, 2, 3, 4), (None, 1, 2, 3, 4, 5, 7)):
        assert gradcheck(lambda x, n=n: fn(x, n, norm=norm), X[0, 0, :length], order=2)


@pytest.mark.parametrize("fn", [F.fft2, F.ifft2, F.fftn, F.ifftn, F.irfft2, F.irfftn], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("options", [{}, {"axes": (0, 2)}, {"axes": (1, 1)}, {"axes": (0, -1, 0), "s": (3, -1, 2)},
                                     {"s": (5, 2), "axes": [-1, 0], "norm": "ortho"}], ids=str)  # fmt: skip
def test_several_axes(fn, options):
    np.testing.assert_allclose(fn(Tensor(Z), **options).data, fn(Z, **options), rtol=1e-12)
    assert gradcheck(lambda x: fn(x, **options), Z, order=2, fast=True)


@pytest.mark.parametrize("fn", [F.rfft2, F.rfftn], ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("axes", [(0, 1), (1, 1), (-1, 0), (2, 2)], ids=str)
def test_an_axis_that_comes_twice_keeps_its_length(fn, axes):
    np.testing.assert_allclose(fn(Tensor(X), axes=axes).data, fn(X, axes=axes), rtol=1e-12)
    assert gradcheck(lambda x: fn(x, axes=axes), X, order=2, fast=True)


def test_there_and_back_is_nothing():
    x = Tensor(X, requires_grad=True)
    for y in (
        F.ifft(F.fft(x)),
        F.irfft(F.rfft(x)),
        F.ifftn(F.fftn(x)),
        F.irfftn(F.rfftn(x)),
        F.hfft(F.ihfft(x)),
        F.ifftshift(F.fftshift(x)),
    ):
        x.grad = None
        np.sum(np.real(y) * X).backward()
        np.testing.assert_allclose(x.grad.data, X, rtol=1e-12)


def test_a_convolution_by_way_of_the_spectrum():
    a, v = rng.normal(size=5), rng.normal(size=3)
    convolve = lambda a, v: F.irfft(F.rfft(a, 7) * F.rfft(v, 7), 7)
    np.testing.assert_allclose(convolve(a, v), np.convolve(a, v))
    assert gradcheck(convolve, [a, v], order=2)


def test_single_precision_stays():
    x = Tensor(X.astype(np.float32), requires_grad=True)
    assert F.fft(x).dtype == np.complex64
    assert F.irfft(F.rfft(x)).dtype == np.float32
    np.sum(np.abs(F.rfft2(x))).backward()
    assert x.grad.dtype == np.float32


REFUSED = [
    (F.fft, X, 0), (F.fft, X, -1), (F.fft, X, None, 3), (F.fft, X, None, -1, "unitary"), (F.rfft, Z), (F.ihfft, Z), (F.irfft, X[..., :1]),
    (F.hfft, X, None, -1, "unitary"), (F.ihfft, X, None, -1, "unitary"), (F.fft, np.zeros((2, 0))), (F.fft, np.float64(1)),
    (F.fftn, X, (2, 2), (0,)), (F.fftn, X, None, (3,)), (F.rfftn, X, None, ()), (F.irfftn, X, None, ()), (F.fft2, X[0, 0]),
    (F.fftshift, X, 3), (F.ifftshift, X, (0, 3)),
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: call[0].__name__)
def test_what_numpy_refuses_is_refused(call):
    fn, x, *rest = call
    loud = (ValueError, TypeError, IndexError)
    with pytest.raises(loud):
        fn(x, *rest)
    with pytest.raises(loud):
        fn(Tensor(x, requires_grad=True), *rest)
