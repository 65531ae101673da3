"""Advice at the end of an error that a loss has raised: which loss and which targets go with a network's output.

It considers both the loss and the network, so that whoever follows the advice gets a training that can learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.provenance import warn_user
from ..engine.tensor_base import TensorBase, is_foreign, to_arrays
from ..nn import Module, Sequential
from ..nn import functional as F
from ..nn.functional.agreement import squashed_message
from ..nn.functional.classification import UNSQUASHED
from ..nn.losses import function_behind
from .argument_checks import describe_input

OF_CLASSES = (F.cross_entropy, F.nll_loss, F.multi_margin_loss)
OF_ANSWERS = (F.binary_cross_entropy, F.binary_cross_entropy_with_logits)
IN_THE_WAY = [
    (F.cross_entropy, "Softmax"), (F.cross_entropy, "Sigmoid"), (F.binary_cross_entropy, "LogSoftmax"),
    *[(F.binary_cross_entropy_with_logits, end) for end in ("Sigmoid", "Softmax", "LogSoftmax")],
]  # fmt: skip
ENDS = {"sigmoid": "Sigmoid", "softmax": "Softmax", "log_softmax": "LogSoftmax"}


def advice(model: Any, loss: Any, output: Any, target: Any) -> str:
    """Say what the output and the targets are, and what to do about it, as far as can be known."""
    o, t = to_arrays(output), to_arrays(target)
    said = f"The model's output is {describe_input(o)}, and the targets are {describe_input(t)}."
    if not (hasattr(o, "shape") and hasattr(t, "shape")):
        return said
    if t.dtype.kind in "OUS":
        return (
            said
            + " Targets must be numbers: names, labels = np.unique(y, return_inverse=True) makes class numbers from "
            "words."
        )
    if o.ndim > 2 or t.dtype.kind not in "biuf" or is_foreign(t):
        return said
    return f"{said} {Case(end_of(model, output), function_behind(loss)[0], o, np.asarray(t)).remedy()}".rstrip()


class Case:
    """An output, targets and a loss that don't go together; `end` is the network's last function, if it has bounds."""

    def __init__(self, end: str, cost: Any, output: Any, target: Any) -> None:
        self.end, self.cost, self.output, self.target = end, cost, output, target
        self.is_single = output.ndim < 2 or output.shape[1] == 1
        self.index = index_to_match(target.shape, output.shape)
        self.is_integer = target.dtype.kind in "iub"
        values = np.unique(target).astype(float)
        self.lowest, self.highest = (float(values[0]), float(values[-1])) if values.size else (0.0, 0.0)
        self.is_whole = bool(np.all(values == np.rint(values)))
        self.are_shares = 0 <= self.lowest <= self.highest <= 1
        self.are_answers = bool(np.all((values == 0) | (values == 1)))
        self.are_signs = bool(np.all(np.abs(values) == 1)) and self.lowest < 0

    def remedy(self) -> str:
        said = self.change()
        return (
            f"{said.rstrip('.')}. Leave out the {self.end} at the model's end too."
            if said and self.end_is_in_the_way()
            else said
        )

    def change(self) -> str:
        """Say how to change the loss, the targets or the number of outputs; make that change here, but for targets."""
        if (
            self.target.ndim == 2
            and self.output.shape[:1] == self.target.shape[:1]
            and self.output.shape[1:] != (n := self.target.shape[1:]) != (1,)
        ):
            self.is_single = False
            return f"The targets have {n[0]} columns: give the model {n[0]} outputs."
        if self.cost in OF_CLASSES:
            return self.of_one_output() if self.is_single else self.of_class_numbers() or self.of_rows()
        if self.index is not None and self.cost in OF_ANSWERS and not self.are_shares:
            return self.of_one_output() if self.is_single else self.of_rows()
        if self.index:
            shape = "a column" if self.index == "[:, None]" else "flat"
            return f"There is one output for each example, so make the targets {shape}: {self.floats(f'y{self.index}')}"
        return self.of_class_numbers() if self.index is None and not self.is_single else ""

    def end_is_in_the_way(self) -> bool:
        """Say whether the network's last function keeps it from learning: it bounds twice, or excludes the targets."""
        if "Softmax" in self.end and self.is_single:
            return True
        if self.cost in (*OF_CLASSES, *OF_ANSWERS):
            return (self.cost, self.end) in IN_THE_WAY
        return bool(self.end) and not self.are_shares

    # ---------------------------------------------------------------------------------------- by what there is

    def of_one_output(self) -> str:
        """Return advice for one output, and a loss for classes, or for yes and no."""
        y = f"y{self.index or ''}"
        if self.are_answers or self.are_signs:
            return f"For yes or no, let the loss be {self.turn_to_answers()}, and the targets {self.answers(y)}."
        if self.target.dtype == np.uint8 and self.cost in OF_ANSWERS:
            return f"For bytes, make numbers from 0 to 1: {y}.astype(np.float32) / 255."
        if self.is_whole and self.lowest >= 0 and self.highest < 1000:
            self.cost, self.is_single = F.cross_entropy, False
            return (
                f"For class numbers, let the loss be nn.CrossEntropyLoss(), and the targets "
                f"{self.integers('y[:, 0]' if self.target.ndim == 2 else 'y')}; "
                f"and give the model an output for each class ({self.highest + 1:.0f} outputs, by these targets)."
            )
        return self.of_numbers(y)

    def of_class_numbers(self) -> str:
        """Return advice for outputs for several classes, and one target for each example."""
        n, classes = self.output.shape
        y = {(n,): "y", (n, 1): "y[:, 0]"}.get(self.target.shape)
        if y is None or n == 0:
            return ""
        if not self.is_whole or (
            self.cost not in (*OF_CLASSES, *OF_ANSWERS) and not 0 <= self.lowest <= self.highest < classes
        ):
            self.is_single, self.cost = True, F.mse_loss
            column = self.floats("y[:, None]" if self.target.ndim == 1 else "y")
            return (
                f"The model has {classes} outputs, and for each example there is one number, which is not a class "
                f"number. Give the model 1 output, let the loss be nn.MSELoss(), and the targets {column}."
            )
        if self.are_signs and classes == 2:
            return f"Class numbers begin at 0: (({y} + 1) / 2).astype(np.int64){self.turn_to_classes()}."
        if self.lowest == 1 and self.highest == classes:
            return f"Class numbers begin at 0: {self.integers(f'({y} - 1)')}{self.turn_to_classes()}."
        if self.lowest < 0:
            return (
                "Class numbers begin at 0; names, labels = np.unique(y, "
                "return_inverse=True) makes them from other numbers."
            )
        if self.highest >= classes:
            return (
                f"Class numbers up to {self.highest:.0f} want {self.highest + 1:.0f} outputs of the model, or more; "
                f"it has {classes}."
            )
        whole = self.integers(y)
        if self.cost not in OF_CLASSES:
            rows = f"data.one_hot({whole}, {classes})"
            self.cost = F.cross_entropy
            without = f", without the {self.end} at the model's end" if self.end_is_in_the_way() else ""
            self.end = ""
            return (
                f"Class numbers, from 0 to {classes - 1}, go with "
                f"nn.CrossEntropyLoss(){without}{f' and targets {whole}' * (whole != 'y')}; "
                f"for other losses make rows of them, with {rows}."
            )
        if y != "y":
            return f"Class numbers must be of shape ({n},): {whole}."
        return "" if whole == y else f"If they are class numbers, they must be integers: {whole}."

    def of_rows(self) -> str:
        """Return advice for targets that have the output's shape, and are not what the loss wants."""
        if self.index != "":
            return ""
        if self.are_answers and np.all(np.sum(self.target, 1) == 1):
            return "For rows with a single 1, the class numbers are y.argmax(1)."
        if self.are_answers or self.are_signs:
            return (
                f"Where each output answers a question of its own, let the loss be {self.turn_to_answers()}, "
                f"and the targets {self.answers('y')}."
            )
        if self.target.dtype == np.uint8 and self.cost in OF_ANSWERS:
            return "For bytes, make numbers from 0 to 1: y.astype(np.float32) / 255."
        return self.of_numbers("y")

    def of_numbers(self, y: str) -> str:
        self.cost = F.mse_loss
        return f"For numbers such as these, let the loss be nn.MSELoss(), and the targets {self.floats(y)}."

    # ------------------------------------------------------------------------------------------------- words

    def floats(self, y: str) -> str:
        return f"{y}.astype(np.float32)" if self.is_integer else y

    def integers(self, y: str) -> str:
        return y if self.is_integer and self.target.dtype != bool else f"{y}.astype(np.int64)"

    def answers(self, y: str) -> str:
        return self.floats(y if self.are_answers else f"(({y} + 1) / 2)")

    def turn_to_answers(self) -> str:
        if self.end == "Sigmoid":
            self.cost = F.binary_cross_entropy
            return "nn.BCELoss()"
        self.cost = F.binary_cross_entropy_with_logits
        return "nn.BCEWithLogitsLoss()"

    def turn_to_classes(self) -> str:
        if self.cost in OF_CLASSES:
            return ""
        self.cost = F.cross_entropy
        return ", and go with nn.CrossEntropyLoss()"


# -------------------------------------------------------------------------------- what can be seen of the network


def end_of(model: Any, output: Any = None) -> str:
    """Return the last function of a network if it bounds the outputs: "Sigmoid", "Softmax" or "LogSoftmax"; else ""."""
    node = output._node if isinstance(output, TensorBase) else None
    while isinstance(model, Sequential) and len(model):
        model = model[-1]
    name = type(model).__name__ if isinstance(model, Module) else ""
    return ENDS.get(node.name, "") if node is not None else name if name in ENDS.values() else ""


def warn_of_end(model: Any, loss: Any) -> None:
    """Warn of a network whose last function the loss applies too: where nothing is recorded, the loss can't know."""
    cost, end = function_behind(loss)[0], end_of(model).lower()
    if cost is F.cross_entropy and end in ("softmax", "sigmoid"):
        warn_user(squashed_message("cross_entropy", end, UNSQUASHED))
    elif cost is F.binary_cross_entropy_with_logits and end in ("softmax", "sigmoid"):
        warn_user(
            squashed_message(
                "binary_cross_entropy_with_logits",
                end,
                "Leave out that last function, in the network; or use nn.BCELoss()",
            )
        )


def warn_of_probabilities(loss: Any, output: Any) -> None:
    """Warn of scores that are probabilities, however they were computed."""
    node = output._node if isinstance(output, TensorBase) else None
    if function_behind(loss)[0] is not F.cross_entropy or node is None or node.name in ENDS:
        return
    values = to_arrays(output)
    if values.shape[0] > 1 and np.min(values) >= 0 and np.all(np.abs(np.sum(values, 1) - 1) < 1e-4):
        warn_user(squashed_message("cross_entropy", "something like it, as each row adds up to 1", UNSQUASHED))


def index_to_match(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str | None:
    """Return the index that gives an array of this shape the wanted one, as text; None if none does."""
    if shape == wanted:
        return ""
    return "[:, None]" if wanted == (*shape, 1) else "[:, 0]" if shape == (*wanted, 1) else None
