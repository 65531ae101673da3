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
            self.bar.set_description(f"epoch {run.epoch}/{run.epochs}", refresh=False)
            self.bar.set_postfix({name: shown(value) for name, value in self.last(run).items()}, refresh=False)

    def on_epoch_end(self, run: Run) -> None:
        if self.bar is None and (run.epoch == 1 or run.epoch % -(-run.epochs // LINES) == 0 or run.stop):
            print(f"epoch {run.epoch:{len(str(run.epochs))}}/{run.epochs}  " + "  ".join(f"{k} {shown(v)}" for k, v in self.last(run).items()),
                  flush=True)

    def on_fit_end(self, run: Run) -> None:
        if self.bar is not None:
            self.bar.set_description(f"epoch {run.epoch}/{run.epochs}", refresh=False)
            self.bar.set_postfix({name: shown(value) for name, value in self.last(run).items()})
            self.bar.close()
        if run.stop:
            print(f"stopped: {run.stop}", flush=True)

    def last(self, run: Run) -> dict[str, float]:
        """The figures of the last whole epoch, or those of the first so far."""
        return {name: column[-1] for name, column in run.history.columns.items()} or run.figures


def bar(run: Run) -> Any:
    """A bar, or None."""
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    batches = len(run.batches) if hasattr(run.batches, "__len__") else None
    return tqdm(total=batches and batches * run.epochs, initial=(batches or 0) * run.epoch, unit=" batches", dynamic_ncols=True)
