"""The user's own source: the lines that were run, with what stands around them, and the modules that were called."""

from __future__ import annotations

import linecache
import re
from pathlib import PurePath
from typing import Any

from ...nn.module import Module
from ..graph_history import Names

AROUND = 2  # lines shown before and after
GAP = 8  # lines that may lie between two that were run, to be shown too
WIDEST = 160  # signs of a line


class Sources:
    """The lines of a computation. `places` is what the page is told of each: which file, and which line there."""

    def __init__(self) -> None:
        self.used: dict[str, set[int]] = {}

    def place(self, line: str | None) -> list[Any] | None:
        """File and line of ``file:line``, if the line's text is to be had."""
        if not line:
            return None
        file, _, number = line.rpartition(":")
        if linecache.getline(file, int(number)).strip():
            self.used.setdefault(file, set()).add(int(number))
        return [display_name(file), int(number)]

    def excerpts(self) -> list[dict[str, Any]]:
        """Of every file the lines that were used and what lies around them, as pairs of number and text."""
        return [{"file": display_name(file), "lines": list(excerpt(file, sorted(used)))} for file, used in self.used.items()]


def excerpt(file: str, used: list[int]) -> Any:
    last = 0
    for n in used:
        start = last + 1 if last and n - last <= GAP else max(last + 1, n - AROUND)
        if last and start > last + 1:
            yield [0, ""]  # something is left out
        for i in range(start, n + 1):
            yield number_lines(file, i)
        last = n
    for i in range(last + 1, last + AROUND + 1):
        if linecache.getline(file, i):
            yield number_lines(file, i)


def number_lines(file: str, i: int) -> list[Any]:
    text = linecache.getline(file, i).rstrip().expandtabs(4)
    return [i, text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"]


def display_name(file: str) -> str:
    """A file's name without the folders, which are nobody's business; a notebook has cells."""
    return "a cell" if re.search(r"ipykernel_|<ipython", file) else PurePath(file).name


# ---------------------------------------------------------------------------------------- modules


def module_names(names: Names) -> dict[int, str]:
    """The paths of modules, such as ``model.0``, by their ids."""
    found: dict[int, str] = {}
    for name, value in names.items():
        if issubclass(type(value), Module):
            for path, module in value.named_modules():
                found.setdefault(id(module), f"{name}.{path}" if path else name)
    return found


def title_call(module: Any, paths: dict[int, str]) -> str:
    """What a call of a module is titled."""
    kind = type(module).__name__
    return f"{paths[id(module)]} · {kind}" if id(module) in paths else kind
