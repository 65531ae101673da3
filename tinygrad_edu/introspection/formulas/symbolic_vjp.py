"""Asking a rule for a formula: its vector-Jacobian product, run on symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...engine.masked_gradient import densify
from ...engine.multi_output import MultiOutput
from ...engine.unbroadcast import match_argument
from .notation import several
from .symbol import function, symbols_in, values_of


class Answer(NamedTuple):
    """What a rule says, and what the walk makes of it: the same with the shape and dtype of the argument."""

    said: Any
    fitted: Any


def ask(name: str, vjp: Callable[..., Any], g: Any, y: Any, args: Any, kwargs: Any, argument: Any) -> Answer:
    """What `vjp`, of the rule called `name`, answers.

    A rule may do what can't be written down, such as ask a library of its own. Then its answer is a function without
    a formula.
    """
    with np.errstate(all="ignore"):
        try:
            said = densify(vjp(g, y, *args, **kwargs))
            d = fitted(said, argument)
            if isinstance(d, MultiOutput):
                said = d = function(several, tuple(d), {}, several(*values_of(tuple(d))))
            return Answer(said, d)
        except NotImplementedError:
            raise  # there is no such derivative
        except Exception:
            def answer(g: Any, y: Any, *args: Any) -> Any:
                return fitted(densify(vjp(g, y, *args, **kwargs)), argument)

            answer.__name__ = f"{name}_vjp"
            answer.__doc__ = f"What the rule of {name} computes; it can't be written as a formula."
            call = g, y, *args
            known = all(symbol.known for symbol in symbols_in(call))
            d = function(answer, call, {}, answer(*values_of(call)) if known else np.zeros(argument.shape, argument.dtype))
            return Answer(d, d)


def fitted(d: Any, argument: Any) -> Any:
    return match_argument(d, argument) if hasattr(d, "shape") and (d.shape != argument.shape or d.dtype != argument.dtype) else d
