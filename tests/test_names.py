"""What completion offers: the public names and no others, at once."""

import subprocess
import sys
from importlib import import_module

import pytest

import tinygrad_edu

PACKAGES = [
    "tinygrad_edu",
    *(f"tinygrad_edu.{name}" for name in ("data", "func", "nn", "optim", "testing", "training", "viz")),
]


@pytest.mark.parametrize("name", PACKAGES)
def test_completion_offers_the_public_names(name):
    package = import_module(name)
    beside = ["testing"] if package is tinygrad_edu else []  # which needs Hypothesis
    assert dir(package) == sorted([*package.__all__, *beside])
    assert len(set(package.__all__)) == len(package.__all__)
    for public in package.__all__:
        assert getattr(package, public) is not None, public


def test_names_are_offered_before_they_are_used():
    """In a fresh interpreter, though what they stand for is imported later."""
    code = "import sys, tinygrad_edu as tg; assert 'draw' in dir(tg) and 'nn' in dir(tg); assert 'tinygrad_edu.introspection.drawing' not in sys.modules; tg.draw"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_that_is_imported_late_is_public():
    assert tinygrad_edu.LAZY.keys() <= set(tinygrad_edu.__all__)
