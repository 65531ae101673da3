"""Error messages of the backward pass, and the debug mode's reports of NaNs and infinities."""

from __future__ import annotations

from typing import Any

import numpy as np

from .provenance import user_line
from .unbroadcast import RuleError


def graph_released_error(node: Any) -> RuntimeError:
    """Return the error for a second walk over nodes whose saved values are gone."""
    return RuntimeError(
        f"this graph was released by an earlier backward() ({node.name} no longer has the values that its derivative "
        "needs). If a value was carried over from an earlier step, as the hidden state of a recurrent network is, "
        "carry state.detach(); to walk the same graph twice, say backward(retain_graph=True) the first time; "
        "otherwise compute the result afresh."
    )


def blame(error: Exception, node: Any, i: int, parent: Any) -> Exception:
    """Return the error that a rule raised, with a note that says which rule it was."""
    tb = error.__traceback__
    if isinstance(error, AttributeError) and error.name in ("shape", "dtype") and tb is not None and tb.tb_next is None:
        error = RuleError(f"the rule gave {error.obj!r}, where an array of shape {parent.shape} was wanted")
    error.add_note(f"in the derivative of {node.name} with respect to argument {i}, {parent!r}")
    return error


def inspect_forward(fn: Any, y: Any, args: Any, node: Any) -> None:
    """Raise an error if a result isn't finite though all arguments are; called in debug mode."""
    if (bad := first_bad(y)) and not any(map(first_bad, args)):
        name = node.name if node is not None else getattr(fn, "__name__", repr(fn))
        raise FloatingPointError(f"{name} made {bad} from finite arguments, at {user_line()}")


def inspect_backward(node: Any, i: int, d: Any) -> None:
    """Raise an error if a rule's result isn't finite; called in debug mode."""
    if bad := first_bad(d):
        line = node.info.line or "a line that ran outside debug()"
        raise FloatingPointError(
            f"the derivative of {node.name} with respect to argument {i} made {bad}; the operation is at {line}"
        )


def first_bad(values: Any) -> str:
    """Return the first NaN or infinity and its place, as ``nan at [0, 2]``; an empty string if there is none."""
    values = getattr(values, "_array", values)  # a tensor's array
    if not isinstance(values, np.ndarray | np.generic) or values.dtype.kind not in "fc":
        return ""
    array = np.asarray(values)
    finite = np.isfinite(array)
    if finite.all():
        return ""
    place = np.unravel_index(int(np.argmin(finite)), array.shape)
    return f"{array[place]} at {[int(i) for i in place]}"
