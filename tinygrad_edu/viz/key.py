"""The legend: what the colours and lines of a picture mean, of those that occur in it."""

from __future__ import annotations

from .labels import number
from .paint import DECADES, Painter
from .palette import between

KINDS = {
    "parameter": "leaf that requires gradients: a parameter",
    "input": "input: yours, without gradients",
    "constant": "constant",
    "operation": "operation, and what it computed",
    "module": "module, not unfolded",
    "result": "result",
    "derivative": "operation of the backward pass",
}


def key(painter: Painter) -> str:
    """An HTML-like label, of one line for each thing to be told."""
    theme, shown = painter.theme, painter.shown
    rows = []
    for kind, words in KINDS.items():
        if kind in shown.kinds:
            look = theme.looks[kind]
            style = "dashed" if "dashed" in look.get("style", "") else "dotted" if "dotted" in look.get("style", "") else "solid"
            width = 2 if kind in ("parameter", "module") else 1
            inside = f'<TD BGCOLOR="{look["fillcolor"]}" COLOR="{look["color"]}" BORDER="{width}" STYLE="{style}" WIDTH="24" HEIGHT="12"></TD>'
            if kind == "result":
                inside = f'<TD BORDER="1" COLOR="{look["color"]}" CELLPADDING="2"><TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>' \
                         f'{inside}</TR></TABLE></TD>'  # fmt: skip
            rows.append((inside, words))
    if shown.norms:
        widest, narrowest = number(painter.widest), number(painter.widest / 10**DECADES)
        rows.append((line(theme.gradient, 4), f"much gradient comes back here: norm {widest}"))
        rows.append((line(theme.faint, 1), f"little: {narrowest} or less"))
    if shown.heat:
        low, zero, high = theme.heat
        colors = [low, between(low, zero, 0.5), zero, between(zero, high, 0.5), high]
        cells = "".join(f'<TD BGCOLOR="{c}" WIDTH="10" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for c in colors)
        rows.append((f'<TD><TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cells}</TR></TABLE></TD>',
                     "numbers below zero, zero, above; left the value, right its gradient"))
    text = "".join(f'<TR>{cell}<TD ALIGN="LEFT"><FONT POINT-SIZE="10" COLOR="{theme.faint}">{words}</FONT></TD></TR>' for cell, words in rows)
    return f'<<TABLE BORDER="0" CELLSPACING="3" CELLPADDING="1">{text}</TABLE>>'


def line(color: str, width: int) -> str:
    """A cell with a horizontal line."""
    return f'<TD><TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD BGCOLOR="{color}" WIDTH="30" HEIGHT="{width}" ' \
           'FIXEDSIZE="TRUE"></TD></TR></TABLE></TD>'  # fmt: skip
