"""`functional_call`: call a module as a function of its parameters, so that `func` can differentiate by these."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ..engine.tensor_base import TensorBase

if TYPE_CHECKING:
    from ..nn.module import Module
    from ..tensor.tensor import Tensor


def functional_call(module: Module, parameters: Mapping[str, Tensor], *args: Any, **kwargs: Any) -> Any:
    """Call a module with other tensors in place of its parameters; the module itself stays as it is.

    Parameters
    ----------
    module : Module
        The module to call.
    parameters : mapping of str to Tensor
        The tensors to use, by the names of ``module.named_parameters()`` and ``module.named_buffers()``, each of the
        same shape as the module's own. For parameters that aren't named, the module's own are used.
    *args, **kwargs
        The arguments of the call.

    Returns
    -------
    Tensor, or whatever the module returns
        The module's result, connected to the tensors given.

    Raises
    ------
    KeyError
        If the module has no parameter or buffer of a name.
    ValueError
        If a tensor has another shape than the parameter.
    TypeError
        If an entry of `parameters` is not a Tensor.

    Examples
    --------
    The Hessian of a loss with respect to a layer's weights:

    >>> import numpy as np
    >>> from tinygrad_edu import func, nn
    >>> layer, x = nn.Linear(2, 1, bias=False), np.array([[1, 2]], np.float32)
    >>> def loss(weight):
    ...     return (func.functional_call(layer, {"weight": weight}, x) ** 2).sum()
    >>> func.hessian(loss)(layer.weight).data.reshape(2, 2)
    array([[2., 4.],
           [4., 8.]], dtype=float32)
    """
    own = dict([*module.named_parameters(), *module.named_buffers()])
    kind = type(module).__name__
    for name, new in parameters.items():
        if name not in own:
            raise KeyError(f"functional_call: {kind} has no parameter {name!r}; it has {', '.join(own)}")
        if not isinstance(new, TensorBase):
            raise TypeError(f"functional_call: {name} must be a Tensor, and is {type(new).__name__}")
        if new._array.shape != own[name].shape:
            raise ValueError(f"functional_call: {name} has shape {own[name].shape}, and {new._array.shape} was given")
    memo: dict[int, Any] = {id(x): x for x in own.values()}
    memo.update((id(own[name]), new) for name, new in parameters.items())
    return deepcopy(module, memo)(*args, **kwargs)
