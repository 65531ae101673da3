"""Heights over a plane: as a map with contour lines, as a mountain, and a path in both."""

from __future__ import annotations

from typing import Any

import numpy as np

from .theme import HEIGHTS, SMALL, dress, ink, palette, paper


def chart(axes: Any, x: Any, y: Any, z: Any, names: tuple[str, str]) -> Any:
    """Draw a map: contour lines, closer where it is steeper, and colours, lighter where it is higher."""
    levels = heights(z)
    shown = axes.contourf(x, y, z, levels=levels, cmap=HEIGHTS, extend="both")
    axes.contour(x, y, z, levels=levels[::2], colors=paper(), linewidths=0.4, alpha=0.6)
    dress(axes, "", *names)
    return shown


def heights(z: Any) -> Any:
    """Return the heights of contour lines: closer together near the bottom, where valleys are."""
    finite = z[np.isfinite(z)]
    if not finite.size:
        raise ValueError("the function is nowhere finite in this part of the plane: choose another")
    low, high = float(finite.min()), float(np.quantile(finite, 0.97))
    if high <= low:
        return low + np.linspace(-0.5, 0.5, 25) * (abs(low) or 1.0) * 1e-3  # flat
    return low + (high - low) * np.linspace(0, 1, 25) ** 1.6


def mountain(axes: Any, x: Any, y: Any, z: Any, names: tuple[str, str]) -> None:
    """Draw a surface in space, cut off where it would hide the rest."""
    levels = heights(z)
    cut = np.clip(np.where(np.isfinite(z), z, levels[-1]), None, levels[-1])
    axes.plot_surface(*np.meshgrid(x, y), cut, cmap=HEIGHTS, vmin=levels[0], vmax=levels[-1], rcount=60, ccount=60,
                      linewidth=0.15, edgecolor=paper(), antialiased=True, alpha=0.9)  # fmt: skip
    axes.set_xlabel(names[0], fontsize=SMALL, labelpad=10)
    axes.set_ylabel(names[1], fontsize=SMALL, labelpad=10)
    axes.tick_params(labelsize=SMALL, pad=2)
    axes.view_init(elev=38, azim=-60)
    axes.set_box_aspect(None, zoom=0.9)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.get_major_locator().set_params(nbins=3)
        axis._axinfo["grid"].update(linewidth=0.4, color=(0.5, 0.5, 0.5, 0.3))


def arrow_key() -> Any:
    """Return the legend of arrows down the slope."""
    from matplotlib.lines import Line2D

    arrow: dict[str, Any] = {"linestyle": "", "marker": r"$\nearrow$", "markersize": 11, "color": ink()}
    return Line2D([], [], label="arrow: the negative gradient", **arrow)


def path_keys(*between: Any) -> list[Any]:
    """Return the legend of a path: where it begins and ends, and what else is drawn along it."""
    from matplotlib.lines import Line2D

    ring: dict[str, Any] = {"markersize": 9, "markerfacecolor": "none", "markeredgecolor": palette().negative}
    star: dict[str, Any] = {"markersize": 13, "markerfacecolor": palette().mark, "markeredgecolor": ink()}
    return [
        Line2D([], [], linestyle="", marker="o", markeredgewidth=2, label="start", **ring),
        *between,
        Line2D([], [], linestyle="", marker="*", markeredgewidth=0.6, label="end", **star),
    ]


def footprints(axes: Any, *places: Any, gid: str = "path") -> None:
    """Draw a path, in two coordinates or three: a line with a point for each step, from a ring to a star."""
    points = 10 if len(places[0]) > 60 else 3.5
    above: dict[str, Any] = {"zorder": 10}
    axes.plot(
        *places,
        color=palette().negative,
        linewidth=1.6,
        marker="o" if points == 3.5 else "",
        markersize=points,
        gid=gid,
        markeredgecolor="white",
        markeredgewidth=0.4,
        **above,
    )
    first, last = ([p[:1] for p in places], [p[-1:] for p in places])
    axes.plot(
        *first,
        "o",
        markersize=9,
        markerfacecolor="none",
        markeredgecolor=palette().negative,
        markeredgewidth=2,
        **above,
    )
    axes.plot(
        *last, "*", markersize=14, markerfacecolor=palette().mark, markeredgecolor=ink(), markeredgewidth=0.6, **above
    )
