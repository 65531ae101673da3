"""Explanation: equations in lines, to be printed, typeset, or shown in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..parts import Parts
from .latex import Latex, tex
from .mathml import MathML
from .text import Text


@dataclass
class Line:
    """``left sign right``, and a note of what it comes to; or words, if there is nothing on the left."""

    left: Any
    right: Any
    note: str = ""
    sign: str = "="


class Explanation:
    """What `explain` tells: lines of equations, under headings."""

    def __init__(self, lines: list[Line | str]) -> None:
        self.lines = lines

    @property
    def text(self) -> str:
        """Plain text, in Python's notation."""
        style = Text()
        indent = "  " if any(isinstance(line, str) for line in self.lines) else ""
        rows = [(line, "") if isinstance(line, str) else
                (f"{indent}{style.write(line.left)} {line.sign} {style.write(line.right)}", line.note) for line in self.lines]
        width = max((len(left) for left, note in rows if note and len(left) < 80), default=0)
        return "\n".join(f"{left:{width}}   {note}".rstrip() for left, note in rows)

    @property
    def latex(self) -> str:
        """For LaTeX with `amsmath`."""
        style = Latex()
        rows = [rf"&\textbf{{{tex(line)}}}" if isinstance(line, str) else
                rf"{style.write(line.left)} &\mathrel{{{line.sign}}} {style.write(line.right)} && \text{{{tex(line.note)}}}"
                for line in self.lines]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    @property
    def html(self) -> str:
        """A table with MathML, which browsers draw without any script."""
        style = MathML()
        rows = [f"<tr><th colspan='3'>{escape(line)}</th></tr>" if isinstance(line, str) else
                f"<tr><td><math>{style.write(line.left)}</math></td><td><math><mrow><mo>{line.sign}</mo>"
                f"{style.write(line.right)}</mrow></math></td><td><code>{escape(line.note)}</code></td></tr>"
                for line in self.lines]
        return f"<table class='explanation'>{''.join(rows)}</table>"

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


def numbers(value: Any) -> str:
    """What a note says of a value: the numbers if they are few, else the shape and the length as a vector."""
    if isinstance(value, Parts):
        return ", ".join(map(numbers, value))
    if np.size(value) == 1 and not np.shape(value):
        return f"{np.asarray(value).item():.6g}"
    if np.size(value) <= 6:
        return np.array2string(np.asarray(value), precision=4, separator=", ").replace("\n", "")
    return f"{np.shape(value)}, norm {np.linalg.norm(np.ravel(value)):.4g}"
