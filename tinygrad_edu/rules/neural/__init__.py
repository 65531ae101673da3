"""Operations of neural networks that NumPy does not have, or that are faster as one operation."""

from . import fused

__all__ = ["fused"]
