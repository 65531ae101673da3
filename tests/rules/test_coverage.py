"""Every public function of NumPy's is accounted for, and what the page says of it is true."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu import Tensor

PAGE = Path(__file__).parents[2] / "docs" / "numpy_functions.py"
spec = importlib.util.spec_from_file_location("numpy_functions", PAGE)
page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(page)

EVERY = [(space, name, fn) for space, module in page.SPACES.items() for name, fn in page.functions(module)]


@pytest.mark.parametrize("space", page.SPACES)
def test_no_public_function_is_forgotten(space):
    forgotten = [name for name, fn in page.functions(page.SPACES[space]) if not page.state(name, fn)]
    assert not forgotten, "give these a rule, or say in docs/numpy_functions.py why they have none"


def test_what_is_said_to_have_no_rule_has_none():
    known = {name for _, name, fn in EVERY if page.state(name, fn) in ("rule", "composite", "plain")}
    assert not known & (page.NEW_ARRAYS | page.NO_ARRAYS)


def test_advice_is_given_on_functions_that_exist():
    assert set(page.INSTEAD) <= {name for _, name, _ in EVERY} | {"row_stack", "trapz", "in1d"}


def test_the_table_holds_every_function_and_its_formula():
    lines = page.table("np.linalg")
    assert "| `inv` | has a rule | `y = inv(a)`<br>`a.grad = -y.mT @ g @ y.mT` |" in lines
    for name, _ in page.functions(np.linalg):
        assert any(f"`{name}`" in line.split("|")[1] for line in lines)


X = np.array([[3.0, 1.0], [2.0, 4.0]])
WRITES = {
    np.copyto: (0.0,), np.put: (0, 1.0), np.place: (X > 1, [0.0]), np.putmask: (X > 1, 0.0), np.fill_diagonal: (0.0,),
    np.put_along_axis: (np.array([[0], [1]]), 0.0, 1),
}  # fmt: skip


@pytest.mark.parametrize("fn", WRITES, ids=lambda fn: fn.__name__)
def test_a_function_that_writes_says_what_to_do_instead(fn):
    x = Tensor(X, requires_grad=True)
    with pytest.raises(NotImplementedError, match=r"can't be recorded: assign to a Tensor"):
        fn(x * 1, *WRITES[fn])
    constant = Tensor(X)
    fn(constant, *WRITES[fn])
    expected = X.copy()
    fn(expected, *WRITES[fn])
    np.testing.assert_array_equal(constant.data, expected)


@pytest.mark.parametrize("convert", [np.array, np.asarray, np.ascontiguousarray, np.asfortranarray, lambda x: np.array([x, x]),
                                     lambda x: np.full((2, 2, 2), x)])  # fmt: skip
def test_a_conversion_that_would_lose_the_graph_says_what_to_do_instead(convert):
    with pytest.raises(TypeError, match=r"lose its graph.*np\.stack"):
        convert(Tensor(X, requires_grad=True))
