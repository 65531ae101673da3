"""The extent of a picture, estimated before it is laid out: how long the computation is, and how broad.

Graphviz sets the boxes in ranks, each after those that its arguments come from. So the length is the sum over the
ranks, of the largest box in each and the gap behind it; and the breadth is that of the fullest rank.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from .painter import Painter
from .scene import Arrow, Box

LETTER = 0.52  # the width of an average letter, and
LINE = 1.2  # the height of a line, in heights of letters
MARGIN = (18.0, 10.0)  # of a box, both sides together, in points
GAPS = {True: 25.0, False: 11.0}  # from rank to rank, if they are columns, and if they are rows
BESIDE = 13.0  # from box to box in a rank
FRAME = 17.0  # the margins of a frame, both sides together
TITLE = 20.0  # the height of a frame's title

Size = tuple[float, float]
TAGS, ENTITIES = re.compile("<[^>]*>"), re.compile("&[#\\w]+;")


MAPS = re.compile(r'<TD FIXEDSIZE="TRUE" WIDTH="(\d+)" HEIGHT="(\d+)">')


def extents(painter: Painter, directions: Iterable[str]) -> Iterator[Size]:
    """Yield about how wide and how high a painted scene will be in points, in each of some directions."""
    ranks = ranks_of(painter)
    sizes = {box: text_size(painter.labels[box], MARGIN) for box in ranks}
    words = {arrow: text_size(text, (4.0, 2.0), 10) for arrow, text in painter.words.items() if text}
    for direction in directions:
        across = direction in ("LR", "RL")
        length, breadth = length_and_breadth(ranks, sizes, words, across)
        yield (length, breadth) if across else (breadth, length)


def length_and_breadth(ranks: dict[Box, int], sizes: dict[Box, Size], words: dict[Arrow, Size], across: bool) -> Size:
    """Return how long and how broad a scene is, whose ranks are columns if it goes `across`, and else rows."""
    rooms: dict[int, float] = defaultdict(float)  # for what is written beside arrows that end in a rank
    for arrow, (wide, high) in words.items():
        rooms[ranks[arrow.head]] = max(rooms[ranks[arrow.head]], wide if across else high)
    lengths: dict[int, float] = defaultdict(float)
    breadths: dict[int, float] = defaultdict(float)
    for box, (wide, high) in sizes.items():
        lengths[ranks[box]] = max(lengths[ranks[box]], wide if across else high)
        breadths[ranks[box]] += (high if across else wide) + BESIDE
    frames = set(chain.from_iterable(box.frames for box in ranks))
    nested = max((len(box.frames) for box in ranks), default=0)
    length = sum(lengths.values()) + sum(rooms.values()) + GAPS[across] * (len(lengths) - 1)
    length += len(frames) * (FRAME if across else FRAME + TITLE)
    breadth = max(breadths.values(), default=0.0) + nested * (FRAME + TITLE if across else FRAME)
    return length, breadth


def ranks_of(painter: Painter) -> dict[Box, int]:
    """Return the rank of each box: after its arguments; a leaf stands just before what it is first used by."""
    after: dict[Box, list[Box]] = {box: [] for box in painter.scene.ordered}
    waiting_for = dict.fromkeys(after, 0)
    for arrow in painter.scene.arrows:
        after[arrow.tail].append(arrow.head)
        waiting_for[arrow.head] += 1
    ranks = dict.fromkeys(after, 0)
    leaves = ready = [box for box, n in waiting_for.items() if not n]
    while ready:
        following = []
        for box in ready:
            for head in after[box]:
                ranks[head] = max(ranks[head], ranks[box] + 1)
                waiting_for[head] -= 1
                if not waiting_for[head]:
                    following.append(head)
        ready = following
    for leaf in leaves:
        ranks[leaf] = min((ranks[head] for head in after[leaf]), default=1) - 1
    return ranks


def text_size(text: str, margin: Size, points: float = 12) -> Size:
    """Return the size of HTML-like text: that of its widest line, of all its lines, and of the heat maps below them."""
    wide = high = 0.0
    for line in text.split("<BR/>"):
        size = 10 if "POINT-SIZE" in line else points
        wide = max(wide, LETTER * size * len(ENTITIES.sub("x", TAGS.sub("", line))))
        high += LINE * size
    maps = [(int(w), int(h)) for w, h in MAPS.findall(text)] if "<TABLE" in text else []
    if maps:
        wide = max(wide, sum(w + 3 for w, _ in maps))
        high += 8 + max(h for _, h in maps)
    return wide + margin[0], high + margin[1]
