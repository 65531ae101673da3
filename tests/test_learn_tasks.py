"""The tasks of the course's last chapter: the solutions pass, and typical mistakes are told for what they are."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
PROGRAM, CHAPTER = ROOT / "examples" / "build_the_engine.py", ROOT / "docs" / "learn" / "11-build-the-engine.md"
if not (PROGRAM.exists() and CHAPTER.exists()):
    pytest.skip("installed without examples", allow_module_level=True)
spec = importlib.util.spec_from_file_location("build_the_engine", PROGRAM)
tasks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tasks)

TITLES = [title for title, _, _ in tasks.TASKS]
SOLUTIONS = re.findall(
    r"^:::\{dropdown\} Solution\n```python\n(.*?)^```$", CHAPTER.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def checked(tmp_path, source):
    """What is told of each task that was come to."""
    file = tmp_path / "my_engine.py"
    file.write_text(source, encoding="utf-8")
    return list(tasks.check(file))


def test_the_chapter_has_all_tasks():
    headings = re.findall(r"^## (\d+)\. (.+)$", CHAPTER.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [(str(i), title) for i, title in enumerate(TITLES, 1)]
    assert len(SOLUTIONS) == len(TITLES)


@pytest.mark.parametrize("done", range(len(SOLUTIONS) + 1))
def test_each_solution_brings_one_task_further(tmp_path, done):
    told = checked(tmp_path, "\n".join(SOLUTIONS[:done]))
    assert told[:done] == [(title, None) for title in TITLES[:done]]
    assert [title for title, wrong in told[done:] if wrong] == TITLES[done : done + 1]


MISTAKES = [
    (1, "(self, other.value), (other, self.value)", "(self, self.value), (other, other.value)", "fast as the other one is large"),
    (1, "return Number(self.value + other.value, ", "return (self.value + other.value, ", "stops: AttributeError"),
    (1, "class Number:", "class Numbers:", "Your file has no `Number` yet"),
    (2, "found.get(node, 0) + slope", "slope", "when a number is used twice, both ways count"),
    (2, "walk(parent, slope * local)", "walk(parent, local)", "along a path, slopes multiply"),
    (3, SOLUTIONS[2], "", "is not done after 1,000,000 lines"),
    (3, "(-parent.order, parent)", "(parent.order, parent)", "before both parts have come"),
    (5, "_, node = heappop(waiting)", "_, node = waiting[0]", "is not done after 1,000,000 lines"),
    (4, "np.asarray(value, float)", "np.asarray(value)", "makes floating ones"),
    (4, "    __hash__ = object.__hash__\n", "", "takes the hash away"),
    (4, "fn, args, options)\n", "fn, values, options)\n", "we go back along them"),
    (4, "def __array_function__", "def array_function", "NumPy asks `__array_function__`"),
    (4, "np.lib.mixins.NDArrayOperatorsMixin", "object", "operators come from"),
    pytest.param(4, "a.value if isinstance(a, Tensor) else a", "a", "apply calls the function on the values",
                 marks=pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.3.0", reason="older NumPy overflows the stack")),
    (5, "if isinstance(argument, Tensor):", "if True:", "2 is no Tensor"),
    (5, "[lambda g, y, x: g * y]", "[lambda g, y, x: y]", "a rule answers g times the slope, and g is 3 here"),
    (5, "[lambda g, y, x: g * (1 - y * y)]", "[lambda g, y, x: g * (1 - x * x)]", "where y is the result"),
    (5, "    np.sin:      [lambda g, y, x: g * np.cos(x)],\n", "", "np.sin: g times the cosine"),
    (5, "found[argument] + d if argument in found else d", "d", "when a Tensor is used twice, both ways count"),
    (5, "(-argument.order, argument)", "(argument.order, argument)", "before both parts have come"),
    (5, "found.get(x, Tensor(np.zeros(x.value.shape)))", "found[x]", "does not depend on y, so its gradient is 0"),
    (6, "np.reshape(g, kept) * np.ones(shape)", "g * np.ones(shape)", "g has lost an axis"),
    (6, "spread(g, x.value.shape, axis)", "g", "each number that went into the sum gets a copy"),
    (6, "axis=None, keepdims=False", "axis=None", "keepdims too"),
    (7, "d = unbroadcast(d, argument.value.shape)", "pass", "row was stretched over 2 rows"),
    (7, "np.sum(g, stretched)", "np.sum(g, 0)", "column was stretched over 3 columns"),
    (8, "g @ b.T", "b.T @ g", "to the left factor: g @ b.T"),
    (8, "[lambda g, y, x: g.T]", "[lambda g, y, x: g]", "what comes back is turned, too"),
    (9, "gradients(f(x), [x])[0]", "Tensor(gradients(f(x), [x])[0].value)", "must compute with Tensors, not with their values"),
    (10, "p.value - 0.03", "p.value - 3.0", "in small steps"),
    (10, "p.value - 0.03", "p.value + 0.03", "go against the gradient"),
    (10, "p.value - 0.03", "p.value - 0.0003", "falls too slowly"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_told_for_what_it_is(tmp_path, number, right, wrong, told):
    *before, last = SOLUTIONS[:number]
    assert right in last
    title, message = checked(tmp_path, "\n".join([*before, last.replace(right, wrong)]))[-1]
    assert title == TITLES[number - 1]
    assert told in message


def test_an_error_is_told_with_its_line(tmp_path):
    [(_, message)] = checked(tmp_path, SOLUTIONS[0].replace("self.parents = parents", "self.parents = parent"))
    assert "stops in line 4 of your file: NameError: name 'parent' is not defined" in message


def test_the_chapter_shows_what_is_printed(tmp_path, capsys):
    file = tmp_path / "my_engine.py"
    file.write_text(SOLUTIONS[0] + SOLUTIONS[1].replace("found.get(node, 0) + slope", "slope"), encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        tasks.main([file])
    shown = capsys.readouterr().out + stopped.value.code
    assert f"```text\n{shown}\n```" in CHAPTER.read_text(encoding="utf-8")


def test_the_end_is_told(tmp_path, capsys):
    file = tmp_path / "my_engine.py"
    file.write_text("\n".join(SOLUTIONS), encoding="utf-8")
    before = sys.gettrace()
    tasks.main([file])
    assert capsys.readouterr().out.endswith("All 10 tasks are done. You have built the engine.\n")
    assert sys.gettrace() is before
