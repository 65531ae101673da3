"""network: columns of neurons, lit by their activations, and the connections between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..engine.modes import enable_grad
from ..nn.module import Module
from ..tensor.tensor import Tensor
from .diagram import Diagram
from .neurons import columns
from .observe import array_of, as_constant, as_target, leave_untouched, require_model
from .sensitivity import gradients
from .theme import WIDTH, figure, figure_of, small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..typing import TensorLike

CLOSEST = 0.165  # inches from neuron to neuron, if answers must not run into each other
MOST_EXAMPLES = 12


def network(
    model: Module,
    x: TensorLike | None = None,
    *,
    target: TensorLike | None = None,
    loss: Callable[[Any, Any], Tensor] | None = None,
    labels: Sequence[object] | None = None,
    most: int = 16,
    image: bool | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw a network as columns of neurons, lit by their activations, with coloured connections between them.

    Parameters
    ----------
    model : Module
        A multilayer perceptron: `Linear` layers that follow each other. Anything between them is computed, but not
        drawn.
    x : array_like or Tensor, optional
        One example, or a few: each gets a picture. Without it, the network is drawn without activations.
    target : array_like or Tensor, optional
        The right answers, one row for each example.
    loss : callable, optional
        The loss, as in ``loss(model(x), target)``. With it, the connections show the *gradient*: how much each matters
        to the loss of this example; and the rims of neurons show that of the biases.
    labels : sequence, optional
        The names of the output neurons; by default they are numbered.
    most : int
        How many neurons of a column are drawn. From a wider one, those with the strongest connections are drawn, in
        order.
    image : bool, optional
        Whether the inputs are also shown as a square image; by default, if they are more than `most` and a square
        number.
    ax : matplotlib.axes.Axes, optional
        Axes to draw in, if there is one example.

    Returns
    -------
    matplotlib.figure.Figure
        Connections are blue where the weight is positive, and orange where it is negative; stronger ones are thicker,
        compared with the others in their layer. Neurons are paper where the activation is 0, and ink where it is 1 or,
        if there are larger ones, the largest of the column; if any activation is negative, all have the colours of
        signs instead. The connections of a gradient are blue where the weight should be raised, orange where it should
        be lowered, and compared across all layers.

    Raises
    ------
    TypeError
        If `model` is not a Module.
    ValueError
        If the network has no `Linear` layers, if they don't follow each other, or if the shape of `x` doesn't fit.

    Examples
    --------
    >>> from tinygrad_edu import nn, viz
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> figure = viz.network(model, [0.5, -1.0])
    >>> len(figure.axes)
    1
    """
    if (target is None) != (loss is None):
        raise ValueError("network draws a gradient of a cost: give both target and loss, or neither")
    if loss is not None and x is None:
        raise ValueError("network: the gradient of a cost needs an example x as well")
    if most < 2:
        raise ValueError(f"most={most}: at least two neurons of a column must be drawn")
    found = columns(require_model(model, "network"), x)
    count = 1 if x is None else len(found.values[0])
    if not 0 < count <= (1 if ax is not None else MOST_EXAMPLES):
        raise ValueError(f"network draws a picture for each example, and these are {count}: choose some, as in x[:4]")
    slopes = (
        [None] * count if loss is None else [example_gradient(model, x, target, loss, i, count) for i in range(count)]
    )
    if labels is not None and len(labels) != found.widths[-1]:
        raise ValueError(f"there are {len(labels)} labels, for {found.widths[-1]} output neurons")
    diagrams = [Diagram(found, i, slopes[i], labels, most, image) for i in range(count)]
    across = 1 if count == 1 or diagrams[0].fit_into(WIDTH / 2) < CLOSEST else 2
    unit = min(each.fit_into(math.inf if ax is not None else WIDTH / across) for each in diagrams)
    width, height = (unit * side for side in diagrams[0].size)
    plate: Figure
    grid: Any
    if ax is not None:
        plate, grid = figure_of(ax, 0, 0)[0], [ax]
    else:
        plate = figure(max(width * across, 4.8 if loss is None else 6.2), height * math.ceil(count / across) + 0.8)
        grid = plate.subplots(math.ceil(count / across), across, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, each in zip(grid, diagrams, strict=False):
        each.draw(axes)
    where: Any = {"loc": "outside lower center"} if ax is None else {"loc": "upper center", "bbox_to_anchor": (0.5, 0)}
    (plate if ax is None else ax).legend(
        handles=diagrams[0].keys(), ncols=2, frameon=False, fontsize=small(grid[0]), columnspacing=1.2, **where
    )
    return plate


def example_gradient(model: Module, x: Any, target: Any, loss: Any, i: int, count: int) -> dict[int, Any]:
    """Return the gradient of the loss of one example, by the identity of parameters."""
    given, answer = as_constant(x, model), array_of(target)
    if count > 1 or (given.ndim > 1 and len(given) == 1):
        if answer.ndim == 0 or len(answer) != count:
            raise ValueError(
                f"there are {count} examples, and targets of shape {answer.shape}: there must be one for each"
            )
        given, answer = given[i : i + 1], answer[i : i + 1]
    with leave_untouched(model), enable_grad():
        slopes = gradients(model, loss(model(given), as_target(answer, model)))
    return {id(p): slopes.get(name) for name, p in model.named_parameters()}
