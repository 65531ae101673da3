"""Sorting, medians and quantiles, distinct values: every form that NumPy has, and the points that are special."""

import numpy as np
import pytest
from strategies import leaves
from strategies.sorting import METHODS

from tinygrad_edu import Tensor, gradcheck

X = np.random.default_rng(0).permutation(24).reshape(2, 3, 4) / 4.0
TIES = np.array([2.0, 1.0, 2.0, 3.0, 1.0, 2.0])
HOLED = np.array([[np.nan, 1.0, 4.0, 2.0], [3.0, np.nan, np.nan, 1.0], [5.0, 7.0, 6.0, 8.0]])
AXES = [None, 0, 1, -1, (0, 2), (-1, 0), (2, 1), (0, 1, 2)]


def gradient(f, x, seed=None):
    """What the outputs' gradient `seed`, or ones, leaves at `x`."""
    x = Tensor(np.array(x, float), requires_grad=True)
    y = f(x)
    y.backward(np.ones(y.shape) if seed is None else np.array(seed, float))
    return x.grad.tolist()


# ------------------------------------------------------------------------------------- every form


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("fn", [np.median, np.nanmedian])
def test_a_median_along_any_axes(fn, axis, keepdims):
    f = lambda x: fn(x, axis, keepdims=keepdims)
    np.testing.assert_array_equal(f(Tensor(X)).data, f(X))
    assert gradcheck(f, X, order=2, fast=True)


@pytest.mark.parametrize("q", [0, 1, 0.3, [0.0, 0.9], [[0.25, 0.5], [0.75, 1.0]]], ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_a_quantile_of_any_method(method, q):
    x = X[0, 0].copy()
    for fn in np.quantile, np.nanquantile:
        assert gradcheck(lambda x, fn=fn: fn(x, q, method=method), x, order=2)
    for fn in np.percentile, np.nanpercentile:
        assert gradcheck(lambda x, fn=fn: fn(x, np.multiply(q, 100), method=method), x)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_a_quantile_along_any_axes(axis, keepdims):
    for fn in np.quantile, np.nanquantile:
        f = lambda x, fn=fn: fn(x, [0.1, 0.5, 0.8], axis, keepdims=keepdims)
        np.testing.assert_array_equal(f(leaves([X])[0]).data, f(X))
        assert gradcheck(f, X, order=2, fast=True)


@pytest.mark.parametrize(
    ("axis", "shape"), [(None, (2, 3, 4)), (1, (3,)), (-1, (2, 3, 4)), ((0, 2), (2, 3, 4)), ((2, 0), (4, 2))], ids=str
)
def test_weights_say_how_much_each_counts(axis, shape):
    weights = np.random.default_rng(1).random(shape)
    f = lambda x: np.quantile(x, [0.2, 0.5, 0.9], axis, method="inverted_cdf", weights=weights)
    np.testing.assert_array_equal(f(leaves([X])[0]).data, f(X))
    assert gradcheck(f, X, order=2, fast=True)


def test_the_median_of_a_long_row_knows_its_two_elements():
    x = np.random.default_rng(0).random(100_000)
    g = np.array(gradient(np.median, x))
    assert sorted(g[g != 0]) == [0.5, 0.5]
    assert set(np.flatnonzero(g)) == set(np.argsort(x)[49_999:50_001])
    g = np.array(gradient(lambda x: np.quantile(x, 0.123456789), x))
    far = 0.123456789 * 99_999 % 1
    assert sorted(g[g != 0]) == pytest.approx(sorted([far, 1 - far]), rel=1e-10)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, np.complex64])
def test_gradients_have_the_dtype_of_what_was_sorted(dtype):
    for f in np.sort, np.median, lambda x: np.partition(x, 1), np.unique:
        x = Tensor(np.array([3, 1, 2], dtype), requires_grad=True)
        y = f(x)
        assert y.dtype == dtype
        y.backward(np.ones(y.shape, dtype))
        assert x.grad.dtype == dtype


@pytest.mark.parametrize(
    "q", [0.5, np.float64(0.5), np.array(0.5), np.float32(0.5), [0.5], np.array([0.5], np.float32), 1], ids=repr
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_of_a_quantile(dtype, q):
    x = np.array([3, 1, 2, 4], dtype)
    assert np.quantile(Tensor(x, requires_grad=True), q).dtype == np.quantile(x, q).dtype


def test_complex_numbers_are_sorted_by_their_real_parts():
    z = np.array([2 + 1j, 1 + 5j, 2 - 1j])
    seed = np.array([1j, 2, 3])
    x = Tensor(z, requires_grad=True)
    np.sort(x).backward(seed)
    np.testing.assert_array_equal(x.grad.data[np.argsort(z)], seed)
    x = Tensor([2.0, 1.0], requires_grad=True)
    y = np.sort_complex(x)
    assert y.dtype == complex
    y.backward(np.array([3 + 1j, 4 + 1j]))
    assert x.grad.tolist() == [4, 3]


# ------------------------------------------------------------------------------------------- ties


@pytest.mark.parametrize("f", [np.sort, lambda x: np.sort(x, kind="stable"), lambda x: np.sort(x, axis=None)])
def test_equal_elements_share_what_comes_back_to_their_group(f):
    """1, 1, 2, 2, 2, 3 get 10, 20, 30, 40, 50, 60."""
    assert gradient(f, TIES, [10, 20, 30, 40, 50, 60]) == [40, 15, 40, 60, 15, 40]


def test_equal_elements_of_different_rows_have_nothing_in_common():
    x = [[1.0, 1.0], [1.0, 2.0]]
    assert gradient(np.sort, x, [[10, 20], [30, 40]]) == [[15, 15], [30, 40]]
    assert gradient(lambda x: np.sort(x, axis=0), x, [[10, 20], [30, 40]]) == [[20, 20], [20, 40]]
    assert gradient(lambda x: np.sort(x, axis=None), x, [10, 20, 30, 40]) == [[20, 20], [20, 40]]


def test_equal_elements_share_in_a_partition_too():
    kth = np.partition(TIES, 2)
    seed = np.arange(6.0)
    mean = {v: seed[kth == v].mean() for v in (1.0, 2.0, 3.0)}
    assert gradient(lambda x: np.partition(x, 2), TIES, seed) == pytest.approx([mean[v] for v in TIES])


def test_sharing_between_two_is_the_mean_of_the_slopes_on_both_sides():
    weights = np.array([1.0, 5.0, 7.0])
    assert gradcheck(lambda x: np.sort(x) * weights, np.array([2.0, 1.0, 2.0]))
    assert gradcheck(np.median, np.array([1.0, 1.0, 2.0, 2.0]))


def test_a_median_that_several_elements_have_belongs_to_all_of_them():
    assert gradient(np.median, TIES) == pytest.approx([1 / 3, 0, 1 / 3, 0, 0, 1 / 3])
    assert gradient(np.median, [1.0, 1.0, 2.0, 2.0]) == [0.25, 0.25, 0.25, 0.25]
    assert gradient(lambda x: np.quantile(x, 0.25), [1.0, 1.0, 2.0, 2.0]) == [0.5, 0.5, 0, 0]
    assert gradient(
        lambda x: np.quantile(x, 0.5, weights=[1, 1, 9, 1], method="inverted_cdf"), [1.0, 2.0, 2.0, 3.0]
    ) == [0, 0.5, 0.5, 0]


def test_the_sum_of_what_was_sorted_has_gradient_one_everywhere_and_its_square_a_second_derivative():
    assert gradient(np.sort, TIES) == [1] * 6
    x = Tensor(TIES, requires_grad=True)
    np.sum(np.sort(x) ** 2 * np.arange(6.0)).backward(create_graph=True)
    assert x.grad.tolist() == pytest.approx([12, 1, 12, 30, 1, 12])  # 2 x, times the mean factor of the group
    x.grad, g = None, x.grad
    g[0].backward()  # 2 times the mean factor, shared by the group
    assert x.grad.tolist() == pytest.approx([2, 0, 2, 0, 0, 2])


# ------------------------------------------------------------------------------------------- NaNs


def test_nans_are_sorted_to_the_end_and_count_as_equal():
    x = [np.nan, 2.0, np.nan, 1.0]
    np.testing.assert_array_equal(np.sort(Tensor(x, requires_grad=True)).data, [1, 2, np.nan, np.nan])
    assert gradient(np.sort, x, [1, 2, 30, 40]) == [35, 2, 35, 1]


def test_a_median_that_is_nan_belongs_to_the_nans():
    for f in (
        np.median,
        lambda x: np.quantile(x, 0.1),
        lambda x: np.percentile(x, 10, weights=[1, 1, 1, 1], method="inverted_cdf"),
    ):
        assert gradient(f, [np.nan, 2.0, np.nan, 1.0]) == [0.5, 0, 0.5, 0]
    assert gradient(lambda x: np.median(x, axis=1), HOLED) == [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0.5, 0.5, 0]]


def test_what_passes_over_nans_gives_them_nothing():
    assert gradient(lambda x: np.nanmedian(x, axis=1), HOLED) == [[0, 0, 0, 1], [0.5, 0, 0, 0.5], [0, 0.5, 0.5, 0]]
    assert gradient(lambda x: np.nanquantile(x, [0.0, 1.0], axis=1), HOLED)[1] == [1, 0, 0, 1]
    only = np.array([[np.nan, np.nan], [1.0, 3.0]])
    for f in lambda x: np.nanmedian(x, axis=1), lambda x: np.nanpercentile(x, 50, axis=1):
        with pytest.warns(RuntimeWarning, match="All-NaN"):
            y = f(x := Tensor(only, requires_grad=True))
        np.testing.assert_array_equal(y.data, [np.nan, 2])
        y.backward(np.ones(2))  # and no warning on the way back
        assert x.grad.tolist() == [[0, 0], [0.5, 0.5]]


@pytest.mark.parametrize("f", [np.median, lambda x: np.nanquantile(x, 0.5)])
def test_nothing_has_no_median(f):
    with pytest.warns(RuntimeWarning, match="empty"), np.errstate(invalid="ignore"):
        y = f(x := Tensor(np.zeros((0, 3)), requires_grad=True))
    y.backward()
    assert x.grad.shape == (0, 3)


# ---------------------------------------------------------------------------------- distinct values


def test_equal_elements_share_what_comes_back_to_the_one_that_stands_for_them():
    assert gradient(np.unique, TIES, [2, 3, 4]) == [1, 1, 1, 4, 1, 1]
    assert gradient(np.unique_values, TIES, [2, 3, 4]) == [1, 1, 1, 4, 1, 1]
    assert gradient(lambda x: np.unique(x, axis=0), [[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]], [[1, 2], [3, 4]]) == [
        [1.5, 2],
        [1, 2],
        [1.5, 2],
    ]
    assert gradient(lambda x: np.unique(x, axis=1), [[1.0, 0.0, 1.0]], [[1, 2]]) == [[1, 1, 1]]
    assert gradient(np.unique, [np.nan, 1.0, np.nan], [1, 2]) == [1, 1, 1]
    assert gradient(lambda x: np.unique(x, equal_nan=False), [np.nan, 1.0, np.nan], [1, 2, 3]) == [2, 1, 3]
    assert gradient(np.unique_values, [np.nan, 1.0, np.nan]) == [1, 1, 1]  # to this function, two NaNs are two values
    assert gradcheck(lambda x: np.unique(x[[0, 1, 0, 2]]) ** 2, np.array([1.0, 3.0, 2.0]), order=2)


@pytest.mark.parametrize("flags", [{"return_index": True}, {"return_inverse": True, "return_counts": True},
                                   {"return_index": True, "return_inverse": True, "axis": 0}], ids=str)  # fmt: skip
def test_what_else_unique_tells_is_plain(flags):
    got, want = np.unique(Tensor(TIES, requires_grad=True), **flags), np.unique(TIES, **flags)
    assert len(got) == len(want)
    assert type(got[0]) is Tensor
    for g, w in zip(got, want):
        np.testing.assert_array_equal(getattr(g, "data", g), w)
    assert all(type(g) is np.ndarray for g in got[1:])


@pytest.mark.parametrize("fn", [np.unique_all, np.unique_counts, np.unique_inverse])
def test_named_results_keep_their_names(fn):
    got, want = fn(Tensor(TIES, requires_grad=True)), fn(TIES)
    assert type(got) is type(want)
    assert got.values.requires_grad
    for g, w in zip(got, want):
        np.testing.assert_array_equal(getattr(g, "data", g), w)


def since(version, why):
    return pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < version, reason=f"until NumPy {version}, {why}")


@since("2.2.0", "zeros were trimmed from rows only")
@pytest.mark.parametrize("args", [(), ("f",), ("b", 0), *(
    pytest.param(("fb", axes), marks=since("2.4.0", "they were trimmed along one axis or all")) for axes in [(1, -2), ()])], ids=str)  # fmt: skip
def test_zeros_around_a_block_are_trimmed(args):
    x = np.zeros((4, 5))
    x[1:3, 2] = 3.0
    y = np.trim_zeros(leaves([x])[0], *args)
    np.testing.assert_array_equal(y.data, np.trim_zeros(x, *args))
    assert np.sum(gradient(lambda x: np.trim_zeros(x, *args), x)) == y.size


# ---------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.quantile(x, 1.5), lambda x: np.percentile(x, -1), lambda x: np.quantile(x, 0.5, method="middle"),
        lambda x: np.quantile(x, 0.5, axis=3), lambda x: np.median(x, (0, 0)), lambda x: np.quantile(x, 0.5, weights=[1] * 6),
        lambda x: np.quantile(x, 0.5, weights=[1, 2], method="inverted_cdf"), lambda x: np.sort(x, 1), lambda x: np.sort(x, kind="best"),
        lambda x: np.partition(x, 6), lambda x: np.quantile(x, 0.5, weights=[-1, *[1] * 5], method="inverted_cdf"),
        lambda x: np.unique(x, axis=1), lambda x: np.trim_zeros(x, 3), lambda x: np.median(x, foo=1),
    ],
)  # fmt: skip
def test_what_numpy_refuses_is_refused(call):
    loud = (ValueError, TypeError, IndexError, AttributeError)
    with pytest.raises(loud):
        call(TIES)
    with pytest.raises(loud):
        call(Tensor(TIES, requires_grad=True))


def test_quantiles_are_not_differentiated_with_respect_to_how_much_and_say_so():
    q = Tensor(0.5, requires_grad=True)
    with pytest.raises(NotImplementedError, match="with respect to q"):
        np.quantile(Tensor(TIES), q, 0).backward()
    with pytest.raises(TypeError, match="weights"):
        np.quantile(
            Tensor(TIES, requires_grad=True), 0.5, method="inverted_cdf", weights=Tensor(np.ones(6), requires_grad=True)
        )


def test_what_is_differentiated_is_never_overwritten():
    x = Tensor(TIES, requires_grad=True)
    np.median(x, 0, None, True).backward()
    np.quantile(x, 0.5, 0, None, True).backward()
    np.testing.assert_array_equal(x.data, TIES)
    assert x.grad.tolist() == pytest.approx([2 / 3, 0, 2 / 3, 0, 0, 2 / 3])
    with pytest.raises(NotImplementedError, match="writes into"):
        np.median(x, overwrite_input=True)
