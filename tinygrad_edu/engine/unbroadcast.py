"""Undoing, for gradients, what NumPy silently does to arguments: broadcasting and promotion.

The transpose of copying a value to many places is summing what comes back from them; the transpose of
casting is casting back. Both are undone here, once, for every rule.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .masked_gradient import MaskedGradient


class RuleError(ValueError):
    """The error of a derivative rule whose result can't be its argument's gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import RuleError, Tensor, primitive
    >>> @primitive(lambda g, y, x: g * np.ones(3))
    ... def total(x):
    ...     return x.sum()
    >>> try:
    ...     total(Tensor([1.0, 2.0], requires_grad=True)).backward()
    ... except RuleError as error:
    ...     print(error)
    the rule gave a gradient of shape (3,) for an argument of shape (2,)
    """


def match_argument(g: Any, argument: Any) -> Any:
    """Return the gradient `g` in the exact shape and dtype of `argument` (anything that has these two)."""
    if type(g) is np.ndarray and g.ndim == 2 and g.shape[1:] == argument.shape and g.dtype == argument.dtype:
        return vector_of_ones(len(g), g.dtype.char).dot(g)  # the bias of a layer: BLAS adds rows fastest
    if type(g) is MaskedGradient:
        return match_masked(g, argument)
    if g.shape != argument.shape:
        g = unbroadcast(g, argument.shape)
    if g.dtype != argument.dtype:
        if g.dtype.kind not in "fc":
            raise RuleError(f"the rule gave a gradient of dtype {g.dtype} for an argument of dtype {argument.dtype}")
        if g.dtype.kind == "c" and argument.dtype.kind == "f":
            g = np.real(g)
        g = g.astype(argument.dtype)
    return g


def match_masked(g: MaskedGradient, argument: Any) -> Any:
    """Return a masked gradient in the shape and dtype of `argument`; its mask is True where any copy's mask is."""
    if not argument.parents:  # the walk ends at a leaf, which needs no mask
        return match_argument(g.array, argument)
    mask = g.mask if g.shape == argument.shape else np.not_equal(unbroadcast(g.mask, argument.shape), 0)
    return MaskedGradient(match_argument(g.array, argument), mask)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Return `g`, summed over the axes along which broadcasting stretched an array of `shape`.

    Parameters
    ----------
    g : array or Tensor
        Of a shape to which `shape` broadcasts.
    shape : tuple of int
        The shape to return to.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.engine.unbroadcast import unbroadcast
    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    """
    have = g.shape
    extra = len(have) - len(shape)
    if extra < 0 or any(n != want != 1 for n, want in zip(have[extra:], shape, strict=True)):
        raise RuleError(f"the rule gave a gradient of shape {have} for an argument of shape {shape}")
    stretched = tuple(i for i, n in enumerate((1,) * extra + shape) if n == 1 and (i < extra or have[i] != 1))
    total = np.add.reduce if type(g) is np.ndarray else np.sum  # np.sum, without the layers that other types need
    if len(stretched) == extra:  # all of them in front
        return total(g, axis=stretched)
    return total(g, axis=stretched, keepdims=True).reshape(shape)


@lru_cache(maxsize=64)
def vector_of_ones(n: int, dtype: str) -> Any:
    """Return a vector of ones, to add rows with."""
    return np.ones(n, dtype)
