"""Rematerialization, or gradient checkpointing: save memory by computing a function again for its gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..engine.backward import backpropagate
from ..engine.declare import rule
from ..engine.forward import apply
from ..engine.modes import level
from ..engine.multi_output import MultiOutput, MultiOutputType
from ..engine.node import new_order
from ..engine.tensor_base import TensorBase, is_foreign, to_arrays, wrap
from ..engine.traversal import is_tracked, subgraph
from ..pytree import Rebuild, flatten
from ..rng import draw_again, generator
from .trace import fresh_input, gradient_or_zeros, record_mode, refuse_changed, require_function

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """Make a function that keeps only its inputs and outputs for the gradient, and computes the rest again.

    Parameters
    ----------
    f : callable
        A function of Tensors, in nested lists, tuples and dicts. It must compute the same when it is called again: from
        its arguments and from Tensors outside it, which get their gradients too. Random numbers from `manual_seed`'s
        generator, such as dropout's, are the same again.

    Returns
    -------
    callable
        A function of the same parameters as `f`, with the same results.

    Raises
    ------
    TypeError
        If `f` is not a function.
    RuntimeError
        In backward(), if the second computation differs from the first.

    Notes
    -----
    This is gradient checkpointing, or rematerialization (Griewank & Walther 2000; Chen et al. 2016). A chain of n equal
    steps keeps n results. In checkpoints of k steps each it keeps n / k, and k more for a while, at the price of
    computing everything twice.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, func
    >>> block = func.checkpoint(lambda x: np.tanh(np.tanh(x)))
    >>> x = Tensor([0.0, 1.0], requires_grad=True)
    >>> block(x).sum().backward()
    >>> x.grad[0].item()
    1.0
    """
    require_function("checkpoint", f)

    @wraps(f, updated=())
    def checkpointed(*args: P.args, **kwargs: P.kwargs) -> Any:
        return RepeatableCall(f, args, kwargs).result() if level() else f(*args, **kwargs)

    return checkpointed


class RepeatableCall:
    """A call of `f` that can be repeated, on the same inputs."""

    def __init__(self, f: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.f = f
        self.leaves, self.rebuild = flatten((args, kwargs))
        self.places = [i for i, x in enumerate(self.leaves) if is_tracked(x)]

    def run(self, inputs: list[Any]) -> tuple[list[Any], list[Any], Rebuild]:
        """Call `f` on new inputs; return their nodes and the leaves of the result."""
        nodes = [x._node for x in inputs]
        leaves = self.leaves.copy()
        for i, x in zip(self.places, inputs, strict=True):
            leaves[i] = x
        args, kwargs = self.rebuild(leaves)
        outputs, rebuild = flatten(self.f(*args, **kwargs))
        refuse_changed("checkpoint", inputs, nodes)
        return nodes, outputs, rebuild

    def result(self) -> Any:
        """Return what `f` returns, as one operation on everything that it depends on."""
        given = [self.leaves[i] for i in self.places]
        for i in self.places:
            self.leaves[i] = None  # so that this object keeps no tensors alive
        start, self.chance = new_order(), generator().bit_generator.state
        nodes, outputs, rebuild = self.run([fresh_input(x) for x in given])
        self.tracked = [i for i, y in enumerate(outputs) if is_tracked(y)]
        tensors = [outputs[i] for i in self.tracked]
        self.captured = sorted(subgraph(tensors, start, nodes)[1], key=lambda node: node.order)
        sources = given + [wrap(hollow(node.shape, node.dtype), node) for node in self.captured]
        if tensors and sources:
            self.outputs = MultiOutput(y._array for y in tensors)
            for i, y in zip(self.tracked, apply(recompute, apply(pack_arrays, *sources), call=self), strict=True):
                outputs[i] = y
            del self.outputs
        return rebuild(outputs)

    def gradients(self, g: Any, y: Any, sources: Any) -> Any:
        """Return the gradients of all sources, by computing `f` again."""
        record = isinstance(sources, TensorBase)
        given = [sources[i] for i in range(len(self.places))]
        with record_mode(), draw_again(self.chance):
            nodes, outputs, _ = self.run([fresh_input(x) if record else wrap(x).requires_grad_() for x in given])
        tensors = [y for y in outputs if is_tracked(y)]
        if [i for i, y in enumerate(outputs) if is_tracked(y)] != self.tracked or not all(
            map(holds_same, tensors, to_arrays(y))
        ):
            raise differs("gave another result")
        wanted = nodes + self.captured
        # Unconjugated, since this walk is part of another.
        seeds = [(t._node, conjugate_all(ct)) for t, ct in zip(tensors, g, strict=True)]
        found = backpropagate(seeds, wanted, record, record, partial=True)
        if any(node not in found for node in self.captured):
            raise differs("used other tensors")
        gradients = [conjugate_all(gradient_or_zeros(found.get(node), node)) for node in wanted]
        return apply(pack_arrays, *gradients) if isinstance(g, TensorBase) else MultiOutput(d._array for d in gradients)


def pack_arrays(*arrays: Any) -> MultiOutput:
    """Pack several arrays into one value, so that one derivative serves them all."""
    return MultiOutput(arrays)


def recompute(sources: Any, call: RepeatableCall) -> MultiOutput:
    """Return the outputs of a call, which are computed already."""
    return call.outputs


rule(pack_arrays, each=lambda i: lambda g, y, *arrays: g[i])
rule(recompute, lambda g, y, sources, call: call.gradients(g, y, sources), name="checkpoint")


def hollow(shape: Any, dtype: Any) -> Any:
    """Return a placeholder of this shape and dtype that takes no memory."""
    if isinstance(dtype, MultiOutputType):
        return MultiOutput(map(hollow, shape, dtype.parts))
    return np.broadcast_to(dtype.type(0), shape)


def conjugate_all(g: Any) -> Any:
    return np.conjugate(g) if g.dtype.kind == "c" else g


def holds_same(a: Any, b: Any) -> bool:
    """Return whether a tensor holds these numbers; for arrays of other libraries, only shapes are compared."""
    return a.shape == b.shape and (is_foreign(b) or np.array_equal(to_arrays(a), b, equal_nan=True))


def differs(how: str) -> RuntimeError:
    return RuntimeError(
        f"checkpoint: computed again, the function {how}; it must depend on nothing but its arguments and "
        "tensors that are not changed before backward()"
    )
