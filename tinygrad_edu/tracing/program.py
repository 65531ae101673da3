"""A program, made from a tape: dead code elimination and buffer planning. Printers write it in a language.

It is straight, as one would write backpropagation by hand: its forward part computes the outputs, and a backward part
the gradients of the inputs from those of an output. Lines that neither needs are left out. Results are written into
buffers (`b0`, `b1`, ...), and a buffer is used again as soon as nobody will read its result any more. Only the arrays
that leave the program are new in each call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.masking import where_or_zero
from . import tiling
from .lines import must_run, read
from .passes import quicker, tidy
from .tape import Tape

INTO = {np.dot, np.matmul}  # they can write into a given array, as ufuncs can
# Their results are never views.
NEW = {np.sum, np.mean, np.add.reduce, np.copy, np.where, np.concatenate, np.stack, np.tensordot, where_or_zero}


@dataclass
class Block:
    """Lines that run together, in order.

    Attributes
    ----------
    groups : list of lists of places
        The lines. Those of a group are done together, in strips, if there are several.
    buffers : dict from places to names
        The buffer that each result is written into; other results are new arrays.
    """

    groups: list[list[int]]
    buffers: dict[int, str]

    @property
    def places(self) -> list[int]:
        """The places that the lines compute, in order of recording."""
        return sorted(place for group in self.groups for place in group)


class TapeProgram:
    """The lines of a tape that its results need, in blocks, and the buffers for what they compute.

    Parameters
    ----------
    tape : Tape
    given : dict from places to names
        The arguments of `forward`. Each `backward` takes them too, after the gradient of its output.
    outputs : list of places
        The results of `forward`.
    backwards : list of triples
        For each output None, or three things: the place of its gradient, the places of the gradients to be returned,
        and those of the checks that are made there.

    Attributes
    ----------
    lines : dict from places to TapeLines
    constants : dict from places to values
        The places that hold the same value in each call.
    ahead : Block
        The lines that run forward.
    backs : list of Blocks
        For each output with gradients, the lines that run backward. Its gradient is at a place in `seeds`, and what it
        computes at places in `gradients`.
    buffers : dict from names to pairs
        The shape and dtype of each buffer.
    """

    def __init__(
        self,
        tape: Tape,
        given: dict[int, str],
        outputs: list[int],
        backwards: list[tuple[int, list[int], list[int]] | None],
    ) -> None:
        same, self.constants = tidy(tape)
        self.tape, self.given = tape, given
        self.lines = {line.made: quicker(line) for line in tape.lines if line.made not in self.constants}
        self.outputs = [same.get(p, p) for p in outputs]
        self.seeds = [back[0] for back in backwards if back]
        self.gradients = [[same.get(p, p) for p in back[1]] for back in backwards if back]
        self.owners = self.memory(same)
        checks = [back[2] for back in backwards if back]
        later = {p for some in checks for p in some}
        ahead = self.needed(
            [*self.outputs, *(p for p, line in self.lines.items() if must_run(line) and p not in later)]
        )
        # Views of arguments: making them again is cheap, and keeps no memory.
        again = {p for p in ahead if not self.owners[p].isdisjoint(given)}
        self.missing = [back is None for back in backwards]
        lines_ahead = sorted(ahead)
        lines_back = [sorted(self.needed([*g, *c], ahead - again)) for g, c in zip(self.gradients, checks, strict=True)]
        self.leaving = {*self.outputs, *(p for gradients in self.gradients for p in gradients)}
        self.kept = self.read_later(ahead, lines_back)
        self.buffers: dict[str, Any] = {}
        self.strips: set[int] = set()  # the results of a block of which only one strip exists at a time
        free: dict[Any, list[str]] = {}
        self.ahead = self.plan(lines_ahead, free, {})
        self.backs = []
        for lines in lines_back:  # each may use the buffers that forward and the others are done with
            there = len(self.buffers)
            spare = {kind: names.copy() for kind, names in free.items()}
            self.backs.append(self.plan(lines, spare, dict(self.ahead.buffers)))
            for name, kind in list(self.buffers.items())[there:]:
                free.setdefault(kind, []).append(name)

    def needed(self, wanted: list[int], there: Any = ()) -> set[int]:
        """Return the lines that compute the places `wanted`, without those that are `there` already."""
        found: set[int] = set()
        waiting = list(wanted)
        while waiting:
            place = waiting.pop()
            if place in self.lines and place not in found and place not in there:
                found.add(place)
                waiting += read(self.lines[place])
        return found

    def memory(self, same: dict[int, int]) -> dict[int, set[int]]:
        """Return for each place those whose memory a read of it touches: itself, and the places that it is a view of.

        When it was recorded, it may have been a view of a copy. The copy has been eliminated, and is now the `same`
        place as its original.
        """
        values: list[list[Any]] = [[value] for value in self.tape.values]
        for copy, place in same.items():
            values[place].append(self.tape.values[copy])
        owners = {place: {place} for place in range(len(values))}
        for place, line in self.lines.items():  # in order, so that arguments come before their readers
            if line.fn not in NEW and not isinstance(line.fn, np.ufunc):
                owners[place].update(*(owners[p] for p in read(line) if share_memory(values[place], values[p])))
        return owners

    def read_later(self, ahead: set[int], backs: list[list[int]]) -> set[int]:
        """Return the places to be kept: those of forward's that backward functions read, and those that are returned.

        Their buffers are not used again, since a backward function may run more than once.
        """
        ends = [p for back in backs for q in back for p in read(self.lines[q])]
        return {owner for p in ends for owner in self.owners[p] & ahead}.union(*(self.owners[p] for p in self.leaving))

    def last_readings(self, order: list[int]) -> dict[int, list[int]]:
        """Return, by position in `order`, the results whose liveness ends there: read last, and not kept."""
        last = {owner: turn for turn, q in enumerate(order) for p in read(self.lines[q]) for owner in self.owners[p]}
        readings: dict[int, list[int]] = {}
        for place in order:
            if place in last and place not in self.kept:
                readings.setdefault(last[place], []).append(place)
        return readings

    # ---------------------------------------------------------------------------------------------------- buffers

    def plan(self, lines: list[int], free: dict[Any, list[str]], buffers: dict[int, str]) -> Block:
        """Return lines as a block. Their results go into buffers that are `free`, or into new ones."""
        groups = tiling.arrange_lines(lines, self.lines, self.tape.values, read)
        self.strips = self.passed_on(groups)
        order = [place for group in groups for place in group]
        last = self.last_readings(order)
        for turn, place in enumerate(order):
            done = [p for p in last.get(turn, ()) if p in buffers]
            target = self.buffer_for(place, done, free, buffers)
            for p in done:
                if buffers[p] != target:
                    free.setdefault(self.kind(p), []).append(buffers[p])
        return Block(groups, buffers)

    def buffer_for(self, place: int, done: list[int], free: dict[Any, list[str]], buffers: dict[int, str]) -> str:
        """Return the buffer that a line's result is written into, or "" if the result is a new array.

        An elementwise line may write over an argument that it is the last to read, which is in `done`.
        """
        line = self.lines[place]
        if not self.can_be_given_an_array(place):
            return ""
        over = [
            p for p in done if isinstance(line.fn, np.ufunc) and p in read(line) and self.kind(p) == self.kind(place)
        ]
        spare = free.setdefault(self.kind(place), [])
        if over:
            target = buffers[over[0]]
        elif spare:
            target = spare.pop()
        else:
            target = f"b{len(self.buffers)}"
            self.buffers[target] = self.kind(place)
        buffers[place] = target
        return target

    def passed_on(self, groups: list[list[int]]) -> set[int]:
        """Return the results that are read only within the group that makes them: one strip at a time is enough."""
        readers: dict[int, set[int]] = {}
        for number, group in enumerate(groups):
            for place in group:
                for p in read(self.lines[place]):
                    readers.setdefault(p, set()).add(number)
        return {p for number, group in enumerate(groups) for p in group
                if len(group) > 1 and readers.get(p) == {number} and p not in self.kept}  # fmt: skip

    def kind(self, place: int) -> Any:
        """Return the shape and dtype of the buffer that a result needs; buffers of one kind can replace each other."""
        value = self.tape.values[place]
        return (tiling.STRIP,) if place in self.strips else value.shape, value.dtype

    def can_be_given_an_array(self, place: int) -> bool:
        """Return whether a line's result may be written into a buffer: the function can, and the result stays here."""
        line, value = self.lines[place], self.tape.values[place]
        takes = line.fn in INTO or (isinstance(line.fn, np.ufunc) and line.fn.nout == 1)
        plain = isinstance(value, np.ndarray) and value.ndim and value.size and value.flags.c_contiguous
        return bool(takes and plain and not line.kwargs and place not in self.leaving)


def share_memory(a: Any, b: Any) -> bool:
    """Return whether two results, which may be tuples of arrays, share memory."""
    if isinstance(a, tuple | list):
        return any(share_memory(part, b) for part in a)
    if isinstance(b, tuple | list):
        return any(share_memory(a, part) for part in b)
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)
