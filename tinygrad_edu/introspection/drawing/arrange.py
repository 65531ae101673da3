"""How much of a graph is shown, and in which direction: as much as can be read on a page, or as the user says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .backward_side import sides
from .extent import Size, extents
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
    """A scene as it is painted, its direction, and about how large it will be."""

    painter: Painter
    lines: list[str]
    direction: str
    size: Size

    def exceeds(self, room: Size) -> float:
        """Return how many times as large as the room the picture is; up to 1, it can be read there."""
        return max(size / most for size, most in zip(self.size, room, strict=True))


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
    for scene, last in stages(sketch, calls, depth, fold):
        if len(scene.ordered) > MANY and not last:
            continue
        painter = paint(scene)
        lines = list(painter.lines())
        sizes = extents(painter, directions)
        ways = [Arrangement(painter, lines, way, size) for way, size in zip(directions, sizes, strict=True)]
        best = next((way for way in ways if way.exceeds(SLIDE) <= 1), None)
        if best is not None and (on_page is None or len(scene.ordered) >= FEW):
            return best
        best = min(ways, key=lambda way: way.exceeds(PAGE))
        if on_page is None and best.exceeds(PAGE) <= 1:
            on_page = best
            if len(scene.ordered) <= SMALL:
                return best
    found = on_page or best
    assert found is not None  # the last stage is always painted
    return found


def stages(sketch: Sketch, calls: Calls, depth: int | None, fold: bool | None) -> Iterator[tuple[Scene, bool]]:
    """Yield scenes, the most detailed first, and whether one is the last.

    First comes all of the graph, then with repeats drawn once, then with fewer and fewer levels of modules.
    """
    everything = float("inf")
    if sketch.derivatives:
        yield Scene(sketch, sides(sketch, calls), {}, everything if depth is None else depth), True
        return
    if not fold and (fold is False or len(sketch.nodes) <= MANY):
        yield (
            Scene(sketch, build_groups(sketch.operations, calls), {}, everything if depth is None else depth),
            fold is False,
        )
        if fold is False:
            return
    root = build_groups(sketch.operations, calls)
    same = fold_repeats(root)
    depths = (everything, *range(levels(root) - 1, -1, -1)) if depth is None else (depth,)
    for level in depths:
        yield Scene(sketch, root, same, level), level == depths[-1]


def levels(group: Group) -> int:
    """Return how deeply calls are nested."""
    inner = max((levels(item) for item in group.items if isinstance(item, Group)), default=0)
    return inner + (group.call is not None)
