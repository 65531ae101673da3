"""The first engine, of a hundred lines: it is right, the page that grows it has all of it, and what is said of sizes is true."""

import ast
import importlib.util
import io
import re
import tokenize
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, func

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "examples" / "first_engine.py"
if not PROGRAM.exists():
    pytest.skip("installed without examples", allow_module_level=True)
spec = importlib.util.spec_from_file_location("first_engine", PROGRAM)
first = importlib.util.module_from_spec(spec)
spec.loader.exec_module(first)

ONE = {
    "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "negative": np.negative, "transpose": np.transpose,
    "log": lambda x: np.log(x * x + 1), "row": lambda x: np.reshape(x, (1, 6)), "sum": lambda x: np.sum(x, 0),
    "sums": lambda x: np.sum(x, 1, keepdims=True), "total": np.sum,
}  # fmt: skip
TWO = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": lambda a, b: a / (b * b + 1), "maximum": np.maximum,
    "matmul": lambda a, b: np.reshape(a, (3, 2)) @ np.reshape(b, (2, 3)),
}  # fmt: skip


def steps(draw):
    """Lines of a program: each takes results of earlier ones, and all have six numbers or fewer."""
    return draw(
        st.lists(
            st.tuples(st.sampled_from([*ONE, *TWO, *TWO]), st.integers(0, 99), st.integers(0, 99)),
            min_size=1,
            max_size=8,
        )
    )


def run(program, values):
    results = list(values)
    for name, i, j in program:
        a, b = results[i % len(results)], results[j % len(results)]
        shapes = [np.shape(getattr(x, "value", getattr(x, "_array", x))) for x in (a, b)]
        if name in ONE:
            if (name == "row" and np.prod(shapes[0]) != 6) or (
                name in ("sum", "sums", "transpose") and len(shapes[0]) != 2
            ):
                continue
            results.append(ONE[name](a))
        elif name == "matmul":
            if all(np.prod(shape) == 6 for shape in shapes):
                results.append(TWO[name](a, b))
        else:
            try:
                np.broadcast_shapes(*shapes)
            except ValueError:
                continue
            results.append(TWO[name](a, b))
    return np.sum(np.sin(results[-1]))


@given(st.data())
def test_it_computes_what_the_engine_computes(data):
    program = steps(data.draw)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    arrays = [rng.uniform(-1, 1, shape) for shape in ((2, 3), (3,), (2, 1), ())]

    tensors = [first.Tensor(a) for a in arrays]
    y = run(program, tensors)
    gradients = first.gradients(y, tensors)
    seconds = first.gradients(sum(np.sum(g * g) for g in gradients), tensors)

    def cost(*xs):
        return run(program, xs)

    def squares(*xs):
        return sum(np.sum(g * g) for g in func.grad(cost, (0, 1, 2, 3))(*xs))

    with np.errstate(all="ignore"):
        np.testing.assert_allclose(y.value, cost(*map(Tensor, arrays)).data, rtol=1e-9)
        if np.abs(y.value) < 1e6:
            for g, expected in zip(gradients, func.grad(cost, (0, 1, 2, 3))(*arrays), strict=True):
                np.testing.assert_allclose(g.value, expected.data, rtol=1e-6, atol=1e-9)
            for g, expected in zip(seconds, func.grad(squares, (0, 1, 2, 3))(*arrays), strict=True):
                np.testing.assert_allclose(g.value, expected.data, rtol=1e-6, atol=1e-6)


def test_each_function_of_its_table_is_tried():
    tried = {
        "exp",
        "sin",
        "cos",
        "tanh",
        "negative",
        "transpose",
        "log",
        "reshape",
        "sum",
        "add",
        "subtract",
        "multiply",
        "divide",
        "maximum",
        "matmul",
    }
    assert {fn.__name__ for fn, vjps in first.RULES.items() if vjps} == tried
    assert len(tried) == 15


def test_it_learns_the_exclusive_or():
    loss, answers = first.learn_xor(1000)
    assert loss < 1e-3
    assert answers.round().ravel().tolist() == [0, 1, 1, 0]


def test_the_page_has_all_of_it_word_for_word():
    source, page = PROGRAM.read_text(encoding="utf-8"), (ROOT / "docs" / "first-engine.md").read_text(encoding="utf-8")
    for part in ast.parse(source).body:
        if isinstance(part, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.Import | ast.ImportFrom):
            text = ast.get_source_segment(source, part)
            assert text in page or text == "import sys", "the page and the program are one text"
    assert len(source.splitlines()) <= 100


# ------------------------------------------------------------------------------------------- what there is to read

CORE = [
    "engine/node.py",
    "engine/table.py",
    "engine/forward.py",
    "engine/backward.py",
    "engine/unbroadcast.py",
    "engine/tensor_base.py",
    "tensor/tensor.py",
    "tensor/gradient.py",
]


def lines_of_code(path):
    """Lines with something on them that isn't a comment or a docstring."""
    source = path.read_text(encoding="utf-8")
    docstrings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    layout = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.ENCODING,
    }
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return len({line for t in tokens if t.type not in layout for line in range(t.start[0], t.end[0] + 1)} - docstrings)


@pytest.mark.parametrize("page", ["README.md", "docs/first-engine.md"])
def test_what_is_said_of_sizes_is_true(page):
    """Rounded to ten in the core, and to a thousand in all."""
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    core = sum(lines_of_code(ROOT / "tinygrad_edu" / name) for name in CORE)
    everything = sum(len(p.read_text(encoding="utf-8").splitlines()) for p in (ROOT / "tinygrad_edu").rglob("*.py"))
    said = re.search(r"100 lines.*?eight files, (\d+) lines of code.*?of ([\d,]+) lines", text)
    assert said, "what to read first, and how long it is"
    assert all(name in text for name in CORE) or page == "README.md"
    assert abs(int(said[1]) - core) <= 10, core
    assert abs(int(said[2].replace(",", "")) - everything) <= 1000, everything
