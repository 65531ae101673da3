"""A captured call means what the call means, in every form in which NumPy lets its arguments be given."""

import numpy as np
import pytest
from strategies import listed
from test_signatures import CALLS

from tinygrad_edu import Tensor, capture
from tinygrad_edu.tracing.errors import CaptureError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

MORE = """
np.reshape(a, (4, 6), "F")                np.reshape(a, (-1, 4), "C")               np.reshape(a, 24)
a.reshape(4, 6, order="F")                a.reshape((4, -1))                        np.ravel(a, "F")
a.ravel("F")                              a.flatten("F")                            np.copy(a, "F")
a.T                                       a.transpose(1, 0, 2)                      a.transpose()
np.transpose(a)                           np.transpose(a, (-1, 0, 1))               np.swapaxes(a, -1, 0)
np.moveaxis(a, 0, -1)                     np.rollaxis(a, 2)                         np.rot90(a, 3, (1, 2))
np.expand_dims(a, (0, 2))                 np.squeeze(a[:, :1], 1)                   np.broadcast_to(a[:, :1], (2, 3, 4))
np.roll(a, -1, axis=-1)                   np.flip(a)                                np.flip(a, 1)
np.repeat(a, 2)                           np.repeat(a, 2, 1)                        np.tile(a, (2, 1, 1))

a[1]                                      a[..., -1]                                a[:, None, ::-2]
a[[0, 0, 1]]                              a[:, [0, 2], [1, 3]]                      a[0, ..., np.array([0, 0])]
a[np.newaxis, 1:, :2, ::3]                a[np.array([[0, 1], [1, 1]])]             a[(slice(None), 1)]
np.take(a, 3)                             np.take(a, [3, 3], axis=1, mode="clip")   np.take(a, -1, axis=-1)
a.take([0, 1], 2)                         np.take_along_axis(a, np.argsort(a, 1), 1)
np.pad(a, 1)                              np.pad(a, ((0, 1), (2, 0), (1, 1)), "edge")
np.pad(a, 2, mode="reflect")              np.pad(a, (1, 2), constant_values=(3.0, 4.0))
np.pad(a, 1, "wrap")                      np.diff(a)                                np.diff(a, 2, 1)
np.diff(a, axis=0, prepend=1.0)           np.ediff1d(a)                             np.gradient(a[0], 0.5, axis=1)
np.gradient(a, edge_order=2, axis=2)

np.sum(a)                                 np.sum(a, 1)                              np.sum(a, (0, 2), keepdims=True)
a.sum(-1)                                 a.sum(axis=(0, 1), keepdims=True)         np.sum(a, axis=None, keepdims=True)
np.sum(a, where=W)                        np.sum(a, 1, initial=2.0)                 np.mean(a, (0, 1))
np.mean(a, 2, keepdims=True)              np.mean(a, axis=1, where=W)               np.prod(a, 1)
np.prod(a, axis=-1, keepdims=True)        np.max(a, 1)                              np.max(a, (0, 2))
np.min(a, axis=-1, keepdims=True)         np.max(a, initial=0.3)                    np.amin(a, 0)
np.var(a)                                 np.var(a, 1, ddof=1)                      np.std(a, (0, 2), ddof=1, keepdims=True)
np.std(a, axis=1, correction=1)           np.var(a, axis=0, mean=a[:1])             np.average(a, 1, [1.0, 2.0, 3.0])
np.average(a, weights=np.abs(a))          np.ptp(a, 1)                              np.median(a, 1)
np.median(a, (0, 2), keepdims=True)       np.quantile(a, 0.3, 1)                    np.quantile(a, [0.3, 0.9], axis=2, method="lower")
np.percentile(a, 30)                      np.nansum(a, 1)                           np.nanmean(a, axis=0)
np.cumsum(a)                              np.cumsum(a, axis=-1)                     np.cumprod(a, 1)
np.cumulative_sum(a, axis=1, include_initial=True)                                  np.logaddexp.reduce(a, 1)
np.add.reduce(a)                          np.add.reduce(a, None)                    np.add.reduce(a, 2, keepdims=True, initial=3.0)
np.add.reduceat(a, [0, 2], 1)             np.maximum.accumulate(a, 2)               np.subtract.outer(a[0], a[1])
np.sort(a)                                np.sort(a, -1)                              np.sort(a, 0)
np.sort(a, axis=None)                     np.partition(a, 1, axis=1)                np.linalg.norm(a)
np.linalg.norm(a, axis=1)                 np.linalg.norm(a, 1, -1, True)            np.linalg.norm(a, "fro", (0, 2))
np.linalg.norm(a, np.inf, axis=(1, 2))    np.linalg.norm(a, 2, axis=(0, 1))         np.linalg.vector_norm(a, ord=3, axis=1)
np.linalg.matrix_norm(a, keepdims=True)   np.linalg.matrix_power(a[:, :, :3], 3)    np.linalg.multi_dot([a[0], a[1].T, a[0]])
np.trace(a)                               np.trace(a, 1, 0, 2)                      np.diagonal(a, 1, 2, 1)
np.diag(a[0], 1)                          np.tril(a, 1)                             np.triu(a, k=-1)
np.cross(a[..., :3], a[::-1, :, 1:])      np.cross(a[:, :3, 0], a[:, :3, 1], axis=1)
np.kron(a[0], a[1])                       np.vdot(a, a)                             np.linalg.solve(a[0, :3, :3], a[1, :3])
np.linalg.svd(a[0], full_matrices=False)  np.linalg.svd(a[0], compute_uv=False)     np.linalg.qr(a[0].T)
np.linalg.eigh(a[0, :3, :3], "U")         np.linalg.cholesky(a[0] @ a[0].T)         np.linalg.pinv(a[0])

np.where(W, a, 0)                         np.where(W, 2.0, a)                       np.where(W, a, a[::-1])
np.select([W, ~W], [a, 2 * a])            np.select([W], [a], 3.0)                  np.choose(W * 1, [a, -a])
np.clip(a, 0.1)                           np.clip(a, -0.1, 0.3)                     np.clip(a, None, a[::-1])
a.clip(-0.2)                              np.maximum(a, 0.1, dtype="f")             np.exp(a, where=True)
np.add(a, a, casting="same_kind")         np.multiply(a, 2, dtype=np.float32)       np.round(a, 1)
np.nan_to_num(a, nan=1.0)                 np.interp(a, [-1.0, 1.0], [3.0, 4.0])     np.trapezoid(a, dx=0.5, axis=1)
np.stack([a, -a])                         np.stack([a, -a], -1)                     np.stack((a, a), axis=1)
np.concatenate([a, -a], 1)                np.concatenate((a, -a), axis=-1)          np.concatenate([a, 2 * a], None)
np.hstack((a, a))                         np.split(a, 2)                            np.split(a, [1], axis=1)
np.array_split(a, 2, 2)                   np.unstack(a, axis=1)                     np.insert(a, 1, 5.0, 2)
np.dot(a, a[0].T)                         np.einsum("ijk->k", a)                    np.tensordot(a, a, axes=([0, 1], [0, 1]))
np.einsum("...i,...i->...", a, a)         np.einsum("iik->k", a[:, :2])             np.matmul(a, a[0].T)
np.matvec(a, a[0, 0])                     np.vecdot(a, a[::-1])                     np.vecdot(a, a, axis=1)
np.fft.fft(a)                             np.fft.rfft(a, 6, 1)                      np.fft.irfft(a, axis=0, n=3)
np.fft.fft2(a, axes=(0, 1))               np.fft.fft(a, norm="ortho")               np.fft.fftshift(a, axes=1)
np.fft.fftn(a, s=(2, 2), axes=(1, 2))     np.convolve(a[0, 0], a[0, 1], "same")     np.correlate(a[0, 0], a[0, 1], mode="full")
a.astype("f")                             a.astype(np.float32) * 2                  np.power(a, 3)
a ** 2                                    2.0 ** a                                  np.float_power(np.abs(a), 1.5)
np.full_like(a, a[0, 0, 0])               np.meshgrid(a[0, 0], a[0, :, 0], indexing="ij")
np.polyval(a[0, 0], 0.3)                  np.vander(a[0, 0], 3, increasing=True)    np.apply_along_axis(np.sum, 1, a)
"""  # fmt: skip
FORMS = [form.strip() for line in MORE.splitlines() for form in line.split("  ") if form.strip()]
A, W = np.random.default_rng(0).normal(size=(2, 3, 4)), np.random.default_rng(1).random((2, 3, 4)) < 0.5


def walked(f, arrays, seeds):
    """Results and gradients, started from random seeds."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    ys = [y for y in listed(f(*xs)) if y is not None]
    for y in ys:
        if isinstance(y, Tensor) and y.requires_grad:
            seed = seeds.normal(size=y.shape) + (1j * seeds.normal(size=y.shape) if y.dtype.kind == "c" else 0)
            y.backward(seed.astype(y.dtype), retain_graph=True)
    return [np.asarray(getattr(y, "data", y)) for y in ys], [None if x.grad is None else x.grad.data for x in xs]


def check(f, inputs, calls=5):
    """Each of some calls of what `f` is captured as, and the same of `f`; the answer is whether it can be captured."""
    captured = capture(f)
    for n in range(calls):
        arrays = inputs(n)
        want = walked(f, arrays, np.random.default_rng(n))
        try:
            got = walked(captured, arrays, np.random.default_rng(n))
        except CaptureError:
            assert n == 0, "refused only later"
            return False
        for g, w in zip([*got[0], *got[1]], [*want[0], *want[1]], strict=True):
            if g is None or w is None:
                assert not any(x is not None and x.any() for x in (g, w))
                continue
            assert (g.shape, g.dtype) == (w.shape, w.dtype)
            near = 1e-4 if w.dtype in (np.float32, np.complex64) else 1e-10
            np.testing.assert_allclose(g, w, rtol=near, atol=near)
    return True


# The shape, or the dtype, of what these give depends on the numbers: they are refused, and say so.
BY_NUMBERS = ("np.extract", "np.unique", "np.trim_zeros", "np.polymul", "np.polydiv", "np.emath.")


@pytest.mark.parametrize("form", [*FORMS, *(call for call in CALLS if call not in FORMS)])
def test_every_form_of_a_call(form):
    f = eval(f"lambda a: {form}", {"np": np, "Tensor": Tensor, "W": W})
    try:
        ys = listed(f(Tensor(A, requires_grad=True)))
    except (TypeError, AttributeError, NotImplementedError) as error:
        pytest.skip(f"not of this NumPy, or not of ours: {error}")
    sees_numbers = form.startswith(BY_NUMBERS) or not all(isinstance(y, Tensor) for y in ys)
    assert check(f, lambda n: [np.random.default_rng(n).normal(size=A.shape)]) or sees_numbers


METHODS = """
d.flatten()        d.flatten("F")     d.ravel("F")      d.view()          d.view(np.float64)      d.view(dtype="f8")     d.view(np.ndarray)
d.view(np.int64)   d.view("f4")       d.view("c16")     d.mT              d.T.view()              d.copy("F")            d.dot(d.T)
d.reshape(4, 3)    d.reshape(4, 3, order="F")           d.transpose(None)  d.transpose((1, 0))    d.swapaxes(0, 1)       d[:1].squeeze()
d.cumsum(0)        d.std(0, ddof=1)   d.var(axis=0, keepdims=True)        d.argsort(axis=1)       d.clip(0, 1)           d.round(1)
d.trace()          d.diagonal(1)      d.repeat(2, axis=1)                 d.take([0, 1], axis=1)  d.max(0, initial=0.0)  d.mean(dtype="f4")
abs(d)             divmod(d, 2)[0]    2.0 ** d          (d > 0).any(0)    d.argpartition(1)       d[0].searchsorted(0.5)  d.conj()
d.astype("f4", copy=False)            d.nbytes          d.itemsize        d.device                d.size                 len(d)
written(d.view())  written(d[1:])     written(d.reshape(3, 4))            written(d.copy("F"))    written(d.flatten())   written(d.T.copy())
"""  # fmt: skip
METHODS = [method.strip() for line in METHODS.splitlines() for method in line.split("  ") if method.strip()]


def written(d):
    d[0] = 7
    d += 1
    return d


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_plain_arrays(method):
    """What is computed on the arrays of tensors is the same, type and dtype too; what is written into a view is in the whole."""
    f = eval(f"lambda d: {method}", {"np": np, "written": written})

    @capture
    def captured(x):
        d = x.data * 1
        return f(d), d

    for n in range(1, 6):
        array = np.random.default_rng(n).normal(size=(3, 4))
        d = array.copy()
        for got, want in zip(captured(Tensor(array)), (f(d), d), strict=True):
            assert type(got) is type(want)
            np.testing.assert_array_equal(got, want)
            assert getattr(got, "dtype", None) == getattr(want, "dtype", None)


@pytest.mark.parametrize(("method", "why"), [
    ("d.flat[0]", "ravel"), ("d.flat.__setitem__(0, 1)", "ravel"), ("d.put([0], 1)", r"x\[index\] = values"), ("d.strides", "memory"),
    ("d.flags.writeable", "memory"), ("d.setflags(write=True)", "memory"), ("d.data", "memory"), ("d.ctypes", "memory"),
    ("d.byteswap()", "primitive"), ("d.tobytes()", "numbers"), ("d.dumps()", "numbers"), ("f'{d}'", "numbers"), ("f'{d[0, 0]:.2f}'", "numbers"),
    ("d.tolist()", "numbers"), ("[*d]", "numbers"), ("1.0 in d", "numbers"), ("d.nonzero()", "depends on values"),
    ("d.view(type=np.matrix)", "a view as matrix"),
])  # fmt: skip
def test_what_can_not_be_recorded_of_plain_arrays_says_what_to_do(method, why):
    f = eval(
        f"lambda x: ({method.replace('d', 'x.data.copy()', 1) if method[0] == 'd' else method.replace('d', 'x.data')}, x)[1]",
        {"np": np},
    )
    with pytest.raises(CaptureError, match=why):
        capture(f)(Tensor(np.ones((3, 4))))


@pytest.mark.parametrize("part", ["d.view(np.int64)", "d.view('f4')", "d.view('c16')"])
def test_what_is_written_into_a_view_of_another_dtype_is_refused(part):
    f = eval(f"lambda x: ((d := x.data * 1), {part}.__setitem__(0, 1), d)[2]", {"np": np})
    with pytest.raises(CaptureError, match="somebody else has a part"):
        capture(f)(Tensor(np.ones((3, 4))))
