"""Tensors as the user meets them: operators, plain values, NumPy's protocols, items, dtypes, and words of advice."""

import copy
import operator
import pickle
import threading

import numpy as np
import pytest

from tinygrad_edu import Tensor, apply, enable_grad, gradcheck, is_grad_enabled, nn, no_grad, primitive

ARRAY = np.array([[1.5, 2.0], [0.5, 3.0]])


def leaf(values=ARRAY, **options):
    return Tensor(values, requires_grad=True, **options)


def assert_same(tensor, expected):
    """Equal in shape, dtype and numbers; and a Tensor."""
    assert type(tensor) is Tensor
    assert type(tensor.data) is np.ndarray
    assert (tensor.shape, tensor.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_array_equal(tensor.data, expected)


# ---------------------------------------------------------------------------------- operators

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]
OTHERS = [3, 2.5, True, np.float64(2.5), np.float32(2.5), np.int64(3), np.array(2.5), np.array([0.5, 2.0]), ARRAY,
          ARRAY.astype(np.float32), np.array([[1, 2], [3, 4]]), [0.5, 2.0]]  # fmt: skip
MATRICES = [np.array([0.5, 2.0]), ARRAY, ARRAY.astype(np.float32), np.array([[1, 2], [3, 4]]), [0.5, 2.0]]


def described(value):
    return value.__name__ if callable(value) else f"{type(value).__name__}{list(np.shape(value))}"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("op", "other"),
    [(op, other) for op in OPERATORS for other in OTHERS] + [(operator.matmul, other) for other in MATRICES],
    ids=described,
)
def test_operators_take_numbers_and_arrays_on_either_side_as_numpy_does(op, other, dtype):
    array = ARRAY.astype(dtype)
    for sides in (lambda x, a: (x, a)), (lambda x, a: (a, x)):
        x, twin = leaf(array), leaf(array)
        y = op(*sides(x, other))
        assert_same(y, op(*sides(array, other)))
        y.sum().backward()
        op(*sides(twin, Tensor(other))).sum().backward()  # the rules themselves are tested elsewhere
        assert (x.grad.shape, x.grad.dtype) == (array.shape, dtype)
        np.testing.assert_allclose(x.grad.data, twin.grad.data, rtol=1e-6)


def test_unary_operators():
    x = leaf()
    for op in operator.neg, operator.pos, operator.abs:
        assert_same(op(x), op(ARRAY))
    (-x).sum().backward()
    assert (x.grad.data == -1).all()


def test_divmod():
    for pair in (leaf(), 2), (7, leaf()):
        quotient, rest = divmod(*pair)
        expected = divmod(*(p.data if isinstance(p, Tensor) else p for p in pair))
        assert_same(quotient, expected[0])
        assert_same(rest, expected[1])


def test_pythons_sum():
    x = leaf([1.0, 2.0])
    total = sum([x, x * x, x])
    assert_same(total, 2 * x.data + x.data**2)
    total.sum().backward()
    assert x.grad.tolist() == [4, 6]


class Unknown:
    """A type that we can't know, which knows Tensors."""

    def __radd__(self, other):
        return "added by Unknown"

    def __rmul__(self, other):
        return "multiplied by Unknown"

    def __rmatmul__(self, other):
        return "matmul by Unknown"


def test_unknown_types_answer_for_themselves():
    x = leaf()
    assert x + Unknown() == "added by Unknown"
    assert x * Unknown() == "multiplied by Unknown"
    assert x @ Unknown() == "matmul by Unknown"


@pytest.mark.parametrize("other", [None, object(), {1.0}, {"a": 1.0}, Unknown()], ids=lambda o: type(o).__name__)
def test_types_that_nobody_knows_are_a_type_error(other):
    for f in (lambda x: x - other), (lambda x: other - x), (lambda x: np.subtract(x, other)):
        with pytest.raises(TypeError):
            f(leaf())


class OtherArray:
    """An array of another library."""

    def __array_function__(self, fn, types, args, kwargs):
        return "answered by OtherArray"

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return "answered by OtherArray"


def test_arrays_of_other_libraries_answer_for_themselves():
    assert np.concatenate([leaf(), OtherArray()]) == "answered by OtherArray"
    assert np.add(leaf(), OtherArray()) == "answered by OtherArray"


def test_arrays_of_numpys_subclasses_count_as_arrays():
    class Mine(np.ndarray):
        pass

    x = leaf()
    y = x * ARRAY.view(Mine)
    assert_same(y, ARRAY * ARRAY)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, ARRAY)


def test_masked_arrays_are_refused_rather_than_unmasked():
    with pytest.raises(TypeError, match="mask"):
        leaf() * np.ma.masked_array(ARRAY, ARRAY > 2)


# ------------------------------------------------------------------------------- plain values


def test_data_is_always_an_array_even_where_numpy_hands_back_scalars():
    x = leaf()
    for y in x, x.sum(), x[0, 0], x[0, 0] * 2.0, Tensor(3), Tensor(2.5, requires_grad=True), x.mean().detach():
        assert type(y.data) is np.ndarray
        assert y.data.shape == y.shape
    x.sum().backward()
    assert type(x.grad.data) is np.ndarray


def test_conversion_to_numbers():
    x = leaf([2.5])
    assert (float(x), int(x), complex(x), bool(x), x.item()) == (2.5, 2, 2.5 + 0j, True, 2.5)
    assert [10, 20, 30][Tensor(2)] == 30
    assert list(range(Tensor(3))) == [0, 1, 2]
    with pytest.raises((TypeError, ValueError)):
        float(leaf())
    with pytest.raises(TypeError):
        operator.index(Tensor(2.0))


def test_a_condition_is_decided_by_a_single_number():
    assert ("positive" if leaf(3.0) > 0 else "negative") == "positive"
    assert not Tensor(0.0)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf())


def test_length_iteration_and_unpacking():
    x = leaf()
    assert len(x) == 2
    first, second = x
    assert_same(second, ARRAY[1])
    (first * 2 + second).sum().backward()
    assert x.grad.tolist() == [[2, 2], [1, 1]]
    for f in len, iter:
        with pytest.raises(TypeError, match="0-d"):
            f(leaf(1.0))


def test_formatting():
    assert f"{leaf(2.5):.3f}" == "2.500"
    assert f"{leaf([2.5]):6.1f}" == "   2.5"
    assert f"{Tensor(7):03d}" == "007"
    x = leaf()
    assert f"{x}" == str(x) == repr(x)
    with pytest.raises((TypeError, ValueError)):
        f"{x:.3f}"


def test_a_tensor_says_what_it_is():
    x = leaf([1.0, 2.0])
    assert repr(x) == "Tensor([1., 2.], shape=(2,), dtype=float64, requires_grad=True)"
    assert repr(x * 2) == "Tensor([2., 4.], shape=(2,), dtype=float64, op='multiply')"
    assert repr(x.detach()) == "Tensor([1., 2.], shape=(2,), dtype=float64)"
    assert repr(Tensor(1, name="one")) == "Tensor(1, shape=(), dtype=int64, name='one')"
    assert repr(nn.Parameter([1.0])) == "Parameter([1.], shape=(1,), dtype=float32, requires_grad=True)"
    assert len(repr(Tensor(np.zeros((1000, 1000))))) < 1000


def test_tensors_are_hashed_by_identity():
    x, y = leaf(), leaf()
    assert {x: "x", y: "y"}[x] == "x"
    assert len({x, x, y}) == 2


def test_membership_is_by_value():
    x = leaf()
    assert 2.0 in x
    assert Tensor(2.0) in x
    assert 7.0 not in x


def test_facts_that_numpys_functions_tell():
    x = leaf(dtype=np.float32)
    assert np.shape(x) == x.shape == (2, 2)
    assert np.ndim(x) == x.ndim == 2
    assert np.size(x) == x.size == 4
    assert (x.nbytes, x.itemsize) == (16, 4)
    assert np.result_type(x, np.float32) == np.float32
    assert np.result_type(x, leaf()) == np.float64


def test_item_and_tolist():
    assert leaf().item(1, 0) == 0.5
    assert leaf().tolist() == ARRAY.tolist()


# ------------------------------------------------------------------------------- leaves and graphs


def test_only_what_leads_to_a_leaf_is_recorded():
    x, constant = leaf(), Tensor(ARRAY)
    assert (x * constant).requires_grad
    assert not (constant * constant).requires_grad
    assert x.is_leaf
    assert constant.is_leaf
    assert not (x * 2).is_leaf


def test_gradients_have_their_tensors_shape_and_dtype():
    x, b = leaf(dtype=np.float32), leaf([[1.0], [2.0]])
    n = leaf(2.0, dtype=np.float32)
    ((x * b + n) * np.float64(3)).sum().backward()
    for t in x, b, n:
        assert (t.grad.shape, t.grad.dtype) == (t.shape, t.dtype)
        assert type(t.grad) is Tensor
    np.testing.assert_array_equal(b.grad.data, 3 * x.data.sum(1, keepdims=True))


def test_constants_get_no_gradient():
    constant = Tensor(ARRAY)
    (leaf() * constant).sum().backward()
    assert constant.grad is None


def test_backward_from_several_numbers_wants_to_know_where_to_start():
    y = leaf() * 2
    with pytest.raises(RuntimeError, match=r"shape \(2, 2\).*\.sum\(\) or \.mean\(\).*backward\(gradient\)"):
        y.backward()
    y.backward(ARRAY)


@pytest.mark.parametrize("gradient", [ARRAY, ARRAY.tolist(), Tensor(ARRAY), ARRAY.astype(np.float32)], ids=described)
def test_backward_takes_anything_like_an_array_to_start_with(gradient):
    x = leaf()
    (x * 2).backward(gradient)
    np.testing.assert_array_equal(x.grad.data, 2 * ARRAY)
    assert x.grad.dtype == np.float64


def test_backward_wants_a_start_of_the_tensors_own_shape():
    with pytest.raises(ValueError, match=r"shape \(2,\) for a tensor of shape \(2, 2\)"):
        (leaf() * 2).backward(np.ones(2))


def test_a_single_number_of_any_shape_needs_no_start():
    x = leaf([[2.0]])
    (x * x).backward()
    assert x.grad.tolist() == [[4]]


@pytest.mark.parametrize("make", [lambda: Tensor(ARRAY), lambda: leaf().detach(), lambda: Tensor(2.0) * 3])
def test_backward_without_a_graph_says_why_there_is_none(make):
    with pytest.raises(RuntimeError, match=r"requires gradients.*no_grad\(\).*detach\(\).*requires_grad=True"):
        make().backward(ARRAY)


def test_integers_that_want_gradients_are_told_what_to_do():
    for make in (lambda: Tensor([1, 2], requires_grad=True), lambda: Tensor([True]).requires_grad_()):
        with pytest.raises(TypeError, match=r"only floating tensors.*dtype=float.*astype\(float\)"):
            make()


def test_requires_grad_can_be_set_on_leaves_alone():
    x = Tensor(ARRAY)
    x.requires_grad = True
    y = x * 2
    with pytest.raises(RuntimeError, match=r"computed \(by multiply\).*detach\(\)"):
        y.requires_grad = False
    x.requires_grad = False
    assert not (x * 2).requires_grad
    assert x.requires_grad_() is x


def test_a_leaf_that_no_longer_wants_gradients_gets_none():
    x = leaf()
    y = (x * 2).sum()
    x.requires_grad = False
    y.backward()
    assert x.grad is None


def test_a_tensor_made_of_a_recorded_one_would_cut_the_graph_and_is_refused():
    with pytest.raises(TypeError, match=r"cut the graph.*detach\(\).*stack\(\)"):
        Tensor(leaf() * 2)
    assert_same(Tensor((leaf() * 2).detach()), ARRAY * 2)


def test_tensors_hold_numbers():
    for data in "text", None, object(), [[1.0], [1.0, 2.0]], [1.0, "a"]:
        with pytest.raises((TypeError, ValueError)):
            Tensor(data)


def test_detach_gives_the_values_without_the_graph():
    x = leaf()
    y = x * x.detach()
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, ARRAY)
    assert not x.detach().requires_grad


def test_computed_tensors_keep_their_gradient_if_asked():
    x = leaf()
    y, z = x * 2, x * 3
    y.retain_grad()
    y.retain_grad()
    loss = (y * y + z).sum()
    loss.retain_grad()
    loss.backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad.data, 2 * y.data)
    with pytest.warns(UserWarning, match="leaves only"):
        assert z.grad is None
    assert loss.grad.item() == 1
    loss.backward()
    np.testing.assert_array_equal(y.grad.data, 4 * y.data)


def test_a_retained_gradient_is_that_of_the_tensor_as_it_became():
    y = leaf([1.0, 2.0]) * 1
    y.retain_grad()
    y[0] = 5.0
    (y * 3).sum().backward()
    assert y.grad.tolist() == [3, 3]


def test_names_are_kept():
    x = leaf(name="x")
    assert x.name == "x"
    x.requires_grad = False
    assert x.name == "x"
    x.requires_grad = True
    x.data = [1.0, 2.0, 3.0]
    assert x.name == "x"


# ---------------------------------------------------------------------------------- dtypes


@pytest.mark.parametrize("f", [
    lambda x: x * 2.0, lambda x: 2 / x, lambda x: x**2, lambda x: x**0.5, lambda x: 1 - x, lambda x: x.mean(),
    lambda x: x.sum() * 2.0, lambda x: x.std(), lambda x: np.maximum(x, 0.0), lambda x: np.where(x > 1, x, 0.0),
    lambda x: np.clip(x, 0.0, 1.0), lambda x: x @ x, lambda x: nn.Sigmoid()(x), lambda x: x.sigmoid().sum() / 3.0,
    lambda x: np.hypot(x, 1.0), lambda x: x[0, 0] * 2.0, lambda x: x.prod() + 1.0, lambda x: np.pad(x, 1),
])  # fmt: skip
def test_single_precision_stays_single_precision(f):
    x = leaf(dtype=np.float32)
    y = f(x)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "longdouble", "complex128", "int8", "uint8", "bool"])
def test_dtypes_combine_as_numpys(name):
    for other in 2, 2.0, np.float32(2), np.float64(2), ARRAY, ARRAY.astype(np.float16):
        array = ARRAY.astype(name)
        assert (Tensor(array) * other).dtype == (array * other).dtype
        assert (other * Tensor(array)).dtype == (other * array).dtype


def test_pythons_numbers_become_numpys():
    assert Tensor(1).dtype == np.array(1).dtype
    assert Tensor(1.0).dtype == np.float64
    assert Tensor(True).dtype == bool
    assert Tensor([1, 2], dtype=np.float32).dtype == np.float32


def test_astype_carries_gradients_between_floating_dtypes():
    x = leaf()
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (y * 2).sum().backward()
    assert x.grad.dtype == np.float64
    assert (x.grad.data == 2).all()


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_astype_to_integers_leaves_the_graph(dtype):
    for y in leaf().astype(dtype), np.astype(leaf(), dtype) if hasattr(np, "astype") else leaf().astype(dtype):
        assert y.dtype == dtype
        assert not y.requires_grad


def test_an_operation_whose_result_is_not_floating_leaves_the_graph():
    @primitive(lambda g, y, x: g)
    def rank(x):
        return np.argsort(np.argsort(x))

    assert not rank(leaf([3.0, 1.0, 2.0])).requires_grad
    assert not np.sum(leaf(), dtype=int).requires_grad


def test_a_complex_gradient_of_a_real_tensor_is_real():
    x = leaf([1.0, 2.0])
    y = x * Tensor([1 + 2j, 3 - 1j])
    y.backward(np.array([1.0, 1.0]))
    assert x.grad.dtype == np.float64


# ------------------------------------------------------------------- what has no derivative


@pytest.mark.parametrize("f", [
    lambda x: x > 1, lambda x: x >= 1, lambda x: x < 1, lambda x: x <= 1, lambda x: x == 0.5, lambda x: x != 0.5,
    lambda x: operator.gt(1, x), lambda x: operator.lt(ARRAY, x), lambda x: operator.eq(ARRAY, x), lambda x: np.greater(x, 1), lambda x: np.isnan(x),
    lambda x: np.isclose(x, ARRAY), lambda x: np.logical_not(x), lambda x: (x > 1) & (x < 2), np.signbit,
    lambda x: x.argmax(), lambda x: x.argmin(0), lambda x: x.argsort(), lambda x: np.argmax(x, axis=1),
    lambda x: np.argsort(x), lambda x: np.argwhere(x), lambda x: np.count_nonzero(x), lambda x: np.any(x > 1),
    lambda x: x.any(), lambda x: x.all(0), lambda x: np.logical_and.reduce(x),
])  # fmt: skip
def test_comparisons_and_indices_are_plain(f):
    plain, expected = f(leaf()), f(ARRAY)
    assert type(plain) is type(expected)
    np.testing.assert_array_equal(plain, expected)


def test_tensors_compare_with_tensors():
    assert (leaf() == leaf()).all()
    assert (leaf() > Tensor(1.0)).tolist() == (ARRAY > 1).tolist()


def test_masks_index_and_choose():
    x = leaf()
    (x[x > 1] * 2).sum().backward()
    assert x.grad.tolist() == [[2, 2], [0, 2]]


@pytest.mark.parametrize("f", [
    np.sign, np.floor, np.ceil, np.trunc, np.rint, lambda x: np.round(x, 1), lambda x: x.round(), lambda x: x // 2,
])  # fmt: skip
def test_steps_are_tensors_of_derivative_zero(f):
    x = leaf()
    y = f(x)
    assert_same(y, f(ARRAY))
    (y * x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)


# ----------------------------------------------------------------- turning tensors into arrays


@pytest.mark.parametrize("f", [
    np.asarray, np.array, lambda x: np.array([x, x]), lambda x: np.full(3, x[0, 0]), lambda x: x.numpy(),
    lambda x: np.array([1.0, x[0, 0]]), lambda x: np.ascontiguousarray(x), lambda x: operator.add(x.detach(), [x[0], x[1]]),
])  # fmt: skip
def test_a_graph_does_not_vanish_in_an_array(f):
    for x in leaf(), leaf() * 2:
        with pytest.raises(TypeError, match=r"lose its graph.*\.data or \.detach\(\).*np\.stack"):
            f(x)


def test_a_graph_does_not_vanish_in_an_item_of_an_array():
    a = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        a[:] = leaf([1.0, 2.0])
    assert (a == 0).all()


def test_constants_become_arrays_freely():
    x = Tensor(ARRAY)
    np.testing.assert_array_equal(np.asarray(x), ARRAY)
    np.testing.assert_array_equal(np.array([x, x]), [ARRAY, ARRAY])
    assert np.asarray(x, np.float32).dtype == np.float32
    assert x.numpy() is x.data
    with no_grad():
        np.testing.assert_array_equal(np.asarray(leaf()), ARRAY)


# --------------------------------------------------------------------------- NumPy's protocols


def test_reductions_of_ufuncs():
    x = leaf()
    assert_same(np.add.reduce(x), ARRAY.sum(0))
    assert_same(np.add.reduce(x, axis=None), ARRAY.sum())
    assert_same(np.add.reduce(x, 1, keepdims=True), ARRAY.sum(1, keepdims=True))
    assert_same(np.multiply.reduce(x, axis=1), ARRAY.prod(1))
    assert_same(np.maximum.reduce(x), ARRAY.max(0))
    np.add.reduce(x).sum().backward()
    assert (x.grad.data == 1).all()


def test_accumulations_of_ufuncs():
    x = leaf()
    assert_same(np.add.accumulate(x), ARRAY.cumsum(0))
    assert_same(np.multiply.accumulate(x, axis=1), ARRAY.cumprod(1))
    np.add.accumulate(x).sum().backward()
    assert x.grad.tolist() == [[2, 2], [1, 1]]


def test_outer_of_ufuncs():
    x, a = leaf([1.0, 2.0]), np.array([3.0, 4.0, 5.0])
    for y, expected in (
        (np.subtract.outer(x, a), np.subtract.outer(x.data, a)),
        (np.subtract.outer(a, x), np.subtract.outer(a, x.data)),
    ):
        assert_same(y, expected)
    np.multiply.outer(a, x).sum().backward()
    assert x.grad.tolist() == [12, 12]


UFUNC_METHODS = [
    lambda x: np.maximum.accumulate(x), lambda x: np.minimum.accumulate(x, axis=1), lambda x: np.hypot.accumulate(x, -1),
    lambda x: np.add.accumulate(x, 1, np.float32), lambda x: np.subtract.accumulate(x),
    lambda x: np.logaddexp.reduce(x), lambda x: np.logaddexp.reduce(x, axis=None), lambda x: np.hypot.reduce(x, axis=(0, 1)),
    lambda x: np.logaddexp.reduce(x, -1, keepdims=True), lambda x: np.logaddexp.reduce(x, 1, initial=0.5),
    lambda x: np.subtract.reduce(x, axis=1), lambda x: np.power.reduce(x, 0), lambda x: np.fmax.reduce(x, 1),
    lambda x: np.add.reduce(x, 1, None, None, True), lambda x: np.multiply.reduce(x, axis=(0, -1), keepdims=True),
    lambda x: np.add.reduce(x, axis=0, where=np.array([True, False])), lambda x: np.maximum.reduce(x, axis=0, initial=2.5),
    lambda x: np.add.reduceat(x, [0, 1, 0]), lambda x: np.multiply.reduceat(x, [1, 0], axis=1),
    lambda x: np.logaddexp.outer(x, x[0]), lambda x: np.divide.outer(x[0], x),
]  # fmt: skip


@pytest.mark.parametrize("f", UFUNC_METHODS)
def test_methods_of_ufuncs(f):
    x = leaf()
    y = f(x)
    assert y.requires_grad
    np.testing.assert_allclose(y.data, f(ARRAY), rtol=1e-6)
    assert y.dtype == f(ARRAY).dtype
    if y.dtype == np.float64:
        assert gradcheck(f, ARRAY, order=2)


def test_addition_at_places_is_recorded():
    def f(x, v):
        y = x * 2
        np.add.at(y, ([0, 0, 1], [0, 0, 1]), v)
        np.subtract.at(y, (0, slice(None)), v[0])
        return y

    v = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(f(leaf(), leaf(v)).data, f(ARRAY, v))
    assert gradcheck(f, [ARRAY, v], order=2)


def test_methods_of_ufuncs_that_have_no_rule_say_so():
    with pytest.raises(NotImplementedError, match=r"np\.multiply\.at has no derivative rule.*\.detach\(\)"):
        np.multiply.at(leaf() * 1, 0, 2.0)
    with pytest.raises(NotImplementedError, match=r"np\.add\.at"):
        np.add.at(np.zeros(2), 0, leaf(1.0))
    with pytest.raises(NotImplementedError, match=r"np\.hypot\.reduce"):
        np.hypot.reduce(leaf(), where=ARRAY > 1)
    with pytest.raises(RuntimeError):
        np.add.at(leaf(), 0, 1.0)


def test_where_of_a_ufunc_keeps_what_was_in_out():
    mask = ARRAY > 1
    x, place = leaf(), Tensor(np.zeros((2, 2)))
    y = np.exp(x, where=mask, out=place)
    assert y is place
    np.testing.assert_allclose(y.data, np.exp(ARRAY, where=mask, out=np.zeros((2, 2))))
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, np.where(mask, np.exp(ARRAY), 0))
    with pytest.raises(TypeError, match=r"without out=.*np\.where"):
        np.exp(x, where=mask)


METHODS = [
    lambda x: x.sum(0), lambda x: x.sum(axis=(0, 1), keepdims=True), lambda x: x.mean(1, np.float32), lambda x: x.mean(),
    lambda x: x.sum(where=[True, False]), lambda x: x.sum(initial=2.0), lambda x: x.prod(-1), lambda x: x.max(1), lambda x: x.min(),
    lambda x: x.max(initial=2.5, axis=0), lambda x: x.var(0, ddof=1), lambda x: x.std(axis=1, keepdims=True), lambda x: x.cumsum(),
    lambda x: x.cumprod(1), lambda x: x.argmax(1), lambda x: x.argmin(axis=0), lambda x: x.argsort(0), lambda x: x.any(1),
    lambda x: x.all(axis=0, keepdims=True), lambda x: x.argpartition(1), lambda x: x[0].searchsorted([1.7]), lambda x: x.nonzero(),
    lambda x: x.reshape(4), lambda x: x.reshape(2, 2, order="F"), lambda x: x.ravel("F"), lambda x: x.flatten(), lambda x: x.swapaxes(0, 1),
    lambda x: x.transpose(1, 0), lambda x: x.repeat(2, 0), lambda x: x.take([0, 3]), lambda x: x.take([0, 5], mode="wrap"),
    lambda x: x.compress([True, False], axis=1), lambda x: x.diagonal(1), lambda x: x.trace(offset=-1), lambda x: x.copy(),
    lambda x: x.clip(1, 2), lambda x: x.clip(max=1.75), lambda x: x.clip(min=1.75), lambda x: x.round(), lambda x: x.round(1),
    lambda x: x.dot(x), lambda x: x.conj(), lambda x: x.conjugate(), lambda x: x.real, lambda x: x.imag, lambda x: x.squeeze(),
]  # fmt: skip


@pytest.mark.parametrize("f", METHODS)
def test_methods_are_those_of_arrays(f):
    want = f(ARRAY)
    for x in Tensor(ARRAY), leaf():
        got = f(x)
        for g, w in zip(got, want, strict=True) if isinstance(want, tuple) else [(got, want)]:
            np.testing.assert_allclose(g.data if isinstance(g, Tensor) else g, w, rtol=1e-6)
            assert g.dtype == w.dtype


@pytest.mark.parametrize("write", [
    lambda x: x.sort(), lambda x: x.sort(0), lambda x: x.sort(axis=1, kind="stable"), lambda x: x.partition(1, axis=0), lambda x: x.fill(2.0),
])  # fmt: skip
def test_methods_that_write(write):
    def f(x):
        y = x * np.array([[1.0, -1.0], [-2.0, 1.0]])
        write(y)
        return y

    np.testing.assert_allclose(f(Tensor(ARRAY)).data, f(ARRAY))
    np.testing.assert_allclose(f(leaf()).data, f(ARRAY))
    assert gradcheck(f, ARRAY, order=2)
    with pytest.raises(RuntimeError, match="leaf"):
        write(leaf())


def test_methods_of_ufuncs_work_on_constants_as_their_advice_says():
    assert_same(np.maximum.accumulate(leaf().detach()), np.maximum.accumulate(ARRAY))
    x = Tensor(ARRAY)
    np.add.at(x, (0, [0, 0]), Tensor(10.0))
    assert x.tolist() == [[21.5, 2], [0.5, 3]]


@pytest.mark.parametrize("f", [
    lambda x, out: np.multiply(x, 2, out=out), lambda x, out: np.multiply(x, 2, out), lambda x, out: np.cumsum(x, 0, out=out),
    lambda x, out: np.cumsum(x, 0, None, out),
])  # fmt: skip
def test_out_takes_the_result_and_its_graph(f):
    x, out, expected = leaf(), Tensor(np.zeros((2, 2))), np.zeros((2, 2))
    f(ARRAY, expected)
    y = f(x, out)
    assert y is out
    assert_same(out, expected)
    out.sum().backward()
    assert x.grad is not None


@pytest.mark.parametrize("f", [
    lambda x, out: np.multiply(x, 2, out=out), lambda x, out: np.sum(x, axis=0, out=out), lambda x, out: np.sum(x, 0, None, out),
    lambda x, out: np.max(x, 0, out), lambda x, out: operator.iadd(out, x), lambda x, out: np.clip(x, 0, 1, out=out),
])  # fmt: skip
def test_out_can_not_be_an_array_if_that_would_lose_a_graph(f):
    out = np.zeros(2)
    with pytest.raises((TypeError, ValueError), match=r"graph|shape"):
        f(leaf(), out)
    assert (out == 0).all()


def test_an_array_as_out_takes_constants():
    out = np.zeros(2)
    assert np.sum(Tensor(ARRAY), axis=0, out=out) is out
    assert out.tolist() == [2, 5]
    row = np.zeros((1, 2))
    assert np.max(Tensor(ARRAY), 0, row, True) is row
    assert row.tolist() == [[1.5, 3]]
    a = np.ones((2, 2))
    a += Tensor(ARRAY)
    assert type(a) is np.ndarray
    np.testing.assert_array_equal(a, 1 + ARRAY)
    index = np.zeros(2, int)
    np.argmax(leaf(), 0, out=index)
    assert index.tolist() == [0, 1]


def test_out_does_not_lose_numbers_in_silence():
    for out in np.zeros((2, 2), int), Tensor(np.zeros((2, 2), int)):
        with pytest.raises(TypeError, match="int64"):
            np.multiply(Tensor(ARRAY), 0.5, out=out)
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        np.multiply(Tensor(ARRAY), 0.5, out=np.zeros(3))


WRITERS = [
    lambda a: np.copyto(a, 7.0), lambda a: np.put(a, [0, 3], 7.0), lambda a: np.place(a, np.eye(2, dtype=bool), 7.0),
    lambda a: np.putmask(a, np.eye(2, dtype=bool), 7.0), lambda a: np.fill_diagonal(a, 7.0),
    lambda a: np.put_along_axis(a, np.array([[0], [1]]), 7.0, 1), lambda a: np.copyto(dst=a, src=Tensor(7.0)),
]  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
def test_functions_that_write_into_their_argument_write_into_constants(write):
    x, expected = Tensor(ARRAY), ARRAY.copy()
    write(x)
    write(expected)
    assert_same(x, expected)


@pytest.mark.parametrize("write", WRITERS)
def test_functions_that_write_into_their_argument_can_not_be_recorded(write):
    for x in leaf(), leaf() * 1:
        with pytest.raises(
            NotImplementedError, match=r"can't be recorded: assign to a Tensor, with x\[index\] = values"
        ):
            write(x)
        np.testing.assert_array_equal(x.data, ARRAY)


def test_functions_with_several_results():
    quotient, rest = np.divmod(Tensor(ARRAY), 1)
    assert_same(rest, ARRAY % 1)
    assert_same(quotient, ARRAY // 1)


# ---------------------------------------------------------------------- items and assignment


@pytest.mark.parametrize("index", [
    0, -1, (1, 0), slice(None, None, -1), (..., 0), None, (slice(1), None), [0, 0, 1], np.array([1, 1]), ([0, 1], [1, 1]),
    np.array([True, False]), ARRAY > 1, Tensor([1, 0]), Tensor(ARRAY > 1), (Tensor(1), slice(None)), np.int64(1), (), [],
    slice(Tensor(0), Tensor(1)), True,
], ids=repr)  # fmt: skip
def test_items_are_numpys_and_gradients_return_to_where_they_came_from(index):
    x = leaf()
    plain = tuple(i.data if isinstance(i, Tensor) else i for i in index) if isinstance(index, tuple) else index
    plain = index.data if isinstance(index, Tensor) else plain
    y = x[index]
    assert_same(y, ARRAY[plain])
    weights = np.arange(1.0, y.size + 1).reshape(y.shape)
    (y * weights).sum().backward()
    expected = np.zeros((2, 2))
    np.add.at(expected, plain, weights)
    np.testing.assert_array_equal(x.grad.data, expected)


def test_an_index_out_of_range_is_numpys_error():
    with pytest.raises(IndexError):
        leaf()[2]


def test_item_assignment_is_differentiable():
    x, v = leaf(), leaf([5.0, 6.0])
    y = x * 1
    y[0] = v * 2
    y[1, 0] = 7.0
    assert y.tolist() == [[10, 12], [7, 3]]
    (y * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert x.grad.tolist() == [[0, 0], [0, 4]]
    assert v.grad.tolist() == [2, 4]


def test_item_assignment_to_a_constant_makes_it_part_of_the_graph():
    x, board = leaf([1.0, 2.0]), Tensor(np.zeros((2, 2)))
    for i in range(2):
        board[i, i] = x[i] * 3
    board.sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_item_assignment_may_use_the_tensor_itself():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y[1:] = y[:-1] * y[1:]
    assert y.tolist() == [1, 2, 6]
    y.sum().backward()
    assert x.grad.tolist() == [3, 4, 2]


def test_augmented_item_assignment():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y[0] *= x[2]
    y[[1, 2]] += 1
    y.sum().backward()
    assert x.grad.tolist() == [3, 1, 2]


def test_item_assignment_to_a_leaf_is_refused():
    x = leaf()
    with pytest.raises(RuntimeError, match=r"leaf.*x\.copy\(\).*no_grad\(\)"):
        x[0] = 1.0
    np.testing.assert_array_equal(x.data, ARRAY)


def test_integers_can_not_take_numbers_that_need_gradients():
    t = Tensor([1, 2])
    with pytest.raises(TypeError, match="only floating tensors"):
        t[0] = leaf(1.5)
    assert t.tolist() == [1, 2]


def test_without_recording_items_are_assigned_in_place():
    for x in Tensor(ARRAY), leaf():
        alias = x.data
        with no_grad():
            x[0] = -1.0
        assert alias[0].tolist() == [-1, -1]
        assert x.data is alias


# ------------------------------------------------------------------------------------ += and its kin

IN_PLACE = [
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ifloordiv,
    operator.imod,
    operator.ipow,
]


@pytest.mark.parametrize("op", IN_PLACE, ids=described)
def test_augmented_assignment_records_and_rebinds(op):
    x = leaf()
    y = before = x * 1
    y = op(y, x)
    expected = op(ARRAY.copy(), ARRAY)
    assert_same(y, expected)
    assert y is not before
    np.testing.assert_array_equal(before.data, ARRAY)
    y.sum().backward()
    assert x.grad is not None


@pytest.mark.parametrize("op", IN_PLACE, ids=described)
def test_augmented_assignment_without_recording_is_in_place(op):
    for x in Tensor(ARRAY), leaf():
        alias = x.data
        with no_grad():
            assert op(x, 2.0) is x
        assert x.data is alias
        np.testing.assert_array_equal(alias, op(ARRAY.copy(), 2.0))


def test_augmented_assignment_keeps_the_dtype_or_says_no():
    t = Tensor([1, 2])
    with pytest.raises(TypeError):
        t += 0.5
    t = Tensor([1.0], dtype=np.float32)
    t += np.float64(0.5)
    assert t.dtype == np.float32


def test_a_step_of_gradient_descent_by_hand():
    for step in range(3):
        w = nn.Parameter([1.0, 2.0])
        me, alias = w, w.data
        (w * w).sum().backward()
        if step == 0:
            with no_grad():
                w -= 0.25 * w.grad
        elif step == 1:
            w.data -= 0.25 * w.grad
        else:
            w.data[...] -= 0.25 * w.grad.data
        assert w is me
        assert w.is_leaf
        assert w.requires_grad
        assert w.data is alias
        assert alias.tolist() == [0.5, 1.0]
        w.grad = None
        (w * w).sum().backward()
        assert w.grad.tolist() == [1, 2]


def test_data_can_be_given_to_a_leaf():
    w = leaf([1.0, 2.0], dtype=np.float32)
    w.data = [3, 4]
    assert (w.dtype, w.tolist(), w.requires_grad) == (np.float32, [3, 4], True)
    with pytest.raises(RuntimeError, match=r"computed \(by multiply\)"):
        (w * 2).data = [1.0, 2.0]


def test_data_of_a_computed_tensor_can_be_changed_in_place():
    y = leaf([1.0, 2.0]) * 2
    y.data += 1
    assert y.tolist() == [3, 5]


# --------------------------------------------------------------------------------------- modes


def test_no_grad_records_nothing():
    x = leaf()
    with no_grad():
        assert not is_grad_enabled()
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert is_grad_enabled()
    assert (x * 2).requires_grad


def test_modes_decorate_functions():
    @no_grad()
    def outer(x):
        return x * 2, inner(x)

    @enable_grad()
    def inner(x):
        return x * 2

    for _ in range(2):
        assert [y.requires_grad for y in outer(leaf())] == [False, True]


def test_a_mode_may_be_entered_again_while_it_is_on():
    mode = no_grad()
    with mode:
        with mode:
            pass
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_exceptions_put_the_mode_back():
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert is_grad_enabled()


def test_other_threads_record_meanwhile():
    seen = []

    def work():
        seen.append((leaf() * 2).requires_grad)

    with no_grad():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert seen == [True]


def test_leaves_made_under_no_grad_require_gradients_afterwards():
    with no_grad():
        x = leaf()
    assert (x * 2).requires_grad


def test_a_graph_can_be_walked_under_no_grad():
    x = leaf()
    y = (x**3).sum()
    with no_grad():
        y.backward(create_graph=True)
    first, x.grad = x.grad, None
    first.sum().backward()
    np.testing.assert_allclose(x.grad.data, 6 * ARRAY)


# ------------------------------------------------------------------------------ copying, saving


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda x: pickle.loads(pickle.dumps(x))])
@pytest.mark.parametrize("kind", [Tensor, nn.Parameter])
def test_leaves_can_be_copied_and_saved(duplicate, kind):
    x = kind([1.0, 2.0], requires_grad=True, name="x")
    twin = duplicate(x)
    assert type(twin) is kind
    assert (twin.tolist(), twin.dtype, twin.requires_grad, twin.name) == ([1, 2], x.dtype, True, "x")
    with no_grad():
        twin += 1
    assert x.tolist() == [1, 2]
    (x * twin).sum().backward()
    assert twin.grad.tolist() == [1, 2]


def test_a_deep_copy_has_the_gradient_too():
    x = leaf()
    (x * 2).sum().backward()
    twin = copy.deepcopy({"a": x, "b": x})
    assert twin["a"] is twin["b"]
    assert (twin["a"].grad.data == 2).all()
    assert not np.shares_memory(twin["a"].grad.data, x.grad.data)


def test_computed_tensors_can_not_be_copied_with_their_graph():
    for duplicate in copy.deepcopy, pickle.dumps:
        with pytest.raises(RuntimeError, match=r"computed \(by multiply\).*detach\(\)"):
            duplicate(leaf() * 2)


# -------------------------------------------------------------------------------------- methods


@pytest.mark.parametrize("expression", [
    "x.sum()", "x.sum(1)", "x.sum((0, 1), keepdims=True)", "x.mean(0)", "x.prod(1)", "x.max()", "x.min(1)", "x.var()",
    "x.var(0, ddof=1)", "x.std(1, keepdims=True)", "x.cumsum()", "x.cumsum(1)", "x.cumprod(0)", "x.reshape(4)", "x.reshape((4, 1))",
    "x.reshape(-1, 1, 4)", "x.ravel()", "x.flatten()", "x.transpose()", "x.transpose(1, 0)", "x.transpose((0, 1))", "x.T",
    "x.swapaxes(0, 1)", "x[None].squeeze()", "x[None].squeeze(0)", "x.repeat(2)", "x.repeat(2, 0)", "x.take([0, 3])",
    "x.take([1, 1], 0)", "x.diagonal()", "x.diagonal(1)", "x.trace()", "x.copy()", "x.clip(1, 2)", "x.clip(max=1)", "x.round()",
    "x.round(1)", "x.dot(x)", "x.astype('float32')",
])  # fmt: skip
def test_methods_are_numpys(expression):
    f = eval(f"lambda x: {expression}")
    x = leaf()
    y = f(x)
    assert_same(y, f(ARRAY))
    y.sum().backward()
    assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "tanh", "abs"])
def test_methods_for_functions(name):
    assert_same(getattr(leaf(), name)(), getattr(np, name)(ARRAY))


def test_matrix_transpose():
    x = leaf(np.ones((2, 3, 4)))
    assert x.mT.shape == (2, 4, 3)
    assert x.T.shape == (4, 3, 2)


def test_the_door_takes_functions_and_their_arguments():
    x = leaf()
    assert_same(apply(np.sum, x, 0, keepdims=True), ARRAY.sum(0, keepdims=True))
