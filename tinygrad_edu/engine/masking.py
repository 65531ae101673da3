"""Masking without branches: ``np.where(mask, x, 0)``, computed bit by bit.

Rectifiers, maxima and pooling send gradients back through masks that look random. A processor guesses which way a
branch will go; here it is wrong half the time, and pays for it with ten times the work. Bits need no guess.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .atomic import atomic

BITS = {"e": np.int16, "f": np.int32, "d": np.int64}  # integers as long as numbers of these types


@atomic
def where_or_zero(mask: Any, x: Any) -> Any:
    """Return `x` where `mask` is True, and 0 elsewhere, even for a NaN or an infinity.

    The integer -1 has all bits set, and 0 none. So minus the mask, and'ed with the bits of x, is x, or the bits of 0.0.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu.engine.masking import where_or_zero
    >>> where_or_zero(np.array([True, False]), np.array([0.5, np.nan]))
    array([0.5, 0. ])
    """
    plain = type(x) is np.ndarray is type(mask) and mask.dtype.char == "?"
    integer = BITS.get(x.dtype.char) if plain else None
    if integer is None:
        return np.where(mask, x, 0)
    bits = mask.astype(integer)
    return np.bitwise_and(np.negative(bits, bits), x.view(integer)).view(x.dtype)


def zero_where(mask: Any, x: Any) -> Any:
    """Return `x` where `mask` is False, and 0 where it is True."""
    plain = type(x) is np.ndarray is type(mask) and mask.dtype.char == "?"
    return where_or_zero(~mask, x) if plain else np.where(mask, 0, x)
