"""One table: for every differentiable function, one vector-Jacobian product per argument.

    rule(np.multiply, lambda g, y, a, b: g * b,
                      lambda g, y, a, b: g * a)

A vector-Jacobian product (vjp) is given `g`, the gradient of the final result with respect to this
function's output; `y`, that output; and the function's own arguments. It returns the gradient with respect to
one argument. It is plain NumPy and never mentions broadcasting: the walk undoes that.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any

import numpy as np

from .masked_gradient import ELEMENTWISE
from .saved_values import reads
from .tensor_base import TensorBase

Function = Callable[..., Any]
MOST = 128  # plans that a rule keeps at most: long lists of arrays have endlessly many patterns

# A call's pattern has a letter for each argument: a tensor that needs gradients, one that doesn't, an array of the
# user's, all else.
TRACKED, CONSTANT, ARRAY, VALUE = "tcav"
# The pattern of a call that isn't recorded, and the end of a pattern for which all values are kept.
NOTHING, EVERYTHING = "", "*"

RULES: dict[Function, Rule] = {}
COMPOSITES: dict[Function, Function] = {}
PLAIN: set[Function] = set()


class Plan:
    """A plan of what to record of a call, for one pattern of arguments; made once for each pattern."""

    __slots__ = ("keeps_array", "keeps_output", "may_share", "pick", "rule", "views", "vjps")

    def __init__(self, rule: Rule, kinds: str, vjps: tuple[tuple[int, Function], ...], keep_all: bool) -> None:
        n = len(kinds)
        # the vjps of each= share their code, so it is read once
        uses = [reads(vjp, n) for vjp in {getattr(vjp, "__code__", vjp): vjp for _, vjp in vjps}.values()]
        values = set().union(*(v for v, _ in uses), range(-1, n) if keep_all else ())
        shapes = set().union(*(s for _, s in uses)) - values
        self.rule = rule
        self.vjps = vjps  # which arguments to differentiate, and how
        self.keeps_output = -1 in values | shapes  # whether a vjp reads y
        self.may_share = ARRAY in kinds or not kinds  # whether a user's array may be an argument, or within the result
        self.keeps_array = any(kinds[i] == ARRAY for i in values if i >= 0)  # whether a vjp reads the values of one
        self.views = rule.views
        # From (*arrays, None, *parents): an argument that is read, None if it isn't, and where only its shape or dtype
        # is asked for, its node: that answers as the array would, and keeps none.
        places = [i if i in values else n + 1 + i if i in shapes and kinds[i] != VALUE else n for i in range(n)]
        self.pick = itemgetter(*places) if n > 1 else itemgetter(slice(places[0], places[0] + 1)) if n else tuple


class Rule:
    """A row of the table."""

    __slots__ = ("accepts", "compute", "each", "fn", "lets_through", "name", "of_each", "plans", "views", "vjps")

    def __init__(self, fn: Function, vjps: tuple[Function | None, ...], each: Any, name: str) -> None:
        self.fn, self.vjps, self.each, self.name = fn, vjps, each, name
        self.compute = fn  # or what computes the same, faster
        # how the rule treats masks of gradients, see masked_gradient.py
        self.lets_through = ELEMENTWISE if isinstance(fn, np.ufunc) and fn.signature is None else None
        self.views = False  # whether the result may lie within the first argument
        self.plans: dict[str, Plan] = {}
        self.of_each: dict[int, tuple[int, Function]] = {}  # what `each` has returned, by argument
        self.accepts = keywords([each(0)] if each else [v for v in vjps if v])

    def plan(self, pattern: str) -> Plan:
        """Make, remember and return the plan for calls with this pattern of arguments."""
        kinds = pattern.removesuffix(EVERYTHING)
        wanted = [i for i, kind in enumerate(kinds) if kind == TRACKED]
        if self.each:
            vjps = tuple(self.of_each.get(i) or self.of_each.setdefault(i, (i, self.each(i))) for i in wanted)
        else:
            self.refuse_dropped([i for i in wanted if i >= len(self.vjps)])
            vjps = tuple((i, vjp) for i in wanted if (vjp := self.vjps[i]))
        if len(self.plans) >= MOST:
            self.plans.clear()
        plan = self.plans[pattern] = Plan(self, kinds, vjps, keep_all=pattern != kinds)
        return plan

    def refuse_dropped(self, places: list[int]) -> None:
        """Raise an error if arguments require gradients for which the rule has neither a vjp nor None."""
        if places:
            names = parameters(self.fn)
            place = f"the argument {names[places[0]]}" if places[0] < len(names) else f"argument {places[0]}"
            raise TypeError(
                f"{self.name}: there is no derivative rule with respect to {place}, and it requires gradients; "
                ".detach() it if none is wanted"
            )

    def understands(self, kwargs: dict[str, Any]) -> bool:
        """Say whether the vjps take these keywords, or can do without them."""
        return all(
            k in self.accepts or k in FORWARD_ONLY or (k in SILENT and v is SILENT[k]) for k, v in kwargs.items()
        )

    def arrange(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with tensors moved from keywords to their positions; drop keywords that change nothing.

        Raise an error for keywords that the vjps don't take.
        """
        if any(isinstance(v, TensorBase) for v in kwargs.values()):
            names = parameters(self.fn)
            while len(args) < len(names) and names[len(args)] in kwargs:
                name = names[len(args)]
                args, kwargs = (*args, kwargs[name]), {k: v for k, v in kwargs.items() if k != name}
        kwargs = {k: v for k, v in kwargs.items() if not (k in SILENT and v is SILENT[k])}
        for k, v in kwargs.items():
            if not self.understands({k: v}):
                raise TypeError(
                    f"{self.name}: the argument {k}={v!r} is not supported where gradients are recorded; "
                    "compute without it, or on .detach()ed tensors"
                )
            if isinstance(v, TensorBase):
                if v._node is not None:
                    raise TypeError(
                        f"{self.name}: no gradient can flow through the keyword argument {k}; "
                        "pass it by position, or .detach() it"
                    )
                kwargs[k] = v._array
        return args, kwargs

    def keep(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the keywords that the vjps take, with copies of the arrays and lists that the user may change."""
        return {k: v.copy() if isinstance(v, np.ndarray | list) else v for k, v in kwargs.items() if k in self.accepts}

    def __repr__(self) -> str:
        return f"Rule({self.name})"


SILENT = {"out": None, "dtype": None, "where": True, "keepdims": False}  # with these values, they change nothing
FORWARD_ONLY = {"dtype", "casting", "order", "subok"}  # keywords that derivatives don't depend on


def keywords(vjps: list[Function]) -> set[str]:
    """Return the names of the keyword arguments that the vjps take."""
    known: set[str] = set()
    for vjp in vjps:
        known.update(list(inspect.signature(vjp).parameters)[2:])
    return known


@lru_cache(maxsize=1024)
def parameters(fn: Function) -> tuple[str, ...]:
    """Return the names of the arguments that `fn` takes by position; an empty tuple if its signature is unknown."""
    try:
        return tuple(name for name, p in inspect.signature(fn).parameters.items() if p.kind <= p.POSITIONAL_OR_KEYWORD)
    except (TypeError, ValueError):
        return ()
