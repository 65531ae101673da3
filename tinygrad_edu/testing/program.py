"""Program: a function made of lines of Python, which can be called, and whose source can be read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..engine.tensor_base import TensorBase
from ..rules.neural import fused
from ..tensor.tensor import Tensor

NAMES: dict[str, Any] = {
    "np": np, "sigmoid": fused.sigmoid, "relu": fused.relu, "softmax": fused.softmax, "log_softmax": fused.log_softmax,
}  # fmt: skip


class Program:
    """A function of several arrays, given by lines of Python; `programs` draws them.

    Call it with arrays or Tensors. Printed, it is a program that can be copied into a file and run.

    Parameters
    ----------
    inputs : list of ndarray
        Arguments to call it with.
    lines : list of str
        Assignments, in which the arguments are called ``x0``, ``x1``, ..., and NumPy is ``np``.
    outputs : list of str
        The names of the values that it returns, as a tuple.

    Attributes
    ----------
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
        """Run the program with these arrays; if one is a Tensor, all become Tensors."""
        if any(isinstance(x, TensorBase) for x in inputs):
            inputs = tuple(x if isinstance(x, TensorBase) else Tensor(x) for x in inputs)
        return self.run(inputs)

    def run(self, inputs: Sequence[Any], **names: object) -> tuple[Any, ...]:
        """Run the program with other meanings of its names: with ``np=``, in another library.

        Parameters
        ----------
        inputs : sequence of arrays
            The arguments.
        **names
            The objects that names in the program stand for, such as ``np``.

        Returns
        -------
        tuple
            The outputs.
        """
        namespace = {**NAMES, **names}
        exec(compile_program(self.source), namespace)
        return namespace["program"](*inputs)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        ours = [name for name in NAMES if f"{name}(" in self.source]
        imports = "import numpy as np\n" + f"from tinygrad_edu import {', '.join(ours)}\n" * bool(ours)
        return f"{imports}\n{self.source}\ninputs = [{', '.join(map(literal_source, self.inputs))}]"


@lru_cache(maxsize=64)
def compile_program(source: str) -> Any:
    return compile(source, "<a program of tinygrad_edu.testing>", "exec")


def literal_source(value: Any) -> str:
    """Return an argument as Python source: arrays with all their digits and their dtype."""
    if isinstance(value, np.ndarray):
        plain = value.dtype in (float, complex, int, bool) and value.size
        return f"np.array({value.tolist()}{'' if plain else f', np.{value.dtype}'})" + no_elements(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal_source, value))}{',' * (len(value) == 1)})"
    return "..." if value is Ellipsis else repr(value)


def no_elements(array: Any) -> str:
    """Return the source that gives an array without elements its shape."""
    return "" if array.size else f".reshape({array.shape})"


def item(index: Any) -> str:
    """Return an index as source, as it is written between brackets."""
    if isinstance(index, slice):
        return ":".join("" if end is None else str(end) for end in (index.start, index.stop, index.step)).removesuffix(
            ":" * (index.step is None)
        )
    if isinstance(index, tuple) and index:
        return ", ".join(map(item, index)) + "," * (len(index) == 1)
    return literal_source(index)
