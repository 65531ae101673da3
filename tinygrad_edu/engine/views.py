"""Parts: tensors whose numbers lie within another's array, as NumPy's views do. They are values, and are not written to.

``t[0]``, ``t.T`` and ``np.split(t, 2)`` share memory with `t` as long as nobody writes; then who writes takes a copy. So what is
written into the whole is not seen by a part that was taken before, and what were written into a part would not be seen by the
whole. NumPy's users expect the latter. So while the whole is alive, such a write is refused, whether it would be recorded or
not. When it is gone (``x = x.reshape(-1); x += b``), nobody could tell the difference, and the part is a tensor as any other.

``t[0] += 1`` is no write into a part, though Python asks the part first: it stores what comes out in the whole.
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
    while link is not None and link[0]() is None:  # so that a long row of parts of parts isn't remembered for ever
        link = link[1]
    y._whole = ref(whole), link


def whole_of(x: Any) -> Any:
    """The tensor that `x` is a part of, if anybody still has it, or the one that this is a part of."""
    link = getattr(x, "_whole", None)
    while link is not None:
        if (whole := link[0]()) is not None:
            return whole
        link = link[1]
    return None


def refuse_part(x: Any) -> None:
    """An error if `x` is a part of a tensor that is still there, since writing into it would leave that as it was."""
    if (whole := whole_of(x)) is not None:
        raise part_written(x, whole)


def is_put_back(part: Any) -> bool:
    """Whether our caller's caller is asked for ``t[i] += v``: it makes an item, of `t`, of what the operator gives.

    The next instruction tells. But ``rows[0] += v`` of a list of parts looks the same; there, the list holds the part.
    """
    frame = sys._getframe(3)  # past the operator and the method that all operators share
    code, i = frame.f_code.co_code, frame.f_lasti + 2
    while code[i] in PASSED:
        i += 2
    return code[i] in STORED and (holders(part) <= TEMPORARY or sys.gettrace() is not None)  # debuggers hold everything


def holders(x: Any) -> int:
    return getrefcount(x)


class Probe:
    """What tells how many references this interpreter counts to an item that is there only to be changed."""

    counted = 0

    def __getitem__(self, i: int) -> Probe: return Probe()
    def __setitem__(self, i: int, x: Any) -> None: pass
    def __iadd__(self, other: int) -> Probe: return self._in_place(other)

    def _in_place(self, other: int) -> Probe:
        count(self)
        return self


def count(part: Any) -> None:
    """As `is_put_back` counts."""
    Probe.counted = holders(part)


def temporary() -> int:
    """The count of an item that nobody holds; where it is no smaller than that of one in a list, the count says nothing."""
    kept, probe = [Probe()], Probe()
    kept[0] += 1
    in_list = Probe.counted
    probe[0] += 1
    return Probe.counted if Probe.counted < in_list else sys.maxsize


TEMPORARY = temporary()
