"""explain: the derivatives of a function, or of your own computation, as formulas. None of them is written here."""

from __future__ import annotations

import sys
from typing import Any

from ..value import Value
from .chain import chain_rule
from .page import Explanation
from .row import of_function


def explain(subject: Any, *args: Any, **kwargs: Any) -> Explanation:
    """Tell how something is differentiated. The rules tell it themselves: they are run on symbols.

    Parameters
    ----------
    subject : callable or Tensor
        A function that has a rule (NumPy's, this package's, or your own), one that is made of such, or the result of
        a computation, whose chain rule is then told line by line, with its numbers.
    *args, **kwargs
        For a function, what to call it with: arrays, of which the shapes matter; axes and the like. Without any, an
        example is chosen.

    Returns
    -------
    Explanation
        It prints as plain text; a notebook shows it as mathematics. ``.text``, ``.latex`` and ``.html`` hold each
        form. ``g`` is the gradient of the final result with respect to `y`, and ``x.grad`` that with respect to `x`.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, explain
    >>> explain(np.tanh)
    y = tanh(x)                    (3,)
    x.grad = g * (1 - y * y)       (3,)
    >>> w, x = Tensor(2.0, requires_grad=True, name="w"), Tensor(3.0, name="x")
    >>> explain((w * x) ** 2)
    forward
      v1 = w * x                       6
      y = v1 ** 2                      36
    backward
      y.grad = 1                       1
      v1.grad = y.grad * 2 * v1 ** 1   12
      w.grad = v1.grad * x             36
    """
    if isinstance(subject, Value):
        if args or kwargs:
            raise TypeError("explain(tensor) takes nothing else; explain(function, *args) takes what to call it with")
        return chain_rule(subject, sys._getframe(1))
    if not callable(subject):
        raise TypeError(f"explain() takes a function or a Tensor, and got {type(subject).__name__}")
    return of_function(subject, args, kwargs)
