"""Modules that hold others: in a chain, by number, or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from .module import Module


class Container(Module):
    """The base of the containers: each child is an attribute, under a name of its own."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def __len__(self) -> int:
        return len(self._names)

    def _put(self, name: str, module: Any) -> None:
        """Set a child; refuse anything but modules."""
        if not isinstance(module, Module):
            hint = (
                ": write *layers to give a list's one by one"
                if isinstance(module, list | tuple)
                else f": write {module.__name__}()"
                if isinstance(module, type) and issubclass(module, Module)
                else ": there are nn.Tanh(), nn.ReLU() and others, or write a Module of your own"
                if callable(module)
                else ""
            )
            raise TypeError(f"{type(self).__name__} takes modules, and argument {name} is {module!r}{hint}")
        setattr(self, name, module)
        if name not in self._names:
            self._names.append(name)

    def _get(self, name: str) -> Module:
        return vars(self)[name]  # type: ignore[no-any-return]


class Numbered(Container):
    """The base of the containers whose children are counted from 0."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def __iter__(self) -> Iterator[Module]:
        return map(self._get, self._names)

    @overload
    def __getitem__(self, i: int) -> Module: ...
    @overload
    def __getitem__(self, i: slice) -> Self: ...
    def __getitem__(self, i: int | slice) -> Module | Self:
        chosen = list(self)[i]
        return self._like(chosen) if isinstance(chosen, list) else chosen

    def __setitem__(self, i: int, module: Module) -> None:
        self._put(self._names[i], module)

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Parameters
        ----------
        module : Module
            The module.

        Returns
        -------
        Self
            The container.
        """
        self._put(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Parameters
        ----------
        modules : iterable of Module
            The modules.

        Returns
        -------
        Self
            The container.
        """
        for module in modules:
            self.append(module)
        return self

    def insert(self, i: int, module: Module) -> None:
        """Add a module before the one in place `i`.

        Parameters
        ----------
        i : int
            The place, from 0 on.
        module : Module
            The module.
        """
        modules = list(self)
        modules.insert(i, module)
        for place, m in enumerate(modules):
            self._put(str(place), m)

    def _like(self, modules: list[Module]) -> Self:
        """Return a container of the same kind."""
        return type(self)(modules)


class Sequential(Numbered):
    """A chain of modules: each takes what the one before it returns.

    Parameters
    ----------
    *modules : Module
        The modules, in the order in which they are called.

    Raises
    ------
    TypeError
        If an argument is not a Module.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.Sequential(nn.Linear(784, 16), nn.Sigmoid())
    Sequential(
      (0): Linear(784, 16)  # 12,560 parameters
      (1): Sigmoid()
    )  # 12,560 parameters
    """

    def __init__(self, *modules: Module) -> None:
        super().__init__(modules)

    def forward(self, x: Any) -> Any:
        """Call the modules one after the other.

        Parameters
        ----------
        x : Tensor or array_like
            The input of the first module.

        Returns
        -------
        Any
            What the last module returns.
        """
        children = vars(self)
        for name in self._names:
            x = children[name](x)
        return x

    def _like(self, modules: list[Module]) -> Self:
        return Sequential(*modules)  # type: ignore[return-value]  # the constructor of a subclass may take other arguments


class ModuleList(Numbered):
    """A list of modules whose parameters are found. What happens with them is up to your ``forward``.

    Parameters
    ----------
    modules : iterable of Module
        The modules.

    Raises
    ------
    TypeError
        If one of them is not a Module.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
    >>> [name for name, p in layers.named_parameters()][:2]
    ['0.weight', '0.bias']
    """


class ModuleDict(Container):
    """A dict of modules whose parameters are found. What happens with them is up to your ``forward``.

    Parameters
    ----------
    modules : mapping from str to Module, or iterable of pairs
        The modules, by name.

    Raises
    ------
    TypeError
        If one of them is not a Module.
    KeyError
        If a name is not a string, has a dot, or is that of an attribute of every module, such as "training".

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> heads = nn.ModuleDict({"digit": nn.Linear(16, 10), "parity": nn.Linear(16, 2)})
    >>> heads["parity"].out_features
    2
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add or replace modules.

        Parameters
        ----------
        modules : mapping from str to Module, or iterable of pairs
            The modules, by name.
        """
        for name, module in dict(modules).items():
            self[name] = module

    def __getitem__(self, name: str) -> Module:
        if name not in self._names:
            raise KeyError(name)
        return self._get(name)

    def __setitem__(self, name: str, module: Module) -> None:
        if not isinstance(name, str) or not name or "." in name or (hasattr(self, name) and name not in self._names):
            raise KeyError(
                f"ModuleDict: {name!r} can't be the name of a module: it must be a string without dots, and "
                "not what every module has, such as 'training'"
            )
        self._put(name, module)

    def __delitem__(self, name: str) -> None:
        self._names.remove(name)
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def keys(self) -> list[str]:
        """Return the names.

        Returns
        -------
        list of str
            The names, in the order in which they were added.
        """
        return list(self._names)

    def values(self) -> list[Module]:
        """Return the modules.

        Returns
        -------
        list of Module
            The modules, in the order in which they were added.
        """
        return [self._get(name) for name in self._names]

    def items(self) -> list[tuple[str, Module]]:
        """Return the names and modules, as pairs.

        Returns
        -------
        list of (str, Module)
            The pairs, in the order in which they were added.
        """
        return [(name, self._get(name)) for name in self._names]
