"""The examples say what they are and what came out of them. That they run is seen by continuous integration, with --quick."""

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "examples"
DOCS = FOLDER.parent / "docs"
PROGRAMS = sorted(FOLDER.glob("*.py"))
if not PROGRAMS or not DOCS.exists():
    pytest.skip("installed without examples", allow_module_level=True)
spec = importlib.util.spec_from_file_location("notebooks", DOCS / "notebooks.py")
notebooks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(notebooks)

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@every_program
def test_its_first_lines_tell_how_to_run_it_and_what_came_out(program):
    text = ast.get_docstring(ast.parse(program.read_text(encoding="utf-8"))) or ""
    idea, *rest = text.split("\n\n")
    told = " ".join("\n".join(rest).split())
    assert 40 < len(idea) < 250, "one sentence that says the idea"
    assert f"python examples/{program.name}" in told
    assert re.search(r"\d", told), "a result that was seen"
    assert "Run whole" in told


@every_program
def test_the_pictures_it_writes_are_those_it_tells_of(program):
    tree = ast.parse(program.read_text(encoding="utf-8"))
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    files = {s for s in strings if re.fullmatch(r"\w+\.(png|svg)", s)}
    assert files <= set(re.findall(r"\w+\.(?:png|svg)", ast.get_docstring(tree))), "told in the first lines"


@every_program
def test_it_has_a_quick_form(program):
    source = program.read_text(encoding="utf-8")
    assert '"--quick" in sys.argv' in source or program.name in (
        "neuron.py",
        "build_the_engine.py",
    )  # which are quick, and pass over options


@every_program
def test_it_is_short(program):
    lines = program.read_text(encoding="utf-8").splitlines()
    assert sum(not line.startswith("# ") for line in lines) <= (
        200 if program.name == "build_the_engine.py" else 150
    ), "ten tasks and their checks take some more"
    assert max(map(len, lines)) <= 150


def test_the_course_has_them_all():
    course = re.findall(
        r"^\d+\. \*\*\[(\w+\.py)\]\((\w+\.py)\)", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert all(shown == linked for shown, linked in course)
    assert sorted(linked for _, linked in course) == [program.name for program in PROGRAMS]


# ------------------------------------------------------------------------------- pages and notebooks


@every_program
def test_it_has_a_page(program):
    page = DOCS / "learn" / "examples" / f"{program.stem}.md"
    assert re.match(rf"```\{{example\}} {program.name}( --quick)?\n```\n", page.read_text(encoding="utf-8"))


def test_pictures_of_whole_runs_are_kept_of_the_programs_that_are_too_slow():
    slow = {p.stem for p in (DOCS / "learn" / "examples").glob("*.md") if "--quick" in p.read_text(encoding="utf-8")}
    draw = {p.stem for p in PROGRAMS if "savefig(" in p.read_text(encoding="utf-8")}
    assert {picture.name for picture in (DOCS / "pictures" / "whole").iterdir()} == {
        f"{name}.png" for name in slow & draw
    }


def test_there_are_no_other_pages():
    pages = {page.stem for page in (DOCS / "learn" / "examples").glob("*.md")}
    assert pages == {program.stem for program in PROGRAMS} | {"index"}


@every_program
def test_it_is_told_in_cells(program):
    cells = notebooks.cells(program)
    assert re.match(r"# \w[^\n]{2,50}\n\n[A-Z0-9]", cells[0].source), "a short title, and a sentence"
    lines, kept = program.read_text(encoding="utf-8").splitlines(), []
    for cell in cells[1:]:
        if not cell.is_text:
            ast.parse(cell.source)
            assert cell.source.splitlines() == lines[cell.line : cell.line + cell.source.count("\n") + 1]
            kept.append(cell.source)
    assert ast.dump(ast.parse("\n".join(kept))) == ast.dump(ast.Module(ast.parse("\n".join(lines)).body[1:], [])), (
        "nothing is lost"
    )
    links = [link for cell in cells if cell.is_text for link in re.findall(r"\]\(([^)]+)\)", cell.source)]
    assert all((FOLDER / link).exists() for link in links)
    assert program.name == "first_engine.py" or any("docs/learn/" in link for link in links), (
        "which chapter explains it"
    )


@every_program
def test_it_is_a_notebook(program):
    notebook = json.loads(notebooks.notebook(program))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"]) > 1
    for cell in notebook["cells"]:
        wanted = {"id", "cell_type", "metadata", "source"} | (
            {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        )
        assert cell.keys() == wanted
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert "](../" not in text, "links that lead nowhere"
    assert "__file__" not in text, "a notebook has none"


@pytest.mark.parametrize("name", ["neuron", "xor", "newton", "build_the_engine"])
def test_a_notebook_runs_as_it_is(name, tmp_path, monkeypatch, capsys):
    """In Jupyter, the program's arguments are those of the kernel."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ipykernel_launcher.py", "-f", str(tmp_path / "kernel.json")])
    names = {"__name__": "__main__"}
    for cell in json.loads(notebooks.notebook(FOLDER / f"{name}.py"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    said = {
        "neuron": "nudge bias up",
        "xor": "1 xor 0 is 0.99",
        "newton": "after 7 steps: (1.0000, 1.0000)",
        "build_the_engine": "10. It learns",
    }
    assert said[name] in capsys.readouterr().out
    assert (tmp_path / "neuron.svg").exists() == (name == "neuron")
