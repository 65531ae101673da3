"""What draw() is given: results, or a function that is called for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..modes import watch
from ..nest import flatten
from ..nn.module import Module
from ..tensor import Tensor
from ..value import Value


def results(what: Any, inputs: tuple[Any, ...]) -> list[Value]:
    """The tensors whose computation is to be drawn."""
    if not callable(what):
        if inputs:
            raise TypeError(f"draw() takes inputs for what it is to call, and {type(what).__name__} can't be called; "
                            "options go by their names: draw(cost, file=..., names=...)")
        return tensors_in(what, f"draw() wants a Tensor, got {type(what).__name__}")
    if isinstance(what, Module) and not inputs:
        raise TypeError(f"draw() wants a Tensor, got {type(what).__name__}: draw what it returns, or say what to call it on: "
                        "draw(model, x)")
    with watch():
        return tensors_in(what(*given(what, inputs)), "draw() wants a Tensor, and the function returned something else")


def tensors_in(nest: Any, complaint: str) -> list[Value]:
    """All tensors in a nest; there must be nothing else."""
    tensors = list(flatten(nest)[0])
    if not tensors or not all(isinstance(tensor, Value) for tensor in tensors):
        raise TypeError(f"{complaint}: compute with Tensors, which record their graph; or draw(f, x) calls a function for you")
    return tensors


def given(what: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Any]:
    """The inputs as Tensors, named as the function names them."""
    try:
        names = list(inspect.signature(what.forward if isinstance(what, Module) else what).parameters)
    except (TypeError, ValueError):  # of some functions nothing is known
        names = []
    module = isinstance(what, Module)
    return [tensor(x, names[i] if i < len(names) else None, not module) for i, x in enumerate(inputs)]


def tensor(x: Any, name: str | None, differentiated: bool) -> Any:
    """An input as a Tensor, if it is numbers."""
    if not isinstance(x, np.ndarray | np.generic | int | float | complex | list) or isinstance(x, bool):
        return x
    if isinstance(x, int) and differentiated:
        x = float(x)
    array = np.asarray(x)
    return Tensor(array, requires_grad=differentiated and array.dtype.kind in "fc", name=name) if array.dtype.kind in "biufc" else x
