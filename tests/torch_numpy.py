"""The part of NumPy that random programs use, computed by PyTorch, whose opinion on derivatives is independent of ours.

``program.run(tensors, **names())`` is the same program with these names. What NumPy and PyTorch mean differently is
given NumPy's meaning here: what types become in company (a single number of PyTorch's gives way, NumPy's does not),
axes as tuples or None, indices, whose elements are looked up by NumPy and taken one by one.
"""

import math
import operator
from types import SimpleNamespace

import numpy as np
import torch

torch.set_num_threads(1)

REAL = {np.dtype(np.float32): torch.float32, np.dtype(float): torch.float64}
TYPES = {**REAL, np.dtype(np.complex64): torch.complex64, np.dtype(complex): torch.complex128}
DTYPES = {theirs: ours for ours, theirs in TYPES.items()}


class Array:
    """A tensor of PyTorch's with NumPy's manners."""

    def __init__(self, tensor):
        self.tensor = tensor

    shape = property(lambda self: tuple(self.tensor.shape))
    ndim = property(lambda self: self.tensor.ndim)
    T = property(lambda self: transpose(self))

    def astype(self, dtype):
        return Array(self.tensor.to(TYPES[np.dtype(dtype)]))

    def __getitem__(self, index):
        places = np.arange(math.prod(self.shape)).reshape(self.shape)[index]
        return Array(self.tensor.reshape(-1)[torch.tensor(np.array(places, order="C"))])

    def __setitem__(self, index, value):
        """Which element of the value comes to lie where? NumPy says: where a place is named twice, the last one."""
        places = np.full(self.shape, -1)
        places[index] = np.arange(places[index].size).reshape(places[index].shape)
        value = torch.as_tensor(getattr(value, "tensor", value), dtype=self.tensor.dtype)
        value = torch.broadcast_to(value, self[index].shape).reshape(-1)
        taken = value[torch.tensor(places).clamp(min=0)] if len(value) else self.tensor
        self.tensor = torch.where(torch.tensor(places >= 0), taken, self.tensor)

    def __neg__(self):
        return Array(-self.tensor)

    def __gt__(self, other):
        return self.tensor > other.tensor


def common(*arrays):
    """The tensors, in the type that NumPy would compute in."""
    dtype = np.result_type(*(DTYPES[a.tensor.dtype] if isinstance(a, Array) else a for a in arrays))
    return [a.tensor.to(TYPES[dtype]) if isinstance(a, Array) else torch.tensor(a, dtype=TYPES[dtype]) for a in arrays]


def of(fn):
    """A function of arrays from a function of tensors of one type."""
    return lambda *arrays: Array(fn(*common(*arrays)))


for name in "add", "sub", "mul", "truediv", "pow", "matmul":
    forwards = of(getattr(operator, name))
    setattr(Array, f"__{name}__", forwards)
    setattr(Array, f"__r{name}__", lambda self, other, forwards=forwards: forwards(other, self))


def every(x, axis):
    """The axes that `axis` means, counted from the front."""
    axis = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % x.ndim for i in axis)


def reduction(fn):
    """A reduction by a function of a tensor and its only axis: those to be reduced are made one."""

    def reduce(x, axis=None, keepdims=False, **options):
        gone = every(x, axis)
        kept = [i for i in range(x.ndim) if i not in gone]
        lengths = [x.shape[i] for i in kept]
        y = fn(x.tensor.permute((*kept, *gone)).reshape(*lengths, -1), -1, **options)
        return Array(y.reshape([1 if i in gone else n for i, n in enumerate(x.shape)] if keepdims else lengths))

    return reduce


def cumulative(fn):
    return lambda x, axis=None: Array(fn(x.tensor.reshape(-1), 0) if axis is None else fn(x.tensor, axis))


def transpose(x, axes=None):
    return Array(x.tensor.permute(tuple(range(x.ndim)[::-1] if axes is None else axes)))


def dot(a, b):
    a, b = common(a, b)
    return Array(torch.tensordot(a, b, ([-1], [max(b.ndim - 2, 0)])))


def inner(a, b):
    return Array(torch.tensordot(*common(a, b), ([-1], [-1])))


def where(mask, a, b):
    return Array(torch.where(torch.as_tensor(mask), *common(a, b)))


def stretched(x, repeats):
    """`tile`, for which PyTorch has the same name."""
    return Array(torch.tile(x.tensor, repeats))


numpy = SimpleNamespace(
    **{np.dtype(t).name: t for t in (np.float32, np.float64, np.complex64, np.complex128)}, array=np.array,
    **{name: of(getattr(torch, name)) for name in (
        "sin", "cos", "tanh", "exp", "expm1", "log", "log1p", "sqrt", "square", "abs", "real", "arctan", "arcsinh", "maximum",
        "minimum", "hypot", "arctan2", "logaddexp")},
    imag=of(lambda x: x.imag), conjugate=of(torch.conj), clip=lambda x, low, high: Array(x.tensor.clip(low, high)),
    sum=reduction(torch.sum), mean=reduction(torch.mean), prod=reduction(torch.prod), max=reduction(torch.amax),
    min=reduction(torch.amin), var=reduction(lambda x, axis, ddof=0: torch.var(x, axis, correction=ddof)),
    std=reduction(lambda x, axis: torch.std(x, axis, correction=0)),
    cumsum=cumulative(torch.cumsum), cumprod=cumulative(torch.cumprod), sort=lambda x, axis: Array(x.tensor.sort(axis).values),
    transpose=transpose, ravel=of(torch.ravel), reshape=lambda x, shape: Array(x.tensor.reshape(shape)),
    broadcast_to=lambda x, shape: Array(torch.broadcast_to(x.tensor, shape)), squeeze=of(torch.squeeze),
    expand_dims=lambda x, axis: Array(x.tensor.unsqueeze(axis)), flip=lambda x, axis: Array(x.tensor.flip(axis)),
    roll=lambda x, shift, axis: Array(x.tensor.roll(shift, axis)), tile=stretched,
    repeat=lambda x, n, axis: Array(x.tensor.repeat_interleave(n, axis)), copy=of(torch.clone),
    moveaxis=lambda x, a, b: Array(x.tensor.movedim(a, b)), swapaxes=lambda x, a, b: Array(x.tensor.swapaxes(a, b)),
    stack=lambda arrays, axis: Array(torch.stack(common(*arrays), axis)),
    concatenate=lambda arrays, axis: Array(torch.cat(common(*arrays), axis)),
    where=where, dot=dot, inner=inner, outer=lambda a, b: Array(torch.outer(*(t.reshape(-1) for t in common(a, b)))),
    einsum=lambda path, *arrays: Array(torch.einsum(path, *common(*arrays))),
)  # fmt: skip


def names():
    """What a program's names mean here."""
    return {"np": numpy, "sigmoid": of(torch.sigmoid), "relu": of(torch.relu),
            "softmax": lambda x, axis: Array(x.tensor.softmax(axis)),
            "log_softmax": lambda x, axis: Array(x.tensor.log_softmax(axis))}  # fmt: skip


def run(program, tensors):
    """The program's results, of and as PyTorch's tensors."""
    return [y.tensor for y in program.run([Array(t) for t in tensors], **names())]
