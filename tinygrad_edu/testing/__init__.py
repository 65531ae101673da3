"""Strategies for testing operations of your own with Hypothesis: shapes, arrays, axes, indices, and whole programs.

A test says what is true for *any* array; Hypothesis draws arrays to contradict it, and shows you the simplest one that
does. With `gradcheck`, this tests a derivative rule in three lines.

>>> import numpy as np
>>> from hypothesis import given
>>> from tinygrad_edu import gradcheck
>>> from tinygrad_edu.testing import arrays
>>> @given(x=arrays(low=0.5, signed=False))
... def test_log(x):
...     assert gradcheck(np.log, x, order=2)
>>> test_log()

This is the only part of the package that needs Hypothesis: ``pip install 'tinygrad-edu[test]'``.
"""

try:
    import hypothesis as hypothesis
except ImportError as error:
    raise ImportError(
        "tinygrad_edu.testing draws its examples with Hypothesis: pip install 'tinygrad-edu[test]'"
    ) from error

from .arrays import arrays, broadcastable_shapes, shapes
from .indices import axes, indices
from .program import Program
from .program_strategy import programs

__all__ = ["Program", "arrays", "axes", "broadcastable_shapes", "indices", "programs", "shapes"]


def __dir__() -> list[str]:
    return __all__
