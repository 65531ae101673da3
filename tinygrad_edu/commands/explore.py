"""The command `explore`: run a script under `watch`, and write a page to step through its computation."""

from __future__ import annotations

import linecache
import runpy
import sys
import traceback
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.modes import watch
from ..engine.tensor_base import TensorBase
from ..introspection.explorer.explore import Explorer
from ..introspection.naming import variables_of
from ..tensor.tensor import Tensor

NEURON = '''\
"""A neuron, and what it got wrong."""
import numpy as np
from tinygrad_edu import Tensor, sigmoid

x1, x2 = Tensor(0.8), Tensor(0.3)
w1 = Tensor(1.5, requires_grad=True)
w2 = Tensor(-2.0, requires_grad=True)
bias = Tensor(-0.5, requires_grad=True)

weighted_sum = w1 * x1 + w2 * x2 + bias
activation = sigmoid(weighted_sum)
cost = (activation - 1.0) ** 2
cost.backward()
'''


def run(options: Namespace) -> int:
    """Write the page for the tensor asked for, or the last one that called `backward`, and return the exit status."""
    if options.script is not None and not options.script.is_file():
        raise FileNotFoundError(f"there is no script {str(options.script)!r}")
    with remember_backward() as last, watch():
        try:
            variables = run_neuron() if options.script is None else run_script(options.script)
        except Exception:
            traceback.print_exc()
            return 1
    tensor, names = choose_tensor(options, variables, last)
    page = Explorer([tensor], names)
    page.write(options.out)
    print(f"{options.out}  {page.summary}: open it in a browser")
    return 0


def run_neuron() -> dict[str, Any]:
    """Run the example as if it were a file, and return its variables."""
    linecache.cache["neuron.py"] = (len(NEURON), None, NEURON.splitlines(keepends=True), "neuron.py")
    variables: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(NEURON, "neuron.py", "exec"), variables)
    return variables


def run_script(script: Any) -> dict[str, Any]:
    """Run a script as ``python script`` would, and return its variables."""
    arguments, path = sys.argv, sys.path
    sys.argv, sys.path = [str(script)], [str(script.resolve().parent), *sys.path]
    try:
        return runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
        return {}
    finally:
        sys.argv, sys.path = arguments, path


@contextmanager
def remember_backward() -> Iterator[dict[str, Any]]:
    """Yield a dict that holds the last tensor that called `backward`, and the variables at that place."""
    last: dict[str, Any] = {}
    backward = Tensor.backward

    def remember(self: Tensor, *args: Any, **kwargs: Any) -> None:
        last.update(tensor=self, names=variables_of(sys._getframe(1)))
        backward(self, *args, **kwargs)

    Tensor.backward = remember  # type: ignore[method-assign, assignment]
    try:
        yield last
    finally:
        Tensor.backward = backward  # type: ignore[method-assign]


def choose_tensor(options: Namespace, variables: dict[str, Any], last: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the tensor to explore, and the variables that give names to what it was computed from."""
    names = last.get("names", variables)
    if options.tensor is None:
        if last:
            return last["tensor"], names
        problem = "backward() was not called: name the tensor to explore with --tensor"
    else:
        for found in variables, names:
            if isinstance(tensor := found.get(options.tensor), TensorBase) and tensor._node is not None:
                return tensor, found
        problem = f"{options.tensor!r} is not a tensor that depends on something that requires gradients"
    computed = [name for name, x in variables.items() if isinstance(x, Tensor) and not x.is_leaf]
    raise ValueError(problem + (f"; there are {', '.join(computed)}" if computed else ""))
