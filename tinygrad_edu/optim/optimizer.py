"""The base of all optimisers: parameters in groups, a state for each, and the way a step goes through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping, Set
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
from numpy import ndarray

from ..engine.tensor_base import TensorBase, is_foreign
from .deferral import Deferrable
from .loading import groups_in, memories_in
from .settings import Check, check_settings
from .zero_grad_check import Watch

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor

Params: TypeAlias = "Iterable[Tensor] | Iterable[Mapping[str, Any]]"
"""What an optimiser takes: parameters, or groups of them with settings of their own."""


class Optimizer(Deferrable):
    """The base of all optimisers. A subclass says how one parameter moves, in ``_move``.

    Parameters
    ----------
    params : iterable of Tensor, or of dicts
        The parameters to change, usually ``model.parameters()``. Dicts make groups with settings of their own:
        ``[{"params": model.body.parameters()}, {"params": model.head.parameters(), "lr": 0.1}]``.
    settings : dict
        The settings of groups that don't have their own. They are checked, and then found in ``param_groups``, where
        you (or a schedule) may change them between steps.

    Raises
    ------
    TypeError
        If a parameter is not a Tensor, or is complex where the formula is for real numbers only.
    ValueError
        If there are no parameters, one is given twice, one doesn't require a gradient, or a setting is out of range.

    Notes
    -----
    A step writes into the parameters and makes no new arrays: it computes in one scratch array for each parameter.
    With arrays of other libraries, it makes new ones.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import Tensor, optim
    >>> class SignDescent(optim.Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...     def _move(self, weights, g, state, group, scratch):
    ...         return weights - group["lr"] * np.sign(g)
    >>> x = Tensor([1.0, -5.0], requires_grad=True)
    >>> descent = SignDescent([x])
    >>> (x * x).sum().backward()
    >>> descent.step()
    >>> x.data
    array([ 0.9, -4.9])
    """

    _complex = False  # whether the formula is right for complex parameters
    _checks: ClassVar[Mapping[str, Check]] = {}  # which values the settings may have
    # the entries of a state: always there, or with that setting; None: unknown
    _memory: ClassVar[Mapping[str, bool | str] | None] = None
    # settings in other programs' states, and the values that mean our steps
    _others: ClassVar[Mapping[str, Any]] = {"maximize": False}

    def __init__(self, params: Params, settings: dict[str, Any]) -> None:
        self._settings = settings
        self.param_groups: list[dict[str, Any]] = []
        self._watch: Watch | None = Watch()  # over the first steps
        self.state: dict[Any, dict[str, Any]] = {}
        for group in as_groups(type(self).__name__, params):
            self.add_param_group(group)

    @property
    def params(self) -> list[Tensor]:
        """All parameters, group after group."""
        return [p for group in self.param_groups for p in group["params"]]

    @property
    def lr(self) -> float:
        """The learning rate of the first group; setting it sets that of all groups."""
        return self.param_groups[0]["lr"]  # type: ignore[no-any-return]

    @lr.setter
    def lr(self, lr: float) -> None:
        lr = check_settings(type(self).__name__, {k: v for k, v in self._checks.items() if k == "lr"}, {"lr": lr})["lr"]
        for group in self.param_groups:
            group["lr"] = lr

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Add parameters, with settings of their own.

        Parameters
        ----------
        group : dict
            The parameters under ``"params"``, and any settings that differ from the optimiser's.

        Raises
        ------
        TypeError
            If a parameter is not a Tensor, or is complex where the formula is for real numbers only.
        ValueError
            If the group has no ``"params"`` or an unknown setting, or a parameter is there already. Then nothing has
            changed.
        """
        kind = type(self).__name__
        if not isinstance(group, Mapping) or "params" not in group:
            raise ValueError(f"{kind}: a group is a dict with 'params' in it")
        unknown = group.keys() - self._settings.keys() - {"params"}
        if unknown:
            raise ValueError(
                f"{kind} has no setting {', '.join(sorted(map(str, unknown)))}; it has {', '.join(self._settings)}"
            )
        made = self._checked(kind, {**self._settings, **group})
        made["params"] = (
            [made["params"]] if isinstance(made["params"], TensorBase) else list_parameters(kind, made["params"])
        )
        check_parameters(made["params"], self.params)
        if not self._complex and any(p.dtype.kind == "c" for p in made["params"]):
            raise TypeError(f"{kind} is for real parameters; learn the real and the imaginary part as two, or use SGD")
        self.param_groups.append(made)
        for p in made["params"]:
            self.state[p] = {}

    def _checked(self, owner: str, group: Mapping[str, Any]) -> dict[str, Any]:
        """Return a group with its settings checked; errors begin with `owner`."""
        return check_settings(owner, self._checks, group)

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next backward() does not add to them."""
        for group in self.param_groups:
            for p in group["params"]:
                p._grad = None

    def step(self) -> None:
        """Take one step, by the gradients that backward() left; parameters without a gradient stay."""
        for group in self.param_groups:
            for p in group["params"]:
                grad = p._grad
                if grad is None:
                    continue
                g, weights, state = grad._array, p._own(), self.state[p]
                scratch = state.get("_scratch")
                if scratch is None or scratch.dtype is not weights.dtype or type(g) is not ndarray:
                    scratch = workplace(weights, g, state)
                p._array = self._move(weights, g, state, group, scratch)
        if self._watch is not None:
            self._watch = self._watch.after_step(self.params)

    def _move(self, weights: Any, g: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
        """Return the new weights: the same array, written to, if there is `scratch` to compute in; don't change `g`."""
        raise NotImplementedError

    # ----------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return copies of everything that decides the next steps.

        Returns
        -------
        dict
            ``"state"``, arrays and numbers by the parameters' positions, and ``"param_groups"``, the settings.
        """
        number = {p: i for i, p in enumerate(self.params)}
        state = {
            number[p]: {
                k: copy_of(v) if hasattr(v, "shape") else v for k, v in entries.items() if not k.startswith("_")
            }
            for p, entries in self.state.items()
        }
        groups = [{**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": {i: entries for i, entries in state.items() if entries}, "param_groups": groups}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict` of an optimiser of the same kind, with the same parameters in the same order.

        Parameters
        ----------
        state : dict
            The result of `state_dict`, here or in PyTorch.

        Raises
        ------
        ValueError
            If the state can't be one of this optimiser. Then nothing has changed.
        """
        groups = groups_in(self, state)
        memories = memories_in(self, state, groups)
        self._take_settings(groups)
        self.state.update(zip(self.params, memories, strict=True))

    def _take_settings(self, groups: list[dict[str, Any]]) -> None:
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in saved.items() if k != "params"})

    def __repr__(self) -> str:
        first = self.param_groups[0]
        shown = [f"{k}={v}" for k, v in first.items() if k != "params" and v not in (0, False, None)]
        return f"{type(self).__name__}({len(self.params)} parameters, {', '.join(shown)})"


def workplace(weights: Any, g: Any, state: dict[str, Any]) -> Any:
    """Return an array to compute in, kept in the state; None for arrays of another library, perhaps read-only."""
    if type(weights) is not ndarray or (type(g) is not ndarray and is_foreign(g)):
        state.pop("_scratch", None)
        return None
    # the model has been turned into another precision
    if "_scratch" in state and state["_scratch"].dtype != weights.dtype:
        state.update(
            {
                k: v.astype(weights.dtype)
                for k, v in state.items()
                if np.shape(v) == weights.shape and type(v) is ndarray
            }
        )
    if "_scratch" not in state:
        state["_scratch"] = np.empty_like(weights)
    return state["_scratch"]


def add_decay(g: Any, weights: Any, state: dict[str, Any], group: dict[str, Any], scratch: Any) -> Any:
    """Return the gradient plus that of an L2 penalty, in an array of its own."""
    decay = group["weight_decay"]
    if not decay:
        return g
    if scratch is None:
        return g + weights * decay
    total = state.get("_decayed")
    if total is None:
        total = state["_decayed"] = np.empty_like(weights)
    return np.add(g, np.multiply(weights, decay, out=total), out=total)


def copy_of(array: Any) -> Any:
    return array.copy() if is_foreign(array) else np.array(array)


def as_groups(name: str, params: Any) -> list[Any]:
    """Return groups of parameters, made from what the user gave."""
    given = list_parameters(name, params)
    if not given:
        raise ValueError(NOTHING)
    if all(isinstance(group, Mapping) for group in given):
        if any("params" not in group for group in given):
            raise ValueError(f"{name}: a group is a dict with 'params' in it")
        return given
    return [{"params": given}]


def list_parameters(name: str, params: Any) -> list[Any]:
    """Return parameters as a list, which may be empty, but not by an oversight."""
    if isinstance(params, TensorBase) or not isinstance(params, Iterable):
        advice = "[x]" if isinstance(params, TensorBase) else "model.parameters()"
        raise TypeError(f"{name} takes a list of Tensors, got {type(params).__name__}: did you mean {advice}?")
    # whose order, by which states are saved, is another in each run
    if isinstance(params, Set) and not isinstance(params, KeysView):
        raise TypeError(f"{name} takes parameters in an order, and a {type(params).__name__} has none: make it a list")
    given = list(params)
    if not given and isinstance(params, Iterator):
        raise ValueError(NOTHING)
    return given


NOTHING = (
    "there are no parameters to optimise: does the model hold Parameters in its attributes? (And a generator such as "
    "model.parameters() gives them once: make a list of it, or call it again.)"
)


def check_parameters(params: list[Any], others: list[Any]) -> None:
    """Raise an error for a parameter that can't be optimised, or is among the `others` already."""
    for p in params:
        if not isinstance(p, TensorBase):
            raise TypeError(f"optimisers take Tensors, got {type(p).__name__}: did you mean model.parameters()?")
        if p._node is None or p._node.parents:
            frozen = p._node is None
            raise ValueError(
                f"an optimiser changes leaves that require gradients; this is not one: {p!r}"
                + (" (is the model frozen? Set requires_grad = True, or leave its parameters out)" if frozen else "")
            )
    if len({id(p) for p in (*params, *others)}) < len(params) + len(others):
        raise ValueError("a parameter is given twice")
