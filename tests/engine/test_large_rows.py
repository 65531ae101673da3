"""Rows of the table that are not elementwise, on arrays of over 256 KiB; as test_large_arrays.py has it, where the reason is told.

One array of a call is repeated along a new first axis, or else along its last. Those functions are here for which no such
call needs more than a multiple of the memory (and no products: they overflow); of matrices it is the number that grows, not the size.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import STRATEGIES
from test_large_arrays import derivatives, enlarge, held_data, held_view, shared
from test_rules import ROWS, name

from tinygrad_edu import Tensor, capture

NAMES = """
    sum mean max min amax amin var std cumsum cumulative_sum ptp average nansum nanmax nanmin nanmean
    nanvar nanstd nancumsum median quantile sort partition unwrap reshape expand_dims squeeze transpose swapaxes moveaxis roll copy
    broadcast_to ravel atleast_2d flip fliplr flipud repeat tile rot90 rollaxis matrix_transpose diagonal trace tril triu diff ediff1d
    trapezoid gradient take compress delete getitem setitem concatenate stack vstack hstack dstack append split array_split
    where choose clip select insert pad nan_to_num softmax log_softmax linear squared_error surprise logsumexp
    matmul dot inner vecdot matvec vecmat cross fft ifft rfft irfft fft2 rfft2 polyval vector_norm norm inv solve det slogdet cholesky
    eigvalsh svdvals matrix_power multi_dot sliding_window_view
"""
LINEAR = set(NAMES.split())
ROWS = [fn for fn in ROWS if fn in STRATEGIES and fn.__name__ in LINEAR and not isinstance(fn, np.ufunc | type)]


def strided(array):
    """Every other number of a larger array, which the user has."""
    mine = np.repeat(array, 2, -1)
    return Tensor(mine[..., ::2], requires_grad=True, copy=False), mine[..., ::2]


def large_case(fn, data):
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary or case.together or not case.arrays:
        return None
    arrays = enlarge(case, data.draw(st.integers(0, len(case.arrays) - 1)))
    if arrays is None:
        return None
    try:
        return case, arrays, derivatives(case, [Tensor(a, requires_grad=True) for a in arrays])
    except (TypeError, NotImplementedError, ValueError):
        return None  # such a call has no derivative


@pytest.mark.slow
@pytest.mark.parametrize("fn", ROWS, ids=name)
@settings(max_examples=8)
@given(data=st.data())
def test_whoever_holds_a_large_array_the_numbers_are_the_same(fn, data):
    if not (found := large_case(fn, data)):
        return
    case, arrays, want = found
    pairs = [
        data.draw(st.sampled_from((held_data, held_view, shared, strided)))(a) if a.ndim else held_data(a)
        for a in arrays
    ]
    close = {
        "rtol": 1e-10,
        "atol": 1e-10 * max((abs(w).max(initial=0) for w in want), default=0),
    }  # other strides, another order of sums
    for got, numbers in zip(derivatives(case, [x for x, _ in pairs]), want, strict=True):
        np.testing.assert_allclose(got, numbers, **close)
    for (_, mine), a in zip(pairs, arrays, strict=True):
        np.testing.assert_array_equal(mine, a, "what the user holds is never changed")


@pytest.mark.slow
@pytest.mark.parametrize("fn", ROWS, ids=name)
@settings(max_examples=3)
@given(data=st.data())
def test_a_captured_program_of_large_arrays_gives_the_same(fn, data):
    if not (found := large_case(fn, data)):
        return
    case, arrays, want = found
    program = capture(case)
    for _ in range(3):
        pairs = [held_data(a) for a in arrays]
        for got, numbers in zip(derivatives(program, [x for x, _ in pairs]), want, strict=True):
            np.testing.assert_allclose(got, numbers, rtol=1e-10, atol=1e-10 * abs(numbers).max(initial=0))
        for (_, mine), a in zip(pairs, arrays, strict=True):
            np.testing.assert_array_equal(mine, a, "what the user holds is never changed")


def test_large_calls_were_found():
    assert len(ROWS) > 90
