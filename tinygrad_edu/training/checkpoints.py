"""Checkpoints: the whole state of a training in one file, so that it can continue as if there had been no break.

The file has the model, the optimiser with its moments, the schedule, the history, the callbacks that have a state, and
*the random generators*: those of the batches' orders, and that of ``manual_seed``, which dropout uses.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from .. import serialization
from ..rng import generator
from .run import Run

MADE_BY = "fit 1"


def write_checkpoint(run: Run, path: Any) -> None:
    """Save the training as it is after an epoch, in place of the last checkpoint."""
    serialization.save(path, state_of(run))


def begin_checkpoints(run: Run, path: Any, resume: bool) -> None:
    """Continue from the file, if wanted, and try whether `write_checkpoint` will work, before an epoch is lost.

    Errors change nothing.
    """
    if path is None:
        raise ValueError("fit: resume=True needs a checkpoint=... to continue from")
    before: list[tuple[Any, Any]] = []
    try:
        if resume:
            go_on(run, path, before)
        if run.epoch < run.epochs and not run.stop:
            serialization.rehearse(path, state_of(run))
    except BaseException:
        for part, state in reversed(before):  # a schedule sets the optimiser's rate, which that knows better
            with suppress(Exception):  # the first error counts
                part.load_state_dict(state)
        raise


def go_on(run: Run, path: Any, before: list[tuple[Any, Any]]) -> None:
    """Load everything from the file, if there is one; collect in `before` the states that it replaces."""
    try:
        state = serialization.load(path)
    except FileNotFoundError:
        return
    if not isinstance(state, dict) or not isinstance(state.get("made_by"), str) or state["made_by"] != MADE_BY:
        raise ValueError(
            f"{path} is not a checkpoint of fit; to begin with the weights in it, use model.load_state_dict(load(path))"
        )
    check_state(run, state, path)
    for name, part in [*stateful_parts(run).items(), ("generator", Generator())]:
        take_over(path, name, part, state[name], before)
    for i, (callback, saved) in enumerate(zip(run.callbacks, state["callbacks"], strict=True)):
        if saved is not None:
            take_over(path, f"callbacks, number {i}", callback, saved, before)
    if not run.history.epochs:
        raise ValueError(f"{path} can't be continued: 'history' has no epochs")
    run.epoch, run.stop = run.history.epochs[-1], state["stop"]


# ----------------------------------------------------------------------------------- what is saved

PARTS = {"model", "optimizer", "history", "schedule", "loss", "data", "validation"}


def state_of(run: Run) -> dict[str, Any]:
    """Return everything that a checkpoint has."""
    return {
        "made_by": MADE_BY,
        "stop": run.stop,
        **{name: part.state_dict() for name, part in stateful_parts(run).items()},
        "generator": Generator().state_dict(),
        "callbacks": [c.state_dict() if hasattr(c, "state_dict") else None for c in run.callbacks],
    }


def stateful_parts(run: Run) -> dict[str, Any]:
    """Return the parts of a training that have a state."""
    every = {
        "model": run.model,
        "optimizer": run.optimizer,
        "history": run.history,
        "schedule": run.schedule,
        "loss": run.loss,
        "data": run.batches,
        "validation": run.validation,
    }
    return {name: part for name, part in every.items() if hasattr(part, "state_dict")}


class Generator:
    """The generator of ``manual_seed``, as a part like the others."""

    def state_dict(self) -> Any:
        return generator().bit_generator.state

    def load_state_dict(self, state: Any) -> None:
        generator().bit_generator.state = state


# ----------------------------------------------------------------------------------- what is loaded


def check_state(run: Run, state: dict[str, Any], path: Any) -> None:
    """Raise an error if the state can be seen to be wrong without trying it."""
    kinds = {"stop": str, "generator": dict, "callbacks": list, "history": dict, "model": dict, "optimizer": dict}
    for name, kind in kinds.items():
        if not isinstance(state.get(name), kind):
            has = f"is a {type(state[name]).__name__}, and no {kind.__name__}" if name in state else "is missing"
            raise ValueError(f"{path} can't be continued: {name!r} {has}")
    wanted, found = (
        {*stateful_parts(run), f"{len(run.callbacks)} callbacks"},
        {*(state.keys() & PARTS), f"{len(state['callbacks'])} callbacks"},
    )
    if wanted != found:
        raise ValueError(
            f"{path} is of another training: it has {', '.join(sorted(found - wanted)) or 'nothing else'}, "
            f"and this one has {', '.join(sorted(wanted - found)) or 'nothing else'}. Give fit the same arguments, "
            "or leave out resume=True"
        )


def take_over(path: Any, name: str, part: Any, state: Any, before: list[tuple[Any, Any]]) -> None:
    """Load a part's state; any error becomes a ValueError that names the part."""
    try:
        own = part.state_dict()
        if name in ("schedule", "optimizer") and (missing := own.keys() - state.keys()):
            raise KeyError(min(missing))
        before.append((part, own))
        part.load_state_dict(state)
    except Exception as error:
        said = f"{error} is missing" if type(error) is KeyError and len(str(error)) < 40 else str(error)
        raise ValueError(f"{path} can't be continued, since its {name!r} does not fit: {said}") from error
