"""Module: a network is a tree of modules, and its parameters are what their attributes hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from ..modes import RECORD, current
from ..tensor import adopt
from ..value import bare, copied
from . import hooks
from .parameter import Buffer, Parameter


class Module:
    """A part of a network: assign Parameters and other Modules to attributes, and define ``forward``.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, nn
    >>> class Neuron(nn.Module):
    ...     def __init__(self, inputs):
    ...         self.weights = nn.Parameter(np.zeros(inputs))
    ...         self.bias = nn.Parameter(0.)
    ...     def forward(self, x):
    ...         return (self.weights * x).sum() + self.bias
    >>> neuron = Neuron(3)
    >>> [name for name, p in neuron.named_parameters()]
    ['weights', 'bias']
    >>> neuron(Tensor([1., 2., 3.])).item()
    0.0
    """

    @property
    def training(self) -> bool:
        """Whether this is in training mode; within `predict` and `evaluate` it isn't, for their thread only."""
        scope = current()
        flags = None if scope is RECORD else scope.flags(self)
        return bool(vars(self).get("training", True) if flags is None else flags[self])

    @training.setter
    def training(self, mode: bool) -> None:
        scope = current()
        flags = None if scope is RECORD else scope.flags(self)
        if flags is None:
            vars(self)["training"] = mode
        else:
            flags[self] = mode

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" not in vars(cls):
            cls.__call__ = cls.forward  # type: ignore[method-assign]  # to call a module is to run its forward(), without a call between

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; to be defined by each."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(): define what it computes")

    __call__ = forward

    # ---------------------------------------------------------------------------------- the tree

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Attribute names and the modules there."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their dotted paths; a module that is shared comes once."""
        seen: set[int] = set()
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if id(module) not in seen:
                seen.add(id(module))
                yield path, module
                children = [(f"{path}.{name}" if path else name, child) for name, child in module.named_children()]
                waiting += reversed(children)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_tensors(self, kind: Any = (Parameter, Buffer)) -> Iterator[tuple[str, Any]]:
        """Dotted paths, such as ``"0.weight"``, and the parameters or buffers there; one that is shared, each time."""
        for path, module in self.named_modules():
            for name, value in vars(module).items():
                if isinstance(value, kind):
                    yield (f"{path}.{name}" if path else name), value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Dotted paths and parameters; a parameter that is shared comes once."""
        return once(self.named_tensors(Parameter))

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Dotted paths and buffers: what belongs to the state, and is not learnt."""
        return once(self.named_tensors(Buffer))

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, as optimisers want them.

        Raises
        ------
        TypeError
            If there are parameters where they are not looked for: in a list, tuple or dict.
        """
        self._refuse_hidden()
        return (parameter for _, parameter in self.named_parameters())

    def buffers(self) -> Iterator[Buffer]:
        """All buffers."""
        return (buffer for _, buffer in self.named_buffers())

    def _refuse_hidden(self) -> None:
        """An error for modules and parameters in plain lists and dicts, which would stay untrained in silence."""
        hidden = [
            (f"{path}.{name}" if path else name, value, x)
            for path, module in self.named_modules()
            for name, value in vars(module).items()
            if isinstance(value, list | tuple | dict) and not name.startswith("_")
            for x in (value.values() if isinstance(value, dict) else value)
            if isinstance(x, Module | Parameter)
        ]
        known = {id(x) for _, x in (*self.named_modules(), *self.named_tensors())} if hidden else ()
        for where, value, x in hidden:
            if id(x) not in known:
                raise TypeError(f"{type(self).__name__}: {where} is a {type(value).__name__} that holds a "
                                f"{type(x).__name__}, which is not found there: use nn.ModuleList or nn.ModuleDict for "
                                "modules, and attributes of their own for parameters")

    def parameter_count(self) -> int:
        """How many numbers there are to learn."""
        return sum(p.size for p in self.parameters())

    # ------------------------------------------------------------------------------------- modes

    def train(self, mode: bool = True) -> Self:
        """Put this module and all below it in training mode."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put this module and all below it in evaluation mode."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for p in self.parameters():
            p.grad = None

    # ------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """Copies of all parameters and buffers, by path: a snapshot, which training on does not change."""
        return {name: copied(p._array) for name, p in self.named_tensors()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Take over parameters from a `state_dict`. Nothing is changed unless all fits.

        Parameters
        ----------
        state : mapping from path to array_like
        strict : bool
            Whether a missing or a surplus entry is an error; False takes over what there is.

        Raises
        ------
        KeyError
            If `strict` and names are missing or unexpected.
        ValueError
            If a shape differs.
        """
        own = dict(self.named_tensors())
        missing, surplus = [k for k in own if k not in state], [k for k in state if k not in own]
        if strict and (missing or surplus):
            raise KeyError(f"state does not fit {type(self).__name__}: missing {missing}, unexpected {surplus} "
                           "(strict=False takes over what there is)")
        arrays = {k: adopt(bare(state[k]), p.dtype) for k, p in own.items() if k in state}
        wrong = [f"{k}: {a.shape} for {own[k].shape}" for k, a in arrays.items() if a.shape != own[k].shape]
        if wrong:
            raise ValueError(f"state does not fit {type(self).__name__}: shapes differ, {'; '.join(wrong)}")
        for k, a in arrays.items():
            own[k]._own()[...] = a

    # ------------------------------------------------------------------------------------- hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> hooks.Handle:
        """Call ``hook(module, args)`` before each ``forward``; what it returns, if anything, takes the place of `args`."""
        return hooks.register(self, "before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> hooks.Handle:
        """Call ``hook(module, args, output)`` after each ``forward``; what it returns takes the place of `output`."""
        return hooks.register(self, "after", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> hooks.Handle:
        """Call ``hook(module, input_gradients, output_gradients)``, two tuples, when backward() has passed the module."""
        return hooks.register(self, "backward", hook)

    # -------------------------------------------------------------------------------------- text

    def extra_repr(self) -> str:
        """What to say of this module between its parentheses."""
        return ""

    def __repr__(self) -> str:
        lines = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        own = [f"  {name}: {list(p.shape)}" for name, p in vars(self).items() if isinstance(p, Parameter)]
        head = f"{type(self).__name__}({self.extra_repr()}"
        n = self.parameter_count()
        tail = f")  # {n:,} parameter{'s' * (n != 1)}" if n else ")"
        body = lines if self.extra_repr() else own + lines
        return head + "\n" + "\n".join(body) + "\n" + tail if body else head + tail


def once(named: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Those that were not there before, under another name."""
    seen: set[int] = set()
    for name, x in named:
        if id(x) not in seen:
            seen.add(id(x))
            yield name, x
