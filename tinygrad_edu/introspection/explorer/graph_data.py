"""The graph as data for the page: boxes, arrows, and the calls of modules around them, in two layouts."""

from __future__ import annotations

from typing import Any

from ...engine.node import Leaf, Node
from ..formulas.notation import name_of
from ..graph_history import GraphHistory
from .layout import HEIGHT, LETTER, Cluster, cut_text, layout, width_of
from .sources import title_call

MOST = 2000  # boxes: the layout of more takes minutes, and nobody steps through them
LETTERS = 18  # the most letters of a name in a box
NARROWEST = 108


class Graph:
    """Boxes for the nodes of a history, with their places, and arrows from arguments to operations."""

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

    def arrow(self, node: Node, i: int) -> int:
        """Return the number of the arrow from a node's argument; equal arguments share one."""
        return self.arrows[node.parents[i], node]

    def title(self, call: Any) -> str:
        return title_call(call.module, self.paths)

    def drawn(self, names: list[str]) -> dict[str, Any]:
        """Return the data that the page draws: titles cut to fit, and layouts for wide windows and narrow ones."""
        titles = [
            (cut_text(name, LETTERS), "" if isinstance(node, Leaf) else cut_text(name_of(node.plan.rule.fn), LETTERS))
            for node, name in zip(self.boxes, names, strict=True)
        ]
        widths = [max(NARROWEST, 32 + LETTER * (1.22 * width_of(a) + 0.92 * width_of(b))) for a, b in titles]
        arrows = [(self.places[tail], self.places[head]) for tail, head in self.ends]
        clusters = self.clusters()
        return {
            "titles": [list(title) for title in titles],
            "widths": [round(w) for w in widths],
            "height": HEIGHT,
            "arrows": [list(arrow) for arrow in arrows],
            "clusters": list(titles_of(clusters)),
            "layouts": {way: layout(widths, arrows, clusters, way) for way in ("LR", "TB")},
        }

    def clusters(self) -> Cluster:
        """Return the tree of calls, each with its operations, and with the leaves that nothing outside uses."""
        calls: dict[Node, tuple[Any, ...]] = {n: n.info.calls for n in self.boxes}
        users: dict[Node, list[tuple[Any, ...]]] = {}
        for tail, head in self.ends:
            users.setdefault(tail, []).append(calls[head])
        outer, known = Cluster(""), {}
        known[()] = outer
        for node, i in self.places.items():
            path = common_calls(users.get(node, [()])) if isinstance(node, Leaf) else calls[node]
            for depth in range(1, len(path) + 1):
                if path[:depth] not in known:
                    known[path[:depth]] = Cluster(self.title(path[depth - 1]))
                    known[path[: depth - 1]].inner.append(known[path[:depth]])
            known[path].boxes.append(i)
        return outer


def common_calls(paths: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Return the calls that all paths have in common."""
    shared = paths[0]
    for path in paths[1:]:
        same = [a is b for a, b in zip(shared, path, strict=False)]
        shared = shared[: same.index(False) if False in same else len(same)]
    return shared


def titles_of(cluster: Cluster) -> Any:
    """Yield the titles of all clusters within, in the order in which `layout` numbers them."""
    for inner in cluster.inner:
        yield inner.title
        yield from titles_of(inner)
