"""fit: the loop over epochs and batches, written once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.modes import evaluating
from ..optim import LBFGS, ReduceLROnPlateau
from ..tracing.capture import capture as captured
from . import advice, argument_checks, checkpoints
from .batches import as_batches, as_tensors, dtype_of
from .callbacks import EarlyStopping, as_callbacks
from .evaluation import answer, averages_over, cost_of, modes_kept
from .history import Averages, History
from .metrics import as_metrics
from .progress import Progress
from .run import Run


def fit(
    model: Any, data: Any, loss: Callable[[Any, Any], Any], optimizer: Any, *, epochs: int = 1, batch_size: int = 32,
    shuffle: bool = True, seed: int | np.random.Generator | None = None, validation_data: Any = None, metrics: Any = (),
    schedule: Any = None, schedule_every: str = "epoch", patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None, resume: bool = False, callbacks: Any = (), progress: bool = True, capture: bool = False,
) -> History:  # fmt: skip
    """Train a model: for each batch, forget the old gradients, compute the cost, go back through it, take a step.

    Parameters
    ----------
    model : Module
    data : tuple of arrays, Dataset, DataLoader, or any iterable of batches
        What to learn from: inputs, and targets last. Of arrays and data sets, batches are made; loaders and other iterables
        give batches of their own, again in each epoch. Floating numbers take the dtype of the model's parameters.
    loss : callable
        ``loss(output, target)``, a Tensor of a single number; `nn` has the usual ones.
    optimizer : Optimizer
        Over the parameters that are to be learnt, usually ``model.parameters()``.
    epochs : int
        How often to go through the data; with `resume`, in all.
    batch_size, shuffle
        For batches that are made here: how many examples in each, and whether every epoch has a new, random order.
    seed : int or numpy.random.Generator, optional
        Decides these orders. By default, the generator that ``manual_seed`` seeds does.
    validation_data : as data, optional
        What to be judged by after each epoch: its figures are called ``val_loss`` and so on.
    metrics : "accuracy", callable, or a list or dict of these
        What else to measure: ``f(output, target)``, given arrays, returns a number for a batch; averaged over the examples.
    schedule : from `optim`, optional
        Makes a step after each epoch, or, with ``schedule_every="batch"``, after each batch. The rate is recorded as ``lr``.
    patience : int, optional
        Stop when so many epochs have brought no better ``val_loss`` (or ``loss``), and take back the best weights; `EarlyStopping`
        among the callbacks says it in more detail.
    checkpoint : path, optional
        Where to save all that the training is, after each epoch: ``.npz`` or ``.safetensors``. Whether that can be done is tried
        before the first.
    resume : bool
        Go on from the checkpoint, if it is there: what comes out is bit for bit what it would have been without the break. One
        that does not fit is refused, and changes nothing.
    callbacks : Callback, function, or a list of these
        To be called as training goes on; a function is called with the `Run` after each epoch.
    progress : bool
        Show how far it is: a bar (tqdm's, if it is installed), or some lines.
    capture : bool
        Record what is computed for a batch as a straight program, and replay that, which takes less time where layers are small; see
        `capture` for what the model and the loss must not do then.

    Returns
    -------
    History
        The figures of every epoch: ``history["loss"]``.

    Raises
    ------
    TypeError, ValueError
        For models, costs, optimisers, data and checkpoints that do not go together.
    OSError
        If the checkpoint can't be read or written.
    FloatingPointError
        If the cost is NaN or infinite; the message says where to look.

    Notes
    -----
    Ctrl-C ends the training early, and what was learnt is kept: ``history.stopped`` tells. ``loss`` and metrics are averages over
    an epoch in which the model changed; validation comes after it, in evaluation mode. The modes of all modules are afterwards
    what they were before.

    Examples
    --------
    >>> from tinygrad_edu import data, fit, manual_seed, nn, optim
    >>> manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    >>> history = fit(model, data.two_moons(200, seed=0), nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.05),
    ...               epochs=20, metrics="accuracy", progress=False)
    >>> history["loss"][0] > history["loss"][-1]
    True
    >>> history["accuracy"][-1] > 0.95
    True
    """
    argument_checks.check(model, loss, optimizer, schedule, schedule_every, epochs)
    run = Run(model, loss, optimizer, as_batches(data, batch_size, shuffle, seed), epochs, schedule)
    differentiate = differentiation(model, loss, optimizer)
    run.differentiate = captured(differentiate) if capture else differentiate
    run.metrics = as_metrics(metrics, loss)
    run.validation = None if validation_data is None else as_batches(validation_data, max(batch_size, 256), False, None, "validation_data")
    run.callbacks = as_callbacks(callbacks) + ([EarlyStopping(patience)] if patience is not None else [])
    if resume or checkpoint is not None:
        checkpoints.begin(run, checkpoint, resume)

    followers = [*run.callbacks, *([Progress()] if progress else [])]
    with modes_kept(model):
        model.train()
        tell("on_fit_start", followers, run)
        try:
            while run.epoch < run.epochs and not run.stop:
                run.epoch += 1
                tell("on_epoch_start", followers, run)
                learn(run, schedule_every == "batch", followers)
                run.history.record(run.epoch, judged(run))
                if schedule is not None and schedule_every == "epoch":
                    one_step_of(schedule, run.history)
                tell("on_epoch_end", followers, run)
                if checkpoint is not None:
                    checkpoints.write(run, checkpoint)
        except KeyboardInterrupt:
            run.stop = f"interrupted in epoch {run.epoch}"
        finally:
            run.history.stopped = run.stop
            tell("on_fit_end", followers, run)
    return run.history


def learn(run: Run, schedule_by_batch: bool, followers: list[Any]) -> None:
    """One epoch."""
    run.averages, dtype = Averages(), dtype_of(run.model)
    run.batch = 0
    for batch in run.batches:
        run.batch += 1
        inputs, target = as_tensors(batch, dtype)
        output, cost = step(run, inputs, target)
        run.averages.add(len(target), run.metrics, output, target, cost)
        if schedule_by_batch:
            run.schedule.step()
        for follower in followers:
            follower.on_batch_end(run)
    if not run.batch:
        raise ValueError("there is nothing to learn from: the data gave no batches (are there rows? Is drop_last set, and the "
                         "batch larger than the data?)")


def step(run: Run, inputs: list[Any], target: Any) -> tuple[Any, float]:
    """One step; returns the output and the cost before it."""
    seen: list[tuple[Any, float]] = []
    first = run.epoch == run.batch == 1

    def closure() -> Any:
        output, cost = run.differentiate(inputs, target)
        value = float(cost.item())
        if not np.isfinite(value):
            raise argument_checks.diverged(run, inputs, target, value)
        seen.append((output, value))
        return cost

    if isinstance(run.optimizer, LBFGS):  # it computes the cost as often as it wants
        run.optimizer.step(closure)
    else:
        closure()
        if first:
            argument_checks.warn_if_nothing_moves(run.optimizer)
        run.optimizer.step()
    if first:
        argument_checks.check_gradients(run.optimizer)
        advice.warn_of_probabilities(run.loss, seen[0][0])
    return seen[0]


def differentiation(model: Any, loss: Any, optimizer: Any) -> Callable[[list[Any], Any], tuple[Any, Any]]:
    """What gives the output and the cost of a batch, and leaves the gradients in the parameters."""

    def differentiate(inputs: list[Any], target: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        output = answer(model, inputs)
        cost = cost_of(model, loss, output, target)
        cost.backward()
        return output, cost

    return differentiate


def judged(run: Run) -> dict[str, float]:
    """The figures of the epoch, with those of the validation."""
    figures = run.figures
    if run.validation is not None:
        with evaluating(run.model.modules()):
            unseen = averages_over(run.model, run.validation, run.loss, run.metrics)
        figures |= {f"val_{name}": value for name, value in unseen.items()}
    if run.schedule is not None:
        figures["lr"] = run.optimizer.lr
    return figures


def one_step_of(schedule: Any, history: History) -> None:
    """One that waits for a plateau is told the cost."""
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(history.columns.get("val_loss", history["loss"])[-1])
    else:
        schedule.step()


def tell(event: str, followers: list[Any], run: Run) -> None:
    for follower in followers:
        getattr(follower, event)(run)
