"""A straight program as an object: something to call, and its own source to read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..engine.tensor_base import Value
from ..rules.neural import fused
from ..tensor.tensor import Tensor

NAMES: dict[str, Any] = {
    "np": np, "sigmoid": fused.sigmoid, "relu": fused.relu, "softmax": fused.softmax, "log_softmax": fused.log_softmax,
}  # fmt: skip


class Program:
    """A function of several arrays, given by lines of Python; `programs` draws such.

    Call it with arrays or Tensors; printed, it is a program that can be copied into a file and run.

    Parameters
    ----------
    inputs : list of array
        Arguments to call it with.
    lines : list of str
        Assignments, in which the arguments are called ``x0``, ``x1``, ..., and NumPy is ``np``.
    outputs : list of str
        The names of what it returns, as a tuple.

    Attributes
    ----------
    inputs : list of array
    source : str
        The function's definition.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import gradcheck
    >>> from tinygrad_edu.testing import Program
    >>> f = Program([np.array([0.5, 1.5])], ["a = np.sin(x0)", "b = a * x0"], ["b"])
    >>> f
    import numpy as np
    <BLANKLINE>
    def program(x0):
        a = np.sin(x0)
        b = a * x0
        return b,
    <BLANKLINE>
    inputs = [np.array([0.5, 1.5])]
    >>> gradcheck(f, f.inputs)
    True
    """

    def __init__(self, inputs: list[Any], lines: list[str], outputs: list[str]) -> None:
        self.inputs = inputs
        arguments = ", ".join(f"x{i}" for i in range(len(inputs)))
        body = "".join(f"    {line}\n" for line in [*lines, f"return {', '.join(outputs)}{',' * (len(outputs) == 1)}"])
        self.source = f"def program({arguments}):\n{body}"

    def __call__(self, *inputs: Any) -> tuple[Any, ...]:
        """What it computes of these arrays; if there is a Tensor among them, of all as Tensors."""
        if any(isinstance(x, Value) for x in inputs):
            inputs = tuple(x if isinstance(x, Value) else Tensor(x) for x in inputs)
        return self.run(inputs)

    def run(self, inputs: Any, **names: Any) -> tuple[Any, ...]:
        """What it computes if its names mean something else: with ``np=``, the same program in another library."""
        namespace = {**NAMES, **names}
        exec(compiled(self.source), namespace)
        return namespace["program"](*inputs)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        ours = [name for name in NAMES if f"{name}(" in self.source]
        imports = "import numpy as np\n" + f"from tinygrad_edu import {', '.join(ours)}\n" * bool(ours)
        return f"{imports}\n{self.source}\ninputs = [{', '.join(map(literal, self.inputs))}]"


@lru_cache(maxsize=64)
def compiled(source: str) -> Any:
    return compile(source, "<a program of tinygrad_edu.testing>", "exec")


def literal(value: Any) -> str:
    """An argument as Python writes it: arrays with all their digits and their dtype."""
    if isinstance(value, np.ndarray):
        plain = value.dtype in (float, complex, int, bool) and value.size
        return f"np.array({value.tolist()}{'' if plain else f', np.{value.dtype}'})" + no_elements(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    return "..." if value is Ellipsis else repr(value)


def no_elements(array: Any) -> str:
    """What brings an array without elements to its shape."""
    return "" if array.size else f".reshape({array.shape})"


def item(index: Any) -> str:
    """An index as it stands between brackets."""
    if isinstance(index, slice):
        return ":".join("" if end is None else str(end) for end in (index.start, index.stop, index.step)).removesuffix(":" * (
            index.step is None))
    if isinstance(index, tuple) and index:
        return ", ".join(map(item, index)) + "," * (len(index) == 1)
    return literal(index)
