"""The arguments of draw(): the results of a computation, or a function that is called with inputs."""

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


def results(
    what: Any, inputs: tuple[Any, ...], variables: Mapping[str, Any]
) -> tuple[list[TensorBase], list[TensorBase]]:
    """Return the tensors to be drawn, and the inputs if a function is called for the picture."""
    if not callable(what):
        if inputs:
            raise TypeError(
                f"draw() takes inputs only for a function or module, and {type(what).__name__} can't be "
                "called; give options by name: draw(cost, file=..., names=...)"
            )
        return tensors_in(what, f"draw() wants a Tensor, got {type(what).__name__}"), []
    if isinstance(what, Module) and not inputs:
        raise TypeError(
            f"draw() wants a Tensor, got {type(what).__name__}: draw its result, or give its inputs: draw(model, x)"
        )
    arguments = [track_input(x, name) for x, name in zip(inputs, input_names(what, inputs, variables), strict=True)]
    with watch():
        found = tensors_in(what(*arguments), "draw() wants a Tensor, and the function returned something else")
    return found, [x for x in arguments if isinstance(x, TensorBase)]


def tensors_in(nest: Any, complaint: str) -> list[TensorBase]:
    """Return all tensors in a nest; raise if it has other leaves."""
    tensors = list(flatten(nest)[0])
    if not tensors or not all(isinstance(tensor, TensorBase) for tensor in tensors):
        raise TypeError(
            f"{complaint}: compute with Tensors, which record their graph; or draw(f, x) calls a function for you"
        )
    return tensors


def input_names(
    what: Callable[..., Any], inputs: tuple[Any, ...], variables: Mapping[str, Any]
) -> Iterator[str | None]:
    """Yield the names of the inputs: those of variables, or else those of the function's parameters."""
    try:
        parameters = list(inspect.signature(what.forward if isinstance(what, Module) else what).parameters.values())
    except (TypeError, ValueError):  # some built-in functions have no signature
        parameters = []
    for i, x in enumerate(inputs):
        last = parameters[min(i, len(parameters) - 1)] if parameters else None
        many = last is not None and last.kind is last.VAR_POSITIONAL
        own = None if last is None else f"{last.name}[{i - len(parameters) + 1}]" if many else last.name
        held = (name for name, value in variables.items() if value is x and isinstance(x, TensorBase | np.ndarray))
        yield next(held, own)


def track_input(x: Any, name: str | None) -> Any:
    """Return an input as a Tensor that requires gradients, if it holds floating numbers; others can't be recorded."""
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
