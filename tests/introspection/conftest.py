"""Pages of `explore`, opened in Chromium."""

import pytest


@pytest.fixture
def show(chromium, tmp_path):
    """Open a page; at the end of the test, nothing may have gone wrong in it."""
    wrong, contexts = [], []

    def open_page(page, viewport=None, address="", **settings):
        page.write(tmp_path / "page.html")
        context = chromium.new_context(viewport=viewport or {"width": 1400, "height": 900}, **settings)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: wrong.append(message.text))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("request", lambda r: wrong.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        tab.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        tab.goto((tmp_path / "page.html").as_uri() + address)
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
