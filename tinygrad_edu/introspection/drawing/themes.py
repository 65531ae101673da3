"""Themes: colours and borders of each kind of box, for white paper, dark screens, and black and white.

Kinds differ in colour, and without colour in their borders.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..palette import PALETTES, Palette

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


def from_palette(palette: Palette, paper: str, ink: str, faint: str, frames: tuple[str, str], border: str) -> Theme:
    """Return the theme with the colours that `explore` and `viz` have too."""
    return Theme(
        paper,
        ink,
        faint,
        palette.backward,
        frames,
        border,
        (palette.negative, palette.zero, palette.positive),
        palette.broken,
        looks(
            parameter=(palette.leaf_fill, palette.leaf),
            input=(palette.input_fill, palette.input),
            constant=(palette.constant_fill, palette.constant),
            operation=(palette.forward_soft, palette.forward),
            module=(palette.module_fill, palette.module),
            derivative=(palette.backward_soft, palette.backward),
            result=(palette.result_fill, palette.result),
        ),
    )


THEMES = {
    "light": from_palette(PALETTES["light"], "white", "#1d2430", "#5b6472", ("#f6f7fa", "#ffffff"), "#b9c1ce"),
    "dark": from_palette(PALETTES["dark"], "#14181f", "#e8ebf0", "#98a3b3", ("#1b212b", "#222a36"), "#46505f"),
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
