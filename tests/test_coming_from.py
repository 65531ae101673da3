"""What you write there, what you write here: each right-hand side runs, and PyTorch answers the same."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu import Tensor

PAGE = Path(__file__).parent.parent / "docs" / "coming-from.md"
if not PAGE.exists():
    pytest.skip("installed without docs", allow_module_level=True)
TEXT = PAGE.read_text(encoding="utf-8")
[PREPARED, *_] = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def rows(section):
    text = TEXT.split(f"## From {section}")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", text, re.MULTILINE)


def names():
    found = {}
    exec(PREPARED, found)
    return found


def run(program, found):
    """Its value, if it is an expression."""
    try:
        code = compile(program, PAGE.name, "eval")
    except SyntaxError:
        return exec(program, found)
    return eval(code, found)


@pytest.mark.parametrize(("section", "count"), [("PyTorch", 37), ("JAX", 16), ("autograd", 12), ("micrograd", 9)])
def test_the_page_has_its_tables(section, count):
    assert len(rows(section)) == count


@pytest.mark.parametrize(
    "here", sorted({here for section in ("PyTorch", "JAX", "autograd", "micrograd") for _, here in rows(section)})
)
def test_what_is_written_here_runs(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = names()
    if here == "descent.step()":
        found["model"](found["x"]).sum().backward()  # what a step needs
    run(here, found)


@pytest.mark.oracle
@pytest.mark.parametrize(("there", "here"), rows("PyTorch"))
def test_pytorch_answers_the_same(there, here, tmp_path, monkeypatch):
    import torch
    from torch.utils.checkpoint import checkpoint

    monkeypatch.chdir(tmp_path)
    ours = names()
    model = torch.nn.Linear(2, 2, dtype=float)
    model.load_state_dict({k: torch.tensor(np.asarray(v)) for k, v in ours["model"].state_dict().items()})
    x = torch.tensor(ours["x"].data, requires_grad=True)
    theirs = {
        "torch": torch, "nn": torch.nn, "optim": torch.optim, "x": x, "v": torch.tensor(ours["v"]), "loss": (x * x).sum(),
        "f": lambda x: torch.sum(torch.exp(x)), "g": lambda x, y: torch.sum(x * y), "model": model, "parameters": list(model.parameters()),
        "targets": torch.tensor(ours["targets"].data), "descent": torch.optim.SGD(model.parameters(), lr=0.1),
        "pairs": [], "DataLoader": torch.utils.data.DataLoader, "checkpoint": checkpoint,
        "clip_grad_norm_": torch.nn.utils.clip_grad_norm_, "StepLR": torch.optim.lr_scheduler.StepLR,
    }  # fmt: skip
    answer = run(here, ours)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own deprecations
        expected = run(there, theirs)
    for mine, other in (answer, expected), (ours["x"].grad, theirs["x"].grad):
        if isinstance(other, torch.Tensor | np.ndarray | bool):
            mine = mine.data if isinstance(mine, Tensor) else mine
            other = other.detach().numpy() if isinstance(other, torch.Tensor) else other
            assert np.shape(mine) == np.shape(other)
            np.testing.assert_allclose(mine, other, rtol=1e-6)
