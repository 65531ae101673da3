"""Gradients that arrive in pieces: what is read at places, sent back to them."""

import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, capture, debug, func, primitive
from tinygrad_edu.engine import sparse_gradient as scattered
from tinygrad_edu.engine.sparse_gradient import SparseGradient
from tinygrad_edu.engine.table import MOST, RULES
from tinygrad_edu.testing import arrays, indices


def shares(rng, x, index, dtype):
    """Weights for what is read, and what they are to the gradient of x."""
    weights = rng.integers(-9, 9, np.shape(x[index])).astype(dtype)
    expected = np.zeros(x.shape)
    np.add.at(expected, index, weights.astype(float))
    return weights, expected


@given(data=st.data())
def test_pieces_and_arrays_in_any_order_are_added(data):
    """Reads, which may overlap and repeat places, among functions of the whole; leaves and computed tensors; all dtypes."""
    x = data.draw(arrays(dtype=data.draw(st.sampled_from((np.float32, np.float64)))))
    leaf = Tensor(x, requires_grad=True)
    computed = data.draw(st.booleans())
    source = leaf * 1 if computed else leaf
    if data.draw(st.booleans()):
        source.retain_grad()
    total, expected, rng = 0, np.zeros(x.shape), np.random.default_rng(data.draw(st.integers(0, 99)))
    for _ in range(data.draw(st.integers(1, 6))):
        if data.draw(st.booleans()):
            total, expected = total + (source * 3).sum(), expected + 3
        else:
            index = data.draw(indices(x.shape))
            weights, more = shares(rng, x, index, data.draw(st.sampled_from((np.float32, np.float64))))
            total, expected = total + (source[index] * weights).sum(), expected + more
    for create_graph in data.draw(st.permutations((False, True))):
        total.backward(retain_graph=True, create_graph=create_graph)
    for t in {id(t): t for t in (leaf, source)}.values():
        if t.is_leaf and t.grad is not None:
            assert (t.grad.shape, t.grad.dtype) == (x.shape, x.dtype)
            np.testing.assert_array_equal(t.grad.data, 2 * expected)


def test_all_are_put_in_their_places_at_once():
    """Of n pieces for n places, there is not an array of n for each."""
    for factor in 1, 2:
        x = Tensor(np.arange(500.0), requires_grad=True)
        y = x * 2 if factor == 2 else x
        total = (y * y).sum() + sum(y[i] * y[i] for i in range(500)) + y.sum()
        with mock.patch.object(scattered, "gather_pieces", wraps=scattered.gather_pieces) as gathered:
            total.backward()
        assert gathered.call_count <= 3
        np.testing.assert_array_equal(x.grad.data, 4 * factor**2 * x.data + factor)


def test_large_pieces_do_not_wait_for_long():
    """Together they never take much more memory than what they are pieces of, however many there are."""
    x = Tensor(np.zeros((100, 100)), requires_grad=True)
    total = sum((x[None] * i).sum() + x[i:].sum() for i in range(60))
    tracemalloc.start()
    total.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * x.data.nbytes
    np.testing.assert_array_equal(x.grad.data[:, 0], sum(range(60)) + np.minimum(np.arange(100) + 1, 60))


def test_plain_pieces_among_recorded_gradients():
    """A rule may answer a Tensor with a plain array."""
    step = primitive(lambda g, y, x: np.zeros(x.shape, x.dtype))(np.floor)
    for f in lambda x: (x**3).sum() + step(x[0]).sum(), lambda x: step(x[0]) * x[1] + (x**3).sum() + step(x[1]):
        np.testing.assert_array_equal(np.diag(func.hessian(f)(np.array([1.0, 2.0, 3.0])).data), [6, 12, 18])


def test_the_gradient_is_an_array_of_its_own():
    g = np.ones(3)
    x = Tensor(np.zeros(3), requires_grad=True)
    y = x[:]
    y.backward(g, retain_graph=True)
    x.grad.data[:] = 7
    y.backward(g)
    np.testing.assert_array_equal(x.grad.data, 8)
    np.testing.assert_array_equal(g, 1)


def test_places_that_are_named_twice():
    x = Tensor(np.zeros(3), requires_grad=True)
    (x[[0, 0, 2]].sum() + x[[2, 2, 1]].sum() + x[0] + x[0]).backward()
    np.testing.assert_array_equal(x.grad.data, [4, 1, 3])


def test_single_numbers_and_complex_ones():
    x = Tensor(2.0, requires_grad=True)
    (x[()] * x[...] + 3 * x + x[None][0]).backward()
    assert x.grad.item() == 8
    z = Tensor([1 + 2j, 3j], requires_grad=True)
    (z[0] * z[0] + z.sum() + 2j * z[1] + z[0]).real.backward()
    np.testing.assert_array_equal(z.grad.data, [2 * (1 - 2j) + 2, 1 - 2j])


def test_second_derivatives_checkpoints_and_captured_loops():
    def f(x):
        return sum(x[i] ** 3 for i in range(len(x))) + x.sum()

    a = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(func.grad(f)(a), 3 * a**2 + 1)
    np.testing.assert_array_equal(func.hessian(f)(a), np.diag(6 * a))
    np.testing.assert_array_equal(func.grad(lambda x: func.checkpoint(f)(x * 1))(a), 3 * a**2 + 1)
    captured, second = capture(f), capture(lambda x: func.grad(f)(x).sum())
    for factor in 1, 2, 3:
        x = Tensor(a * factor, requires_grad=True)
        captured(x).backward()
        np.testing.assert_allclose(x.grad.data, 3 * (a * factor) ** 2 + 1)
        x.grad = None
        second(x).backward()
        np.testing.assert_allclose(x.grad.data, 6 * a * factor)
    assert captured.source.count("gather_pieces") == 1


def test_debug_sees_what_comes_in_pieces():
    with debug(), np.errstate(all="ignore"):
        x = Tensor([0.0, 1.0], requires_grad=True)
        y = x[0] ** 0.5 + x[1]
        with pytest.raises(FloatingPointError, match="power"):
            y.backward()


def test_other_functions_see_the_sum():
    pieces = SparseGradient(None, [(0, 1.0), (slice(0, 2), np.array([1.0, 2.0]))], 3, (3,), np.dtype(float))
    np.testing.assert_array_equal(np.conjugate(pieces), [2, 2, 0])
    np.testing.assert_array_equal((np.ones(3) + pieces).whole(), [3, 3, 1])
    np.testing.assert_array_equal((pieces + np.ones(3)).whole(), [3, 3, 1])
    total = np.ones(3)
    total += pieces
    total += pieces
    total += np.ones(3)
    np.testing.assert_array_equal(total.whole(), [6, 6, 2])
    np.testing.assert_array_equal(pieces.whole(), [2, 2, 0])


def test_long_lists_of_tensors_are_joined_and_what_was_planned_for_them_is_bounded():
    rng = np.random.default_rng(0)
    tensors = [Tensor(rng.normal(size=(2, 1)), requires_grad=bool(i % 3)) for i in range(600)]
    factors = rng.normal(size=(2, 600))
    (np.concatenate(tensors, 1) * factors).sum().backward()
    for i, t in enumerate(tensors):
        if i % 3:
            np.testing.assert_array_equal(t.grad.data[:, 0], factors[:, i])
    mixed = [Tensor(np.array([1], kind)) for kind in (np.int8, np.uint8, np.float16)] * 100
    assert np.concatenate(mixed).dtype == np.concatenate([t.data for t in mixed]).dtype
    ones = [Tensor(1.0, requires_grad=True) for _ in range(12)]
    for pattern in range(300):
        np.stack([t if pattern >> i & 1 else t.detach() for i, t in enumerate(ones)])
    assert max(len(rule.plans) for rule in RULES.values()) <= MOST


def test_a_truth_is_no_number_among_indices():
    """``x[True]`` is a copy with one more axis, and not ``x[1]``."""
    x = Tensor(np.array([1.0, 2.0]), requires_grad=True)
    (x[True] * [[3.0, 4.0]]).sum().backward()
    assert x.grad.data.tolist() == [3, 4]
    x.grad = None
    (x[True].sum() + x[0] + x[False].sum() + x[1, ...] * 5 + x[np.int64(0)] + x[None, 1:].sum()).backward()
    assert x.grad.data.tolist() == [3, 7]
    assert [scattered.is_basic(i) for i in (0, -1, np.int64(2), slice(None), None, Ellipsis, (0, None, slice(1)))] == [
        True
    ] * 7
    assert [
        scattered.is_basic(i) for i in (True, False, np.True_, [0], np.array(0), np.array([True]), (0, True), (0, [1]))
    ] == [False] * 8


def test_plans_are_kept_until_there_are_many():
    def double(x, y):
        return 2 * x * y

    operation = primitive(lambda g, out, x, y: g * 2 * y, lambda g, out, x, y: g * 2 * x)(double)
    a, b = Tensor(1.0, requires_grad=True), Tensor(2.0)
    for x, y in (a, a), (a, b), (b, a), (b, b), (a, 1.0), (1.0, a):
        operation(x, y)
    [made] = [r for r in RULES.values() if r.fn is double or getattr(r.fn, "__wrapped__", None) is double]
    assert len(made.plans) >= 5
