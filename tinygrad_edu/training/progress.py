"""How far a training is: a bar where there is a terminal or notebook for one, some lines elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from .callbacks import Callback
from .history import shown
from .run import Run

LINES = 10  # how many, at most, where there is no bar


class Progress(Callback):
    """One bar for all epochs, tqdm's; or about ten lines."""

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
    """The epoch, and the figures of the last whole one, or those of the first so far."""
    figures = {name: column[-1] for name, column in run.history.columns.items()} or run.figures
    return f"epoch {run.epoch:{len(str(run.epochs))}}/{run.epochs}  " + "  ".join(f"{name} {shown(value)}" for name, value in figures.items())


def bar(run: Run) -> Any:
    """A bar, or None."""
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    batches = len(run.batches) if hasattr(run.batches, "__len__") else None
    return tqdm(total=batches and batches * run.epochs, initial=(batches or 0) * run.epoch, dynamic_ncols=True,
                bar_format="{bar:20} {desc}  [{elapsed}<{remaining}]")
