"""One call of a function on fresh inputs: what was recorded between these and the outputs, to walk either way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .graph import backpropagate
from .modes import enable_grad, level
from .nest import Rebuild, flatten, mapped
from .node import Node
from .primitive import primitive
from .tensor import Tensor
from .value import Value, bare, wrap


@primitive(lambda g, y, x: g, name="input")
def fresh_input(x: Any) -> Any:
    """`x` itself, as a new place in the graph."""
    return x


class Trace:
    """``f(*args, **kwargs)``, recorded from the arguments `argnums` to the outputs.

    Attributes
    ----------
    inputs, outputs : list of Tensor
        The leaves of the chosen arguments and of the value.
    outer : bool
        Whether the outputs depend on Tensors outside as well. Then what is computed of them stays connected to
        those; otherwise it is cut off, and derivatives are computed on plain arrays.
    """

    def __init__(self, f: Callable[..., Any], args: Any, kwargs: Any, argnums: int | tuple[int, ...], has_aux: bool) -> None:
        nums = chosen(argnums, len(args))
        leaves, rebuild = flatten(tuple(args[i] for i in nums))
        self.single = isinstance(argnums, int)
        self.rebuild_inputs: Rebuild = (lambda new: rebuild(new)[0]) if self.single else rebuild
        self.recording = level()
        if self.recording:
            y = self.run(f, args, kwargs, nums, leaves, rebuild)
        else:  # derivatives are asked for, even under no_grad()
            with enable_grad():
                y = self.run(f, args, kwargs, nums, leaves, rebuild)
        self.has_aux = has_aux
        if has_aux:
            try:
                y, self.beside = y
            except (TypeError, ValueError):
                raise TypeError("has_aux=True is for functions that return (value, aux)") from None
        leaves, self.rebuild_outputs = flatten(y)
        self.outputs: list[Any] = [y if isinstance(y, Value) else Tensor(y) for y in leaves]
        self.outer = bool(self.recording) and (
            any(type(x._node) is Node for x in self.inputs) or any(outside_nodes(self.outputs, self.inputs))
        )

    def run(self, f: Any, args: Any, kwargs: Any, nums: Any, leaves: Any, rebuild: Any) -> Any:
        self.inputs: list[Any] = [fresh(x, bool(self.recording)) for x in leaves]
        given = list(args)
        for i, a in zip(nums, rebuild(self.inputs), strict=True):
            given[i] = a
        return f(*given, **kwargs)

    # ---------------------------------------------------------------------------- what came out

    def result(self) -> tuple[Any, ...]:
        """The value, and what came beside it if anything did."""
        value = self.rebuild_outputs(self.cut(y) for y in self.outputs)
        aux = mapped(lambda a: self.cut(a) if isinstance(a, Value) else a, self.beside) if self.has_aux else None
        return (value, aux) if self.has_aux else (value,)

    def cut(self, y: Any) -> Any:
        """`y` without the inside of this trace, if that is all it is connected to."""
        return y if self.outer else y.detach()

    # -------------------------------------------------------------------------- to and fro

    def pull(self, cotangents: list[Any], last: bool = False) -> Any:
        """The inputs' gradients, for gradients of the outputs; `last` frees the graph."""
        return self.rebuild_inputs(self.walk(cotangents, last))

    def walk(self, cotangents: list[Any], last: bool = False, record: bool = False) -> list[Any]:
        record = record or self.outer or (bool(level()) and any(map(tracked, cotangents)))
        seeds = [(y._node, seed(ct, y, record)) for y, ct in zip(self.outputs, cotangents, strict=True)]
        found = backpropagate(
            [pair for pair in seeds if pair[0] is not None], [x._node for x in self.inputs], not last, record
        )
        return [as_tensor(found.get(x._node), x) for x in self.inputs]

    def push(self, tangents: list[Any]) -> Any:
        """How the outputs change, as the inputs move along `tangents`."""
        if not hasattr(self, "pulled"):  # the gradients as a function of the outputs', which they are linear in
            with enable_grad():
                self.vectors = [Tensor(np.zeros(y.shape, y.dtype), requires_grad=y.dtype.kind in "fc") for y in self.outputs]
                self.pulled = self.walk(self.vectors, record=True)
        record = self.outer or (bool(level()) and any(map(tracked, tangents)))
        seeds = [(g._node, seed(t, x, record)) for g, x, t in zip(self.pulled, self.inputs, tangents, strict=True)]
        wanted = [u._node for u in self.vectors if u._node is not None]
        found = backpropagate([pair for pair in seeds if pair[0] is not None], wanted, True, record)
        return self.rebuild_outputs([as_tensor(found.get(u._node), u) for u in self.vectors])


def outside_nodes(outputs: list[Any], inputs: list[Any]) -> Iterator[Node]:
    """The nodes at which the graph of the outputs goes past the inputs: those that are older."""
    ends = {x._node for x in inputs}
    oldest = max((node.order for node in ends), default=-(1 << 62))
    waiting = [y._node for y in outputs if y._node is not None]
    seen = ends | set(waiting)
    while waiting:
        node = waiting.pop()
        if node.order > oldest:
            yield node
        elif type(node) is Node and node not in ends:
            parents = {node.parents[i] for i, _ in node.plan.vjps} - seen
            seen |= parents
            waiting += parents


def chosen(argnums: int | tuple[int, ...], n: int) -> tuple[int, ...]:
    """The arguments' numbers, counted from the front."""
    nums = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if any(not -n <= i < n for i in nums):
        raise ValueError(f"argnums={argnums}, but there are {n} positional arguments")
    nums = tuple(i % n for i in nums)
    if len(set(nums)) < len(nums):
        raise ValueError(f"argnums={argnums} names an argument twice")
    return nums


def tracked(x: Any) -> bool:
    return isinstance(x, Value) and x._node is not None


def fresh(x: Any, connected: bool) -> Any:
    """An input of a trace: of the same values, and connected to what `x` was computed from."""
    if connected and tracked(x):
        return fresh_input(x)
    if isinstance(x, int) and not isinstance(x, bool):
        x = float(x)
    return Tensor(bare(x), requires_grad=True)


def seed(ct: Any, y: Any, record: bool) -> Any:
    """What a walk starts with at `y`: `ct`, of exactly `y`'s shape and dtype."""
    ct = ct if isinstance(ct, Value) else Tensor(ct)
    if ct.shape != y.shape:
        raise ValueError(f"a vector of shape {ct.shape} was given for a value of shape {y.shape}: they must be equal")
    ct = ct if ct.dtype == y.dtype else ct.astype(y.dtype)
    return ct if record else bare(ct)


def as_tensor(g: Any, x: Any) -> Any:
    """A gradient that was found, or the zeros of one that was not."""
    return Tensor(np.zeros(x.shape, x.dtype)) if g is None else g if isinstance(g, Value) else wrap(g)
