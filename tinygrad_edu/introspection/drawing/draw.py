"""`draw`: a picture of the graph of a computation."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from ...nn.module import Module
from ...tensor.tensor import Tensor
from ..naming import variables_of
from .arrange import DIRECTIONS
from .compose import Options, compose
from .dot import Picture, picture_format
from .inputs import results
from .painter import DETAILS
from .themes import THEMES


def draw(
    what: Tensor | Sequence[Any] | Mapping[str, Any] | Callable[..., Any],
    *inputs: Any,
    file: str | os.PathLike[str] | None = None,
    names: Mapping[str, Any] | Module | None = None,
    depth: int | None = None,
    fold: bool | None = None,
    detail: Literal["low", "normal", "full"] = "normal",
    values: bool = True,
    gradients: bool | None = None,
    backward: bool = False,
    direction: Literal["LR", "TB", "RL", "BT"] | None = None,
    theme: Literal["light", "dark", "print"] = "light",
    legend: bool = False,
) -> Picture:
    """Draw the graph of a computation: every operation that was recorded, from the leaves to the result.

    ``draw(loss)`` draws the graph behind a Tensor. ``draw(model, x)`` and ``draw(f, x, y)`` call a module or a
    function, under `watch`, and draw the graph behind its result.

    Parameters
    ----------
    what : Tensor, nest of Tensors, Module or function
        The result of a computation, before or after `backward`; or a module or function to call.
    *inputs : array_like
        The arguments of the call. Floating arrays and numbers become Tensors that require gradients, so that everything
        that is computed from them is in the picture.
    file : path, optional
        The file to write the picture to as well; its suffix names the format: svg, png, jpg, pdf, dot or gv. A path may
        also be the last positional argument: ``draw(loss, "loss.svg")``.
    names : mapping from names to tensors and modules, or Module, optional
        Names for tensors and modules, such as ``{"x": x}``, ``locals()`` or a model. Other tensors have their own name
        (``Tensor(..., name="x")``), or that of the variable that holds them where `draw` is called: a variable's name,
        a path to a module's parameter such as ``model.0.weight``, or a place such as ``weights[0]``.
    depth : int, optional
        How far to unfold modules: at 0 each is one box, at 1 you see what is in it, and so on. By default, all the way,
        or in large graphs as far as the picture can be read on a page; what is folded is said beneath it.
    fold : bool, optional
        Whether to draw repeated parts only once, "× 12". By default, where all of them would not fit on a page. With
        False, everything is drawn, however large.
    detail : {"low", "normal", "full"}
        How much to show: "low" is names only. "full" adds heat maps of large values and of their gradients, statistics,
        dtypes, and which values are kept for `backward`.
    values : bool
        Whether to show numbers, of values of up to six elements. If not, shapes and dtypes are shown.
    gradients : bool, optional
        Whether to show gradients. True computes all of them, for this picture only, and the arrows are as wide as the
        gradients that come back along them; the result must be a single number. By default, the picture shows those
        that ``.grad`` holds, and all of them if `draw` calls the function itself.
    backward : bool
        Whether to draw the computation of the gradients too, with each derivative beside its operation.
    direction : {"LR", "TB", "RL", "BT"}, optional
        The direction of the computation: left to right, top to bottom, or the reverse of these. By default left to
        right, or top to bottom if it would be too wide for a page.
    theme : {"light", "dark", "print"}
        The colours, for white paper, dark screens, or black ink.
    legend : bool
        Whether to explain colours and lines below the picture.

    Returns
    -------
    Picture
        A ``graphviz.Digraph``. As the last line of a notebook's cell it shows itself; ``.source`` is its DOT text.

    Raises
    ------
    ValueError
        If an option has an unknown value.
    DotNotFound
        If the picture is to be rendered and there is no program to do so; the message says what to install.

    Notes
    -----
    Frames are the calls of modules. Operations recorded under `watch` know them; elsewhere they are inferred from the
    parameters that operations use, as far as that is certain.

    Numbers of intermediate results are shown if somebody holds them: a variable of yours, or the graph itself, which
    frees them in `backward`, unless it was recorded under `watch`. In that case leaves, too, show the numbers of the
    computation; elsewhere they show what they hold now, which is something else after an optimiser's step.

    Drawing changes nothing. A module that `draw` calls is called as you would call it.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, draw
    >>> w = Tensor(2.0, requires_grad=True)
    >>> y = (w * 3) ** 2
    >>> y.backward()
    >>> picture = draw(y)
    >>> print(picture.source)  # doctest: +ELLIPSIS
    digraph {
        ...
        n0 [label=<<B>w</B><BR/>...2...<BR/>...grad 36...
        n1 [label=<<B>*</B> 3...
        n2 [label=<<B>**</B> 2<BR/>...y = 36...
    """
    if inputs and file is None and isinstance(inputs[-1], str | os.PathLike):
        *rest, file = inputs
        inputs = tuple(rest)
    for option, value, known in (
        ("direction", direction, (*DIRECTIONS, None)),
        ("detail", detail, DETAILS),
        ("theme", theme, tuple(THEMES)),
    ):
        if value not in known:
            raise ValueError(f"{option} must be one of {', '.join(filter(None, known))}, not {value!r}")
    if depth is not None and depth < 0:
        raise ValueError(f"depth is the number of nested modules to unfold, from 0 up; got {depth}")
    if file is not None:
        picture_format(file)  # find a mistake in the name before the work, not after it
    if gradients is None and callable(what):
        gradients = True
    options = Options(depth, fold, detail, values, gradients, backward, direction, theme, legend)
    variables = variables_of(sys._getframe(1))
    picture = compose(*results(what, inputs, variables), names, variables, options)
    if file is not None:
        picture.write(file)
    return picture
