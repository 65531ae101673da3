"""A traced run: a function and its derivative are run on Tracers, to record their NumPy calls and side effects."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from inspect import unwrap
from typing import Any

import numpy as np

from ..engine.node import new_order
from ..engine.tensor_base import TensorBase, copy_array, wrap
from ..engine.traversal import is_tracked
from ..optim.deferral import defer_calls
from ..optim.optimizer import Optimizer
from ..pytree import flatten
from .errors import CaptureError
from .isolation import numpy_array_of, record_isolated, require_unchanged, spent, walk_isolated
from .lines import is_check, places_behind
from .random_ops import record_draws
from .reachability import Reached
from .side_effects import GradientProbes
from .tape import Tape, call_key
from .tracer import Tracer
from .twins import standing_in

Fill = Callable[[tuple[Any, ...]], Any]  # calls the function, with other tensors for the arrays among its arguments


class Transcript:
    """The record of one run of a function, on Tracers for its arguments and for the other tensors that it may use.

    Parameters
    ----------
    fill : callable
        It calls the function, with given tensors for its arguments.
    xs, outer : tuples of Tensor
        The arguments, and the other tensors that the function may use.
    value
        The function's result when it was run on arrays.
    around : Reached
        The objects that the function may use.

    Attributes
    ----------
    tape : Tape
    sources : list of int
        The tensors that a program of the run depends on or changes, by their numbers among ``xs + outer``.
    given : list of places
        The places of the sources.
    results : list of Result
        The leaves of the function's result, which `rebuild` puts together.
    seeds : list
        For each result that was computed, the place of its gradient, or None.
    gradients : list of dicts
        For each result that was computed, the places of the gradients that it sends to the sources, by source.
    checks : list of lists of places
        For each result that was computed, the checks on the way back from it.
    effects : list of Effect
        The side effects on tensors, which are numbered as in `sources`.
    afterwards, forgotten
        The calls to be made when all is computed, and the sources whose gradients are forgotten after them.
    draws : bool
        Whether random numbers were drawn.
    """

    def __init__(self, fill: Fill, xs: tuple[Any, ...], outer: tuple[Any, ...], value: Any, around: Reached) -> None:
        self.tape = Tape()
        try:
            with require_unchanged(around):
                self.run(fill, xs, outer, flatten(value)[0], around.optimisers)
        except BaseException:
            self.tape.close(has_failed=True)
            raise

    def run(
        self, fill: Fill, xs: tuple[Any, ...], outer: tuple[Any, ...], was: list[Any], optimisers: list[Any]
    ) -> None:
        """Run the function on Tracers and note all attributes; `was` are the leaves of its result on arrays."""
        tape = self.tape
        inputs = tuple(wrap(tape.enter(numpy_array_of(x))) for x in xs)
        for x, stand_in in zip(xs, inputs, strict=True):
            stand_in.requires_grad = is_tracked(x)
        start = new_order()
        with (
            record_isolated(),
            standing_in(outer, [tape.enter(numpy_array_of(t)) for t in outer]),
            record_draws(tape) as draws,
        ):
            sources = inputs + outer
            places = [t._array.place for t in sources]
            probes = GradientProbes(tape, sources)
            with defer_calls(probes.pause) as self.afterwards:
                tape.closed_by, tape.ambient = self.afterwards, np.geterr()
                ys, self.rebuild = flatten(fill(inputs))
                tape.closed_by, tape.ambient = (), None
            self.results = [Result(y, x, is_tracked(y) and not spent(y, start)) for y, x in zip(ys, was, strict=True)]
            effects, forgotten = probes.end(ys)
            self.seeds: list[Any] = []
            self.gradients: list[dict[int, int]] = []
            self.checks: list[list[int]] = []
            for y, r in zip(ys, self.results, strict=True):
                if r.place is not None:
                    self.go_back(y, r.has_gradient, sources)
        self.draws = bool(draws.made)
        self.outputs = [r.place for r in self.results if r.place is not None] + [
            e.place for e in effects if e.place is not None
        ]
        used = places_behind(tape, [*self.outputs, *(place for part in self.gradients for place in part.values())])
        touched = {*(e.source for e in effects), *forgotten}
        self.sources = [i for i, place in enumerate(places) if i < len(xs) or place in used or i in touched]
        self.given = [places[i] for i in self.sources]
        self.gradients = [{n: part[i] for n, i in enumerate(self.sources) if i in part} for part in self.gradients]
        self.effects = [e._replace(source=self.sources.index(e.source)) for e in effects]
        self.forgotten = [self.sources.index(i) for i in forgotten]
        if any(
            isinstance(optimiser, Optimizer) and not any(optimiser is o for o in optimisers)
            for _, (optimiser, *_), _ in self.afterwards
        ):
            raise CaptureError(
                "capture: the optimiser of a step() here is made within the function, or can't be "
                "found; make it outside"
            )
        if any(
            isinstance(getattr(x, "_array", x), Tracer)
            for _, args, kwargs in self.afterwards
            for x in (*args, *kwargs.values())
        ):
            raise CaptureError(
                "capture: a step() takes an argument that the function computes, which is not known "
                "yet; call it outside"
            )

    def digest(self) -> tuple[Any, ...]:
        """Return a summary that is equal for two runs with the same lines, outputs and side effects."""
        lines = [
            hash((line.made, same_function(line.fn), call_key(line.args), call_key(line.kwargs)))
            for line in self.tape.lines
        ]
        return lines, self.sources, self.outputs, self.seeds, self.gradients, self.effects, self.forgotten

    def go_back(self, y: Any, has_gradient: bool, sources: tuple[Any, ...]) -> None:
        """Record the gradients that the sources get from a result."""
        start = len(self.tape.lines)
        g = self.tape.enter(np.ones(y.shape, y.dtype)) if has_gradient else None
        found = {} if g is None else walk_isolated([y], [g], [t._node for t in sources if is_tracked(t)])
        self.seeds.append(None if g is None else g.place)
        self.gradients.append(
            {i: self.tape.place_of(found[t._node]) for i, t in enumerate(sources) if t._node in found}
        )
        self.checks.append([line.made for line in self.tape.lines[start:] if is_check(line)])


def same_function(fn: Callable[..., Any]) -> Any:
    """Return a function's code, which is the same for functions that the same line of a program made."""
    return getattr(unwrap(fn), "__code__", fn)


class Result:
    """One leaf of the function's result; `was` is the same leaf when it was run on arrays."""

    def __init__(self, y: Any, was: Any, has_gradient: bool) -> None:
        array = y._array if isinstance(y, TensorBase) else y
        self.place = array.place if isinstance(array, Tracer) else None
        self.has_gradient = has_gradient and self.place is not None
        self.constant = None if self.place is not None else y
        # Each call makes a new one.
        self.is_made = self.place is None and y is not was and not isinstance(y, TensorBase | np.ndarray)
        if self.is_made:
            try:
                deepcopy(y)
            except TypeError as error:
                raise CaptureError(
                    f"capture: the function returns a new {type(y).__name__} in each call, and that "
                    "type can't be copied; let it return Tensors, arrays and numbers, in lists, tuples "
                    "and dicts"
                ) from error
        self.is_tensor, self.number = (
            isinstance(y, TensorBase),
            type(was) if isinstance(was, float | int | complex | np.generic) else None,
        )

    def of(self, y: Any) -> Any:
        """Return a replay's Tensor `y` as what the function returned: a Tensor, a number, or an array of the user's."""
        return y if self.is_tensor else self.number(y._array[()]) if self.number else np.array(y._array)

    def again(self) -> Any:
        """Return a result that is the same in each call, or a copy if the user may write into it."""
        if isinstance(self.constant, TensorBase | np.ndarray):
            return copy_array(self.constant)
        return deepcopy(self.constant) if self.is_made else self.constant
