"""A module as it shows itself in a notebook: a table of its layers, in which those that are made of others unfold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import html_repr
from ..html_repr import Html, html
from . import tree
from .parameter import Parameter

ROWS = 20  # of one table, at most
ALL_ROWS = 120  # of all tables together


def module_html(module: Any) -> str:
    """Return the table of a module, headed by how many parameters it has."""
    return html_repr.titled_block(title(module), layers(module, Budget(ALL_ROWS)))


class Budget:
    """How many rows may still be written, so that the table of a huge network isn't huge."""

    def __init__(self, rows: int) -> None:
        self.rows = rows


def layers(module: Any, budget: Budget) -> Html:
    """Return the table of what a module is made of: its own parameters, and the modules in it."""
    parts = html_repr.first_and_last([*own_parameters(module), *module.named_children()], ROWS)
    budget.rows -= len(parts)
    rows = [part if len(part) == 1 else part_row(part[0], part[1], budget) for part in parts]
    return html_repr.table(["name", "layer", "parameters", "shapes"], rows, (2,)) if rows else Html("")


def part_row(name: str, part: Any, budget: Budget) -> Any:
    """Return the row of a parameter or a module; of one that is made of others, what unfolds to its table."""
    if isinstance(part, Parameter):
        return name, type(part).__name__, f"{part.size:,}", shape_cell(part)
    if not any(part.named_children()):
        size = sum(x.size for _, x in own_parameters(part))
        return (
            name,
            head(part),
            f"{size:,}" if size else "",
            ", ".join(f"{n} {shape_cell(x)}" for n, x in own_parameters(part)),
        )
    if budget.rows <= 0:
        return (Html(f"{html(name)}: {title(part)}, in {sum(1 for _ in tree.walk_modules(part)) - 1:,} modules"),)
    inside = f'<div style="margin: 0.2em 0 0.4em 1.2em">{layers(part, budget)}</div>'
    return (html_repr.foldable(Html(f"{html(name)}: {title(part)}"), Html(inside)),)


def title(module: Any) -> Html:
    """Return the class of a module, and how many parameters there are in it, each counted once."""
    found = {id(p): p for _, p in tree.tensors(module, Parameter)}.values()
    size, frozen = sum(p.size for p in found), sum(p.size for p in found if not p.requires_grad)
    counted = f", {size:,} parameter{'s' * (size != 1)}" if size else ""
    return Html(f"{head(module)}{counted}{f', {frozen:,} of them frozen' if frozen else ''}")


def own_parameters(module: Any) -> Iterator[tuple[str, Any]]:
    return ((name, x) for name, x in tree.module_attributes(module) if isinstance(x, Parameter))


def head(module: Any) -> Html:
    """Return the class of a module, with its settings."""
    settings = module.extra_repr()
    settings = settings if len(settings) <= 200 else settings[:200] + "…"
    return Html(f"<b>{html(type(module).__name__)}</b>{html(f'({settings})') if settings else ''}")


def shape_cell(x: Any) -> str:
    return (" × ".join(map(str, x.shape)) or "a number") + ("" if x.requires_grad else " (frozen)")
