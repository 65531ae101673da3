"""Observing a network at work and leaving it as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..engine.tensor_base import to_arrays
from ..nn.module import Module
from ..rng import draw_again, generator
from ..tensor.tensor import Tensor
from ..validation import as_array


@contextmanager
def leave_untouched(model: Module) -> Iterator[None]:
    """Return a context with the model in evaluation mode, which leaves it bit for bit as it was, after errors too.

    What a model draws at random within, the program draws again afterwards.
    """
    state, modes = model.state_dict(), [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        with draw_again(generator().bit_generator.state):
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


def as_pair(data: Any, what: str) -> tuple[Any, Any]:
    """Return inputs and targets: a pair of arrays, or the two of a data set."""
    arrays = getattr(data, "arrays", data)
    if not isinstance(arrays, tuple | list) or len(arrays) != 2:
        many = f" of {len(arrays)}" if isinstance(arrays, tuple | list) else ""
        raise TypeError(
            f"{what}: data are a pair (x, target), or a data set of two arrays; got {type(data).__name__}{many}"
        )
    return array_of(arrays[0]), array_of(arrays[1])


def as_constant(x: Any, model: Module) -> Tensor:
    """Return `x` as a constant; floats in the dtype of the model, since examples are often float64 by accident."""
    array = array_of(x)
    wanted = next((p.dtype for p in model.parameters()), array.dtype)
    return Tensor(array.astype(wanted) if array.dtype.kind == "f" else array)


def as_target(target: Any, model: Module) -> Any:
    """Return a target as losses take it: floats as a Tensor of the model's dtype, classes as they are."""
    array = array_of(target)
    return as_constant(array, model) if array.dtype.kind == "f" else array


def array_of(x: Any) -> Any:
    """Return the NumPy array of `x`, which may be a tensor."""
    return as_array(to_arrays(x), "what is to be drawn")
