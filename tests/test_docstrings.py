"""Every public function and class says what it takes, what it returns, and shows itself at work, in NumPy's form."""

import importlib
import inspect
import re

import pytest
from numpydoc.validate import validate

from tinygrad_edu import nn
from tinygrad_edu.nn import functional as F

# Rooms of the package, by the names that their `__all__` makes public.
ROOMS: list[str] = [
    "tinygrad_edu.nn",
    "tinygrad_edu.nn.functional",
    "tinygrad_edu.nn.init",
    "tinygrad_edu",
    "tinygrad_edu.data",
    "tinygrad_edu.func",
    "tinygrad_edu.optim",
    "tinygrad_edu.testing",
    "tinygrad_edu.training",
    "tinygrad_edu.viz",
]

# Classes whose methods do so too, but for the example.
CLASSES: list[str] = [
    "tinygrad_edu.nn.Module",
    "tinygrad_edu.nn.ModuleDict",
    "tinygrad_edu.nn.ModuleList",
    "tinygrad_edu.nn.Sequential",
    "tinygrad_edu.data.Batches",
    "tinygrad_edu.data.DataLoader",
    "tinygrad_edu.optim.LBFGS",
    "tinygrad_edu.optim.Optimizer",
    "tinygrad_edu.optim.ReduceLROnPlateau",
    "tinygrad_edu.optim.SequentialLR",
    "tinygrad_edu.optim.StepLR",
    "tinygrad_edu.testing.Program",
    "tinygrad_edu.training.Callback",
    "tinygrad_edu.training.EarlyStopping",
    "tinygrad_edu.training.History",
    "tinygrad_edu.training.Run",
]

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


def methods(name):
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind)
    return [
        f"{name}.{method}" for method in dir(found) if not method.startswith("_") and callable(getattr(found, method))
    ]


@pytest.mark.parametrize("name", [name for kind in CLASSES for name in methods(kind)])
def test_methods_are_documented_completely(name):
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code in CHECKS and code != "EX01"]
    assert not errors, f"{name}: " + "; ".join(errors)


def test_modules_take_over_what_their_functions_say_of_the_settings():
    for kind, function, setting in (
        (nn.ELU, F.elu, "alpha"),
        (nn.HuberLoss, F.huber_loss, "delta"),
        (nn.MaxPool2d, F.max_pool2d, "dilation"),
    ):
        [described] = re.findall(rf"^{setting} : .*\n    .*$", inspect.getdoc(function), re.MULTILINE)
        assert described in inspect.getdoc(kind)
        assert not re.search(r"^(x|input) : ", inspect.getdoc(kind), re.MULTILINE), "these are no settings"


def test_a_class_of_the_users_keeps_its_docstring():
    class Twice(nn.MSELoss):
        """Twice the error."""

    class Silent(nn.MSELoss):
        function = staticmethod(F.l1_loss)

    assert Twice.__doc__ == "Twice the error."
    assert Silent.__doc__ is None
