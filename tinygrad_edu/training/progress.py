"""The progress of a training: a bar in a terminal or notebook, some lines elsewhere."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sized
from typing import Any

from .callbacks import Callback
from .history import format_figure
from .run import Run

LINES = 10  # how many, at most, where there is no bar


class Progress(Callback):
    """A callback that shows one bar of tqdm's for all epochs, in a notebook as a widget, or prints about ten lines."""

    def on_fit_start(self, run: Run) -> None:
        self.bar = bar(run)

    def on_batch_end(self, run: Run) -> None:
        if self.bar is not None and self.bar.update():  # it says when it was time to show something
            self.bar.set_description_str(said(run), refresh=False)

    def on_epoch_end(self, run: Run) -> None:
        if self.bar is None and (run.epoch == 1 or run.epoch % -(-run.epochs // LINES) == 0 or run.stop):
            print(said(run), flush=True)

    def on_fit_end(self, run: Run) -> None:
        if self.bar is not None:
            self.bar.set_description_str(said(run))
            self.bar.close()
        if run.stop:
            print(f"stopped: {run.stop}", flush=True)


def said(run: Run) -> str:
    """Return a line with the epoch and the figures: of the last whole epoch, or of the first so far."""
    figures = {name: column[-1] for name, column in run.history.columns.items()} or run.figures
    return f"epoch {run.epoch:{len(str(run.epochs))}}/{run.epochs}  " + "  ".join(
        f"{name} {format_figure(value)}" for name, value in figures.items()
    )


def bar(run: Run) -> Any:
    """Return a bar, or None where it can't be shown."""
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without ipywidgets gets the terminal's bar, without a warning
            from tqdm.auto import tqdm
    except ImportError:
        return None
    is_widget = any(base.__module__ == "tqdm.notebook" for base in tqdm.__mro__)  # which has a width of its own
    batches = len(run.batches) if isinstance(run.batches, Sized) else None
    return tqdm(
        total=batches and batches * run.epochs,
        initial=(batches or 0) * run.epoch,
        dynamic_ncols=True,
        bar_format=("{bar}" if is_widget else "{bar:20}") + " {desc}  [{elapsed}<{remaining}]",
    )
