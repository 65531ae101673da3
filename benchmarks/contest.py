"""A fair contest: every contestant in a process of its own, all measured in turn, in many short rounds.

Interleaving makes a busy machine slow for all alike; the smallest time of each is its own. Processes keep one
library's settings (threads, memory) from changing another's.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Sequence
from multiprocessing import get_context
from typing import Any

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def contest(
    contestants: Sequence[tuple[str, str, dict[str, Any]]], seconds: float, rounds: int = 30
) -> dict[str, float]:
    """Best time of one call, in seconds, for each contestant: ``(title, "module:function", arguments)``.

    The function makes what is timed: a callable without arguments. Contestants whose library is missing are left out.
    """
    spawn = get_context("spawn")
    workers = {}
    for title, place, arguments in contestants:
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=work, args=(theirs, place, arguments), daemon=True)
        process.start()
        if ours.recv() == "ready":
            workers[title] = ours
    best = dict.fromkeys(workers, float("inf"))
    for _ in range(rounds):
        for title, pipe in workers.items():
            pipe.send(seconds / rounds)
            best[title] = min(best[title], pipe.recv())
    for pipe in workers.values():
        pipe.send(None)
    return best


def work(pipe: Any, place: str, arguments: dict[str, Any]) -> None:
    """What a contestant's process does: make, warm up, and be timed whenever asked."""
    module, _, name = place.partition(":")
    try:
        step = getattr(importlib.import_module(f"benchmarks.{module}"), name)(**arguments)
    except ImportError:
        pipe.send("missing")
        return
    step()
    start = time.perf_counter()
    step()
    once = max(time.perf_counter() - start, 1e-7)
    pipe.send("ready")
    while (seconds := pipe.recv()) is not None:
        calls = max(1, min(100_000, int(seconds / once / 4)))
        best = float("inf")
        for _ in range(4):
            start = time.perf_counter()
            for _ in range(calls):
                step()
            best = min(best, (time.perf_counter() - start) / calls)
        pipe.send(best)
