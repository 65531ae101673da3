"""Pictures: what was computed, as a graph that shows itself in a notebook and saves itself as SVG, PNG or DOT."""

from .dot import DotNotFound, Picture
from .graph import draw
from .training import curve, guesses, weights

__all__ = ["DotNotFound", "Picture", "curve", "draw", "guesses", "weights"]
