"""What the site is made with: pictures in two lights, cards, live pages, links that lead somewhere, and its scripts."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

DOCS = Path(__file__).parent.parent / "docs"
if not DOCS.exists():
    pytest.skip("installed without docs", allow_module_level=True)
pytest.importorskip("matplotlib")
pytest.importorskip("sphinx")

PAGE = """
```python
>>> from tinygrad_edu import Tensor, draw, viz
>>> x = Tensor(2.0, requires_grad=True)
>>> graph = draw(x * x)
```
```{picture} graph
```
```python
>>> graph = draw(x * x, theme="print")
```
```{picture} graph
```
```python
>>> figure = viz.descent(lambda x: x ** 2, start=1.0, rate=0.1, steps=2)
```
```{picture} figure
```
"""


@pytest.fixture
def part(monkeypatch):
    """Import a file of docs/."""
    monkeypatch.syspath_prepend(str(DOCS))
    yield importlib.import_module
    for name in ("cards", "explored", "links", "pictured"):
        sys.modules.pop(name, None)


# ---------------------------------------------------------------------------------- pictures


def test_pictures_have_a_dark_twin_unless_they_have_a_theme_of_their_own(part, tmp_path):
    pictured = part("pictured")
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    session = pictured.Session(tmp_path / "page.md")
    graph, dark_graph = session.next_picture("graph")
    assert "bgcolor=white" in graph.source
    assert 'bgcolor="#14181f"' in dark_graph.source
    assert session.next_picture("graph")[1] is None, "it is black on white on purpose"
    figure, dark_figure = session.next_picture("figure")
    assert figure.get_facecolor() == (1, 1, 1, 1)
    assert dark_figure.get_facecolor()[:3] == pytest.approx((0x14 / 255, 0x18 / 255, 0x1F / 255))


@pytest.mark.parametrize(("statement", "name"), [
    ("graph = draw(y)", "graph"), ("figure = viz.fit(m, d)", "figure"), ("with no_grad():\n    figure = viz.fit(m, d)", "figure"),
    ("graph = draw(y, theme='dark')", ""), ("figure = Figure()", ""), ("y = x * 2", ""), ("draw(y)", ""),
    ("with style.context('dark'):\n    figure = viz.fit(m, d)", ""),
])  # fmt: skip
def test_which_statements_draw(part, statement, name):
    assert part("pictured").draws(statement) == name


def test_a_picture_says_its_size_and_what_it_shows_and_can_be_enlarged(part, tmp_path):
    pictured = part("pictured")
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    light, dark = pictured.Session(tmp_path / "page.md").next_picture("graph")
    shown = pictured.image(SimpleNamespace(outdir=tmp_path), "learn/a", light, "1", 'x < "y"', dark)
    assert {file.name for file in (tmp_path / "_pictures").iterdir()} == {"learn-a-1.svg", "learn-a-1-dark.svg"}
    assert shown.count('alt="x &lt; &quot;y&quot;"') == 2
    assert '<a class="enlarge" href="../_pictures/learn-a-1.svg"' in shown
    assert shown.index("only-light") < shown.index("only-dark")
    assert "min-width" in shown


# -------------------------------------------------------------------------------------- links


@pytest.mark.parametrize(("address", "wrong"), [
    ("b.html", ""), ("b.html#here", ""), ("#top", ""), ("https://example.org/", ""), ("mailto:a@example.org", ""), ("b.html#", ""),
    ("c.html", "no such file"), ("b.html#there", "no such place"), ("#here", "no such place"), ("picture.png", "no such file"),
])  # fmt: skip
def test_links_lead_somewhere(part, tmp_path, address, wrong):
    links = part("links")
    (tmp_path / "a.html").write_text('<p id="top"><a href="b.html">b</a>')
    (tmp_path / "b.html").write_text('<p id="here">')
    found = {file: links.Addresses(file) for file in (tmp_path / "a.html", tmp_path / "b.html")}
    assert found[tmp_path / "a.html"].addresses == {"b.html"}
    said = links.problem(address, tmp_path / "a.html", found)
    assert wrong in said if wrong else not said


def test_cards_have_both_pictures_where_there_are_two(part):
    cards = part("cards")
    both = cards.card("_pictures/draw-1.svg", "draw.html", "`draw` & co", "words")
    assert 'class="only-light" src="_pictures/draw-1.svg"' in both
    assert 'class="only-dark" src="_pictures/draw-1-dark.svg"' in both
    assert "<b><code>draw</code> &amp; co</b>" in both
    assert 'class="on-white" src="_examples/gpt.png"' in cards.card("_examples/gpt.png", "gpt.html", "GPT", "words")


def test_all_live_pages_that_are_shown_are_made(part):
    shown = {
        line.split()[1]
        for page in DOCS.rglob("*.md")
        for line in page.read_text("utf-8").splitlines()
        if line.startswith("```{live}")
    }
    assert shown
    assert shown <= part("explored").EXAMPLES.keys()


# ------------------------------------------------------------------------------------ scripts


@pytest.mark.browser
def test_a_program_is_copied_without_prompts_and_without_what_it_prints(chromium):
    page = chromium.new_page()
    prompts = '<span class="gp">&gt;&gt;&gt; </span>for x in a:\n<span class="gp">... </span>    print(x)\n<span class="gp">&gt;&gt;&gt;</span>\n1\n'
    for shown, copied in [(prompts, "for x in a:\n    print(x)\n\n"), ("pip install x\n", "pip install x\n")]:
        page.set_content(f"<pre>{shown}</pre>")
        page.add_script_tag(path=DOCS / "static" / "copy.js")
        assert page.evaluate("typed(document.querySelector('pre'))") == copied
    page.close()


@pytest.mark.browser
def test_a_click_enlarges_a_picture_and_escape_brings_the_page_back(chromium):
    page = chromium.new_page(viewport={"width": 400, "height": 600})
    source = "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='800' height='100'/>"
    page.set_content(
        f'<div class="on-white"><a class="enlarge" href="{source}"><img src="{source}" alt="wide" width="800" height="100" style="width: 90px"></a></div>'
    )
    page.add_script_tag(path=DOCS / "static" / "enlarge.js")
    page.click("a.enlarge")
    assert page.locator("dialog[open] img[alt=wide]").evaluate("(image) => image.width") == 800, (
        "no smaller than it is meant to be"
    )
    page.get_by_role("button", name="Larger").click()
    assert page.locator("dialog[open] img").evaluate("(image) => image.width") == 1000
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.evaluate("document.activeElement.className") == "enlarge", "where one was"
    page.close()
