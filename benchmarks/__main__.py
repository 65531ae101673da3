"""Prints all tables: ``python -m benchmarks [--quick] [TABLE ...]``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import Any

from .contest import contest


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("tables", nargs="*", metavar="TABLE", help=f"any of {', '.join(TABLES)}; all by default")
    options.add_argument("--quick", action="store_true", help="only to see that it works: the numbers mean little")
    chosen = options.parse_args()
    unknown = set(chosen.tables) - set(TABLES)
    if unknown:
        options.error(f"no such table: {', '.join(sorted(unknown))}")
    for name in chosen.tables or TABLES:
        TABLES[name](0.02 if chosen.quick else 3.0, chosen.quick)
        print()


def step(seconds: float, quick: bool) -> None:
    """A training step of the network."""
    print("One training step of 784-16-16-10, microseconds (and as a ratio to the best NumPy)\n")
    titles = {
        "best NumPy": "best",
        "tinygrad-edu": "ours",
        "  captured": "captured",
        "  its rules alone": "rules",
        "naive NumPy": "naive",
        "PyTorch eager": "pytorch",
    }
    table(
        "batch",
        titles,
        [
            (batch, contest([(t, f"network:{f}", {"batch": batch}) for t, f in titles.items()], seconds))
            for batch in ((1, 32) if quick else (1, 32, 128, 1024))
        ],
        "best NumPy",
    )


def operations(seconds: float, quick: bool) -> None:
    """Cost of an operation."""
    print("One operation of a chain, forward and backward, microseconds (and as a ratio to PyTorch)\n")
    rows = []
    for size in (1, 10_000) if quick else (1, 10_000, 1_000_000):
        for kind in ("multiply, add", "by a tensor", "tanh"):
            length = 60 if size > 1 else 1200
            arguments = {"size": size, "kind": kind, "length": length}
            found = contest(
                [
                    ("PyTorch eager", "operations:pytorch", arguments),
                    ("tinygrad-edu", "operations:ours", arguments),
                    ("  memory not reused", "operations:ours", {**arguments, "reuse": False}),
                    ("  captured", "operations:captured", arguments),
                ],
                seconds,
            )
            rows.append((f"{size:,} {kind}", {k: v / length for k, v in found.items()}))
    table(
        "elements, operation",
        dict.fromkeys(("PyTorch eager", "tinygrad-edu", "  memory not reused", "  captured")),
        rows,
        "PyTorch eager",
    )


def convolution(seconds: float, quick: bool) -> None:
    """A layer of convolutions."""
    print("A convolution of 28x28 images, forward and backward, microseconds (and as a ratio to PyTorch)\n")
    rows = []
    for batch, channels, kernel in (
        ((2, (3, 4), 3),) if quick else ((1, (16, 32), 3), (32, (16, 32), 3), (32, (1, 16), 5), (32, (32, 64), 1))
    ):
        arguments = {"batch": batch, "channels": channels, "kernel": kernel}
        found = contest(
            [("PyTorch eager", "convolution:pytorch", arguments), ("tinygrad-edu", "convolution:ours", arguments)],
            seconds,
        )
        rows.append((f"{batch}, {channels[0]} to {channels[1]}, {kernel}x{kernel}", found))
    table("batch, channels, kernel", dict.fromkeys(("PyTorch eager", "tinygrad-edu")), rows, "PyTorch eager")


def trainings(seconds: float, quick: bool) -> None:
    """Steps of whole trainings."""
    print("One training step of small networks, microseconds (and as a ratio to PyTorch)\n")
    titles = {"PyTorch eager": "pytorch", "tinygrad-edu": "ours", "  captured": "captured"}
    table(
        "network",
        titles,
        [
            (
                network,
                contest(
                    [(t, f"trainings:{f}", {"network": network}) for t, f in titles.items()],
                    seconds * 2,
                    2 if quick else 15,
                ),
            )
            for network in (
                ("perceptron",) if quick else ("perceptron", "digits", "convolution", "lstm", "transformer")
            )
        ],
        "PyTorch eager",
    )


def million(seconds: float, quick: bool) -> None:
    """The long chain."""
    n = 20_000 if quick else 1_000_000
    print(f"A chain of {n:,} operations on one number, an operation\n")
    print(f"{'':16}{'forward':>12}{'backward':>12}{'memory':>12}")
    for library in ("ours", "PyTorch"):
        program = (
            f"import json; from benchmarks.operations import million; print(json.dumps(million({library!r}, {n})))"
        )
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        if run.returncode:
            print(f"{library:16}{'not installed' if 'ModuleNotFound' in run.stderr else 'failed'}")
            continue
        r = json.loads(run.stdout)
        print(f"{library:16}{r['forward']:9.2f} us{r['backward']:9.2f} us{r['bytes']:10.0f} B")


def epoch(seconds: float, quick: bool) -> None:
    """The main job's first epoch as a whole process, beside importing PyTorch."""
    print("Whole processes, seconds\n")
    programs = {
        "start, read MNIST, train one epoch": "from benchmarks.epoch import first_epoch; first_epoch()",
        "import torch": "import torch",
    }
    best: dict[str, float] = {}
    for _ in range(1 if quick else 5):
        for title, program in programs.items():
            start = time.perf_counter()
            if subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 0:
                best[title] = min(best.get(title, 1e9), time.perf_counter() - start)
    for title in programs:
        print(f"{title:40}{best[title]:8.2f}" if title in best else f"{title:40}  not installed")


def table(label: str, titles: Any, rows: list[tuple[Any, dict[str, float]]], unit: str) -> None:
    """Times in microseconds, each with its ratio to the column `unit`."""
    print(f"{label:28}" + "".join(f"{t.strip():>24}" for t in titles))
    for name, found in rows:
        cells = (
            f"{found[t] * 1e6:12.1f}" + (f" ({found[t] / found[unit]:5.2f}) " if unit in found else " " * 9)
            if t in found
            else "not installed"
            for t in titles
        )
        print(f"{name!s:28}" + "".join(f"{c:>24}" for c in cells))


TABLES = {
    "step": step,
    "operations": operations,
    "convolution": convolution,
    "trainings": trainings,
    "million": million,
    "epoch": epoch,
}

if __name__ == "__main__":
    main()
