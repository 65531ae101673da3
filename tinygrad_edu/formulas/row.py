"""A function explained: its row of the table run on symbols, or what it is made of."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

from ..nest import flatten
from ..parts import Parts
from ..table import COMPOSITES, PLAIN, RULES, Rule
from ..tensor import Tensor
from ..unbroadcast import fit
from ..value import Value, bare
from .chain import chain_rule
from .examples import example
from .notation import name_of
from .page import Explanation, Line
from .shares import shares
from .symbol import Symbol, formula

Function = Callable[..., Any]


def of_function(fn: Function, args: Any, kwargs: Any) -> Explanation:
    """What there is to say of a function: its rule, what it is made of, or that it has no derivative."""
    fn = getattr(fn, "fn", fn)  # of an operation of ours, the function itself
    if fn in PLAIN:
        return Explanation([f"{name_of(fn)} has no derivative: it returns plain arrays"])
    rule = RULES.get(fn) or RULES.get(getattr(COMPOSITES.get(fn), "whole", None))  # type: ignore[arg-type]
    if rule is None and fn not in COMPOSITES:
        if not args:
            raise TypeError(f"{name_of(fn)} has no rule; explain({name_of(fn)}, x) tells what it does with an array x")
        return of_recording(fn, args, kwargs)
    if not args and not kwargs:
        args, kwargs = example(fn)
    return derivatives(rule, args, kwargs) if rule else composition(fn, args, kwargs)


def derivatives(rule: Rule, args: Any, kwargs: Any) -> Explanation:
    """The vector-Jacobian product of each argument that has one."""
    vjps = [rule.each(i) if rule.each else rule.vjps[i] if i < len(rule.vjps) else None for i in range(len(args))]
    scalars = not any(map(is_array, args))
    names = names_of_arguments(next(filter(None, vjps)), len(args))
    symbols = [Symbol(np.asarray(bare(a)), name) if is_array(a) or (vjp and scalars) else a
               for a, name, vjp in zip(args, names, vjps, strict=True)]
    result = formula(rule.fn, tuple(symbols), kwargs)
    if isinstance(result.value, Parts):
        fields = getattr(getattr(result.value.kind, "__self__", None), "_fields", [f"y{i}" for i in range(len(result.value))])
        y: Any = tuple(Symbol(part, name) for part, name in zip(result.value, fields, strict=True))
        g: Any = tuple(Symbol(part, f"{name}.grad") for part, name in zip(result.value, fields, strict=True))
        left = Symbol(result.value, ", ".join(fields))
    else:
        left = y = Symbol(result.value, "y")
        g = Symbol(result.value, "g")
    lines: list[Line | str] = [Line(left, result, str(left.shape))]
    temporary = (f"t{i}" for i in count(1))
    known = {k: v for k, v in kwargs.items() if k in rule.accepts}
    for x, vjp in zip(symbols, vjps, strict=True):
        if vjp and isinstance(x, Symbol):
            with np.errstate(all="ignore"):
                d = fitted(vjp(g, y, *symbols, **known), x)
            lines += [*shares(d, temporary), Line(Symbol(x.value, f"{x.name}.grad"), d, str(x.shape))]
    return Explanation(lines)


def composition(fn: Function, args: Any, kwargs: Any) -> Explanation:
    """A function made of others: which, and how."""
    leaves, rebuild = flatten(args)
    symbols = rebuild(Symbol(np.asarray(bare(a)), f"x{i}" if len(leaves) > 1 else "x") if is_array(a) else a
                      for i, a in enumerate(leaves))
    try:
        results = COMPOSITES[fn](*symbols, **kwargs)
    except Exception:  # it asks more of its arguments than formulas can say: look at what it records instead
        return of_recording(fn, args, kwargs)
    if not any(isinstance(y, Symbol) for y in flatten(results)[0]):
        return of_recording(fn, args, kwargs)
    parts = list(results) if isinstance(results, tuple | list) else [results]
    names = [f"y{i}" for i in range(len(parts))] if len(parts) > 1 else ["y"]
    return Explanation([f"{name_of(fn)} is made of functions that have rules",
                        *(Line(Symbol(0, name), y, str(np.shape(y))) for name, y in zip(names, parts, strict=True))])


def of_recording(fn: Function, args: Any, kwargs: Any) -> Explanation:
    """Any function of Tensors: the chain rule of what it records."""
    leaves, rebuild = flatten(args)
    y = fn(*rebuild(Tensor(bare(a), requires_grad=True, name=f"x{i}" if len(leaves) > 1 else "x") if is_array(a) else a
                    for i, a in enumerate(leaves)), **kwargs)
    outputs = [y for y in flatten(y)[0] if isinstance(y, Value) and y._node is not None]
    if not outputs:
        return Explanation([f"{name_of(fn)} gives constants: no gradient flows through it"])
    return chain_rule(outputs[0], None)


def fitted(d: Any, x: Any) -> Any:
    """A rule's result with the shape and dtype of its argument, as the walk makes it."""
    return fit(d, x) if hasattr(d, "shape") and (d.shape != x.shape or d.dtype != x.dtype) else d


def is_array(a: Any) -> bool:
    return isinstance(bare(a), np.ndarray | np.floating | np.complexfloating) and bare(a).dtype.kind in "fc"


def names_of_arguments(vjp: Function, n: int) -> list[str]:
    """What the rule calls its arguments: ``(g, y, a, b)`` says a and b, ``*arrays`` says x0, x1, ..."""
    parameters = list(inspect.signature(vjp).parameters.values())[2:]
    named = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return [named[i] if i < len(named) else f"x{i - len(named)}" for i in range(n)]
