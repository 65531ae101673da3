"""Saved states: what is written is what is read; whole or not at all; no code in them; shared with PyTorch."""

import os
import subprocess
import sys
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_edu import Tensor, load, nn, optim, save
from tinygrad_edu import data as datasets

both = pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
DTYPES = [np.float64, np.float32, np.float16, np.int64, np.int32, np.uint8, np.bool_]


def model():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, dict):
        assert list(a) == list(b)
        for k in a:
            assert_same(a[k], b[k])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_same(x, y)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b or a != a


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=6).filter(lambda s: "\0" not in s)
arrays = st.sampled_from(DTYPES).flatmap(lambda t: npst.arrays(t, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)))
leaves = arrays | st.integers(-(2**60), 2**60) | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
states = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=2).map(tuple)
                      | st.dictionaries(names | st.integers(0, 9), inner, max_size=3), max_leaves=8)  # fmt: skip


@both
@given(state=states)
def test_what_is_written_is_what_is_read(tmp_path_factory, suffix, state):
    path = tmp_path_factory.mktemp("saved") / f"state{suffix}"
    save(path, state)
    assert_same(load(path), state)


@both
def test_models_and_optimisers_are_asked_for_their_state(tmp_path, suffix):
    path = tmp_path / f"training{suffix}"
    net = model()
    adam = optim.Adam(net.parameters())
    net(Tensor(np.ones((2, 3), np.float32))).sum().backward()
    adam.step()
    schedule = optim.StepLR(adam, 3)
    save(path, {"model": net, "adam": adam, "schedule": schedule, "epoch": 4, "x": Tensor([1.0, 2.0]), "best": np.float32(0.5)})
    state = load(path)
    other = model()
    other.load_state_dict(state["model"])
    resumed = optim.Adam(other.parameters())
    resumed.load_state_dict(state["adam"])
    assert_same(other.state_dict(), net.state_dict())
    assert_same(resumed.state_dict(), adam.state_dict())
    optim.StepLR(resumed, 3).load_state_dict(state["schedule"])
    assert state["epoch"] == 4
    assert state["x"].tolist() == [1, 2]
    assert state["best"] == 0.5


@both
def test_a_training_that_is_continued_is_the_same_bit_for_bit(tmp_path, suffix):
    x, t = np.random.default_rng(0).normal(size=(2, 60, 3)).astype(np.float32)
    path = tmp_path / f"state{suffix}"

    def start():
        nn.init.manual_seed(1)
        net = model()
        return net, optim.Adam(net.parameters(), lr=0.01), datasets.Batches(x, t[:, :1], size=8, seed=2)

    def epoch(net, adam, batches):
        for a, b in batches:
            adam.zero_grad()
            nn.MSELoss()(net(Tensor(a)), Tensor(b)).backward()
            adam.step()

    net, adam, batches = start()
    for i in range(4):
        epoch(net, adam, batches)
        if i == 1:
            save(path, {"net": net, "adam": adam, "order": batches._rng.bit_generator.state})
    again, resumed, order = start()
    state = load(path)
    again.load_state_dict(state["net"])
    resumed.load_state_dict(state["adam"])
    order._rng.bit_generator.state = state["order"]
    for _ in range(2):
        epoch(again, resumed, order)
    assert_same(again.state_dict(), net.state_dict())


# ---------------------------------------------------------------------------- whole or not at all


@both
def test_an_error_while_saving_leaves_the_old_file_and_no_other(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"state{suffix}"
    save(path, {"a": np.ones(3)})
    with pytest.raises(TypeError):
        save(path, {"a": object()})
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        save(path, {"a": np.zeros(3)})
    assert load(path)["a"].tolist() == [1, 1, 1]
    assert os.listdir(tmp_path) == [path.name]


@both
def test_a_process_that_dies_while_saving_leaves_the_old_file(tmp_path, suffix):
    path = tmp_path / f"state{suffix}"
    save(path, {"a": np.ones(3)})
    script = f"import os, numpy as np; from tinygrad_edu import save\nos.fsync = lambda fd: os._exit(9)\nsave({str(path)!r}, dict(a=np.zeros(3)))"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 9
    assert load(path)["a"].tolist() == [1, 1, 1]


# ---------------------------------------------------------------------------------- what is not read


def test_files_with_code_in_them_are_refused(tmp_path):
    path = tmp_path / "state.npz"
    np.savez(path, a=np.array([print], object))
    with pytest.raises(ValueError, match=r"state\.npz can't be read.*pickle"):
        load(path)


@both
def test_damaged_files_are_refused(tmp_path, suffix):
    path = tmp_path / f"state{suffix}"
    save(path, {"a": np.arange(100.0), "n": 3})
    whole = path.read_bytes()
    for broken in whole[: len(whole) // 2], b"", b"nonsense" * 100:
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="can't be read"):
            load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / f"absent{suffix}")


@pytest.mark.parametrize(("state", "message"), [
    ({"a": {1, 2}}, r"a is a set"), ({"a": [print]}, r"a\.0 is a builtin"), ({(1, 2): 3}, "keys of dicts must be strings or integers"),
    (np.array([None]), "array of objects"), (1j, "is a complex"),
])  # fmt: skip
def test_what_can_not_be_saved_says_where_it_is(tmp_path, state, message):
    with pytest.raises(TypeError, match=message):
        save(tmp_path / "x.npz", state)


def test_formats_and_suffixes(tmp_path):
    for wrong in "x", "x.pkl", "x.pt":
        with pytest.raises(ValueError, match=r"must be one of \.npz, \.safetensors"):
            save(tmp_path / wrong, {})
        with pytest.raises(ValueError, match=r"must be one of"):
            load(tmp_path / wrong)
    save(tmp_path / "x.npz", {"z": np.array([1j])})
    assert load(tmp_path / "x.npz")["z"].tolist() == [1j]
    with pytest.raises(TypeError, match=r"safetensors has no complex128.*\.npz"):
        save(tmp_path / "x.safetensors", {"z": np.array([1j])})


def test_a_models_npz_is_numpys(tmp_path):
    net = model()
    save(tmp_path / "net.npz", net)
    with np.load(tmp_path / "net.npz") as file:
        assert sorted(file) == sorted(net.state_dict())
    np.savez(tmp_path / "plain.npz", **net.state_dict())
    net.load_state_dict(load(tmp_path / "plain.npz"))
    assert zipfile.is_zipfile(tmp_path / "net.npz")


# ------------------------------------------------------------------------------------- with PyTorch


@pytest.mark.oracle
def test_weights_go_to_pytorch_and_come_back(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    net = model()
    twin = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    save(tmp_path / "ours.safetensors", net)
    twin.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_allclose(twin(torch.tensor(x)).detach().numpy(), net(Tensor(x)).data, rtol=1e-5, atol=1e-6)
    other = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    save_file(OrderedDict(other.state_dict()), tmp_path / "theirs.safetensors")
    net.load_state_dict(load(tmp_path / "theirs.safetensors"))
    np.testing.assert_allclose(other(torch.tensor(x)).detach().numpy(), net(Tensor(x)).data, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_a_file_has_the_rights_that_any_new_file_has(tmp_path, suffix):
    (tmp_path / "any").touch()
    save(tmp_path / f"state{suffix}", {"w": np.zeros(2)})
    assert (tmp_path / f"state{suffix}").stat().st_mode == (tmp_path / "any").stat().st_mode
