"""Diagram: the places of the neurons and connections in a picture of a network, and how they are drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .neurons import Columns
from .sensitivity import keys
from .theme import FAINT, ink, palette, paper, shades, sign_colours, small

GAP = 1.6  # between the halves of a column that is too long, in neurons
RADIUS = 0.36
UNIT = 0.27  # inches from neuron to neuron, where there is room
LETTER = 0.105  # inches for a letter of an answer


class Diagram:
    """A picture of a network for one example; its unit of length is the distance of neurons in a column."""

    def __init__(self, found: Columns, i: int, slopes: Any, labels: Any, most: int, image: bool | None) -> None:
        self.found, self.slopes, self.most = found, slopes, most
        self.values: list[Any] = [None if v is None else v[i] for v in found.values]
        # then colours say the sign, in every column
        self.signed = any(v is not None and bool((v < 0).any()) for v in found.values)
        side = math.isqrt(found.widths[0])
        square = side * side == found.widths[0] and side > 1
        if image and not square:
            raise ValueError(f"image=True needs a square number of inputs, such as 784; there are {found.widths[0]}")
        self.side = (
            side
            if self.values[0] is not None
            and square
            and (image or (image is None and found.begins and found.widths[0] > most))
            else 0
        )
        self.shown = [self.chosen(k) for k in range(len(found.widths))]
        self.names = [
            str(n)
            for n in (labels if labels is not None else range(found.widths[-1]) if found.widths[-1] > 1 else [""])
        ]
        self.height = max(len(s) + (GAP - 1) * (len(s) < n) for s, n in zip(self.shown, found.widths, strict=True))
        self.step = max(4.5, 0.42 * self.height)
        self.picture = 0.72 * self.height if self.side else 0.0
        self.start = self.picture + 0.3 * self.step if self.side else 1.8
        self.core = self.start + self.step * (len(found.widths) - 1) + 1.3
        self.fit_into(math.inf)

    def fit_into(self, width: float) -> float:
        """Choose the size of the picture, and return the inches from neuron to neuron."""
        names = LETTER * (1 + max(map(len, self.names)))
        written = names + LETTER * (5 if self.values[-1] is not None else 0)
        unit = min(UNIT, (width - written) / self.core)
        self.room = names / unit
        self.size = (self.core + written / unit, max(self.height, 4.0) + 1.0 + 0.6 / unit)
        return unit

    def chosen(self, k: int) -> Any:
        """Return the neurons of column `k` to draw: all, or those with the strongest connections, in their order."""
        width = self.found.widths[k]
        if width <= self.most:
            return np.arange(width)
        if k < len(self.found.layers):
            strength = np.abs(self.edges(k)).max(axis=0)
            if self.slopes is None and self.values[k] is not None:
                strength = strength * np.abs(self.values[k])
        else:
            strength = np.zeros(width) if self.values[k] is None else self.values[k]
        return np.sort(np.argsort(-strength, kind="stable")[: self.most])

    def edges(self, k: int) -> Any:
        """Return what the connections of layer `k` show: the weights, or the negative gradient."""
        weight = self.found.layers[k].weight
        if self.slopes is None:
            return weight.data
        return np.zeros(weight.shape) if self.slopes.get(id(weight)) is None else -self.slopes[id(weight)]

    def rims(self, k: int) -> Any:
        """Return what the rims of column `k` show: the negative gradient of the biases, if any."""
        bias = self.found.layers[k - 1].bias if k else None
        return (
            None if self.slopes is None or bias is None or self.slopes.get(id(bias)) is None else -self.slopes[id(bias)]
        )

    def scale(self, k: int) -> float:
        """Return the strongest connection of the layer, or of the whole gradient."""
        layers = [k] if self.slopes is None else range(len(self.found.layers))
        return max(float(np.abs(self.edges(j)).max()) for j in layers) or 1.0

    def places(self, k: int) -> Any:
        """Return the centres of the neurons drawn of column `k`."""
        n = len(self.shown[k])
        y = np.arange(n) + (GAP * (np.arange(n) >= (n + 1) // 2) if n < self.found.widths[k] else 0.0)
        return np.column_stack([np.full(n, self.start + k * self.step), (y.max() + y.min()) / 2 - y])

    def draw(self, axes: Any) -> None:
        """Draw all of it."""
        axes.set_aspect("equal")
        for k in range(len(self.found.layers)):
            self.draw_connections(axes, k)
        for k in range(len(self.found.widths)):
            self.draw_neurons(axes, k)
        if self.side:
            self.draw_image(axes)
        self.draw_answers(axes)
        width, height = self.size
        axes.set_xlim(-0.6, width - 0.6)
        axes.set_ylim(self.height / 2 + 0.8 - height, self.height / 2 + 0.8)

    def draw_connections(self, axes: Any, k: int) -> None:
        """Draw lines, the strong ones above the weak ones."""
        from matplotlib.collections import LineCollection
        from matplotlib.colors import Normalize

        values = self.edges(k)[np.ix_(self.shown[k + 1], self.shown[k])]
        scale = self.scale(k)
        order = np.argsort(np.abs(values), axis=None)
        to, source = np.unravel_index(order, values.shape)
        ends = np.stack([self.places(k)[source], self.places(k + 1)[to]], axis=1)
        values = values.ravel()[order]
        lines = LineCollection(list(ends), array=values, cmap=sign_colours(), norm=Normalize(-scale, scale), zorder=1,
                               linewidths=0.15 + 2.2 * (np.abs(values) / scale) ** 1.5)  # fmt: skip
        lines.set_gid(f"connections {k}")
        axes.add_collection(lines, autolim=False)

    def draw_neurons(self, axes: Any, k: int) -> None:
        """Draw circles, with dots between them where some are left out, and the number of all below."""
        from matplotlib.collections import EllipseCollection

        places, shown, width = self.places(k), self.shown[k], self.found.widths[k]
        size = 2 * RADIUS * np.ones(len(shown))
        circles: Any = {"units": "xy", "offsets": places, "offset_transform": axes.transData, "zorder": 3}
        neurons = EllipseCollection(
            size, size, 0 * size, linewidths=0.9, edgecolors=ink(), facecolors=paper(), **circles
        )
        values = self.values[k]
        if values is not None:
            neurons.set(
                array=values[shown], **shades(values, None if np.abs(values).max(initial=0) > 1 else 1.0, self.signed)
            )
        neurons.set_gid(f"neurons {k}")
        axes.add_collection(neurons, autolim=False)
        rims = self.rims(k)
        if rims is not None:
            strength = np.clip(rims[shown] / self.scale(0), -1, 1)
            size = size + 0.16
            rings = EllipseCollection(size, size, 0 * size, linewidths=3 * np.abs(strength), facecolors="none",
                                      edgecolors=sign_colours()(0.5 + 0.5 * strength), **circles)  # fmt: skip
            axes.add_collection(rings, autolim=False)
        if len(shown) < width:
            n = (len(shown) + 1) // 2
            middle = (places[n - 1] + places[n]) / 2
            axes.plot(
                np.full(3, middle[0]), middle[1] + np.array([-0.4, 0, 0.4]), "o", color=ink(), markersize=2, zorder=3
            )
        what = (
            ("input" if self.found.begins else "features")
            if k == 0
            else "output"
            if k == len(self.found.layers)
            else "hidden"
        )
        text = f"{what}\n{width:,}" + (f", {len(shown)} shown" if len(shown) < width else "")
        axes.text(places[0][0], -self.height / 2 - 0.5, text, ha="center", va="top", fontsize=small(axes), alpha=FAINT)

    def keys(self) -> list[Any]:
        """Return the legend: of connections, of circles for activations, and of rims for slopes, where they exist."""
        from matplotlib.lines import Line2D

        def circle(text: str, colour: Any, **rim: Any) -> Any:
            look: dict[str, Any] = {"markeredgecolor": ink(), "markeredgewidth": 0.9, "markersize": 8} | rim
            return Line2D([], [], linestyle="", marker="o", markerfacecolor=colour, label=text, **look)

        words = (
            ("positive weight", "negative weight")
            if self.slopes is None
            else ("raise the weight: the cost falls", "lower it: the cost falls")
        )
        found = keys(words)
        if self.slopes is not None and any(self.rims(k) is not None for k in range(len(self.found.widths))):
            found.append(
                circle("rim: the bias, likewise", paper(), markeredgecolor=palette().positive, markeredgewidth=2.5)
            )
        if self.side:
            square: dict[str, Any] = {"markersize": 6, "markerfacecolor": "none", "markeredgecolor": palette().mark}
            found.append(Line2D([], [], linestyle="", marker="s", label="pixel of an input neuron", **square))
        if self.values[0] is None:
            return found
        if self.signed:
            return [
                *found,
                circle("positive activation", palette().positive),
                circle("negative activation", palette().negative),
            ]
        large = any(v.max(initial=0) > 1 for v in self.found.values)
        return [
            *found,
            circle("activation 0", paper()),
            circle("1, or the column's largest" if large else "activation 1", ink()),
        ]

    def draw_image(self, axes: Any) -> None:
        """Draw the inputs as an image at the left; each pixel that is drawn as a neuron is joined to it."""
        from matplotlib.collections import LineCollection

        pixels, side, half = self.values[0].reshape(self.side, self.side), self.side, self.picture / 2
        axes.imshow(pixels, **shades(pixels), extent=(0, 2 * half, -half, half), zorder=1, interpolation="nearest")
        axes.plot(
            [0, 2 * half, 2 * half, 0, 0], [-half, -half, half, half, -half], color=ink(), linewidth=0.8, alpha=FAINT
        )
        rows, across = np.divmod(self.shown[0], side)
        spots = np.column_stack([(across + 0.5) / side * 2 * half, half - (rows + 0.5) / side * 2 * half])
        lines = np.stack([spots, self.places(0)], axis=1)
        axes.add_collection(
            LineCollection(list(lines), colors=palette().mark, linewidths=0.6, alpha=0.7, zorder=2), autolim=False
        )
        axes.plot(
            *spots.T,
            "s",
            markersize=3.5,
            markerfacecolor="none",
            markeredgecolor=palette().mark,
            markeredgewidth=0.9,
            zorder=2,
        )

    def draw_answers(self, axes: Any) -> None:
        """Write the names of the output neurons and their activations, the strongest in bold."""
        values, last = self.values[-1], len(self.found.layers)
        for j, (x, y) in zip(self.shown[last], self.places(last), strict=True):
            strongest = values is not None and len(values) > 1 and j == np.argmax(values)
            bold: Any = {"va": "center", "fontweight": "bold" if strongest else "normal"}
            axes.text(x + 0.7, y, self.names[j], fontsize=small(axes), **bold)
            if values is not None:
                number = f"{values[j]:.2f}"
                axes.text(x + 0.7 + self.room, y, number, fontsize=small(axes), alpha=1 if strongest else FAINT, **bold)
