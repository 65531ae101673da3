"""Callbacks: what is done besides learning, as training goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .run import Run


class Callback:
    """Define those of these methods that you need; each is given the `Run`, to look at and to stop.

    If what it does must go on exactly after a break, give it ``state_dict()`` and ``load_state_dict(state)`` too.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, data, fit, nn, optim
    >>> class Watch(Callback):
    ...     def on_epoch_end(self, run):
    ...         run.log(slope=run.model.weight.item())
    ...         if abs(run.model.weight.item() - 2) < 0.1:
    ...             run.stop = "steep enough"
    >>> model = nn.Linear(1, 1)
    >>> history = fit(model, data.line(noise=0, seed=0), nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1),
    ...               epochs=100, callbacks=[Watch()], progress=False)
    >>> history.stopped, bool(history["slope"][-1] > 1.9)
    ('steep enough', True)
    """

    def on_fit_start(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_start(self, run: Run) -> None:
        """Before the first batch of an epoch."""

    def on_batch_end(self, run: Run) -> None:
        """After a step."""

    def on_epoch_end(self, run: Run) -> None:
        """After the last batch of an epoch, when its figures are in ``run.history``."""

    def on_fit_end(self, run: Run) -> None:
        """After the last epoch, however it came to an end."""


class Function(Callback):
    """A function, called with the run after each epoch."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        self.function(run)


class EarlyStopping(Callback):
    """Stop when a figure does not get better any more, and take back the weights with which it was best.

    Parameters
    ----------
    patience : int
        How many epochs in a row without a better figure are borne.
    monitor : str, optional
        Which figure; by default ``val_loss``, or ``loss`` where nothing is validated.
    mode : {"min", "max"}, optional
        Which way is better; by default "max" for names that end in "accuracy", "min" for others.
    min_delta : float
        By how much a figure must be better to count.
    restore_best : bool
        Whether the model ends with the weights (and buffers) of its best epoch, however training ended.
    """

    def __init__(self, patience: int = 5, monitor: str | None = None, mode: str | None = None, min_delta: float = 0.0,
                 restore_best: bool = True) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience={patience} must be at least 1")
        if mode not in (None, "min", "max"):
            raise ValueError(f"EarlyStopping: mode must be 'min' or 'max', not {mode!r}")
        self.patience, self.monitor, self.mode, self.min_delta, self.restore_best = patience, monitor, mode, min_delta, restore_best
        self.best: float | None = None
        self.best_epoch = self.waited = 0
        self.best_state: Any = None

    def on_fit_start(self, run: Run) -> None:
        if run.epoch == 0:  # used again, for another training
            self.best, self.best_epoch, self.waited, self.best_state = None, 0, 0, None

    def on_epoch_end(self, run: Run) -> None:
        name = self.monitor or ("val_loss" if "val_loss" in run.history else "loss")
        now = run.history[name][-1]
        sign = -1 if (self.mode or ("max" if name.endswith("accuracy") else "min")) == "max" else 1
        if self.best is None or sign * now < sign * self.best - self.min_delta:
            self.best, self.best_epoch, self.waited = now, run.epoch, 0
            self.best_state = run.model.state_dict() if self.restore_best else None
        else:
            self.waited += 1
        if self.waited >= self.patience:
            run.stop = f"{name} was best in epoch {self.best_epoch}, with {self.best:.4g}"

    def on_fit_end(self, run: Run) -> None:
        if self.best_state is not None and self.best_epoch < run.epoch:
            run.model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        """What to save of it."""
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited, "best_state": self.best_state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`."""
        kinds = {"best": float | int | None, "best_epoch": int, "waited": int, "best_state": Mapping | None}
        wrong = [name for name, kind in kinds.items() if not isinstance(state[name], kind)]
        if wrong:
            raise ValueError(f"EarlyStopping: {wrong[0]} is {state[wrong[0]]!r} in the state, which can't be")
        vars(self).update({name: state[name] for name in kinds})


def as_callbacks(callbacks: Any) -> list[Any]:
    """A list of callbacks, of whatever was given."""
    return [as_callback(c) for c in ([callbacks] if isinstance(callbacks, Callback) or callable(callbacks) else callbacks)]


def as_callback(callback: Any) -> Any:
    if isinstance(callback, type):
        raise TypeError(f"callbacks are objects, and {callback.__name__} is a class: write {callback.__name__}()")
    if isinstance(callback, Callback):
        return callback
    if callable(callback):
        return Function(callback)
    raise TypeError(f"a callback is a Callback, or a function to be called after each epoch; {callback!r} is none")
