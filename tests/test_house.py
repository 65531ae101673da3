"""The house: which folder may import which, and no two files that need each other. Imports within functions count too."""

import ast
from pathlib import Path

import pytest

import tinygrad_edu

PACKAGE = Path(tinygrad_edu.__file__).parent

# Single files of the root, by what they need: nothing, or tensors.
SMALL = {"former_names", "docstrings", "rng", "allocator", "pytree", "validation", "atomic_write", "file_formats", "html_repr", "typing", "version"}
TOOLS = {"serialization", "finite_differences"}

# What each folder may import, besides itself and the small files; from the bottom to the top.
BELOW = {
    "engine": set(),
    "rules": {"engine"},
    "tensor": {"engine", "rules"},
    "serialization": {"engine"},
    "finite_differences": {"engine", "tensor"},
    "func": {"engine", "rules", "tensor"},
    "nn": {"engine", "rules", "tensor"},
    "optim": {"engine"},
    "data": set(),
    "tracing": {"engine", "rules", "tensor", "func", "nn", "optim"},
    "introspection": {"engine", "rules", "tensor", "nn", "tracing"},
    "training": {"engine", "tensor", "nn", "optim", "data", "tracing", "serialization"},
    "viz": {"engine", "tensor", "func", "nn", "introspection"},
    "testing": {"engine", "rules", "tensor"},
    "commands": {"engine", "tensor", "nn", "optim", "data", "viz", "introspection", "serialization", "finite_differences"},
}


def modules():
    """The package's files by their dotted names, without ``tinygrad_edu``."""
    names = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


MODULES = modules()


def for_types_only(tree):
    """The lines below ``if TYPE_CHECKING``, which never run."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def imports(name):
    """The modules that a module imports when it runs; of a name from a package, the module that the name is, or the package."""
    path = MODULES[name]
    here = name.split(".") if name else []
    package = here if path.name == "__init__.py" else here[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed_over = for_types_only(tree)
    found = set()
    for node in ast.walk(tree):
        if id(node) in passed_over or not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
        elif node.module and node.module.split(".")[0] == "tinygrad_edu":
            base = node.module.split(".")[1:]
        else:
            continue
        base = ".".join(part for part in base if part)
        for alias in node.names:
            one = f"{base}.{alias.name}".lstrip(".")
            found.add(one if one in MODULES else base)
    return found - {name}


def folder(name):
    return name.split(".")[0]


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"", "__main__"}))
def test_imports_point_downwards(name):
    allowed = BELOW.get(folder(name), set()) | SMALL | {folder(name)}
    wrong = {one for one in imports(name) if folder(one) not in allowed}
    assert not wrong, f"{name} imports {', '.join(sorted(wrong))}: move what it needs further down, or say in BELOW why it may"


def test_every_folder_has_its_place_and_the_floors_are_in_order():
    assert {folder(name) for name in MODULES} == {"", "__main__", *BELOW, *SMALL}
    built = set()
    for name, below in BELOW.items():
        assert below <= built, f"{name} stands on {below - built}, which comes later"
        built.add(name)


def test_no_files_need_each_other():
    """A package is what its ``__init__`` imports; who imports a file of it doesn't need that."""
    finished, path = set(), []

    def visit(name):
        assert name not in path, "a circle: " + " -> ".join([*path[path.index(name) :], name])
        if name in finished:
            return
        path.append(name)
        for one in sorted(imports(name)):
            visit(one)
        finished.add(path.pop())

    for name in sorted(MODULES):
        visit(name)
