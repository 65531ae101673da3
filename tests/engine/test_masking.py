"""What a mask leaves of numbers, as np.where has it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, capture, relu
from tinygrad_edu.engine.masking import where_or_zero, zero_where
from tinygrad_edu.testing import arrays

TYPES = (np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.int64, ">f4", ">f8")


@given(data=st.data())
def test_it_is_what_where_gives(data):
    """Of all dtypes, layouts and shapes that broadcast; a NaN, an infinity and a -0 that are not kept are 0."""
    x = data.draw(arrays()).astype(data.draw(st.sampled_from(TYPES)))
    if x.dtype.kind != "i":
        x = np.where(
            np.asarray(data.draw(arrays(x.shape))) > 1, data.draw(st.sampled_from((np.nan, np.inf, -0.0))), x
        ).astype(x.dtype)
    x = data.draw(st.sampled_from((x, x.T, x[..., ::-1] if x.ndim else x)))
    shape = data.draw(st.sampled_from((x.shape, (2, *x.shape), (1,) * x.ndim, x.shape[-1:])))
    mask = np.asarray(data.draw(arrays(shape)) > 0)
    mask = data.draw(st.sampled_from((mask, mask * 2, mask[()])))
    for y, expected in (where_or_zero(mask, x), np.where(mask, x, 0)), (zero_where(mask, x), np.where(mask, 0, x)):
        np.testing.assert_array_equal(y, expected)
        assert (y.dtype.newbyteorder("="), y.shape) == (expected.dtype.newbyteorder("="), expected.shape)
        assert not np.may_share_memory(y, x)
        if x.dtype.kind == "f":
            np.testing.assert_array_equal(np.signbit(y), np.signbit(expected))


@pytest.mark.parametrize("f", [relu, lambda x: np.where(x.data > 0, x, 0)])
def test_captured_too(f):
    """It is written down as one call."""
    captured = capture(f)
    for factor in 1, 2, 3:
        x = Tensor(np.array([-1.0, 2.0, 3.0]) * factor, requires_grad=True)
        captured(x).backward(np.array([np.inf, 1.0, 2.0]))
        np.testing.assert_array_equal(x.grad.data, [0.0, 1.0, 2.0])
    assert "where_or_zero(" in captured.source
