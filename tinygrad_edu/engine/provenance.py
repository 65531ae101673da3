"""The provenance of operations, as `watch` records it: values, the user's source line, and the modules that called.

Modules do nothing for this. All that is running is on Python's stack, so the stack is read: a frame that runs
``forward`` has the module as its first argument. A function such as `cross_entropy` that the user's program calls is
one more: what stands for it as a module is found by its code.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

PACKAGE = Path(__file__).parent.parent
NOT_THE_USERS = tuple(str(folder) + os.sep for folder in (PACKAGE, Path(np.__file__).parent))
PYTHONS = str(Path(os.__file__).parent) + os.sep  # Python's library, and within it the installed packages


LAYERS = str(PACKAGE / "nn") + os.sep
FUNCTIONS: dict[CodeType, Any] = {}  # a module for each function that counts as one, by its code; `nn` fills it


class Call:
    """One run of a module's ``forward``, or of a function; all operations within it share the object."""

    __slots__ = ("module",)

    def __init__(self, module: Any) -> None:
        self.module = module

    def __repr__(self) -> str:
        return type(self.module).__name__


_stack: ContextVar[tuple[tuple[FrameType, Call], ...]] = ContextVar("tinygrad_edu calls", default=())
_derivative: ContextVar[Any] = ContextVar("tinygrad_edu derivative", default=None)
derivative_of = _derivative.set  # the walk says which node's rule runs, and of which argument
derivative_done = _derivative.reset


def write_down(node: Any) -> None:
    """Record in a node what `watch` wants to know: see `Info`."""
    node.note(
        line=user_line(), calls=calls(node.name), values=(node.saved, node.output), derivative_of=_derivative.get()
    )


def user_line() -> str:
    """Return the innermost running line that is not this package's, NumPy's or Python's own, as ``file:line``."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        file = frame.f_code.co_filename
        if not file.startswith(NOT_THE_USERS) and (not file.startswith(PYTHONS) or "-packages" in file):
            break
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, pointing at the innermost line that is neither this package's nor NumPy's."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(NOT_THE_USERS):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def calls(operation: str) -> tuple[Call, ...]:
    """Return the calls of modules that are running, outermost first: the same object for the same run of a module.

    A function that is nothing but the operation, such as `tanh`, does not count; nor does one that a layer calls.

    A frame that was on the stack at the last operation still belongs to the same run. Frames are kept until the next
    operation, to be recognized: if one were freed, another could take its place in memory.
    """
    frame: FrameType | None = sys._getframe(1)
    running = []
    while frame is not None:
        if is_forward(frame) or is_function(frame, operation):
            running.append(frame)
        frame = frame.f_back
    known = dict(_stack.get())
    stack = []
    for frame in reversed(running):
        call = known.get(frame)
        if call is None:
            module = FUNCTIONS.get(frame.f_code) or frame.f_locals.get(frame.f_code.co_varnames[0])
            if not hasattr(type(module), "named_modules"):
                continue
            call = Call(module)
        stack.append((frame, call))
    _stack.set(tuple(stack))
    return tuple(call for _, call in stack)


def is_forward(frame: FrameType) -> bool:
    return frame.f_code.co_name == "forward" and frame.f_code.co_argcount > 0


def is_function(frame: FrameType, operation: str) -> bool:
    """Return whether a frame runs a function that counts as a module, not the operation itself or a part of a layer."""
    code, caller = frame.f_code, frame.f_back
    if code not in FUNCTIONS or code.co_name == operation:
        return False
    return caller is None or not caller.f_code.co_filename.startswith(LAYERS)


remember_stack = _stack.get  # called when `watch` begins; an outer `watch` continues with this stack afterwards
forget_stack = _stack.set  # called when it ends: frees the frames since then, and with them their variables
