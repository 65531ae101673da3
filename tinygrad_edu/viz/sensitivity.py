"""sensitivity: the gradient of a network's loss, which says which weights and biases matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.backward import backpropagate
from ..nn.module import Module
from ..tensor.tensor import Tensor
from .observe import array_of, require_model
from .theme import SMALL, WIDTH, curve_colours, dress, figure, ink, palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sensitivity(model: Module, loss: Tensor | None = None, *, most: int = 16) -> Figure:
    """Draw a gradient: the weights and biases to which the loss is most sensitive, and how the others compare.

    Parameters
    ----------
    model : Module
        The network.
    loss : Tensor, optional
        The loss, a single number computed by the model. Its gradient is computed here; ``.grad`` and the graph stay as
        they are. Without it, the gradients are what an earlier ``backward()`` left in ``.grad``.
    most : int
        The number of weights and biases in the ranking.

    Returns
    -------
    matplotlib.figure.Figure
        Above, the ranking: the loss falls if blue ones are raised, and orange ones lowered. Below, the sizes of all,
        from the largest to the smallest, in each parameter.

    Raises
    ------
    TypeError
        If `model` is not a Module.
    ValueError
        If there is no gradient, or the loss doesn't depend on the model.

    Examples
    --------
    >>> from tinygrad_edu import nn, viz
    >>> model, loss = nn.Linear(3, 2), nn.MSELoss()
    >>> figure = viz.sensitivity(model, loss(model([[1., 0., 2.]]), [[0., 1.]]))
    >>> figure.axes[0].get_title(loc="left")
    'the 8 that matter most, of 8'
    """
    grads = gradients(require_model(model, "sensitivity"), loss)
    names, values = zip(*rank_elements(grads, most), strict=True)
    total = sum(g.size for g in grads.values())
    above = max(1.5, 0.24 * len(names))
    plate = figure(WIDTH, above + 5.0)
    left, right = plate.subplots(2, 1, height_ratios=(above, 3.4))

    places = np.arange(len(names))
    left.barh(places, values, color=[palette().negative if v > 0 else palette().positive for v in values], height=0.7)
    left.set_yticks(places, names, family="monospace", fontsize=SMALL)
    left.invert_yaxis()
    left.axvline(0, color=ink(), linewidth=0.8)
    dress(left, f"the {len(names)} that matter most, of {total:,}", "slope of the cost: ∂cost/∂w")
    left.spines["left"].set_visible(False)
    left.tick_params(axis="y", length=0)
    plate.legend(handles=keys(), frameon=False, fontsize=SMALL, ncols=2, loc="outside upper left")

    for color, (name, g) in zip(curve_colours(len(grads)), grads.items(), strict=True):
        sizes = np.sort(np.abs(g).ravel())[::-1]
        sizes = sizes[sizes > 0]
        label = f"{name}: {g.size:,}" + (f", {g.size - len(sizes):,} of them 0" if len(sizes) < g.size else "")
        right.plot(np.arange(1, len(sizes) + 1), sizes, color=color, linewidth=1.8, label=label,
                   marker="o", markersize=3, markevery=max(1, len(sizes) // 12))  # fmt: skip
    right.set_xscale("log")
    right.set_yscale("log")
    right.set_ylim(bottom=1e-7 * float(np.abs(values[0])))
    dress(right, f"all of them, by size: {share_text(grads)}", "rank within its parameter", "size of the slope")
    plate.legend(*right.get_legend_handles_labels(), frameon=False, fontsize=SMALL, ncols=2, loc="outside lower left")
    return plate


def rank_elements(grads: dict[str, Any], most: int) -> list[tuple[str, float]]:
    """Return the largest elements by size: names such as ``0.weight[3, 7]``, and the slopes themselves."""
    if most < 1:
        raise ValueError(f"most={most}: at least one must be shown")
    flat = np.concatenate([g.ravel() for g in grads.values()])
    order = np.argsort(-np.abs(flat), kind="stable")[:most]
    starts = np.cumsum([0, *(g.size for g in grads.values())])
    found = []
    for i in order:
        k = int(np.searchsorted(starts, i, side="right")) - 1
        name, g = list(grads.items())[k]
        where = ", ".join(map(str, np.unravel_index(i - starts[k], g.shape)))
        found.append((f"{name}[{where}]" if where else name, float(flat[i])))
    return found


def share_text(grads: dict[str, Any]) -> str:
    """Say how few of them make up nearly all of the slope."""
    squares = np.sort(np.concatenate([g.ravel() for g in grads.values()]) ** 2)[::-1]
    return f"{1 + int(np.searchsorted(np.cumsum(squares), 0.99 * squares.sum())):,} make up 99 % of the slope"


def keys(names: tuple[str, str] = ("raise it: the cost falls", "lower it: the cost falls")) -> list[Any]:
    """Return the legend of the two signs."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=color, linewidth=3, label=name)
        for color, name in zip((palette().positive, palette().negative), names, strict=True)
    ]


def gradients(model: Module, loss: Any = None) -> dict[str, Any]:
    """Return the gradient by the names of parameters, as arrays of their shapes; change nothing."""
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if loss is None:
        found = {name: array_of(p._grad) for name, p in parameters.items() if p._grad is not None}
        if not found:
            raise ValueError("the parameters have no gradients yet: give the cost too, or call backward() on it before")
        return found
    if not isinstance(loss, Tensor) or loss.shape != ():
        what = f"shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
        raise ValueError(f"the cost must be a single number that was computed by the model, a Tensor; got {what}")
    if loss._node is None:
        raise ValueError("the cost was not recorded: it was computed under no_grad(), or by .item() or .data")
    try:
        walked = backpropagate(
            [(loss._node, np.ones((), loss.dtype))], [p._node for p in parameters.values()], retain_graph=True
        )
    except RuntimeError as error:
        error.add_note("or leave out the cost: then the gradients are read that backward() left in .grad")
        raise
    found = {name: array_of(walked[p._node]) for name, p in parameters.items() if p._node in walked}
    if not found:
        raise ValueError(
            f"the cost doesn't depend on the parameters of this {type(model).__name__}: "
            "was it computed by another model?"
        )
    return found
