"""The graph as data for the page, which lays it out: boxes, arrows, and the calls of modules around them."""

from __future__ import annotations

import unicodedata
from typing import Any

from ...engine.node import Leaf, Node
from ..graph_history import GraphHistory
from . import captions
from .folding import build_folds
from .sources import title_call

MOST = 2000  # boxes: nobody steps through more
LETTERS = 24  # the most letters of a name in a box


class Graph:
    """Boxes for the nodes of a history, and arrows from arguments to operations."""

    def __init__(self, history: GraphHistory, paths: dict[int, str]) -> None:
        self.paths = paths
        self.boxes = list(history.nodes)
        self.places = {node: i for i, node in enumerate(self.boxes)}
        if len(self.boxes) > MOST:
            raise ValueError(
                f"this computation has {len(self.boxes):,} operations and leaves; the explorer shows {MOST:,} "
                "at most. Explore one layer, one step of a loop, or a small model of the same structure"
            )
        self.ends = list(dict.fromkeys((p, node) for node in self.boxes for p in node.parents if isinstance(p, Node)))
        self.arrows = {end: i for i, end in enumerate(self.ends)}
        self.named = {
            node
            for node in self.boxes
            if node in history.held or history.names[node] in {*history.arrays, node.info.name}
        }

    def arrow(self, node: Node, i: int) -> int:
        """Return the number of the arrow from a node's argument; equal arguments share one."""
        return self.arrows[node.parents[i], node]

    def title(self, call: Any) -> str:
        return title_call(call.module, self.paths)

    def drawn(self, names: list[str]) -> dict[str, Any]:
        """Return the data that the page draws: titles cut to fit, with their widths in letters, arrows and modules."""
        titles = [
            (cut_text(name, LETTERS), "" if isinstance(node, Leaf) else cut_text(captions.field_name(node), LETTERS))
            for node, name in zip(self.boxes, names, strict=True)
        ]
        return {
            "titles": [list(title) for title in titles],
            "letters": [[width_of(part) for part in title] for title in titles],
            "arrows": [[self.places[tail], self.places[head]] for tail, head in self.ends],
            "folds": build_folds(self.boxes, self.ends, self.paths, self.named),
        }


def width_of(text: str) -> float:
    """Return the width of a text in letters, roughly: Chinese characters and the like are wider."""
    return sum(1.75 if unicodedata.east_asian_width(sign) in "WF" else 1.0 for sign in text)


def cut_text(text: str, letters: float) -> str:
    """Return `text` cut to a width of this many letters."""
    if width_of(text) <= letters:
        return text
    kept = ""
    for sign in text:
        if width_of(kept + sign) > letters - 1:
            break
        kept += sign
    return f"{kept}…"
