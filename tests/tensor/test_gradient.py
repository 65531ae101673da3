"""``.grad`` and ``.data``: what may be assigned to them, and what is told instead of being lost."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, debug, nn, optim
from tinygrad_edu.testing import arrays

FLOATS = [np.float16, np.float32, np.float64]


@given(arrays(), st.sampled_from(FLOATS), st.booleans())
def test_a_gradient_is_of_the_shape_and_dtype_of_its_tensor(a, dtype, wrapped):
    x = Tensor(a.astype(np.float32), requires_grad=True)
    g = a.astype(dtype)
    x.grad = Tensor(g) if wrapped else g
    assert (x.grad.shape, x.grad.dtype) == (x.shape, np.float32)
    np.testing.assert_array_equal(x.grad.data, g.astype(np.float32))
    for wrong in [g[None], np.zeros((2, *a.shape)), np.zeros((*a.shape, 1))]:
        with pytest.raises(ValueError, match="a gradient has the shape of its tensor"):
            x.grad = Tensor(wrong) if wrapped else wrong
    np.testing.assert_array_equal(x.grad.data, g.astype(np.float32))  # as it was
    x.grad = None
    assert x.grad is None


def test_an_assigned_array_is_copied_and_a_tensor_is_kept():
    x, a, g = Tensor([1.0, 2.0], requires_grad=True), np.ones(2), Tensor([3.0, 4.0])
    x.grad = a
    a[:] = 7
    assert x.grad.data.tolist() == [1, 1]
    x.grad = g
    assert x.grad is g


def test_complex_numbers_are_no_gradient_of_real_ones():
    with pytest.raises(TypeError, match="take its real part"):
        Tensor([1.0], requires_grad=True).grad = np.array([1j])
    with pytest.raises(TypeError, match="int64"):
        Tensor([1]).grad = np.array([1.0])
    z = Tensor([1j], requires_grad=True)
    z.grad = np.array([2.0])
    assert z.grad.dtype == np.complex128


def test_optimisers_take_what_was_assigned():
    p = nn.Parameter([1.0, 2.0])
    p.grad = np.clip([10.0, -0.5], -1, 1)
    optim.SGD([p], lr=1.0).step()
    np.testing.assert_array_equal(p.data, [0, 2.5])


def test_reading_the_gradient_of_what_was_computed_names_what_lost_the_leaf():
    w = Tensor(5.0, requires_grad=True) * 0.1
    (w + 1).backward()
    with pytest.warns(UserWarning, match=r"was computed, by multiply, .*retain_grad"):
        assert w.grad is None
    with debug():
        w = Tensor(5.0, requires_grad=True) * 0.1
    with pytest.warns(UserWarning, match=rf"by multiply at .*{__name__}\.py:\d+"):
        assert w.grad is None
    w.retain_grad()
    assert w.grad is None  # not yet; and that is asked for
    assert Tensor(1.0, requires_grad=True).grad is Tensor(1.0).grad is None


@pytest.mark.parametrize("given", [np.float64(0.1), np.array(0.1), Tensor(0.1)])
def test_numbers_that_are_rounded_when_assigned_are_told(given):
    p = nn.Parameter(1.0)
    with pytest.warns(UserWarning, match="float64 were rounded to float32") as told:
        p.data = np.asarray(given.data if isinstance(given, Tensor) else given)
    assert (p.dtype, told[0].filename) == (np.float32, __file__)
    assert p.item() == np.float32(0.1)


def test_numbers_that_fit_are_not():
    p = nn.Parameter([1.0, 2.0])
    p.data = np.array([0.5, np.inf])  # exactly so in float32 too
    p.data = np.array([1, 2])
    p.data = [0.1, 0.2]  # a list has no dtype that could be lost
    p.data = np.array([0.1, 0.2], np.float16)
    assert p.dtype == np.float32


@pytest.mark.parametrize(("own", "given"), [([1.0], [1j]), ([1], [0.5]), ([True], [2])])
def test_numbers_that_a_dtype_cannot_hold_are_refused(own, given):
    x = Tensor(own)
    with pytest.raises(TypeError, match="keeps its dtype"):
        x.data = np.array(given)
    assert x.data.tolist() == own


def test_a_shallow_copy_of_what_was_computed_stays_in_the_graph():
    x = Tensor([1.0, 2.0], requires_grad=True)
    twin = copy.copy(x * 3)
    twin.sum().backward()
    assert x.grad.data.tolist() == [3, 3]
    leaf = copy.copy(x)
    assert leaf.is_leaf
    assert leaf.requires_grad
    assert leaf is not x
    leaf.data[:] = 7
    assert x.data.tolist() == [1, 2]


def test_a_state_that_was_carried_over_is_told_to_be_detached():
    rnn, h = nn.RNN(2, 3), None
    with pytest.raises(RuntimeError, match=r"carry state\.detach\(\)"):  # noqa: PT012
        for _ in range(2):
            y, h = rnn(np.ones((4, 5, 2), np.float32), h)
            (y**2).mean().backward()
