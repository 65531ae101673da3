"""The stages from tensors to a picture: build the graph's model, group it, select what is shown, and paint it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...engine.tensor_base import TensorBase
from ..gradient_flow import Flows
from ..naming import modules_in, tensors_held_in
from .arrange import arrange
from .backward_side import align_sides, walk_back
from .dot import Picture
from .graph_model import Sketch
from .groups import Calls, calls_by_node, complete, mirror_groups, parameter_names
from .legend import caption, key, legend_table
from .module_inference import infer_calls
from .painter import Painter
from .scene import Scene
from .themes import THEMES

FONT = {"fontname": "Helvetica", "fontsize": "12"}
GRAPH = {**FONT, "nodesep": "0.18", "ranksep": "0.35"}
BOX = {**FONT, "shape": "box", "style": "rounded,filled", "margin": "0.12,0.06", "height": "0.3", "width": "0.5"}
EDGE = {**FONT, "fontsize": "10", "arrowsize": "0.6"}


class Options(NamedTuple):
    """The options of `draw`."""

    depth: int | None
    fold: bool | None
    detail: str
    values: bool
    gradients: bool | None
    backward: bool
    direction: str | None
    theme: str
    legend: bool


def compose(
    tensors: list[TensorBase], inputs: list[TensorBase], names: Any, variables: Mapping[str, Any], options: Options
) -> Picture:
    """Return the picture of the graph behind `tensors`; `inputs` are the tensors that it begins with."""
    slopes = walk_back(tensors) if options.backward else {}
    sketch = Sketch(
        [*tensors, *slopes.values()],
        tensors_held_in({} if names is None else names),
        tensors_held_in(variables),
        {name: x for name, x in variables.items() if type(x) is np.ndarray and x.ndim},
    )
    calls, titles = calls_of(sketch, [modules_in(source) for source in ({} if names is None else names, variables)])
    sketch.name_slopes(slopes)
    sketch.inputs = {tensor._node for tensor in inputs}
    if options.gradients:
        sketch.learn(Flows(sketch.roots[: len(tensors)], [n for n in sketch.operations if n not in sketch.derivatives]))
    theme = THEMES[options.theme]

    def paint(scene: Scene) -> Painter:
        return Painter(scene, theme, options.detail, options.values, options.gradients is not False, titles)

    painter, lines, direction, _ = arrange(sketch, calls, options.depth, options.fold, options.direction, paint)
    graph = {**GRAPH, "rankdir": direction, "bgcolor": theme.paper, "fontcolor": theme.ink}
    if direction in ("TB", "BT"):
        graph["ranksep"] = "0.22"  # what is written beside arrows needs no room between boxes
    if sketch.derivatives:
        graph["newrank"] = "true"  # so that boxes in different frames can be across from each other
    if rows := [*key(painter)] * options.legend + caption(painter, options.depth, options.fold):
        graph |= {"label": legend_table(rows), "labelloc": "b"}
    edge = {**EDGE, "fontcolor": theme.faint, "color": theme.faint}
    return Picture(
        graph_attr=graph,
        node_attr={**BOX, "fontcolor": theme.ink},
        edge_attr=edge,
        body=[*lines, *align_sides(painter.scene)],
    )


def calls_of(sketch: Sketch, sources: Iterable[Mapping[str, Any]]) -> tuple[Calls, dict[int, str]]:
    """Return the calls of modules around each operation, and the names of the modules by their ids."""
    roots = {name: module for source in reversed(list(sources)) for name, module in source.items()}
    titles = {id(m): path for name, module in roots.items() for path, m in module.named_modules(name)}
    calls = calls_by_node(sketch.operations)
    if calls:
        titles = complete(titles, calls.values())
        roots |= {titles[id(c[0].module)]: c[0].module for c in calls.values()}
    else:
        calls = infer_calls(sketch.operations, roots.values())
    sketch.belong(parameter_names(roots))
    return mirror_groups(calls, sketch.derivatives), titles
