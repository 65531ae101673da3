"""The programs of `examples/` as cells, and as notebooks.

They are in the percent format, which editors and Jupytext know: ``# %% [markdown]`` begins a cell of text, whose lines are
comments; ``# %% a title`` begins a cell of code. What comes first, the docstring, is a cell of text too.
"""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "examples"
LINK = re.compile(r"\[([^][]+)\]\((?!https?:)[^)]+\)")


class Cell(NamedTuple):
    """A piece of a program: text or code, its title, and the line of the program where it begins, from 0."""

    is_text: bool
    title: str
    source: str
    line: int


def cells(program: Path) -> list[Cell]:
    """Divide a program into its cells; the first is its docstring, as text with a heading."""
    lines = program.read_text(encoding="utf-8").splitlines()
    docstring = ast.parse("\n".join(lines)).body[0]
    starts = [docstring.end_lineno, *(i for i, line in enumerate(lines) if line.startswith("# %%")), len(lines)]
    found = [Cell(True, "", opening(ast.get_docstring(ast.parse("\n".join(lines)))), 0)]
    for start, end in pairwise(starts):
        mark = lines[start].removeprefix("# %%").strip() if lines[start].startswith("# %%") else None
        begin = start if mark is None else start + 1
        is_text = mark == "[markdown]"
        part = [line.removeprefix("#").removeprefix(" ") for line in lines[begin:end]] if is_text else lines[begin:end]
        while part and not part[0]:
            part, begin = part[1:], begin + 1
        if source := "\n".join(part).rstrip():
            found.append(Cell(is_text, "" if is_text else mark or "", source, begin))
    return found


def opening(docstring: str) -> str:
    """Turn "Two moons: a small network ..." into a heading and a sentence, and literals into Markdown's."""
    title, _, rest = docstring.partition(": ")
    return f"# {title}\n\n{rest[0].upper()}{rest[1:]}".replace("``", "`")


def notebook(program: Path) -> str:
    """Return a program as a notebook that runs as it is. Links to other pages would lead nowhere, and become words."""
    note = f"This notebook is the program `examples/{program.name}` of tinygrad-edu."
    written = []
    for number, cell in enumerate(cells(program)):
        source = LINK.sub(r"\1", cell.source) if cell.is_text else cell.source
        if number == 0:
            source += f"\n\n{note}"
        kind = (
            {"cell_type": "markdown"} if cell.is_text else {"cell_type": "code", "execution_count": None, "outputs": []}
        )
        written.append({"id": f"cell-{number}", **kind, "metadata": {}, "source": source.splitlines(keepends=True)})
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": python, "language_info": {"name": "python"}}
    whole = {"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
