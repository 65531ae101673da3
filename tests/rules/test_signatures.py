"""Every way in which NumPy lets an argument be given, for functions that have many; tried with Tensors against arrays."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import STRATEGIES, listed
from test_rules import ROWS, name

from tinygrad_edu import Tensor, gradcheck
from tinygrad_edu.engine.table import COMPOSITES, RULES

A = np.random.default_rng(0).normal(size=(2, 3, 4))

CALLS = """
np.reshape(a, (4, 6), order="F")          np.reshape(a, shape=(4, 6))               np.reshape(a, (4, 6), copy=True)
np.reshape(a, (4, 6), copy=None)          np.reshape(a, 24, "F", copy=True)         np.reshape(a, np.array([4, 6]))
np.ravel(a, order="F")                    np.expand_dims(a, [0, -1])                np.squeeze(a[:1], axis=(0,))
np.transpose(a, axes=[1, 0, -1])          np.permute_dims(a, (2, 0, 1))             np.moveaxis(a, [0, 1], [-1, -2])
np.copy(a, "K", True)                     np.astype(a, "d", copy=False)             np.astype(a, "d", device="cpu")
np.broadcast_to(a[0, 0], 4, subok=True)   np.broadcast_arrays(a, a[0], subok=True)  np.atleast_3d(a[0], a[0, 0])

np.roll(a, (1, -2), (0, 2))               np.roll(a, 2, (0, 1))                     np.roll(a, (1, 2), 0)
np.roll(a, (1, 1), (0, 0))                np.roll(a, shift=1)                       np.roll(a, [1, 2], [0, 1])
np.flip(a, axis=(0, -1))                  np.repeat(a, [1, 2], axis=0)              np.repeat(a, repeats=np.array([2]))
np.tile(a, [2, 1])                        np.tile(a, np.array([2, 2]))              np.tril(a[0, 0])

np.take(a, [0, 5, -7], mode="wrap")       np.take(a, [0, 5, -7], 1, mode="clip")    np.take(a, Tensor([0, 1]), axis=-1)
np.take(a, Tensor([0, 99]), mode="clip")  np.take(a, indices=1, axis=0)             np.take(a, [[0, 1], [1, 1]], 2)
np.take_along_axis(a, np.array([0, 5]), axis=None)     np.take_along_axis(a, np.array([[[0], [1], [2]]]), axis=2)
np.delete(a, slice(0, 2), 1)              np.delete(a, [True, False, True], 1)      np.delete(a, Tensor([0]), 0)
np.delete(a, np.array([0, -1]), 2)        np.delete(a, [], 0)                       np.delete(a, slice(None, None, -2), 2)
np.compress([True, False, True], a)       np.compress([1, 0], a, axis=0)            np.extract(a > 0, a)

np.stack([a, a], axis=-1, dtype="f")      np.stack((a, a), casting="safe")          np.concatenate((a, a), None, dtype="f")
np.concatenate((a, a), dtype="i", casting="unsafe")    np.hstack([a, a], dtype="f", casting="same_kind")
np.vstack([a, a], dtype="f")              np.concatenate(a)                         np.stack(a, 1)
np.vstack(a)                              np.dstack(a)                              np.column_stack(a)
np.append(a, [1, 2])                      np.append(a[0], [[1, 2, 3, 4]], axis=0)   np.block([a, a])
np.split(a, [1, -1], 2)                   np.split(a, [3, 1], 2)                    np.split(a, Tensor([1]), 1)
np.array_split(a, 5)                      np.array_split(a, 3, axis=-1)             np.split(a, np.array([1]), axis=1)

np.trace(a, -1, axis1=2, axis2=1, dtype="f")           np.diagonal(a, offset=-1, axis1=-1, axis2=0)
np.clip(a, min=-0.5)                      np.clip(a, max=0.5)                       np.clip(a, min=-0.5, max=0.5)
np.clip(a, a_min=-0.5, a_max=0.5)         np.clip(a, a[0] - 0.1, a[1] + 9)          np.clip(a, -1, 1, dtype="f")
np.clip(a)                                np.clip(a, None, 0.5, casting="safe")     np.round(a, decimals=2)
np.sum(a, axis=(0, -1), keepdims=True)    np.cumsum(a, 1, dtype="f")                np.mean(a, dtype="f")
np.where(a > 0, 1.0, a)                   np.where(a > 0)                           np.nonzero(a)

np.full_like(a, 3, dtype="f")             np.full_like(a, 3.0, shape=(2, 2))        np.full_like(a, a[0, 0, 0], "f", shape=2)
np.full_like(a, [1, 2, 3, 4])             np.full_like(a, a[0], order="C")          np.full_like(a, 3.0, device="cpu")
np.zeros_like(a, "f", shape=(2,))         np.ones_like(a, shape=3)                  np.full_like(a, 3.0, subok=False)

np.tensordot(a, a, 0)                     np.tensordot(a, a, 3)                     np.tensordot(a, a, (0, 0))
np.tensordot(a, a, [[0], [0]])            np.tensordot(a, a, np.array([[0], [0]]))  np.tensordot(a, a, ((0, -1), (0, 2)))
np.dot(a, a[0, 0])                        np.dot(a, np.moveaxis(a, 2, 1))           np.dot(2.0, a)
np.inner(a, a[0])                         np.inner(a, 2.0)                          np.outer(a, a)
np.matmul(a[:, 0], a[:, :, 0], axes=[(1, 0), (0, 1), (1, 0)])   np.matmul(a, a[0, 0], axes=[(0, 2), (0,), (0,)])
np.einsum(a, [0, 1, 2], a, [0, 1, 3], [2, 3])          np.einsum(a, [0, ...], [..., 0])
np.einsum("ijk,ijl", a, a, optimize=True)              np.einsum("ijk,ijl->kl", a, a, optimize="greedy")
np.einsum("ijk,ijl->kl", a, a, dtype="f", casting="unsafe")
np.einsum("ijk,ijl,ijk", a, a, a, optimize=["einsum_path", (0, 1, 2)])
np.einsum("ijk->kji", a, order="F")       np.add(a, 1, dtype="f")                   np.exp(a, casting="same_kind")
np.add.reduce(a, axis=(0, 1), keepdims=True)           np.multiply.outer(a, a[0, 0])
np.maximum.reduce(a, 1)                   np.add.accumulate(a, 1)                   np.multiply.reduce(a, -1)
np.logaddexp.reduce(a, (0, 2))            np.logaddexp.reduce(a, 1, keepdims=True)  np.logaddexp.reduce(a, initial=0.5)

np.pad(a, 7, "reflect", reflect_type="odd")             np.pad(a, ((5, 9), (0, 1), (2, 0)), "symmetric", reflect_type="odd")
np.pad(a, 6, "reflect")                   np.pad(a, 6, "symmetric")                 np.pad(a[0], ((7, 0), (0, 9)), "wrap")
np.pad(a, 2, "linear_ramp", end_values=3)               np.pad(a, (3, 1), "maximum", stat_length=2)
np.pad(a, 2, "linear_ramp")               np.pad(a, 2)                              np.pad(a, {1: (1, 2)})
np.pad(a, {-1: 2, 0: (0, 1)}, "edge")
np.pad(a, (3, 1), "mean", stat_length=((1, 2), (2, 3), (4, 1)))         np.pad(a, 2, "minimum")                np.pad(a, 2, "edge")
np.pad(a, 2, "median", stat_length=3)     np.pad(a, ((1, 2),), constant_values=((1, 2), (3, 4), (5, 6)))
np.interp(9 * a, [-2, -1, 0.5, 3], [1.0, 4, 2, -3], period=7)           np.interp(a, [-0.9, 0.1, 0.6], [1.0, 4, 2], -5, 6)
np.interp(9 * a, [5, -1, 0.5, 3.25], a[0, 0], period=6.5)               np.interp([0.25, 6.3, -0.3], [1.0, 2, 4, 6], a[0, 0], period=6.5)
np.take_along_axis(a, np.argsort(a))      np.unwrap(9 * a)                          np.unwrap(9 * a, axis=0, period=3.0)
np.gradient(a, axis=1, edge_order=2)      np.gradient(a, 0.5, axis=(0, 2))          np.gradient(a, [0, 1, 3, 4.5], axis=2, edge_order=2)
np.gradient(a[0], 2.0, [0, 1, 3, 4.5])    np.diff(a, 2, 1)                          np.diff(a, 1, 0, prepend=a[:1], append=2.0)
np.ediff1d(a, [1, 2], 3.0)                np.trapezoid(a, dx=0.5, axis=0)           np.trapezoid(a, [0, 1, 3, 4.5])
np.percentile(a, [20, 70], 1, method="lower")           np.percentile(a, 30, (0, 2), method="higher", keepdims=True)
np.quantile(a, 0.3, method="nearest")     np.quantile(a, 0.3, 0, method="midpoint")
np.quantile(a, [0.3, 0.8], method="weibull")
np.quantile(a, 0.3, 1, method="hazen")    np.quantile(a, 0.3, method="inverted_cdf")
np.quantile(a, 0.3, method="median_unbiased")           np.quantile(a, 0.3, method="closest_observation")
np.quantile(a, 0.3, method="interpolated_inverted_cdf")
np.quantile(a, 0.3, method="normal_unbiased")
np.quantile(a, 0.3, method="averaged_inverted_cdf")     np.median(a, (0, 2), keepdims=True)
np.cov(a[0], ddof=2)                      np.cov(a[0], a[1], rowvar=False)          np.cov(a[0], bias=True)
np.cov(a[0], fweights=[1, 2, 3, 1])       np.cov(a[0], aweights=[0.5, 2, 3, 1])     np.cov(a[0], aweights=[0.5, 2, 3, 1], fweights=[1, 2, 3, 1])
np.corrcoef(a[0], rowvar=False)           np.average(a, 1, [0.5, 2, 1])             np.average(a, axis=2, weights=a[0, 0] + 9, keepdims=True)
np.linalg.norm(a)                         np.linalg.norm(a, axis=1)                 np.linalg.norm(a, 3, axis=-1)
np.linalg.norm(a, np.inf, 0)              np.linalg.norm(a, -np.inf, 1)             np.linalg.norm(a, 1, (0, 1))
np.linalg.norm(a, -1, (1, 2))             np.linalg.norm(a, "nuc", (1, 2))          np.linalg.norm(a, 2, (0, 2))
np.linalg.norm(a, -2, (1, 2))             np.linalg.norm(a, np.inf, (1, 2))         np.linalg.norm(a, -np.inf, (2, 0), keepdims=True)
np.linalg.norm(a[0], 1)                   np.linalg.norm(a[0], 2)                   np.linalg.norm(a[0], "fro")
np.linalg.norm(a, 0.5, 1)                 np.linalg.norm(a, -1, 1)                  np.linalg.cond(a[:, :, :3])
np.linalg.cond(a[:, :, :3], 1)            np.linalg.cond(a[:, :, :3], -2)           np.linalg.cond(a[0, :, :3], "fro")
np.linalg.pinv(a)                         np.linalg.pinv(a, rtol=1e-9)              np.linalg.pinv(a @ a.mT, hermitian=True)
np.linalg.matrix_power(a[:, :, :3], -2)   np.linalg.matrix_power(a[0, :, :3], 5)    np.linalg.multi_dot([a[0], a[1].T, a[0]])
np.linalg.slogdet(a[:, :, :3])[1]         np.linalg.tensorinv(a[:, :2].reshape(4, 2, 2), ind=1)
np.linalg.tensorsolve(a[:, :2].reshape(4, 2, 2), a[0, 0])               np.linalg.tensorsolve(a[:, :2].reshape(2, 4, 2), a[0, 0], axes=(0,))
np.cross(a[..., :3], a[..., 1:])          np.cross(a, a[::-1], axis=1)              np.cross(a[..., 0], a[..., 1], 1, 1, 0)
np.fft.fft(a, 5, 1, "ortho").real         np.fft.ifft(a, 3, 2, "forward").imag      np.fft.rfft(a, 6, 0).imag
np.fft.irfft(a, 5, -1, "ortho")           np.fft.irfft(a, 6)                        np.fft.hfft(a, 5, 1, "forward")
np.fft.rfft2(a, (4, 3), (0, 2)).real      np.fft.irfftn(a, axes=(1, 2))             np.fft.fftn(a, (2, 2), (0, 1), "ortho").imag
np.fft.fftshift(a, 1)                     np.fft.ifftshift(a, (0, 2))               np.fft.ihfft(a, 3).imag
np.convolve(a[0, 0], a[1, 1, :2], "same")
np.convolve(a[0, 0], a[1, 1, :3], "valid")
np.correlate(a[0, 0], a[1, 1, :3])
np.correlate(a[0, 0], a[1, 1, :3], "full")              np.correlate(a[0, 0], a[1, 1, :2], "same")
np.vander(a[0, 0], 3)                     np.vander(a[0, 0], increasing=True)       np.polyder(a[0, 0], 2)
np.polyint(a[0, 0], 2, [3.0, 1.0])        np.polyval(a[0, 0], a[1])                 np.polymul(a[0, 0], a[0, 1])
np.polydiv(a[0, 0], a[0, 1, :2])          np.poly(a[0, 0])                          np.polyfit([0, 1.0, 2, 4], a[0, 0], 2, w=[1, 2, 1, 3])
np.polyfit([0, 1.0, 2], a[0], 1, rcond=1e-9)            np.polyadd(a[0, 0], a[1, 0, :2])
np.linspace(a, 3, 4, endpoint=False, axis=1)            np.logspace(a, 2.0, 3, base=3.0)          np.geomspace(a * a + 1, 7.0, 4, axis=-1)
np.linspace(a[0], a[1], 5, retstep=True)[1]             np.linspace(a, 3, 1)
np.insert(a, 1, a[:, 0], axis=1)          np.insert(a, [0, 2, 2], 7.0, axis=2)      np.insert(a, slice(0, 2), a[0, 0, 0])
np.std(a, 1, ddof=2)                      np.var(a, (0, 2), correction=1)           np.std(a, where=a < 9, axis=1)
np.var(a, 2, mean=np.mean(a, 2, keepdims=True))         np.nanvar(np.where(a > 1, np.nan, a), 2, ddof=1)
np.sum(a, 1, initial=3.0)                 np.prod(a, 2, where=a > 0)                np.max(a, 1, initial=0.0, where=a < 1)
np.min(a, where=a > 0, initial=9.0)       np.nanmean(np.where(a > 1, np.nan, a), 0)
np.nan_to_num(np.where(a > 1, np.nan, a), nan=3.0)
np.choose([2, -1, 5, 0], [a[0, 0], a[0, 1], a[0, 2]], mode="wrap")      np.choose([2, -1, 5, 0], [a[0, 0], a[0, 1], a[0, 2]], mode="clip")
np.select([a > 1, a > 0], [a, 2 * a], 5.0)              np.piecewise(a, [a < 0, a > 1], [-1.0, lambda x: x * x, lambda x: 3 * x])
np.sort(a, None)                          np.sort(a, 0)                             np.partition(a, 2, 1)[:, 2]
np.unique(a)                              np.unique(a[0], axis=0)                   np.trim_zeros(a[0, 0])
np.meshgrid(a[0, 0], a[0, :, 0], indexing="ij")[0]      np.meshgrid(a[0, 0], a[0, :, 0], sparse=True)[1]
np.resize(a, (5, 7))                      np.kron(a[0], a[1])                       np.rot90(a, 3, (0, 2))
np.rollaxis(a, 2, 1)                      np.ptp(a, 1, keepdims=True)               np.diagflat(a[0], -1)
np.vecdot(a, a, axis=0, keepdims=True)    np.vecdot(a, a, axis=1, keepdims=True)
np.vecdot(a, a, axis=1)                   np.matvec(a, a[0, 0])                     np.vecmat(a[0, :, 0], a)
np.apply_along_axis(np.cumsum, 1, a)      np.bincount([0, 2, 1, 2], a[0, 0], 5)     np.cumulative_sum(a, axis=1, include_initial=True)
np.cumulative_prod(a, axis=2)             np.cumprod(a)                             np.histogram([0.1, 0.4, 0.9, 0.2], 3, weights=a[0, 0])[0]
np.histogram([0.1, 0.4, 0.9, 0.2], 3, (0, 1), True, a[0, 0] + 9)[0]     np.lib.stride_tricks.sliding_window_view(a, (2, 3), (0, 2))
np.compress([True, False, True], a, 1)    np.emath.sqrt(a * a + 1)                  np.emath.logn(3.0, a * a + 1)
np.i0(9 * a)                              np.sinc(a)                                np.heaviside(a, 0.5)
"""
CALLS = [
    call.strip() for line in CALLS.splitlines() for call in line.replace("  np.", "\nnp.").split("\n") if call.strip()
]


@pytest.mark.parametrize("call", CALLS)
def test_every_form_of_a_call(call):
    f = eval(f"lambda a: {call}", {"np": np, "Tensor": Tensor})
    try:
        expected = listed(f(A))
    except (TypeError, AttributeError) as error:
        pytest.skip(f"not of this NumPy: {error}")
    for x in Tensor(A), Tensor(A, requires_grad=True):
        for got, want in zip(listed(f(x)), expected, strict=True):
            got = got.data if isinstance(got, Tensor) else np.asarray(got)
            assert (got.shape, got.dtype) == (np.shape(want), np.asarray(want).dtype)
            np.testing.assert_allclose(got, want, rtol=1e-6 if got.dtype == np.float32 else 1e-13, atol=1e-13)
    if isinstance(got, np.ndarray) and all(np.asarray(want).dtype == float for want in expected):
        assert gradcheck(lambda a: tuple(listed(f(a))), A)


def test_the_calls_were_read():
    assert len(CALLS) > 280


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.concatenate([x, x], dtype="f", casting="safe"),
        lambda x: np.stack([x, x], dtype="i"),
        lambda x: np.einsum("i->", x, dtype="f"),
        lambda x: np.clip(x, 0, 1, dtype="i"),
        lambda x: np.concatenate([x, x], casting="perhaps", dtype="f"),
    ],
)
def test_a_dtype_that_would_lose_too_much_is_refused_as_by_numpy(call):
    for x in A[0, 0], Tensor(A[0, 0], requires_grad=True):
        with pytest.raises((TypeError, ValueError)):
            call(x)


def test_order_is_given_by_keyword(monkeypatch):
    """NumPy 2.1.0 takes it no other way."""
    reshape = np.reshape
    strict = lambda a, shape, *, order="C": reshape(a, shape, order=order)
    monkeypatch.setitem(RULES, strict, RULES[reshape])
    monkeypatch.setattr(np, "reshape", strict)
    for f in (
        lambda a: a.reshape(24),
        lambda a: a.ravel("F"),
        lambda a: a.reshape(4, 6, order="F"),
        lambda a: a.flatten(),
    ):
        x = Tensor(A, requires_grad=True)
        f(x).sum().backward()
        np.testing.assert_array_equal(x.grad.data, 1)


# --------------------------------------------------------------------------- every argument, by position and by its name


def forms(fn, args, kwargs):
    """The same call with as many arguments as possible by position, and with all by their names."""
    try:
        bound = inspect.signature(fn).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return  # NumPy doesn't tell
    given, known = bound.arguments, bound.signature.parameters
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in known.values()):
        return
    by_place, by_name, gap = [], {}, False
    for key, p in known.items():
        gap = gap or p.kind == p.KEYWORD_ONLY or (key not in given and p.default in (p.empty, np._NoValue))
        value = given.get(key, p.default)
        if gap:
            by_name |= {key: value} if key in given else {}
        else:
            by_place.append(value)
    yield by_place, by_name
    first = [v for k, v in given.items() if known[k].kind == inspect.Parameter.POSITIONAL_ONLY]
    yield first, {k: v for k, v in given.items() if known[k].kind != inspect.Parameter.POSITIONAL_ONLY}


def outcome(fn, args, kwargs, leaves):
    """Values and gradients."""
    for x in leaves:
        x.grad = None
    with np.errstate(all="ignore"):
        results = [y for y in listed(fn(*args, **kwargs)) if isinstance(y, Tensor)]
        for y in results:
            if y.requires_grad:
                y.backward(np.linspace(0.5, 1.5, y.size).reshape(y.shape).astype(y.dtype), retain_graph=True)
    return [y.data for y in results] + [x.grad.data for x in leaves if x.grad is not None]


NAMED = [
    fn
    for fn in ROWS
    if fn in STRATEGIES and getattr(fn, "__module__", "").startswith("numpy") and not isinstance(fn, np.ufunc)
]


@pytest.mark.parametrize("fn", NAMED, ids=name)
@given(data=st.data())
def test_an_argument_by_position_is_the_same_by_its_name(fn, data):
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary:
        return
    tensors = iter(leaves := [Tensor(a, requires_grad=True) for a in case.arrays])
    args = list(case.args)
    for i in case.where:
        args[i] = [next(tensors) for _ in args[i]] if isinstance(args[i], list) else next(tensors)
    want = None
    for place, names in forms(fn, args, case.kwargs):
        bare = lambda v: (
            [b.data for b in v]
            if isinstance(v, list) and v and isinstance(v[0], Tensor)
            else v.data
            if isinstance(v, Tensor)
            else v
        )
        try:
            with np.errstate(all="ignore"):
                fn(*map(bare, place), **{k: bare(v) for k, v in names.items()})
        except Exception:
            continue  # a default that NumPy itself doesn't take by position
        if want is None:
            want = outcome(fn, args, case.kwargs, leaves)
        got = outcome(fn, place, names, leaves)
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_array_equal(a, b)


def defaults(fn):
    try:
        return {k: p.default for k, p in inspect.signature(fn).parameters.items() if p.default is not p.empty}
    except (TypeError, ValueError):
        return {}


def test_defaults_are_those_of_numpy():
    """Where NumPy has none that one could write down, ours is the one that says nothing."""
    compared = 0
    for fn in ROWS:
        if isinstance(fn, np.ufunc) or not getattr(fn, "__module__", "").startswith("numpy"):
            continue
        theirs = defaults(fn)
        for body in (COMPOSITES.get(fn), *(RULES[fn].vjps if fn in RULES else ())):
            for key, own in defaults(body).items() if body else ():
                if key in theirs:
                    silent = {"keepdims": False, "where": True}.get(key)
                    want = silent if theirs[key] is np._NoValue is not own else theirs[key]
                    assert (type(own), own) == (type(want), want), f"{fn.__name__}: {key}"
                    compared += 1
    assert compared > 300
