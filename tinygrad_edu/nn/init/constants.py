"""Initial values that are not random: one number everywhere, or what makes a layer pass on its input."""

from __future__ import annotations

import numpy as np

from ...docstrings import complete_from
from .fill import P, fill
from .random import uniform_


@complete_from(uniform_)
def constant_(p: P, value: float) -> P:
    """Fill a parameter with one number.

    Parameters
    ----------
    value : float
        The number.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.constant_(nn.Parameter([0, 0]), 0.5).data.tolist()
    [0.5, 0.5]
    """
    return fill(p, value)


@complete_from(uniform_)
def zeros_(p: P) -> P:
    """Fill a parameter with zeros.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.zeros_(nn.Parameter([1, 2])).data.tolist()
    [0.0, 0.0]
    """
    return fill(p, 0)


@complete_from(uniform_)
def ones_(p: P) -> P:
    """Fill a parameter with ones.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.ones_(nn.Parameter([0, 0])).data.tolist()
    [1.0, 1.0]
    """
    return fill(p, 1)


@complete_from(uniform_)
def eye_(p: P) -> P:
    """Fill a matrix with ones on the diagonal and zeros elsewhere, so that a layer passes on its inputs.

    Parameters
    ----------
    p : Tensor, (outputs, inputs)
        The parameter, which is changed in place.

    Raises
    ------
    ValueError
        If there are not two axes.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.eye_(nn.Parameter([[0, 0], [0, 0]])).data.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if p.ndim != 2:
        raise ValueError(f"eye_ is for matrices; got {p.shape}")
    return fill(p, np.eye(p.shape[0], p.shape[1]))


@complete_from(uniform_)
def dirac_(p: P, groups: int = 1) -> P:
    """Fill the weight of a convolution so that it passes on its input, by a 1 in the middle of each channel's kernel.

    Parameters
    ----------
    p : Tensor, (O, C, ...), of 3 to 5 axes
        The parameter, which is changed in place.
    groups : int
        In how many groups the channels are divided.

    Raises
    ------
    ValueError
        If the shape does not fit, or the outputs can't be divided into that many groups.

    Examples
    --------
    >>> from tinygrad_edu import nn
    >>> nn.init.dirac_(nn.Conv1d(2, 2, 3).weight).data.astype(int).tolist()
    [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
    """
    if not 3 <= p.ndim <= 5 or p.shape[0] % groups:
        raise ValueError(
            f"dirac_ is for weights (O, C, ...) of convolutions, O a multiple of groups={groups}; got {p.shape}"
        )
    values = np.zeros(p.shape)
    each, middle = p.shape[0] // groups, tuple(n // 2 for n in p.shape[2:])
    for group in range(groups):
        for k in range(min(each, p.shape[1])):
            values[(group * each + k, k, *middle)] = 1
    return fill(p, values)
