"""Data to learn from: handwritten digits, batches of them, and ways to make them harder.

    from tinygrad_edu import data

    (images, labels), (test_images, test_labels) = data.mnist()
    for x, t in data.Batches(images, data.one_hot(labels), size=32, seed=0):
        ...

Everything here is plain NumPy arrays. No file is read before it is asked for.
"""

from . import distort
from .batches import Batches
from .digits import Digits, Part, mnist
from .idx import read_idx, write_idx
from .labels import one_hot

__all__ = ["Batches", "Digits", "Part", "distort", "mnist", "one_hot", "read_idx", "write_idx"]
