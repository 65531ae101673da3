"""Data sets: handwritten digits, points, tables, a text, batches of them, and augmentation.

    from tinygrad_edu import data

    (images, labels), (test_images, test_labels) = data.mnist()
    for x, t in data.Batches(images, data.one_hot(labels), size=32, seed=0):
        ...

All data are plain NumPy arrays. No file is read before it is asked for.
"""

from . import distort
from .batches import Batches
from .csv_table import Table, read_csv
from .curves import line, sine
from .dataset import Dataset, Subset, TensorDataset, random_split
from .digits import Digits, Part, mnist
from .idx import read_idx, write_idx
from .labels import one_hot
from .loader import DataLoader
from .points import blobs, circles, spirals, two_moons, xor
from .sonnets import sonnets

__all__ = [
    "Batches", "DataLoader", "Dataset", "Digits", "Part", "Subset", "Table", "TensorDataset", "blobs", "circles",
    "distort", "line", "mnist", "one_hot", "random_split", "read_csv", "read_idx", "sine", "sonnets", "spirals",
    "two_moons", "write_idx", "xor",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__
