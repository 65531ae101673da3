"""What a module keeps: parameters, which are learnt, and buffers, which are only remembered."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor_base import wrap
from ..tensor.tensor import Tensor


class Parameter(Tensor):
    """A Tensor that a network learns: it requires gradients, and is float32 unless told otherwise.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.Parameter([1, 2])
    Parameter([1., 2.], shape=(2,), dtype=float32, requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, *, dtype: Any = np.float32, name: str | None = None) -> None:
        super().__init__(data, requires_grad, dtype=dtype, name=name)

    def __repr__(self) -> str:
        return super().__repr__().replace("Tensor(", "Parameter(", 1)


class Buffer(Tensor):
    """A Tensor that belongs to a module's state but is not learnt, such as a running mean; of any dtype.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.Buffer([0.0, 0.0], dtype="float32")
    Buffer([0., 0.], shape=(2,), dtype=float32)
    """

    __slots__ = ()

    def __init__(self, data: Any, *, dtype: Any = None, name: str | None = None) -> None:
        super().__init__(data, dtype=dtype, name=name)

    def __repr__(self) -> str:
        return super().__repr__().replace("Tensor(", "Buffer(", 1)


def cast(tensor: Any, dtype: Any) -> None:
    """Turn a floating leaf into another precision, in its place: a pending backward still finds it."""
    if tensor.dtype.kind not in "fc":
        return
    if tensor.dtype.kind == "c" and dtype.kind == "f":
        dtype = np.result_type(dtype, np.complex64)
    tensor._array, tensor._shared, tensor._source = tensor._array.astype(dtype), False, None
    if tensor._node is not None:
        tensor._node.dtype = dtype
    if tensor._grad is not None:
        tensor._grad = wrap(tensor._grad._array.astype(dtype))
