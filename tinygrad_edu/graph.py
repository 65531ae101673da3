"""The engine: one door, `apply`, and one walk, `backpropagate`.

Every recorded operation passes the door; every gradient is computed by the walk. What the operations are is
not known here: that is the table's business (`table.rule`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from sys import getrefcount
from typing import Any
from weakref import ref

import numpy as np

from .diagnose import blame, inspect_backward, inspect_forward, released
from .modes import DEBUG, level
from .table import COMPOSITES, PLAIN, RULES, Plan
from .unbroadcast import fit
from .value import ALONE, Value, copied, is_whole

new = object.__new__
order = count(-1, -1).__next__  # -1, -2, ...: the newest node is the smallest, as heaps like it
NOTHING: dict[str, Any] = {}


class Node:
    """One recorded operation. It knows its parents but not the tensor it made, so dropped graphs free themselves."""

    __slots__ = ("dtype", "info", "kwargs", "order", "output", "parents", "plan", "saved", "shape")

    plan: Plan  # the rule, for the arguments that need gradients
    parents: Any  # a sequence, one for each argument: a Node, or what stands for a constant
    saved: Any  # the arguments, with None where no vjp reads one; None instead of all once released
    output: Any  # the result, if a vjp reads it
    kwargs: dict[str, Any]
    order: int
    shape: tuple[int, ...]
    dtype: Any
    info: dict[str, Any] | None  # what is rarely there: a name, a hook, the user's source line

    @property
    def name(self) -> str:
        return self.plan.rule.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    def __repr__(self) -> str:
        return f"<{self.name} -> {self.dtype}{list(self.shape)}>"


class Leaf(Node):
    """Where the graph begins: a tensor that requires gradients, known weakly."""

    __slots__ = ("tensor",)

    tensor: Callable[[], Any]

    def __init__(self, tensor: Value) -> None:
        self.tensor = ref(tensor)
        self.parents = self.saved = ()
        self.output, self.kwargs, self.info, self.order = None, NOTHING, None, order()
        self.shape, self.dtype = tensor._data.shape, tensor._data.dtype

    @property
    def name(self) -> str:
        return (self.info or {}).get("name") or "leaf"


class Constant(Leaf):
    """An array that needs no gradient, as the graph remembers it: its shape, not its values."""

    __slots__ = ()

    def __init__(self, array: Any) -> None:
        self.parents = self.saved = ()
        self.output, self.kwargs, self.info, self.order = None, NOTHING, None, 0
        self.shape, self.dtype = array.shape, array.dtype

    @property
    def name(self) -> str:
        return (self.info or {}).get("name") or "constant"


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
        args, kwargs = rule.arrange(args, kwargs)

    arrays: list[Any] = []  # what fn computes with
    parents: list[Any] = []  # where each came from
    mask, bit = 0, 1  # which of them need gradients
    constants = False
    for a in args:
        if isinstance(a, Value):
            if a._shared:
                arrays.append(a._lend())
            else:
                arrays.append(a._data)
            parents.append(a._node)
            if a._node is None:
                constants = True
            else:
                mask += bit
        else:
            if type(a) not in KNOWN and (a := admit(a)) is NotImplemented:
                return NotImplemented  # somebody else's type: perhaps it answers for itself
            arrays.append(a)
            parents.append(a)
            if type(a) is np.ndarray:
                constants = True
        bit += bit

    y = rule.compute(*arrays) if not kwargs else fn(*arrays, **kwargs)
    if type(y) not in ARRAYS:
        y = as_array(y)
    out = new(result_type)
    out._data, out._shared, out.grad, out._source = y, False, None, None
    recording = level()
    if not (mask and recording):
        out._node = None
    else:
        plan = rule.plans.get(mask + bit) or rule.plan(mask, len(args))
        if not plan.vjps or (kwargs and y.dtype.kind not in "fc"):
            out._node = None
        else:
            if constants:
                remember_constants(args, arrays, parents, plan)
            if recording is not DEBUG:
                for i in plan.drop:
                    arrays[i] = None
                for i in plan.shape_only:
                    arrays[i] = parents[i]  # a node answers .shape and .dtype as the array would
            out._node = node = new(Node)
            node.plan, node.parents, node.info, node.order = plan, tuple(parents), None, order()
            node.kwargs = {k: v for k, v in kwargs.items() if k in rule.accepts} if kwargs else NOTHING
            node.saved = tuple(arrays)
            node.output = y if plan.keeps_output or recording is DEBUG else None
            node.shape, node.dtype = y.shape, y.dtype
    if recording is DEBUG:
        inspect_forward(fn, y, args, out._node)
    return out


def remember_constants(args: tuple[Any, ...], arrays: list[Any], parents: list[Any], plan: Plan) -> None:
    """Give constants a face for pictures, and take a copy of the user's arrays where a vjp will read them."""
    for i, (a, parent) in enumerate(zip(args, parents, strict=True)):
        if isinstance(a, Value):
            if parent is None:
                if a._source is None:
                    a._source = Constant(a._data)
                parents[i] = a._source
        elif type(parent) is np.ndarray:
            parents[i] = Constant(parent)
            if i not in plan.drop and i not in plan.shape_only and (parent.flags.writeable or parent.base is not None):
                arrays[i] = parent.copy()


# ------------------------------------------------------------------------------------------ the walk


def backpropagate(
    seeds: Iterable[tuple[Node, Any]],
    wanted: Iterable[Node] | None = None,
    retain_graph: bool = False,
    create_graph: bool = False,
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

    Returns
    -------
    dict
        From node to gradient, of exactly the node's shape and dtype; nodes that were not reached are missing.
    """
    targets = None if wanted is None else frozenset(wanted)
    oldest = 0 if targets is None else max((node.order for node in targets), default=-(1 << 62))
    grads: dict[Node, Any] = {}  # gradients not yet passed on, and at the end those of the leaves
    found: dict[Node, Any] = {}
    ours: set[Node] = set()  # nodes whose gradient is a sum that this walk made, and may add to in place
    heap: list[tuple[int, Node]] = []
    debug = level() is DEBUG

    for node, g in seeds:
        if node.order <= oldest:
            if node in grads:
                add_to(grads, node, g, ours)
            else:
                grads[node] = g
                heappush(heap, (node.order, node))

    while heap:
        _, node = heappop(heap)
        if type(node) is Leaf:  # a seed that is a leaf itself
            continue
        g = grads.pop(node)
        if node.info:
            for hook in node.info.get("hooks", ()):
                hook(g)
        if targets is not None and node in targets:
            found[node] = g
        if node.saved is None:
            raise released(node)
        y, args = on_tensors(node) if create_graph else (node.output, node.saved)
        parents, kwargs = node.parents, node.kwargs
        for i, vjp in node.plan.vjps:
            parent = parents[i]
            if parent.order > oldest:
                continue
            try:
                d = vjp(g, y, *args, **kwargs) if kwargs else vjp(g, y, *args)
                if d.shape != parent.shape or d.dtype is not parent.dtype:
                    d = fit(d, parent)
            except Exception as error:
                raise blame(error, node, i, parent)
            if debug:
                inspect_backward(node, i, d)
            if parent in grads:
                add_to(grads, parent, d, ours)
            else:
                grads[parent] = d
                if type(parent) is Node:
                    heappush(heap, (parent.order, parent))
        if not (retain_graph or create_graph):
            node.saved = node.output = None

    node = g = d = y = args = None  # type: ignore[assignment]  # no names of ours may count as holders below
    for leaf in grads:
        if targets is None or leaf in targets:
            if getrefcount(grads[leaf]) == ALONE and is_whole(grads[leaf]):
                found[leaf] = grads[leaf]
            else:
                found[leaf] = copied(grads[leaf])
    return found


def add_to(grads: dict[Node, Any], node: Node, g: Any, ours: set[Node]) -> None:
    """Paths meet: add `g` to what has reached `node`, in place once the sum is the walk's own array."""
    if node in ours:
        np.add(grads[node], g, grads[node])
    else:
        grads[node] = grads[node] + g
        if type(grads[node]) is np.ndarray:
            ours.add(node)


def on_tensors(node: Node) -> tuple[Any, list[Any]]:
    """What the node saved, as Tensors that know where they came from: a rule run on these records itself."""
    args = [
        wrap(a, p) if isinstance(p, Node) and p.order and a is not None and a is not p else a
        for a, p in zip(node.saved, node.parents, strict=True)
    ]
    return None if node.output is None else wrap(node.output, node), args


# ------------------------------------------------------------------- arrays in, tensors out, the rest


result_type: type[Value] = Value  # what apply returns: Tensor, once tensor.py is there
ARRAYS = {np.ndarray, np.float64, np.float32}  # NumPy hands back scalars where arrays are 0-d: these are fine within
KNOWN = {np.ndarray, float, int, bool, complex, np.float64, np.float32, tuple, type(None), str, slice, type(...)}


def wrap(array: Any, node: Node | None = None) -> Any:
    """A tensor around an array of the engine's own, made by `node`."""
    tensor = new(result_type)
    tensor._data, tensor._node, tensor._shared, tensor._source, tensor.grad = array, node, False, None, None
    return tensor


def as_array(y: Any) -> Any:
    """A result of a rare type: Python's numbers become NumPy's."""
    return np.asarray(y)[()] if isinstance(y, bool | int | float | complex) else y


def admit(a: Any) -> Any:
    """An argument of a rare type, as functions take it; NotImplemented if it is not ours to handle."""
    if isinstance(a, np.ndarray | np.generic | np.dtype | type | range):
        return a
    return np.array(a) if isinstance(a, list) else NotImplemented


def outside(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Answer for a function that has no rule of its own."""
    if fn in COMPOSITES:
        return COMPOSITES[fn](*args, **kwargs)
    if fn not in PLAIN and level() and any(v._node is not None for v in values_in((args, kwargs))):
        name = getattr(fn, "__name__", repr(fn))
        raise NotImplementedError(
            f"{name} has no derivative rule, and one of its arguments requires gradients. Declare one with "
            f"rule({name}, ...), build it from functions that have one, or pass tensor.detach() if no gradient is wanted."
        )
    y = fn(*bare(args), **bare(kwargs))
    if fn in PLAIN:
        return y
    if isinstance(y, tuple | list):
        return type(y)(map(wrap, y)) if type(y) in (tuple, list) else type(y)(*map(wrap, y))  # a named tuple
    return wrap(y) if isinstance(y, np.ndarray | np.generic) else y


def values_in(nested: Any) -> Iterable[Value]:
    """Every tensor in nested lists, tuples and dicts."""
    if isinstance(nested, Value):
        yield nested
    elif isinstance(nested, list | tuple | dict):
        for item in nested.values() if isinstance(nested, dict) else nested:
            yield from values_in(item)


def bare(nested: Any) -> Any:
    """The same nest with arrays for tensors."""
    if isinstance(nested, Value):
        return nested._lend() if nested._shared else nested._data
    if isinstance(nested, dict):
        return {k: bare(v) for k, v in nested.items()}
    return type(nested)(map(bare, nested)) if type(nested) in (list, tuple) else nested
