"""Elementwise rows of the table on arrays of over 256 KiB, of which NumPy reuses the memory where it believes them its own.

For a large array that is held only once, NumPy's operators write their result into it. Whoever counts references (the engine
does, to know whose an array is) must never let that happen to an array that a node keeps. So the same call is made with
tensors whose arrays the user holds, has viewed, shares, or doesn't hold; the numbers must be the same, to the bit.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import STRATEGIES, listed
from test_rules import ROWS, name

from tinygrad_edu import Tensor

LARGE = 300_000  # bytes
# Elementwise functions and what is fused of them; with others an axis of tens of thousands may ask for its square of memory.
ROWS = [fn for fn in ROWS if fn in STRATEGIES and (isinstance(fn, np.ufunc) or "fused" in fn.__module__)]


def enlarge(case, which):
    """The same case with one array repeated along a new first axis, or along its last; None where NumPy takes neither."""
    arrays = case.arrays
    a = arrays[which]
    if not a.size or a.dtype.kind not in "fc":
        return None
    times = -(-LARGE // a.nbytes)
    for large in np.repeat(a[None], times, 0), np.repeat(a, times, -1) if a.ndim else None:
        if large is None:
            continue
        candidate = [large if i == which else other for i, other in enumerate(arrays)]
        try:
            with np.errstate(all="ignore"):
                expected = case.expected(*candidate)
        except Exception:
            continue
        if sum(y.size for y in expected) < 40 * LARGE // 8 and any(y.dtype.kind in "fc" for y in expected):
            return candidate
    return None


def held_data(array):
    x = Tensor(array, requires_grad=True)
    return x, x.data


def held_view(array):
    x = Tensor(array, requires_grad=True)
    return x, x.data[...]


def shared(array):
    mine = array.copy()
    return Tensor(mine, requires_grad=True, copy=False), mine


def derivatives(f, tensors):
    """What `f` gives, and the gradients."""
    with np.errstate(all="ignore"):
        results = [y for y in listed(f(*tensors)) if isinstance(y, Tensor)]
        for i, y in enumerate(results):
            if y.requires_grad:
                y.backward(
                    np.linspace(0.5, 1.5, y.size).reshape(y.shape).astype(y.dtype), retain_graph=i < len(results) - 1
                )
    return [y.data for y in results] + [x.grad.data for x in tensors if x.grad is not None]


@pytest.mark.slow
@pytest.mark.parametrize("fn", ROWS, ids=name)
@given(data=st.data())
def test_whoever_holds_a_large_array_the_numbers_are_the_same(fn, data):
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary or not case.arrays:
        return
    arrays = enlarge(case, data.draw(st.integers(0, len(case.arrays) - 1)))
    if arrays is None:
        return
    try:
        plain = derivatives(case, [Tensor(a, requires_grad=True) for a in arrays])
    except (TypeError, NotImplementedError, ValueError):
        return  # such a call has no derivative
    hold = data.draw(st.sampled_from((held_data, held_view, shared)))
    pairs = [hold(a) for a in arrays]
    for got, want in zip(derivatives(case, [x for x, _ in pairs]), plain, strict=True):
        np.testing.assert_array_equal(got, want)
    for (_, mine), a in zip(pairs, arrays, strict=True):
        np.testing.assert_array_equal(mine, a, "what the user holds is never changed")
