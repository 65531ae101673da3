"""The documentation is true: its programs run and print what it says, its tables hold, and its pointers point somewhere."""

import ast
import doctest
import html
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import Tensor

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [
    page for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("learn/*.md"))) if page.exists()
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

SLOW = {
    "quickstart.md",
    "descent.md",
    "gallery.md",
    "01-a-neuron.md",
    "04-two-dimensions.md",
    "10-does-it-learn.md",
}  # they train, or draw much


def from_root(page):
    return page.relative_to(ROOT).as_posix()


def blocks(page, language):
    """The fenced blocks of a language: for each, the line where it begins and its text."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(rf"^```{re.escape(language)}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text[: match.start(1)].count("\n"), match[1]


# --------------------------------------------------------------------------------- programs


@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=[pytest.mark.slow] * (p.name in SLOW), id=from_root(p)) for p in PAGES]
)
def test_programs(page, tmp_path, monkeypatch):
    """All blocks of a page in order, as one session; those with >>> must print what they show."""
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for line, text in blocks(page, "python"):
        if ">>>" not in text:
            exec(compile("\n" * line + text, str(page), "exec"), names)
            continue
        example = doctest.DocTestParser().get_doctest(text, names, page.name, str(page), line)
        example.globs = names  # the session's own, not a copy
        report = []
        runner.run(example, out=report.append, clear_globs=False)
        assert not runner.failures, "".join(report)
    for name in re.findall(r"^```\{picture\} (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert hasattr(names[name], "savefig") or hasattr(names[name], "write"), (
            f"{name} is a picture that Sphinx can show"
        )


def test_the_readme_commands_are_those_that_continuous_integration_runs():
    script, readme = ROOT / ".ci" / "run", (ROOT / "README.md").read_text(encoding="utf-8")
    shell = [line for _, text in blocks(ROOT / "README.md", "sh") for line in text.splitlines()]
    assert len(shell) == 2, "one line for the main job, one for the tests"
    assert "-m tinygrad_edu" in shell[0]
    assert "-m pytest" in shell[1]
    if not script.exists():
        pytest.skip("installed without .ci")
    pattern = re.search(r'grep -m1 -- "(.*)\$1" README\.md', script.read_text())
    assert pattern, "how .ci/run finds the lines"
    words = re.findall(r"\$\(readme_line (\w+)\)", script.read_text())
    found = [next(line for line in readme.splitlines() if re.match(pattern[1] + word, line)) for word in words]
    assert found == shell


def test_the_picture_of_a_neuron_is_what_its_example_draws(tmp_path):
    """The same boxes and numbers; where they lie is the layout program's business."""
    subprocess.run([sys.executable, ROOT / "examples" / "neuron.py", "neuron.svg"], cwd=tmp_path, check=True,
                   capture_output=True)  # fmt: skip

    def words(file):
        return sorted(html.unescape(word) for word in re.findall(r"<text[^>]*>(.*?)</text>", file.read_text("utf-8")))

    assert words(DOCS / "pictures" / "neuron.svg") == words(tmp_path / "neuron.svg"), "make it afresh with the example"


@pytest.mark.parametrize("page", PAGES, ids=from_root)
def test_no_line_is_taken_for_something_else(page):
    """A line that begins with % is a comment to MyST, and one with "1. " begins a list: a wrapped line may do so by accident."""
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"^%.*", text, re.MULTILINE)
    assert not re.findall(r"^\w.*\n1\. .*", text, re.MULTILINE)


# -------------------------------------------------------------------------------- the course


@pytest.mark.parametrize("chapter", sorted(DOCS.glob("learn/[0-9]*.md")), ids=from_root)
def test_chapters_are_built_alike(chapter):
    text = chapter.read_text(encoding="utf-8")
    assert text.rstrip().splitlines()[-1].startswith("Next: ["), "where to go from here"
    if chapter.name == "11-build-the-engine.md":
        return  # a series of tasks, see test_learn_tasks.py
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["The problem", "By hand", "By machine", "What can go wrong", "Try it yourself"]
    exercises = text.split("## Try it yourself")[1]
    assert 3 <= exercises.count(":::{dropdown} Solution") <= 5


def test_the_course_lists_its_chapters():
    listed = re.findall(r"\]\((\d\d-[\w-]+\.md)\)", (DOCS / "learn" / "index.md").read_text(encoding="utf-8"))
    assert listed == sorted(chapter.name for chapter in DOCS.glob("learn/[0-9]*.md"))


# ---------------------------------------------------------------------------- singular points


def rows():
    """The rows of the page's tables: expression, inputs, gradients, as code."""
    for number, line in enumerate((DOCS / "singular-points.md").read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.replace(r"\|", "¦").strip("|").split("|")]
        if line.startswith("| `"):
            codes = [cell.strip("`").replace("¦", "|") for cell in cells[:3]]
            yield pytest.param(*codes, id=f"line {number}: {codes[0]}")


def test_the_page_has_tables_of_points():
    assert len(list(rows())) > 30


@pytest.mark.parametrize(("expression", "inputs", "gradients"), list(rows()))
def test_singular_points(expression, inputs, gradients):
    names = {"np": np, "inf": np.inf, "nan": np.nan, **{k: getattr(tinygrad_edu, k) for k in tinygrad_edu.__all__}}
    leaves = {k: Tensor(v, requires_grad=True) for k, v in eval(f"dict({inputs})", names).items()}
    expected = eval(f"dict({gradients})", names)
    assert leaves.keys() == expected.keys()
    with np.errstate(all="ignore"):
        np.sum(eval(expression, {**names, **leaves})).backward()
    for name, leaf in leaves.items():
        np.testing.assert_array_equal(leaf.grad.data, expected[name], err_msg=name)


# ---------------------------------------------------------------- what the pages point at is there


def test_quoted_code_is_still_in_the_source():
    """Sphinx says so too, but later."""
    fences = re.findall(r"^```\{literalinclude\} (\S+)\n(.*?)^```$", (DOCS / "architecture.md").read_text("utf-8"),
                        re.MULTILINE | re.DOTALL)  # fmt: skip
    assert fences
    for path, options in fences:
        source = (DOCS / path).read_text(encoding="utf-8")
        for option, value in re.findall(r"^:([\w-]+): *(.*)$", options, re.MULTILINE):
            if option == "pyobject":
                assert value in definitions(source), f"{path} defines no {value}"
            elif option in ("start-at", "end-at", "start-after", "end-before"):
                assert value in source, f"{path} has no line with {value!r}"


def definitions(source):
    """Dotted names of the functions and classes."""

    def visit(node, prefix):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                yield prefix + child.name
                yield from visit(child, f"{prefix}{child.name}.")

    return set(visit(ast.parse(source), ""))


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "tests" / "README.md"], ids=from_root
)
def test_links_and_files_exist(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) if "://" not in link]
    pictures = re.findall(r"^```\{image\} (\S+)", text, re.MULTILINE)
    for link in links + pictures:
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:tests|examples|docs|benchmarks|tinygrad_edu)/(?!_build)[\w/.-]*)`", text):
        assert (ROOT / path).exists(), path


def test_the_house_is_as_the_page_draws_it():
    """Every file of the package, and no other."""
    [(_, tree)] = [block for block in blocks(DOCS / "architecture.md", "text") if "tinygrad_edu/" in block[1]]
    drawn, folders = set(), []
    for line in tree.splitlines():
        if not line.strip():
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        names = line.split("  ")[depth].strip().split()
        del folders[depth:]
        if names[0].endswith("/"):
            folders.append(names[0].rstrip("/"))
        drawn.update("/".join([*folders, name]) for name in names if name.endswith(".py"))
    package = {str(p.relative_to(ROOT)).replace("\\", "/") for p in (ROOT / "tinygrad_edu").rglob("*.py")}
    assert drawn == {p for p in package if not p.endswith("__init__.py")}, "bring the section The house up to date"


def test_each_promise_names_the_tests_that_hold_it():
    promised, _ = (DOCS / "promises.md").read_text(encoding="utf-8").split("## What is not promised")
    promises = re.findall(r"^- (.*?)(?=^- |^$|\Z)", promised, re.MULTILINE | re.DOTALL)
    assert len(promises) > 60
    for promise in promises:
        named = re.findall(r"`(tests/[\w/]+\.py)::([Tt]est\w+)`", promise)
        assert named, promise
        for file, name in named:
            assert re.search(rf"^(def {name}\(|{name} = )", (ROOT / file).read_text("utf-8"), re.MULTILINE), (
                f"{file} has no {name}"
            )


def test_the_versions_that_are_claimed_are_those_that_are_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = re.findall(r"Python :: (\d\.\d+)", "\n".join(project["classifiers"]))
    [numpy] = re.findall(r"^numpy>=(\S+)", "\n".join(project["dependencies"]), re.MULTILINE)
    assert project["requires-python"] == f">={pythons[0]}"
    assert f"CPython {', '.join(pythons[:-1])} and {pythons[-1]}, and with NumPy from {numpy} on" in (
        DOCS / "promises.md"
    ).read_text("utf-8")
    if not (ROOT / ".ci").exists():
        pytest.skip("installed without .ci")
    assert f'"numpy=={numpy}.0"' in (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert {"oldest", "newest", "versions"} <= sessions_of_continuous_integration()


def sessions_of_continuous_integration():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    loops = re.findall(r"^for session in ([\w -]+); do", script, re.MULTILINE)
    return {name for names in loops for name in names.split()} | set(re.findall(r"bin/nox -s ([\w-]+)", script))


def test_each_check_is_written_down_once_and_run_by_continuous_integration():
    """The sessions of nox, those that CONTRIBUTING lists, and those that `.ci/run` calls."""
    if not (ROOT / ".ci").exists():
        pytest.skip("installed without .ci")
    functions = [
        node for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    ]
    sessions = {
        f.name.replace("_", "-") for f in functions if any("nox.session" in ast.unparse(d) for d in f.decorator_list)
    }
    listed = set(re.findall(r"`nox -s ([\w-]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    contained = {
        "tests": "in the README's tests",
        "tests-all": "the README's tests",
        "sdist": "the first step of newest",
    }
    assert listed == sessions
    assert sessions_of_continuous_integration() == sessions - contained.keys()


def test_every_public_name_is_in_the_reference():
    reference = (DOCS / "api.md").read_text(encoding="utf-8")
    for path in "tinygrad_edu", "nn", "nn.init", "optim", "data", "training", "viz", "testing":
        module = import_module(path if path == "tinygrad_edu" else f"tinygrad_edu.{path}")
        for name in getattr(module, "__all__", [n for n in vars(module) if n.endswith("_")]):
            assert name.startswith("__") or re.search(rf"\b{name}\b", reference), f"{module.__name__}.{name}"
