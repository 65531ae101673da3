"""The checks, each by one command: ``nox -l`` lists them, ``nox -s lint`` runs one, ``nox`` the quick ones.

Nothing is installed for most of them: they run in the environment that nox itself is in, which is yours if you have
set it up as CONTRIBUTING says. What follows ``--`` goes to the program: ``nox -s tests -- -k tanh``. `.ci/run` calls
the same sessions.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nox

ROOT = Path(__file__).parent
OLDEST_NUMPY = "numpy==2.0.0"  # the oldest that pyproject.toml claims

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "house", "tests"]

# BLAS would start a thread for each core in each of pytest's processes.
for name in "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS":
    os.environ.setdefault(name, "1")


@nox.session
def lint(session):
    """Style, and the layout of what is formatted by a machine."""
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", ".")


@nox.session
def types(session):
    """What type checkers say of the package, and of its users' programs in tests/typing."""
    python(session, "-m", "mypy", *session.posargs)
    python(session, "-m", "pyright", "--pythonpath", sys.executable)


@nox.session
def house(session):
    """Which folder may import which, the names of tests that documents promise, and the docstrings."""
    python(
        session,
        "-m",
        "pytest",
        "-q",
        "tests/test_house.py",
        "tests/test_docs.py",
        "tests/test_docstrings.py",
        *session.posargs,
    )


@nox.session
def tests(session):
    """The quick suite, for while you work: all tests but the slow ones."""
    pytest(session, "not (slow or oracle or browser)")


@nox.session(name="tests-all")
def tests_all(session):
    """All tests that need neither PyTorch nor a browser, as the README runs them."""
    pytest(session, "not (oracle or browser)")


@nox.session
def oracle(session):
    """The comparisons with PyTorch, from the extra `oracle`."""
    python(session, "-m", "pytest", "-m", "oracle", *session.posargs)


@nox.session
def browser(session):
    """Pages in Chromium, with the extra `browser`."""
    python(session, "-m", "pytest", "-m", "browser", *session.posargs)


@nox.session
def docs(session):
    """The documentation, into docs/_build; every warning is an error."""
    python(session, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", "docs/_build")


@nox.session
def examples(session):
    """Each program of examples/ in its quick form, in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder, session.chdir(folder):
        for program in sorted((ROOT / "examples").glob("*.py")):
            python(session, str(program), "--quick")


@nox.session
def benchmarks(session):
    """The benchmarks in their quick form; `python -m benchmarks` runs them whole."""
    python(session, "-m", "benchmarks", "--quick", *session.posargs)


@nox.session
def commands(session):
    """The command `tinygrad-edu` as it is installed."""
    command = shutil.which("tinygrad-edu", path=str(Path(sys.executable).parent))
    if command is None:
        session.error("tinygrad-edu is not installed beside nox; CONTRIBUTING says how to set up")
    with tempfile.TemporaryDirectory() as folder, session.chdir(folder):
        session.run(command, "draw", "--out", "step.png", external=True)
        session.run(command, "check", external=True)


@nox.session
def sdist(session):
    """The source distribution holds every file that git holds, and so all that its tests need."""
    with tempfile.TemporaryDirectory() as folder:
        source_distribution(session, folder)


@nox.session
def oldest(session):
    """All tests with the oldest Python here and the oldest NumPy that is claimed."""
    with tempfile.TemporaryDirectory() as folder:
        there = environment(session, found_pythons()[0], folder)
        session.run(there, "-m", "pip", "install", "-q", OLDEST_NUMPY, "-e", ".[test]", external=True)
        pytest(session, "not (oracle or browser)", there)


@nox.session
def newest(session):
    """All tests with the newest Python here, from the source distribution, installed as a user would."""
    with tempfile.TemporaryDirectory() as folder:
        archive = source_distribution(session, folder)
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
        there = environment(session, found_pythons()[-1], folder)
        with session.chdir(str(archive).removesuffix(".tar.gz")):
            session.run(there, "-m", "pip", "install", "-q", ".[test]", external=True)
            pytest(session, "not (oracle or browser)", there)


@nox.session
def versions(session):
    """A smaller suite with every minor version of NumPy that is claimed, and with every Python here."""
    python(session, ".ci/versions")


def python(session, *arguments):
    session.run(sys.executable, *arguments, external=True)


def pytest(session, marks, python=sys.executable):
    session.run(python, "-m", "pytest", "-q", "-n", "2", "-m", marks, *session.posargs, external=True)


def found_pythons():
    return subprocess.check_output([sys.executable, ROOT / ".ci" / "pythons"], text=True).split()


def environment(session, python, folder):
    """The Python of a new virtual environment."""
    session.run(python, "-m", "venv", f"{folder}/venv", external=True)
    return f"{folder}/venv/{'Scripts' if os.name == 'nt' else 'bin'}/python"


def source_distribution(session, folder):
    """The path of a new source distribution, which has been compared with what git holds, where there is git."""
    listed_before = ROOT / "tinygrad_edu.egg-info" / "SOURCES.txt"  # setuptools would put in all that it names
    listed_before.unlink(missing_ok=True)
    session.run(sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), external=True, silent=True)
    [archive] = Path(folder).glob("*.tar.gz")
    with tarfile.open(archive) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    if (ROOT / ".git").exists():
        listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
        if missing := sorted({*filter(None, listed)} - held):
            session.error(f"not in the source distribution, see MANIFEST.in: {', '.join(missing)}")
    return archive
