"""``{cards}``: pictures that lead to the pages that made them.

Each line is a card: picture | page | title | what one sees. Pictures are named as they lie beside the built pages.
"""

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx
from sphinx.util import logging


class Cards(Directive):
    """``{cards}``; its lines are the cards."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        shown = [card(*re.split(r"\s*\|\s*", line.strip())) for line in self.content if line.strip()]
        needed = {file for files, _ in shown for file in files}
        env.app.connect("build-finished", lambda app, error: look_for(app, env.docname, needed, error))
        return [nodes.raw("", f'<div class="wall">{"".join(element for _, element in shown)}</div>', format="html")]


def card(picture: str, page: str, title: str, text: str) -> tuple[list[str], str]:
    """Return the files that a card needs, and its element. What `draw` and `viz` make is there for dark pages too."""
    files = {"on-white": picture}
    if picture.startswith("_pictures/"):
        files = {"only-light": picture, "only-dark": re.sub(r"(\.\w+)$", r"-dark\1", picture)}
    pictures = "".join(f'<img class="{kind}" src="{file}" alt="" loading="lazy">' for kind, file in files.items())
    title, text = (re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(words)) for words in (title, text))
    return [*files.values(), page.partition("#")[0]], f'<a href="{page}">{pictures}<b>{title}</b><span>{text}</span></a>'


def look_for(app: Any, page: str, files: set[str], error: Exception | None) -> None:
    """Warn of files that were not made."""
    if error is None and app.builder.format == "html":
        for file in sorted(file for file in files if not (Path(app.outdir) / file).exists()):
            logging.getLogger(__name__).warning("a card shows %s, which isn't there", file, location=page)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_directive("cards", Cards)
