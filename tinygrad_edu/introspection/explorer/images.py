"""Images in arrays, and windows that move over them: convolution and pooling."""

from __future__ import annotations

import math
from typing import Any

from ...engine.node import Leaf, Node
from ...rules.neural.convolution import collect
from ...rules.neural.windows import windows

DIGIT = 28 * 28  # rows of so many numbers are taken for digits of MNIST
SHOWN = 16  # the most images of an array
CELLS = 6400  # the most cells of all its images


def split_images(array: Any) -> Any:
    """Return an array as some of the images in it, (images, height, width); None if it is a matrix, or simpler.

    The rows of a matrix may be digits. Of more axes, the last two are height and width.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.introspection.explorer.images import split_images
    >>> split_images(np.ones((32, 784))).shape, split_images(np.ones((4, 3, 12, 10))).shape
    ((8, 28, 28), (12, 12, 10))
    """
    if array.ndim in (1, 2) and array.shape[-1] == DIGIT:
        height, width = 28, 28
    elif array.ndim > 2:
        height, width = array.shape[-2:]
    else:
        return None
    images = array.reshape(-1, height, width)
    return images[: max(1, min(SHOWN, CELLS // min(height * width, CELLS)))]


def sliding_window(node: Node) -> dict[str, list[int]]:
    """Return the window that a convolution or pooling moves over its first argument; {} for other operations."""
    fn = None if isinstance(node, Leaf) else node.plan.rule.fn
    if fn is collect.fn:
        _, weights, _, size, stride, before, dilation, _ = node.parents
        kernel = weights.shape[2:]
    elif fn is windows.fn:
        _, kernel, size, _, stride, before, dilation = node.parents
    else:
        return {}
    if not math.prod(size):
        return {}
    return {
        "kernel": list(kernel),
        "size": list(size),
        "stride": list(stride),
        "before": list(before),
        "dilation": list(dilation),
    }
