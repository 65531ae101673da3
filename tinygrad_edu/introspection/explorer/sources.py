"""Sources: the lines of the user's program that were run, with their surroundings, and the names of its modules."""

from __future__ import annotations

import linecache
import re
from pathlib import PurePath
from typing import Any

from ...nn.module import Module
from ..graph_history import Names

AROUND = 2  # lines shown before and after
GAP = 8  # gaps of no more lines are shown too
WIDEST = 160  # the most characters of a line


class Sources:
    """The lines of the user's program that a computation ran."""

    def __init__(self) -> None:
        self.used: dict[str, set[int]] = {}

    def place(self, line: str | None) -> list[Any] | None:
        """Return the file and line of ``file:line`` for the page, and note the line for `excerpts` if it has text."""
        if not line:
            return None
        file, _, number = line.rpartition(":")
        if linecache.getline(file, int(number)).strip():
            self.used.setdefault(file, set()).add(int(number))
        return [display_name(file), int(number)]

    def excerpts(self) -> list[dict[str, Any]]:
        """Return for every file the lines that were run and those around them, as pairs of number and text."""
        return [
            {"file": display_name(file), "lines": list(excerpt(file, sorted(used)))} for file, used in self.used.items()
        ]


def excerpt(file: str, used: list[int]) -> Any:
    """Yield the used lines of a file, and those around them, as pairs of number and text."""
    last = 0
    for n in used:
        start = last + 1 if last and n - last <= GAP else max(last + 1, n - AROUND)
        if last and start > last + 1:
            yield [0, ""]  # lines are left out here
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
    """Return a file's name without its folders, which are private; "a cell" for those of notebooks."""
    return "a cell" if re.search(r"ipykernel_|<ipython", file) else PurePath(file).name


# ---------------------------------------------------------------------------------------- modules


def module_names(names: Names) -> dict[int, str]:
    """Return the paths of modules, such as ``model.0``, by their ids."""
    found: dict[int, str] = {}
    for name, value in names.items():
        if issubclass(type(value), Module):
            for path, module in value.named_modules():
                found.setdefault(id(module), f"{name}.{path}" if path else name)
    return found


def module_name(module: Any, paths: dict[int, str]) -> str:
    """Return the path of a module, or "" if it has none."""
    return paths.get(id(module), "")


def title_call(module: Any, paths: dict[int, str]) -> str:
    """Return the title of a module's call: its path and its class."""
    name, kind = module_name(module, paths), type(module).__name__
    return f"{name} · {kind}" if name else kind
