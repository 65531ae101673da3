"""Callbacks: objects whose methods are called during training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from .run import Run


class Callback:
    """The base of callbacks, whose methods are called during training.

    Define the methods that you need. Each is called with the `Run`, which it can look at, and stop. If a training that
    is resumed from a checkpoint must continue exactly, also define ``state_dict()`` and ``load_state_dict(state)``.

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
        """Act before the first epoch.

        Parameters
        ----------
        run : Run
            The training.
        """

    def on_epoch_start(self, run: Run) -> None:
        """Act before the first batch of an epoch.

        Parameters
        ----------
        run : Run
            The training.
        """

    def on_batch_end(self, run: Run) -> None:
        """Act after a step.

        Parameters
        ----------
        run : Run
            The training.
        """

    def on_epoch_end(self, run: Run) -> None:
        """Act after the last batch of an epoch, when its figures are in ``run.history``.

        Parameters
        ----------
        run : Run
            The training.
        """

    def on_fit_end(self, run: Run) -> None:
        """Act at the end of training, also if it was stopped early or an error ended it.

        Parameters
        ----------
        run : Run
            The training.
        """


class FunctionCallback(Callback):
    """A callback that calls a function with the run after each epoch."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        self.function(run)


class EarlyStopping(Callback):
    """A callback that stops training when a figure stops improving, and restores the best weights.

    Parameters
    ----------
    patience : int
        Training stops after this many epochs in a row without a better figure.
    monitor : str, optional
        The name of the figure; by default ``val_loss``, or ``loss`` without validation data.
    mode : {"min", "max"}, optional
        Whether smaller or larger figures are better; by default "max" for names that end in "accuracy", "min" for
        others.
    min_delta : float
        How much better a figure must be to count.
    restore_best : bool
        Whether the model ends with the weights (and buffers) of its best epoch, however training ended.

    Raises
    ------
    ValueError
        If `patience` is less than 1, or `mode` is another word.

    Examples
    --------
    >>> from tinygrad_edu import data, fit, nn, optim
    >>> from tinygrad_edu.training import EarlyStopping
    >>> model = nn.Linear(1, 1)
    >>> history = fit(model, data.line(seed=0), nn.MSELoss(), optim.SGD(model.parameters(), lr=0.0), epochs=9,
    ...               callbacks=EarlyStopping(patience=2, min_delta=0.01), progress=False)
    >>> len(history.epochs)
    3
    """

    def __init__(
        self,
        patience: int = 5,
        monitor: str | None = None,
        mode: Literal["min", "max"] | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience={patience} must be at least 1")
        if mode not in (None, "min", "max"):
            raise ValueError(f"EarlyStopping: mode must be 'min' or 'max', not {mode!r}")
        self.patience, self.monitor, self.mode, self.min_delta, self.restore_best = (
            patience,
            monitor,
            mode,
            min_delta,
            restore_best,
        )
        self.best: float | None = None
        self.best_epoch = self.waited = 0
        self.best_state: Any = None

    def on_fit_start(self, run: Run) -> None:
        """Forget the last training.

        Parameters
        ----------
        run : Run
            The training.
        """
        if run.epoch == 0:  # used again, for another training
            self.best, self.best_epoch, self.waited, self.best_state = None, 0, 0, None

    def on_epoch_end(self, run: Run) -> None:
        """Compare the figure with the best one; keep the weights, or stop.

        Parameters
        ----------
        run : Run
            The training.
        """
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
        """Restore the best weights.

        Parameters
        ----------
        run : Run
            The training.
        """
        if self.best_state is not None and self.best_epoch < run.epoch:
            run.model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        """Return everything to save of the callback.

        Returns
        -------
        dict
            The best figure, its epoch and its weights, and the epochs since.
        """
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited, "best_state": self.best_state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`.

        Parameters
        ----------
        state : dict
            The result of `state_dict`.

        Raises
        ------
        ValueError
            If an entry can't be right.
        """
        kinds = {"best": float | int | None, "best_epoch": int, "waited": int, "best_state": Mapping | None}
        wrong = [name for name, kind in kinds.items() if not isinstance(state[name], kind)]
        if wrong:
            raise ValueError(f"EarlyStopping: {wrong[0]} is {state[wrong[0]]!r} in the state, which can't be")
        vars(self).update({name: state[name] for name in kinds})


CallbackLike: TypeAlias = Callback | Callable[[Run], object]
Callbacks: TypeAlias = CallbackLike | Sequence[CallbackLike]
"""What `fit` calls during training: a callback, a function of the run, or a list of these."""


def as_callbacks(callbacks: Any) -> list[Any]:
    """Return a list of callbacks, made from what the user gave."""
    return [
        as_callback(c) for c in ([callbacks] if isinstance(callbacks, Callback) or callable(callbacks) else callbacks)
    ]


def as_callback(callback: Any) -> Any:
    """Return a callback, or a function as a callback."""
    if isinstance(callback, type):
        raise TypeError(f"callbacks are objects, and {callback.__name__} is a class: write {callback.__name__}()")
    if isinstance(callback, Callback):
        return callback
    if callable(callback):
        return FunctionCallback(callback)
    raise TypeError(f"a callback is a Callback, or a function to be called after each epoch; {callback!r} is neither")
