"""Reductions of some elements, averages, covariances, histograms, what passes over NaNs: every form, and special points."""

import warnings

import numpy as np
import pytest
from strategies import leaves

from tinygrad_edu import Tensor, gradcheck

X = np.random.default_rng(0).permutation(24).reshape(2, 3, 4) / 4.0 - 2.125
MASK = np.array([[True, False, True, True], [False, False, True, True], [True, True, True, False]])
HOLED = np.where(np.arange(24).reshape(2, 3, 4) % 5 == 2, np.nan, X)
AXES = [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2), ()]
EXTREMES = [np.max, np.min, np.amax, np.amin]


def gradient(f, x, seed=None):
    """What the outputs' gradient `seed`, or ones, leaves at `x`."""
    x = Tensor(np.array(x, float), requires_grad=True)
    y = f(x)
    y.backward(np.ones(y.shape) if seed is None else np.array(seed, float))
    return x.grad.tolist()


def agrees(f, x):
    """The value is NumPy's, and the derivatives are those of differences."""
    got, want = f(leaves([x])[0]), f(x)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    np.testing.assert_allclose(got.data, want, rtol=1e-14)
    return gradcheck(f, x, order=2, fast=True)


# ------------------------------------------------------------------------------- some of the elements


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES[:-1], ids=str)
def test_a_mask_with_any_axes(axis, keepdims):
    some = np.stack([MASK, ~MASK | MASK[:, :1]])
    for fn in np.sum, np.prod, np.mean:
        assert agrees(lambda x, fn=fn: fn(x, axis, keepdims=keepdims, where=some), X)
    for fn in EXTREMES:
        assert agrees(lambda x, fn=fn: fn(x, axis, keepdims=keepdims, where=some, initial=0.3), X)
    if axis != 0:
        for fn in np.var, np.std:
            assert agrees(lambda x, fn=fn: fn(x, axis, keepdims=keepdims, where=MASK, ddof=0.5), X)


@pytest.mark.parametrize(
    "where", [True, False, [True, False, True, True], [[True], [False], [True]], MASK, np.True_], ids=str
)
def test_a_mask_that_broadcasts(where):
    assert agrees(lambda x: np.sum(x, (1, 2), where=where), X)
    assert agrees(lambda x: np.min(x, 0, where=where, initial=-1.0), X)


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("fn", [np.sum, np.prod, *EXTREMES])
def test_something_to_start_from(fn, axis):
    assert agrees(lambda x: fn(x, axis, initial=1.5), X)
    assert agrees(lambda x: fn(x, axis, initial=1.5, keepdims=True), X)
    empty = np.zeros((2, 0, 3))
    assert fn(leaves([empty])[0], 1, initial=1.5).tolist() == np.full((2, 3), 1.5).tolist()


@pytest.mark.parametrize("fn", [np.sum, np.prod, *EXTREMES])
def test_what_one_starts_from_may_be_a_tensor(fn):
    assert gradcheck(lambda x, first: fn(x, 1, initial=first), [X, 1.3], order=2)
    first = Tensor(np.float32(1.5), requires_grad=True)
    y = fn(Tensor(X[0, 0]), initial=first)
    assert y.dtype == float
    y.backward()
    assert first.grad.dtype == np.float32


def test_masks_and_starts_in_the_ufuncs_own_reductions():
    assert agrees(lambda x: np.add.reduce(x, 1, where=MASK, initial=2.0), X)
    assert agrees(lambda x: np.multiply.reduce(x, where=MASK), X)
    assert agrees(lambda x: np.maximum.reduce(x, (0, 2), initial=0.3, where=MASK), X)
    assert agrees(lambda x: np.sum(x, 0, None, None, True, 2.0, MASK), X)


def test_a_nan_that_is_not_chosen_is_not_seen():
    for fn in np.sum, np.mean, np.var, np.std:
        g = gradient(lambda x, fn=fn: fn(x, where=[True, False, True]), [1.0, np.nan, 4.0])
        assert g[1] == 0
        assert np.isfinite(g).all()
    assert gradient(lambda x: np.prod(x, where=[True, False, True]), [2.0, np.nan, 0.0]) == [0, 0, 2]
    assert gradient(lambda x: np.max(x, where=[True, False, True], initial=0.0), [1.0, np.nan, 4.0]) == [0, 0, 1]


def test_equal_extremes_share_with_what_they_start_from():
    assert gradient(lambda x: np.max(x, initial=3.0), [3.0, 1.0, 3.0]) == pytest.approx([1 / 3, 0, 1 / 3])
    assert gradient(lambda x: np.min(x, initial=3.0), [3.0, 4.0]) == [0.5, 0]
    assert gradient(lambda x: np.max(x, initial=9.0), [3.0, 1.0]) == [0, 0]
    assert gradient(lambda x: np.max(x, where=[True, True, False], initial=-np.inf), [3.0, 3.0, 3.0]) == [0.5, 0.5, 0]


@pytest.mark.parametrize("options", [{"correction": 1}, {"correction": 0.5, "where": MASK}, {"mean": 0.3}, {"ddof": 1, "mean": np.float32(0.3)},
                                     {"mean": X[:, :1] + 1, "where": MASK}, {"ddof": 1}], ids=str)  # fmt: skip
@pytest.mark.parametrize("fn", [np.var, np.std, np.nanvar, np.nanstd])
def test_every_form_of_the_variance(fn, options):
    for axis in (1,) if np.ndim(options.get("mean", 0)) else (None, 1, (0, -1)):
        assert agrees(lambda x, axis=axis: fn(x, axis, **options), X)
        assert agrees(lambda x, axis=axis: fn(x, axis, keepdims=True, **options), X)


def test_a_deviation_from_a_given_mean_changes_with_both():
    mean = np.mean(X, 1, keepdims=True) + 0.1
    for fn in np.var, np.std, np.nanvar, np.nanstd:
        assert gradcheck(lambda x, m, fn=fn: fn(x, 1, mean=m, ddof=1), [X, mean], order=2, fast=True)
        single = X.astype(np.float32)
        assert fn(leaves([single])[0], 1, mean=Tensor(mean)).dtype == fn(single, 1, mean=mean).dtype


def test_equal_numbers_have_no_deviation_to_speak_of():
    assert gradient(lambda x: np.std(x, where=[True, True, False]), [2.0, 2.0, 7.0]) == [0, 0, 0]
    assert gradient(lambda x: np.std(x, mean=2.0), [2.0, 2.0]) == [0, 0]
    assert gradient(np.nanstd, [2.0, 2.0, np.nan]) == [0, 0, 0]


def test_nothing_chosen():
    x, nothing = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[True, True], [False, False]])
    assert gradient(lambda x: np.sum(x, 1, where=nothing), x) == [[1, 1], [0, 0]]
    assert gradient(lambda x: np.prod(x, 1, where=nothing), x) == [[2, 1], [0, 0]]
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        y = np.mean(leaves([x])[0], 1, where=nothing)
    np.testing.assert_array_equal(y.data, [1.5, np.nan])
    for fn in np.var, np.std:
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(invalid="ignore"):
            y = fn(leaves([x])[0], 1, where=nothing)
        np.testing.assert_array_equal(y.data, [fn(x[0]), np.nan])
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(invalid="ignore"):
            assert np.isnan(fn(leaves([x])[0], where=False).item())
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(divide="ignore"):
            assert fn(leaves([x])[0], where=True, mean=0.0, ddof=5).item() == np.inf


def test_half_precision_is_not_summed_in_half_precision():
    x = np.full(200, 1000, np.float16)
    y = np.mean(Tensor(x, requires_grad=True), where=x > 0)
    assert (y.item(), y.dtype) == (1000, np.float16)


def test_integers_and_the_dtype_of_a_sum():
    x = Tensor(X, requires_grad=True)
    assert not np.sum(x, dtype=int, where=MASK).requires_grad
    assert np.sum(x, dtype=np.float32, initial=1).dtype == np.float32
    assert np.nansum(x, 0, np.float32).dtype == np.float32


# ----------------------------------------------------------------------------------- averages and the like


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES[:-1], ids=str)
def test_an_average_along_any_axes(axis, keepdims):
    axes = range(3) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for shape in {X.shape, tuple(X.shape[i] for i in axes)} if axis is not None else {X.shape}:
        w = np.random.default_rng(1).random(shape)
        f = lambda x, w: np.average(x, axis, w, keepdims=keepdims)
        np.testing.assert_allclose(f(*leaves([X, w])).data, f(X, w), rtol=1e-14)
        assert gradcheck(f, [X, w], order=2, fast=True)
    for got, want in zip(np.average(Tensor(X), axis, returned=True), np.average(X, axis, returned=True)):
        np.testing.assert_allclose(got.data, want, rtol=1e-14)


def test_the_dtype_of_an_average():
    single, whole = X.astype(np.float32), np.arange(24, dtype=np.int8).reshape(X.shape)
    for a, w in (single, X), (X, single), (single, single), (whole, single), (single, whole + 1):
        got = np.average(Tensor(a), weights=Tensor(w, requires_grad=w.dtype.kind == "f"), returned=True)
        assert [y.dtype for y in got] == [y.dtype for y in np.average(a, weights=w, returned=True)]


@pytest.mark.parametrize("rowvar", [True, False])
@pytest.mark.parametrize("y", [None, X[1], X[1, 0]], ids=["one", "two", "row"])
def test_every_form_of_the_covariance(y, rowvar):
    m = X[0, :, :3]
    y = y if y is None else y[..., :3]
    for options in (
        {},
        {"bias": True},
        {"ddof": 0},
        {"ddof": 2},
        {"fweights": [2, 1, 3]},
        {"fweights": [2, 0, 3], "aweights": [0.5, 1, 2], "ddof": 2},
    ):
        assert agrees(lambda m, options=options: np.cov(m, y, rowvar, **options), m)
    assert gradcheck(lambda m, w: np.cov(m, y, rowvar, aweights=w), [m, np.array([0.5, 1.0, 2.0])], order=2, fast=True)
    assert agrees(lambda m: np.corrcoef(m[:, [0, 1, 2, 0]] if rowvar else m, y if y is None else np.append(y, y[..., 1:2], -1) if rowvar else y,
                                        rowvar), np.random.default_rng(3).random((3, 3)))  # fmt: skip


def test_a_second_variable_may_be_a_row_where_variables_are_columns():
    assert agrees(lambda m: np.cov(m, X[:1, 0, :3], rowvar=False), X[0, :, :2])


def test_covariances_of_complex_numbers():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 2, 4))
    for f in (
        np.cov,
        lambda z: np.cov(z, aweights=[1, 2, 3, 4]),
        np.corrcoef,
        lambda z: np.var(z, 1, where=[True, True, True, False]),
        np.nanstd,
    ):
        g = lambda a, b, f=f: f(a + 1j * b)
        got, want = g(*leaves([a, b])), g(a, b)
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got.data, want, rtol=1e-14)
        assert gradcheck(lambda a, b, g=g: (np.real(g(a, b)), np.imag(g(a, b))), [a, b], order=2, fast=True)


def test_a_covariance_is_of_double_precision_and_its_gradient_is_not():
    x = Tensor(X[0].astype(np.float32), requires_grad=True)
    y = np.cov(x)
    assert y.dtype == float
    y.sum().backward()
    assert x.grad.dtype == np.float32
    assert np.cov(x, dtype=np.float32).dtype == np.float32


def test_a_correlation_that_is_one_stays_so():
    x = np.array([[1.0, 2.0, 4.0], [0.1, 0.2, 0.4]])
    c = np.corrcoef(leaves([x])[0])
    np.testing.assert_array_equal(c.data, np.corrcoef(x))
    assert c.data.max() <= 1
    assert gradient(lambda x: np.corrcoef(x)[0, 1], x) == pytest.approx(np.zeros((2, 3)), abs=1e-12)
    assert gradcheck(lambda x: np.corrcoef(x)[0, 1], x, order=2)


@pytest.mark.parametrize("factor", [3.0, -3.0, 3j, -3j])
def test_no_correlation_is_beyond_one(factor):
    """Rounding alone would take some of them there."""
    for seed in range(40):
        x = np.random.default_rng(seed).normal(size=5)
        c = np.corrcoef(Tensor(x), Tensor(factor * x)).data
        assert np.abs(c.real).max() <= 1
        assert np.abs(c.imag).max() <= 1
        np.testing.assert_allclose(c, np.corrcoef(x, factor * x), atol=1e-12)


def test_too_few_samples():
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(all="ignore"):
        assert np.isnan(np.cov(leaves([np.ones((2, 1))])[0]).data).all()


def test_a_range_between_equal_extremes():
    assert gradient(np.ptp, [1.0, 4.0, 4.0, 1.0]) == [-0.5, 0.5, 0.5, -0.5]
    assert gradient(np.ptp, [2.0, 2.0]) == [0, 0]
    for axis in AXES:
        assert agrees(lambda x, axis=axis: np.ptp(x, axis, keepdims=True), X)


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="new in NumPy 2.1")
def test_running_totals():
    for fn in (np.cumulative_sum, np.cumulative_prod):
        for axis in range(-3, 3):
            for initial in (False, True):
                assert agrees(lambda x, fn=fn, axis=axis, initial=initial: fn(x, axis=axis, include_initial=initial), X)
        with pytest.raises(ValueError, match="axis"):
            fn(leaves([X])[0])


# --------------------------------------------------------------------------------------------- NaNs


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES[:-1], ids=str)
def test_nans_are_passed_over_along_any_axes(axis, keepdims):
    some = np.stack([MASK, ~MASK]) | np.isnan(HOLED[::-1])  # where the other is NaN, this one is chosen
    for fn in np.nansum, np.nanprod, np.nanmean, np.nanmax, np.nanmin, np.nanvar, np.nanstd:
        if axis == 0 and fn in (np.nanvar, np.nanstd):
            continue  # rows of one number
        f = lambda x, fn=fn: fn(np.where(np.isnan(HOLED), np.nan, x), axis, keepdims=keepdims)
        assert agrees(f, X)
        assert f(leaves([X])[0]).shape == fn(HOLED, axis, keepdims=keepdims).shape
    for fn in np.nansum, np.nanprod, np.nanmean:
        assert agrees(lambda x, fn=fn: fn(np.where(np.isnan(HOLED), np.nan, x), axis, where=some, keepdims=keepdims), X)
    for fn in np.nanmax, np.nanmin:
        assert agrees(lambda x, fn=fn: fn(np.where(np.isnan(HOLED), np.nan, x), axis, where=MASK, initial=0.3), X)


@pytest.mark.parametrize("fn", [np.nancumsum, np.nancumprod])
def test_running_totals_pass_over_nans(fn):
    for axis in (None, 0, 1, -1):
        assert agrees(lambda x, axis=axis: fn(np.where(np.isnan(HOLED), np.nan, x), axis), X)


def test_equal_extremes_share_and_nans_get_nothing():
    assert gradient(np.nanmax, [3.0, np.nan, 3.0]) == [0.5, 0, 0.5]
    assert gradient(np.nanmin, [[3.0, np.nan], [1.0, 1.0]]) == [[0, 0], [0.5, 0.5]]
    assert gradient(np.nanprod, [2.0, np.nan, 0.0]) == [0, 0, 2]
    assert gradient(np.nancumsum, [2.0, np.nan, 0.0]) == [3, 0, 1]


ONLY = [[np.nan, np.nan], [1.0, 3.0]]


@pytest.mark.parametrize(
    ("fn", "row"),
    [
        (np.nanmean, [0.5, 0.5]),
        (np.nanmax, [0, 1]),
        (np.nanmin, [1, 0]),
        (np.nanvar, [-1, 1]),
        (np.nanstd, [-0.5, 0.5]),
    ],
)
def test_a_row_of_nothing_but_nans(fn, row):
    with pytest.warns(RuntimeWarning, match="Mean of empty|All-NaN|Degrees of freedom"):
        y = fn(x := Tensor(ONLY, requires_grad=True), 1)
    assert np.isnan(y.data[0])
    y.backward(np.ones(2))  # without a warning
    assert x.grad.tolist() == [[0, 0], row]


def test_the_variance_of_too_few_numbers_is_nan():
    x = np.array([[1.0, np.nan, np.nan], [1.0, 2.0, 4.0]])
    for ddof in 1, 2:
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
            y = np.nanvar(leaves([x])[0], 1, ddof=ddof)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_allclose(y.data, np.nanvar(x, 1, ddof=ddof))


def test_numbers_instead_of_nans_are_constants():
    x = [1.0, np.nan, np.inf, -np.inf]
    assert gradient(np.nan_to_num, x) == [1, 0, 0, 0]
    for options in {}, {"nan": 2, "posinf": 3.5, "neginf": -1}, {"nan": np.inf}, {"nan": [1.0, 2.0, 3.0, 4.0]}:
        for dtype in np.float32, np.float64, np.complex64:
            a = np.array(x, dtype)
            got = np.nan_to_num(Tensor(a, requires_grad=True), **options)
            np.testing.assert_array_equal(got.data, np.nan_to_num(a, **options))
            assert got.dtype == dtype
    z = np.array([np.nan + 1j, 2 + np.inf * 1j])
    np.testing.assert_array_equal(np.nan_to_num(leaves([z])[0], posinf=5).data, np.nan_to_num(z, posinf=5))
    value = Tensor(7.0, requires_grad=True)
    np.nan_to_num(Tensor(x, requires_grad=True), nan=value).sum().backward()
    assert value.grad.item() == 1


@pytest.mark.parametrize("fn", [np.nansum, np.nanprod, np.nancumsum, np.nancumprod, np.nanmean, np.nanmax, np.nanmin, np.nanvar, np.nanstd,
                                np.nan_to_num, np.median, np.nanmedian, np.ptp, np.average, np.cov, np.sort, np.unique])  # fmt: skip
def test_integers_have_no_nans_and_stay_what_they_are(fn):
    x = np.array([3, 1, 2])
    got, want = fn(Tensor(x)), fn(x)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got.data, want)


# ----------------------------------------------------------------------------------------- histograms


def test_what_is_counted_is_plain_and_what_it_weighs_is_not():
    x = Tensor([0.0, 1.0, 1.0, 4.0], requires_grad=True)
    counts, edges = np.histogram(x, 2)
    assert type(counts) is np.ndarray
    assert counts.tolist() == [3, 1]
    weights = Tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    total, edges = np.histogram(x, 2, weights=weights)
    assert (total.tolist(), edges.tolist()) == ([6, 4], [0, 2, 4])
    total.backward(np.array([10.0, 20.0]))
    assert weights.grad.tolist() == [10, 10, 10, 20]
    assert type(np.bincount([0, 2])) is np.ndarray
    assert np.bincount([0, 2, 2], Tensor([1.0, 2.0, 4.0], requires_grad=True), 4).tolist() == [1, 0, 6, 0]


@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize(
    ("fn", "data", "bins"),
    [
        (np.histogram, (X[0, 0],), 5), (np.histogram, (X[0, 0],), [-1.0, 0.0, 2.0, 2.5]), (np.histogram, (np.array([1, 2, 2, 5]),), 3),
        (np.histogram2d, (X[0, 0], X[1, 0]), 3), (np.histogram2d, (X[0, 0], X[1, 0]), [2, [-2, 0, 4]]), (np.histogramdd, (X[0].T,), 2),
        (np.histogramdd, ([X[0, 0]],), 3), (np.histogramdd, (X[0, 0],), 3), (np.histogramdd, ([X[0, 0], X[1, 0]],), (2, 3)),
    ],
)  # fmt: skip
def test_every_form_of_the_histogram(fn, data, bins, density):
    """Of four points, one of which may lie outside."""
    weights = np.array([1.0, 2.0, 4.0, 8.0])
    f = lambda w: fn(*data, bins, density=density, weights=w)
    got, want = f(leaves([weights])[0]), f(weights)
    np.testing.assert_allclose(got[0].data, want[0], rtol=1e-14)
    assert len(got) == len(want)
    assert repr(got[1:]) == repr(want[1:])
    assert gradcheck(lambda w: f(w)[0], weights, order=2)


def test_the_last_bin_has_both_its_edges():
    for bins in [0, 1, 3], [0, 1, 1], [0, 3, 3]:
        x, weights = np.array([0.0, 1.0, 1.0, 3.0, 4.0, np.nan]), np.arange(1.0, 7)
        np.testing.assert_array_equal(
            np.histogram(x, bins, weights=leaves([weights])[0])[0].data, np.histogram(x, bins, weights=weights)[0]
        )


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sum(x, where=[[True] * 3] * 2), lambda x: np.sum(x, where=np.array([1, 0, 1])), lambda x: np.sum(x, 1, where=False),
        lambda x: np.sum(x, initial=[1.0, 2.0]), lambda x: np.max(x, where=[True, False, True]), lambda x: np.sum(x, unknown=1),
        lambda x: np.mean(x, where=[True, False]), lambda x: np.var(x, ddof=1, correction=1), lambda x: np.nanvar(x, ddof=1, correction=1),
        lambda x: np.nanmax(x, where=[True, False, True]), lambda x: np.nanmax(x[:0]), lambda x: np.nanmean(x, 1), lambda x: np.ptp(x[:0]),
        lambda x: np.average(x, weights=[1, 2]), lambda x: np.average(x, 0, weights=[1, 2]), lambda x: np.average(x, weights=[1, -1, 0]),
        lambda x: np.average(x, 1), lambda x: np.cov(x.reshape(1, 1, 3)), lambda x: np.cov(x, ddof=0.5), lambda x: np.cov(x, [1.0, 2.0]),
        lambda x: np.cov(x, fweights=[0.5, 1, 1]), lambda x: np.cov(x, fweights=[1, 1]), lambda x: np.cov(x, aweights=[-1, 1, 1]),
        lambda x: np.cov(x, fweights=[[1, 1, 1]]), lambda x: np.nan_to_num(x, nan=[1.0, 2.0]), lambda x: np.bincount([0, 1], x),
        lambda x: np.bincount([0, -1, 1], x), lambda x: np.histogram([1, 2], weights=x),
        lambda x: np.histogram([1, 2, 3], [3, 2, 1], weights=x), lambda x: np.histogram2d([1, 2, 3], [1, 2], weights=x),
    ],
)  # fmt: skip
def test_what_numpy_refuses_is_refused(call):
    loud = (ValueError, TypeError, IndexError, RuntimeError, ZeroDivisionError)
    x = np.array([1.0, 2.0, 4.0])
    with pytest.raises(loud):
        call(x)
    with pytest.raises(loud):
        call(Tensor(x, requires_grad=True))
