"""draw: the graph of a computation, as it was recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from ...nn.module import Module
from ..naming import variables_of
from .compose import DIRECTIONS, Options, compose
from .dot import Picture, format_of
from .inputs import results
from .painter import DETAILS
from .themes import THEMES


def draw(
    what: Any,
    *inputs: Any,
    file: Any = None,
    names: Mapping[str, Any] | Module | None = None,
    depth: int | None = None,
    fold: bool | None = None,
    detail: str = "normal",
    values: bool = True,
    gradients: bool | None = None,
    backward: bool = False,
    direction: str = "LR",
    theme: str = "light",
    legend: bool = False,
) -> Picture:
    """Draw how something was computed: every operation that was recorded, from the leaves to the result.

    ``draw(cost)`` draws what is behind a Tensor; ``draw(model, x)`` and ``draw(f, x, y)`` call a module or a function,
    under `watch`, and draw what is behind what it returns.

    Parameters
    ----------
    what : Tensor, nest of Tensors, Module or function
        The result whose computation is wanted, before or after `backward`; or what is to be called.
    *inputs : array_like
        What it is called with. Arrays and numbers, if they are floating, are given as Tensors that require gradients, so
        that everything that is computed from them is in the picture.
    file : path, optional
        Where to write the picture as well; its suffix names the format: svg, png, jpg, pdf, dot or gv. A path may also
        stand last among the positional arguments: ``draw(cost, "cost.svg")``.
    names : mapping from names to tensors and modules, or Module, optional
        What to call them, such as ``{"x": x}``, ``locals()`` or a model. Other tensors go by their own name
        (``Tensor(..., name="x")``), else by the variable that holds them where `draw` is called: a variable's name,
        a path to a module's parameter such as ``model.0.weight``, or a place such as ``weights[0]``.
    depth : int, optional
        How far to unfold modules: at 0 each is one box, at 1 one sees what is in it, and so on. All the way by default,
        or in large graphs as far as leaves at most 60 boxes.
    fold : bool, optional
        Whether to draw what repeats only once, "× 12". By default, in graphs of more than 60 boxes.
    detail : {"low", "normal", "full"}
        "low" is names only. "full" adds heat maps of large values and of their gradients, statistics, dtypes, and which
        values are kept for `backward`.
    values : bool
        Whether to show numbers, of values of up to six elements; False shows shapes and dtypes.
    gradients : bool, optional
        True computes all of them, for this picture only: the arrows are as wide as the gradients that come back along
        them. By default there are those that ``.grad`` holds; and all, where `draw` calls the function itself. The
        result must be a single number. False shows none.
    backward : bool
        Whether to set beside the computation that of its gradients, each operation of it facing the one whose derivative
        it is.
    direction : {"LR", "TB", "RL", "BT"}
        Which way the computation runs: left to right, top to bottom, or the reverse of these.
    theme : {"light", "dark", "print"}
        For white paper, dark screens, or black ink.
    legend : bool
        Whether to say beneath what colours and lines mean.

    Returns
    -------
    Picture
        A ``graphviz.Digraph``. As the last line of a notebook's cell it shows itself; ``.source`` is its DOT text.

    Raises
    ------
    DotNotFound
        If a picture is to be rendered and there is no program to do so; the message says what to install.

    Notes
    -----
    Frames are the calls of modules. What was computed under `watch` knows them; elsewhere they are inferred from the
    parameters that operations use, as far as that is certain.

    Numbers of intermediate results are shown where somebody holds them: a variable of yours, or the graph itself,
    which lets go of them in `backward`, unless it was recorded under `watch`. There leaves, too, show what was computed
    with; elsewhere they show what they hold now, which after an optimiser's step is something else.

    Nothing is changed by drawing. A module that is called by `draw` is called as you would call it.

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
        n1 [label=<<B>multiply</B> * 3...
        n2 [label=<<B>power</B> ** 2<BR/>...y = 36...
    """
    if inputs and file is None and isinstance(inputs[-1], str | os.PathLike):
        *rest, file = inputs
        inputs = tuple(rest)
    for option, value, known in (("direction", direction, DIRECTIONS), ("detail", detail, DETAILS), ("theme", theme, tuple(THEMES))):
        if value not in known:
            raise ValueError(f"{option} must be one of {', '.join(known)}, not {value!r}")
    if depth is not None and depth < 0:
        raise ValueError(f"depth counts the modules within each other that are unfolded, from 0 up; got {depth}")
    if file is not None:
        format_of(file)  # a mistake in the name is better found before the work than after it
    if gradients is None and callable(what):
        gradients = True
    options = Options(depth, fold, detail, values, gradients, backward, direction, theme, legend)
    variables = variables_of(sys._getframe(1))
    picture = compose(*results(what, inputs, variables), names, variables, options)
    if file is not None:
        picture.write(file)
    return picture
