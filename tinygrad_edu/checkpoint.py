"""Trading computation for memory: what happens inside a function is not kept, but computed again when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .graph import apply, backpropagate
from .modes import enable_grad, level
from .nest import Rebuild, flatten
from .parts import Parts
from .table import rule
from .trace import as_tensor, fresh_input, outside_nodes, tracked
from .value import Value, bare, wrap


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, whose graph keeps no more than its inputs and outputs until the gradient is asked for.

    A chain of n equal steps keeps n results; in checkpoints of k steps each it keeps n / k, and for a while k more,
    at the price of computing everything twice.

    Parameters
    ----------
    f : callable
        Of Tensors, in nested lists, tuples and dicts. It must compute the same again when it is called again: from
        its arguments and from Tensors outside it, which get their gradients too.

    Raises
    ------
    RuntimeError
        In backward(), if the second computation differs from the first.

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

    @wraps(f, updated=())
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        return Call(f, args, kwargs).result() if level() else f(*args, **kwargs)

    return checkpointed


class Call:
    """A call of `f` that can be repeated, on the same inputs."""

    def __init__(self, f: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.f = f
        self.leaves, self.rebuild = flatten((args, kwargs))
        self.places = [i for i, x in enumerate(self.leaves) if tracked(x)]

    def run(self, inputs: list[Any]) -> tuple[list[Any], Rebuild]:
        """`f` on new inputs."""
        for i, x in zip(self.places, inputs, strict=True):
            self.leaves[i] = x
        args, kwargs = self.rebuild(self.leaves)
        for i in self.places:
            self.leaves[i] = None  # so that nothing is kept here
        return flatten(self.f(*args, **kwargs))

    def result(self) -> Any:
        """What `f` returns, as one operation on all that it depends on."""
        sources = [self.leaves[i] for i in self.places]
        inputs = [fresh_input(x) for x in sources]
        outputs, rebuild = self.run(inputs)
        self.tracked = [i for i, y in enumerate(outputs) if tracked(y)]
        tensors = [outputs[i] for i in self.tracked]
        self.captured = list(outside_nodes(tensors, inputs))
        sources += [wrap(np.broadcast_to(node.dtype.type(0), node.shape), node) for node in self.captured]
        if sources:
            self.outputs = Parts(y._array for y in tensors)
            for i, y in zip(self.tracked, apply(recompute, apply(pack, *sources), call=self), strict=True):
                outputs[i] = y
            del self.outputs
        return rebuild(outputs)

    def gradients(self, g: Any, y: Any, sources: Any) -> Any:
        """Those of all sources, from computing `f` again."""
        record = isinstance(g, Value)
        given = [sources[i] for i in range(len(self.places))]
        with enable_grad():
            inputs = [fresh_input(x) if record else wrap(x).requires_grad_() for x in given]
            outputs, _ = self.run(inputs)
        tensors = [outputs[i] for i in self.tracked]
        if not all(np.array_equal(bare(a), bare(b), equal_nan=True) for a, b in zip(tensors, y, strict=True)):
            raise RuntimeError("checkpoint: computed again, the function gave another result; it must depend on nothing "
                               "but its arguments and tensors that are not changed before backward()")
        wanted = [x._node for x in inputs] + self.captured
        seeds = [(t._node, conjugate(ct)) for t, ct in zip(tensors, g, strict=True)]  # this is a walk within a walk
        found = backpropagate(seeds, wanted, record, record, partial=True)
        gradients = [conjugate(as_tensor(found.get(node), node)) for node in wanted]
        return apply(pack, *gradients) if record else Parts(d._array for d in gradients)


def pack(*arrays: Any) -> Parts:
    """Several arrays as one value, so that one derivative serves them all."""
    return Parts(arrays)


def recompute(sources: Any, call: Call) -> Parts:
    """The outputs of a call, computed already."""
    return call.outputs


def conjugate(g: Any) -> Any:
    return np.conjugate(g) if g.dtype.kind == "c" else g


rule(pack,      each=lambda i: lambda g, y, *arrays: g[i])
rule(recompute, lambda g, y, sources, call: call.gradients(g, y, sources), name="checkpoint")
