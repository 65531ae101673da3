"""Themes: colours and borders of each kind of box, for white paper, dark screens, and black and white.

Kinds differ in colour, and without colour in their borders. Values and gradients are blue above 0 and orange below,
which nearly everybody can distinguish.
"""

from __future__ import annotations

from dataclasses import dataclass

Look = dict[str, str]


@dataclass(frozen=True)
class Theme:
    """The colours of a picture, and the Graphviz attributes for each kind of box."""

    paper: str
    ink: str
    faint: str  # for explanations and arrows
    gradient: str  # for text about gradients, and for arrows with a large gradient
    frames: tuple[str, str]  # the backgrounds of frames; nested ones alternate
    border: str  # around frames
    heat: tuple[str, str, str]  # below zero, zero, above zero
    broken: str  # for NaN and infinity
    looks: dict[str, Look]


def looks(**colors: tuple[str, str]) -> dict[str, Look]:
    """Return a look for each kind: its colours (inside, border), and a border that differs even without colours."""
    return {kind: {"fillcolor": inside, "color": border, **BORDERS[kind]} for kind, (inside, border) in colors.items()}


BORDERS: dict[str, Look] = {
    "parameter": {"penwidth": "2"},
    "input": {"style": "filled"},
    "constant": {"style": "rounded,filled,dashed"},
    "operation": {},
    "module": {"shape": "box3d", "style": "filled"},
    "derivative": {"style": "rounded,filled,dotted", "penwidth": "1.5"},
    "result": {"peripheries": "2"},
}

THEMES = {
    "light": Theme(
        paper="white", ink="#1d2430", faint="#5b6472", gradient="#a32020", frames=("#f6f7fa", "#ffffff"), border="#b9c1ce",
        heat=("#d8572a", "#f4f4f2", "#2f7fc1"), broken="#c000c0",
        looks=looks(
            parameter=("#d9ecd6", "#3d7a41"), input=("#ece6f5", "#7a62a8"), constant=("#f4f4f2", "#6b6b6b"),
            operation=("#e2ebf8", "#5573a6"), module=("#dfe3ea", "#4d5b73"), derivative=("#fbe7e4", "#a8483c"),
            result=("#fdeacb", "#b06a10"),
        ),
    ),
    "dark": Theme(
        paper="#14181f", ink="#e8ebf0", faint="#98a3b3", gradient="#ff8f80", frames=("#1b212b", "#222a36"), border="#46505f",
        heat=("#f08a5d", "#2a2f38", "#5aa9e6"), broken="#ff4dff",
        looks=looks(
            parameter=("#1f3a25", "#79b97e"), input=("#332b47", "#a993d6"), constant=("#262b33", "#8d96a3"),
            operation=("#22324d", "#7f9fd0"), module=("#323a47", "#a3b0c4"), derivative=("#45261f", "#e0897a"),
            result=("#4a3616", "#e0a24a"),
        ),
    ),
    "print": Theme(
        paper="white", ink="black", faint="#444444", gradient="black", frames=("white", "white"), border="#888888",
        heat=("#000000", "#b4b4b4", "#ffffff"), broken="#ff00ff",
        looks=looks(
            parameter=("#dddddd", "black"), input=("white", "black"), constant=("white", "#555555"),
            operation=("white", "#555555"), module=("#eeeeee", "black"), derivative=("white", "black"),
            result=("white", "black"),
        ),
    ),
}  # fmt: skip


def mix_colours(a: str, b: str, share: float) -> str:
    """Return the colour that lies `share` of the way from `a` to `b`, both ``#rrggbb``."""
    one, other = ([int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in (a, b))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(one, other, strict=True))
