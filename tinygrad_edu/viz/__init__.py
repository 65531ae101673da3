"""Pictures of computations (graphs), of networks and what they have learnt, and of training.

Graphs need only the package itself; the other pictures need matplotlib. All show themselves in a notebook.
"""

from ..introspection.drawing import DotNotFound, Picture, draw
from .activations import activations
from .animation import animate
from .boundary import boundary
from .confusion import confusion
from .descent import descent
from .fit import fit
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
    "boundary",
    "confusion",
    "descent",
    "draw",
    "fit",
    "guesses",
    "history",
    "landscape",
    "network",
    "sensitivity",
    "weights",
]


def __dir__() -> list[str]:
    return __all__
