"""Painter: writes a scene as DOT text, with boxes, frames, and arrows as wide as the gradients along them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from ...engine.node import Leaf, Node
from ..gradient_flow import gradient_norm
from .graph_model import is_small
from .groups import Group, Mirror
from .heat_map import heat_map, statistics_text
from .labels import (
    arguments,
    attribute,
    describe_shape,
    format_number,
    gradient_text,
    html_label,
    operation,
    value_lines,
)
from .scene import Arrow, Box, Scene
from .themes import Theme, mix_colours

DETAILS = ("low", "normal", "full")
DECADES = 2  # from the widest arrow to the narrowest, in powers of ten of the gradient's norm


@dataclass
class Shown:
    """The kinds of things in a picture, which its legend explains."""

    kinds: set[str]
    norms: bool
    heat: bool = False
    lines: set[str] = field(
        default_factory=set
    )  # arrows that are not as wide as their gradient: dashed, dotted, broken


class Painter:
    """A writer of the lines of DOT text for a scene."""

    def __init__(
        self, scene: Scene, theme: Theme, detail: str, values: bool, gradients: bool, titles: Mapping[int, str]
    ) -> None:
        self.scene, self.sketch, self.theme = scene, scene.sketch, theme
        self.level, self.values, self.gradients = DETAILS.index(detail), values, gradients
        self.titles = titles  # names of modules, by their ids
        self.numbers = count()  # numbers for frames
        self.kept = self.sketch.kept() if self.level == 2 else set()
        self.numbered: set[Box] = set()  # boxes that show numbers or a shape, so that arrows don't
        norms = [a.norm for a in scene.arrows if a.norm is not None and a.norm == a.norm and a.norm < math.inf]
        self.widest = max(norms, default=0.0) if gradients and (self.level or self.sketch.flows) else 0.0
        self.shown = Shown(set(), bool(self.widest))
        self.labels: dict[Box, str] = {}  # what is written in boxes, and beside arrows
        self.words: dict[Arrow, str] = {}

    def lines(self) -> Iterator[str]:
        """Yield all lines of the text between the braces."""
        yield from self.content(self.scene.root, "\t", 0)
        for arrow in self.scene.arrows:
            yield self.arrow(arrow)

    # ------------------------------------------------------------------------------------ frames

    def content(self, group: Group, indent: str, level: int) -> Iterator[str]:
        """Yield the lines of the boxes and frames in a frame."""
        for item in self.scene.items(group):
            if isinstance(item, Box):
                yield f"{indent}{item.name} {self.box(item)}\n"
            else:
                yield f"{indent}subgraph cluster_{next(self.numbers)} {{\n"
                yield (
                    f"{indent}\tgraph [label={self.frame_label(item)} style=rounded penwidth=1 "
                    f'color="{self.theme.border}" bgcolor="{self.theme.frames[level % 2]}" '
                    "labeljust=l labelloc=t margin=8]\n"
                )
                yield from self.content(item, indent + "\t", level + 1)
                yield f"{indent}}}\n"

    def frame_label(self, group: Group) -> str:
        name, path = self.title(group)
        return html_label(name, " ".join(filter(None, (path, count_text(group)))))

    def title(self, group: Group) -> tuple[str, str]:
        """Return the title of a group: its module's class, and its path."""
        if group.module is None:
            return group.label or "repeated", ""
        kind, path = type(group.module).__name__, self.titles.get(id(group.module), "")
        name, path = (path, "") if path.startswith(kind) else (kind, path)
        return f"derivative of {name}" if isinstance(group.call, Mirror) else name, path

    # ------------------------------------------------------------------------------------- boxes

    def box(self, box: Box) -> str:
        """Return the attributes of a box."""
        kind = self.kind(box)
        self.shown.kinds.add(kind)
        look = " ".join(f'{k}="{v}"' for k, v in self.theme.looks[kind].items())
        label = self.labels[box] = self.group_label(box, box.what) if isinstance(box.what, Group) else self.label(box)
        return f"[label={label} {look}{self.tooltip(box)}]"

    def kind(self, box: Box) -> str:
        if self.scene.is_back(box):
            return "derivative"
        if self.result(box) is not None:
            return "result"
        return "module" if isinstance(box.what, Group) else self.sketch.kind(box.what)

    def result(self, box: Box) -> Node | None:
        """Return the result that was computed in a box, even if it is folded there; or None."""
        within = box.what.operations() if isinstance(box.what, Group) else (box.what, *box.others)
        return next((node for node in within if node in self.sketch.roots and type(node) is Node), None)

    def label(self, box: Box) -> str:
        """Return the label of a node's box."""
        assert isinstance(box.what, Node)
        node = self.result(box) or box.what
        name, array = self.sketch.names.get(node, ""), self.sketch.values.get(node)
        grad = self.sketch.gradient(node) if self.gradients and self.level else None
        lines = list(self.value(box, node, array)) if self.level else []
        if isinstance(node, Leaf):
            title, detail = name or node.name, ""
        else:
            title, detail = operation(node), self.settings(box.what, box.others) if self.level else ""
            lines = self.named(node, lines)
        if box.alone is not None and box.alone.call is not None:
            lines.append(" ".join(filter(None, self.title(box.alone))))
        if node in self.kept:
            lines.append("kept for backward")
        times = count_text(box.alone) if box.alone is not None else ""
        notes = [self.gradient(grad, box)] if grad is not None else []
        pictures = [self.heat(a) for a in (array if self.values else None, grad)] if self.level == 2 else []
        if pictures and pictures[1]:
            notes.append(statistics_text(grad))
        return html_label(title, " ".join(filter(None, (detail, times))), lines, notes, pictures, self.theme.gradient)

    def gradient(self, grad: Any, box: Box) -> str:
        """Return the line for a gradient; for a repeated part, with the norms of the first and the last one."""
        last = self.sketch.gradient(box.others[-1]) if box.others else None
        if last is None:
            return gradient_text(grad)
        assert isinstance(box.what, Node)
        sizes = [size for g in (self.sketch.gradient(box.what), last) if (size := gradient_norm(g)) is not None]
        return f"grad, norm {' … '.join(map(format_number, sizes))}" if sizes else ""

    def named(self, node: Node, lines: list[str]) -> list[str]:
        """Return the lines with the name of an intermediate value before them."""
        name = self.sketch.names.get(node)
        return lines if not name else [f"{name} = {lines[0]}" if lines else name, *lines[1:]]

    def value(self, box: Box, node: Node, array: Any) -> Iterator[str]:
        """Yield the lines for a value: the numbers of a small one, else the shape where no arrow shows it."""
        if self.values and array is not None and is_small(array):
            self.numbered.add(box)
            yield from value_lines(array)
            return
        if self.level == 2 or isinstance(node, Leaf) or node in self.sketch.roots or not node.shape:
            self.numbered.add(box)
            yield describe_shape(node)
        elif any(isinstance(p, Node) and p.dtype != node.dtype for p in node.parents):
            yield str(node.dtype)
        if self.level == 2 and self.values and array is not None:
            yield statistics_text(array)

    def heat(self, array: Any) -> str:
        picture = "" if array is None or is_small(array) else heat_map(array, self.theme)
        self.shown.heat = self.shown.heat or bool(picture)
        return picture

    def settings(self, node: Node, others: list[Node]) -> str:
        """Return the arguments that are not arrays as text, with an ellipsis where folded operations differ."""
        text = arguments(node)
        return f"{text} …" if any(arguments(other) != text for other in others) else text

    def group_label(self, box: Box, group: Group) -> str:
        """Return the label of a group's box."""
        name, path = self.title(group)
        module = group.module
        learnt = module.parameter_count() if module is not None and not isinstance(group.call, Mirror) else 0
        lines = (
            [f"{learnt:,} parameter{'s' * (learnt != 1)}{' each' * (group.times > 1)}"] if learnt and self.level else []
        )
        if self.level and (node := self.result(box)) is not None:
            lines += self.named(node, list(self.value(box, node, self.sketch.values.get(node))))
        grads = [g for p in module.parameters() if (g := self.sketch.gradient(p._node)) is not None] if lines else []
        sizes = [float((abs(g).astype(float) ** 2).sum()) for g in grads] if self.gradients else []
        notes = [f"grad, norm {format_number(math.sqrt(sum(sizes)))}"] if sizes else []
        return html_label(
            name, " ".join(filter(None, (path, count_text(group)))), lines, notes, [], self.theme.gradient
        )

    def tooltip(self, box: Box) -> str:
        """Return the tooltip attribute: the line of the program."""
        line = None if isinstance(box.what, Group) else box.what.info.line
        return f' tooltip="{attribute(Path(line).name)}"' if line else ""

    # ------------------------------------------------------------------------------------ arrows

    def arrow(self, arrow: Arrow) -> str:
        """Return the line for an arrow, with its label and its width."""
        a, b = arrow.tail, arrow.head
        if self.scene.is_back(b):
            return self.backward_arrow(a, b)
        shape = f"{tuple(arrow.parent.shape)}" if self.level and arrow.parent.shape and a not in self.numbered else ""
        words = self.words[arrow] = " ".join(filter(None, (arrow.role, shape)))
        attributes = {
            "label": f'"{attribute(words)}"' if words else "",
            "weight": "4" if type(arrow.parent) is Node else "",
        }
        attributes |= self.strength(arrow)
        settings = " ".join(f"{k}={v}" for k, v in attributes.items() if v)
        return f"\t{a.name} -> {b.name}{f' [{settings}]' if settings else ''}\n"

    def backward_arrow(self, a: Box, b: Box) -> str:
        """Return the line for an arrow on the backward side, where ranks run the other way, or across to that side."""
        if self.kind(a) == "derivative":
            return f"\t{b.name} -> {a.name} [dir=back weight=4]\n"
        return f"\t{a.name} -> {b.name} [style=dotted constraint=false arrowhead=open]\n"

    def strength(self, arrow: Arrow) -> dict[str, str]:
        """Return attributes by the gradient's norm: wide and strong if it is large, thin if small, dotted if zero."""
        if not arrow.differentiated:
            self.shown.lines.add("dashed")
            return {"style": "dashed", "penwidth": "0.8"} if self.widest else {}
        if not self.widest or arrow.norm is None:
            return {}
        if arrow.norm == 0:
            self.shown.lines.add("dotted")
            return {"style": "dotted"}
        if arrow.norm != arrow.norm or arrow.norm == math.inf:
            self.shown.lines.add("broken")
            return {"color": f'"{self.theme.broken}"', "penwidth": "4"}
        share = min(1.0, max(0.0, 1 + math.log10(arrow.norm / self.widest) / DECADES))
        color = mix_colours(colour(self.theme.faint), colour(self.theme.gradient), share)
        return {"penwidth": f"{0.5 + 4.5 * share:.2f}", "color": f'"{color}"',
                "tooltip": f'"gradient of norm {format_number(arrow.norm)}"'}  # fmt: skip


def count_text(group: Group) -> str:
    """Return the number of repeats as text."""
    return "" if group.times == 1 else f"× {group.times:,}" + (" in a row" if group.chained else "")


def colour(name: str) -> str:
    return {"black": "#000000", "white": "#ffffff"}.get(name, name)
