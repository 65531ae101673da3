"""Parts, or views: tensors whose numbers lie within another tensor's array. They are values, and can't be written to.

``t[0]``, ``t.T`` and ``np.split(t, 2)`` share memory with `t` as long as nobody writes; then the writer takes a copy.
So a part does not change when the whole is written later, and the whole would not change if a part were written. But
NumPy's users expect it to change. So while the whole is alive, writing into a part is refused, whether it would be
recorded or not. When the whole is gone (``x = x.reshape(-1); x += b``), nobody can tell the difference, and the part is
a tensor like any other.

``t[0] += 1`` does not write into a part, though Python asks the part first: it stores the result in the whole.
"""

from __future__ import annotations

import sys
from dis import opmap
from sys import getrefcount
from typing import Any
from weakref import ref

import numpy as np

from .errors import part_written

PASSED = {opmap[name] for name in ("CACHE", "SWAP", "EXTENDED_ARG") if name in opmap}
STORED = {opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in opmap}


def note_part(y: Any, whole: Any, array: Any) -> None:
    """Remember that `y` is a part of the tensor `whole`, if it lies in the array that was read of it."""
    part = y._array
    base = getattr(part, "base", None)
    if isinstance(part, np.generic):
        return  # a single number, which nobody can write to
    if part is array or (base is not None and (base is array or base is getattr(array, "base", None))):
        make_part(y, whole)


def make_part(y: Any, whole: Any) -> None:
    link = getattr(whole, "_whole", None)
    while link is not None and link[0]() is None:  # so that a long chain of parts of parts isn't kept for ever
        link = link[1]
    y._whole = ref(whole), link


def whole_of(x: Any) -> Any:
    """Return the nearest tensor that `x` is a part of, directly or not, and that still exists; None if none does."""
    link = getattr(x, "_whole", None)
    while link is not None:
        if (whole := link[0]()) is not None:
            return whole
        link = link[1]
    return None


def refuse_part(x: Any) -> None:
    """Raise an error if `x` is a part of a tensor that still exists: writing into `x` would not change that tensor."""
    if (whole := whole_of(x)) is not None:
        raise part_written(x, whole)


def is_put_back(part: Any) -> bool:
    """Say whether the user's line is ``t[i] += v``, which stores what the operator returns as an item of `t`.

    The next instruction of its bytecode tells. ``rows[0] += v`` for a list of parts looks the same, but there the list
    holds the part.
    """
    frame = sys._getframe(3)  # past the operator and the method that all operators share
    code, i = frame.f_code.co_code, frame.f_lasti + 2
    while code[i] in PASSED:
        i += 2
    return code[i] in STORED and (holders(part) <= TEMPORARY or sys.gettrace() is not None)  # debuggers hold everything


def holders(x: Any) -> int:
    return getrefcount(x)


class Probe:
    """A stand-in for a tensor, to measure how many references the interpreter counts to an item in ``t[i] += v``."""

    counted = 0

    def __getitem__(self, i: int) -> Probe:
        return Probe()

    def __setitem__(self, i: int, x: Any) -> None:
        pass

    def __iadd__(self, other: int) -> Probe:
        return self._in_place(other)

    def _in_place(self, other: int) -> Probe:
        count_references(self)
        return self


def count_references(part: Any) -> None:
    """Count the references to `part`, as `is_put_back` does, and leave the number in `Probe.counted`."""
    Probe.counted = holders(part)


def temporary() -> int:
    """Return the count for an item that nobody holds; `sys.maxsize` if it isn't smaller than an item's in a list."""
    kept, probe = [Probe()], Probe()
    kept[0] += 1
    in_list = Probe.counted
    probe[0] += 1
    return Probe.counted if Probe.counted < in_list else sys.maxsize


TEMPORARY = temporary()
