"""A scene: the boxes, nested frames and arrows of a picture. Their looks are decided in `painter`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ...engine.node import Constant, Leaf, Node
from ..gradient_flow import gradient_norm
from .fold import Same
from .graph_model import Sketch
from .groups import Group, Mirror
from .labels import has_box, rule_argument_names

Frames = tuple[Group, ...]


@dataclass(eq=False)
class Box:
    """A box for a node, or for a group whose inside isn't shown; others may be folded into it."""

    what: Node | Group
    frames: Frames  # the frames around it, outermost first
    name: str = ""  # its name in the DOT text
    alone: Group | None = None  # the group that has no other operation
    others: list[Node] = field(default_factory=list)  # the nodes that are folded into it


@dataclass(eq=False)
class Arrow:
    """An arrow to an operation from its argument, another operation or a leaf."""

    tail: Box
    head: Box
    parent: Node
    role: str = ""  # the argument's name, where the order of arguments matters
    norm: float | None = None  # the norm of the gradient that comes back along it
    differentiated: bool = True  # whether a gradient comes back along it


class Scene:
    """Boxes and arrows of a graph: groups down to `depth` nested calls are frames, deeper ones are boxes.

    Operations in `same` are folded away.
    """

    def __init__(self, sketch: Sketch, root: Group, same: Same, depth: float) -> None:
        self.sketch, self.root, self.same, self.depth = sketch, root, same, depth
        self.boxes: dict[Any, Box] = {}  # for each operation and leaf
        self.content: dict[int, list[Box | Group]] = {id(root): []}  # the content of frames, by their ids
        self.before: dict[int, list[Box]] = {}  # the leaves to write before a box or frame, by its id
        self.place(root, (), 0, depth)
        for node in same:
            other = node
            while other in same:
                other, _ = same[other]
            box = self.boxes[node] = self.boxes[other]
            if not isinstance(box.what, Group):
                box.others.append(node)
        self.drawn = [node for node in sketch.operations if node not in same]
        self.place_leaves()
        forward = (node for node in sketch.operations if node not in sketch.derivatives)
        self.uses = Counter(p for node in forward for p in node.parents if isinstance(p, Node))
        self.arrows = list(self.find_arrows())
        self.ordered = list(self.all_boxes(root))
        for i, box in enumerate(self.ordered):
            box.name = f"n{i}"

    def place(self, group: Group, frames: Frames, level: int, depth: float) -> None:
        """Make the boxes for the items of a group."""
        for item in group.items:
            if not isinstance(item, Group):
                self.put(Box(item, frames), item)
            elif item.call is not None and level >= depth:
                self.put(Box(item, frames), *item.operations())
            elif is_alone(item) and (item.call is None or not self.owns(item)):
                (node,) = item.items
                assert isinstance(node, Node)
                self.put(Box(node, frames, alone=item), node)
            else:
                self.content[id(item)] = []
                self.content[id(frames[-1] if frames else self.root)].append(item)
                self.place(item, (*frames, item), level + (item.call is not None), depth)

    def put(self, box: Box, *nodes: Node) -> None:
        for node in nodes:
            self.boxes[node] = box
        self.content[id(box.frames[-1] if box.frames else self.root)].append(box)

    def owns(self, group: Group) -> bool:
        """Return whether operations of a group use parameters or buffers of modules."""
        return any(p in self.sketch.owned for node in group.operations() for p in node.parents if isinstance(p, Leaf))

    def place_leaves(self) -> None:
        """Make the boxes for the leaves.

        A module's parameter, or a constant without a name, is in the innermost frame with all operations that use it;
        other leaves are outside all frames. Leaves that are used only within boxes of groups are not shown.
        """
        users: dict[Node, list[Box]] = {}
        for node in self.drawn:
            for p in node.parents:
                if isinstance(p, Leaf):
                    users.setdefault(p, []).append(self.boxes[node])
        for node in self.sketch.roots:
            if isinstance(node, Leaf):
                users.setdefault(node, [])
        for leaf, boxes in users.items():
            boxes = [box for box in boxes if not self.is_back(box)] or boxes
            # The forward or backward side.
            frames: Frames = boxes[0].frames[:1] if boxes and self.sketch.derivatives else ()
            if leaf in self.sketch.owned or (isinstance(leaf, Constant) and leaf not in self.sketch.names):
                frames = common_frames(
                    [(*box.frames, box.what) if isinstance(box.what, Group) else box.frames for box in boxes]
                )
            if not frames or id(frames[-1]) in self.content:
                box = self.boxes[leaf] = Box(leaf, frames)
                if boxes:
                    self.before.setdefault(id(item_within(boxes[0], frames)), []).append(box)
                else:
                    self.content[id(self.root)].append(box)

    def find_arrows(self) -> Iterator[Arrow]:
        """Yield an arrow for each argument of each operation shown, but only one between boxes of several."""
        seen = set()
        for node in self.drawn:
            head = self.boxes[node]
            roles = rule_argument_names(node)
            ordered = node.name in ORDERED and len({p for p in node.parents if has_box(p)}) > 1
            carrying = {i for i, _ in node.plan.vjps}
            for i, parent in enumerate(node.parents):
                if not isinstance(parent, Node) or parent not in self.boxes or (tail := self.boxes[parent]) is head:
                    continue
                if (isinstance(head.what, Group) or isinstance(tail.what, Group) or tail.others) and (
                    tail,
                    head,
                ) in seen:
                    continue
                seen.add((tail, head))
                role = roles[i] if ordered and i < len(roles) and head.what is node else ""
                yield Arrow(tail, head, parent, role, self.flow(node, i, head), i in carrying)

        for node, (_, part) in self.same.items():  # arguments of folded operations that aren't folded themselves
            head = self.boxes[node]
            for i, parent in enumerate(node.parents):
                if type(parent) is Node and parent not in self.same and parent not in part:
                    tail = self.boxes[parent]
                    if tail is not head and (tail, head) not in seen:
                        seen.add((tail, head))
                        yield Arrow(tail, head, parent, "", self.flow(node, i, head), True)

    def flow(self, node: Node, i: int, head: Box) -> float | None:
        """Return the norm of the gradient that comes back along an arrow; the largest if it stands for several."""
        parent, flows = node.parents[i], self.sketch.flows
        if flows is not None:
            alike = (n for n in {node, *head.others} if self.boxes.get(n.parents[i]) is self.boxes[parent])
            norms = [flows.norms[n, i] for n in alike if (n, i) in flows.norms]
            return max(norms, default=None)
        gradient = self.sketch.gradient(parent) if self.uses[parent] == 1 else None
        return None if gradient is None else gradient_norm(gradient)

    def is_back(self, box: Box) -> bool:
        """Return whether a box is on the backward side."""
        return box.what in self.sketch.derivatives or (
            isinstance(box.what, Group) and isinstance(box.what.call, Mirror)
        )

    def items(self, group: Group) -> Iterator[Box | Group]:
        """Yield the content of a frame, in the order in which it is written."""
        for item in self.content[id(group)]:
            yield from self.before.get(id(item), ())
            yield item

    def all_boxes(self, group: Group) -> Iterator[Box]:
        """Yield all boxes in a frame and its inner frames, in the same order."""
        for item in self.items(group):
            if isinstance(item, Box):
                yield item
            else:
                yield from self.all_boxes(item)


ORDERED = {"subtract", "divide", "power", "floor_divide", "remainder", "matmul", "where"}


def is_alone(group: Group) -> bool:
    """Return whether a group is a single operation: all that a module did, or all that repeats."""
    return len(group.items) == 1 and isinstance(group.items[0], Node) and not group.label


def common_frames(paths: list[Frames]) -> Frames:
    """Return the frames that all paths have in common."""
    shared: list[Group] = []
    for level in zip(*paths, strict=False):
        if any(group is not level[0] for group in level):
            break
        shared.append(level[0])
    return tuple(shared)


def item_within(box: Box, frames: Frames) -> Box | Group:
    """Return the item directly in the innermost of `frames` that is `box`, or that `box` is in."""
    return box.frames[len(frames)] if len(box.frames) > len(frames) else box
