"""``{picture} name``: the picture that a page's own programs have made, shown where the directive stands.

The programs of a page, its blocks in `python`, are run when Sphinx builds it, in order and as one session, as the test
suite runs them too. So a picture is never older than the program above it, and none need be kept in the repository.
"""

import doctest
import html
import os
import re
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives

FENCES = re.compile(r"^```(python|\{picture\})(?: [^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DPI = 160  # for fine screens


class Picture(Directive):
    """``{picture} expression``, with ``:alt:`` for those who can't see it."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.note_reread()
        session = env.temp_data.setdefault("pictured", Session(Path(env.doc2path(env.docname))))
        picture = session.next_picture(self.arguments[0])
        shown = image(env.app, env.docname, picture, str(session.pictures), self.options["alt"])
        return [nodes.raw("", shown, format="html")]


def image(app: Any, page: str, picture: object, name: str, alt: str) -> str:
    """Write a picture beside the pages, and return the element that shows it."""
    folder = Path(app.outdir) / "_pictures"
    folder.mkdir(parents=True, exist_ok=True)
    file, size = write(picture, folder / f"{page.replace('/', '-')}-{name}")
    return (
        f'<p><img src="{"../" * page.count("/")}_pictures/{file}" alt="{html.escape(alt)}"{size} '
        'style="max-width: 100%; height: auto; background: white; border-radius: 6px"></p>'
    )


class Session:
    """The programs of a page, run as far as is needed."""

    def __init__(self, page: Path) -> None:
        self.page, self.names, self.pictures, self.done = page, {"__name__": "__main__"}, 0, 0
        self.fences = [(match[1], match[2]) for match in FENCES.finditer(page.read_text(encoding="utf-8"))]

    def next_picture(self, expression: str) -> object:
        """Run what stands above the next directive, and say what is to be shown there."""
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
            return eval(expression, self.names)

    def execute(self, text: str) -> None:
        """One block; of one with prompts, what is to be typed, unless it shows an error."""
        if ">>>" not in text:
            exec(compile(text, str(self.page), "exec"), self.names)
            return
        for example in doctest.DocTestParser().get_examples(text):
            if example.exc_msg is None:
                exec(compile(example.source, str(self.page), "single"), self.names)


def write(picture: object, path: Path) -> tuple[str, str]:
    """Write a figure, a film or a graph to a file; returns its name, and what the page says of its size."""
    if hasattr(picture, "savefig"):  # matplotlib's figure
        path = path.with_suffix(".png")
        picture.savefig(path, dpi=DPI)
        return path.name, f' width="{picture.get_size_inches()[0] * 80:.0f}"'
    if hasattr(picture, "write"):  # ours: a graph, or a film
        path = path.with_suffix(".gif" if hasattr(picture, "to_jshtml") else ".svg")
        picture.write(path)
        return path.name, ""
    raise TypeError(f"{path.name}: {type(picture).__name__} is no picture")
