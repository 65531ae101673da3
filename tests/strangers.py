"""Arrays of a library that does not exist: they answer NumPy's two protocols, and never become NumPy's.

All that the engine may ask of them is here: the protocols, the operators that follow from these, a shape and a dtype,
the parts, a few methods, and items. Every other road to the numbers, ``np.asarray`` first of all, is an error; a test that wants to
see them looks at `hidden`.
"""

import numpy as np


def closed(*args, **kwargs):
    raise TypeError("converted in secret")


class Foreign(np.lib.mixins.NDArrayOperatorsMixin):
    """Takes NumPy's arrays into its operations, as Dask's arrays do. A part of it is no view, but an array of its own."""

    mixes, views = True, False

    def __init__(self, values):
        self.hidden = np.array(values)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **kwargs):
        if not all(isinstance(x, Foreign | np.ndarray) or not hasattr(x, "__array_ufunc__") or np.isscalar(x) for x in inputs):
            return NotImplemented  # somebody else's: perhaps they know us
        if method == "at":
            return ufunc.at(self.hidden, index(inputs[1]), *self.opened(inputs[2:]))
        y = getattr(ufunc, method)(*self.opened(inputs), **self.opened({**kwargs, **({"out": out} if out else {})}))
        return out[0] if out else self.own(y)

    def __array_function__(self, fn, types, args, kwargs):
        if not all(issubclass(t, Foreign | np.ndarray) for t in types):
            return NotImplemented
        return self.own(fn(*self.opened(args), **self.opened(kwargs)))

    def opened(self, x):
        """Arguments as NumPy takes them."""
        if isinstance(x, tuple | list):
            return type(x)(map(self.opened, x))
        if isinstance(x, dict):
            return {k: self.opened(v) for k, v in x.items()}
        if isinstance(x, np.ndarray) and not self.mixes:
            raise TypeError("an array of NumPy's among ours")
        return x.hidden if isinstance(x, Foreign) else x

    def own(self, y):
        """Results of NumPy's, as our own."""
        if isinstance(y, tuple | list):
            return getattr(y, "_make", type(y))(map(self.own, y))
        if not isinstance(y, np.ndarray | np.generic):
            return y
        array = object.__new__(type(self))
        array.hidden = np.asarray(y) if self.views else np.array(y)
        return array

    shape = property(lambda self: self.hidden.shape)
    dtype = property(lambda self: self.hidden.dtype)
    ndim = property(lambda self: self.hidden.ndim)
    size = property(lambda self: self.hidden.size)
    T = property(lambda self: self.own(self.hidden.T))
    real = property(lambda self: self.own(self.hidden.real))
    imag = property(lambda self: self.own(self.hidden.imag))

    def copy(self): return self.own(self.hidden.copy())
    def astype(self, dtype): return self.own(self.hidden.astype(dtype))
    def reshape(self, *shape): return self.own(self.hidden.reshape(*shape))
    def sum(self, axis): return self.own(self.hidden.sum(axis))
    def round(self): return self.own(self.hidden.round())
    def dot(self, other): return self.own(self.hidden.dot(self.opened(other)))
    def __getitem__(self, i): return self.own(self.hidden[index(i)])
    def __setitem__(self, i, values): self.hidden[index(i)] = self.opened(values)
    def __len__(self): return len(self.hidden)
    def __repr__(self): return f"{type(self).__name__}(...)"

    __array__ = __buffer__ = __bool__ = __int__ = __float__ = __complex__ = __index__ = item = tolist = closed
    __array_interface__ = __array_struct__ = property(closed)


class Aloof(Foreign):
    """Won't have NumPy's arrays among them, not even 0-d ones, as CuPy's arrays won't; numbers and indices will do."""

    mixes, views = False, True
    strides = property(lambda self: self.hidden.strides)


def index(i):
    """An index as NumPy takes it."""
    return tuple(map(index, i)) if isinstance(i, tuple) else i.hidden if isinstance(i, Foreign) else i
