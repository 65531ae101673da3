"""Former names of modules that have moved, so that models and data sets pickled before can still be loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# By what a module was called: where its names are today.
FORMER = {
    "backward": "tensor.gradient",
    "chance": "rng",
    "checkpoint": "func.rematerialization",
    "data.tables": "data.csv_table",
    "differences": "finite_differences",
    "func.transforms": "func.gradients func.products func.matrices func.signatures",
    "functional_call": "func.functional_call",
    "graph": "engine.forward engine.backward",
    "memory": "allocator",
    "modes": "engine.modes",
    "nest": "pytree",
    "nn.functional.activations": "nn.functional.saturating nn.functional.rectifying "
    "nn.functional.gated nn.functional.softmin",
    "nn.functional.normalise": "nn.functional.normalization",
    "nn.functional.tables": "nn.functional.lookup",
    "nn.normalisation": "nn.normalization",
    "node": "engine.node",
    "optim.plateau": "optim.schedules.plateau",
    "optim.schedule": "optim.schedules.schedule",
    "replay": "tracing",
    "replay.capture": "tracing.capture",
    "replay.errors": "tracing.errors",
    "rules.erf": "rules.neural.erf",
    "rules.fused": "rules.neural.fused",
    "saving": "serialization",
    "table": "engine.table engine.declare",
    "unbroadcast": "engine.unbroadcast",
    "value": "engine.tensor_base",
}


class FormerNames(MetaPathFinder, Loader):
    """A finder of modules by their former names. Python asks it last, when no other finder knows the name."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package == __package__ and name in FORMER:
            return ModuleSpec(fullname, self, is_package=name == "replay")
        return None

    def exec_module(self, module: ModuleType) -> None:
        for name in FORMER[module.__name__.partition(".")[2]].split():
            today = import_module(f"{__package__}.{name}")
            vars(module).update({name: value for name, value in vars(today).items() if not name.startswith("__")})


sys.meta_path.append(FormerNames())
