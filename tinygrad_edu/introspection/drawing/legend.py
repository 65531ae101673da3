"""The legend of a picture: the meaning of the colours and lines that occur in it."""

from __future__ import annotations

from .groups import Group
from .labels import format_number
from .painter import DECADES, Painter
from .themes import mix_colours

KINDS = {
    "parameter": "leaf that requires gradients: a parameter",
    "input": "input",
    "constant": "constant",
    "operation": "operation, and what it computed",
    "module": "module, folded: depth=... unfolds it",
    "result": "result",
    "derivative": "operation of the backward pass",
}


Row = tuple[str, str]  # a cell with a sample, and what it means


def legend_table(rows: list[Row]) -> str:
    """Return the rows as an HTML-like label."""
    text = "".join(
        f'<TR>{cell}<TD ALIGN="LEFT" COLSPAN="{1 if cell else 2}"><FONT POINT-SIZE="10">{words}</FONT></TD></TR>'
        for cell, words in rows
    )
    return f'<<TABLE BORDER="0" CELLSPACING="3" CELLPADDING="1">{text}</TABLE>>'


def caption(painter: Painter, depth: int | None, fold: bool | None) -> list[Row]:
    """Return the rows that say what was folded without being asked, and how to see it."""
    scene = painter.scene
    collapsed = depth is None and any(isinstance(box.what, Group) for box in scene.ordered)
    if not collapsed and (fold or not scene.same):
        return []
    shown = f"{len(scene.ordered)} boxes for {len(scene.sketch.operations):,} operations"
    what = f"folded: {shown}" if collapsed else "folded: what repeats is drawn once"
    deeper = f"; depth={scene.depth + 1:.0f} shows more" if collapsed else ""
    return [("", what), ("", f"fold=False shows all{deeper}")]


def key(painter: Painter) -> list[Row]:
    """Return the legend, with one row for each colour and line in the picture."""
    theme, shown = painter.theme, painter.shown
    rows = []
    for kind, words in KINDS.items():
        if kind in shown.kinds:
            look = theme.looks[kind]
            rows.append((sample(look, painter.theme.paper), words))
    if painter.scene.same:
        rows.append(('<TD><FONT POINT-SIZE="10">× 3</FONT></TD>', "drawn once, as often as × says"))
    if shown.norms:
        widest, narrowest = format_number(painter.widest), format_number(painter.widest / 10**DECADES)
        rows.append((rule_cell(theme.gradient, 4), f"much gradient comes back here: norm {widest}"))
        rows.append((rule_cell(theme.faint, 1), f"little: {narrowest} or less"))
        lines = {
            "dashed": (f'<TD><FONT COLOR="{theme.faint}">- - -</FONT></TD>', "none: nobody asked for it"),
            "dotted": (f'<TD><FONT COLOR="{theme.faint}">· · ·</FONT></TD>', "none: it is exactly 0"),
            "broken": (rule_cell(theme.broken, 4), "not a number, or infinite"),
        }
        rows += [row for line, row in lines.items() if line in shown.lines]
    if shown.heat:
        low, zero, high = theme.heat
        colors = [low, mix_colours(low, zero, 0.5), zero, mix_colours(zero, high, 0.5), high]
        cells = "".join(f'<TD BGCOLOR="{c}" WIDTH="10" HEIGHT="10" FIXEDSIZE="TRUE"></TD>' for c in colors)
        rows.append(
            (
                f'<TD><TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{cells}</TR></TABLE></TD>',
                "numbers below zero, zero, above; left the value, right its gradient",
            )
        )
    return rows


def sample(look: dict[str, str], paper: str) -> str:
    """Return a table cell with a small box of this look."""
    style = ",".join(word for word in ("rounded", "dashed", "dotted") if word in look.get("style", "rounded"))
    width = 2 if look.get("penwidth", "1") == "2" or look.get("shape") == "box3d" else 1
    box = (
        f'<TABLE BGCOLOR="{look["fillcolor"]}" COLOR="{look["color"]}" BORDER="{width}" CELLBORDER="0" CELLSPACING="0" '
        f'CELLPADDING="0" STYLE="{style or "solid"}"><TR><TD WIDTH="24" HEIGHT="10"></TD></TR></TABLE>'
    )
    if "peripheries" in look:
        box = (
            f'<TABLE COLOR="{look["color"]}" BGCOLOR="{paper}" BORDER="1" CELLBORDER="0" CELLSPACING="0" '
            f'CELLPADDING="2" STYLE="rounded"><TR><TD>{box}</TD></TR></TABLE>'
        )
    return f"<TD>{box}</TD>"


def rule_cell(color: str, width: int) -> str:
    """Return a table cell with a horizontal line."""
    return (
        f'<TD><TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR><TD BGCOLOR="{color}" WIDTH="30" HEIGHT="{width}" '
        'FIXEDSIZE="TRUE"></TD></TR></TABLE></TD>'
    )
