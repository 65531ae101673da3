"""Explanation: lines of equations that print as text, or are typeset as LaTeX or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.multi_output import MultiOutput
from .latex import Latex, tex
from .legend import Legend
from .mathml import MathML, html_text
from .text import Text


@dataclass
class Line:
    """An equation, ``left sign right``, with a note of its value; given values have no right side."""

    left: Any
    right: Any = None
    note: str = ""
    sign: str = "="


@dataclass
class Heading:
    """A heading for the lines that follow, and one for their notes."""

    words: str
    note: str = ""


class Explanation:
    """An explanation of derivatives: lines of equations under headings, and remarks. `explain` makes it.

    It prints as text; a notebook shows it as mathematics.

    Attributes
    ----------
    values : dict from names to arrays
        The values of the names in it, as far as they are known.
    """

    def __init__(self, lines: Sequence[Line | Heading | str], names: dict[int, tuple[str, Any]] | None = None) -> None:
        legend = Legend(
            [part for line in lines if isinstance(line, Line) for part in (line.left, line.right)], names or {}
        )
        given: list[Line | Heading | str] = [
            Line(constant, note=note_value(constant.value)) for constant in legend.constants
        ]
        place = lines.index(GIVEN) + 1 if GIVEN in lines else 0
        if given and not place:
            place, given = next((i for i, line in enumerate(lines) if isinstance(line, Heading)), 0), [GIVEN, *given]
        self.lines = [*lines[:place], *given, *lines[place:], *legend.functions]
        self.names = legend.names
        self.values: dict[str, Any] = legend.values

    @property
    def text(self) -> str:
        """The explanation as plain text, in Python's notation, which can be evaluated with `values`."""
        style = Text(self.names)
        rows = []
        for line in self.lines:
            if isinstance(line, Line):
                equation = "" if line.right is None else f" {line.sign} {style.write(line.right)}"
                rows.append((f"  {style.write(line.left)}{equation}", line.note))
            else:
                rows.append((line, "") if isinstance(line, str) else (line.words, line.note))
        width = max((len(left) for left, note in rows if note and len(left) <= WIDE), default=0)
        return "\n".join(f"{left:{width}}   {note}".rstrip() for left, note in rows)

    @property
    def latex(self) -> str:
        """The explanation as LaTeX, for `amsmath`."""
        style = Latex(self.names)
        rows = []
        for line in self.lines:
            if isinstance(line, Line):
                equation = "" if line.right is None else rf"\mathrel{{{line.sign}}} {style.write(line.right)}"
                rows.append(rf"{style.write(line.left)} &{equation} && \text{{{tex(line.note)}}}")
            elif isinstance(line, Heading):
                rows.append(rf"&\textbf{{{tex(line.words)}}} && \textit{{{tex(line.note)}}}")
            else:
                rows.append(rf"&\text{{{tex(line)}}}")
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    @property
    def html(self) -> str:
        """The explanation as an HTML table with MathML, which browsers draw without any script."""
        style = MathML(self.names)
        rows = []
        for line in self.lines:
            if isinstance(line, Line):
                right = "" if line.right is None else math(f"<mo>{line.sign}</mo>{style.write(line.right)}")
                cells = html_cell(math(style.write(line.left)), "text-align: right"), html_cell(right)
                rows.append("".join(cells) + html_cell(f"<code>{html_text(line.note)}</code>"))
            elif isinstance(line, Heading):
                rows.append(
                    html_cell(html_text(line.words), kind="th colspan='2'") + html_cell(html_text(line.note), kind="th")
                )
            else:  # its width is that of the formulas
                rows.append(
                    html_cell(html_text(line), "text-align: left; max-width: 0; min-width: 20em", "td colspan='3'")
                )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table class='explanation' style='display: block; overflow-x: auto'>{body}</table>"

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


GIVEN = Heading("given", "value")
WIDE = 96  # notes stand in a column, unless a line is wider than this


def html_cell(content: str, style: str = "text-align: left", kind: str = "td") -> str:
    return f"<{kind} style='{style}; padding: 0.15em 0.5em'>{content}</{kind.split()[0]}>"


def math(formula: str) -> str:
    return f"<math displaystyle='true'><mrow>{formula}</mrow></math>"


def shape_note(value: Any) -> str:
    """Return the note of a value whose numbers are not of interest: its shape."""
    return str(tuple(map(np.shape, value)) if isinstance(value, tuple) else np.shape(value))


def note_value(value: Any) -> str:
    """Return the note of a value: the numbers if they are few, else the shape and the norm."""
    if isinstance(value, MultiOutput):
        return "; ".join(map(note_value, value))
    value = np.asarray(value)
    is_float = value.dtype.kind in "fc"
    if value.size <= (6 if is_float else 12) and value.size:
        return write_list(value.tolist(), (".4g" if value.shape else ".6g") if is_float else "")
    if not is_float:
        return f"{value.shape} {value.dtype}"
    with np.errstate(all="ignore"):
        return f"{value.shape}, norm {np.linalg.norm(np.ravel(value)):.4g}" if value.size else str(value.shape)


def write_list(x: Any, digits: str) -> str:
    """Return nested lists as text, with numbers in the format `digits`."""
    return f"[{', '.join(write_list(item, digits) for item in x)}]" if isinstance(x, list) else format(x, digits)
