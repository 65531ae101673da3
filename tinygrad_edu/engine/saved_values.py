"""Finding out from its bytecode which values a derivative rule reads, so that a node need not keep the others."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable
from itertools import pairwise
from types import FunctionType
from typing import Any

Function = Callable[..., Any]
SHAPE = {"shape", "dtype", "ndim", "size"}


def reads(vjp: Function, n: int) -> tuple[set[int], set[int]]:
    """Return which of (y, *args), as -1, 0, 1, ..., `vjp` reads the values of, and of which only the shape or dtype."""
    everything = set(range(-1, n))
    if not isinstance(vjp, FunctionType):
        return everything, set()
    code = vjp.__code__
    place = {name: i for i, name in enumerate(code.co_varnames[1 : code.co_argcount], start=-1)}
    star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else None
    values: set[int] = set()
    shapes: set[int] = set()
    for step, following in pairwise([*dis.get_instructions(code), None]):
        assert step is not None
        if not any(word in step.opname for word in ("FAST", "DEREF", "CELL", "CLOSURE")):
            continue  # not a local variable
        *names, last = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        if last in place and following is not None and following.opname == "LOAD_ATTR" and following.argval in SHAPE:
            shapes.add(place[last])
        else:
            names.append(last)
        values.update(place[name] for name in names if name in place)
        if star in names:
            values.update(range(code.co_argcount - 2, n))
    return values & everything, shapes & everything - values
