"""Costs: one number that says how far what came out is from what was wanted; the functions are in `nn.functional`."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..engine.forward import apply
from ..rules.neural.fused import squared_error
from . import functional as F
from .functional.agreement import mean_wanted, same_shape
from .module import Module


class Loss(Module):
    """What the costs share: a function of `nn.functional`, and settings that go to it by name.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What to make of the costs of all elements, or examples.
    """

    function: Any = None

    def __init__(self, reduction: str = "mean", **settings: Any) -> None:
        if not isinstance(reduction, str) or reduction != "batchmean":
            mean_wanted(type(self).__name__, reduction)
        self._settings = {"reduction": reduction, **settings}

    def forward(self, input: Any, target: Any) -> Any:
        return type(self).function(input, target, **self._settings)

    def extra_repr(self) -> str:
        return ", ".join(f"{k}={v!r}" for k, v in self._settings.items() if v is not None and (k, v) != ("reduction", "mean"))


class MSELoss(Loss):
    """Mean of the squared differences over all elements.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.MSELoss()(Tensor([1., 2.]), Tensor([1., 4.])).item()
    2.0
    """

    function = staticmethod(F.mse_loss)


class SumOfSquaresLoss(Module):
    """The notes' cost: the sum of squared differences of each example, averaged over the examples.

    The first axis counts the examples. For 10 outputs this is 10 times `MSELoss`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> nn.SumOfSquaresLoss()(Tensor([[1., 2.], [0., 0.]]), Tensor([[1., 4.], [0., 2.]])).item()
    4.0
    """

    def forward(self, output: Any, target: Any) -> Any:
        output, target = same_shape("SumOfSquaresLoss", output, target)
        return apply(squared_error.fn, output, target, len(output) if output.ndim else 1)


class L1Loss(Loss):
    """Absolute differences."""

    function = staticmethod(F.l1_loss)


class HuberLoss(Loss):
    """See `functional.huber_loss`."""

    function = staticmethod(F.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction, delta=delta)


class SmoothL1Loss(Loss):
    """See `functional.smooth_l1_loss`."""

    function = staticmethod(F.smooth_l1_loss)

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction, beta=beta)


class CrossEntropyLoss(Loss):
    """See `functional.cross_entropy`.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, nn
    >>> scores = Tensor([[4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> nn.CrossEntropyLoss(reduction="none")(scores, [0, 2]).data.round(4)
    array([0.036 , 1.0986])
    """

    function = staticmethod(F.cross_entropy)

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(reduction, weight=weight, ignore_index=ignore_index, label_smoothing=label_smoothing)


class NLLLoss(Loss):
    """See `functional.nll_loss`."""

    function = staticmethod(F.nll_loss)

    def __init__(self, weight: Any = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction, weight=weight, ignore_index=ignore_index)


class BCELoss(Loss):
    """See `functional.binary_cross_entropy`."""

    function = staticmethod(F.binary_cross_entropy)

    def __init__(self, weight: Any = None, reduction: str = "mean") -> None:
        super().__init__(reduction, weight=weight)


class BCEWithLogitsLoss(Loss):
    """See `functional.binary_cross_entropy_with_logits`."""

    function = staticmethod(F.binary_cross_entropy_with_logits)

    def __init__(self, weight: Any = None, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction, weight=weight, pos_weight=pos_weight)


class KLDivLoss(Loss):
    """See `functional.kl_div`; ``reduction="batchmean"`` is the divergence's definition."""

    function = staticmethod(F.kl_div)

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction, log_target=log_target)


class HingeEmbeddingLoss(Loss):
    """See `functional.hinge_embedding_loss`."""

    function = staticmethod(F.hinge_embedding_loss)

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction, margin=margin)


class MultiMarginLoss(Loss):
    """See `functional.multi_margin_loss`."""

    function = staticmethod(F.multi_margin_loss)

    def __init__(self, p: int = 1, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction, p=p, margin=margin)


def behind(loss: Any) -> tuple[Any, dict[str, Any]]:
    """The function that a cost is, as far as can be known, and its settings."""
    if isinstance(loss, partial):
        function, settings = behind(loss.func)
        return function, {**settings, **loss.keywords}
    return (type(loss).function, loss._settings) if isinstance(loss, Loss) else (loss, {})
