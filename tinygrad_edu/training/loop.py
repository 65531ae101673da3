"""fit: the loop over epochs and batches, written once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..engine.modes import evaluating
from ..nn import Module
from ..optim import LBFGS, Optimizer, ReduceLROnPlateau
from ..optim.schedules import Schedule
from ..tensor.tensor import Tensor
from ..tracing.capture import capture as captured
from . import advice, argument_checks, checkpoints
from .batches import Data, as_batches, as_tensors, dtype_of
from .callbacks import Callbacks, EarlyStopping, as_callbacks
from .evaluation import answer, averages_over, cost_of, modes_kept
from .history import Averages, History
from .metrics import Metrics, as_metrics
from .progress import Progress
from .run import Run


def fit(
    model: Module,
    data: Data,
    loss: Callable[[Any, Any], Tensor],
    optimizer: Optimizer,
    *,
    epochs: int = 1,
    batch_size: int = 32,
    shuffle: bool = True,
    seed: int | np.random.Generator | None = None,
    validation_data: Data | None = None,
    metrics: Metrics = (),
    schedule: Schedule | ReduceLROnPlateau | None = None,
    schedule_every: Literal["epoch", "batch"] = "epoch",
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    callbacks: Callbacks = (),
    progress: bool = True,
    capture: bool = False,
) -> History:
    """Train a model: for each batch, forget the old gradients, compute the loss, go back through it, and take a step.

    Parameters
    ----------
    model : Module
        The model to train.
    data : tuple of arrays, Dataset, DataLoader, or any iterable of batches
        The examples: inputs, and targets last. Arrays and data sets are divided into batches; loaders and other
        iterables have their own batches, again in each epoch. Floating numbers take the dtype of the model's
        parameters.
    loss : callable
        The loss, ``loss(output, target)``, which returns a Tensor of a single number; `nn` has the usual ones.
    optimizer : Optimizer
        The optimiser of the parameters to learn, usually ``model.parameters()``.
    epochs : int
        How often to go through the data; with `resume`, the total.
    batch_size : int
        The number of examples in a batch, if `data` is not batches already.
    shuffle : bool
        Whether every epoch has a new random order, if `data` is not batches already.
    seed : int or numpy.random.Generator, optional
        The seed for these orders, or their generator. By default, it is the generator that ``manual_seed`` seeds.
    validation_data : as data, optional
        The examples that the model is tested with after each epoch. Their figures are called ``val_loss`` and so on.
    metrics : "accuracy", callable, or a list or dict of these
        What else to measure. A function ``f(output, target)`` of arrays returns a number for a batch, which is averaged
        over the examples.
    schedule : schedule of `optim`, optional
        The schedule of the learning rate, which is recorded as ``lr``.
    schedule_every : {"epoch", "batch"}
        Whether the schedule advances after each epoch or after each batch.
    patience : int, optional
        Stop after this many epochs without a better ``val_loss`` (or ``loss``), and restore the best weights. The
        callback `EarlyStopping` has more settings.
    checkpoint : path, optional
        The file, ``.npz`` or ``.safetensors``, in which the whole state of the training is saved after each epoch.
        Whether it can be written is tried before the first epoch.
    resume : bool
        Continue from the checkpoint, if it exists: the result is bit for bit what it would have been without the break.
        A checkpoint that doesn't fit is refused, and changes nothing.
    callbacks : Callback, function, or a list of these
        Callbacks to call during training. A function is called with the `Run` after each epoch.
    progress : bool
        Whether to show the progress: a bar (tqdm's, if it is installed; in Jupyter a widget), or some lines.
    capture : bool
        Record the computation of a batch as a straight program, and replay that. It takes less time if layers are
        small; see `capture` for what the model and the loss must not do then.

    Returns
    -------
    History
        The figures of every epoch, such as ``history["loss"]``.

    Raises
    ------
    TypeError, ValueError
        If the model, the loss, the optimiser, the data and the checkpoint don't go together.
    OSError
        If the checkpoint can't be read or written.
    FloatingPointError
        If the loss is NaN or infinite; the message says where to look.

    Notes
    -----
    Ctrl-C ends the training early, and the model keeps what it has learnt; ``history.stopped`` says so. ``loss`` and
    metrics are averages over an epoch in which the model changes; validation comes after it, in evaluation mode.
    Afterwards, all modules are in the modes that they were in before.

    Examples
    --------
    >>> from tinygrad_edu import data, fit, manual_seed, nn, optim
    >>> manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    >>> moons, adam = data.two_moons(200, seed=0), optim.Adam(model.parameters(), lr=0.05)
    >>> history = fit(model, moons, nn.CrossEntropyLoss(), adam, epochs=20, metrics="accuracy", progress=False)
    >>> history["loss"][0] > history["loss"][-1]
    True
    >>> history["accuracy"][-1] > 0.95
    True
    """
    argument_checks.check_arguments(model, loss, optimizer, schedule, schedule_every, epochs)
    run = Run(model, loss, optimizer, as_batches(data, batch_size, shuffle, seed), epochs, schedule)
    differentiate = differentiation(model, loss, optimizer)
    run.differentiate = captured(differentiate) if capture else differentiate
    run.metrics = as_metrics(metrics, loss)
    run.validation = (
        None
        if validation_data is None
        else as_batches(validation_data, max(batch_size, 256), False, None, "validation_data")
    )
    run.callbacks = as_callbacks(callbacks) + ([EarlyStopping(patience)] if patience is not None else [])
    if resume or checkpoint is not None:
        checkpoints.begin_checkpoints(run, checkpoint, resume)

    followers = [*run.callbacks, *([Progress()] if progress else [])]
    with modes_kept(model):
        model.train()
        tell("on_fit_start", followers, run)
        try:
            while run.epoch < run.epochs and not run.stop:
                run.epoch += 1
                tell("on_epoch_start", followers, run)
                learn(run, schedule_every == "batch", followers)
                run.history.record(run.epoch, evaluate_epoch(run))
                if schedule is not None and schedule_every == "epoch":
                    one_step_of(schedule, run.history)
                tell("on_epoch_end", followers, run)
                if checkpoint is not None:
                    checkpoints.write_checkpoint(run, checkpoint)
        except KeyboardInterrupt:
            run.stop = f"interrupted in epoch {run.epoch}"
        finally:
            run.history.stopped = run.stop
            tell("on_fit_end", followers, run)
    return run.history


def learn(run: Run, schedule_by_batch: bool, followers: list[Any]) -> None:
    """Train for one epoch."""
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
        raise ValueError(
            "there is nothing to learn from: the data gave no batches (are there rows? Is drop_last set, and the "
            "batch larger than the data?)"
        )


def step(run: Run, inputs: list[Any], target: Any) -> tuple[Any, float]:
    """Take one step; return the output and the loss before it."""
    seen: list[tuple[Any, float]] = []
    first = run.epoch == run.batch == 1

    def closure() -> Any:
        output, cost = run.differentiate(inputs, target)
        value = float(cost.item())
        if not np.isfinite(value):
            raise argument_checks.divergence_error(run, inputs, target, value)
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
    """Return the function that computes the output and the loss of a batch, and leaves gradients in the parameters."""

    def differentiate(inputs: list[Any], target: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        output = answer(model, inputs)
        cost = cost_of(model, loss, output, target)
        cost.backward()
        return output, cost

    return differentiate


def evaluate_epoch(run: Run) -> dict[str, float]:
    """Return the figures of the epoch, with those of the validation."""
    figures = run.figures
    if run.validation is not None:
        with evaluating(run.model.modules()):
            unseen = averages_over(run.model, run.validation, run.loss, run.metrics)
        figures |= {f"val_{name}": value for name, value in unseen.items()}
    if run.schedule is not None:
        figures["lr"] = run.optimizer.lr
    return figures


def one_step_of(schedule: Any, history: History) -> None:
    """Advance the schedule; one that waits for a plateau gets the loss."""
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step(history.columns.get("val_loss", history["loss"])[-1])
    else:
        schedule.step()


def tell(event: str, followers: list[Any], run: Run) -> None:
    """Call the method for this event of all callbacks."""
    for follower in followers:
        getattr(follower, event)(run)
