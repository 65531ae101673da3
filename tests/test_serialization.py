"""Saved states: what is written is what is read; whole or not at all; no code in them; shared with PyTorch."""

import contextlib
import errno
import io
import os
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_edu import Tensor, atomic_write, file_formats, load, nn, optim, save, serialization
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
names |= st.text(".01~", max_size=3) | st.sampled_from(
    ["array", "dict", "tuple", "a.npy", "../a", "/a"]
)  # that may be taken for others
arrays = st.sampled_from(DTYPES).flatmap(
    lambda t: npst.arrays(t, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
)
leaves = arrays | st.integers(-(2**60), 2**60) | st.floats() | st.booleans() | st.none() | st.text(max_size=5)
states = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=2).map(tuple)
                      | st.dictionaries(names | st.integers(0, 9), inner, max_size=3), max_leaves=8)  # fmt: skip


@both
@example(state={"b": np.ones(2), "a": np.zeros(2, np.uint8)})
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
    save(
        path,
        {
            "model": net,
            "adam": adam,
            "schedule": schedule,
            "epoch": 4,
            "x": Tensor([1.0, 2.0]),
            "best": np.float32(0.5),
        },
    )
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
@example(capacity=0.99999)
@given(capacity=st.floats(0, 1, exclude_max=True))
def test_a_full_disk_is_an_os_error_and_the_old_file_stays(tmp_path_factory, suffix, capacity):
    folder = tmp_path_factory.mktemp("disk")
    path = folder / f"state{suffix}"
    save(path, {"a": np.arange(2000.0), "n": [1]})
    whole = path.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            atomic_write, "create_locked", lambda name: io.BufferedWriter(Disk(name, int(capacity * len(whole))))
        )
        with pytest.raises(OSError, match="No space left") as caught:
            save(path, {"a": np.arange(2000.0) + 1, "n": [2]})
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == whole
    assert os.listdir(folder) == [path.name]


def test_an_interrupt_is_heard_though_the_disk_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic_write, "create_locked", lambda name: io.BufferedWriter(Disk(name, 0)))
    with pytest.raises(OSError, match="No space left"), atomic_write.replace_file(tmp_path / "a") as file:
        file.write(b"not written yet")
    with pytest.raises(OSError, match="No space left"):
        serialization.rehearse(tmp_path / "a.safetensors", {"n": 1})
    with pytest.raises(KeyboardInterrupt), atomic_write.replace_file(tmp_path / "a") as file:  # noqa: PT012
        file.write(b"not written yet")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


class Disk(io.FileIO):
    """A file on a disk that has room for so many bytes."""

    def __init__(self, name, capacity):
        super().__init__(name, "x")
        self.capacity = capacity

    def write(self, b):
        if self.tell() + len(b) > self.capacity:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(b)


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # an archive that the interrupt left half made
@both
def test_an_interrupt_at_any_line_is_an_interrupt_and_the_file_is_whole(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"state{suffix}"
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # which takes long
    files = {
        atomic_write.__file__,
        serialization.__file__,
        file_formats.__file__,
        zipfile.__file__,
        np.lib.format.write_array.__code__.co_filename,
    }
    old, new = {"a": np.zeros(3), "b": [1]}, {"a": np.ones(3), "b": [2]}
    save(path, old)
    lines, stop = 0, None

    def trace(frame, event, arg):
        nonlocal lines
        if (
            frame.f_code.co_filename not in files
            or frame.f_code.co_name == "__del__"
            or frame.f_back.f_code.co_name == "__del__"
        ):
            return None  # what is raised in a __del__ is raised to nobody
        if event == "line":
            lines += 1
            if lines == stop:
                raise KeyboardInterrupt
        return trace

    def traced():
        nonlocal lines
        lines, before = 0, sys.gettrace()
        sys.settrace(trace)
        try:
            save(path, new)
        finally:
            sys.settrace(before)

    traced()
    every = lines
    assert every > 50
    for stop in range(1, every + 1):  # noqa: B007  (`trace` reads it)
        save(path, old)
        with pytest.raises(KeyboardInterrupt):
            traced()
        assert load(path)["b"] in ([1], [2])
        assert os.listdir(tmp_path) == [path.name]


@both
def test_a_process_that_dies_while_saving_leaves_the_old_file(tmp_path, suffix):
    path = tmp_path / f"state{suffix}"
    save(path, {"a": np.ones(3)})
    script = f"import os, numpy as np; from tinygrad_edu import save\nos.fsync = lambda fd: os._exit(9)\nsave({str(path)!r}, dict(a=np.zeros(3)))"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 9
    assert load(path)["a"].tolist() == [1, 1, 1]
    assert len(os.listdir(tmp_path)) == 2
    save(tmp_path / f"another{suffix}", {"a": np.ones(3)})  # the next who saves there takes away what was left
    assert sorted(os.listdir(tmp_path)) == [f"another{suffix}", path.name]


@both
def test_what_another_is_writing_is_left_alone(tmp_path, suffix):
    with atomic_write.replace_file(tmp_path / "other") as file:
        file.write(b"half")
        [half] = os.listdir(tmp_path)
        save(tmp_path / f"state{suffix}", {"a": np.ones(3)})
        assert half in os.listdir(tmp_path)
        file.write(b", whole")
    assert (tmp_path / "other").read_bytes() == b"half, whole"
    assert sorted(os.listdir(tmp_path)) == ["other", f"state{suffix}"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such links for all")
def test_links_are_nothing_left_behind(tmp_path):
    (tmp_path / "kept").write_text("mine")
    (tmp_path / f"{atomic_write.UNFINISHED}0").symlink_to(tmp_path / "kept")
    save(tmp_path / "a.npz", {"n": 1})
    assert (tmp_path / f"{atomic_write.UNFINISHED}0").read_text() == "mine"


def test_what_is_taken_for_left_behind_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    flock, swept = fcntl.flock, []

    def late(file, how):
        if not swept:
            swept.append(file.name)
            atomic_write.remove_unfinished(str(tmp_path))
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    save(tmp_path / "a.npz", {"a": np.ones(3)})
    assert swept
    assert os.listdir(tmp_path) == ["a.npz"]


def test_it_is_held_until_it_is_in_its_place(tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: atomic_write.remove_unfinished(str(tmp_path)) or replace(a, b))
    save(tmp_path / "a.npz", {"n": 1})
    assert load(tmp_path / "a.npz") == {"n": 1}


def test_where_there_are_no_locks(tmp_path, monkeypatch):
    """As on Windows, where what is open can be neither moved nor removed."""
    monkeypatch.setattr(atomic_write, "fcntl", None)
    for change in "replace", "unlink":
        done = getattr(os, change)
        monkeypatch.setattr(os, change, lambda name, *to, done=done: refuse_if_open(name) or done(name, *to))
    (tmp_path / f"{atomic_write.UNFINISHED}0").touch()
    save(tmp_path / "a.npz", {"n": 1})
    with pytest.raises(KeyboardInterrupt), atomic_write.replace_file(tmp_path / "a.npz"):
        raise KeyboardInterrupt
    assert load(tmp_path / "a.npz") == {"n": 1}
    assert os.listdir(tmp_path) == ["a.npz"]


def refuse_if_open(name):
    for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else ():
        with contextlib.suppress(FileNotFoundError):
            assert os.readlink(f"/proc/self/fd/{fd}") != os.fspath(name)


# ------------------------------------------------------------------------------- links, rights, names


@both
def test_a_link_stays_a_link(tmp_path, suffix):
    (tmp_path / "far").mkdir()
    far, link = tmp_path / "far" / f"real{suffix}", tmp_path / f"link{suffix}"
    link.symlink_to(far)
    for n in 1, 2:  # the first makes the file that the link points to
        save(link, {"n": n})
        assert link.is_symlink()
        assert load(far) == load(link) == {"n": n}
    assert os.listdir(tmp_path / "far") == [far.name]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_file_that_is_there_keeps_its_rights(tmp_path, mode):
    path = tmp_path / "a.npz"
    save(path, {"n": 1})
    path.chmod(mode)
    save(path, {"n": 2})
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the administrator gives files away")
def test_a_file_that_is_there_keeps_its_owner(tmp_path):
    path = tmp_path / "a.npz"
    save(path, {"n": 1})
    os.chown(path, 65534, 65533)
    save(path, {"n": 2})
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65533)


@both
def test_names_may_be_as_long_as_names_can_be(tmp_path, suffix):
    path = tmp_path / ("a" * (255 - len(suffix)) + suffix)
    for n in 1, 2:
        save(path, {"n": n})
        assert load(path) == {"n": n}
    assert os.listdir(tmp_path) == [path.name]


@both
def test_errors_of_the_operating_system_are_what_they_are(tmp_path, suffix):
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / f"loop{suffix}").symlink_to(tmp_path / f"loop{suffix}")
    for use in load, lambda path: save(path, {"n": 1}):
        with pytest.raises((IsADirectoryError, PermissionError)):
            use(tmp_path / f"folder{suffix}")
        with pytest.raises(FileNotFoundError):
            use(tmp_path / "none" / f"a{suffix}")
        with pytest.raises(OSError, match="symbolic links"):
            use(tmp_path / f"loop{suffix}")
    assert sorted(os.listdir(tmp_path)) == [f"folder{suffix}", f"loop{suffix}"]


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="it takes rights that can be given up")
@both
def test_what_may_not_be_read_or_written_is_not_said_to_be_absent(suffix):
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"a{suffix}")
        save(path, {"n": 1})
        os.chmod(folder, 0o777)
        os.chmod(path, 0)
        try:
            if root:
                os.seteuid(65534)
            for use in load, lambda path: save(path, {"n": 2}):
                with pytest.raises(PermissionError):
                    use(path)
        finally:
            if root:
                os.seteuid(0)
        os.chmod(path, 0o600)
        assert load(path) == {"n": 1}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is always full")
@both
def test_a_device_is_written_to_and_not_replaced(tmp_path, suffix):
    (tmp_path / f"a{suffix}").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path / f"a{suffix}", {"a": np.ones(3)})
    serialization.rehearse(tmp_path / f"a{suffix}", {"a": np.ones(3)})  # by which nothing is written
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_trial_leaves_all_as_it_was(tmp_path):
    path = tmp_path / "a.npz"
    serialization.rehearse(path, {"n": 1})
    assert os.listdir(tmp_path) == []
    save(path, {"n": 1})
    serialization.rehearse(path, {"n": 2})
    assert load(path) == {"n": 1}
    with pytest.raises(TypeError, match="n is a set"):
        serialization.rehearse(path, {"n": {1}})
    with pytest.raises(IsADirectoryError):
        serialization.rehearse(os.makedirs(tmp_path / "f.npz") or tmp_path / "f.npz", {"n": 2})


# ---------------------------------------------------------------------------------- names of arrays

TWINS = {"a dotted key beside a nested one": {"net.0": {"weight": np.ones(2)}, "net": {"0.weight": np.zeros(2)}},
         "a part beside the whole": {"encoder.weight": np.ones(2), "encoder": {"weight": np.zeros(2)}}, "1 and '1'": {1: np.ones(2), "1": np.zeros(2)},
         "a list beside a number": {"l": [np.ones(2)], "l.0": np.zeros(2)}, "the name given instead": {"a.b": np.ones(2), "a": {"b": np.zeros(2)}, "a.b~2": np.full(2, 2.0)},
         "False and 0, in a tuple": ({False: np.ones(2)}, {0: np.zeros(2), "": np.full(2, 3.0)})}  # fmt: skip


@both
@pytest.mark.parametrize("state", TWINS.values(), ids=TWINS)
def test_two_arrays_never_have_one_name(tmp_path, suffix, state):
    save(tmp_path / f"a{suffix}", state)
    assert_same(load(tmp_path / f"a{suffix}"), state)


def test_the_second_of_a_name_is_numbered_2(tmp_path):
    save(tmp_path / "a.npz", {1: np.ones(2), "1": np.zeros(2), "n": [{"1": np.ones(1)}]})
    with np.load(tmp_path / "a.npz") as file:
        assert {*file} == {"1", "1~2", "n.0.1", "tinygrad_edu"}


@both
@pytest.mark.parametrize(("name", "why"), [("__metadata__", "use it themselves"), ("tinygrad_edu", "use it themselves"), ("a\0b", "a NUL"),
                                           ("é" * 31_000, "longer than 60000 bytes"), ("\ud800", "half a character")])  # fmt: skip
def test_names_that_files_can_not_hold_are_refused_when_saving(tmp_path, suffix, name, why):
    with pytest.raises(ValueError, match=f"no array can be called.*{why}"):
        save(tmp_path / f"a{suffix}", {name: np.ones(2)})
    save(tmp_path / f"a{suffix}", {name: 2})  # which is no array, and needs no name
    assert load(tmp_path / f"a{suffix}") == {name: 2}


@both
def test_names_may_be_of_60_000_bytes(tmp_path, suffix):
    name = "é" * 30_000
    save(tmp_path / f"a{suffix}", {name: np.ones(2)})
    assert_same(load(tmp_path / f"a{suffix}"), {name: np.ones(2)})
    with pytest.raises(ValueError, match="longer than 60000 bytes"):
        save(tmp_path / f"a{suffix}", {f"{name}a": np.ones(2)})


@both
def test_nests_that_hold_themselves_are_refused(tmp_path, suffix):
    nest = {}
    nest["again"] = [nest]
    with pytest.raises(ValueError, match="holds itself"):
        save(tmp_path / f"a{suffix}", nest)
    deep = np.ones(2)
    for i in range(100):
        deep = ({i: deep}, [deep], (deep,))[i % 3]
    save(tmp_path / f"a{suffix}", deep)
    assert_same(load(tmp_path / f"a{suffix}"), deep)
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        save(tmp_path / f"a{suffix}", [deep])


def test_what_the_formats_do_not_read_is_not_written(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="records of 2000 fields"):
        save(tmp_path / "a.npz", {"a": np.zeros(2, [(f"f{i}", float) for i in range(2000)])})
    records = np.zeros(2, [(f"f{i}", float) for i in range(300)])
    save(tmp_path / "a.npz", {"a": records})
    assert_same(load(tmp_path / "a.npz"), {"a": records})
    for n in 9_000, 9_001:
        name = "f" * (n - len("[('', '<f8')]"))
        with contextlib.nullcontext() if n == 9_000 else pytest.raises(ValueError, match="records of 1 fields"):
            save(tmp_path / "a.npz", {"a": np.zeros(2, [(name, float)])})
    assert_same(load(tmp_path / "a.npz")["a"].dtype.names, ("f" * 8_987,))


def test_names_may_take_as_much_as_safetensors_reads(tmp_path, monkeypatch):
    safetensors = pytest.importorskip("safetensors")
    for n, says in (100_000_000, "invalid ?header ?length"), (100_000_001, "header ?too ?large"):
        with pytest.raises(safetensors.SafetensorError, match=f"(?i){says}"):
            safetensors.deserialize(n.to_bytes(8, "little") + b"{}")
    assert file_formats.SAFETENSORS_HEADER == 100_000_000
    state = {f"{i}": np.ones(2) for i in range(3)}
    save(tmp_path / "a.safetensors", state)
    most = int.from_bytes((tmp_path / "a.safetensors").read_bytes()[:8], "little")
    monkeypatch.setattr(file_formats, "SAFETENSORS_HEADER", most)
    save(tmp_path / "a.safetensors", state)
    monkeypatch.setattr(file_formats, "SAFETENSORS_HEADER", most - 1)
    with pytest.raises(ValueError, match=r"names of the 3 arrays.*save to \.npz"):
        save(tmp_path / "a.safetensors", state)


def test_arrays_may_be_larger_than_an_archive_expects(tmp_path, monkeypatch):
    """Whoever writes as it goes must say beforehand that an entry may pass 2 GiB; here it passes a smaller limit."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    save(tmp_path / "a.npz", {"a": np.arange(1000)})
    assert_same(load(tmp_path / "a.npz"), {"a": np.arange(1000)})


# ---------------------------------------------------------------------------------- what is not read


def test_files_with_code_in_them_are_refused(tmp_path):
    path = tmp_path / "state.npz"
    np.savez(path, a=np.array([print], object))
    with pytest.raises(
        ValueError,
        match=r"state\.npz can't be read: a holds pickled Python objects.*np\.load\(path, allow_pickle=True\)",
    ):
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


@both
@settings(max_examples=40)
@given(
    cut=st.none() | st.floats(0, 1),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4),
)
def test_damage_anywhere_is_a_value_error_or_none(tmp_path_factory, suffix, cut, places):
    path = tmp_path_factory.mktemp("damaged") / f"state{suffix}"
    state = {"a": np.arange(5.0), "n": [1, {"z": np.ones((2, 3), np.float32)}]}
    save(path, state)
    content = bytearray(path.read_bytes())
    for where, change in places:
        content[int(where * len(content))] ^= change
    path.write_bytes(content if cut is None else content[: int(cut * len(content))])
    try:
        got = load(path)
    except ValueError as error:
        message = str(error)
    else:
        if suffix == ".npz" and set(state) == set(got):  # which has checksums of all but the names
            assert_same(got, state)
        return
    assert "can't be read" in message


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
