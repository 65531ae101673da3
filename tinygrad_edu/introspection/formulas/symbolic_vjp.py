"""Symbolic vector-Jacobian products: a rule is run on symbols, and so returns its formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...engine.masked_gradient import densify
from ...engine.multi_output import MultiOutput
from ...engine.unbroadcast import match_argument
from .notation import several
from .simplify import simplify
from .symbol import function, symbols_in, values_of


class Answer(NamedTuple):
    """The formula that a rule returns, and the same after the walk has given it the argument's shape and dtype."""

    said: Any
    fitted: Any


def ask(name: str, vjp: Callable[..., Any], g: Any, y: Any, args: Any, kwargs: Any, argument: Any) -> Answer:
    """Return the answer of `vjp`, of the rule called `name`, to symbols.

    A rule may do things that can't be written as a formula, such as calling another library. Then its answer is a
    single function, ``{name}_vjp``.
    """
    with np.errstate(all="ignore"):
        try:
            said = simplify(densify(vjp(g, y, *args, **kwargs)))
            d = simplify(fitted(said, argument))
            if isinstance(d, MultiOutput):
                said = d = function(several, tuple(d), {}, several(*values_of(tuple(d))))
            return Answer(said, d)
        except NotImplementedError:
            raise  # this derivative is not implemented, which the explanation says
        except Exception:

            def answer(g: Any, y: Any, *args: Any) -> Any:
                return fitted(densify(vjp(g, y, *args, **kwargs)), argument)

            answer.__name__ = f"{name}_vjp"
            answer.__doc__ = f"Return the result of the rule of {name}, which can't be written as a formula."
            call = g, y, *args
            known = all(symbol.known for symbol in symbols_in(call))
            d = function(
                answer, call, {}, answer(*values_of(call)) if known else np.zeros(argument.shape, argument.dtype)
            )
            return Answer(d, d)


def fitted(d: Any, argument: Any) -> Any:
    return (
        match_argument(d, argument)
        if hasattr(d, "shape") and (d.shape != argument.shape or d.dtype != argument.dtype)
        else d
    )
