"""Run: a training as it goes on, for callbacks to look at."""

from __future__ import annotations

from typing import Any

from .history import Averages, History


class Run:
    """What callbacks are given.

    Attributes
    ----------
    model, loss, optimizer, schedule
        What `fit` was given.
    epoch, epochs : int
        The epoch that goes on, from 1, and how many there shall be.
    batch : int
        The batch of this epoch, from 1.
    batches : iterable
        What is gone through in each epoch.
    figures : dict
        The averages of this epoch so far: ``loss`` and the metrics.
    history : History
        The epochs that are done.
    stop : str
        Empty. Write a reason here, and training ends with this epoch.
    """

    def __init__(self, model: Any, loss: Any, optimizer: Any, batches: Any, epochs: int, schedule: Any) -> None:
        self.model, self.loss, self.optimizer, self.schedule = model, loss, optimizer, schedule
        self.batches, self.epochs = batches, epochs
        self.differentiate: Any = None  # gives the output and the cost of a batch, and leaves gradients
        self.validation: Any = None
        self.metrics: dict[str, Any] = {}
        self.callbacks: list[Any] = []
        self.epoch = self.batch = 0
        self.averages = Averages()
        self.history = History()
        self.stop = ""

    @property
    def figures(self) -> dict[str, float]:
        return self.averages.figures()

    def log(self, **figures: float) -> None:
        """Add figures of your own to those of the epoch that was done last."""
        self.history.add(figures)
