"""The palette: what each colour means, in every picture, on paper and on screens.

`draw`, `explore` and `viz` take their colours from here: what is positive, negative, forward, backward, a leaf or a
result has the same colour everywhere. Nearly everybody can tell blue from orange, and both can be seen on their paper.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Palette:
    """Colours, all ``#rrggbb``; with ``_fill`` or ``_soft``, those inside of boxes."""

    positive: str  # of numbers with a sign: above zero
    negative: str  # below zero
    zero: str
    broken: str  # NaN and infinity
    forward: str  # operations, and what they compute
    forward_soft: str
    backward: str  # gradients, and what computes them
    backward_soft: str
    leaf: str  # what gradients are asked for: parameters
    leaf_fill: str
    input: str
    input_fill: str
    constant: str
    constant_fill: str
    module: str
    module_fill: str
    result: str
    result_fill: str
    good: str  # minima, and the best of a curve
    mark: str  # what points at something
    others: tuple[str, ...]  # curves and classes, after those of the signs


PALETTES = {
    "light": Palette(
        positive="#2f7fc1", negative="#d8572a", zero="#ffffff", broken="#50005a",
        forward="#0b5cad", forward_soft="#e3eefa", backward="#b3202c", backward_soft="#fbe6e6",
        leaf="#2f7436", leaf_fill="#dfefdc", input="#7a62a8", input_fill="#ece6f5", constant="#5d5b56",
        constant_fill="#f2f1ee",
        module="#4d5b73", module_fill="#dfe3ea", result="#96590a", result_fill="#fdebcd",
        good="#1a7f5a", mark="#bd8200", others=("#1a9b74", "#b565a7", "#d99a00", "#4aa9dc"),
    ),
    "dark": Palette(
        positive="#5aa9e6", negative="#f08a5d", zero="#1e2026", broken="#ffd0ff",
        forward="#74b6ff", forward_soft="#1d3048", backward="#ff8d86", backward_soft="#4a2326",
        leaf="#86cc8b", leaf_fill="#1f3523", input="#a993d6", input_fill="#332b47", constant="#a8a6a0",
        constant_fill="#262931",
        module="#a3b0c4", module_fill="#323a47", result="#eebb6d", result_fill="#3d2f16",
        good="#5fcfa4", mark="#e8b23a", others=("#4fc59b", "#d592c8", "#f0bd45", "#8fd0f2"),
    ),
}  # fmt: skip

NUMBERS = ("positive", "negative", "zero", "broken")  # pictures are mixed from these


def css_variables() -> str:
    """Return the palettes as variables of a style sheet: for the page's theme, or else the reader's."""

    def block(palette: Palette) -> str:
        colours = {name: value for name, value in asdict(palette).items() if isinstance(value, str)}
        variables = (
            f"--{name.replace('_', '-')}: {channels(value) if name in NUMBERS else value}"
            for name, value in colours.items()
        )
        return "{ " + "; ".join(variables) + " }"

    light, dark = block(PALETTES["light"]), block(PALETTES["dark"])
    return (
        f':root {light}\n:root[data-theme="dark"] {dark}\n'
        f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {dark} }}\n'
    )


def channels(colour: str) -> str:
    """Return a colour as ``red, green, blue``."""
    return ", ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
