"""A module as a function of its parameters, so that `func` can differentiate by these."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..engine.tensor_base import Value


def functional_call(module: Any, parameters: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Call `module` with other tensors in the place of its parameters; the module itself is left as it is.

    Parameters
    ----------
    module : Module
    parameters : mapping of str to Tensor
        By the names of ``module.named_parameters()`` and ``module.named_buffers()``, each of the same shape. What isn't named stays the
        module's own.
    *args, **kwargs
        What the module is called with.

    Returns
    -------
    what the module returns

    Raises
    ------
    KeyError
        If the module has nothing of a name.
    ValueError
        If a shape is another.
    TypeError
        If what is given is no Tensor.

    Examples
    --------
    The Hessian of a cost with respect to a layer's weights:

    >>> import numpy as np
    >>> from tinygrad_edu import func, nn
    >>> layer, x = nn.Linear(2, 1, bias=False), np.array([[1, 2]], np.float32)
    >>> def cost(weight):
    ...     return (func.functional_call(layer, {"weight": weight}, x) ** 2).sum()
    >>> func.hessian(cost)(layer.weight).data.reshape(2, 2)
    array([[2., 4.],
           [4., 8.]], dtype=float32)
    """
    own = dict([*module.named_parameters(), *module.named_buffers()])
    kind = type(module).__name__
    for name, new in parameters.items():
        if name not in own:
            raise KeyError(f"functional_call: {kind} has no parameter {name!r}; it has {', '.join(own)}")
        if not isinstance(new, Value):
            raise TypeError(f"functional_call: {name} must be a Tensor, and is {type(new).__name__}")
        if new._array.shape != own[name].shape:
            raise ValueError(f"functional_call: {name} has shape {own[name].shape}, and {new._array.shape} was given")
    memo: dict[int, Any] = {id(x): x for x in own.values()}
    memo.update((id(own[name]), new) for name, new in parameters.items())
    return deepcopy(module, memo)(*args, **kwargs)
