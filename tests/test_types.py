"""Editors and type checkers are told what goes in and what comes out; the programs in tests/typing/ are what they check."""

import importlib
import inspect
import operator
import runpy
from pathlib import Path

import pytest

from tinygrad_edu import Tensor

PROGRAMS = sorted(Path(__file__).with_name("typing").glob("*.py"))

# The rooms of the package; so many of a hundred places in their public signatures may be Any.
ROOMS = ["tinygrad_edu", "func", "nn", "nn.functional", "optim", "data", "viz", "training", "testing"]
MOST = 10

OPERATORS = {name for name in dir(operator) if name.startswith("__")} | {"__init__", "__call__", "__iter__", "__len__"}
OPERATORS |= {f"__r{name[2:]}" for name in OPERATORS}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_that_are_type_checked_run(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path))


@pytest.mark.parametrize("room", ROOMS)
def test_few_places_in_public_signatures_are_any(room):
    module = importlib.import_module(f"tinygrad_edu.{room}".removesuffix(".tinygrad_edu"))
    places = places_of(*(getattr(module, name) for name in module.__all__))
    assert share(places) <= MOST, explain(places)


def test_few_places_of_the_tensor_are_any():
    places = places_of(Tensor)
    assert len(places) > 200
    assert share(places) <= MOST, explain(places)


def places_of(*public):
    """Names and annotations of what these take and return: functions, and the methods of classes, inherited ones once."""
    functions = {}
    for one in public:
        if inspect.isclass(one):
            for name, member in methods(one):
                fn = getattr(member, "__func__", member)
                functions.setdefault(fn, (f"{one.__name__}.{name}", type(member) is not staticmethod))
        elif callable(one):
            functions.setdefault(one, (one.__name__, False))
    return [place for fn, (name, bound) in functions.items() for place in annotations(name, fn, bound)]


def methods(kind):
    """The public methods of a class and its operators, and what reads and writes its properties; the package's own."""
    members = {}
    for base in reversed([base for base in kind.__mro__ if base.__module__.startswith("tinygrad_edu")]):
        members |= vars(base)
    for name, member in members.items():
        if not name.startswith("_") or name in OPERATORS:
            parts = (member.fget, member.fset) if type(member) is property else (member,)
            yield from ((name, part) for part in parts if inspect.isfunction(getattr(part, "__func__", part)))


def annotations(name, fn, bound):
    signature = inspect.signature(fn)
    for parameter in list(signature.parameters.values())[bound:]:
        yield f"{name}({parameter.name})", parameter.annotation
    yield f"{name} ->", signature.return_annotation


def share(places):
    return 100 * sum(is_any(annotation) for _, annotation in places) / len(places)


def is_any(annotation):
    return annotation is inspect.Parameter.empty or str(annotation) in ("Any", "typing.Any")


def explain(places):
    found = [name for name, annotation in places if is_any(annotation)]
    return f"{len(found)} of {len(places)} are Any, {share(places):.1f} %: " + ", ".join(found)
