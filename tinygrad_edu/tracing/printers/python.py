"""Python: a recorded program as source over NumPy, with its results written into buffers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import tiling
from ..lines import is_turned, read
from ..program import INTO, NEW, Block, TapeProgram
from .python_expressions import PythonWriter


def print_python(program: TapeProgram) -> tuple[str, dict[str, Any]]:
    """Return the source of a program, and the namespace that it runs in.

    The source defines a function ``program``. It makes the buffers, and returns ``forward`` and a tuple of functions
    ``backward``, one for each output, or None.
    """
    printer = PythonPrinter(program)
    return printer.source, printer.writer.space


def compile_source(source: str, space: dict[str, Any]) -> Callable[[], Any]:
    """Compile the source, and return a function that makes `forward` and `backward`, with buffers of their own."""
    exec(compile(source, "<captured>", "exec"), space)
    return space["program"]  # type: ignore[no-any-return]


class PythonPrinter:
    """The writer of a program's functions, line by line."""

    def __init__(self, program: TapeProgram) -> None:
        self.program = program
        seeds = {place: f"g{i}" if len(program.seeds) > 1 else "g" for i, place in enumerate(program.seeds)}
        self.writer = PythonWriter(program.tape, {**program.given, **seeds}, program.constants)
        texts = [self.block(block) for block in (program.ahead, *program.backs)]
        self.source = self.assembled(*texts)

    def block(self, block: Block) -> list[str]:
        """Return the source of some lines."""
        program, writer, text = self.program, self.writer, []
        writer.buffers = block.buffers
        for group in block.groups:
            with writer.in_strips(len(group) > 1) as pieces:
                lines = [(program.lines[p], block.buffers.get(p, "")) for p in group]
                inner = [writer.line(line, buffer) for line, buffer in lines if not is_turned(line)]
            if pieces:
                leaving = (p for p in group if p in program.leaving)
                text += [f"{writer.name(p)} = {writer.empty(*program.kind(p))}" for p in leaving]
                heading = f"{writer.function(tiling.strips)}({', '.join(pieces)})"
                text += [f"for {', '.join(pieces.values())} in {heading}:", *indent_lines(inner)]
            else:
                text += inner
        return text

    def assembled(self, forward: list[str], *backward: list[str]) -> str:
        """Return the source of the program: a function that makes the buffers, and in it `forward` and `backward`."""
        program, writer = self.program, self.writer
        writer.buffers = program.ahead.buffers
        given, loose = ", ".join(program.given.values()), self.shared_names()
        made = [f"{name} = {writer.empty(*kind)}" for name, kind in program.buffers.items()]
        inner = [*made, *([f"{' = '.join(loose)} = None"] if loose else []), "", f"def forward({given}):"]
        inner += indent_lines([f"nonlocal {', '.join(loose)}"] * bool(loose) + forward)
        inner += indent_lines([f"return {self.results(program.outputs, program.ahead)}"])
        names = []
        parts = iter(zip(program.seeds, program.backs, backward, program.gradients, strict=True))
        for number, missing in enumerate(program.missing):
            if missing:
                names.append("None")
                continue
            seed, block, text, gradients = next(parts)
            names.append(f"backward_{number}" if len(program.seeds) > 1 else "backward")
            inner += ["", f"def {names[-1]}({', '.join(filter(None, (writer.name(seed), given)))}):"]
            inner += indent_lines([*text, f"return {self.results(gradients, block)}"])
        inner += ["", f"return forward, ({', '.join(names)},)" if names else "return forward, ()"]
        return "\n".join([*writer.constants, "", "def program():", *indent_lines(inner)]) + "\n"

    def shared_names(self) -> list[str]:
        """Return the names of forward's results that have no buffer, and that backward functions read."""
        program, writer = self.program, self.writer
        again = {p for block in program.backs for p in block.places}
        read_back = {p for q in again for p in read(program.lines[q])}.union(*program.gradients)
        read_back |= {turned for p in read_back for turned in writer.behind_turns(p)}
        loose = (p for p in program.ahead.places if p in read_back - again and p not in program.ahead.buffers)
        return [writer.name(p) for p in loose if not is_turned(program.lines[p])]

    def results(self, places: list[int], block: Block) -> str:
        """Return the expression that a function returns: a tuple of arrays that nobody else holds."""
        program, writer = self.program, self.writer
        own = {p for p in block.places if makes_array(program.lines[p].fn)}
        names = [writer.name(p) for p in places]
        names = [name if p in own and p not in places[:i] else f"{writer.function(np.array)}({name})"
                 for i, (p, name) in enumerate(zip(places, names, strict=True))]  # fmt: skip
        return f"({', '.join(names)},)" if names else "()"


def makes_array(fn: Any) -> bool:
    """Return whether the result of a function is always a new array."""
    return fn in NEW | INTO or isinstance(fn, np.ufunc)


def indent_lines(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]
