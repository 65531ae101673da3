"""Numbers that leave the graph by ``float(tensor)``, and the error or warning where a derivative would be lost.

Python and NumPy ask a tensor for its number in silence: ``math.exp(x)``, ``array[0] = x``, ``np.float64(x)``. Within a
transform of `func`, whose whole purpose is the derivative, that is an error. Elsewhere it is right where a loss is
printed or logged, and wrong where the number goes into an array for further computation: then there is a warning.
"""

from __future__ import annotations

import dis
import sys
import warnings
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..engine.modes import level

# the innermost whose function is running
transform: ContextVar[Any] = ContextVar("tinygrad_edu transform", default=None)
LIBRARIES = ("numpy", "pandas")
TAKERS = {
    "append",
    "arange",
    "array",
    "fill",
    "fromiter",
    "insert",
    "itemset",
    "reduce",
    *(t.__name__ for t in np.sctypeDict.values()),
}
TAKERS |= {"double", "single", "half"}


class LeavingError(TypeError):
    """The error of a number that leaves the graph within a transform."""

    line: Any = None  # the code that asks for the number, and where


def check_leaving(tensor: Any, wanted: str) -> None:
    """Raise an error or warn if converting the tensor to a plain `wanted` loses a derivative."""
    if tensor._node is None or not level():
        return
    caller = sys._getframe(2)
    if (inside := transform.get()) is not None:
        inside.left = LeavingError(
            f"{inside.what}: the function turns a Tensor into a plain {wanted} (by {wanted}(x), by a function of math, "
            "or by putting it into an array), and its derivative would be lost. "
            "Use NumPy's functions (np.exp for math.exp), np.stack to make an array of Tensors, "
            "or np.where to put one into an array; for the number alone write x.item()"
        )
        inside.left.line = caller.f_code, caller.f_lineno
        raise inside.left
    if takes_number(caller):
        warnings.warn(
            f"a Tensor that requires gradients is put into an array as a plain {wanted}, which loses its derivative. "
            "Make an array of Tensors with np.stack, or put it in with np.where; for the number alone write x.item()",
            stacklevel=3 + depth_within(caller),
        )


def takes_number(caller: FrameType) -> bool:
    """Say whether the caller puts the number into an array: NumPy's own code, item assignment, some functions do."""
    if belongs_to_library(caller):
        return True
    code = caller.f_code
    if code.co_code[caller.f_lasti] == dis.opmap["STORE_SUBSCR"]:
        return True
    return not TAKERS.isdisjoint(code.co_names) and name_of_call(code, caller.f_lasti) in TAKERS


def name_of_call(code: CodeType, place: int) -> str | None:
    """Return the name of the function that this instruction calls: the last one loaded where the call's text begins."""
    steps = list(dis.get_instructions(code))
    call = next((step for step in steps if step.offset == place), None)
    if call is None or call.positions is None or call.positions.lineno is None:
        return None  # Python was started without positions in its code
    begin = call.positions.lineno, call.positions.col_offset
    names = [
        step.argval
        for step in steps
        if step.offset < place
        and step.opname.startswith("LOAD_")
        and isinstance(step.argval, str)
        and step.positions is not None
        and (step.positions.lineno, step.positions.col_offset) == begin
    ]
    return names[-1] if names else None


def belongs_to_library(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in LIBRARIES


def depth_within(frame: FrameType) -> int:
    """Return how many of the innermost calls are a library's own, so that a warning names the user's line."""
    depth, at = 0, frame
    while belongs_to_library(at) and at.f_back is not None:
        depth, at = depth + 1, at.f_back
    return depth


def is_hidden_by(error: Exception, left: LeavingError) -> bool:
    """Say whether NumPy replaced `left` by `error`, such as "setting an array element with a sequence"."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return error is not left and place is not None and (place.tb_frame.f_code, place.tb_lineno) == left.line
