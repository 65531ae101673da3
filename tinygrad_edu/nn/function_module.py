"""FunctionModule: a function of `nn.functional` as a module; and a stand-in for a function that is called alone."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from ..docstrings import complete_from
from ..engine.provenance import FUNCTIONS
from . import functional
from .module import Module


class FunctionModule(Module):
    """The base of modules that call one function. Their docstrings are completed from the function's."""

    function: Any = None
    _settings: dict[str, Any]  # what the function is given besides the inputs

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "function" in vars(cls):
            complete_from(cls.function)(cls)


def register_functions() -> None:
    """Let pictures say `cross_entropy` where a program calls the function: each is a call like that of a module.

    Functions that are a single operation say so themselves.
    """
    for name in functional.__all__:
        function = getattr(functional, name)
        if isinstance(function, FunctionType) and not hasattr(function, "fn"):
            FUNCTIONS[function.__code__] = type(name, (Module,), {"__doc__": f"A call of `{name}`."})()


register_functions()
