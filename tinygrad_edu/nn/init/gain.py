"""The gain of an activation: by how much larger weights must be where it makes signals smaller."""

from __future__ import annotations

import math


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which weights must be larger so that signals keep their size through an activation.

    Parameters
    ----------
    nonlinearity : str
        "linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu", or the name of a convolution, such as "conv2d".
    param : float, optional
        The slope of a leaky ReLU below 0. By default it is 0.01.

    Returns
    -------
    float
        The factor, also called gain.

    Raises
    ------
    ValueError
        If the activation is not known.

    Examples
    --------
    >>> from tinygrad_edu.nn.init import calculate_gain
    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"the gain of {nonlinearity!r} is not known; known are leaky_relu, {', '.join(GAINS)}")
    return GAINS[nonlinearity]


GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4,
         **dict.fromkeys([f"conv{turned}{n}d" for turned in ("", "_transpose") for n in (1, 2)], 1.0)}  # fmt: skip
