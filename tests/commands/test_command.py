"""The command, as its user types it: what it prints, what it writes, and what it says to mistakes."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from tinygrad_edu.__main__ import main
from tinygrad_edu.commands.mnist_network import make_network
from tinygrad_edu.data import mnist, write_idx

PICTURES = {"curve.png", "weights.png", "guesses.png", "confusion.png", "network.png", "graph.svg"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a short training, and what it printed."""
    out = tmp_path_factory.mktemp("trained") / "new" / "folder"
    text = command("train", "--quick", "--epochs", "3", "--out", str(out))
    return out, text


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder of a few small images, of three classes."""
    folder, rng = tmp_path_factory.mktemp("small"), np.random.default_rng(0)
    for name, n in (("train", 64), ("t10k", 32)):
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", rng.integers(0, 256, (n, 8, 8), np.uint8))
        write_idx(folder / f"{name}-labels-idx1-ubyte.gz", (np.arange(n) % 3).astype(np.uint8))
    return folder


def command(*arguments, code=0, **kwargs):
    """Run it as a process; returns all that it printed."""
    run = subprocess.run([sys.executable, "-m", "tinygrad_edu", *arguments], capture_output=True, text=True, **kwargs)
    assert run.returncode == code, run.stderr
    return run.stdout + run.stderr


@pytest.mark.slow
def test_training_writes_the_weights_and_all_pictures(trained):
    out, text = trained
    assert {p.name for p in out.iterdir()} == PICTURES | {"weights.npz"}
    for path in out.iterdir():
        assert str(path) in text, "it says where each file lies"
        assert path.stat().st_size > 1000


@pytest.mark.slow
def test_training_tells_the_size_the_accuracy_and_the_harder_cases(trained):
    _, text = trained
    assert "13,002 weights and biases" in text
    assert "Accuracy on the 10,000 unseen test images" in text
    for case in ("shifted by 2 pixels", "rotated by 15 degrees", "much noise", "nothing but noise"):
        assert case in text


@pytest.mark.slow
def test_the_progress_bar_shows_cost_accuracy_and_speed(trained):
    _, text = trained
    assert "cost=" in text
    assert "accuracy=" in text
    assert "images/s" in text


@pytest.mark.slow
def test_the_written_weights_are_those_that_were_judged(trained):
    out, text = trained
    model = make_network((784, 16, 16, 10), seed=123)
    model.load_state_dict(np.load(out / "weights.npz"))
    images, labels = mnist().test
    share = np.mean(model(images).data.argmax(1) == labels)
    assert f"{share:.2%}" in text


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(trained, tmp_path):
    out, _ = trained
    main(["--quick", "--epochs", "3", "--out", str(tmp_path)])  # `train` is understood
    first, again = np.load(out / "weights.npz"), np.load(tmp_path / "weights.npz")
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])


@pytest.mark.slow
def test_a_folder_and_layers_of_ones_own_and_another_seed(small, tmp_path, capsys):
    weights = []
    for seed, hidden, said in (0, (), "64-16-16-3"), (1, (), "64-16-16-3"), (0, ("--hidden", "5"), "64-5-3"), (0, ("--hidden",), "64-3"):
        out = tmp_path / f"{len(weights)}"
        assert main(["--data", str(small), "--epochs", "1", "--seed", str(seed), "--out", str(out), *hidden]) == 0
        assert capsys.readouterr().out.startswith(f"{said} network")
        weights.append(np.load(out / "weights.npz")["0.weight"])
    assert [w.shape for w in weights] == [(16, 64), (16, 64), (5, 64), (3, 64)]
    assert (weights[0] != weights[1]).any()


@pytest.mark.slow
def test_interrupting_keeps_what_was_learnt(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "tinygrad_edu", "--epochs", "1000", "--out", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    seen = ""
    while "epoch 2/1000" not in seen:  # what it says is the signal, not the clock
        seen += process.stderr.read(64)
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "the weights learnt so far are kept" in text
    assert "Accuracy on" in text
    assert {p.name for p in tmp_path.iterdir()} == PICTURES | {"weights.npz"}


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["matplotlib", "tqdm"])
def test_without_an_extra_the_rest_is_done_and_it_says_what_to_install(missing, small, tmp_path):
    program = f"import sys; sys.modules[{missing!r}] = None; from tinygrad_edu.__main__ import main; sys.exit(main())"
    run = subprocess.run([sys.executable, "-c", program, "--data", str(small), "--epochs", "1", "--out", str(tmp_path)],
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "weights.npz").exists()
    assert (tmp_path / "graph.svg").exists()
    if missing == "matplotlib":
        assert "pip install 'tinygrad-edu[train]'" in run.stdout
    else:
        assert "epoch 1/1: cost" in run.stdout


def test_draw_and_check(tmp_path, capsys):
    assert main(["draw", "--out", str(tmp_path / "step.png"), "--batch", "2"]) == 0
    assert (tmp_path / "step.png").read_bytes().startswith(b"\x89PNG")
    assert main(["draw", "--out", str(tmp_path / "step.svg"), "--theme", "dark", "--depth", "0", "--detail", "low", "--legend"]) == 0
    picture = (tmp_path / "step.svg").read_text("utf-8")
    assert "Sequential" in picture
    assert "linear" not in picture
    assert main(["draw", "--out", str(tmp_path / "both.svg"), "--hidden", "4", "--backward"]) == 0
    assert "model.0.weight.grad" in (tmp_path / "both.svg").read_text("utf-8")
    assert main(["check", "--batch", "2", "--hidden", "4"]) == 0
    assert capsys.readouterr().out.count("agree with finite differences") == 4


@pytest.mark.parametrize(("arguments", "says"), [
    (["--epochs", "-1"], "--epochs: '-1' is not a whole number"),
    (["--batch", "0"], "must be at least 1"),
    (["--rate", "nan"], "must be a number from 0 up"),
    (["--hidden", "x"], "'x' is not a whole number"),
    (["fly"], "unrecognized arguments: fly"),
])  # fmt: skip
def test_bad_options_are_refused_in_words(arguments, says, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert says in capsys.readouterr().err


def test_a_missing_folder_is_said_in_one_line(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "train-images-idx3-ubyte" in error
    assert error.count("\n") == 1


def test_help_explains_every_option_of_training(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for option in ("--epochs", "--batch", "--rate", "--hidden", "--seed", "--data", "--out", "--quick", "train", "draw", "check"):
        assert option in text


def test_importing_the_package_is_light():
    program = ("import sys, tinygrad_edu; print([m for m in ('matplotlib', 'tqdm', 'graphviz', 'tinygrad_edu.nn', "
               "'tinygrad_edu.viz', 'tinygrad_edu.data', 'gzip') if m in sys.modules])")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
