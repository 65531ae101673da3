"""`draw`: the graph of a computation as a picture.

To read it in order: `draw` takes the arguments, and `compose` makes the picture of a `graph_model`. Operations are put
into `groups`, where `fold` finds repeats; a `scene` holds the boxes and arrows, and a `painter` writes them as the DOT
text of a `dot.Picture`.
"""

from .dot import DotNotFound, Picture
from .draw import draw

__all__ = ["DotNotFound", "Picture", "draw"]
