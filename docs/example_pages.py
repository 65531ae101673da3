"""The programs of `examples/` as pages of the course: what they say, what they do, and what came out of it.

A page holds no more than ``{example} moons.py``. When Sphinx reads it, the program takes that place, cell by cell, and each
cell is run: below it stand what it printed, the figures that it made, and what its last line is, if that can show itself, as
in a notebook. With ``{example} gpt.py --quick`` it is run in its quick form, and the picture of a whole run, which is kept in
`docs/pictures/whole/`, stands below the new one. Beside the pages lie the programs and the
notebooks, for download. The page ``{examples}`` is `examples/README.md`.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib
import notebooks
import pictured
from matplotlib import pyplot as plt
from PIL import Image
from sphinx.application import Sphinx

EXAMPLE = re.compile(r"^```\{example\} (\w+\.py)( --quick)?\n```$", re.MULTILINE)
EXAMPLES = "```{examples}\n```"
DOWNLOADS = "_examples"
WHOLE = (
    Path(__file__).parent / "pictures" / "whole"
)  # what the programs drew that are too slow to be run whole at each build

QUICK = """
:::{note}
The program below was run in its quick form when this page was built, so what it prints and draws is only a beginning. What came
out of it when it was run whole is told above.PICTURE
:::
"""


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", insert_programs)


def insert_programs(app: Sphinx, page: str, source: list[str]) -> None:
    """Put the programs, or the list of them, where a page wants them."""
    if EXAMPLES in source[0]:
        app.env.note_dependency(str(notebooks.FOLDER / "README.md"))
        source[0] = source[0].replace(EXAMPLES, listed("../" * page.count("/") + DOWNLOADS))
    if match := EXAMPLE.search(source[0]):
        program = notebooks.FOLDER / match[1]
        app.env.note_dependency(str(program))
        out = Path(app.outdir) / DOWNLOADS
        out.mkdir(parents=True, exist_ok=True)
        (out / program.name).write_bytes(program.read_bytes())
        (out / f"{program.stem}.ipynb").write_text(notebooks.notebook(program), encoding="utf-8")
        source[0] = source[0].replace(match[0], Page(app, page, program, (match[2] or "").split()).markdown())


def listed(beside: str) -> str:
    """Return the README of the examples, with links to their pages, their pictures, and a table of contents in its order."""
    text = for_page((notebooks.FOLDER / "README.md").read_text(encoding="utf-8")).replace(".py)", ".md)")
    names = re.findall(r"^\d+\. \*\*\[(\w+)\.py\]", text, re.MULTILINE)
    shown = []
    for name in names:
        first, *others = notebooks.cells(notebooks.FOLDER / f"{name}.py")
        if any(cell.title for cell in others):  # they draw
            title = first.source.splitlines()[0].removeprefix("# ")
            shown.append(
                f'<a href="{name}.html"><img class="on-white" src="{beside}/{name}.png" alt="" loading="lazy">{title}</a>'
            )
    wall = fence("{raw} html", f'<div class="wall">{"".join(shown)}</div>')
    contents = "\n".join(["```{toctree}", ":hidden:", "", *names, "```", ""])
    opening, heading, rest = text.partition("\n## ")
    return f"{opening}\n{wall}\n{heading}{rest}\n{contents}"


def for_page(text: str) -> str:
    """Links are written as they are from `examples/`, and are followed from `docs/learn/examples/`."""
    return text.replace("](../docs/learn/", "](../").replace("](../docs/", "](../../")


class Page:
    """The text of a page, made by running a program."""

    def __init__(self, app: Sphinx, page: str, program: Path, options: list[str]) -> None:
        self.app, self.page, self.program, self.options = app, page, program, options
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.pictures = 0
        self.whole = WHOLE / f"{program.stem}.png"

    def markdown(self) -> str:
        first, *others = notebooks.cells(self.program)
        note = QUICK.replace("PICTURE", " Its picture stands below the quick one." if self.whole.exists() else "")
        parts = [first.source, self.downloads(), note if self.options else ""]
        matplotlib.use("agg")
        with (
            tempfile.TemporaryDirectory() as folder,
            chdir(folder),
            patch.object(sys, "argv", [self.program.name, *self.options]),
        ):
            for cell in others:
                if cell.is_text:
                    parts.append(for_page(cell.source))
                else:
                    parts += [fence("python", cell.source), *self.run(cell)]
        return "\n\n".join(parts) + "\n"

    def downloads(self) -> str:
        """Return the links to the program and the notebook."""
        up, name = "../" * self.page.count("/") + DOWNLOADS, self.program.stem
        links = [f'<a href="{up}/{name}.{end}" download>{name}.{end}</a>' for end in ("ipynb", "py")]
        return fence("{raw} html", f'<p class="downloads">Download: {" · ".join(links)}</p>')

    def run(self, cell: notebooks.Cell) -> list[str]:
        """Run a cell, and return what it printed and showed."""
        tree = ast.parse("\n" * cell.line + cell.source)
        last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with redirect_stdout(printed):
            exec(compile(tree, str(self.program), "exec"), self.names)
            if last is not None:
                value = eval(compile(last, str(self.program), "eval"), self.names)
        shown = [fence("{code-block} text\n:class: printed", printed.getvalue().rstrip())] if printed.getvalue() else []
        for number in plt.get_fignums():
            shown.append(self.image(plt.figure(number), cell.title))
            plt.close(number)
        if hasattr(value, "savefig") or hasattr(value, "write"):
            shown.append(self.image(value, cell.title))
        elif hasattr(value, "_repr_html_"):
            shown.append(fence("{raw} html", f'<div class="shown">{value._repr_html_()}</div>'))
        return shown

    def image(self, picture: Any, title: str) -> str:
        if not title:
            raise ValueError(
                f"{self.program.name}: a cell that draws needs a title, `# %% title`: it describes the picture"
            )
        self.pictures += 1
        thumbnail = Path(self.app.outdir) / DOWNLOADS / f"{self.program.stem}.png"  # in the end, of the last picture
        shown = pictured.image(self.app, self.page, picture, str(self.pictures), title)
        if self.options and self.whole.exists():
            thumbnail.write_bytes(self.whole.read_bytes())
            source = f"{'../' * self.page.count('/')}{DOWNLOADS}/{thumbnail.name}"
            with Image.open(self.whole) as whole:
                size = [whole.width / 1.6, whole.height / 1.6]
            shown += f"<p>And when it was run whole:</p>{pictured.element(source, title, size, 'on-white')}"
        elif hasattr(picture, "savefig"):
            picture.savefig(thumbnail, dpi=60)
        else:
            picture.write(thumbnail)
        return fence("{raw} html", shown)


def fence(language: str, text: str) -> str:
    return f"````{language}\n{text}\n````"
