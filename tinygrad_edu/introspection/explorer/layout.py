"""The layout of boxes and arrows, which Graphviz computes. The page fills the boxes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..drawing.dot import Picture

LARGE = 250  # in graphs of more boxes, arrows are straight, and Graphviz searches less for their best places
HEIGHT = 46  # the height of a box in points, which are the page's pixels
LETTER = 7.2  # the width of a letter


@dataclass
class Cluster:
    """A call of a module: its title, the boxes in it, and the calls within it."""

    title: str
    boxes: list[int] = field(default_factory=list)
    inner: list[Cluster] = field(default_factory=list)


def layout(
    widths: Sequence[float], arrows: Sequence[tuple[int, int]], outer: Cluster, direction: str
) -> dict[str, Any]:
    """Return the places of boxes of these widths, of the arrows between them, and of the clusters, outer ones first.

    Returns
    -------
    dict
        ``size``, that of the whole graph; ``boxes``, their centres; ``arrows``, their SVG paths; ``clusters``, their
        left and upper edges, widths and heights.
    """
    large = len(widths) > LARGE
    picture = Picture(
        graph_attr={"rankdir": direction, "nodesep": "0.2", "ranksep": "0.36" if direction == "LR" else "0.32"}
        | ({"splines": "line", "nslimit": "2", "nslimit1": "2", "mclimit": "0.3"} if large else {}),
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"dir": "none"},
    )
    for i, width in enumerate(widths):
        picture.node(str(i), width=f"{width / 72:.3f}", height=f"{HEIGHT / 72:.3f}")
    titles: list[str] = []
    nest(picture, outer, titles)
    for i, (tail, head) in enumerate(arrows):
        picture.edge(str(tail), str(head), id=str(i))
    return parse_layout(json.loads(picture.pipe("json0")), len(widths), len(arrows), len(titles))


def nest(picture: Any, cluster: Cluster, titles: list[str]) -> None:
    """Add the boxes and inner clusters of a cluster to the picture, and number the clusters on the way down."""
    for box in cluster.boxes:
        picture.node(str(box))
    for inner in cluster.inner:
        name, room = f"cluster_{len(titles)}", "x" * int(width_of(inner.title))
        titles.append(inner.title)
        with picture.subgraph(name=name) as sub:
            sub.attr(label=room, labeljust="l", fontname="Helvetica", fontsize="11", margin="10")
            nest(sub, inner, titles)


def parse_layout(told: dict[str, Any], boxes: int, arrows: int, clusters: int) -> dict[str, Any]:
    """Return Graphviz's layout in the page's coordinates, where y grows downwards."""
    _, _, width, height = parse_numbers(told["bb"])
    places: dict[str, Any] = {}
    for thing in told.get("objects", []):
        if "pos" in thing:
            x, y = parse_numbers(thing["pos"])
            places[thing["name"]] = [round(x, 1), round(height - y, 1)]
        elif "bb" in thing:
            left, low, right, high = parse_numbers(thing["bb"])
            places[thing["name"]] = [round(n, 1) for n in (left, height - high, right - left, high - low)]
    paths = {edge["id"]: path(edge["pos"], height) for edge in told.get("edges", [])}
    return {
        "size": [round(width, 1), round(height, 1)],
        "boxes": [places[str(i)] for i in range(boxes)],
        "arrows": [paths[str(i)] for i in range(arrows)],
        "clusters": [places[f"cluster_{i}"] for i in range(clusters)],
    }


def path(spline: str, height: float) -> str:
    """Return a spline as an SVG path; it is a point ``x,y``, and three more for each piece."""
    points = [parse_numbers(point) for point in spline.split()]
    first, *rest = (f"{x:.1f} {height - y:.1f}" for x, y in points)
    return f"M{first}C{' '.join(rest)}"


def parse_numbers(text: str) -> list[float]:
    return [float(n) for n in text.split(",")]


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
