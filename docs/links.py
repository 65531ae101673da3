"""When the pages are built, every address in them that leads to another part of the site is followed: Sphinx looks at its own only."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging


class Addresses(HTMLParser):
    """The addresses of a page, and the places in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.places: set[str] = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.addresses.add(value)
            elif name == "id" and value:
                self.places.add(value)


def look(app: Sphinx, error: Exception | None) -> None:
    """Warn of addresses that lead nowhere."""
    if error is not None or app.builder.format != "html":
        return
    root = Path(app.outdir).resolve()
    pages = {root / f"{name}.html": name for name in sorted(app.env.found_docs)}
    found = {file: Addresses(file) for file in pages if file.exists()}
    for file, page in found.items():
        for address in sorted(page.addresses):
            if wrong := problem(address, file, found):
                logging.getLogger(__name__).warning("%s: %s", address, wrong, location=pages[file])


def problem(address: str, file: Path, found: dict[Path, Any]) -> str:
    """Say what is wrong with an address in a file, if anything is."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not there.exists():
        return "there is no such file"
    if there in found and unquote(parts.fragment) not in found[there].places:
        return "there is no such place on that page"
    return ""


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("build-finished", look)
