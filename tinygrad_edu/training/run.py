"""Run: the state of a training while it runs, for callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .history import Averages, History

if TYPE_CHECKING:
    from ..nn import Module
    from ..optim import Optimizer, ReduceLROnPlateau
    from ..optim.schedules import Schedule
    from ..tensor.tensor import Tensor


class Run:
    """The state of a training while it runs: the argument of callbacks, which `fit` makes.

    Parameters
    ----------
    model : Module
        The model of `fit`.
    loss : callable
        The loss function of `fit`.
    optimizer : Optimizer
        The optimiser of `fit`.
    batches : iterable
        The batches of each epoch.
    epochs : int
        The number of epochs.
    schedule : schedule or None
        The schedule of `fit`.

    Attributes
    ----------
    epoch : int
        The number of the current epoch, from 1.
    batch : int
        The number of the current batch in this epoch, from 1.
    figures : dict
        The averages of this epoch so far: ``loss`` and the metrics.
    history : History
        The epochs that are finished.
    stop : str
        Empty. Write a reason here, and training ends after this epoch.

    Examples
    --------
    >>> from tinygrad_edu import data, fit, nn, optim
    >>> def report(run):
    ...     print(run.epoch, "of", run.epochs, sorted(run.figures))
    ...     run.stop = "seen enough"
    >>> model = nn.Linear(1, 1)
    >>> history = fit(model, data.line(seed=0), nn.MSELoss(), optim.SGD(model.parameters()), epochs=9,
    ...               callbacks=report, progress=False)
    1 of 9 ['loss']
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        batches: Iterable[Any],
        epochs: int,
        schedule: Schedule | ReduceLROnPlateau | None,
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.schedule: Any = schedule
        self.batches, self.epochs = batches, epochs
        self.differentiate: Any = None  # returns the output and the loss of a batch, and leaves gradients
        self.validation: Any = None
        self.metrics: dict[str, Any] = {}
        self.callbacks: list[Any] = []
        self.epoch = self.batch = 0
        self.averages = Averages()
        self.history = History()
        self.stop = ""

    @property
    def figures(self) -> dict[str, float]:
        """The averages of this epoch so far: ``loss`` and the metrics."""
        return self.averages.figures()

    def log(self, **figures: float) -> None:
        """Add figures of your own to the last finished epoch.

        Parameters
        ----------
        **figures : float
            The figures, by name.
        """
        self.history.add(figures)
