"""The engine: one door, `apply`, and one walk, `backpropagate`.

Every recorded operation passes the door; every gradient is computed by the walk. What the operations are is
not known here: that is the table's business (`table.rule`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

import numpy as np

from . import value
from .diagnose import blame, inspect_backward, inspect_forward, released
from .modes import RECORD, WATCH, current, enable_grad, is_checking, level
from .node import NOTHING, Constant, Node, order
from .outside import ARRAYS, KNOWN, NUMBERS, admit, as_array, is_recorded, left_to_others, outside, refuse_no_numbers
from .scattered import Scattered
from .table import COMPOSITES, RULES, Plan
from .unbroadcast import fit
from .untaken import Masked, pass_through, split_mask, whole
from .value import NAMED, Value, copied, getrefcount, is_foreign, wrap
from .views import note_part
from .witness import derivative_done, derivative_of, write_down

new = object.__new__
ndarray = np.ndarray
NONE = (None,)
STRUCTURED = {Scattered, Masked}  # gradients that are more than an array


# ------------------------------------------------------------------------------------------ the door


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


# ------------------------------------------------------------------------------------------ the walk


def backpropagate(
    seeds: Iterable[tuple[Node, Any]],
    wanted: Iterable[Node] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
    partial: bool = False,
) -> dict[Node, Any]:
    """Gradients of the `seeds`' nodes with respect to the `wanted` nodes, or to every leaf; nothing else is changed.

    Nodes are visited newest first. *Order of creation is a topological order*, because an operation can only
    use what already exists; so when a node's turn comes, all that used it has been visited, and its gradient
    is complete. Each node is visited once, however many paths lead to it.

    Parameters
    ----------
    seeds : pairs of a node and the gradient it starts with, arrays (Tensors if `create_graph`)
    wanted : nodes, optional
        Where gradients are wanted; None means all leaves. What is older than the oldest of them can't depend
        on them, and is not visited.
    retain_graph : bool
        Keep what the nodes saved, for another walk.
    create_graph : bool
        Run the rules on Tensors, so that the gradients can be differentiated in their turn.
    partial : bool
        Do not go on behind the `wanted` nodes, nor call their hooks, as is right for a walk within a walk: each gradient is
        taken as if the others were constants.

    Returns
    -------
    dict
        From node to gradient, of exactly the node's shape and dtype; nodes that were not reached are missing.

    Notes
    -----
    Of complex numbers, what you give and get are conjugate gradients, as PyTorch's: ``x - rate * x.grad`` goes
    downhill. Within the walk they are not conjugated, so that the rules of real and complex functions are the same.
    """
    if create_graph and not level():  # asked for, even under no_grad()
        with enable_grad():
            return backpropagate(seeds, wanted, retain_graph, create_graph, partial)
    targets = None if wanted is None else frozenset(wanted)
    oldest = 0 if targets is None else max((node.order for node in targets), default=-(1 << 62))
    grads: dict[Node, Any] = {}  # gradients not yet passed on, and at the end those of the leaves
    found: dict[Node, Any] = {}
    ours: set[Node] = set()  # nodes whose gradient is a sum that this walk made, and may add to in place
    heap: list[tuple[int, Node]] = []
    watched = level() is WATCH
    release = not (retain_graph or create_graph)

    for node, g in seeds:
        if node.dtype.kind == "c":
            g = np.conjugate(g)
        if node in grads:
            grads[node] = grads[node] + g
        elif node.order <= oldest:
            grads[node] = g
            if type(node) is Node:
                heappush(heap, (node.order, node))

    while heap:
        _, node = heappop(heap)
        g = grads.pop(node)
        mask = None
        if type(g) is not ndarray and type(g) in STRUCTURED:
            g, mask = split_mask(g, node.plan.rule.lets_through)
        if node.info and not (partial and node in targets):  # type: ignore[operator]  # the walk outside will tell of it
            for hook in node.info.get("hooks", ()):
                hook(np.conjugate(g) if node.dtype.kind == "c" else g)
        if targets is not None and node in targets:
            found[node] = np.conjugate(g) if node.dtype.kind == "c" else copied(g)  # it flows on, and may be a saved array
            if partial:
                continue
        y, args, kwargs, parents = node.output, node.saved, node.kwargs, node.parents
        if args is None:  # read after the output, and forgotten before it: another thread may release the node meanwhile
            raise released(node)
        if create_graph:
            y, args = on_tensors(node)
        for i, vjp in node.plan.vjps:
            parent = parents[i]
            if oldest and parent.order > oldest:
                continue
            if watched:
                told = derivative_of((node, i))
            try:
                if mask is not None:
                    d = pass_through(node.plan.rule.lets_through, vjp, mask, g, y, args, kwargs)
                else:
                    d = vjp(g, y, *args, **kwargs) if kwargs else vjp(g, y, *args)
                if create_graph and type(d) is Scattered:
                    d = d.whole()  # even of Tensors a rule may give a plain gradient
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = fit(d, parent)
            except Exception as error:
                raise blame(error, node, i, parent)  # noqa: B904  (mostly the same error)
            finally:
                if watched:
                    derivative_done(told)
            if watched and is_checking():
                inspect_backward(node, i, whole(d))
            if parent not in grads:
                grads[parent] = d
                if type(parent) is Node:
                    heappush(heap, (parent.order, parent))
            elif parent in ours:
                grads[parent] += d
            else:  # paths meet: their sum is a new array, the walk's own, and what comes later is added in place
                grads[parent] = grads[parent] + d
                if not create_graph:
                    ours.add(parent)
        if release:
            node.saved = None
            if type(node.output) not in NUMBERS:
                node.output = None

    node = g = d = y = args = None  # type: ignore[assignment]  # no names of ours may count as holders below
    for leaf in grads:
        if targets is None or leaf in targets:
            g, grads[leaf] = grads[leaf], None
            if type(g) is not ndarray and type(g) in STRUCTURED:
                g = g.whole()
            alone = getrefcount(g) == NAMED and type(g) is ndarray and g.base is None
            found[leaf] = np.conjugate(g) if leaf.dtype.kind == "c" else g if alone else copied(g)
    return found


def on_tensors(node: Node) -> tuple[Any, list[Any]]:
    """What the node saved, as Tensors that know where they came from: a rule run on these records itself."""
    args = [
        wrap(a, p) if isinstance(p, Node) and p.order and a is not None and a is not p else a
        for a, p in zip(node.saved, node.parents, strict=True)
    ]
    return None if node.output is None else wrap(node.output, node), args
