"""FunctionModule: a function of `nn.functional` as a module."""

from __future__ import annotations

from typing import Any

from .docstrings import complete_from
from .module import Module


class FunctionModule(Module):
    """The base of modules that call one function. Their docstrings are completed from the function's."""

    function: Any = None
    _settings: dict[str, Any]  # what the function is given besides the inputs

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "function" in vars(cls):
            complete_from(cls.function)(cls)
