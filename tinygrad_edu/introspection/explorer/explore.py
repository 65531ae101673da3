"""`explore`: step through backpropagation of your own code, on a page that needs nothing but a browser."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ...engine.modes import enable_grad, watch
from ...engine.tensor_base import TensorBase
from ...pytree import flatten
from ...tensor.tensor import Tensor
from ..formulas.explain import is_computed
from ..formulas.explain_function import as_inputs, module_parameters, names_of_leaves
from ..formulas.explain_graph import build_story
from ..graph_history import Names
from ..naming import variables_of
from ..palette import css_variables
from .retrace import Retrace, find_masks
from .steps import page_data

STYLES = ("page.css", "panel.css", "change.css", "media.css")
SCRIPTS = (
    *("numbers.js", "pictures.js", "folds.js", "layers.js", "layout.js", "graph.js", "view.js"),
    *("cards.js", "flow.js", "window.js", "panel.js", "story.js", "address.js"),
    *("live.js", "change.js", "descend.js", "guess.js", "explorer.js"),
)


def explore(subject: Tensor | Sequence[Tensor] | Callable[..., Any], *inputs: Any, **settings: Any) -> Explorer:
    """Make a page that steps through a computation, forward and then backward.

    Parameters
    ----------
    subject : Tensor, list of Tensors, or callable
        The result of a computation, before or after `backward`. For several results, the gradients of their sum are
        shown.
        Or a function, such as a module, which is called here, under `watch`: then nothing is missing on the page.
    *inputs, **settings
        The arguments of the call, for a function. Floating arrays become Tensors that require gradients.

    Returns
    -------
    Explorer
        The page. A notebook shows it; ``.write("page.html")`` saves it, ``.show()`` opens it in a browser.

    Raises
    ------
    TypeError
        If `subject` is neither, or its result doesn't depend on anything that requires gradients.
    ValueError
        If the computation has more than 2000 operations and leaves.

    Notes
    -----
    A function is called once, and once more if masks or indices went into its operations: to see how these were
    computed. What this second call does to tensors and modules is undone.

    A tensor that was computed under `watch` knows the lines of your program, the modules that were called, and all
    values. For others the page shows what the graph still knows, and says what is missing.

    Examples
    --------
    >>> from tinygrad_edu import Tensor, explore, watch
    >>> w, x = Tensor(2.0, requires_grad=True), Tensor(3.0)
    >>> with watch():
    ...     y = (w * x) ** 2
    >>> page = explore(y)
    >>> page
    <the exploration of y: 2 operations, 7 steps, ... KB; .write("page.html") saves it>
    """
    names = variables_of(sys._getframe(1))
    if not is_computed(subject):
        if not callable(subject):
            raise TypeError(f"explore() takes a Tensor, or a function and its arguments; got {type(subject).__name__}")
        return Explorer(*run_watched(subject, inputs, settings, names))
    if inputs or settings:
        raise TypeError("explore(tensor) takes no other arguments; explore(function, *inputs) takes the function's")
    return Explorer(flatten(subject)[0], names)


def run_watched(
    fn: Callable[..., Any], args: Any, kwargs: Any, names: Names
) -> tuple[list[TensorBase], Names, Callable[[], Retrace]]:
    """Call `fn` under `watch`; return its results, the names of its inputs, and how to run it once more on tracers."""
    leaves, rebuild = flatten((args, kwargs))
    called = names_of_leaves(fn, args, kwargs)
    inputs = as_inputs(leaves, called)
    args, kwargs = rebuild(inputs)
    with enable_grad(), watch():
        results = fn(*args, **kwargs)
    outputs = [y for y in flatten(results)[0] if isinstance(y, TensorBase) and y._node is not None]
    if not outputs:
        raise TypeError(
            f"{getattr(fn, '__name__', type(fn).__name__)} returns no Tensor that depends on its inputs: "
            "there are no gradients to show"
        )
    return outputs, {**names, **module_parameters(fn)}, lambda: Retrace(fn, args, kwargs)


class Explorer:
    """A computation to step through, as one page of HTML that loads nothing else; `explore` makes it.

    Attributes
    ----------
    html : str
        The page.
    data : dict
        The content of the page: its boxes, steps and arrays.
    """

    def __init__(self, tensors: list[TensorBase], names: Names, run_again: Callable[[], Retrace] | None = None) -> None:
        story = build_story(tensors, names)
        self.data, explanation, program = page_data(story, names, run_again and find_masks(story, run_again))
        self.html = page(self.data, explanation.html, program)

    def write(self, file: str | os.PathLike[str]) -> None:
        """Save the page.

        Parameters
        ----------
        file : path
            The file to write, such as "page.html".
        """
        Path(file).write_text(self.html, encoding="utf-8")

    def show(self) -> None:
        """Open the page in a browser."""
        with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8", delete=False) as file:
            file.write(self.html)
        webbrowser.open(Path(file.name).as_uri())

    def _repr_html_(self) -> str:
        """Return the page for a notebook, in a sandboxed frame."""
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" '
            f'title="{escape(self.data["title"])}, step by step" '
            'style="width: 100%; height: 760px; border: 0"></iframe>'
        )

    @property
    def summary(self) -> str:
        """The title and size of the page, in words."""
        operations = sum(bool(box["operation"]) for box in self.data["boxes"])
        return (
            f"{self.data['title']}: {operations} operations, {len(self.data['steps'])} steps, {len(self.html) >> 10} KB"
        )

    def __repr__(self) -> str:
        return f'<the exploration of {self.summary}; .write("page.html") saves it>'


def page(data: Any, table: str, program: str) -> str:
    """Return the page, put together from the files in the folder `page`. Data can't break out of its element."""
    here = files(__package__) / "page"
    parts = {
        "title": escape(f"{data['title']}, step by step"),
        "style": css_variables() + read_parts(here, STYLES),
        "script": scoped(program) + read_parts(here, SCRIPTS),
        "data": escape_json(json.dumps(data, separators=(",", ":"), allow_nan=False)),
        "table": table,
    }
    text = (here / "page.html").read_text(encoding="utf-8")
    pieces = text.split("%%")  # so that inserted text isn't searched for marks again
    return "".join(piece if i % 2 == 0 else parts[piece] for i, piece in enumerate(pieces))


def scoped(program: str) -> str:
    """Return the definition of the page's program, whose other names are its own; it is null if there is none."""
    return f"const program = (() => {{\n{program}return program;\n}})();\n" if program else "const program = null;\n"


def read_parts(folder: Traversable, names: Sequence[str]) -> str:
    return "".join((folder / name).read_text(encoding="utf-8") for name in names)


def escape_json(text: str) -> str:
    """Return JSON without anything that could end its element or begin a comment."""
    return re.sub("<(?=[!sS])", r"\\u003c", text).replace("</", r"<\/")
