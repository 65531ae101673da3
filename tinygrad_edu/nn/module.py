"""Module: a network is a tree of modules, and its parameters are what their attributes hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Self

import numpy as np

from ..modes import RECORD, current
from ..value import copied
from . import hooks, tree
from .parameter import Buffer, Parameter, cast
from .state import load_state


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

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; to be defined by each."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(): define what it computes")

    __call__ = hooks.Call(attrgetter("forward"))

    def __setattr__(self, name: str, value: Any) -> None:
        kept = vars(self).get(name)
        if isinstance(kept, Parameter | Buffer) and not (value is None or isinstance(value, Parameter | Buffer | Module)):
            raise TypeError(f"{type(self).__name__}: {name} is a {type(kept).__name__}, and a {type(value).__name__} in its place would "
                            f"be neither learnt nor saved: change its numbers under no_grad(), self.{name}[...] = x, or give it a new "
                            f"{type(kept).__name__}(x)")
        object.__setattr__(self, name, value)

    # ---------------------------------------------------------------------------------- the tree

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Attribute names and the modules there."""
        return ((name, value) for name, value in tree.attributes(self) if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their dotted paths; a module that is shared comes once.

        Raises
        ------
        TypeError
            If there is a module or parameter where none is looked for: in a list, tuple, set or dict, however deep, in an
            attribute of the class or of an object that is no Module; or a plain Tensor that requires gradients. So do all
            methods that go through the tree: a part of a network never stays behind in silence.
        """
        tree.refuse_lost(self)
        return tree.walk(self, prefix)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_tensors(self, kind: Any = (Parameter, Buffer)) -> Iterator[tuple[str, Any]]:
        """Dotted paths, such as ``"0.weight"``, and the parameters or buffers there; one that is shared, each time."""
        tree.refuse_lost(self)
        return tree.tensors(self, kind)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Dotted paths and parameters; a parameter that is shared comes once."""
        return once(self.named_tensors(Parameter))

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Dotted paths and buffers: what belongs to the state, and is not learnt."""
        return once(self.named_tensors(Buffer))

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, as optimisers want them; an error if there are any that would be missed (see `named_modules`)."""
        return (parameter for _, parameter in self.named_parameters())

    def buffers(self) -> Iterator[Buffer]:
        """All buffers."""
        return (buffer for _, buffer in self.named_buffers())

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
            p._grad = None

    # ------------------------------------------------------------------------------------- dtype

    def to(self, dtype: Any) -> Self:
        """Turn all floating parameters and buffers, and their gradients, into another precision; integers stay.

        The parameters stay the same objects, so an optimiser goes on with them, and takes what it remembers to the new precision.

        Parameters
        ----------
        dtype : dtype
            A floating or complex one. Under a real one, complex numbers stay complex, of that precision.

        Raises
        ------
        TypeError
            If `dtype` is neither floating nor complex.

        Examples
        --------
        >>> import numpy as np
        >>> from tinygrad_edu import nn
        >>> model = nn.Linear(2, 1).to(np.float64)
        >>> model.weight.dtype
        dtype('float64')
        """
        dtype = np.dtype(dtype)
        if dtype.kind not in "fc":
            raise TypeError(f"{type(self).__name__}.to: parameters are floating or complex, and can't be {dtype}")
        for _, x in once(self.named_tensors()):
            cast(x, dtype)
        return self

    def half(self) -> Self:
        """Turn all floating parameters and buffers into float16."""
        return self.to(np.float16)

    def float(self) -> Self:
        """Turn all floating parameters and buffers into float32."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Turn all floating parameters and buffers into float64."""
        return self.to(np.float64)

    # ------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """Copies of all parameters and buffers, by path: a snapshot, which training on does not change."""
        tensors = list(self.named_tensors())
        named = dict(tensors)
        if len(named) < len(tensors) and (twice := next((name for name, p in tensors if named[name] is not p), None)):
            raise ValueError(f"{type(self).__name__}: two different tensors are called {twice!r}, of which a state can hold one: an attribute "
                             "can't have a dot in its name")
        return {name: copied(p._array) for name, p in tensors}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Take over parameters from a `state_dict`. Nothing is changed unless all fits.

        Parameters
        ----------
        state : mapping from path to array_like
        strict : bool
            Whether a missing or a surplus entry is an error; False takes over what there is, and warns if that is nothing.

        Raises
        ------
        KeyError
            If `strict` and names are missing or unexpected.
        ValueError
            If an entry has another shape, is no numbers, or holds some that the parameter's dtype hasn't: complex ones for a
            real parameter, fractions for integers, what is too large. Rounding is no error.
        TypeError
            If `state` is no mapping.
        """
        load_state(type(self).__name__, dict(self.named_tensors()), state, strict)

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
        own = [f"  {name}: {list(p.shape)}" for name, p in tree.attributes(self) if isinstance(p, Parameter)]
        head = f"{type(self).__name__}({self.extra_repr()}"
        n = sum(p.size for _, p in once(tree.tensors(self, Parameter)))
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
