"""Tensors as the user meets them: operators, plain values, NumPy's protocols, items, dtypes, and words of advice."""

import operator

import numpy as np
import pytest

from tinygrad_edu import Tensor

ARRAY = np.array([[1.5, 2.0], [0.5, 3.0]])


def leaf(values=ARRAY, **options):
    return Tensor(values, requires_grad=True, **options)


def same(a, b):
    """Equal in type, shape, dtype and numbers."""
    a, b = (np.asarray(v.data if isinstance(v, Tensor) else v) for v in (a, b))
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    np.testing.assert_array_equal(a, b)
    return True


# ---------------------------------------------------------------------------------- operators

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
             operator.pow, operator.matmul]  # fmt: skip
OTHERS = [3, 2.5, True, np.float64(2.5), np.float32(2.5), np.int64(3), np.array(2.5), np.array([0.5, 2.0]), ARRAY,
          ARRAY.astype(np.float32), np.array([[1, 2], [3, 4]]), [0.5, 2.0]]  # fmt: skip


def described(value):
    return f"{type(value).__name__}{list(np.shape(value))}{getattr(value, 'dtype', '')}"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("other", OTHERS, ids=described)
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_operators_take_numbers_and_arrays_on_either_side_as_numpy_does(op, other, dtype):
    array = ARRAY.astype(dtype)
    if op is operator.matmul and np.ndim(other) == 0:
        for pair in (leaf(array), other), (other, leaf(array)):
            with pytest.raises((ValueError, TypeError)):
                op(*pair)
        return
    for f in (lambda x: op(x, other)), (lambda x: op(other, x)):
        x, twin = leaf(array), leaf(array)
        y = f(x)
        assert type(y) is Tensor
        assert same(y, f(array))
        y.sum().backward()
        const = other if isinstance(other, int | float) else np.array(other)  # numbers are weak, arrays are not
        f.__call__  # the same with everything a Tensor
        z = op(twin, const if np.ndim(const) == 0 else Tensor(const)) if f(array) is None else None
        assert z is None
        assert (x.grad.shape, x.grad.dtype) == (array.shape, array.dtype)
