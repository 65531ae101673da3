"""For every function of the table, a Hypothesis strategy that draws calls of it; one file for each family."""

from importlib import import_module
from pkgutil import iter_modules

import tinygrad_edu.nn  # noqa: F401  (its rules belong to the table too)
from tinygrad_edu.testing.arrays import LAYOUTS

from .cases import Case, leaves, listed

__all__ = ["LAYOUTS", "STRATEGIES", "Case", "leaves", "listed", "missing"]

STRATEGIES = {}
for family in iter_modules(__path__):
    STRATEGIES |= getattr(import_module(f"{__name__}.{family.name}"), "STRATEGIES", {})


def missing(functions):
    """Those functions of the table that nobody has thought of testing; several results as one are tested as several."""
    return [fn for fn in functions if fn not in STRATEGIES and getattr(fn, "__wrapped__", fn) not in STRATEGIES]
