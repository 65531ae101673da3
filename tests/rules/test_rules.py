"""Every row of the table, tried on whatever arguments its strategy can think of; then the points that are special."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LAYOUTS, STRATEGIES, leaves, listed, missing

from tinygrad_edu import Tensor, gradcheck, relu, rule, sigmoid, softmax
from tinygrad_edu.engine.table import COMPOSITES, PLAIN, RULES

ROWS = [
    fn for fn in {**RULES, **COMPOSITES} if not (getattr(fn, "__module__", None) or "").startswith("test_")
]  # no test's own


def name(fn):
    return f"{getattr(fn, '__module__', None) or 'numpy'}.{fn.__name__}".replace("tinygrad_edu.rules.", "")


every_function = pytest.mark.parametrize("fn", [fn for fn in ROWS if fn in STRATEGIES], ids=name)


# ------------------------------------------------------------------------------------ the whole table


def test_every_function_of_the_table_has_a_strategy():
    assert not missing(ROWS), "write a strategy for these in tests/strategies/"


def test_a_new_rule_without_a_strategy_would_be_noticed():
    def dummy(x):
        return x

    rule(dummy, lambda g, y, x: g)
    assert dummy in missing(RULES)


@every_function
@given(data=st.data())
def test_value_shape_and_dtype_are_those_of_numpy(fn, data):
    """Recorded or not, in single, double and mixed precision; and gradients have their arguments' shapes and dtypes."""
    case = data.draw(STRATEGIES[fn])
    arrays = [a.astype(data.draw(st.sampled_from([np.float64, np.float32]))) for a in case.arrays]
    expected = case.expected(*arrays)

    for tensors in map(Tensor, arrays), leaves(arrays):
        tensors = list(tensors)
        result = listed(case(*tensors))
        assert len(result) == len(expected)
        for y, want in zip(result, expected):
            assert type(y) is Tensor
            assert type(y.data) is np.ndarray
            assert (y.shape, y.dtype) == (want.shape, want.dtype)
            precision = max(np.finfo(a.dtype).eps for a in [want, *arrays] if a.dtype.kind in "fc")
            if not case.arbitrary:
                np.testing.assert_allclose(y.data, want, rtol=16 * precision, atol=16 * precision)

    for y in case.measure(result):
        if y.requires_grad:
            y.backward(np.ones(y.shape, y.dtype), retain_graph=True)
    for x, array in zip(tensors, arrays):
        assert x.grad is None or (x.grad.shape, x.grad.dtype) == (array.shape, array.dtype)
        np.testing.assert_array_equal(x.data, array, "inputs are never changed")


@every_function
@given(data=st.data())
def test_first_and_second_derivatives_agree_with_differences(fn, data):
    """For any choice of the arguments that need gradients, however the arrays lie in memory."""
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary:
        return
    store, view = LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))]
    wanted = [data.draw(st.booleans()) for _ in case.arrays]
    if case.together or not any(wanted):
        wanted = [True] * len(wanted)

    def f(*bases):
        tensors = iter(bases)
        return tuple(
            case.measure(listed(case(*(view(next(tensors)) if w else a for w, a in zip(wanted, case.arrays)))))
        )

    assert gradcheck(f, [store(a) for w, a in zip(wanted, case.arrays) if w], order=2)


# ---------------------------------------------------------------------------- functions without derivatives

X = np.array([[3.0, 1.0, np.nan], [0.0, -2.0, 1.0]])
INT = np.array([[3, 1, 0], [2, 1, 1]])
CALLS = {  # one for each; functions of one array need no entry
    **dict.fromkeys((
        np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and, np.logical_or,
        np.logical_xor, np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin, np.result_type), (X, X[0])),
    **dict.fromkeys((np.shares_memory, np.may_share_memory), (X, X + 1)),
    **dict.fromkeys((np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift, np.gcd, np.lcm), (INT, INT[0])),
    **dict.fromkeys((np.invert, np.any, np.all, np.bitwise_count, np.packbits), (INT,)), np.unpackbits: (INT.astype(np.uint8),),
    np.ravel_multi_index: ((INT[0], INT[1]), (4, 4)), np.diag_indices_from: (np.eye(3),),
    np.einsum_path: ("ij,jk", X, X.T),
    np.argpartition: (X, 1), np.searchsorted: (np.arange(4.0), X), np.digitize: (X, np.arange(4.0)),
    np.lexsort: (X,), np.nanargmax: (X, 1), np.nanargmin: (X, 1), np.unravel_index: (INT, (2, 3)),
    np.can_cast: (float, int), np.linalg.matrix_rank: (INT,),
}  # fmt: skip
FILES = {np.save, np.savez, np.savez_compressed, np.savetxt}
plain_functions = sorted(PLAIN - FILES, key=lambda fn: fn.__name__)


@pytest.mark.parametrize("fn", plain_functions, ids=name)
def test_a_function_without_derivative_gives_what_numpy_gives(fn):
    args = CALLS.get(fn, (X,))
    tensors = [Tensor(a, requires_grad=a.dtype == float) if isinstance(a, np.ndarray) else a for a in args]
    got, want = fn(*tensors), fn(*args)
    assert type(got) is type(want)
    for g, w in zip(listed(got), listed(want)):
        assert not isinstance(g, Tensor)
        np.testing.assert_equal(g, w)


@pytest.mark.parametrize("fn", sorted(FILES, key=lambda fn: fn.__name__), ids=name)
def test_values_can_be_written_to_files(fn, tmp_path):
    path = tmp_path / "x.npy"
    fn(path, Tensor(X, requires_grad=True))
    assert path.exists() or path.with_suffix(".npy.npz").exists()


def test_what_is_chosen_by_has_no_gradient():
    condition, a, b = leaves([np.array([1.0, 0.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0])])
    np.where(condition, a, b).sum().backward()
    assert condition.grad is None
    assert (a.grad.tolist(), b.grad.tolist()) == ([1, 0], [0, 1])


@pytest.mark.parametrize("fn", [np.floor, np.sign, np.rint, np.floor_divide], ids=name)
def test_a_step_function_has_derivative_zero_and_not_none(fn):
    x = Tensor([1.5, -0.5], requires_grad=True)
    (fn(x) if isinstance(fn, np.ufunc) and fn.nin == 1 else fn(x, 0.7)).sum().backward()
    assert x.grad.tolist() == [0, 0]


@pytest.mark.parametrize(
    "cut",
    [lambda x: x.astype(int), lambda x: np.astype(x, int), lambda x: np.sum(x, dtype=int)],
    ids=["method", "function", "sum"],
)
def test_integers_leave_the_graph(cut):
    x = Tensor([1.5, 2.5], requires_grad=True)
    assert not cut(x).requires_grad
    np.sum(cut(x) * x).backward()
    np.testing.assert_array_equal(x.grad.data, cut(x).data)


# ------------------------------------------------------------------------------------------ refusals

V, M = np.arange(3.0), np.arange(6.0).reshape(2, 3)
REFUSED = [
    (np.flip, M, 2), (np.flip, M, (0, 0)), (np.tensordot, M, M, ([2], [0])), (np.tensordot, M, M, ([0], [1])),
    (np.take_along_axis, M, INT[:, :1], 2), (np.diag, np.zeros((2, 2, 2))), (np.diag, np.float64(1)), (np.trace, V),
    (np.transpose, M, (0, 0)), (np.transpose, M, (0,)), (np.repeat, V, -1), (np.stack, [V, M]), (np.stack, [V], 2),
    (np.concatenate, [V, M]), (np.take, V, 3), (np.compress, [True] * 4, V), (np.delete, V, 4),
    (np.split, V, 2), (np.vsplit, V, 3), (np.hsplit, np.float64(1), 1), (np.dsplit, M, 1), (np.where, [True, False], V, V),
    (np.broadcast_arrays, V, M.T), (np.dot, V, M), (np.inner, V, M.T), (np.vdot, V, M), (np.matmul, V, 2.0),
    (np.einsum, "ij,jk", M, M), (np.einsum, "ij->k", M), (np.einsum, "ijk", M), (np.einsum, "ii", M[:1]),
    (np.einsum, "ij->ii", M), (np.einsum, "...i->i", M), (np.einsum, "i,j", V), (np.pad, V, -1), (np.pad, V, 1, "edge", 3),
    (np.roll, V, 1, 1), (np.expand_dims, V, 3), (np.squeeze, V, 0), (np.broadcast_to, V, (2,)), (np.reshape, M, (4,)),
    (np.sum, M, 2), (np.sum, M, (0, 0)), (np.prod, M, -3), (np.max, np.zeros(0)), (np.cumsum, M, 2), (np.moveaxis, M, 0, 2),
    (np.add, V, M.T), (np.clip, V, M.T, None), (np.append, M, V, 0), (np.tril, np.float64(1)),
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: call[0].__name__)
def test_what_numpy_refuses_is_refused(call):
    """Loudly: an argument that makes no sense must not be made sense of."""
    fn, *args = call
    loud = (ValueError, TypeError, IndexError)
    with pytest.raises(loud):
        fn(*args)
    with pytest.raises(loud):
        fn(*([leaves([b])[0] for b in a] if isinstance(a, list) and isinstance(a[0], np.ndarray)
             else leaves([a])[0] if isinstance(a, np.ndarray | np.float64) else a for a in args))  # fmt: skip


def test_shapes_that_can_not_be_stacked_are_named():
    with pytest.raises(ValueError, match=r"stack: all arrays must have the same shape, got \[\(2, 3\), \(3,\)\]"):
        np.stack(leaves([V, M]))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.exp(x, where=[True, False, True]),
        lambda x: np.pad(x, 1, mode=lambda *args: None),
        lambda x: np.frompyfunc(float, 1, 1)(x),
    ],
)
def test_what_has_no_rule_is_refused_rather_than_cut_from_the_graph(call):
    with pytest.raises((TypeError, NotImplementedError), match=r"nobody has chosen|derivative rule"):
        call(Tensor(V, requires_grad=True))


def test_a_layout_that_depends_on_memory_has_no_derivative():
    x = Tensor(M, requires_grad=True)
    with pytest.raises(ValueError, match="say C or F"):
        np.reshape(x.T, -1, order="A").sum().backward()


# -------------------------------------------------------------------------------------- singular points


def gradients(f, *arrays):
    """Of the sum of the outputs, with respect to each array; and no warning on the way."""
    xs = leaves([np.array(a, float) for a in arrays])
    np.sum(f(*xs)).backward()
    return [x.grad.tolist() for x in xs]


def gradient(f, array):
    return gradients(f, array)[0]


def second(f, array):
    """The gradient of the sum of the gradient."""
    x = Tensor(np.array(array, float), requires_grad=True)
    np.sum(f(x)).backward(create_graph=True)
    g, x.grad = x.grad, None
    np.sum(g).backward()
    return x.grad.tolist()


@pytest.mark.parametrize("fn", [np.abs, np.absolute, np.fabs])
def test_the_absolute_value_is_flat_at_zero(fn):
    assert gradient(fn, [0.0, -0.0, -2.0]) == [0, 0, -1]


def test_the_rectifier_is_flat_at_zero():
    assert gradient(relu, [-1.0, 0.0, 1.0]) == [0, 0, 1]


@pytest.mark.parametrize(
    ("fn", "x"), [(np.max, [1.0, 3, 3, 2, 3]), (np.amax, [1.0, 3, 3, 2, 3]), (np.min, [3.0, 1, 1, 2, 1])]
)
def test_equal_extremes_share_the_gradient(fn, x):
    assert gradient(fn, x) == pytest.approx([0, 1 / 3, 1 / 3, 0, 1 / 3])


def test_equal_extremes_share_along_each_axis_by_themselves():
    x = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    assert gradient(lambda x: np.max(x, axis=1), x) == [[0, 0.5, 0.5], pytest.approx([1 / 3] * 3)]
    assert gradient(lambda x: np.max(x, axis=(0, 1), keepdims=True), x) == [[0, 0.5, 0.5], [0, 0, 0]]


def test_a_maximum_that_is_nan_belongs_to_the_nan():
    assert gradient(np.max, [1.0, np.nan, 2.0]) == [0, 1, 0]


@pytest.mark.parametrize(
    ("fn", "low", "high"), [(np.maximum, 0, 1), (np.fmax, 0, 1), (np.minimum, 1, 0), (np.fmin, 1, 0)]
)
def test_equal_arguments_share_the_gradient(fn, low, high):
    assert gradients(fn, [1.0, 2.0, 4.0], [2.0, 2.0, 3.0]) == [[low, 0.5, high], [high, 0.5, low]]


@pytest.mark.parametrize("fn", [np.fmax, np.fmin])
def test_a_nan_that_loses_gets_nothing(fn):
    assert gradients(fn, [np.nan, 1.0], [1.0, np.nan]) == [[0, 1], [1, 0]]


def test_sharing_is_the_mean_of_the_slopes_on_both_sides():
    """So these conventions agree with central differences, and gradcheck accepts them."""
    assert gradcheck(np.max, np.array([3.0, 1.0, 3.0]))
    assert gradcheck(np.minimum, [np.array([3.0]), np.array([3.0])])
    assert gradcheck(np.abs, np.array([0.0]))


@pytest.mark.parametrize("x", [[2.0, 0, 3], [2.0, 0, 3, 0], [0.0, 0, 0], [0.0], [[0.0, 2], [3, 0]], [[0.0, 0], [3, 4]]])
@pytest.mark.parametrize("fn", [np.prod, np.cumprod])
def test_products_are_exact_with_any_number_of_zeros(fn, x):
    for axis in (None, *range(-np.ndim(x), np.ndim(x))):
        assert gradcheck(lambda x, axis=axis: fn(x, axis=axis), np.array(x), order=2)


def test_products_with_zeros_by_hand():
    assert gradient(np.prod, [2.0, 0.0, 3.0]) == [0, 6, 0]
    assert gradient(np.prod, [2.0, 0.0, 0.0]) == [0, 0, 0]
    assert second(np.prod, [2.0, 0.0, 0.0]) == [0, 2, 2]
    assert gradient(np.cumprod, [2.0, 0.0, 3.0]) == [1, 2 + 2 * 3, 0]


def test_a_product_whose_value_says_nothing_of_its_factors():
    """Underflow, and infinity: dividing the product by a factor would not give the product of the others."""
    assert gradient(np.prod, [1e-300, 1e-300, 1e300]) == [pytest.approx(1), pytest.approx(1), 0]
    assert gradient(np.prod, [2.0, np.inf]) == [np.inf, 2]


def test_a_long_product_with_a_zero_takes_linear_memory():
    x = np.ones(100_000)
    x[7] = 0
    assert np.flatnonzero(gradient(np.prod, x)).tolist() == [7]


def test_powers_at_zero():
    assert gradient(lambda x: x**0, [0.0, 2.0]) == [0, 0]
    assert gradient(lambda x: x**0.0, [0.0, 2.0]) == [0, 0]
    assert gradient(lambda x: x**1, [0.0, 2.0]) == [1, 1]
    assert gradient(lambda x: x**2, [0.0, 2.0]) == [0, 4]
    assert gradient(lambda x: x ** np.array([0, 1, 2, 3]), [0.0, 0, 0, 0]) == [0, 1, 0, 0]
    assert gradient(lambda p: 0.0**p, [0.0, 1.0, 2.0]) == [0, 0, 0]
    assert gradients(np.power, [0.0, 0.0], [2.0, 0.0]) == [[0, 0], [0, 0]]
    assert gradients(np.float_power, [0.0, 0.0], [2.0, 0.0]) == [[0, 0], [0, 0]]
    assert second(lambda x: x**2, [0.0, 1.0]) == [2, 2]
    assert second(lambda x: x ** np.array([0, 1, 2, 3]), [0.0, 0, 0, 0]) == [0, 0, 2, 0]
    assert gradcheck(np.power, [np.array([2.0, 0.25]), np.array([0.0, 1.0])], order=2)


def test_vertical_tangents_are_infinite():
    with np.errstate(divide="ignore"):
        for root in np.sqrt, np.cbrt, lambda x: x**0.5:
            assert gradient(root, [0.0]) == [np.inf]


def test_equal_numbers_have_no_deviation_to_speak_of():
    assert gradient(np.std, [2.0, 2.0, 2.0]) == [0, 0, 0]
    assert gradient(lambda x: np.std(x, axis=1), [[2.0, 2.0], [1.0, 3.0]]) == [[0, 0], [-0.5, 0.5]]
    assert np.isfinite(second(np.std, [2.0, 2.0, 2.0])).all()


def test_lengths_and_angles_at_the_origin():
    assert gradients(np.hypot, [0.0, 3.0], [0.0, 4.0]) == [[0, 0.6], [0, 0.8]]
    assert gradients(np.arctan2, [0.0, 0.0], [0.0, 1.0]) == [[0, 1], [0, 0]]


def test_the_step_has_its_value_at_zero_from_the_second_argument():
    assert gradients(np.heaviside, [0.0, 1.0, -1.0], [0.5, 0.5, 0.5]) == [[0, 0, 0], [1, 0, 0]]


def test_where_stops_what_comes_back_to_the_branch_not_taken():
    """A NaN or infinity in the other branch, or in the gradient of the other branch's places, stays there."""
    a, b = leaves([np.array([1.0, np.nan]), np.array([np.inf, 2.0])])
    y = np.where([True, False], a, b)
    y.backward(np.array([3.0, np.nan]))
    assert a.grad.tolist() == [3, 0]
    assert b.grad[0].item() == 0


def test_the_safe_way_to_avoid_a_singular_branch():
    """Replace the argument before, not the result after."""
    safe_root = lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)
    assert gradient(safe_root, [0.0, 4.0]) == [0, 0.25]
    assert second(safe_root, [0.0, 1.0]) == [0, -0.25]


def test_saturation_is_flat_and_silent():
    assert gradient(sigmoid, [-1000.0, 0.0, 1000.0]) == [0, 0.25, 0]
    assert gradient(np.tanh, [-1000.0, 0.0, 1000.0]) == [0, 1, 0]
    assert gradient(softmax, [-1000.0, 0.0, 1000.0]) == [0, 0, 0]
    assert gradients(np.logaddexp, [-1000.0, 0.0], [1000.0, 0.0]) == [[0, 0.5], [1, 0.5]]


def test_reductions_of_a_single_number_along_the_axis_that_numpy_grants_it():
    for fn in np.sum, np.max, np.min, np.prod, np.cumsum, np.cumprod:
        assert gradient(lambda x, fn=fn: fn(x, axis=0), 3.0) in (1, [1])


# ------------------------------------------------------------------------------------------ indexing

INDICES = [
    0, -1, np.int64(1), slice(None), slice(2, None, -2), slice(0, 0), None, Ellipsis, (), True, False,
    (0, -1), (slice(1, 3), 2), (None, ..., 0), (..., None), (slice(None), None, slice(None, None, 2)),
    [0, 0, 2], np.array([[0, -1], [0, 2]]), np.array([], int), np.array([True, False, True]), ([0, 0, 2], [1, 1, 3]),
    (slice(None), [3, 0, 3]), (1, [0, 0]), ([0, 1], slice(1, None, 2)), ([[0], [2]], [1, 1]), (np.array([True, False, True]), 1),
    (np.array([True, False, True]), [0, 0]), (None, [0, 0], ..., [1, 1]), (..., np.array([True, False, False, True])),
    np.arange(12).reshape(3, 4) % 3 == 0, np.zeros((3, 4), bool),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_reading_and_writing_with_every_kind_of_index(index):
    x = np.arange(12.0).reshape(3, 4)
    assert gradcheck(lambda x: x[index] ** 2, x, order=2)

    def write(x, value):
        y = x * 1
        y[index] = value
        return y**2

    assert gradcheck(write, [x, np.random.default_rng(0).normal(size=x[index].shape)], order=2)
    assert gradcheck(write, [x, 5.0], order=2)


def test_a_place_read_twice_gets_both_gradients():
    assert gradient(lambda x: x[[0, 0, 1]] * np.array([1.0, 10.0, 100.0]), [5.0, 6.0, 7.0]) == [11, 100, 0]
    assert gradient(lambda x: np.take(x, [-1, 2, 0, 2]), [5.0, 6.0, 7.0]) == [1, 0, 3]


def test_a_place_written_twice_keeps_the_last():
    def f(x, v):
        y = x * 1
        y[[0, 0, 1]] = v
        return y * np.array([1.0, 10.0, 100.0])

    assert gradients(f, [5.0, 6.0, 7.0], [1.0, 2.0, 3.0]) == [[0, 0, 100], [0, 1, 10]]


def test_an_index_given_as_a_list_is_remembered_as_it_was():
    x, index = Tensor(V, requires_grad=True), [0, 0]
    y = x[index].sum()
    index[:] = [2, 2]
    y.backward()
    assert x.grad.tolist() == [2, 0, 0]


# --------------------------------------------------------------------------------- products of every kind


@pytest.mark.parametrize(
    "right", [(3,), (3, 2), (2, 3, 2), (1, 3, 2), (1, 2, 3, 1), (4, 2, 3, 2), (1, 1, 3, 2)], ids=str
)
@pytest.mark.parametrize("left", [(3,), (2, 3), (2, 2, 3), (1, 2, 3), (4, 1, 1, 3), (1, 2, 2, 3)], ids=str)
def test_matrix_products_of_one_to_four_axes(left, right):
    rng = np.random.default_rng(0)
    assert gradcheck(np.matmul, [rng.normal(size=left), rng.normal(size=right)], order=2, fast=True)


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("ij,jk", [(2, 3), (3, 2)]), ("ba", [(2, 3)]), ("Ba", [(2, 3)]), ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("iii->i", [(2, 2, 2)]),
        ("iji->j", [(2, 3, 2)]), ("ij->", [(2, 3)]), ("ijk->j", [(2, 3, 2)]), ("...ij->...ji", [(2, 2, 3)]), ("i...", [(2, 3)]),
        ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]), ("...,...", [(2, 3), (3,)]), ("i,j->ji", [(2,), (3,)]), (",->", [(), ()]),
        ("ij,kj,kl->il", [(2, 3), (2, 3), (2, 2)]), ("ij,ij->", [(1, 3), (2, 3)]), ("ij,ij->ij", [(2, 1), (1, 3)]), ("ij,ij->i", [(2, 1), (2, 3)]),
        ("ij,ij->ji", [(1, 3), (2, 1)]), ("ii,i->i", [(1, 1), (3,)]), ("ij , jk -> ik", [(2, 0), (0, 2)]),
    ],
)  # fmt: skip
def test_every_form_of_einsum(text, shapes):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in shapes]
    want = np.einsum(text, *arrays)
    got = np.einsum(text, *leaves(arrays))
    np.testing.assert_allclose(got.data, want, rtol=1e-14)
    assert got.shape == want.shape
    assert gradcheck(lambda *xs: np.einsum(text, *xs), arrays, order=2)


@pytest.mark.parametrize(
    "lists", [([0, 1], [1, 2], [0, 2]), ([30, 2], [2, 0]), ([..., 0], [0, ...], [...]), ([1, 1], [1, 0])], ids=str
)
def test_einsum_with_lists(lists):
    x = np.random.default_rng(0).normal(size=(2, 2))
    call = lambda a, b: np.einsum(a, lists[0], b, lists[1], *lists[2:])
    np.testing.assert_allclose(call(*leaves([x, x])).data, call(x, x), rtol=1e-14)
    assert gradcheck(call, [x, x], order=2)
