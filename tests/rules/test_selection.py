"""Choosing, inserting, padding, sets, blocks and windows: equal numbers, what no gradient reaches, what is refused."""

import numpy as np
import pytest
from strategies import leaves

from tinygrad_edu import Tensor, capture, gradcheck

V, M = np.array([0.5, -1.0, 2.0]), np.arange(6.0).reshape(2, 3)
sliding_window_view = np.lib.stride_tricks.sliding_window_view


def leaf(a):
    return Tensor(np.array(a, float), requires_grad=True)


def gradients(f, *arrays):
    xs = leaves([np.array(a, float) for a in arrays])
    np.sum(f(*xs)).backward()
    return [x.grad.tolist() for x in xs]


# ------------------------------------------------------------------------------------- choosing


def test_the_first_condition_that_holds_chooses():
    conditions = [np.array([True, True, False]), np.array([True, False, False])]
    assert gradients(lambda a, b, c: np.select(conditions, [a, b], c), V, V, V) == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_numbers_without_a_dtype_leave_the_others_theirs():
    x = Tensor(V.astype("f"))
    conditions = [np.array([True, False, False])] * 2
    assert np.select(conditions, [x, 1.0]).dtype == np.float32
    assert np.select(conditions, [1.0, x], 2).dtype == np.float32
    assert np.select(conditions, [1.0, x], np.float64(2)).dtype == np.float64


def test_choices_may_be_the_rows_of_a_tensor():
    assert gradients(lambda x: np.choose([1, 0, 1], x), M) == [[[0, 1, 0], [1, 0, 1]]]


def test_pieces_may_be_tensors_and_the_last_piece_wins():
    x, a = leaf(V), leaf(3.0)
    y = np.piecewise(x, [x < 1, x < 0], [lambda t: t * t, a])
    assert y.tolist() == [0.25, 3, 0]
    y.sum().backward()
    assert (x.grad.tolist(), a.grad.item()) == ([1, 0, 0], 1)


def test_a_function_without_a_piece_is_not_called():
    def never(x):
        raise AssertionError

    assert gradients(lambda x: np.piecewise(x, [x > 9, x <= 9], [never, np.square]), V) == [[1, -2, 4]]


def test_what_is_inserted_and_where():
    assert gradients(lambda x, v: np.insert(x, 1, v) * [1, 10, 100, 1000], V, 7.0) == [[1, 100, 1000], 10]
    assert gradients(lambda x, v: np.insert(x, [2, 0], v) * [1, 10, 100, 1000, 10000], V, [7.0, 8.0]) == [
        [10, 100, 10000], [1000, 1]]  # fmt: skip


def test_inserted_numbers_take_the_dtype_that_is_there():
    assert np.insert(Tensor(V.astype("f")), 1, Tensor(V)).dtype == np.float32
    assert np.insert(Tensor([1, 2]), 1, Tensor(V)).tolist() == [1, 0, -1, 2, 2]


def test_slices_may_give_several_numbers_or_plain_ones():
    assert gradcheck(
        lambda x: np.apply_along_axis(lambda row: np.stack([row[0] * row[1], np.sum(row)]), 1, x), M, order=2
    )
    assert np.apply_along_axis(np.argmax, 0, leaf(M)).tolist() == [1, 1, 1]


# ------------------------------------------------------------------------------------------- sets


def test_equal_numbers_share_in_both_sets():
    a, b = [1.0, 2.0, 2.0, 3.0], [3.0, 2.0, 5.0]
    assert gradients(np.union1d, a, b) == [[1, 1 / 3, 1 / 3, 0.5], [0.5, 1 / 3, 1]]
    assert gradients(np.intersect1d, a, b) == [[0, 1 / 3, 1 / 3, 0.5], [0.5, 1 / 3, 0]]
    assert gradients(np.setxor1d, a, b) == [[1, 0, 0, 0], [0, 0, 1]]
    assert gradients(lambda a: np.setdiff1d(a, b), a) == [[1, 0, 0, 0]]
    assert gradients(lambda a: np.setdiff1d(a, [1.0], assume_unique=True), a) == [[0, 1, 1, 1]]


def test_where_common_numbers_are():
    a, b = np.array([4.0, 2.0, 1.0]), np.array([1.0, 4.0])
    both, i, j = np.intersect1d(leaf(a), leaf(b), return_indices=True)
    assert (both.tolist(), i.tolist(), j.tolist()) == ([1, 4], [2, 0], [0, 1])


@pytest.mark.parametrize("fn", [np.union1d, np.intersect1d, np.setxor1d, np.setdiff1d])
def test_sets_of_whole_numbers(fn):
    a, b = np.array([[3, 1], [2, 2]]), np.array([5, 2, 1, 1])
    np.testing.assert_array_equal(fn(Tensor(a), Tensor(b)).data, fn(a, b))


# ---------------------------------------------------------------------------------------- padding


def test_what_is_padded_with_has_a_gradient():
    for key, mode in ("constant_values", "constant"), ("end_values", "linear_ramp"):
        for values in np.array(3.0), np.array([3.0, 4.0]), np.array([[3.0, 4.0], [5.0, 6.0]]):
            padded = lambda x, c, mode=mode, key=key: np.pad(x, ((1, 2), (0, 1)), mode, **{key: c})
            assert gradcheck(padded, [M, values], order=2)


def test_padding_of_whole_numbers_rounds_as_numpy_does():
    x = np.array([1, 2, 4])
    assert np.pad(Tensor(x), 2, "mean").tolist() == np.pad(x, 2, "mean").tolist()


def test_the_padding_of_an_extreme_is_shared_as_the_extreme_is():
    assert gradients(lambda x: np.pad(x, (1, 0), "maximum"), [1.0, 3.0, 3.0]) == [[1, 1.5, 1.5]]


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
def test_a_tilted_mirror_continues_a_straight_line(mode, width):
    x = np.arange(4.0)
    line = np.pad(leaf(x), width, mode, reflect_type="odd").data
    np.testing.assert_array_equal(line, np.pad(x, width, mode, reflect_type="odd"))
    np.testing.assert_array_equal(line[width:-width], x)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="NumPy 2.4 has it first")
def test_widths_by_axis():
    assert np.pad(leaf(M), {-1: 1, 0: (0, 2)}).shape == np.pad(M, {-1: 1, 0: (0, 2)}).shape


@pytest.mark.parametrize("call", [
    lambda x: np.pad(x, -1, "edge"), lambda x: np.pad(x, 1.5), lambda x: np.pad(x, 1, "ege"),
    lambda x: np.pad(x, 1, "wrap", stat_length=1), lambda x: np.pad(x[:0], 1, "mean"),
    lambda x: np.pad(x, 1, "maximum", stat_length=0), lambda x: np.pad(x, 1, "mean", stat_length=-1),
    lambda x: np.pad(x, ((1, 2), (3, 4))), lambda x: np.select([x > 0], []), lambda x: np.select([], []),
    lambda x: np.select([[1, 0, 1]], [x]), lambda x: np.choose([0, 3, 1], [x, x, x]),
    lambda x: np.choose([-1, 0, 0], [x, x]), lambda x: np.piecewise(x, [x > 0], [1, 2, 3]),
    lambda x: np.extract([1, 1, 1, 1], x), lambda x: np.insert(x, 4, 1.0), lambda x: np.insert(x, [[1]], 1.0),
    lambda x: np.insert(x, [0, 1], [1.0, 2.0, 3.0]), lambda x: np.insert(x, 1, 1.0, axis=1),
    lambda x: np.resize(x, (-1, 2)), lambda x: np.rot90(x), lambda x: np.rot90(x[None], axes=(0, 0)),
    lambda x: np.rot90(x[None], axes=(0, 2)), lambda x: np.rot90(x[None], axes=(0,)), lambda x: np.rollaxis(x, 1),
    lambda x: np.rollaxis(x, 0, 2), lambda x: np.matrix_transpose(x), lambda x: np.block([[x], x]),
    lambda x: np.block([x, []]), lambda x: np.block((x, x)), lambda x: np.block([[x], [x[:2]]]),
    lambda x: np.meshgrid(x, x, indexing="yx"), lambda x: sliding_window_view(x, 4),
    lambda x: sliding_window_view(x, -1), lambda x: sliding_window_view(x, (1, 1)),
    lambda x: np.apply_along_axis(np.sum, 1, x),
    lambda x: np.apply_along_axis(np.sum, 0, np.ones((3, 0)) * x[:, None]),
    lambda x: np.apply_over_axes(lambda x, axis: np.sum(x), x[None], [0]),
], ids=range(38))  # fmt: skip
def test_what_numpy_refuses_is_refused(call):
    for x in V, Tensor(V), leaf(V):
        with pytest.raises((ValueError, TypeError, IndexError, NotImplementedError)):
            call(x)


# ------------------------------------------------------------------------------- blocks and windows


def test_windows_that_overlap_add_up():
    assert gradients(lambda x: sliding_window_view(x, 2), V) == [[1, 2, 1]]
    assert gradients(lambda x: sliding_window_view(x, (2, 2)), M) == [[[1, 2, 1], [1, 2, 1]]]


def test_there_is_no_writing_through_windows():
    with pytest.raises(ValueError, match="writeable"):
        sliding_window_view(leaf(V), 2, writeable=True)


def test_results_are_never_views_of_what_went_in():
    x = V.copy()
    for f in np.meshgrid, np.block, np.rot90, lambda t: np.rollaxis(t, 1), lambda t: np.resize(t, (2, 3)):
        t = Tensor(x.reshape(1, 3))
        y = f(t)
        y = y[0] if isinstance(y, tuple) else y
        if y.data.flags.writeable:  # of a part of `t` it isn't
            y.data[...] = 7
        assert t.tolist() == [V.tolist()]


def test_a_block_of_one_is_a_copy():
    x = leaf(V)
    y = np.block(x)
    assert y is not x
    assert y.tolist() == V.tolist()


@pytest.mark.skipif(not hasattr(np, "unstack"), reason="NumPy 2.1 has it first")
def test_unstacking():
    with pytest.raises(ValueError, match="axis"):
        np.unstack(leaf(1.0))
    assert gradients(lambda x: np.unstack(x, axis=1)[2], M) == [[[0, 0, 1], [0, 0, 1]]]


@pytest.mark.parametrize("write", [
    lambda x: np.copyto(x, 1.0), lambda x: np.place(x, [True, False, True], 1.0), lambda x: np.putmask(x, [True] * 3, 1.0),
    lambda x: np.put(x, [0], 1.0), lambda x: np.put_along_axis(x, np.array([0]), 1.0, 0),
    lambda x: np.fill_diagonal(x[None] * x, 0.0),
], ids=["copyto", "place", "putmask", "put", "put_along_axis", "fill_diagonal"])  # fmt: skip
def test_functions_that_write_are_refused_where_a_graph_might_read(write):
    with pytest.raises(NotImplementedError, match="can't be recorded: assign to a Tensor"):
        write(leaf(V))


@pytest.mark.parametrize("make", [
    lambda x: np.r_[x, 1.0], lambda x: np.c_[x, x], lambda x: np.array([x, x]), lambda x: np.asarray(x),
    lambda x: np.vectorize(lambda t: t * 2)(x), lambda x: np.lib.stride_tricks.as_strided(x, (2,)),
], ids=["r_", "c_", "array", "asarray", "vectorize", "as_strided"])  # fmt: skip
def test_what_never_asks_a_tensor_says_what_would_have(make):
    with pytest.raises(TypeError, match=r"np\.stack or np\.concatenate"):
        make(leaf(V))


@pytest.mark.parametrize("a", [np.array([-2.0, 0.5, 3.0]), np.array([2.0, 3.0]), np.zeros(0)])
def test_captured_pieces_of_functions_and_constants(a):
    def f(x):
        return np.sum(np.piecewise(x, [x < 0, x > 1], [-1.0, lambda x: x * x, lambda x: 3 * x]))

    program = capture(f)
    for _ in range(3):
        x = Tensor(a, requires_grad=True)
        y = program(x)
        assert y.item() == f(a)
        if not a.size:
            continue  # there is nothing that could be recorded
        y.backward()
        np.testing.assert_array_equal(x.grad.data, np.where(a < 0, 0, np.where(a > 1, 2 * a, 3)))
