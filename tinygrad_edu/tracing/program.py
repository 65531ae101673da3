"""A straight program, made from a tape: dead code elimination, buffer planning, and its assembly as Python source.

It is Python source, as one would write backpropagation by hand: `forward` computes the outputs, and `backward` computes
the gradients of the inputs from those of the outputs. Lines that neither needs are left out. Results are written into
buffers (`b0`, `b1`, ...), and a buffer is used again as soon as nobody will read its result any more. Only the arrays
that leave the program are new in each call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.masking import where_or_zero
from . import tiling
from .codegen import Writing, is_turned, must_run, read
from .passes import quicker, tidy
from .tape import Tape

INTO = {np.dot, np.matmul}  # they can write into a given array, as ufuncs can
# Their results are never views.
NEW = {np.sum, np.mean, np.add.reduce, np.copy, np.where, np.concatenate, np.stack, np.tensordot, where_or_zero}


class TapeProgram:
    """The source of a tape's program, and its functions `forward` and `backward`.

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
        self.ahead = sorted(ahead)
        self.backs = [sorted(self.needed([*g, *c], ahead - again)) for g, c in zip(self.gradients, checks, strict=True)]
        self.leaving = {*self.outputs, *(p for gradients in self.gradients for p in gradients)}
        self.kept = self.read_later()
        self.arrays: dict[int, str] = {}  # the buffer that each result is written into
        self.source, self.space = self.write(["None" if back is None else "" for back in backwards])

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

    def read_later(self) -> set[int]:
        """Return the places to be kept: those of forward's that backward functions read, and those that are returned.

        Their buffers are not used again, since a backward function may run more than once.
        """
        ends = [p for back in self.backs for q in back for p in read(self.lines[q])]
        ahead = set(self.ahead)
        return {owner for p in ends for owner in self.owners[p] & ahead}.union(*(self.owners[p] for p in self.leaving))

    def last_readings(self, order: list[int]) -> dict[int, list[int]]:
        """Return, by position in `order`, the results whose liveness ends there: read last, and not kept."""
        last = {owner: turn for turn, q in enumerate(order) for p in read(self.lines[q]) for owner in self.owners[p]}
        readings: dict[int, list[int]] = {}
        for place in order:
            if place in last and place not in self.kept:
                readings.setdefault(last[place], []).append(place)
        return readings

    # ------------------------------------------------------------------------------------------ source

    def write(self, missing: list[str]) -> tuple[str, dict[str, Any]]:
        """Return the program's source, and its namespace."""
        seeds = {place: f"g{i}" if len(self.seeds) > 1 else "g" for i, place in enumerate(self.seeds)}
        self.writing = Writing(self.tape, {**self.given, **seeds}, self.arrays, self.constants)
        self.made: dict[str, Any] = {}  # the buffers, and the shape and dtype of each
        self.passing: set[int] = set()  # results of which only one strip exists at a time
        free: dict[Any, list[str]] = {}
        forward = self.block(self.ahead, free)
        blocks = []
        for back in self.backs:  # each may use the buffers that forward and the others are done with
            there = len(self.made)
            blocks.append(self.block(back, {kind: names.copy() for kind, names in free.items()}))
            for name, kind in list(self.made.items())[there:]:
                free.setdefault(kind, []).append(name)
        return self.assembled(forward, blocks, missing), self.writing.space

    def block(self, lines: list[int], free: dict[Any, list[str]]) -> list[str]:
        """Return the source of some lines. Their results go into buffers that are `free`, or into new ones."""
        groups = tiling.arrange_lines(lines, self.lines, self.tape.values, read)
        self.passing = self.passed_on(groups)
        order = [place for group in groups for place in group]
        last = self.last_readings(order)
        turns = iter(range(len(order)))
        text = []
        for group in groups:
            inner = []
            with self.writing.in_strips(len(group) > 1) as pieces:
                for place in group:
                    done = [p for p in last.get(next(turns), ()) if p in self.arrays]
                    target = self.array_for(place, done, free)
                    if not is_turned(self.lines[place]):
                        inner.append(self.writing.line(self.lines[place], target))
                    for p in done:
                        if self.arrays[p] != target:
                            free.setdefault(self.kind(p), []).append(self.arrays[p])
            if pieces:
                text += [
                    f"{self.writing.name(p)} = {self.writing.empty(*self.kind(p))}" for p in group if p in self.leaving
                ]
                text += [
                    f"for {', '.join(pieces.values())} in {self.writing.function(tiling.strips)}({', '.join(pieces)}):",
                    *indent_lines(inner),
                ]
            else:
                text += inner
        return text

    def array_for(self, place: int, done: list[int], free: dict[Any, list[str]]) -> str:
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
            target = self.arrays[over[0]]
        elif spare:
            target = spare.pop()
        else:
            target = f"b{len(self.made)}"
            self.made[target] = self.kind(place)
        self.arrays[place] = target
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
        return (tiling.STRIP,) if place in self.passing else value.shape, value.dtype

    def can_be_given_an_array(self, place: int) -> bool:
        """Return whether a line's result may be written into a buffer: the function can, and the result stays here."""
        line, value = self.lines[place], self.tape.values[place]
        takes = line.fn in INTO or (isinstance(line.fn, np.ufunc) and line.fn.nout == 1)
        plain = isinstance(value, np.ndarray) and value.ndim and value.size and value.flags.c_contiguous
        return bool(takes and plain and not line.kwargs and place not in self.leaving)

    def assembled(self, forward: list[str], blocks: list[list[str]], missing: list[str]) -> str:
        """Return the source of the program: a function that makes the buffers, and in it `forward` and `backward`."""
        kept = {p for back in self.backs for q in back for p in read(self.lines[q])}.union(*self.gradients)
        kept |= {turned for p in kept for turned in self.writing.behind_turns(p)}
        again = {p for back in self.backs for p in back}
        loose = [self.writing.name(p) for p in self.ahead
                 if p in kept and p not in self.arrays and p not in again and not is_turned(self.lines[p])]  # fmt: skip
        given = ", ".join(self.given.values())
        made = [f"{name} = {self.writing.empty(*kind)}" for name, kind in self.made.items()]
        inner = [*made, *([f"{' = '.join(loose)} = None"] if loose else []), "", f"def forward({given}):"]
        inner += indent_lines(
            [f"nonlocal {', '.join(loose)}"] * bool(loose)
            + forward
            + [f"return {self.results(self.outputs, self.ahead)}"]
        )
        names = []
        parts = iter(zip(self.seeds, self.backs, blocks, self.gradients, strict=True))
        for number, nothing in enumerate(missing):
            if nothing:
                names.append(nothing)
                continue
            seed, back, text, gradients = next(parts)
            names.append(f"backward_{number}" if len(self.seeds) > 1 else "backward")
            inner += ["", f"def {names[-1]}({', '.join(filter(None, (self.writing.name(seed), given)))}):"]
            inner += indent_lines([*text, f"return {self.results(gradients, back)}"])
        inner += ["", f"return forward, ({', '.join(names)},)" if names else "return forward, ()"]
        return "\n".join([*self.writing.constants, "", "def program():", *indent_lines(inner)]) + "\n"

    def results(self, places: list[int], lines: list[int]) -> str:
        """Return the expression that a function returns: a tuple of arrays that nobody else holds."""
        own = {p for p in lines if self.lines[p].fn in NEW | INTO or isinstance(self.lines[p].fn, np.ufunc)}
        names = [self.writing.name(p) for p in places]
        names = [name if p in own and p not in places[:i] else f"{self.writing.function(np.array)}({name})"
                 for i, (p, name) in enumerate(zip(places, names, strict=True))]  # fmt: skip
        return f"({', '.join(names)},)" if names else "()"

    def compiled(self) -> Callable[[], Any]:
        """Compile the source, and return a function that makes `forward` and `backward`, with buffers of their own."""
        exec(compile(self.source, "<captured>", "exec"), self.space)
        return self.space["program"]  # type: ignore[no-any-return]


def share_memory(a: Any, b: Any) -> bool:
    """Return whether two results, which may be tuples of arrays, share memory."""
    if isinstance(a, tuple | list):
        return any(share_memory(part, b) for part in a)
    if isinstance(b, tuple | list):
        return any(share_memory(a, part) for part in b)
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)


def indent_lines(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]
