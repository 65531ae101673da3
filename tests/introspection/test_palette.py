"""The palette: one language of colours for draw, explore and viz, for those who see fewer colours too."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import pytest

from tinygrad_edu import Tensor, explore, watch
from tinygrad_edu.introspection.drawing.themes import THEMES
from tinygrad_edu.introspection.palette import PALETTES, channels

# How colours look to those who lack one kind of cone (Machado, Oliveira and Fernandes 2009), in linear RGB.
EYES = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanope": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour):
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def difference(a, b, eyes):
    """In the units of CIELAB: 2 can just be told apart side by side, black and white differ by 100."""

    def lab(colour):
        xyz = TO_XYZ @ np.clip(EYES[eyes] @ linear(colour), 0, 1) / np.array([0.95047, 1, 1.08883])
        x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    return float(np.linalg.norm(lab(a) - lab(b)))  # fmt: skip


def contrast(a, b):
    """As the Web Content Accessibility Guidelines define it."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(c)) + 0.05 for c in (a, b))
    return light / dark


@pytest.mark.parametrize("theme", list(PALETTES))
@pytest.mark.parametrize("eyes", list(EYES))
def test_everybody_can_tell_the_colours_apart_that_mean_opposites(theme, eyes):
    p = PALETTES[theme]
    assert difference(p.positive, p.negative, eyes) > 60
    assert difference(p.forward, p.backward, eyes) > 50
    for other in p.positive, p.negative, p.zero:
        assert difference(p.broken, other, eyes) > 20
        assert other == p.zero or difference(p.zero, other, eyes) > 40
    for a, b in combinations((p.positive, p.negative, *p.others), 2):
        assert difference(a, b, eyes) > 10


@pytest.mark.parametrize("theme", list(PALETTES))
def test_all_can_be_seen_on_their_paper(theme):
    p, paper = PALETTES[theme], {"light": "#ffffff", "dark": "#14181f"}[theme]
    for colour in p.positive, p.negative, p.broken, p.mark, p.good:
        assert contrast(colour, paper) > 3
    for kind in "leaf", "input", "constant", "module", "result":
        assert contrast(getattr(p, kind), getattr(p, f"{kind}_fill")) > 3


def page_variables(html, theme):
    selector = {"light": ":root {", "dark": ':root[data-theme="dark"] {'}[theme]
    found = {}
    for block in html.split(selector)[1:]:
        found |= dict(re.findall(r"(--[\w-]+): ([^;}]*[^;} ])", block.partition("}")[0]))
    return found


@pytest.mark.parametrize("theme", list(PALETTES))
def test_draw_explore_and_viz_speak_one_language(theme):
    p = PALETTES[theme]
    assert THEMES[theme].heat == (p.negative, p.zero, p.positive)
    assert (THEMES[theme].gradient, THEMES[theme].broken) == (p.backward, p.broken)
    for kind, name in ("parameter", "leaf"), ("constant", "constant"), ("result", "result"):
        look = THEMES[theme].looks[kind]
        assert (look["color"], look["fillcolor"]) == (getattr(p, name), getattr(p, f"{name}_fill"))

    w = Tensor(2.0, requires_grad=True)
    with watch():
        y = w * w
    variables = page_variables(explore(y).html, theme)
    for name in "positive", "negative", "zero", "broken":
        assert variables[f"--{name}"] == channels(getattr(p, name))
    for name in "leaf", "result", "constant", "forward", "backward":
        assert variables[f"--{name}"] == getattr(p, name)


@pytest.mark.parametrize(("theme", "style"), [("light", "default"), ("dark", "dark_background")])
def test_and_so_does_matplotlib(theme, style):
    pytest.importorskip("matplotlib")
    import matplotlib.style
    from matplotlib.colors import to_hex

    from tinygrad_edu.viz.theme import palette, sign_colours

    p = PALETTES[theme]
    with matplotlib.style.context(style):
        assert (palette().positive, palette().negative) == (p.positive, p.negative)
        for share, colour in (0.25, p.negative), (0.75, p.positive):
            assert difference(to_hex(sign_colours()(share)), colour, "trichromat") < 2
