"""``{picture} name``: the picture that a page's own programs have made, shown where the directive stands.

The programs of a page, its blocks in `python`, are run when Sphinx builds it, in order and as one session, as the test
suite runs them too. So a picture is never older than the program above it, and none need be kept in the repository.

Where one call of `draw` or `viz` makes the picture, it is made a second time for dark pages. A click shows it large.
"""

import ast
import doctest
import html
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.style
from docutils import nodes
from docutils.parsers.rst import Directive, directives
from PIL import Image

from tinygrad_edu import draw
from tinygrad_edu.introspection.drawing.themes import THEMES

FENCES = re.compile(r"^```(python|\{picture\})(?: [^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDER = "_pictures"
INCH = 80  # pixels that an inch of matplotlib's is shown in
DPI = 2 * INCH  # for fine screens
SMALLEST = (
    0.62  # pictures are shrunk to this part of their size, and scroll where there is less room: letters stay readable
)


class Picture(Directive):
    """``{picture} expression``, with ``:alt:`` for those who can't see it, and a ``:name:`` if another page shows it too."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"alt": directives.unchanged_required, "name": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.note_reread()
        session = env.temp_data.setdefault("pictured", Session(Path(env.doc2path(env.docname))))
        light, dark = session.next_picture(self.arguments[0])
        name = self.options.get("name", str(session.pictures))
        shown = image(env.app, env.docname, light, name, self.options["alt"], dark)
        return [nodes.raw("", shown, format="html")]


def image(app: Any, page: str, picture: object, name: str, alt: str, dark: object = None) -> str:
    """Write a picture beside the pages, and return the element that shows it."""
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    up, path = "../" * page.count("/") + FOLDER, folder / f"{page.replace('/', '-')}-{name}"
    file, *size = write(picture, path)
    if dark is None:
        return element(f"{up}/{file}", alt, size, "on-white")
    with dark_paper():
        dark_file, *dark_size = write(dark, path.with_name(f"{path.name}-dark"))
    return element(f"{up}/{file}", alt, size, "only-light") + element(f"{up}/{dark_file}", alt, dark_size, "only-dark")


def element(source: str, alt: str, size: list[float], kind: str) -> str:
    """Return a picture that can be enlarged; `size` is its width and height in pixels."""
    width, height = size
    return (
        f'<div class="picture {kind}"><a class="enlarge" href="{source}" title="Enlarge"><img src="{source}" alt="{html.escape(alt)}" '
        f'width="{width:.0f}" height="{height:.0f}" style="min-width: {SMALLEST * width:.0f}px"></a></div>'
    )


class Session:
    """The programs of a page, run as far as is needed."""

    def __init__(self, page: Path) -> None:
        self.page, self.names, self.pictures, self.done = page, {"__name__": "__main__"}, 0, 0
        self.fences = [(match[1], match[2]) for match in FENCES.finditer(page.read_text(encoding="utf-8"))]
        self.twins: dict[str, tuple[object, object]] = {}  # a picture and the dark one, under its name

    def next_picture(self, expression: str) -> tuple[object, object]:
        """Run what stands above the next directive; return what is to be shown there, and the same for dark pages or None."""
        self.pictures += 1
        with (
            tempfile.TemporaryDirectory() as folder,
            chdir(folder),
            open(os.devnull, "w") as nowhere,
            redirect_stdout(nowhere),
        ):
            while self.fences[self.done][0] == "python":
                self.execute(self.fences[self.done][1])
                self.done += 1
            self.done += 1
            picture = eval(expression, self.names)
        light, dark = self.twins.get(expression, (None, None))
        return picture, dark if light is picture else None

    def execute(self, text: str) -> None:
        """One block; of one with prompts, what is to be typed, unless it shows an error."""
        if ">>>" not in text:
            exec(compile(text, str(self.page), "exec"), self.names)
            return
        for example in doctest.DocTestParser().get_examples(text):
            if example.exc_msg is None:
                code = compile(example.source, str(self.page), "single")
                exec(code, self.names)
                if name := draws(example.source):
                    names = {**self.names, "draw": partial(draw, theme="dark")}
                    with dark_paper():
                        exec(code, names)
                    self.twins[name] = self.names[name], names[name]


def draws(source: str) -> str:
    """Return the name that a statement gives to a picture, if one call of `draw` or `viz` makes it, in no theme of its own."""
    statement = ast.parse(source).body[0]
    if isinstance(statement, ast.With) and ast.unparse(statement.items[0]) == "no_grad()" and len(statement.body) == 1:
        statement = statement.body[0]
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function) as call):
            ours = ast.unparse(function) == "draw" or ast.unparse(function).startswith("viz.")
            return name if ours and all(keyword.arg != "theme" for keyword in call.keywords) else ""
    return ""


@contextmanager
def dark_paper() -> Iterator[None]:
    """Let matplotlib draw on the dark paper that `draw` has."""
    paper = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), THEMES["dark"].paper)
    with matplotlib.style.context(["dark_background", paper]):
        yield


def write(picture: Any, path: Path) -> tuple[str, float, float]:
    """Write a figure, a film or a graph to a file; returns its name, and in which width and height to show it."""
    if hasattr(picture, "savefig"):  # matplotlib's figure
        path = path.with_suffix(".png")
        picture.savefig(path, dpi=DPI)
        width, height = picture.get_size_inches()
        return path.name, width * INCH, height * INCH
    if hasattr(picture, "to_jshtml"):  # a film
        path = path.with_suffix(".gif")
        picture.write(path)
        with Image.open(path) as first:
            return path.name, first.width * 0.8, first.height * 0.8
    if hasattr(picture, "write"):  # a graph
        path = path.with_suffix(".svg")
        picture.write(path)
        width, height = re.findall(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"', path.read_text(encoding="utf-8"))[0]
        return path.name, float(width) / 0.75, float(height) / 0.75
    raise TypeError(f"{path.name}: {type(picture).__name__} is no picture")
