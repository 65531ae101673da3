"""Linear algebra and Fourier transforms in PyTorch: values, first and second derivatives agree, of complex numbers too.

Run with ``pytest -m oracle``, as `test_oracle.py`, which see.
"""

import numpy as np
import pytest

from tinygrad_edu import Tensor

pytestmark = pytest.mark.oracle

RNG = np.random.default_rng(0)
A, B, C, D = (RNG.normal(size=s) + 1j * RNG.normal(size=s) for s in ((2, 3, 3), (2, 4, 3), (2, 3, 4), (3, 2)))
POSITIVE = A @ np.conj(np.swapaxes(A, -1, -2)) + np.eye(3)


@pytest.fixture(scope="module")
def torch():
    import torch

    torch.set_num_threads(1)
    return torch


# Each row: ours, PyTorch's, and the arrays. They are tried as they are, and their real parts alone.


def both(f):
    """What is written alike in both libraries: given the module, its linalg, and the arrays."""
    return lambda *xs: f(np, np.linalg, *xs), lambda t, *xs: f(t, t.linalg, *xs)


def positive(m, x):
    return x @ m.conj(m.swapaxes(x, -1, -2)) + m.eye(3)


def singular_vectors(m, l, x):
    u, s, vh = l.svd(x, full_matrices=False)
    return m.abs(u) ** 2, s, m.abs(vh) ** 2, (u * m.sin(s)[..., None, :]) @ vh


def eigenvectors(m, w, v):
    return m.abs(v) ** 2, v * m.conj(v[..., :1, :])


def unsorted(m, w):
    """Sums over eigenvalues, whose order may be any."""
    return [m.sum(w, -1), m.sum(w**2, -1), m.sum(w**3, -1)]


LINALG = {
    "inv": (*both(lambda m, l, x: l.inv(x)), A),
    "solve": (*both(lambda m, l, a, b: l.solve(a, b)), A, C),
    "solve, one stack": (*both(lambda m, l, a, b: l.solve(a, b)), A, D),
    "det": (*both(lambda m, l, x: l.det(x)), A),
    "slogdet": (*both(lambda m, l, x: tuple(l.slogdet(x))), A),
    "cholesky": (*both(lambda m, l, x: l.cholesky(positive(m, x))), A),
    "cholesky, upper": (*both(lambda m, l, x: l.cholesky(positive(m, x), upper=True)), A),
    "qr": (*both(lambda m, l, x: tuple(l.qr(x))), A),
    "qr, tall": (*both(lambda m, l, x: tuple(l.qr(x))), B),
    "qr, wide": (*both(lambda m, l, x: tuple(l.qr(x))), C),
    "svd": (*both(singular_vectors), A),
    "svd, tall": (*both(singular_vectors), B),
    "svd, wide": (*both(singular_vectors), C),
    "svdvals": (*both(lambda m, l, x: l.svdvals(x)), B),
    "eigvalsh": (*both(lambda m, l, x: l.eigvalsh(x)), POSITIVE),
    "eigh": (*both(lambda m, l, x: eigenvectors(m, *l.eigh(x))), POSITIVE),
    "eigh, upper": (*both(lambda m, l, x: eigenvectors(m, *l.eigh(x, "U"))), POSITIVE),
    "eigvals": (*both(lambda m, l, x: unsorted(m, l.eigvals(x))), A),
    "eig": (
        lambda x: (lambda w, v: (v * np.sin(w)[..., None, :]) @ np.linalg.inv(v))(*np.linalg.eig(x)),
        lambda t, x: (lambda w, v: (v * t.sin(w)[..., None, :]) @ t.linalg.inv(v))(*t.linalg.eig(x)),
        A,
    ),
    "pinv": (*both(lambda m, l, x: l.pinv(x)), B),
    "pinv, wide": (*both(lambda m, l, x: l.pinv(x)), C),
    "lstsq": (lambda a, b: np.linalg.lstsq(a, b)[0], lambda t, a, b: t.linalg.lstsq(a, b)[0], B[0], B[1, :, :2]),
    "matrix_power": (*both(lambda m, l, x: l.matrix_power(x, -3)), A),
    "multi_dot": (*both(lambda m, l, a, b, c: l.multi_dot([a, b, c])), D, C[0, :2], B[0]),
    "tensorinv": (*both(lambda m, l, x: l.tensorinv(x, ind=1)), RNG.normal(size=(6, 2, 3)) + 1j * RNG.normal(size=(6, 2, 3))),
    "tensorsolve": (*both(lambda m, l, a, b: l.tensorsolve(a, b)), RNG.normal(size=(2, 3, 6)) * (1 + 1j), D.T),
    "vecdot": (*both(lambda m, l, a, b: l.vecdot(a, b)), A, A[:1] * 2),
    "cross": (*both(lambda m, l, a, b: l.cross(a, b)), A, A[::-1]),
    "cond": (*both(lambda m, l, x: l.cond(x)), A),
    **{f"vector norm, {p}": (lambda x, p=p: np.linalg.norm(x, p, 1), lambda t, x, p=p: t.linalg.norm(x, p, 1), A)
       for p in (None, 2, 1, 3, 1.5, np.inf, -np.inf)},
    **{f"matrix norm, {p}": (lambda x, p=p: np.linalg.norm(x, p, (1, 2)), lambda t, x, p=p: t.linalg.norm(x, p, (1, 2)), B)
       for p in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)},
    "norm of everything": (np.linalg.norm, lambda t, x: t.linalg.norm(x), B),
}  # fmt: skip

FFT = {
    **{f"{name}, {n}, {norm}": (lambda x, f=name, n=n, norm=norm: getattr(np.fft, f)(x, n, 1, norm),
                                lambda t, x, f=name, n=n, norm=norm: getattr(t.fft, f)(x, n, 1, norm), B)
       for name in ("fft", "ifft", "irfft", "hfft") for n in (None, 3, 5) for norm in ("backward", "ortho", "forward")},
    **{name: (lambda x, f=name: getattr(np.fft, f)(x), lambda t, x, f=name: getattr(t.fft, f)(x), B)
       for name in ("fft2", "ifft2", "fftn", "ifftn", "irfft2", "irfftn", "fftshift", "ifftshift")},
    "fftn with lengths": (lambda x: np.fft.fftn(x, (5, 2), (2, 0)), lambda t, x: t.fft.fftn(x, (5, 2), (2, 0)), B),
    "irfftn with lengths": (lambda x: np.fft.irfftn(x, (5, 6), (0, 2)), lambda t, x: t.fft.irfftn(x, (5, 6), (0, 2)), B),
}  # fmt: skip

REAL_FFT = {
    **{f"{name}, {n}, {norm}": (lambda x, f=name, n=n, norm=norm: getattr(np.fft, f)(x, n, 1, norm),
                                lambda t, x, f=name, n=n, norm=norm: getattr(t.fft, f)(x, n, 1, norm), B)
       for name in ("rfft", "ihfft") for n in (None, 3, 5) for norm in ("backward", "ortho", "forward")},
    **{name: (lambda x, f=name: getattr(np.fft, f)(x), lambda t, x, f=name: getattr(t.fft, f)(x), B) for name in ("rfft2", "rfftn")},
    "rfftn with lengths": (lambda x: np.fft.rfftn(x, (5, 6), (0, 2)), lambda t, x: t.fft.rfftn(x, (5, 6), (0, 2)), B),
}  # fmt: skip


def weight(y, k):
    """Fixed weights for output `k`."""
    w = np.cos(k + np.arange(np.prod(y.shape, dtype=int))).reshape(tuple(y.shape))
    return w * (1 + 0.5j) if "complex" in str(y.dtype) else w


def listed(y):
    return list(y) if isinstance(y, tuple | list) else [y]


def ours(f, arrays):
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    ys = listed(f(*xs))
    sum(np.sum(np.real(y * weight(y, k))) for k, y in enumerate(ys)).backward(create_graph=True)
    first = [x.grad for x in xs]
    for x in xs:
        x.grad = None
    total = sum(np.sum(np.real(g * weight(g, k + 7))) for k, g in enumerate(first))
    if total.requires_grad:
        total.backward()
    second = [np.zeros(x.shape) if x.grad is None else x.grad.data for x in xs]
    return [y.data for y in ys], [g.data for g in first], second


def theirs(torch, f, arrays):
    xs = [torch.tensor(a, requires_grad=True) for a in arrays]
    ys = listed(f(torch, *xs))
    total = sum((y * torch.tensor(weight(y, k))).real.sum() for k, y in enumerate(ys))
    first = torch.autograd.grad(total, xs, create_graph=True)
    total = sum((g * torch.tensor(weight(g, k + 7))).real.sum() for k, g in enumerate(first))
    second = torch.autograd.grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
    second = [np.zeros(x.shape) if g is None else g.numpy(force=True) for x, g in zip(xs, second)]
    return [y.numpy(force=True) for y in ys], [g.numpy(force=True) for g in first], second


def agree(torch, f, g, arrays):
    for mine, its in zip(ours(f, arrays), theirs(torch, g, arrays), strict=True):
        for a, b in zip(mine, its, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("row", [*LINALG.values(), *FFT.values()], ids=[*LINALG, *FFT])
@pytest.mark.parametrize("numbers", [np.asarray, np.real], ids=["complex", "real"])
def test_value_first_and_second_derivatives(torch, numbers, row):
    f, g, *arrays = row
    agree(torch, f, g, [np.ascontiguousarray(numbers(a)) for a in arrays])


@pytest.mark.parametrize("row", REAL_FFT.values(), ids=REAL_FFT.keys())
def test_transforms_of_real_numbers(torch, row):
    f, g, *arrays = row
    agree(torch, f, g, [a.real.copy() for a in arrays])
