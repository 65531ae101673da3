"""Loss functions as modules. What they compute is in `nn.functional`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ..engine.forward import apply
from ..rules.neural.fused import squared_error
from . import functional as F
from .function_module import FunctionModule
from .functional.agreement import require_same_shape, takes_mean
from .module import Module

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor
    from ..typing import TensorLike
    from .functional.agreement import Reduction


class Loss(FunctionModule):
    """The base of the losses."""

    def __init__(self, reduction: Reduction = "mean") -> None:
        takes_mean(type(self).__name__, reduction)
        self._settings = {"reduction": reduction}

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Return the loss of a network's outputs, `input`, for the wanted ones, `target`."""
        return type(self).function(input, target, **self._settings)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Return the settings that are not the usual ones."""
        return ", ".join(
            f"{k}={v!r}" for k, v in self._settings.items() if v is not None and (k, v) != ("reduction", "mean")
        )


class MSELoss(Loss):
    """The mean squared error."""

    function = staticmethod(F.mse_loss)


class SumOfSquaresLoss(Module):
    """The sum of the squared errors of each example, averaged over the examples.

    The first axis counts the examples. For 10 outputs this is 10 times `MSELoss`.

    Raises
    ------
    ValueError
        If the shapes are not equal.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.SumOfSquaresLoss()(Tensor([[1., 2.], [0., 0.]]), Tensor([[1., 4.], [0., 2.]])).item()
    4.0
    """

    def forward(self, output: TensorLike, target: TensorLike) -> Tensor:
        """Return the loss of a network's outputs, of shape (N, ...), for the wanted ones, of the same shape."""
        a, b = require_same_shape("SumOfSquaresLoss", output, target)
        return apply(squared_error.fn, a, b, len(a) if a.ndim else 1)  # type: ignore[no-any-return]


class L1Loss(Loss):
    """The mean absolute error."""

    function = staticmethod(F.l1_loss)


class HuberLoss(Loss):
    """The Huber loss: squared differences near 0, absolute ones further out, so that outliers have less influence."""

    function = staticmethod(F.huber_loss)

    def __init__(self, reduction: Reduction = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self._settings |= {"delta": delta}


class SmoothL1Loss(Loss):
    """The smooth absolute error: `HuberLoss` divided by its threshold."""

    function = staticmethod(F.smooth_l1_loss)

    def __init__(self, reduction: Reduction = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self._settings |= {"beta": beta}


class CrossEntropyLoss(Loss):
    """The cross-entropy loss: minus the logarithm of the probability that the network gives the right class.

    Its inputs are logits: any numbers. The softmax is part of the loss.
    """

    function = staticmethod(F.cross_entropy)

    def __init__(
        self,
        weight: TensorLike | None = None,
        ignore_index: int = -100,
        reduction: Reduction = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self._settings |= {"weight": weight, "ignore_index": ignore_index, "label_smoothing": label_smoothing}


class NLLLoss(Loss):
    """The negative log-likelihood of the right classes, from logarithms of probabilities."""

    function = staticmethod(F.nll_loss)

    def __init__(
        self, weight: TensorLike | None = None, ignore_index: int = -100, reduction: Reduction = "mean"
    ) -> None:
        super().__init__(reduction)
        self._settings |= {"weight": weight, "ignore_index": ignore_index}


class BCELoss(Loss):
    """The cross entropy of yes-or-no decisions, from probabilities."""

    function = staticmethod(F.binary_cross_entropy)

    def __init__(self, weight: TensorLike | None = None, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self._settings |= {"weight": weight}


class BCEWithLogitsLoss(Loss):
    """The cross entropy of yes-or-no decisions, from logits: any numbers. The sigmoid is part of the loss."""

    function = staticmethod(F.binary_cross_entropy_with_logits)

    def __init__(
        self, weight: TensorLike | None = None, reduction: Reduction = "mean", pos_weight: TensorLike | None = None
    ) -> None:
        super().__init__(reduction)
        self._settings |= {"weight": weight, "pos_weight": pos_weight}


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of two probability distributions."""

    function = staticmethod(F.kl_div)

    def __init__(self, reduction: Reduction | Literal["batchmean"] = "mean", log_target: bool = False) -> None:
        super().__init__("mean" if isinstance(reduction, str) and reduction == "batchmean" else reduction)
        self._settings |= {"reduction": reduction, "log_target": log_target}


class HingeEmbeddingLoss(Loss):
    """The loss of distances: small ones are wanted between things that belong together, large ones between others."""

    function = staticmethod(F.hinge_embedding_loss)

    def __init__(self, margin: float = 1.0, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self._settings |= {"margin": margin}


class MultiMarginLoss(Loss):
    """The hinge loss of several classes: how far the other scores come within a margin of the right one."""

    function = staticmethod(F.multi_margin_loss)

    def __init__(self, p: Literal[1, 2] = 1, margin: float = 1.0, reduction: Reduction = "mean") -> None:
        super().__init__(reduction)
        self._settings |= {"p": p, "margin": margin}


def function_behind(loss: Any) -> tuple[Any, dict[str, Any]]:
    """Return the function that a loss calls, and its settings; a loss that is not ours is its own function."""
    if isinstance(loss, partial):
        function, settings = function_behind(loss.func)
        return function, {**settings, **loss.keywords}
    return (type(loss).function, loss._settings) if isinstance(loss, Loss) else (loss, {})
