"""Observing a network at work and leaving it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.tensor_base import to_arrays
from ..nn.module import Module
from ..tensor.tensor import Tensor
from ..validation import as_array


@contextmanager
def leave_untouched(model: Module) -> Iterator[None]:
    """Return the context that leaves the model bit for bit as it was, also after an error; it is in evaluation mode within."""
    state, modes = model.state_dict(), [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        yield
    finally:
        for m, training in modes:
            m.training = training
        model.load_state_dict(state)


@contextmanager
def hook_modules(modules: Any, hook: Callable[..., None]) -> Iterator[None]:
    """Return the context in which ``hook(module, args, output)`` is called whenever one of the modules is."""
    handles = [module.register_forward_hook(hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def require_model(model: Any, what: str) -> Module:
    """Return the model, or raise an error if it isn't one."""
    if not isinstance(model, Module):
        raise TypeError(f"{what} draws a model, an nn.Module; got {type(model).__name__}")
    return model


def example(x: Any, model: Module) -> Tensor:
    """Return `x` as a constant; floats in the dtype of the model, since examples are often float64 by accident."""
    array = array_of(x)
    wanted = next((p.dtype for p in model.parameters()), array.dtype)
    return Tensor(array.astype(wanted) if array.dtype.kind == "f" else array)


def as_target(target: Any, model: Module) -> Any:
    """Return a target as losses take it: floats as a Tensor of the model's dtype, classes as they are."""
    array = array_of(target)
    return example(array, model) if array.dtype.kind == "f" else array


def array_of(x: Any) -> Any:
    """Return the NumPy array of `x`, which may be a tensor."""
    return as_array(to_arrays(x), "what is to be drawn")
