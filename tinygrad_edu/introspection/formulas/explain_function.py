"""The explanation of a function: its derivative rule is run on symbols, or a call of it is recorded as a graph."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np

from ...engine.modes import watch
from ...engine.multi_output import MultiOutput, MultiOutputType
from ...engine.node import Leaf, Node
from ...engine.table import COMPOSITES, PLAIN, RULES, Rule, parameters
from ...engine.tensor_base import TensorBase, to_arrays
from ...pytree import flatten
from ...tensor.tensor import Tensor
from ..graph_history import Names
from .common_subexpressions import name_shares
from .explain_graph import chain_rule, derivative
from .explanation import Explanation, Heading, Line, shape_note
from .notation import name_of
from .sample_calls import sample_call
from .symbol import Symbol, formula, symbols_in, values_of
from .symbolic_vjp import ask

Function = Callable[..., Any]


def of_function(fn: Function, args: Any, kwargs: Any, names: Names) -> Explanation:
    """Return the explanation of a function: its rule, the operations it is made of, or that it has no derivative."""
    fn = getattr(fn, "fn", fn)  # operations of this package wrap a function
    if fn in PLAIN:
        return Explanation([f"{name_of(fn)} has no derivative: it returns plain arrays"])
    rule = RULES.get(fn) or RULES.get(getattr(COMPOSITES.get(fn), "whole", None))  # type: ignore[arg-type]
    if not args and not kwargs:
        if not rule and fn not in COMPOSITES:
            name = name_of(fn)
            raise TypeError(f"{name} has no rule of its own; explain({name}, x) shows what it does with an array x")
        args, kwargs = sample_call(fn)
    if rule:
        args, kwargs = by_position(rule, args, kwargs)
        if fn not in COMPOSITES or fn not in RULES or rule.understands(kwargs):
            return of_rule(rule, args, kwargs)
    return explain_recording(fn, args, kwargs, names)


# ------------------------------------------------------------------------------------------ a rule


def of_rule(rule: Rule, args: Any, kwargs: Any) -> Explanation:
    """Return the explanation of a rule: the vector-Jacobian product of each argument that has one."""
    vjps = [rule.each(i) if rule.each else rule.vjps[i] if i < len(rule.vjps) else None for i in range(len(args))]
    names = names_of_arguments(rule.fn, [v for v in vjps if v], args)
    arrays = {id(a): (name, a) for a, name in zip(args, names, strict=True) if isinstance(a, np.ndarray)}
    numbers = not any(map(is_array_argument, args))  # explain(np.multiply, 2, 3) is about numbers
    symbols = tuple(
        Symbol(np.asarray(to_arrays(a)), name)
        if is_array_argument(a) or (vjp and numbers and np.isscalar(a))
        else to_arrays(a)
        for a, name, vjp in zip(args, names, vjps, strict=True)
    )
    result = formula(rule.fn, symbols, kwargs)
    if not symbols_in(symbols):
        raise TypeError(f"{name_of(rule.fn)} is explained with floating-point arrays; these arguments have none")
    if isinstance(result.value, MultiOutput):
        numbered = [f"y{i}" for i in range(1, len(result.value) + 1)]
        fields = getattr(getattr(result.value.kind, "__self__", None), "_fields", numbered)  # those of a named tuple
        y: Any = tuple(Symbol(part, name) for part, name in zip(result.value, fields, strict=True))
        g: Any = tuple(Symbol(part, f"{name}.grad", free=True) for part, name in zip(result.value, fields, strict=True))
        left, given = ", ".join(fields), ", ".join(map(repr, g)) + " are given"
    else:
        y, g = Symbol(result.value, "y"), Symbol(ones_like(result.value), "g", free=True)
        left, given = "y", "g is the gradient of y"
    lines: list[Line | Heading | str] = [Heading("forward", "shape")]
    lines += [Line(Symbol(result.value, left), result, shape_note(result.value)), Heading(f"backward: {given}")]
    temporary = (name for i in count(1) if (name := f"t{i}") not in names)
    known = {k: v for k, v in kwargs.items() if k in rule.accepts}
    for x, vjp in zip(symbols, vjps, strict=True):
        if vjp and isinstance(x, Symbol):
            try:
                d = ask(name_of(rule.fn), vjp, g, y, symbols, known, x).fitted
            except NotImplementedError as error:
                lines.append(str(error))
                continue
            lines += [*name_shares(d, temporary), Line(Symbol(values_of(d), f"{x.name}.grad"), d, shape_note(x.value))]
    return Explanation(lines, arrays)


def by_position(rule: Rule, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Return the arguments as the rule takes them: arrays by position, and without keywords that change nothing."""
    tensors = {k: Tensor(v) if is_array_argument(v) else v for k, v in kwargs.items()}
    try:
        args, kwargs = rule.arrange(args, tensors)
    except TypeError:  # keywords that the rule doesn't know; the composite form, if there is one, may
        return args, kwargs
    return tuple(to_arrays(a) for a in args), kwargs


def names_of_arguments(fn: Function, vjps: list[Function], args: Any) -> list[str]:
    """Return the names of the arguments: those in the rule, such as a and b in ``(g, y, a, b)``, or the function's."""
    ours = [list(inspect.signature(vjp).parameters.values())[2:] for vjp in vjps]
    named = max(([p.name for p in ps if p.kind is p.POSITIONAL_OR_KEYWORD] for ps in ours), key=len)
    if not named:
        named = (["x"] if fn.nin == 1 else []) if isinstance(fn, np.ufunc) else list(parameters(fn))
    named = [f"{name}_" if name in ("g", "y") else name for name in named]
    return [*named, *number_names(len(args) - len(named))][: len(args)]


# -------------------------------------------------------------------------------------- a recording


def explain_recording(fn: Function, args: Any, kwargs: Any, names: Names) -> Explanation:
    """Return the explanation of any function of Tensors: call it, and show the chain rule of the graph."""
    is_known = fn in COMPOSITES or fn in RULES
    leaves, rebuild = flatten((args, kwargs))
    called = names_of_leaves(fn, args, kwargs)
    arrays = {name: a for name, a in zip(called, leaves, strict=True) if isinstance(a, np.ndarray)}
    inputs = as_inputs(leaves, called)
    args, kwargs = rebuild(inputs)
    with np.errstate(all="ignore"), watch():  # nodes keep all their arguments
        results = fn(*args, **kwargs)
    results = flatten(results)[0]
    outputs = [y for y in results if isinstance(y, TensorBase) and y._node is not None]
    if not outputs:
        return Explanation([f"{name_of(fn)} gives constants here: no gradient flows through it"])
    if not is_known:
        return chain_rule(outputs, {**names, **(module_parameters(fn)), **arrays})
    if whole := only_operation(outputs):
        given = {x._node: x._array for x in inputs if isinstance(x, TensorBase)}
        args = tuple(given[p] if isinstance(p, Node) else p for p in whole.parents)
        return of_rule(whole.plan.rule, args, whole.kwargs)
    return derivative(outputs, arrays, f"{name_of(fn)} is made of functions that have rules.")


def only_operation(outputs: list[Any]) -> Node | None:
    """Return the operation on arguments whose results, in order, are exactly these outputs; None if there is none."""
    whole = next(iter(outputs[0]._node.parents), None)
    if not isinstance(whole, Node) or not isinstance(whole.dtype, MultiOutputType):
        return None
    taken = [tuple(y._node.parents) for y in outputs if y._node.name == "getitem"]
    on_leaves = all(isinstance(p, Leaf) or not isinstance(p, Node) for p in whole.parents)
    return whole if on_leaves and taken == [(whole, i) for i in range(len(whole.shape))] else None


def as_inputs(leaves: list[Any], names: list[str]) -> list[Any]:
    """Return the arguments with arrays as Tensors that require gradients, or numbers as such if there are no arrays."""
    if not any(map(is_array_argument, leaves)):
        leaves = [np.asarray(a, float) if type(a) in (int, float) else a for a in leaves]
    return [as_differentiable(a, name) for a, name in zip(leaves, names, strict=True)]


def as_differentiable(a: Any, name: str) -> Any:
    """Return an array as a Tensor that requires gradients, and other arguments as they are."""
    return (
        Tensor(to_arrays(a), requires_grad=True, name=name)
        if is_array_argument(a) and getattr(a, "_node", None) is None
        else a
    )


def names_of_leaves(fn: Function, args: Any, kwargs: Any) -> list[str]:
    """Return a name for every leaf of the arguments: the argument's, with a number if it has several leaves."""
    names: list[str] = []
    named = parameters(fn)
    for stem, arg in [*zip([*named, *number_names(len(args) - len(named))], args, strict=False), *kwargs.items()]:
        n = len(flatten(arg)[0])
        names += [stem] if n == 1 else [f"{stem}{i}" for i in range(1, n + 1)]
    return names


def number_names(n: int) -> list[str]:
    """Return names for `n` arguments that have none."""
    return ["x"] if n == 1 else [f"x{i}" for i in range(1, n + 1)]


def module_parameters(fn: Any) -> Mapping[str, Any]:
    """Return a module's parameters by their names."""
    return dict(fn.named_parameters()) if hasattr(fn, "named_parameters") else {}


def is_array_argument(a: Any) -> bool:
    return isinstance(to_arrays(a), np.ndarray | np.floating | np.complexfloating) and to_arrays(a).dtype.kind in "fc"


def ones_like(y: Any) -> Any:
    return np.ones(np.shape(y), y.dtype)
