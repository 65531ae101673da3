"""The names and expressions of a program in Python: every line of a tape as a line of source."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..lines import is_check, is_turned
from ..tape import Tape, TapeLine, call_key
from ..tracer import Tracer

ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide, np.power, np.minimum, np.maximum}
OPERATORS: dict[Any, str] = {np.add: "+", np.subtract: "-", np.multiply: "*", np.divide: "/"}


def is_usual(dtype: Any) -> bool:
    """Return whether a dtype equals NumPy's own of its name, so that the name is enough to write it."""
    return bool(dtype == np.dtype(dtype.type))


class PythonWriter:
    """The names and expressions of a program's source.

    Parameters
    ----------
    tape : Tape
    given : dict from places to names
        The program's arguments.
    fixed : dict from places to values
        The places that hold the same value in each call.

    Attributes
    ----------
    buffers : dict from places to names
        The buffers that results are written into, in the block that is written now.
    space : dict
        The values of the names that the source uses and doesn't define.
    constants : list of str
        The lines that define constants.
    """

    def __init__(self, tape: Tape, given: dict[int, str], fixed: dict[int, Any]) -> None:
        self.tape, self.given, self.fixed = tape, given, fixed
        self.buffers: dict[int, str] = {}
        self.names_given = set(given.values())
        self.space: dict[str, Any] = {"np": np}
        self.constants: list[str] = []
        self.numbers: dict[Any, str] = {}
        self.strips: dict[str, str] | None = None
        self.order: dict[int, int] = {}  # numbers for the results that have no buffer, in the order of their use
        self.turned = {line.made: line.args[0].place for line in tape.lines if is_turned(line)}

    def name(self, place: int) -> str:
        """Return the name of an array, or of its strip; a transposed matrix has the matrix's name and ``.T``."""
        return self.piece(self.whole(place), self.tape.values[place])

    def whole(self, place: int) -> str:
        """Return the name of the whole array, even where lines are done in strips."""
        if place in self.fixed:
            return self.constant(self.fixed[place])
        if (turned := self.turned.get(place)) is not None:
            return f"{self.whole(turned)}.T"
        return self.given.get(place) or self.buffers.get(place) or f"v{self.order.setdefault(place, len(self.order))}"

    def piece(self, name: str, value: Any) -> str:
        """Return the name of an array's strip, where lines are done in strips; else the array's name."""
        if self.strips is None or not np.ndim(value):
            return name
        return self.strips.setdefault(name, f"s{len(self.strips)}")

    @contextmanager
    def in_strips(self, wanted: bool) -> Iterator[dict[str, str]]:
        """Write lines in strips, if `wanted`; yield a dict that fills with the names of arrays and their strips."""
        self.strips = {} if wanted else None
        yield {} if self.strips is None else self.strips
        self.strips = None

    def behind_turns(self, place: int) -> list[int]:
        """Return the places whose names occur in the name of this one, because it is their transpose."""
        turned = self.turned.get(place)
        return [] if turned is None else [turned, *self.behind_turns(turned)]

    def line(self, line: TapeLine, target: str) -> str:
        """Return the source of a line: ``v = fn(...)``, or ``fn(..., target)`` if it is written into a buffer."""
        args = [self.number(line, a) or self.argument(a) for a in line.args]
        if (
            line.fn in OPERATORS
            and not line.kwargs
            and not isinstance(self.tape.values[line.made], np.ndarray)
            and len(args) == 2
        ):
            return f"{self.name(line.made)} = {args[0]} {OPERATORS[line.fn]} {args[1]}"  # quicker for single numbers
        if self.strips is not None:
            target = self.piece(target or self.whole(line.made), self.tape.values[line.made])
        if target and line.fn in (np.minimum, np.maximum):  # NumPy wants it by keyword here
            target = f"out={target}"
        if target:
            return f"{self.function(line.fn)}({', '.join([*args, target])})"
        if line.fn is operator.getitem:
            made = f"{args[0]}[{self.index(line.args[1])}]"
        elif line.fn is np.reshape and len(args) == 2 and not line.kwargs:
            made = f"{args[0]}.reshape({args[1]})"
        else:
            args += [f"{k}={self.argument(v)}" for k, v in line.kwargs.items()]
            made = f"{self.function(line.fn)}({', '.join(args)})"
            if is_check(line):
                return made
        return f"{self.name(line.made)} = {made}"

    def argument(self, a: Any) -> str:
        """Return the expression of an argument."""
        if isinstance(a, Tracer):
            return self.name(a.place)
        if isinstance(a, tuple | list) and type(a) in (tuple, list):
            inner = ", ".join(map(self.argument, a))
            return f"[{inner}]" if isinstance(a, list) else f"({inner},)" if len(a) == 1 else f"({inner})"
        if a is Ellipsis:
            return "..."
        if isinstance(a, slice):
            return f"slice({self.argument(a.start)}, {self.argument(a.stop)}, {self.argument(a.step)})"
        if isinstance(a, dict):
            return f"{{{', '.join(f'{k!r}: {self.argument(v)}' for k, v in a.items())}}}"
        if isinstance(a, np.dtype) and is_usual(a) and a.kind in "biufc":
            return f"np.{a.name}" if a.name != "bool" else "np.bool_"
        # The repr of other types may not be Python source.
        if a is None or type(a) in (bool, int, str) or (type(a) is float and abs(a) < 1e300):
            return repr(a)
        if callable(a) and not isinstance(a, type):
            return self.function(a)
        return self.piece(self.constant(a), a)

    def index(self, i: Any) -> str:
        """Return the expression of an index, as it stands between the brackets."""
        if isinstance(i, slice):
            parts = ["" if n is None else self.argument(n) for n in (i.start, i.stop, i.step)]
            return ":".join(parts[:2] if not parts[2] else parts)
        if isinstance(i, tuple) and i:
            return ", ".join(
                self.argument(part) if isinstance(part, tuple) else self.index(part) for part in i
            ) + "," * (len(i) == 1)
        return self.argument(i)

    def number(self, line: TapeLine, a: Any) -> str:
        """Return the name of a 0-d array for a Python number that meets arrays, or "" for other arguments.

        NumPy would make this array again in each call.
        """
        value = self.tape.values[line.made]
        if isinstance(a, Tracer) and isinstance(fixed := self.fixed.get(a.place), np.float32 | np.float64):
            a = float(fixed)
        if line.fn not in ARITHMETIC or type(a) not in (int, float) or not isinstance(value, np.ndarray):
            return ""
        if value.dtype.kind != "f" or any(
            isinstance(x, Tracer | np.ndarray) and x.dtype != value.dtype for x in line.args
        ):
            return ""
        key = call_key(a), value.dtype
        if key not in self.numbers:
            made = (
                f"np.array({a!r}, {self.argument(value.dtype)})"
                if abs(a) < 1e300
                else self.constant(value.dtype.type(a))
            )
            self.numbers[key] = name = f"k{len(self.constants)}"
            self.constants.append(f"{name} = {made}")
        return self.numbers[key]

    def constant(self, a: Any) -> str:
        """Return the name of a constant, for a value that can't be written as an expression."""
        key = call_key(a)
        if key in self.numbers:
            return self.numbers[key]
        self.numbers[key] = name = f"k{len(self.constants)}"
        if isinstance(a, np.float32 | np.float64) and np.isfinite(a):
            self.constants.append(f"{name} = {a!r}")
            return name
        if (
            isinstance(a, np.ndarray)
            and a.size
            and is_usual(a.dtype)
            and (a.flat[0] in (0, 1))
            and np.all(a == a.flat[0])
        ):
            made = "ones" if a.flat[0] else "zeros"
            self.constants.append(f"{name} = np.{made}({self.argument(a.shape)}, {self.argument(a.dtype)})")
            return name
        self.space[f"{name}_"] = a
        what = f"{a.dtype}{list(a.shape)}" if isinstance(a, np.ndarray) else type(a).__name__
        self.constants.append(f"{name} = {name}_  # {what}")
        return name

    def function(self, fn: Callable[..., Any]) -> str:
        """Return the name of a function in the source, and enter the function in the namespace under this name."""
        name = getattr(fn, "__name__", "function")
        owner = getattr(fn, "__self__", None)
        if isinstance(owner, np.ufunc):
            name = f"{owner.__name__}_{name}"
        name = name if name.isidentifier() else "function"
        while name in self.names_given or (self.space.setdefault(name, fn) is not fn and self.space[name] != fn):
            name += "_"
        return name

    def empty(self, shape: tuple[int, ...], dtype: Any) -> str:
        """Return the expression of a new buffer."""
        return f"np.empty({self.argument(shape)}, {self.argument(dtype)})"
