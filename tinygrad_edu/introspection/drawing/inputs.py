"""What draw() is given: results, or a function that is called for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ...engine.modes import watch
from ...engine.tensor_base import TensorBase
from ...nn.module import Module
from ...pytree import flatten
from ...tensor.tensor import Tensor


def results(what: Any, inputs: tuple[Any, ...], variables: Mapping[str, Any]) -> tuple[list[TensorBase], list[TensorBase]]:
    """The tensors whose computation is to be drawn; and if they are computed for the picture, what from."""
    if not callable(what):
        if inputs:
            raise TypeError(f"draw() takes inputs for what it is to call, and {type(what).__name__} can't be called; "
                            "options go by their names: draw(cost, file=..., names=...)")
        return tensors_in(what, f"draw() wants a Tensor, got {type(what).__name__}"), []
    if isinstance(what, Module) and not inputs:
        raise TypeError(f"draw() wants a Tensor, got {type(what).__name__}: draw what it returns, or say what to call it on: "
                        "draw(model, x)")
    arguments = [track_input(x, name) for x, name in zip(inputs, names_of(what, inputs, variables), strict=True)]
    with watch():
        found = tensors_in(what(*arguments), "draw() wants a Tensor, and the function returned something else")
    return found, [x for x in arguments if isinstance(x, TensorBase)]


def tensors_in(nest: Any, complaint: str) -> list[TensorBase]:
    """All tensors in a nest; there must be nothing else."""
    tensors = list(flatten(nest)[0])
    if not tensors or not all(isinstance(tensor, TensorBase) for tensor in tensors):
        raise TypeError(f"{complaint}: compute with Tensors, which record their graph; or draw(f, x) calls a function for you")
    return tensors


def names_of(what: Callable[..., Any], inputs: tuple[Any, ...], variables: Mapping[str, Any]) -> Iterator[str | None]:
    """What the inputs are called: by a variable, else as the function's own parameters are."""
    try:
        parameters = list(inspect.signature(what.forward if isinstance(what, Module) else what).parameters.values())
    except (TypeError, ValueError):  # of some functions nothing is known
        parameters = []
    for i, x in enumerate(inputs):
        last = parameters[min(i, len(parameters) - 1)] if parameters else None
        many = last is not None and last.kind is last.VAR_POSITIONAL
        own = None if last is None else f"{last.name}[{i - len(parameters) + 1}]" if many else last.name
        held = (name for name, value in variables.items() if value is x and isinstance(x, TensorBase | np.ndarray))
        yield next(held, own)


def track_input(x: Any, name: str | None) -> Any:
    """An input as a Tensor that requires gradients, if it is numbers: what is computed from others is not recorded."""
    if isinstance(x, TensorBase):
        if x._node is not None or x._array.dtype.kind not in "fc":
            return x
        name, x = (x._source.info.name or name) if x._source is not None else name, x._array
    elif isinstance(x, int) and not isinstance(x, bool):
        x = float(x)
    elif not isinstance(x, np.ndarray | np.generic | float | complex | list):
        return x
    array = np.asarray(x)
    return Tensor(array, requires_grad=True, name=name) if array.dtype.kind in "fc" else x
