"""What shows itself in a notebook, as HTML: tables, folds, small images, curves.

All text is escaped, there are no scripts, and nothing has a colour of its own but a grey that shows on light and on
dark: the rest is `currentColor`, or inherited.
"""

from __future__ import annotations

import math
import struct
import zlib
from base64 import b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIXELS = 64  # along a side of an image, at most
POINTS = 200  # of a curve, at most
TABLE = "border-collapse: collapse; margin: 0; font-variant-numeric: tabular-nums"
LONG = 60  # characters of a cell that isn't kept on one line
CELL = "padding: 0.15em 0.7em; vertical-align: top; border: 0; border-bottom: 1px solid #8886"


class Html(str):
    """A text that is HTML already; all others are escaped."""

    __slots__ = ()


def html(text: Any) -> str:
    """Return the HTML of a text, or of anything by its `str`."""
    return text if isinstance(text, Html) else escape(str(text))


def titled_block(title: Any, *parts: Any) -> str:
    """Return a title, if there is one, and what stands below it; what is too wide for the page scrolls by itself."""
    above = f'<div style="padding: 0.2em 0">{html(title)}</div>' if title else ""
    return f'<div style="overflow-x: auto">{above}{"".join(html(part) for part in parts)}</div>'


def table(
    head: Sequence[Any], rows: Iterable[Sequence[Any]], numbers: Collection[int] = (), foot: Sequence[Any] = ()
) -> Html:
    """Return a table. The columns at the places `numbers` stand right, the others left."""
    body = "".join(table_row(cells, numbers) for cells in rows)
    below = f"<tfoot>{table_row(foot, numbers, 'th')}</tfoot>" if foot else ""
    return Html(
        f'<table style="{TABLE}"><thead>{table_row(head, numbers, "th")}</thead><tbody>{body}</tbody>{below}</table>'
    )


def table_row(cells: Sequence[Any], numbers: Collection[int], tag: str = "td") -> str:
    """Return a row of a table. One that has a single cell is that cell, all along."""
    if len(cells) == 1:
        return f'<tr><td colspan="99" style="text-align: left; {CELL}">{html(cells[0])}</td></tr>'
    written = []
    for i, text in enumerate(map(html, cells)):
        side, wrap = "right" if i in numbers else "left", "normal" if len(text) > LONG else "nowrap"
        written.append(f'<{tag} style="text-align: {side}; white-space: {wrap}; {CELL}">{text}</{tag}>')
    return f"<tr>{''.join(written)}</tr>"


def first_and_last(rows: Sequence[Any], most: int = 20) -> list[Any]:
    """Return all rows; of more than `most` the first and the last, with a row between them that counts the others."""
    if len(rows) <= most:
        return list(rows)
    half = most // 2
    return [*rows[:half], (f"… {len(rows) - 2 * half:,} more …",), *rows[-half:]]


def foldable(title: Any, inside: Any) -> Html:
    """Return something that is shown only when its title is clicked."""
    return Html(f'<details><summary style="cursor: pointer">{html(title)}</summary>{html(inside)}</details>')


def image(values: NDArray[Any], label: Any, size: int = 56) -> Html:
    """Return an image of shape (rows, columns), of ink from 0 to 1, with a label below it.

    Ink is grey, the rest transparent.
    """
    step = max(1, -(-max(values.shape) // PIXELS))
    ink = np.nan_to_num(np.asarray(values[::step, ::step], float)).clip(0, 1) * 255
    grey = np.full((*ink.shape, 2), 120, np.uint8)
    grey[..., 1] = ink.round()
    source = f"data:image/png;base64,{b64encode(png(grey)).decode()}"
    return Html(
        '<span style="display: inline-block; text-align: center; margin: 0.2em 0.3em">'
        f'<img src="{source}" alt="image, {html(label)}" width="{size}" '
        f'height="{size * ink.shape[0] // max(1, ink.shape[1])}" '
        'style="display: block; image-rendering: pixelated; border: 1px solid #8886; max-width: none; '
        'background: none">'
        f"{html(label)}</span>"
    )


def png(grey: NDArray[np.uint8]) -> bytes:
    """Return the PNG file of an array of shape (rows, columns, 2): grey, and how opaque."""
    rows, columns, _ = grey.shape
    lines = np.zeros((rows, 1 + 2 * columns), np.uint8)  # each line begins with a 0: no filter
    lines[:, 1:] = grey.reshape(rows, -1)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", columns, rows, 8, 4, 0, 0, 0)  # eight bits, grey and alpha
    content = chunk(b"IDAT", zlib.compress(lines.tobytes(), 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + content + chunk(b"IEND", b"")


def curves(named: Mapping[str, Sequence[float]], width: int = 340, height: int = 130) -> Html:
    """Return a small picture of one or more curves over the same steps: the first is a line, others are dashed."""
    finite = [value for values in named.values() for value in values if math.isfinite(value)]
    steps = max(map(len, named.values()), default=0)
    if steps < 2 or not finite:
        return Html("")
    low, high = min(0.0, *finite), max(finite)
    left, right, top, bottom = 8.0, width - 8.0, 20.0, height - 8.0
    stride = -(-steps // POINTS)

    def place(step: int, value: float) -> str:
        share = (value / 2 - low / 2) / ((high / 2 - low / 2) or 1)  # halves, whose difference is finite
        return f"{left + (right - left) * step / (steps - 1):.1f},{bottom - (bottom - top) * share:.1f}"

    drawn = []
    for i, (name, values) in enumerate(named.items()):
        kept = [*range(0, len(values) - 1, stride), len(values) - 1] if values else []
        points = " ".join(place(step, values[step]) for step in kept if math.isfinite(values[step]))
        x, line = left + 110 * i, 'fill="none" stroke="currentColor" stroke-width="1.5"'
        line += f' stroke-dasharray="{2 + 3 * i} 3"' if i else ""
        drawn += [
            f'<polyline points="{points}" {line}/>',
            f'<path d="M{x} 9h24" {line}/>',
            f'<text x="{x + 30}" y="13" fill="currentColor" font-size="12">{html(name)}</text>',
        ]
    said = html(f"{' and '.join(named)} over {steps} steps, between {min(finite):.4g} and {high:.4g}")
    axis = f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#8888"/>'
    return Html(
        f'<svg role="img" aria-label="{said}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'style="display: block; max-width: 100%; height: auto"><title>{said}</title>{axis}{"".join(drawn)}</svg>'
    )
