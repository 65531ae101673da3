"""tinygrad_edu: a reverse-mode autograd engine built from scratch on NumPy.

Every computation is a call to a NumPy function, and whoever answers the call decides what it means: an array
answers with numbers, a `Tensor` with numbers and a graph that remembers how to differentiate them.

>>> from tinygrad_edu import Tensor
>>> x = Tensor(3.0, requires_grad=True)
>>> y = x * x + 2 * x
>>> y.backward()
>>> x.grad
Tensor(8., shape=(), dtype=float64)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import former_names as former_names
from .allocator import reuse_memory
from .engine.backward import backpropagate
from .engine.declare import primitive, rule
from .engine.forward import apply
from .engine.modes import debug, enable_grad, is_grad_enabled, no_grad, watch
from .engine.node import Node
from .engine.unbroadcast import RuleError
from .rules.neural.fused import linear, log_softmax, relu, sigmoid, softmax, squared_error
from .tensor.tensor import Tensor
from .version import __version__

if TYPE_CHECKING:  # for editors and type checkers: names that are imported when they are first used (see LAZY)
    from . import data, func, nn, optim, training, viz
    from . import testing as testing
    from .finite_differences import GradcheckError, gradcheck
    from .introspection.drawing.draw import draw
    from .introspection.explorer.explore import explore
    from .introspection.formulas.explain import explain
    from .rng import manual_seed
    from .serialization import load, save
    from .tracing.capture import capture
    from .tracing.errors import CaptureError
    from .training.evaluation import evaluate, predict
    from .training.loop import fit

__all__ = [
    "CaptureError",
    "GradcheckError",
    "Node",
    "RuleError",
    "Tensor",
    "__version__",
    "apply",
    "backpropagate",
    "capture",
    "data",
    "debug",
    "draw",
    "enable_grad",
    "evaluate",
    "explain",
    "explore",
    "fit",
    "func",
    "gradcheck",
    "is_grad_enabled",
    "linear",
    "load",
    "log_softmax",
    "manual_seed",
    "nn",
    "no_grad",
    "optim",
    "predict",
    "primitive",
    "relu",
    "reuse_memory",
    "rule",
    "save",
    "sigmoid",
    "softmax",
    "squared_error",
    "training",
    "viz",
    "watch",
]  # fmt: skip

LAZY = {
    "capture": "tracing.capture", "draw": "introspection.drawing.draw", "evaluate": "training.evaluation",
    "explain": "introspection.formulas.explain",
    "explore": "introspection.explorer.explore", "fit": "training.loop", "gradcheck": "finite_differences",
    "CaptureError": "tracing.errors", "GradcheckError": "finite_differences", "load": "serialization",
    "manual_seed": "rng", "predict": "training.evaluation",
    "save": "serialization",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a sub-package or a lazy name when it is first used, and return it."""
    if name in LAZY:
        value = getattr(import_module(f"{__name__}.{LAZY[name]}"), name)
    elif name in ("data", "func", "nn", "optim", "testing", "training", "viz"):
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "testing"]  # which needs Hypothesis, and so isn't part of `import *`
