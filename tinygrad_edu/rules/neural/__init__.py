"""Operations of networks that NumPy does not have, or that are faster in one piece."""

from . import fused

__all__ = ["fused"]
