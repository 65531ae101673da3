"""Every public function and class says what it takes, what it returns, and shows itself at work, in NumPy's form."""

import importlib

import pytest
from numpydoc.validate import validate

# Rooms of the package, by the names that their `__all__` makes public.
ROOMS: list[str] = []

CHECKS = {
    "GL06": "sections have the names that NumPy's standard gives them",
    "GL07": "sections come in the standard's order",
    "GL08": "there is a docstring",
    "SS01": "it begins with a summary",
    "SS05": "which begins with a verb, as an order: Return, Compute",
    "PR01": "every parameter is described",
    "PR02": "and no other",
    "PR03": "in the order of the signature",
    "PR07": "in words, beside its type",
    "RT01": "what is returned is described",
    "RT03": "in words too",
    "YD01": "and what is yielded",
    "EX01": "an example runs",
}


def public(room):
    module = importlib.import_module(room)
    return [f"{room}.{name}" for name in module.__all__ if callable(getattr(module, name))]


@pytest.mark.parametrize("name", [name for room in ROOMS for name in public(room)])
def test_public_names_are_documented_completely(name):
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code in CHECKS]
    assert not errors, f"{name}: " + "; ".join(errors)
