"""The commonest mistakes in training, each with what to do about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.modes import debug
from ..engine.provenance import warn_user
from ..engine.tensor_base import TensorBase, to_arrays, values_in
from ..nn import Module
from ..optim import Optimizer, ReduceLROnPlateau

HUGE = 1e6  # weights of this size were not learnt from anything


def check_arguments(model: Any, loss: Any, optimizer: Any, schedule: Any, every: str, epochs: int) -> None:
    """Raise an error for any mistake that can be seen before the first step."""
    check_model("fit", model)
    check_loss("fit", loss)
    check_optimizer(optimizer, model, loss)
    if schedule is not None:
        check_schedule(schedule, optimizer, every)
    if epochs < 1:
        raise ValueError(f"fit: epochs={epochs} must be at least 1")


def check_model(job: str, model: Any) -> None:
    if isinstance(model, type) and issubclass(model, Module):
        raise TypeError(f"{job}: {model.__name__} is a class; make a model of it, {model.__name__}(), and give that")
    if not isinstance(model, Module):
        raise TypeError(
            f"{job}: the model must be a Module, not {type(model).__name__}; "
            "a computation without one is trained by a loop of your own, in five lines"
        )


def check_loss(job: str, loss: Any) -> None:
    if isinstance(loss, type):
        raise TypeError(
            f"{job}: the loss must be a function of (output, target), and {loss.__name__} is a class: "
            f"write {loss.__name__}()"
        )
    if isinstance(loss, Optimizer) or not callable(loss):
        raise TypeError(
            f"{job}: the loss must be a function of (output, target), such as nn.MSELoss(), not {type(loss).__name__}; "
            "the order is (model, data, loss, optimizer)"
        )


def check_optimizer(optimizer: Any, model: Any, loss: Any) -> None:
    if isinstance(optimizer, type):
        raise TypeError(
            f"fit: {optimizer.__name__} is a class; make an optimiser of it, over what is to be learnt: "
            f"optim.{optimizer.__name__}(model.parameters())"
        )
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "fit: the optimiser must be one of optim, such as optim.Adam(model.parameters()), "
            f"not {type(optimizer).__name__}"
        )
    if not any(p.requires_grad for p in optimizer.params):
        raise ValueError(
            "fit: there is nothing to learn: all of the optimiser's parameters are frozen. "
            "Set requires_grad = True for those that should change"
        )
    own = {p: name for name, p in model.named_parameters()}
    extra = list(loss.parameters()) if isinstance(loss, Module) else []
    strangers = [p for p in optimizer.params if p not in own and not any(p is q for q in extra)]
    left_out = [name for p, name in own.items() if p.requires_grad and not any(p is q for q in optimizer.params)]
    if strangers and left_out:
        raise ValueError(
            f"fit: {len(strangers)} of the optimiser's {len(optimizer.params)} parameters are not this model's, "
            f"and it would leave the model's {', '.join(left_out[:3])}{', ...' * (len(left_out) > 3)} as they are. "
            "Was the model, or a part of it, made again? Then make the optimiser again too, with model.parameters()"
        )


def check_schedule(schedule: Any, optimizer: Any, every: str) -> None:
    if every not in ("epoch", "batch"):
        raise ValueError(f"fit: schedule_every must be 'epoch' or 'batch', not {every!r}")
    if getattr(schedule, "optimizer", None) is not optimizer:
        raise ValueError("fit: the schedule must be made with this optimiser, as in optim.StepLR(optimizer, 10)")
    if isinstance(schedule, ReduceLROnPlateau) and every == "batch":
        raise ValueError(
            "fit: ReduceLROnPlateau waits for a loss that is known after each epoch only: leave schedule_every='epoch'"
        )


def check_gradients(optimizer: Any) -> None:
    """Raise an error if no parameter got a gradient in the first step."""
    if all(p.grad is None for p in optimizer.params):
        raise RuntimeError(
            "no gradient has reached any of the optimiser's parameters: the loss does not depend on them. Was a result "
            "turned into an array on the way (.data, .detach(), no_grad), or is this another model's optimiser?"
        )


def warn_if_nothing_moves(optimizer: Any) -> None:
    """Warn, before the first step, if all gradients are 0."""
    gradients = [p.grad for p in optimizer.params if p.grad is not None]
    if gradients and not any(np.any(to_arrays(g)) for g in gradients):
        warn_user(
            "all gradients of the first batch are exactly 0, so nothing is learnt from it. "
            "Is the model perfect already? If not, the loss doesn't change with its output: "
            "a softmax of a single output is always 1, and all rectifiers may be inactive"
        )


def no_cost(cost: Any) -> Exception:
    if isinstance(cost, TensorBase):
        return ValueError(
            f"the loss must return a single number, and returned a Tensor, {describe_input(cost)}: "
            "take its mean (in nn's losses, reduction='mean')"
        )
    return TypeError(
        f"the loss must return a Tensor, and returned {type(cost).__name__}, from which there is no way back: "
        "leave out .item() and .data"
    )


def describe_input(x: Any) -> str:
    """Return the dtype and the shape of `x`, or its type, as words."""
    x = to_arrays(x)
    return f"{x.dtype} of shape {x.shape}" if hasattr(x, "dtype") else f"a {type(x).__name__}"


def divergence_error(run: Any, inputs: list[Any], target: Any, value: float) -> FloatingPointError:
    """Return the error for a loss that is NaN or infinite; it says where that came from, if this can be found out."""
    return FloatingPointError(
        f"the loss is {value} in epoch {run.epoch}, batch {run.batch}. {cause(run, inputs, target)}"
    )


def cause(run: Any, inputs: list[Any], target: Any) -> str:
    """Return a sentence about what has made the loss NaN or infinite."""
    for name, part in [("inputs", inputs), ("targets", target)]:
        if any(not_finite(to_arrays(x)) for x in (part if isinstance(part, list) else [part])):
            return (
                f"The {name} of this batch hold NaN or infinity: look at the data (np.isnan(x).any(1).nonzero() says "
                "in which rows)."
            )
    sizes = {name: np.max(np.abs(p._array), initial=0) for name, p in run.model.named_parameters()}
    for name, size in sizes.items():
        if not size < HUGE:
            return (
                f"The parameter {name} has grown to {size:.2g}, so earlier steps went too far: make the model again, "
                f"and lower the learning rate (lr={run.optimizer.lr:g}) or bound the gradients. If that does not help, "
                "train under debug(), which stops at the first operation or derivative that is not finite."
            )
    try:
        with debug(), np.errstate(all="ignore"):
            run.loss(run.model(*inputs), target)
    except FloatingPointError as error:
        return f"It began here: {error}."
    return "Train under debug(), as in `with debug(): fit(...)`, which stops at the operation that makes the first one."


def not_finite(x: Any) -> bool:
    arrays = [to_arrays(v) for v in values_in(x)] if not hasattr(x, "dtype") else [x]
    return any(a.dtype.kind in "fc" and not np.all(np.isfinite(a)) for a in arrays)
