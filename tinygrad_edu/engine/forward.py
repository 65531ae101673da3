"""The forward pass: `apply`, the one door through which every operation goes.

It computes with arrays, and writes down what `backpropagate` needs to go back. What the operations are is not known here:
that is the table's business (`table.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tensor_base as value
from .diagnostics import inspect_forward
from .dispatch import ARRAYS, KNOWN, NUMBERS, admit, as_array, is_recorded, left_to_others, outside, refuse_no_numbers
from .modes import RECORD, WATCH, current, is_checking
from .node import NOTHING, Constant, Node, order
from .provenance import write_down
from .table import COMPOSITES, RULES, Plan
from .tensor_base import Value, is_foreign
from .views import note_part

new = object.__new__
ndarray = np.ndarray
NONE = (None,)


def apply(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Compute ``fn(*args, **kwargs)`` on the tensors' arrays; remember how, if a gradient may be asked for.

    Parameters
    ----------
    fn : callable
        A function of the table (see `rule`); the operators, the methods and NumPy's functions all come here.
    *args, **kwargs
        What `fn` takes, with Tensors in place of arrays.

    Returns
    -------
    Tensor
        Of whatever shape and dtype NumPy gives.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, apply
    >>> apply(np.multiply, Tensor([1., 2.]), 3.)
    Tensor([3., 6.], shape=(2,), dtype=float64)
    """
    rule = RULES.get(fn)
    if rule is None:
        return outside(fn, args, kwargs)
    if kwargs:
        if not is_recorded(args, kwargs) or (fn in COMPOSITES and not rule.understands(kwargs)):
            return outside(fn, args, kwargs)
        args, kwargs = rule.arrange(args, kwargs)

    arrays: tuple[Any, ...] = ()  # what fn computes with
    lent: tuple[Any, ...] = ()  # copies among them, held twice: into an array held once NumPy's operators may write their result
    parents: tuple[Any, ...] = ()  # where each came from
    pattern = 1  # two bits for each argument: 0 a plain value, 1 a constant, 2 needs gradients, 3 an array of the user's
    for a in args:
        if isinstance(a, Value):
            if a._shared:
                copy = a._lend()
                arrays += (copy,)
                lent += (copy,)
            else:
                arrays += (a._array,)
            if a._node is None:
                parents += (a._source,)
                pattern = pattern * 4 + 1
            else:
                parents += (a._node,)
                pattern = pattern * 4 + 2
        else:
            if type(a) in KNOWN:
                pattern = pattern * 4 + 3 if type(a) is ndarray else pattern * 4
            elif (a := admit(a)) is NotImplemented:
                return left_to_others(fn, args, kwargs, args[len(arrays)])
            else:
                pattern = pattern * 4 + 3 if type(a) is ndarray or is_foreign(a) else pattern * 4
            arrays += (a,)
            parents += (a,)

    y = rule.compute(*arrays) if not kwargs else fn(*arrays, **kwargs)
    if type(y) not in ARRAYS:
        y = as_array(y)
    out = new(value.result_type)
    out._array = y
    out._shared = False
    out._node = out._grad = out._source = None

    recording = current()
    if recording is not RECORD:
        recording = recording.level
    plan = rule.plans.get(pattern * recording) or rule.plan(pattern * recording, len(args))
    if plan.rare or not recording:
        if plan.foreign or not recording:
            arrays, y = disown(arrays, parents, plan, y)
            out._array = y
        if plan.views and isinstance(args[0], Value):
            note_part(out, args[0], arrays[0])
    if plan.vjps and y.dtype.kind in "fc":
        if plan.constants and (plan.foreign or None in parents):
            parents = faces(args, parents, arrays)
        out._node = node = new(Node)
        node.plan = plan
        node.parents = parents
        node.saved = plan.pick(arrays + NONE + parents)  # what the vjps read, and None for what they don't
        node.output = y if plan.keeps_output or type(y) in NUMBERS else None
        node.kwargs = rule.keep(kwargs) if kwargs else NOTHING
        node.order = order()
        node.info = None
        node.shape = y.shape
        node.dtype = y.dtype
    elif plan.vjps:
        refuse_no_numbers(fn, y)
    if recording is WATCH:
        if out._node is not None:
            write_down(out._node)
        if is_checking():
            inspect_forward(fn, y, args, out._node)
    return out


def disown(arrays: tuple[Any, ...], parents: tuple[Any, ...], plan: Plan, y: Any) -> tuple[tuple[Any, ...], Any]:
    """Copies of the user's arrays, for a node to keep, and of a result that lies within one of them."""
    if type(y) is ndarray and any(type(p) is ndarray and np.may_share_memory(y, p) for p in parents):
        y = y.copy()
    return tuple(a.copy() if plan.keeps_foreign and i in plan.foreign and type(a) is ndarray else a for i, a in enumerate(arrays)), y


def faces(args: tuple[Any, ...], parents: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The parents, with something to show for the constants among them, in pictures and where a shape is asked for."""
    shown = list(parents)
    for i, (a, parent) in enumerate(zip(args, parents, strict=True)):
        if parent is None and isinstance(a, Value):
            a._source = shown[i] = Constant(a._array)
        elif type(parent) is ndarray or is_foreign(parent):
            shown[i] = Constant(arrays[i])
    return tuple(shown)
