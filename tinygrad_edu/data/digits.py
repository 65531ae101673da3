"""MNIST, and other data sets stored in the same four files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .data_html import examples_html
from .idx import StrPath, read_idx

T = TypeVar("T", bound=NDArray[Any])
MNIST = os.path.join(os.path.dirname(__file__), "mnist_idx")


def mnist(folder: StrPath | None = None, dtype: DTypeLike = np.float32) -> Digits:
    """Load MNIST's handwritten digits, or a data set of your own in the same format.

    Parameters
    ----------
    folder : str or path, optional
        The folder of the four files ``{train,t10k}-{images-idx3,labels-idx1}-ubyte``, gzipped (``.gz``) or not: of
        Fashion-MNIST, for example. By default, the MNIST that comes with this package.
    dtype : floating dtype
        The dtype of the images.

    Returns
    -------
    Digits
        The parts ``train`` (60,000 digits) and ``test`` (10,000), each with ``images`` and ``labels``.

    Raises
    ------
    FileNotFoundError
        If the folder or one of the four files is missing.
    ValueError
        If a file is damaged, or images and labels don't belong together.
    TypeError
        If `dtype` is not a floating dtype.

    Examples
    --------
    >>> (images, labels), (test_images, test_labels) = mnist()
    >>> images.shape, images.dtype, labels.shape
    ((60000, 784), dtype('float32'), (60000,))
    >>> mnist().test
    Part(10000 images of 28 x 28, labels 0 to 9)
    """
    number = np.dtype(dtype)
    if number.kind != "f":
        raise TypeError(
            f"dtype must be floating, such as np.float32, not {number}; "
            "the pixels as integers 0 to 255 are mnist().train.pixels"
        )
    source = MNIST if folder is None else folder
    return Digits(train=_read_part(source, "train", number), test=_read_part(source, "t10k", number))


class Part:
    """Images and their labels, for training or for testing; unpacks as ``images, labels``.

    All arrays are read-only, since many places may share them: copy one to change it.

    Parameters
    ----------
    pixels : ndarray, shape (N, rows, columns), uint8
        The images as they are in the file, from 0 to 255.
    labels : ndarray, shape (N,), int64
        The class of each image.
    dtype : floating dtype
        The dtype of the images.

    Attributes
    ----------
    images : ndarray, shape (N, rows * columns), floating
        One image per row, as numbers from 0 (background) to 1 (ink). Made at the first use.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.data import Part
    >>> images, labels = Part(np.full((1, 2, 2), 255, np.uint8), np.array([7]))
    >>> images
    array([[1., 1., 1., 1.]], dtype=float32)
    """

    def __init__(self, pixels: NDArray[np.uint8], labels: NDArray[np.int64], dtype: DTypeLike = np.float32) -> None:
        self.pixels = _read_only(pixels)
        self.labels = _read_only(labels)
        self._dtype = np.dtype(dtype)

    @cached_property
    def images(self) -> NDArray[Any]:
        count, rows, columns = self.pixels.shape
        # One pass, and a division: multiplying by a rounded 1/255 gets half of the 256 values wrong in the last bit.
        images = np.divide(self.pixels.reshape(count, rows * columns), 255, dtype=self._dtype)
        images.setflags(write=False)  # not a view: read-only arrays that own their memory need no copying by Tensors
        return images

    def __iter__(self) -> Iterator[NDArray[Any]]:
        yield self.images
        yield self.labels

    def __repr__(self) -> str:
        count, rows, columns = self.pixels.shape
        labels = f"{self.labels.min()} to {self.labels.max()}" if count else "none"
        return f"Part({count} images of {rows} x {columns}, labels {labels})"

    def _repr_html_(self) -> str:
        """Return the first images, for a notebook."""
        return examples_html(repr(self), (self.pixels, self.labels), len(self.labels))


class Digits(NamedTuple):
    """A data set for training and one for testing; unpacks as ``train, test``.

    Parameters
    ----------
    train : Part
        The images and labels to learn from.
    test : Part
        The images and labels that the network is tested with.

    Examples
    --------
    >>> from tinygrad_edu.data import mnist
    >>> train, test = mnist()
    >>> train, test
    (Part(60000 images of 28 x 28, labels 0 to 9), Part(10000 images of 28 x 28, labels 0 to 9))
    """

    train: Part
    test: Part

    def _repr_html_(self) -> str:
        """Return the first images of both parts, for a notebook."""
        return self.train._repr_html_() + self.test._repr_html_()


def _read_part(folder: StrPath, name: str, dtype: np.dtype[Any]) -> Part:
    """Return the images and labels of one part, which must be equally many."""
    images_path = _find(folder, f"{name}-images-idx3-ubyte")
    labels_path = _find(folder, f"{name}-labels-idx1-ubyte")
    labels = _read_bytes(labels_path, "labels", axes=1)
    images = _read_bytes(images_path, "images", axes=3)
    if len(images) != len(labels):
        raise ValueError(
            f"{images_path} holds {len(images)} images, but {labels_path} holds {len(labels)} labels: "
            "there must be one label for each image, so take both files from the same data set"
        )
    return Part(images, labels.astype(np.int64), dtype)


def _find(folder: StrPath, name: str) -> str:
    """Return the path of the file of that name, in whichever spelling it exists."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for ending in ("", ".gz"):
            path = os.path.join(folder, spelling + ending)
            with suppress(FileNotFoundError, NotADirectoryError):  # a file that may not be read is an error
                if stat.S_ISREG(os.stat(path).st_mode):
                    return path
    raise FileNotFoundError(
        f"{os.fspath(folder)} {'has no file' if os.path.isdir(folder) else 'is not a folder: it has no'} {name}; "
        "expected are the four files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte "
        "and t10k-labels-idx1-ubyte, each with or without .gz"
    )


def _read_bytes(path: str, what: str, axes: int) -> NDArray[np.uint8]:
    array = read_idx(path)
    if array.dtype != np.uint8 or array.ndim != axes:
        raise ValueError(
            f"{path} holds {array.dtype} elements of shape {array.shape}, but {what} must be uint8 with "
            f"{axes} {'axis' if axes == 1 else 'axes'}; check that the files were not interchanged"
        )
    return array


def _read_only(array: T) -> T:
    view = array.view()  # so that whoever made the array may go on writing into it
    view.setflags(write=False)
    return view
