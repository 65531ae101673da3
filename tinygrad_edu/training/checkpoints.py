"""Checkpoints: all that a training is, in one file, so that it can go on as if there had been no break.

Saved are the model, the optimiser with its moments, the schedule, the history, the callbacks that have a state, and *the
generators*: those of the batches' orders, and that of ``manual_seed``, from which dropout draws.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..chance import generator
from ..saving import load, save
from .run import Run

MADE_BY = "fit 1"


def write(run: Run, path: Any) -> None:
    """Save the training as it is after an epoch, in the place of the one before."""
    save(path, {"made_by": MADE_BY, "stop": run.stop, **{name: part.state_dict() for name, part in parts(run).items()},
                "generator": generator().bit_generator.state,
                "callbacks": [c.state_dict() if hasattr(c, "state_dict") else None for c in run.callbacks]})


def resume(run: Run, path: Any) -> None:
    """Go on from the file, if there is one."""
    if path is None:
        raise ValueError("fit: resume=True needs a checkpoint=... to go on from")
    if not Path(path).exists():
        return
    state = load(path)
    if not isinstance(state, dict) or state.get("made_by") != MADE_BY:
        raise ValueError(f"{path} is no checkpoint of fit; to begin with the weights in it, use model.load_state_dict(load(path))")
    wanted, found = {*parts(run), f"{len(run.callbacks)} callbacks"}, {*(state.keys() & PARTS), f"{len(state['callbacks'])} callbacks"}
    if wanted != found:
        raise ValueError(f"{path} is of another training: it has {', '.join(sorted(found - wanted)) or 'nothing else'}, and this one has "
                         f"{', '.join(sorted(wanted - found)) or 'nothing else'}. Give fit the same arguments, or leave out resume=True")
    for name, part in parts(run).items():
        part.load_state_dict(state[name])
    for callback, saved in zip(run.callbacks, state["callbacks"], strict=True):
        if saved is not None:
            callback.load_state_dict(saved)
    generator().bit_generator.state = state["generator"]
    run.epoch, run.stop = run.history.epochs[-1], state["stop"]


PARTS = {"model", "optimizer", "history", "schedule", "loss", "data", "validation"}


def parts(run: Run) -> dict[str, Any]:
    """What has a state to be saved."""
    every = {"model": run.model, "optimizer": run.optimizer, "history": run.history, "schedule": run.schedule, "loss": run.loss,
             "data": run.batches, "validation": run.validation}
    return {name: part for name, part in every.items() if hasattr(part, "state_dict")}
