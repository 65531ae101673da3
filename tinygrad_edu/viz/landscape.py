"""landscape: the loss of a network as a surface, over two of the many directions in which its weights can change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..engine.modes import no_grad
from ..nn.module import Module
from .directions import as_directions, flatten_weights, write_weights
from .observe import array_of, as_constant, as_pair, as_target, leave_untouched, require_model
from .surface import chart, footprints, mountain, path_keys
from .theme import SMALL, WIDTH, entitle, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..typing import TensorLike

KINDS = ("both", "map", "surface")


def landscape(
    model: Module,
    loss: Callable[[Any, Any], TensorLike],
    data: tuple[TensorLike, TensorLike],
    *,
    directions: Literal["random", "path"] | Sequence[str | Mapping[str, TensorLike]] = "random",
    path: Sequence[Mapping[str, TensorLike]] | None = None,
    reach: float = 1.0,
    points: int = 31,
    kind: Literal["both", "map", "surface"] = "both",
    seed: int = 0,
) -> Figure:
    """Draw the loss around a network's weights, as a surface over two directions.

    Parameters
    ----------
    model : Module
        The network, with its weights.
    loss : callable
        The loss function, as in ``loss(model(x), target)``.
    data : pair of array_like, or data set of two arrays
        The examples, ``(x, target)``; some hundreds are enough for a picture.
    directions : "random", "path", or a pair
        Random directions, as long as the weights themselves, filter by filter (Li et al. 2018, *Visualizing the Loss
        Landscape of Neural Nets*); or the two along which `path` went farthest, its principal components; or two
        weights by their names, such as ``("0.weight[3, 7]", "0.bias[3]")``; or two mappings from the names of
        parameters to arrays.
    path : sequence of mappings, optional
        Weights during training: results of ``model.state_dict()``, from time to time.
    reach : float
        How far to go to each side, in lengths of the directions; farther where `path` does. With ``directions="path"``,
        only the path counts.
    points : int
        The number of points on each side: ``points ** 2`` losses are computed.
    kind : {"both", "map", "surface"}
        The pictures to draw.
    seed : int
        The seed of the random directions.

    Returns
    -------
    matplotlib.figure.Figure
        A map with contour lines, and the surface in space. The star in the middle is the model. A path is drawn as seen
        from straight above the plane, from a ring to the star.

    Raises
    ------
    ValueError
        If the directions are not understood, or the loss is not a single number.

    Notes
    -----
    The model's weights are changed while the losses are computed, and restored exactly, also after an error.

    Two random directions out of thousands are at right angles to nearly any path, which looks short there. Its
    principal components show it best.

    Examples
    --------
    >>> import numpy as np
    >>> from tinygrad_edu import nn, viz
    >>> model, x = nn.Linear(1, 1), np.linspace(-1, 1, 20).reshape(-1, 1)
    >>> figure = viz.landscape(model, nn.MSELoss(), (x, 2 * x), directions=("weight[0, 0]", "bias[0]"),
    ...                        reach=3, points=11)
    >>> figure.axes[0].get_xlabel()
    'change of weight[0, 0]'
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r}")
    if points < 3 or not reach > 0:
        raise ValueError(
            f"landscape needs points of at least 3 and a positive reach; got points={points}, reach={reach}"
        )
    ground = Ground(require_model(model, "landscape"), loss, data, directions, path, seed)
    x, y = ground.sides(reach, points)
    z, steps = ground.survey(x, y)

    plate = figure(WIDTH, 4.5 if kind == "both" else 5.6)
    if kind != "surface":
        axes = plate.add_subplot(1, 1 + (kind == "both"), 1)
        bar = plate.colorbar(chart(axes, x, y, z, ground.names), ax=axes, location="bottom", format="%.2g")
        bar.set_label("cost", fontsize=SMALL)
        low, *_, high = ticks = bar.get_ticks().tolist()
        bar.set_ticks([low, ticks[len(ticks) // 2], high])
        bar.ax.tick_params(labelsize=SMALL)
        entitle(axes, f"the cost around {len(ground.here):,} weights" if ground.share is None else
                      f"{ground.share:.0%} of the path lies in this plane")  # fmt: skip
        footprints(axes, *ground.path.T)
    if kind != "map":
        space = plate.add_subplot(1, 1 + (kind == "both"), 1 + (kind == "both"), projection="3d")
        mountain(space, x, y, z, ground.names)
        footprints(space, *ground.path.T, steps)
    star = path_keys()[-1]
    star.set_label("the model")
    keys = [*path_keys()[:1], star] if len(ground.path) > 1 else [star]
    plate.legend(handles=keys, frameon=False, fontsize=SMALL, ncols=2, loc="outside lower right")
    return plate


class Ground:
    """The plane through the model's weights, and the loss above it."""

    def __init__(self, model: Module, loss: Any, data: Any, directions: Any, path: Any, seed: int) -> None:
        x, target = as_pair(data, "landscape")
        self.model, self.loss = model, loss
        self.x, self.target = as_constant(x, model), as_target(target, model)
        self.parameters = dict(model.named_parameters())
        if not self.parameters:
            raise ValueError(f"this {type(model).__name__} has no parameters, and so its cost is but one number")
        self.here = flatten_weights({name: p.data for name, p in self.parameters.items()}, self.parameters)
        passed = np.array([flatten_weights(state, self.parameters) - self.here for state in path or ()])
        if len(passed) and passed[-1].any():
            passed = np.vstack([passed, np.zeros_like(self.here)])  # it ends where the model is
        self.pair, self.names = as_directions(directions, self.parameters, passed, seed)
        self.follow = isinstance(directions, str) and directions == "path"  # the path alone says how far to go
        self.share = None
        self.path = np.zeros((1, 2))
        if len(passed):
            self.path = np.linalg.lstsq(self.pair.T, passed.T, rcond=None)[0].T
            whole = float((passed**2).sum())
            self.share = 1 - float(((passed - self.path @ self.pair) ** 2).sum()) / whole if whole else 1.0

    def sides(self, reach: float, points: int) -> tuple[Any, Any]:
        """Return the places on the two directions; the model itself, at 0, is always one of them."""
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
        """Return the losses over the plane, and along the path as seen in the plane."""
        with leave_untouched(self.model), no_grad(), np.errstate(all="ignore"):
            z = np.array([[self.cost(a, b) for a in x] for b in y])
            return z, np.array([self.cost(a, b) for a, b in self.path])

    def cost(self, a: float, b: float) -> float:
        """Return the loss at one place."""
        write_weights(self.here + a * self.pair[0] + b * self.pair[1], self.parameters)
        cost = array_of(self.loss(self.model(self.x), self.target))
        if cost.size != 1:
            raise ValueError(
                f"landscape draws a cost that is a single number; this one has shape {cost.shape}: take its mean"
            )
        return float(cost.item())
