"""What a module holds: parameters, which are learnt, and buffers, which belong to its state but are not learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.tensor_base import wrap
from ..tensor.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..typing import TensorLike


class Parameter(Tensor):
    """A Tensor that a network learns.

    Parameters
    ----------
    data : Tensor or array_like, any shape
        The numbers, which are copied.
    requires_grad : bool
        Whether gradients are computed for it. A parameter without them is called frozen.
    dtype : dtype
        The dtype.
    name : str, optional
        A name for drawings and messages.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.Parameter([1, 2])
    Parameter([1., 2.], shape=(2,), dtype=float32, requires_grad=True)
    """

    __slots__ = ()

    def __init__(
        self, data: TensorLike, requires_grad: bool = True, *, dtype: DTypeLike = np.float32, name: str | None = None
    ) -> None:
        super().__init__(data, requires_grad, dtype=dtype, name=name)

    def __repr__(self) -> str:
        return super().__repr__().replace("Tensor(", "Parameter(", 1)


class Buffer(Tensor):
    """A Tensor that belongs to a module's state but is not learnt, such as a running mean.

    Parameters
    ----------
    data : Tensor or array_like, any shape
        The numbers, which are copied.
    dtype : dtype, optional
        The dtype. By default it is the dtype of `data`.
    name : str, optional
        A name for drawings and messages.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.Buffer([0.0, 0.0], dtype="float32")
    Buffer([0., 0.], shape=(2,), dtype=float32)
    """

    __slots__ = ()

    def __init__(self, data: TensorLike, *, dtype: DTypeLike | None = None, name: str | None = None) -> None:
        super().__init__(data, dtype=dtype, name=name)

    def __repr__(self) -> str:
        return super().__repr__().replace("Tensor(", "Buffer(", 1)


def cast_parameter(tensor: Any, dtype: Any) -> None:
    """Turn a floating leaf into another precision, in place, so that a pending backward still finds it."""
    if tensor.dtype.kind not in "fc":
        return
    if tensor.dtype.kind == "c" and dtype.kind == "f":
        dtype = np.result_type(dtype, np.complex64)
    tensor._array, tensor._shared, tensor._source = tensor._array.astype(dtype), False, None
    if tensor._node is not None:
        tensor._node.dtype = dtype
    if tensor._grad is not None:
        tensor._grad = wrap(tensor._grad._array.astype(dtype))
