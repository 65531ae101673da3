"""The examples say what they are and what came out of them. That they run is seen by continuous integration, with --quick."""

import ast
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "examples"
PROGRAMS = sorted(FOLDER.glob("*.py"))
if not PROGRAMS:
    pytest.skip("installed without examples", allow_module_level=True)

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
    files = {s for s in strings if re.fullmatch(r"\w+\.(png|svg)", s)} - {"neuron.svg"}  # which is only its default name
    assert files <= set(re.findall(r"\w+\.(?:png|svg)", ast.get_docstring(tree))), "told in the first lines"


@every_program
def test_it_has_a_quick_form(program):
    source = program.read_text(encoding="utf-8")
    assert '"--quick" in sys.argv' in source or program.name in ("neuron.py", "build_the_engine.py")  # which are quick, and pass over options


@every_program
def test_it_is_short(program):
    lines = program.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= (200 if program.name == "build_the_engine.py" else 150), "ten tasks and their checks take some more"
    assert max(map(len, lines)) <= 150


def test_the_course_has_them_all():
    course = re.findall(r"^\d+\. \*\*\[(\w+\.py)\]\((\w+\.py)\)", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert all(shown == linked for shown, linked in course)
    assert sorted(linked for _, linked in course) == [program.name for program in PROGRAMS]


def test_sonnets_have_fourteen_lines():
    text = (FOLDER / "sonnets.txt").read_text(encoding="utf-8")
    poems = text.removesuffix("\n").split("\n\n")
    assert len(poems) == len(set(poems)) == 59
    assert {len(poem.splitlines()) for poem in poems} == {14}
    assert text.isascii()
    assert all(line == line.strip() and 20 < len(line) < 70 for line in text.splitlines() if line)
