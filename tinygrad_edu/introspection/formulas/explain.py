"""`explain`: show the derivatives of a function, or of a computation of your own, as formulas."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from ...engine.tensor_base import TensorBase
from ...pytree import flatten
from ...tensor.tensor import Tensor
from ..naming import variables_of
from .explain_function import of_function
from .explain_graph import chain_rule
from .explanation import Explanation


def explain(subject: Tensor | Sequence[Tensor] | Callable[..., Any], *args: Any, **kwargs: Any) -> Explanation:
    """Show the derivatives of a function or of a computation as formulas.

    Parameters
    ----------
    subject : callable or Tensor
        A function that has a rule (NumPy's, this package's, or your own), or is made of such functions. Or the result
        of a computation, whose chain rule is then shown line by line, with its numbers; for several results, in a list,
        the gradients of their sum are shown.
    *args, **kwargs
        The arguments of the call, for a function: arrays, whose shapes matter, axes and the like. Without any, an
        example is chosen.

    Returns
    -------
    Explanation
        The formulas. They print as plain text; a notebook shows them as mathematics. ``.text``, ``.latex`` and
        ``.html`` are the three forms. ``g`` is the gradient of the final result with respect to `y`, and ``x.grad``
        that with respect to `x`; in mathematics, the latter is an x with a bar.

    Raises
    ------
    TypeError
        If `subject` is neither a function nor a Tensor.

    Notes
    -----
    The formulas are the rules themselves, which are run on symbols.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, explain
    >>> explain(np.tanh)
    forward                      shape
      y = tanh(x)                (3,)
    backward: g is the gradient of y
      x.grad = g * (1 - y * y)   (3,)
    >>> w, x = Tensor(2.0, requires_grad=True), Tensor(3.0)
    >>> explain((w * x) ** 2)
    given                         value
      w                           2
      x                           3
    forward
      v1 = w * x                  6
      y = v1 ** 2                 36
    backward
      y.grad = 1                  1
      v1.grad = y.grad * 2 * v1   12
      w.grad = v1.grad * x        36
    """
    names = variables_of(sys._getframe(1))
    if not is_computed(subject):
        if not callable(subject):
            raise TypeError(f"explain() takes a function or a Tensor, and got {type(subject).__name__}")
        return of_function(subject, args, kwargs, names)
    if args or kwargs:
        raise TypeError("explain(tensor) takes no other arguments; explain(function, *args) takes the function's")
    return chain_rule(flatten(subject)[0], names)


def is_computed(subject: Any) -> bool:
    """Return whether this is a Tensor, or a list or tuple of Tensors."""
    several = isinstance(subject, list | tuple) and len(subject) > 0
    return isinstance(subject, TensorBase) or (several and all(map(is_computed, subject)))
