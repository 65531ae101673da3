"""How much of a graph is shown, and in which direction: as much as can be read on a page, unless the user says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .backward_side import sides
from .extent import Size, extent
from .fold import fold_repeats
from .graph_model import Sketch
from .groups import Calls, Group, build_groups
from .painter import Painter
from .scene import Scene

DIRECTIONS = ("LR", "TB", "RL", "BT")
MANY = 60  # more boxes are not for one picture
SMALL = 30  # so few may be higher than a slide
FEW = 5  # fewer boxes of a large graph tell little of it

# In points. Letters of 10 points have 9 pixels on a slide of 1280 by 720, or on a page 1000 wide that one scrolls down.
SLIDE: Size = (1100.0, 800.0)
PAGE: Size = (1100.0, 1600.0)


class Arrangement(NamedTuple):
    """A scene as it is painted, and its direction."""

    painter: Painter
    lines: list[str]
    direction: str

    def exceeds(self, room: Size) -> float:
        """Return how many times as large as the room the picture is; up to 1, it can be read there."""
        return max(size / most for size, most in zip(extent(self.painter, self.direction), room, strict=True))


def arrange(
    sketch: Sketch,
    calls: Calls,
    depth: int | None,
    fold: bool | None,
    direction: str | None,
    paint: Callable[[Scene], Painter],
) -> Arrangement:
    """Return the most detailed scene that fits on a slide and says enough; else on a page; else the least detailed."""
    both = DIRECTIONS[: 1 if sketch.derivatives else 2]  # of two sides, either is as long as the other is broad
    directions = both if direction is None else (direction,)
    on_page = best = None
    for scene in stages(sketch, calls, depth, fold):
        if best is not None and len(scene.ordered) > MANY:
            continue
        painter = paint(scene)
        lines = list(painter.lines())
        ways = [Arrangement(painter, lines, way) for way in directions]
        best = next((way for way in ways if way.exceeds(SLIDE) <= 1), None)
        if best is not None and (on_page is None or len(scene.ordered) >= FEW):
            return best
        best = min(ways, key=lambda way: way.exceeds(PAGE))
        if on_page is None and best.exceeds(PAGE) <= 1:
            on_page = best
            if len(scene.ordered) <= SMALL:
                return best
    found = on_page or best
    assert found is not None  # there is a stage at least
    return found


def stages(sketch: Sketch, calls: Calls, depth: int | None, fold: bool | None) -> Iterator[Scene]:
    """Yield scenes, the most detailed first: all of the graph, with repeats drawn once, and with fewer levels of modules."""
    everything = float("inf")
    if sketch.derivatives:
        yield Scene(sketch, sides(sketch, calls), {}, everything if depth is None else depth)
        return
    operations = [node for node in sketch.operations if node not in sketch.slices.wholes]
    if not fold and (fold is False or len(sketch.nodes) <= MANY):
        yield Scene(sketch, build_groups(operations, calls), {}, everything if depth is None else depth)
        if fold is False:
            return
    root = build_groups(operations, calls)
    same = fold_repeats(root)
    for level in (everything, *range(levels(root) - 1, -1, -1)) if depth is None else (depth,):
        yield Scene(sketch, root, same, level)


def levels(group: Group) -> int:
    """Return how deeply calls are nested."""
    inner = max((levels(item) for item in group.items if isinstance(item, Group)), default=0)
    return inner + (group.call is not None)
