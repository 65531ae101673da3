"""History: the loss and the metrics of a training, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator, KeysView, Mapping
from typing import Any

from .. import html_repr
from ..engine.tensor_base import to_arrays


class History:
    """The figures of a training by name, each a list with a number for every epoch; `fit` makes it.

    Attributes
    ----------
    columns : dict of str to list of float
        All figures: ``loss``, the metrics, ``val_loss`` and so on. ``history["loss"]`` is short for
        ``history.columns["loss"]``.
    epochs : list of int
        The numbers of the epochs, from 1, to plot the figures over.
    stopped : str
        Why training ended before its last epoch; empty if it did not.

    Examples
    --------
    >>> history = History()
    >>> history.record(1, {"loss": 0.5, "accuracy": 0.75})
    >>> history.record(2, {"loss": 0.25, "accuracy": 1.0})
    >>> history["loss"]
    [0.5, 0.25]
    >>> history
    epoch    loss  accuracy
        1  0.5000    0.7500
        2  0.2500    1.0000
    """

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.columns: dict[str, list[float]] = {}
        self.stopped = ""

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.columns:
            raise KeyError(f"there is no figure {name!r}; there are {', '.join(self.columns) or 'none yet'}")
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def keys(self) -> KeysView[str]:
        """Return the names of the figures, so that ``dict(history)`` works.

        Returns
        -------
        keys of a dict
            The names.
        """
        return self.columns.keys()

    def record(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Add an epoch.

        Parameters
        ----------
        epoch : int
            Its number, from 1.
        figures : dict of str to float
            Its figures, by name.
        """
        self.epochs.append(epoch)
        self.add(figures)

    def add(self, figures: Mapping[str, float]) -> None:
        """Add figures to the last epoch; earlier epochs that lack them get NaN.

        Parameters
        ----------
        figures : dict of str to float
            The figures, by name.
        """
        for name, value in figures.items():
            column = self.columns.setdefault(name, [])
            column += [math.nan] * (len(self.epochs) - len(column))
            column[-1] = float(value)
        for column in self.columns.values():
            column += [math.nan] * (len(self.epochs) - len(column))

    def __repr__(self) -> str:
        widths = {
            name: max(len(name), *(len(format_figure(v)) for v in column)) for name, column in self.columns.items()
        }
        rows = ["epoch  " + "  ".join(f"{name:>{width}}" for name, width in widths.items())]
        for i, epoch in enumerate(self.epochs):
            if len(self.epochs) > 20 and 9 < i < len(self.epochs) - 10:
                rows += ["  ..."] * (i == 10)
            else:
                rows.append(
                    f"{epoch:5}  "
                    + "  ".join(f"{format_figure(self[name][i]):>{width}}" for name, width in widths.items())
                )
        return (
            "\n".join(rows + [f"stopped: {self.stopped}"] * bool(self.stopped))
            if self.epochs
            else "History of no epochs"
        )

    def _repr_html_(self) -> str:
        """Return the figures as a table, and the loss as a curve, for a notebook."""
        if not self.epochs:
            return html_repr.titled_block("History of no epochs")
        rows = [
            (epoch, *(format_figure(column[i]) for column in self.columns.values()))
            for i, epoch in enumerate(self.epochs)
        ]
        table = html_repr.table(["epoch", *self.columns], html_repr.first_and_last(rows, 10), range(99))
        curves: dict[str, list[float]] = {
            name: self.columns[name] for name in ("loss", "val_loss") if name in self.columns
        }
        stopped = f"stopped: {self.stopped}" if self.stopped else ""
        return html_repr.titled_block("", html_repr.curves(curves), table, stopped)

    def state_dict(self) -> dict[str, Any]:
        """Return everything to save of the history.

        Returns
        -------
        dict
            Copies of ``epochs`` and ``columns``.
        """
        return {"epochs": list(self.epochs), "columns": {name: list(column) for name, column in self.columns.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Become the history that was saved.

        Parameters
        ----------
        state : dict
            The result of `state_dict`.

        Raises
        ------
        ValueError
            If a figure doesn't have a number for each epoch.
        """
        epochs, columns = (
            list(state["epochs"]),
            {name: list(map(float, column)) for name, column in state["columns"].items()},
        )
        wrong = [name for name, column in columns.items() if len(column) != len(epochs)]
        if wrong or not all(isinstance(epoch, int) for epoch in epochs):
            raise ValueError(
                f"a history has a figure in every column for each epoch; there are {len(epochs)} epochs, and others in "
                f"{', '.join(wrong) or 'epochs'}"
            )
        self.epochs, self.columns = epochs, columns


class Averages:
    """Averages over examples, computed from averages over batches."""

    def __init__(self) -> None:
        self.examples = 0
        self.sums: dict[str, float] = {}

    def add(self, examples: int, metrics: Mapping[str, Any], output: Any, target: Any, loss: float | None) -> None:
        """Add the figures of a batch."""
        self.examples += examples
        sums = self.sums
        if loss is not None:
            sums["loss"] = sums.get("loss", 0.0) + loss * examples
        if metrics:
            output, target = to_arrays(output), to_arrays(target)
            for name, metric in metrics.items():
                sums[name] = sums.get(name, 0.0) + float(metric(output, target)) * examples

    def figures(self) -> dict[str, float]:
        """Return the averages, by name."""
        return {name: total / self.examples for name, total in self.sums.items()} if self.examples else {}


def format_figure(value: float) -> str:
    """Format a number with four digits after the point, or four significant ones where those would say nothing."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 or not math.isfinite(value) else f"{value:.3e}"
