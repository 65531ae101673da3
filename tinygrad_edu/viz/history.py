"""history: training curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .theme import SMALL, WIDTH, curve_colours, dress, figure, ink, palette, paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OVER = ("epoch", "epochs", "step", "steps", "images")  # columns to plot the others over
TRAINING = ("train_", "train ", "training_", "training ")
VALIDATION = ("val_", "test ", "test_", "validation ", "validation_")
SMOOTHED = 60  # records from which a running mean is drawn


class Figures(Protocol):
    """Lists of numbers by name: what `fit` returns, or a dict."""

    def keys(self) -> Iterable[str]: ...

    def __getitem__(self, name: str, /) -> Sequence[float | None]: ...


def history(history: Figures | Sequence[Mapping[str, float | None]] | Sequence[float]) -> Figure:
    """Draw training curves: one picture for each figure, together with that of the validation.

    Parameters
    ----------
    history : History, mapping of columns, or sequence of dicts
        The result of `fit`; or lists of numbers by name, such as ``{"loss": [...], "val_loss": [...]}``; or one dict
        for each record, where some may lack a figure. A column ``epoch``, ``step`` or ``images`` (since the last
        record) says where they stand; without it, they are numbered from 1. A list of numbers is a loss.

    Returns
    -------
    matplotlib.figure.Figure
        A name that begins with ``val_`` or ``test`` is drawn together with the figure of the rest of its name, which
        may itself begin with ``train_``: so the cost of the tests stands beside that of the training. For many records,
        a running mean is drawn over the pale numbers themselves. The best of a validation is marked.

    Raises
    ------
    ValueError
        If there is nothing to draw, or the columns have different lengths.

    Examples
    --------
    >>> from tinygrad_edu import viz
    >>> figure = viz.history({"loss": [2.0, 1.0, 0.5], "val_loss": [2.1, 1.3, 1.2]})
    >>> figure.axes[0].get_title(loc="left")
    'loss'
    """
    places, columns, over = read_history(history)
    groups: dict[str, list[str]] = {}
    for name in columns:
        groups.setdefault(rest(name), []).append(name)
    lines, across = -(-len(groups) // 2), min(len(groups), 2)
    plate = figure(WIDTH, 3.6 * lines + 0.2)
    grid = plate.subplots(lines, across, squeeze=False).ravel()
    for axes in grid[len(groups) :]:
        axes.set_axis_off()
    for i, (axes, (title, names)) in enumerate(zip(grid, groups.items(), strict=False)):
        dress(axes, title, over)
        for name in sorted(names, key=lambda name: name.startswith(VALIDATION)):
            unseen = name.startswith(VALIDATION)
            draw_curve(axes, places, columns[name], name, ink() if unseen else curve_colours(i + 1)[i], unseen)
        if len(names) > 1:
            axes.legend(frameon=False, fontsize=SMALL)
        if len(places) and places[-1] >= 10_000:
            axes.xaxis.set_major_formatter(lambda n, _: f"{n / 1000:,.0f}k")
        else:
            axes.xaxis.get_major_locator().set_params(integer=True)
        values = np.concatenate([columns[name] for name in names])
        if "loss" in title or "cost" in title:
            axes.set_ylim(bottom=0 if np.nanmin(values, initial=0) >= 0 else None)
    if keys := signs(columns):
        plate.legend(handles=keys, frameon=False, fontsize=SMALL, ncols=3, loc="outside lower left")
    return plate


def signs(columns: Mapping[str, Any]) -> list[Any]:
    """Return the legend of what is drawn besides the figures themselves."""
    from matplotlib.lines import Line2D

    counts = {name: int(np.isfinite(values).sum()) for name, values in columns.items()}
    ring: dict[str, Any] = {
        "linestyle": "",
        "marker": "o",
        "markersize": 8,
        "markerfacecolor": "none",
        "markeredgewidth": 1.6,
    }
    keys = []
    if max(counts.values()) > SMOOTHED:
        keys.append(Line2D([], [], color=ink(), alpha=0.3, linewidth=0.8, label="each record"))
        keys.append(Line2D([], [], color=ink(), linewidth=1.8, label="running mean"))
    if any(n > 1 and name.startswith(VALIDATION) for name, n in counts.items()):
        keys.append(Line2D([], [], markeredgecolor=palette().good, label="the best", **ring))
    if any(np.isinf(values).any() for values in columns.values()):
        keys.append(Line2D([], [], color=ink(), linestyle=":", linewidth=1, label="infinite here"))
    return keys


def draw_curve(axes: Any, places: Any, values: Any, name: str, color: str, validation: bool) -> None:
    """Draw one figure: the numbers where there are any, and their running mean if there are many."""
    from matplotlib.patheffects import withStroke

    there = np.isfinite(values)
    x, y = places[there], values[there]
    marker: dict[str, Any] = {"marker": "o", "markersize": 3.5} if len(x) <= SMOOTHED // 2 else {}
    if len(x) > SMOOTHED:
        axes.plot(x, y, color=color, alpha=0.3, linewidth=0.8)
        axes.plot(x, smooth(y), color=color, linewidth=1.8, label=name)
    else:
        axes.plot(
            x,
            y,
            color=color,
            linewidth=1.2 if validation else 1.8,
            linestyle="--" if validation else "-",
            label=name,
            **marker,
        )
    if validation and len(x) > 1:
        best = np.argmax(y) if name.endswith(("accuracy", "score")) else np.argmin(y)
        axes.plot(
            x[best],
            y[best],
            "o",
            markersize=8,
            markerfacecolor="none",
            markeredgecolor=palette().good,
            markeredgewidth=1.6,
        )
        axes.annotate(
            f"{y[best]:.4g}",
            (x[best], y[best]),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            color=palette().good,
            path_effects=[withStroke(linewidth=3, foreground=paper())],
        )
    for lost in places[~there & np.isinf(values)]:
        axes.axvline(lost, color=color, linestyle=":", linewidth=1)  # it became infinite here


def read_history(history: Any) -> tuple[Any, dict[str, Any], str]:
    """Return the places of the records, the figures (NaN where missing), and what is counted there."""
    if not hasattr(history, "keys"):
        history = record_columns(history)
    names = list(history.keys())
    columns = {str(name): np.array([np.nan if v is None else v for v in history[name]], float) for name in names}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the columns of a history must be of one length, and these are {lengths}: fill up with None")
    n = max(lengths.values(), default=0)
    over = next((name for name in OVER if name in columns), "")
    places = columns.pop(over) if over else np.array(getattr(history, "epochs", np.arange(1, n + 1)), float)
    if n == 0 or not columns:
        raise ValueError("there are no figures in this history yet")
    if over == "images":
        return np.cumsum(places), columns, "training images seen"
    return (
        places,
        columns,
        over or ("epoch" if hasattr(history, "epochs") or any(rest(name) != name for name in columns) else "step"),
    )


def record_columns(records: Sequence[Any]) -> dict[str, list[Any]]:
    """Return the columns of a list of dicts, or of numbers."""
    records = list(records)
    if not all(isinstance(record, Mapping) for record in records):
        if all(np.ndim(record) == 0 and not isinstance(record, str | Mapping) for record in records):
            return {"loss": records}
        raise TypeError(
            "a history is what fit returns, a dict of lists such as {'loss': [...]}, or a list of dicts or of numbers"
        )
    names = dict.fromkeys(name for record in records for name in record)
    return {name: [record.get(name) for record in records] for name in names}


def rest(name: str) -> str:
    """Return the name of the figure that is measured: ``loss`` for ``val_loss``, and for ``train_loss``."""
    return next((name.removeprefix(start) for start in (*TRAINING, *VALIDATION) if name.startswith(start)), name)


def smooth(values: Any, span: int = 15) -> Any:
    """Return the running mean over `span` values, and over fewer at the ends."""
    kernel = np.ones(min(span, max(len(values), 1)))
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")
