"""Module: a network is a tree of modules, and its parameters are what their attributes hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np

from ..engine.modes import RECORD, current
from ..engine.tensor_base import copy_array
from . import hooks, tree
from .module_html import module_html
from .parameter import Buffer, Parameter, cast_parameter
from .state import load_state

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from ..tensor.tensor import Tensor
    from ..typing import TensorLike

T = TypeVar("T", bound="Tensor")


class Module:
    """A part of a network, or all of it.

    Derive a class, assign Parameters and other Modules to attributes, and define ``forward``.

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
        """Whether the module is in training mode. Inside `predict` and `evaluate` it is not, for their thread only."""
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
        """Compute the module's output. Each module defines its own ``forward``.

        Parameters
        ----------
        *args, **kwargs
            What the module is called with.

        Returns
        -------
        Any
            What the call returns.
        """
        raise NotImplementedError(f"{type(self).__name__} has no forward(): define what it computes")

    __call__ = hooks.ForwardCall(attrgetter("forward"))

    def __setattr__(self, name: str, value: Any) -> None:
        old = vars(self).get(name)
        if isinstance(old, Parameter | Buffer) and not (
            value is None or isinstance(value, Parameter | Buffer | Module)
        ):
            raise TypeError(
                f"{type(self).__name__}: {name} is a {type(old).__name__}, "
                f"and a {type(value).__name__} in its place would be neither learnt nor saved: "
                f"change its numbers under no_grad(), self.{name}[...] = x, or give it a new {type(old).__name__}(x)"
            )
        object.__setattr__(self, name, value)

    # ---------------------------------------------------------------------------------- the tree

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Return the modules that are attributes of this one, with their names.

        Returns
        -------
        iterator of (str, Module)
            Pairs of names and modules.
        """
        return ((name, value) for name, value in tree.module_attributes(self) if isinstance(value, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Return this module and all below it, with their paths. A module that is shared comes once.

        Parameters
        ----------
        prefix : str
            The path of this module.

        Returns
        -------
        iterator of (str, Module)
            Pairs of paths and modules. Paths have dots, such as ``"encoder.0"``.

        Raises
        ------
        TypeError
            If a module or a parameter is where nobody looks for it: in a list, tuple, set or dict, however deep, or in
            an attribute of a class or of an object that is not a Module. Or if there is a plain Tensor that requires
            gradients. All methods that go through the tree raise this error, so that no part of a network is forgotten
            in silence.
        """
        tree.refuse_lost(self)
        return tree.walk_modules(self, prefix)

    def modules(self) -> Iterator[Module]:
        """Return this module and all below it.

        Returns
        -------
        iterator of Module
            The modules. One that is shared comes once.
        """
        return (module for _, module in self.named_modules())

    def named_tensors(self, kind: type | tuple[type, ...] = (Parameter, Buffer)) -> Iterator[tuple[str, Any]]:
        """Return all parameters and buffers, with their paths. One that is shared comes each time.

        Parameters
        ----------
        kind : type or tuple of types
            Parameter, Buffer, or both.

        Returns
        -------
        iterator of (str, Tensor)
            Pairs of paths, such as ``"0.weight"``, and tensors.
        """
        tree.refuse_lost(self)
        return tree.tensors(self, kind)

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Return all parameters, with their paths. One that is shared comes once.

        Returns
        -------
        iterator of (str, Parameter)
            Pairs of paths, such as ``"0.weight"``, and parameters.
        """
        return without_duplicates(self.named_tensors(Parameter))

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Return all buffers, with their paths. One that is shared comes once.

        Returns
        -------
        iterator of (str, Buffer)
            Pairs of paths, such as ``"1.running_mean"``, and buffers.
        """
        return without_duplicates(self.named_tensors(Buffer))

    def parameters(self) -> Iterator[Parameter]:
        """Return all parameters, for an optimiser.

        Returns
        -------
        iterator of Parameter
            The parameters. One that is shared comes once.

        Raises
        ------
        TypeError
            If a parameter would be missed; see `named_modules`.
        """
        return (parameter for _, parameter in self.named_parameters())

    def buffers(self) -> Iterator[Buffer]:
        """Return all buffers.

        Returns
        -------
        iterator of Buffer
            The buffers. One that is shared comes once.
        """
        return (buffer for _, buffer in self.named_buffers())

    def parameter_count(self) -> int:
        """Return how many numbers the parameters hold.

        Returns
        -------
        int
            The sum of the parameters' sizes.
        """
        return sum(p.size for p in self.parameters())

    # ------------------------------------------------------------------------------------- modes

    def train(self, mode: bool = True) -> Self:
        """Put this module and all below it in training mode.

        Parameters
        ----------
        mode : bool
            Whether it is training mode; False means evaluation mode.

        Returns
        -------
        Self
            The module.
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put this module and all below it in evaluation mode.

        Returns
        -------
        Self
            The module.
        """
        return self.train(False)

    def zero_grad(self) -> None:
        """Set the gradients of all parameters to None."""
        for p in self.parameters():
            p._grad = None

    # ------------------------------------------------------------------------------------- dtype

    def to(self, dtype: DTypeLike) -> Self:
        """Turn all floating parameters and buffers, and their gradients, into another precision; integers stay.

        The parameters stay the same objects. So an optimiser goes on with them, and turns what it remembers into the
        new precision.

        Parameters
        ----------
        dtype : dtype
            A floating or complex dtype. With a real one, complex numbers stay complex, in that precision.

        Returns
        -------
        Self
            The module.

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
        precision = np.dtype(dtype)
        if precision.kind not in "fc":
            raise TypeError(f"{type(self).__name__}.to: parameters are floating or complex, and can't be {precision}")
        for _, x in without_duplicates(self.named_tensors()):
            cast_parameter(x, precision)
        return self

    def half(self) -> Self:
        """Turn all floating parameters and buffers into float16.

        Returns
        -------
        Self
            The module.
        """
        return self.to(np.float16)

    def float(self) -> Self:
        """Turn all floating parameters and buffers into float32.

        Returns
        -------
        Self
            The module.
        """
        return self.to(np.float32)

    def double(self) -> Self:
        """Turn all floating parameters and buffers into float64.

        Returns
        -------
        Self
            The module.
        """
        return self.to(np.float64)

    # ------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """Return copies of all parameters and buffers: a snapshot, which later training does not change.

        Returns
        -------
        dict from str to ndarray
            The arrays by path, such as ``"0.weight"``.

        Raises
        ------
        ValueError
            If two tensors have the same path.
        """
        tensors = list(self.named_tensors())
        named = dict(tensors)
        if len(named) < len(tensors) and (twice := next((name for name, p in tensors if named[name] is not p), None)):
            raise ValueError(
                f"{type(self).__name__}: two different tensors are called {twice!r}, "
                "and a state can hold only one of them: give attributes names without dots"
            )
        return {name: copy_array(p._array) for name, p in tensors}

    def load_state_dict(self, state: Mapping[str, TensorLike], strict: bool = True) -> None:
        """Copy the numbers of a `state_dict` into the parameters and buffers. Nothing changes unless all of them fit.

        Parameters
        ----------
        state : mapping from str to array_like
            The arrays by path.
        strict : bool
            Whether missing and unexpected names are errors. Otherwise the names that fit are loaded, with a warning if
            there are none.

        Raises
        ------
        KeyError
            If `strict`, and names are missing or unexpected.
        ValueError
            If an array has another shape, is not numeric, or holds numbers that the parameter's dtype can't represent:
            complex ones for a real parameter, fractions for integers, numbers that are too large. Rounding is not an
            error.
        TypeError
            If `state` is not a mapping.

        Warns
        -----
        UserWarning
            If nothing was loaded.

        Examples
        --------
        >>> from tinygrad_edu import nn
        >>> model, copy = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> copy.load_state_dict(model.state_dict())
        """
        load_state(type(self).__name__, dict(self.named_tensors()), state, strict)

    # ------------------------------------------------------------------------------------- hooks

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> hooks.Handle:
        """Register a function that is called before each ``forward``.

        Parameters
        ----------
        hook : callable
            It is called as ``hook(module, args)``. What it returns, unless it is None, replaces `args`.

        Returns
        -------
        Handle
            Its method ``remove()`` takes the hook out again.
        """
        return hooks.register(self, "before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> hooks.Handle:
        """Register a function that is called after each ``forward``.

        Parameters
        ----------
        hook : callable
            It is called as ``hook(module, args, output)``. What it returns, unless it is None, replaces `output`.

        Returns
        -------
        Handle
            Its method ``remove()`` takes the hook out again.
        """
        return hooks.register(self, "after", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> hooks.Handle:
        """Register a function that is called whenever a backward pass has passed the module.

        Parameters
        ----------
        hook : callable
            It is called as ``hook(module, input_gradients, output_gradients)``, with two tuples of Tensors or None. It
            returns nothing.

        Returns
        -------
        Handle
            Its method ``remove()`` takes the hook out again.
        """
        return hooks.register(self, "backward", hook)

    # -------------------------------------------------------------------------------------- text

    def extra_repr(self) -> str:
        """Return the text that ``repr`` shows between the parentheses: the settings of the module.

        Returns
        -------
        str
            The text; by default there is none.
        """
        return ""

    def __repr__(self) -> str:
        lines = [f"  ({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        own = [f"  {name}: {list(p.shape)}" for name, p in tree.module_attributes(self) if isinstance(p, Parameter)]
        head = f"{type(self).__name__}({self.extra_repr()}"
        n = sum(p.size for _, p in without_duplicates(tree.tensors(self, Parameter)))
        tail = f")  # {n:,} parameter{'s' * (n != 1)}" if n else ")"
        body = lines if self.extra_repr() else own + lines
        return head + "\n" + "\n".join(body) + "\n" + tail if body else head + tail

    def _repr_html_(self) -> str:
        """Return a table of the layers, for a notebook."""
        return module_html(self)


def without_duplicates(named: Iterator[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Return the pairs, without those whose tensor came before under another name."""
    seen: set[int] = set()
    for name, x in named:
        if id(x) not in seen:
            seen.add(id(x))
            yield name, x
