"""evaluate and predict: a model as it is, on examples it may not have seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Batches
from ..engine.modes import evaluating
from ..engine.tensor_base import bare
from . import advice, argument_checks
from .batches import as_batches, as_tensor, as_tensors, dtype_of
from .history import Averages
from .metrics import as_metrics


def evaluate(model: Any, data: Any, loss: Callable[[Any, Any], Any] | None = None, *, metrics: Any = (),
             batch_size: int = 256) -> dict[str, float]:
    """Measure a model, in evaluation mode and without recording anything.

    Parameters
    ----------
    model : Module
    data : tuple of arrays, Dataset, DataLoader, or any iterable of batches
        As in `fit`.
    loss : callable, optional
        ``loss(output, target)``.
    metrics : "accuracy", callable, or a list or dict of these
        As in `fit`.
    batch_size : int
        How many examples at once, where batches are made here.

    Returns
    -------
    dict
        From names to averages over all examples.

    Examples
    --------
    >>> from tinygrad_edu import data, evaluate, manual_seed, nn
    >>> manual_seed(0)
    >>> model = nn.Linear(2, 3)
    >>> sorted(evaluate(model, data.blobs(seed=0), nn.CrossEntropyLoss(), metrics="accuracy"))
    ['accuracy', 'loss']
    """
    argument_checks.check_model("evaluate", model)
    if loss is None and not metrics:
        raise ValueError('evaluate: say what to measure, a loss or metrics, as in evaluate(model, data, metrics="accuracy")')
    if loss is not None:
        argument_checks.check_loss("evaluate", loss)
        advice.warn_of_end(model, loss)
    with evaluating(model.modules()):
        return averages_over(model, as_batches(data, batch_size, False, None), loss, as_metrics(metrics, loss))


def predict(model: Any, *inputs: Any, batch_size: int = 256) -> NDArray[Any]:
    """What a model answers, in evaluation mode and without recording anything.

    Parameters
    ----------
    model : Module
    *inputs : array_like, each of shape (N, ...)
        What `model` is called with; usually one.
    batch_size : int
        How many examples at once.

    Returns
    -------
    ndarray, shape (N, ...)

    Examples
    --------
    >>> from tinygrad_edu import nn, predict
    >>> predict(nn.Softmax(), np.zeros((3, 2)))
    array([[0.5, 0.5],
           [0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    """
    argument_checks.check_model("predict", model)
    dtype = dtype_of(model)
    batches = Batches(*(bare(part) for part in inputs), size=batch_size, shuffle=False)
    if not len(batches):
        raise ValueError("predict: there are no examples to answer for; the inputs have no rows")
    with evaluating(model.modules()):
        return np.concatenate([bare(answer(model, [as_tensor(part, dtype) for part in batch])) for batch in batches])


def averages_over(model: Any, batches: Any, loss: Any, metrics: dict[str, Any]) -> dict[str, float]:
    """The figures over all batches; the modes are the caller's business."""
    averages, dtype = Averages(), dtype_of(model)
    for batch in batches:
        inputs, target = as_tensors(batch, dtype)
        output = answer(model, inputs)
        averages.add(len(target), metrics, output, target, None if loss is None else float(cost_of(model, loss, output, target).item()))
    if not averages.examples:
        raise ValueError("there is nothing to evaluate on: the data gave no batches")
    return averages.figures()


def answer(model: Any, inputs: list[Any]) -> Any:
    """The model's output; an error says what it was given."""
    try:
        return model(*inputs)
    except (TypeError, ValueError, IndexError) as error:
        error.add_note(f"The model was given {', '.join(argument_checks.described(x) for x in inputs)}.")
        raise


def cost_of(model: Any, loss: Any, output: Any, target: Any) -> Any:
    """The cost, a single number; an error says what would go with the output."""
    try:
        cost = loss(output, target)
    except (TypeError, ValueError, IndexError) as error:
        error.add_note(advice.advice(model, loss, output, target))
        raise
    if getattr(cost, "size", 0) != 1 or not hasattr(cost, "backward"):
        raise argument_checks.no_cost(cost)
    return cost


@contextmanager
def modes_kept(model: Any) -> Iterator[None]:
    """Training or evaluation: afterwards, each module is in the mode that it was in before."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
