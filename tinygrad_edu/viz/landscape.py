"""landscape: the cost of a network as a surface, over two of the very many directions in which its weights can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.modes import no_grad
from ..nn.module import Module
from .directions import as_directions, place, vector
from .observe import array_of, checked, example, untouched, wanted
from .surface import chart, footprints, mountain
from .theme import figure

KINDS = ("both", "map", "surface")


def landscape(
    model: Module,
    loss: Callable[[Any, Any], Any],
    data: tuple[Any, Any],
    *,
    directions: Any = "random",
    path: Sequence[Mapping[str, Any]] | None = None,
    reach: float = 1.0,
    points: int = 31,
    kind: str = "both",
    seed: int = 0,
) -> Any:
    """The cost around a network's weights, as a surface over two directions.

    Parameters
    ----------
    model : Module
    loss, data : callable and (x, target)
        The cost is ``loss(model(x), target)``; some hundreds of examples are enough for a picture.
    directions : "random", "path", or a pair
        Random ones, filter by filter as long as the weights themselves (Li et al. 2018, *Visualizing the Loss Landscape of Neural
        Nets*); the two along which `path` went farthest, its principal components; two weights by their names, such as
        ``("0.weight[3, 7]", "0.bias[3]")``; or two mappings from the names of parameters to arrays.
    path : sequence of mappings, optional
        Weights that were passed on the way: what ``model.state_dict()`` returned, from time to time.
    reach : float
        How far to go to each side, in lengths of the directions; farther where `path` does, which alone counts if it says where to go.
    points : int
        On each side: ``points ** 2`` costs are computed.
    kind : {"both", "map", "surface"}
    seed : int
        Of the random directions.

    Returns
    -------
    matplotlib.figure.Figure
        A map with contour lines, and the surface in space; the star is where the model stands, in the middle. A path is drawn
        as it is seen from straight above the plane.

    Raises
    ------
    ValueError
        If the directions are not understood or the cost is no single number.

    Notes
    -----
    The model's weights are changed while the costs are computed, and put back exactly, also after an error.

    Two random directions out of thousands are at right angles to nearly any path, which looks short there. Its principal
    components show it best.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn, viz
    >>> model, x = nn.Linear(1, 1), np.linspace(-1, 1, 20).reshape(-1, 1)
    >>> figure = viz.landscape(model, nn.MSELoss(), (x, 2 * x), directions=("weight[0, 0]", "bias[0]"), reach=3, points=11)
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    if points < 3 or not reach > 0:
        raise ValueError(f"landscape needs points of at least 3 and a positive reach; got points={points}, reach={reach}")
    ground = Ground(checked(model, "landscape"), loss, data, directions, path, seed)
    x, y = ground.sides(reach, points)
    z, steps = ground.survey(x, y)

    plate = figure(5.2 * (1 + (kind == "both")), 4.4)
    if kind != "surface":
        axes = plate.add_subplot(1, 1 + (kind == "both"), 1)
        plate.colorbar(chart(axes, x, y, z, ground.names), ax=axes, label="cost", format="%.3g")
        axes.set_title(f"the cost around {len(ground.here):,} weights" if ground.share is None else
                       f"{ground.share:.0%} of the path lies in this plane", fontsize=11, loc="left")  # fmt: skip
        footprints(axes, *ground.path.T)
    if kind != "map":
        space = plate.add_subplot(1, 1 + (kind == "both"), 1 + (kind == "both"), projection="3d")
        mountain(space, x, y, z, ground.names, "")
        footprints(space, *ground.path.T, steps)
    return plate


class Ground:
    """The plane through the model's weights, and the cost above it."""

    def __init__(self, model: Module, loss: Any, data: Any, directions: Any, path: Any, seed: int) -> None:
        if not isinstance(data, tuple | list) or len(data) != 2:
            raise TypeError(f"landscape: data are a pair (x, target); got {type(data).__name__}")
        self.model, self.loss = model, loss
        self.x, self.target = example(data[0], model), wanted(data[1], model)
        self.parameters = dict(model.named_parameters())
        if not self.parameters:
            raise ValueError(f"this {type(model).__name__} has no parameters, and so its cost is but one number")
        self.here = vector({name: p.data for name, p in self.parameters.items()}, self.parameters)
        passed = np.array([vector(state, self.parameters) - self.here for state in path or ()])
        if len(passed) and passed[-1].any():
            passed = np.vstack([passed, np.zeros_like(self.here)])  # it ends where the model is
        self.pair, self.names = as_directions(directions, self.parameters, passed, seed)
        self.follow = isinstance(directions, str) and directions == "path"  # who says by itself how far to go
        self.share = None
        self.path = np.zeros((1, 2))
        if len(passed):
            self.path = np.linalg.lstsq(self.pair.T, passed.T, rcond=None)[0].T
            whole = float((passed**2).sum())
            self.share = 1 - float(((passed - self.path @ self.pair) ** 2).sum()) / whole if whole else 1.0

    def sides(self, reach: float, points: int) -> tuple[Any, Any]:
        """Where on the two directions the costs are computed: the model itself, at 0, is always one of these places."""
        spans = []
        for places in self.path.T:
            low, high = places.min(), places.max()
            room = 0.15 * (high - low)
            far = 0.0 if self.follow else reach
            side = np.linspace(min(-far, low - room), max(far, high + room), points)
            side[np.argmin(np.abs(side))] = 0.0
            spans.append(side)
        return spans[0], spans[1]

    def survey(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The costs over the plane, and along the path as seen in the plane."""
        with untouched(self.model), no_grad(), np.errstate(all="ignore"):
            z = np.array([[self.cost(a, b) for a in x] for b in y])
            return z, np.array([self.cost(a, b) for a, b in self.path])

    def cost(self, a: float, b: float) -> float:
        """At one place."""
        place(self.here + a * self.pair[0] + b * self.pair[1], self.parameters)
        cost = array_of(self.loss(self.model(self.x), self.target))
        if cost.size != 1:
            raise ValueError(f"landscape draws a cost that is a single number; this one has shape {cost.shape}: take its mean")
        return float(cost.item())
