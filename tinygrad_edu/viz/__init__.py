"""Pictures: of what was computed, as a graph; and of networks, of what they learnt, and of learning itself.

Graphs need no more than the package itself; the others are matplotlib's. All show themselves in a notebook.
"""

from ..introspection.drawing import DotNotFound, Picture, draw
from .activations import activations
from .animation import animate
from .confusion import confusion
from .descent import descent
from .guesses import guesses
from .history import history
from .landscape import landscape
from .network import network
from .sensitivity import sensitivity
from .weights import weights

__all__ = [
    "DotNotFound",
    "Picture",
    "activations",
    "animate",
    "confusion",
    "descent",
    "draw",
    "guesses",
    "history",
    "landscape",
    "network",
    "sensitivity",
    "weights",
]


def __dir__() -> list[str]:
    return __all__
