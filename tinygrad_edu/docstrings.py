"""Complete the docstrings of classes and functions that share their parameters with others.

`nn.ELU` takes the settings of `nn.functional.elu`, and `nn.Conv2d` those of every convolution. They are described once,
where they come from, and copied to where people look for them.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

Documented = TypeVar("Documented", bound=Callable[..., Any])

ORDER = ("Parameters", "Attributes", "Returns", "Raises", "Warns", "Notes", "Examples")  # as NumPy orders them


def complete_from(source: Callable[..., Any]) -> Callable[[Documented], Documented]:
    """Return a decorator that completes a docstring from the docstring of `source`, a function or a class.

    A class or function keeps what it says itself. The sections that it lacks are copied, and so is the description of
    each of its parameters. When a module is completed from a function, it stands in the function's place in the
    examples.
    """

    def complete(target: Documented) -> Documented:
        if target.__doc__ and source.__doc__:  # there are none under ``python -OO``
            target.__doc__ = merge_docstrings(target, source)
        return target

    return complete


def merge_docstrings(target: Any, source: Any) -> str:
    own, other = split_sections(target.__doc__), split_sections(source.__doc__)
    title = own.pop("")
    if inspect.isclass(target) and not inspect.isclass(source):
        function = f"nn.functional.{source.__name__}"
        title += f"\n\nThe function is `{function}`."
        del other["Returns"]
        other["Examples"] = other["Examples"].replace(f"{function}(", f"nn.{target.__name__}()(")
    sections = {**other, **own}
    described = {**split_parameters(other.get("Parameters", "")), **split_parameters(own.get("Parameters", ""))}
    sections["Parameters"] = "\n".join(
        described[name] for name in inspect.signature(target).parameters if name in described
    )
    return (
        "\n\n".join([title, *(f"{name}\n{'-' * len(name)}\n{sections[name]}" for name in ORDER if sections.get(name))])
        + "\n"
    )


def split_sections(docstring: str) -> dict[str, str]:
    """Return the sections of a docstring by their titles; what comes before them has the title ""."""
    first, *rest = re.split(r"^([A-Z][\w ]+)\n---+\n", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return {"": first.strip()} | {title: text.strip() for title, text in zip(rest[::2], rest[1::2], strict=True)}


def split_parameters(section: str) -> dict[str, str]:
    """Return the entries of a section Parameters by name; names that share an entry have it under the first of them."""
    return {re.split(r"\W", entry, maxsplit=1)[0]: entry for entry in re.split(r"\n(?=\S)", section) if entry}
