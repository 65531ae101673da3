"""Picture: a graphviz.Digraph that finds a program to lay it out.

The ``graphviz`` package runs the program ``dot`` and does not bring it. A ``dot`` on the system's path is
preferred; where there is none, the one in the wheel ``graphviz-pure`` is used, which installs as ``graphviz-pure``
so as not to hide anybody's ``dot``. Which it is to be is decided each time something is rendered.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from threading import Lock
from typing import Any

import graphviz
from graphviz.backend import dot_command

RENDERED = ("svg", "png", "jpg", "jpeg", "pdf")
TEXT = ("dot", "gv")


class Picture(graphviz.Digraph):  # type: ignore[misc]  # graphviz has no types
    """A ``graphviz.Digraph``: it shows itself in a notebook, and has ``source``, ``save``, ``render`` and ``pipe``.

    Notes
    -----
    ``source`` and ``save`` are text and work everywhere. What renders needs a program; see `DotNotFound`. What that
    program has to say of fonts and letter widths is not passed on, unless ``quiet=False``; its errors are.
    """

    _format = "svg"  # unless another is asked for: any program has it, and it scales

    def pipe(self, format: str | None = None, *, quiet: bool = True, **options: Any) -> Any:
        """The rendered picture, as bytes; a string if an ``encoding`` is given."""
        with layout_program(format or self.format):
            return super().pipe(format, quiet=quiet, **options)

    def render(self, filename: Any = None, *, quiet: bool = True, **options: Any) -> Any:
        """Save the DOT text, render it to a file beside it, and return that file's name."""
        suffix = Path(options.get("outfile") or "").suffix[1:].lower()
        with layout_program(options.get("format") or suffix or self.format):
            return super().render(filename, quiet=quiet, **options)

    def write(self, file: Any) -> None:
        """Write the picture to `file`, in the format that its suffix names."""
        format = format_of(file)
        if format in TEXT:
            Path(file).write_text(self.source, encoding="utf-8")
        else:
            Path(file).write_bytes(self.pipe(format))


class DotNotFound(graphviz.ExecutableNotFound):  # type: ignore[misc]
    """There is no program that can lay out a graph."""

    def __init__(self) -> None:
        RuntimeError.__init__(self, (
            "no program to lay out the picture: install one with `pip install graphviz-pure`, or Graphviz from your "
            "system's package manager (such as `apt install graphviz` or `brew install graphviz`). "
            "The picture's DOT text needs none: see its .source and .save(), or give draw() a file that ends in .dot"
        ))  # fmt: skip


def format_of(file: Any) -> str:
    """The format that a file's suffix names; one that is unknown is refused."""
    format = Path(file).suffix[1:].lower()
    if format not in RENDERED + TEXT:
        raise ValueError(f"{str(file)!r}: the suffix must name the picture's format, one of "
                         + ", ".join(f".{f}" for f in RENDERED + TEXT))
    return format


ONE_AT_A_TIME = Lock()


@contextmanager
def layout_program(format: str) -> Iterator[None]:
    """Have the ``graphviz`` package run a program that is there."""
    with ONE_AT_A_TIME:
        before = dot_command.DOT_BINARY
        if before == Path("dot") and shutil.which("dot") is None:  # else it is the system's, or the user's choice
            program = carried_program()
            if program is None:
                raise DotNotFound
            if format in ("pdf", "ps", "ps2", "eps"):
                raise ValueError(f"graphviz-pure, which draws here, can't write {format.upper()}: save SVG or PNG, or "
                                 "install Graphviz from your system's package manager, which is then used")
            dot_command.DOT_BINARY = program
        try:
            yield
        finally:
            dot_command.DOT_BINARY = before


def carried_program() -> Path | None:
    """The program in graphviz-pure's wheel: found by the wheel's own record, for a path need not include it."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "graphviz-pure" and (program := Path(str(file.locate()))).is_file():
            return program.resolve()
    found = shutil.which("graphviz-pure")
    return Path(found) if found else None
