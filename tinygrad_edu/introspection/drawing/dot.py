"""Picture: a graphviz.Digraph that finds a program to lay it out.

The ``graphviz`` package runs the program ``dot``, but does not contain it. A ``dot`` on the system's path is preferred.
If there is none, the one in the wheel ``graphviz-pure`` is used, which is installed under that name, so that it doesn't
hide the system's ``dot``. The choice is made each time a picture is rendered.
"""

from __future__ import annotations

import os
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
    """The picture of a graph: a ``graphviz.Digraph`` that finds a program to render it; `draw` makes it.

    It shows itself in a notebook, and has ``source``, ``save``, ``render``, ``pipe`` and ``write``.

    Parameters
    ----------
    name, comment : str, optional
        The graph's name, and a comment in its DOT text.
    filename, directory : path, optional
        Where ``save`` and ``render`` write, by default.
    format, engine, encoding : str, optional
        The format to render, by default SVG; the layout program, by default dot; and the text's encoding.
    graph_attr, node_attr, edge_attr : mapping of str to str, optional
        The default attributes of the graph, its nodes and its edges.
    body : iterable of str, optional
        The lines of the DOT text to begin with.
    strict : bool
        Whether to merge edges between the same nodes.
    renderer, formatter : str, optional
        The renderer and the formatter of the layout program.

    Notes
    -----
    ``source`` and ``save`` are text and work everywhere. Rendering needs a program; see `DotNotFound`. The program's
    warnings about fonts and letter widths are not shown, unless ``quiet=False``; its errors are.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, draw
    >>> picture = draw(Tensor([1.0], requires_grad=True) * 2)
    >>> type(picture).__name__, picture.source.splitlines()[0]
    ('Picture', 'digraph {')
    """

    _format = "svg"  # the default: any program has it, and it scales

    def pipe(self, format: str | None = None, *, quiet: bool = True, **options: Any) -> bytes | str:
        """Render the picture, and return it.

        Parameters
        ----------
        format : str, optional
            The format, such as "svg" or "png"; by default the picture's own.
        quiet : bool
            Whether to hide the program's warnings.
        **options
            The other options of ``graphviz.Digraph.pipe``.

        Returns
        -------
        bytes, or str if an ``encoding`` is given
            The rendered picture.
        """
        rendered: bytes | str
        with layout_program(format or self.format):
            rendered = super().pipe(format, quiet=quiet, **options)
        return rendered

    def render(self, filename: str | os.PathLike[str] | None = None, *, quiet: bool = True, **options: Any) -> str:
        """Save the DOT text, and render it to a file beside it.

        Parameters
        ----------
        filename : path, optional
            The file for the DOT text; by default the picture's own.
        quiet : bool
            Whether to hide the program's warnings.
        **options
            The other options of ``graphviz.Digraph.render``.

        Returns
        -------
        str
            The name of the rendered file.
        """
        suffix = Path(options.get("outfile") or "").suffix[1:].lower()
        with layout_program(options.get("format") or suffix or self.format):
            return str(super().render(filename, quiet=quiet, **options))

    def write(self, file: str | os.PathLike[str]) -> None:
        """Write the picture to a file, in the format that its suffix names.

        Parameters
        ----------
        file : path
            The file; its suffix is svg, png, jpg, pdf, dot or gv.

        Raises
        ------
        ValueError
            If the suffix is another one.
        """
        format = picture_format(file)
        if format in TEXT:
            Path(file).write_text(self.source, encoding="utf-8")
        else:
            Path(file).write_bytes(self.pipe(format))  # type: ignore[arg-type]  # no encoding, so it is bytes


class DotNotFound(graphviz.ExecutableNotFound):  # type: ignore[misc]
    """An error that says that there is no program to lay out a graph.

    Examples
    --------
    >>> from tinygrad_edu import viz
    >>> print(viz.DotNotFound())
    no program to lay out the picture: install one with ...
    """

    def __init__(self) -> None:
        RuntimeError.__init__(self, (
            "no program to lay out the picture: install one with `pip install graphviz-pure`, or Graphviz from your "
            "system's package manager (such as `apt install graphviz` or `brew install graphviz`). "
            "The picture's DOT text needs none: see its .source and .save(), or give draw() a file that ends in .dot"
        ))  # fmt: skip


def picture_format(file: Any) -> str:
    """Return the format that a file's suffix names; raise if it is unknown."""
    format = Path(file).suffix[1:].lower()
    if format not in RENDERED + TEXT:
        raise ValueError(
            f"{str(file)!r}: the suffix must name the picture's format, one of "
            + ", ".join(f".{f}" for f in RENDERED + TEXT)
        )
    return format


ONE_AT_A_TIME = Lock()


@contextmanager
def layout_program(format: str) -> Iterator[None]:
    """Let the ``graphviz`` package run a program that exists; raise if there is none."""
    with ONE_AT_A_TIME:
        before = dot_command.DOT_BINARY
        if before == Path("dot") and shutil.which("dot") is None:  # else there is a system's dot, or the user chose one
            program = find_bundled_program()
            if program is None:
                raise DotNotFound
            if format in ("pdf", "ps", "ps2", "eps"):
                raise ValueError(
                    f"graphviz-pure, which draws here, can't write {format.upper()}: save SVG or PNG, or "
                    "install Graphviz from your system's package manager, which is then used"
                )
            dot_command.DOT_BINARY = program
        try:
            yield
        finally:
            dot_command.DOT_BINARY = before


def find_bundled_program() -> Path | None:
    """Return the program of the wheel graphviz-pure, by the wheel's list of files, since it may not be on the path."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "graphviz-pure" and (program := Path(str(file.locate()))).is_file():
            return program.resolve()
    found = shutil.which("graphviz-pure")
    return Path(found) if found else None
