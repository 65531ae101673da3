"""draw: any computation's graph as a picture."""

from .dot import DotNotFound, Picture
from .draw import draw

__all__ = ["DotNotFound", "Picture", "draw"]
