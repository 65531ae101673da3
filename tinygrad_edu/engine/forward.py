"""The forward pass: `apply`, the one door through which every operation goes.

It computes with arrays, and records in a node what `backpropagate` will need. It knows no operation by name: the rules
are in the table (`table.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .diagnostics import inspect_forward
from .dispatch import (
    COMPUTED,
    KINDS,
    call_without_rule,
    coerce_argument,
    coerce_result,
    defer,
    is_recorded,
    refuse_no_numbers,
)
from .modes import OFF, RECORD, WATCH, current, is_checking
from .node import NO_INFO, NO_KEYWORDS, Constant, Node, new_order
from .provenance import write_down
from .table import COMPOSITES, CONSTANT, EVERYTHING, NOTHING, RULES, TRACKED, Plan
from .tensor_base import SCALARS, TensorBase, is_foreign, wrap
from .views import note_part

new_node: Callable[[type[Node]], Node] = object.__new__  # makes an empty node, whose fields are then set one by one


def apply(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Compute ``fn(*args, **kwargs)`` on the tensors' arrays, and record the operation if an argument needs a gradient.

    Operators, methods and NumPy's functions all come here.

    Parameters
    ----------
    fn : callable
        A function of the table (see `rule`).
    *args, **kwargs
        The arguments of `fn`, with Tensors in place of arrays.

    Returns
    -------
    Tensor
        The result, of the shape and dtype that NumPy gives.

    Raises
    ------
    TypeError
        If a function has no rule, and an argument needs a gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, apply
    >>> apply(np.multiply, Tensor([1., 2.]), 3.)
    Tensor([3., 6.], shape=(2,), dtype=float64)
    """
    rule = RULES.get(fn)
    if rule is None:
        return call_without_rule(fn, args, kwargs)
    if kwargs:
        if not is_recorded(args, kwargs) or (fn in COMPOSITES and not rule.understands(kwargs)):
            return call_without_rule(fn, args, kwargs)
        args, kwargs = rule.arrange(args, kwargs)

    # What fn computes with. A list, so that it and the call both hold each array: into one that is held once, NumPy's
    # operators may write their result, and a node may keep it.
    arrays: list[Any] = []
    parents: list[Any] = []  # where each came from
    pattern = ""  # a letter for the kind of each
    for a in args:
        if isinstance(a, TensorBase):
            node = a._node
            if node is None:
                pattern += CONSTANT
                node = a._source
            else:
                pattern += TRACKED
            arrays.append(a._lend() if a._shared else a._array)
            parents.append(node)
        else:
            kind = KINDS.get(type(a))
            if kind is None:
                a, kind = coerce_argument(a)
                if a is NotImplemented:
                    return defer(fn, args, kwargs, args[len(arrays)])
            pattern += kind
            arrays.append(a)
            parents.append(a)

    y = fn(*arrays, **kwargs) if kwargs else rule.compute(*arrays)
    if type(y) not in COMPUTED:
        y = coerce_result(y)

    mode = current()
    if mode is not RECORD:
        mode = mode.level
        pattern = NOTHING if mode is OFF else pattern + EVERYTHING if mode is WATCH else pattern
    plan = rule.plans.get(pattern) or rule.plan(pattern)
    if plan.may_share:
        arrays, y = copy_user_arrays(plan, arrays, parents, y)
    node = None
    if plan.vjps:
        node = record(plan, args, arrays, parents, kwargs, y)
    out = wrap(y, node)
    if plan.views and isinstance(args[0], TensorBase):
        note_part(out, args[0], arrays[0])
    if mode is WATCH:
        if node is not None:
            write_down(node)
        if is_checking():
            inspect_forward(fn, y, args, node)
    return out


def record(
    plan: Plan, args: tuple[Any, ...], arrays: list[Any], parents: list[Any], kwargs: dict[str, Any], y: Any
) -> Node | None:
    """Return a node that remembers this call; None if no gradient can flow through its result."""
    dtype = y.dtype
    if dtype.kind not in "fc":
        refuse_no_numbers(plan.rule.fn, y)
        return None
    if plan.may_share or None in parents:
        materialize_constants(args, arrays, parents)
    node = new_node(Node)
    node.plan = plan
    node.parents = parents
    node.saved = plan.pick((*arrays, None, *parents))  # what the vjps read, and None for what they don't
    node.output = y if plan.keeps_output or type(y) in SCALARS else None
    node.kwargs = plan.rule.keep(kwargs) if kwargs else NO_KEYWORDS
    node.order = new_order()
    node.info = NO_INFO
    node.shape = y.shape
    node.dtype = dtype
    return node


def copy_user_arrays(plan: Plan, arrays: list[Any], parents: list[Any], y: Any) -> tuple[list[Any], Any]:
    """Return `arrays`, with copies of the user's if a node keeps them, and `y`, copied if it lies within one."""
    theirs = [
        i for i, (a, parent) in enumerate(zip(arrays, parents, strict=True)) if a is parent and type(a) is np.ndarray
    ]
    if type(y) is np.ndarray and any(np.may_share_memory(y, arrays[i]) for i in theirs):
        y = y.copy()
    if plan.keeps_array:
        for i in theirs:
            arrays[i] = arrays[i].copy()
    return arrays, y


def materialize_constants(args: tuple[Any, ...], arrays: list[Any], parents: list[Any]) -> None:
    """Replace constants among `parents` by nodes, so that pictures can show them and rules can ask for their shapes."""
    for i, parent in enumerate(parents):
        if parent is None and isinstance(args[i], TensorBase):
            args[i]._source = parents[i] = Constant(arrays[i])
        elif type(parent) is np.ndarray or is_foreign(parent):
            parents[i] = Constant(arrays[i])
