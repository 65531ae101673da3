"""``{cards}``: pictures that lead to the pages that made them.

Each line is a card: picture | page | title | what one sees. Pictures are named as they lie beside the built pages.
"""

import html
import re

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx


class Cards(Directive):
    """``{cards}``; its lines are the cards."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        shown = [card(*re.split(r"\s*\|\s*", line.strip())) for line in self.content if line.strip()]
        return [nodes.raw("", f'<div class="wall">{"".join(shown)}</div>', format="html")]


def card(picture: str, page: str, title: str, text: str) -> str:
    """Return the element of a card. What `draw` and `viz` make is there for dark pages too."""
    files = {"on-white": picture}
    if picture.startswith("_pictures/"):
        files = {"only-light": picture, "only-dark": re.sub(r"(\.\w+)$", r"-dark\1", picture)}
    pictures = "".join(f'<img class="{kind}" src="{file}" alt="" loading="lazy">' for kind, file in files.items())
    title, text = (re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(words)) for words in (title, text))
    return f'<a href="{page}">{pictures}<b>{title}</b><span>{text}</span></a>'


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_directive("cards", Cards)
