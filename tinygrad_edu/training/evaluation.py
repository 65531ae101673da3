"""evaluate and predict: a model as it is, on examples that it may not have seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Batches
from ..engine.modes import evaluating
from ..engine.tensor_base import to_arrays
from ..nn import Module
from ..tensor.tensor import Tensor
from . import advice, argument_checks
from .batches import Data, as_batches, as_tensor, as_tensors, dtype_of
from .history import Averages
from .metrics import Metrics, as_metrics

if TYPE_CHECKING:
    from ..typing import TensorLike


def evaluate(
    model: Module,
    data: Data,
    loss: Callable[[Any, Any], Tensor] | None = None,
    *,
    metrics: Metrics = (),
    batch_size: int = 256,
) -> dict[str, float]:
    """Measure the loss and metrics of a model, in evaluation mode and without recording anything.

    Parameters
    ----------
    model : Module
        The model to measure.
    data : tuple of arrays, Dataset, DataLoader, or any iterable of batches
        The examples, as in `fit`.
    loss : callable, optional
        The loss, ``loss(output, target)``.
    metrics : "accuracy", callable, or a list or dict of these
        What else to measure, as in `fit`.
    batch_size : int
        The number of examples in a batch, if `data` is not batches already.

    Returns
    -------
    dict of str to float
        The averages over all examples, by name.

    Raises
    ------
    TypeError, ValueError
        If the model, the data, the loss and the metrics don't go together.

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
        raise ValueError(
            'evaluate: say what to measure, a loss or metrics, as in evaluate(model, data, metrics="accuracy")'
        )
    if loss is not None:
        argument_checks.check_loss("evaluate", loss)
        advice.warn_of_end(model, loss)
    with evaluating(model.modules()):
        return averages_over(model, as_batches(data, batch_size, False, None), loss, as_metrics(metrics, loss))


def predict(model: Module, *inputs: TensorLike, batch_size: int = 256) -> NDArray[Any]:
    """Compute a model's outputs, in evaluation mode and without recording anything.

    Parameters
    ----------
    model : Module
        The model to call.
    *inputs : array_like or Tensor, each of shape (N, ...)
        The arguments of `model`, usually one. Floating numbers take the dtype of the model's parameters.
    batch_size : int
        The number of examples in a batch.

    Returns
    -------
    ndarray, shape (N, ...)
        The outputs for all examples.

    Raises
    ------
    TypeError
        If `model` is not a Module.
    ValueError
        If there are no examples, or inputs have different lengths.

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
    batches = Batches(*(to_arrays(part) for part in inputs), size=batch_size, shuffle=False)
    if not len(batches):
        raise ValueError("predict: there are no examples to answer for; the inputs have no rows")
    with evaluating(model.modules()):
        return np.concatenate(
            [to_arrays(answer(model, [as_tensor(part, dtype) for part in batch])) for batch in batches]
        )


def averages_over(model: Any, batches: Any, loss: Any, metrics: dict[str, Any]) -> dict[str, float]:
    """Return the averages over all batches; the caller has set the modes."""
    averages, dtype = Averages(), dtype_of(model)
    for batch in batches:
        inputs, target = as_tensors(batch, dtype)
        output = answer(model, inputs)
        averages.add(
            len(target),
            metrics,
            output,
            target,
            None if loss is None else float(cost_of(model, loss, output, target).item()),
        )
    if not averages.examples:
        raise ValueError("there is nothing to evaluate on: the data gave no batches")
    return averages.figures()


def answer(model: Any, inputs: list[Any]) -> Any:
    """Return the model's output; errors say what it was given."""
    try:
        return model(*inputs)
    except (TypeError, ValueError, IndexError) as error:
        error.add_note(f"The model was given {', '.join(argument_checks.describe_input(x) for x in inputs)}.")
        raise


def cost_of(model: Any, loss: Any, output: Any, target: Any) -> Any:
    """Return the loss, a single number; errors say which loss and targets would go with the output."""
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
    """Return the context after which each module is in training or evaluation mode as before."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
