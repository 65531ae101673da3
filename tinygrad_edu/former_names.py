"""Former names of modules that have moved, so that models and data sets pickled before can still be loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

FORMER = {
    "data.tables": "data.csv_table",
    "nn.functional.normalise": "nn.functional.normalization",
    "nn.functional.tables": "nn.functional.lookup",
    "nn.normalisation": "nn.normalization",
    "replay": "tracing",
    "replay.capture": "tracing.capture",
    "rules.erf": "rules.neural.erf",
    "rules.fused": "rules.neural.fused",
}


class FormerNames(MetaPathFinder, Loader):
    """A finder of modules by their former names. Python asks it last, when no other finder knows the name."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package == __package__ and name in FORMER:
            return ModuleSpec(fullname, self, is_package=name == "replay")
        return None

    def exec_module(self, module: ModuleType) -> None:
        today = import_module(f"{__package__}.{FORMER[module.__name__.partition('.')[2]]}")
        vars(module).update({name: value for name, value in vars(today).items() if not name.startswith("__")})


sys.meta_path.append(FormerNames())
