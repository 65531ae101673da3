"""The trace of a function: one call on fresh inputs, recorded as a graph that can be walked backward and forward."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from ..engine.backward import backpropagate
from ..engine.declare import primitive
from ..engine.modes import enable_grad, level
from ..engine.node import Node, new_order
from ..engine.provenance import warn_user
from ..engine.tensor_base import TensorBase, to_arrays, wrap
from ..engine.traversal import detach_unreached, is_tracked, subgraph
from ..pytree import Rebuild, describe_nest, flatten
from ..rules.shapes import to
from ..tensor.concretization import LeavingError, is_hidden_by, transform
from ..tensor.tensor import Tensor

Argnums = int | tuple[int, ...]


@primitive(lambda g, y, x: g, name="input")
def fresh_input(x: Any) -> Any:
    """Return `x` itself, as a new place in the graph."""
    return x


class Trace:
    """A call ``f(*args, **kwargs)``, recorded from the arguments `argnums` to the outputs; errors begin with `what`.

    Attributes
    ----------
    inputs : list of Node
        The places of the chosen arguments' leaves in the graph.
    outputs : list of Tensor
        The leaves of what `f` returned, as they were recorded.
    value, aux
        The outputs for the user, and the auxiliary result of `f`. They are connected to the Tensors outside on which
        they depend, and to nothing else.
    outer : bool
        Whether the value depends on Tensors outside. Then its derivatives do too, and are recorded.
    """

    def __init__(
        self, what: str, f: Callable[..., Any], args: Any, kwargs: Any, argnums: Argnums, has_aux: bool = False
    ) -> None:
        nums = resolve_argnums(what, argnums, len(args))
        leaves, rebuild = flatten(tuple(args[i] for i in nums))
        self.what = what
        self.rebuild_inputs: Rebuild = rebuild if isinstance(argnums, tuple) else lambda new: rebuild(new)[0]
        self.start = new_order()  # nodes older than this were made before the call
        connected = bool(level())
        self.nested = False  # whether a derivative was taken within the call
        self.left: Any = None  # the error of a Tensor that was made a plain number within
        if (outside := transform.get()) is not None:
            outside.nested = True
        token = transform.set(self)
        try:
            with record_mode():  # derivatives are asked for, even under no_grad()
                inputs = [fresh(what, x, connected) for x in leaves]
                self.inputs = [x._node for x in inputs]
                given = dict(zip(nums, rebuild(inputs), strict=True))
                y = f(*(given.get(i, a) for i, a in enumerate(args)), **kwargs)
        except (TypeError, ValueError) as error:
            if (left := self.left) is not None and is_hidden_by(error, left):
                raise LeavingError(*left.args).with_traceback(error.__traceback__) from None
            raise
        finally:
            transform.reset(token)
        refuse_changed(what, inputs, self.inputs)
        if has_aux and not (isinstance(y, tuple) and len(y) == 2):
            raise TypeError(
                f"{what}: has_aux=True is for functions that return (value, aux); this one returned {describe_nest(y)}"
            )
        y, aux = y if has_aux else (y, None)
        if y is None:
            raise TypeError(f"{what}: the function returned None; is its return missing?")
        leaves, self.rebuild_outputs = flatten(y)
        self.outputs = [output(what, y) for y in leaves]
        beside, rebuild_aux = flatten(aux)
        cut = [*self.outputs, *beside]
        cut = detach_unreached(cut, self.start) if connected else [y.detach() if is_tracked(y) else y for y in cut]
        n = len(self.outputs)
        self.value, self.aux = self.rebuild_outputs(cut[:n]), rebuild_aux(cut[n:])
        self.outer = any(map(is_tracked, cut[:n]))
        self.pulled: list[Any] = []
        self.kept: list[Any] = []

    def keep(self) -> None:
        """Keep the saved values of the graph, to walk again even after a backward() from outside has released them."""
        if self.outer:
            inside, _ = subgraph(self.outputs, self.start)
            self.kept = [(node, node.saved, node.output) for node in inside if type(node) is Node]

    # -------------------------------------------------------------------------------- backward and forward

    def pull(self, cotangents: Iterable[Any], last: bool = False) -> Any:
        """Return the inputs' gradients, given the outputs' gradients; `last` frees the graph."""
        vectors = [match_place(self.what, v, y) for v, y in zip(cotangents, self.outputs, strict=True)]
        return self.rebuild_inputs(self.walk(self.outputs, vectors, self.inputs, last))

    def push(self, tangents: Iterable[Any]) -> Any:
        """Return how the outputs change as the inputs move along `tangents`, by a walk back through a recorded walk."""
        if not self.pulled:  # the inputs' gradients as a function of the vectors that they start with
            starts = [u.requires_grad_() for u in self.anywhere()]
            self.starts = [u._node for u in starts]
            with record_mode():
                self.pulled = self.walk(self.outputs, starts, self.inputs)
        vectors = [match_place(self.what, v, x) for v, x in zip(tangents, self.inputs, strict=True)]
        return self.rebuild_outputs(self.walk(self.pulled, vectors, self.starts))

    def ones(self) -> list[Any]:
        """Return vectors of ones like the outputs, from the same libraries, and floating even where outputs are not."""
        return [wrap(np.ones_like(y._array, dtype=y.dtype if y.dtype.kind in "fc" else float)) for y in self.outputs]

    def anywhere(self) -> list[Any]:
        """Return vectors to start from where any would do.

        Their numbers differ: a rule may treat equal ones specially.
        """
        rng = np.random.default_rng(0)
        for u in (vectors := self.ones()):
            if isinstance(u._array, np.ndarray):
                u._array[...] = rng.uniform(0.5, 1.5, u.shape)
        return vectors

    def walk(self, ends: list[Any], vectors: list[Any], wanted: list[Node], last: bool = False) -> list[Any]:
        """Walk back from the `ends`, starting with the `vectors`, to the `wanted` nodes.

        The result is linear in the vectors. So if only these are tracked, it is enough to walk with Tensors through
        arrays. If the value depends on Tensors outside, so does its derivative, and the whole walk is recorded.
        """
        for node, saved, y in self.kept:
            node.saved, node.output = saved, y
        outer = self.outer and bool(level())
        connected = outer or (bool(level()) and any(map(is_tracked, vectors)))
        seeds = [
            (y._node, v if connected else to_arrays(v))
            for y, v in zip(ends, vectors, strict=True)
            if y._node is not None
        ]
        found = backpropagate(seeds, wanted, not last, outer)
        if (
            not found
            and wanted
            and ends
            and ends is self.outputs
            and not self.nested
            and any(y.dtype.kind in "fc" for y in ends)
        ):
            self.nested = True  # so as to warn only once
            warn_user(warn_ignored(self.what))
        results = [gradient_or_zeros(found.get(node), node) for node in wanted]
        return detach_unreached(results, self.start, [v._node for v in vectors if is_tracked(v)]) if outer else results


# ------------------------------------------------------------------------------- inputs and outputs


def warn_ignored(what: str) -> str:
    return (
        f"{what}: the function's result was not computed from the argument that is differentiated (or only by "
        "steps like floor), so the derivative is zero. A function that takes a module's parameter must use its "
        "argument, not the module's own parameter: see func.functional_call"
    )


def record_mode() -> AbstractContextManager[None]:
    """Return a context in which operations are recorded, even under no_grad()."""
    return nullcontext() if level() else enable_grad()


def require_function(what: str, f: Any) -> None:
    """Raise if `f` is not a function."""
    if not callable(f):
        raise TypeError(
            f"{what} takes a function first, and got {type(f).__name__}: write {what}(f), and not {what}(f(x))"
        )


def resolve_argnums(what: str, argnums: Any, n: int) -> tuple[int, ...]:
    """Return the positions of the arguments, counted from the front."""
    try:
        nums = tuple(map(operator.index, argnums if isinstance(argnums, tuple) else (argnums,)))
    except TypeError:
        raise TypeError(
            f"{what}: argnums={argnums!r}, but it takes the position of an argument, or a tuple of positions"
        ) from None
    if any(not -n <= i < n for i in nums):
        raise ValueError(
            f"{what}: argnums={argnums}, but {n} argument{'s were' if n != 1 else ' was'} given by position "
            "(keyword arguments are not differentiated)"
        )
    nums = tuple(i % n for i in nums)
    if len(set(nums)) < len(nums):
        raise ValueError(f"{what}: argnums={argnums} names an argument twice")
    return nums


def fresh(what: str, x: Any, connected: bool) -> Any:
    """Return an input of a trace, with the values of `x`, and connected to what `x` was computed from."""
    if not (connected and is_tracked(x)):
        if isinstance(x, int) and not isinstance(x, bool):
            x = float(x)
        try:
            x = Tensor(to_arrays(x), requires_grad=True)
        except TypeError as error:
            raise TypeError(f"{what}: an argument to be differentiated is wrong: {error}") from None
    return fresh_input(x)


def refuse_changed(what: str, inputs: list[Any], nodes: list[Any]) -> None:
    """Raise if a function has assigned to items of its input, which then has another node."""
    if any(x._node is not node for x, node in zip(inputs, nodes, strict=True)):
        raise RuntimeError(
            f"{what}: the function assigned to items of its argument; let it assign to a copy (x = x.copy())"
        )


def output(what: str, y: Any) -> Any:
    """Return a leaf of a function's result as a Tensor."""
    try:
        return y if isinstance(y, TensorBase) else Tensor(y)
    except TypeError as error:
        raise TypeError(f"{what}: the function returned something that has no derivative: {error}") from None


def match_place(what: str, v: Any, place: Any) -> Any:
    """Return `v` as a Tensor of exactly the shape and dtype of its place."""
    v = v if isinstance(v, TensorBase) else Tensor(v)
    if v.shape != place.shape:
        raise ValueError(
            f"{what}: a vector of shape {v.shape} was given for a value of shape {place.shape}; they must be equal"
        )
    dtype = place.dtype if place.dtype.kind in "fc" else np.dtype(float)
    if v.dtype.kind == "c" and dtype.kind != "c":
        raise TypeError(f"{what}: a complex vector was given for a real value")
    return to(v, dtype)


def gradient_or_zeros(g: Any, x: Any) -> Any:
    """Return a gradient that was found, or zeros in place of one that was not."""
    return Tensor(np.zeros(x.shape, x.dtype)) if g is None else g if isinstance(g, TensorBase) else wrap(g)
