"""What earlier versions saved and pickled is still understood. The files in ``earlier`` were written before modules moved."""

import importlib
import inspect
import pickle
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import Tensor, fit, load, nn, optim
from tinygrad_edu.data import TensorDataset
from tinygrad_edu.former_names import FORMER

EARLIER = Path(__file__).parent / "earlier"


def objects():
    return pickle.loads((EARLIER / "objects.pickle").read_bytes())


def test_a_pickled_model_computes_what_it_computed_then():
    model, _, x, y, _, _ = objects()
    np.testing.assert_allclose(model(Tensor(x)).data, y, rtol=1e-6)


def test_a_pickled_optimizer_goes_on():
    model, optimizer, x, _, _, others = objects()
    before = [p.data.copy() for p in model.parameters()]
    (model(Tensor(x)) ** 2).sum().backward()
    optimizer.step()
    others["schedule"].step()
    assert all((p.data != b).any() for p, b in zip(model.parameters(), before))
    assert {int(s["step"]) for s in optimizer.state_dict()["state"].values()} == {3}


def test_pickled_functions_are_those_of_today():
    *_, functions, _ = objects()
    assert len(functions) > 60
    for name, function in functions.items():
        module, _, last = name.rpartition(".")
        today = getattr(__import__(module, fromlist=[last]), last)
        assert function is today, name


def test_other_pickled_objects():
    *_, others = objects()
    assert others["tensor"].requires_grad
    assert others["tensor"].name == "w"
    assert others["lstm"](Tensor(np.ones((2, 3, 4), np.float32)))[0].shape == (2, 3, 3)
    assert others["transformer"](Tensor(np.ones((2, 3, 4), np.float32))).shape == (2, 3, 4)
    np.testing.assert_allclose(others["captured"](np.array(0.5)), np.tanh(0.5))
    assert len(others["table"]) == 5


def test_saved_states_are_loaded():
    model, optimizer, *_ = objects()
    state = load(EARLIER / "state.npz")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    weights = load(EARLIER / "weights.safetensors")
    assert all((weights[name] == array).all() for name, array in model.state_dict().items())


def test_a_training_goes_on_from_a_checkpoint(tmp_path):
    *_, x, _, _, _ = objects()
    path = tmp_path / "checkpoint.npz"
    path.write_bytes((EARLIER / "checkpoint.npz").read_bytes())
    model = nn.Sequential(nn.Linear(4, 3))
    data = TensorDataset(x, np.array([0, 1, 2, 0, 1]))
    history = fit(
        model,
        data,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=0.1),
        epochs=3,
        seed=0,
        checkpoint=path,
        resume=True,
        progress=False,
    )
    assert len(history["loss"]) == 3


def test_modules_are_found_by_their_former_names():
    for name, today in FORMER.items():
        module = importlib.import_module(f"tinygrad_edu.{name}")
        for one in today.split():
            found = vars(importlib.import_module(f"tinygrad_edu.{one}"))
            names = [key for key, value in found.items() if not key.startswith("__") and not inspect.ismodule(value)]
            assert all(getattr(module, key) is found[key] for key in names), name
    assert callable(tinygrad_edu.primitive)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("tinygrad_edu.never")
