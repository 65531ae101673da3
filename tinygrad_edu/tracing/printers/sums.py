"""Lowering of reductions, running sums and products of matrices: loops whose statement adds to what is there."""

from __future__ import annotations

from functools import reduce as reduce_calls
from typing import Any

import numpy as np

from ..tape import TapeLine
from .loops import Call, CannotPrint, Expression, Position, Read, View, steps_of
from .lowering import Lowering, bind, lowers
from .moves import move_view

START = {"add": 0, "multiply": 1, "maximum": -np.inf, "minimum": np.inf, "logical_and": True, "logical_or": False}
UPDATES: dict[Any, str] = {np.sum: "add", np.add.reduce: "add", np.prod: "multiply", np.multiply.reduce: "multiply",
           np.max: "maximum", np.amax: "maximum", np.maximum.reduce: "maximum", np.min: "minimum", np.amin: "minimum",
           np.minimum.reduce: "minimum", np.all: "logical_and", np.logical_and.reduce: "logical_and",
           np.any: "logical_or", np.logical_or.reduce: "logical_or"}  # fmt: skip


@lowers(*UPDATES)
def reduce(to: Lowering, line: TapeLine) -> View:
    """Lower a sum, a product, a maximum or the like over some axes."""
    call = reduction(line)
    return fold_axes(to, to.view(line.args[0]), call, UPDATES[line.fn])


@lowers(np.mean)
def mean(to: Lowering, line: TapeLine) -> View:
    x = to.view(line.args[0])
    return average(to, x, reduction(line))


@lowers(np.var, np.std)
def variance(to: Lowering, line: TapeLine) -> View:
    call, x = reduction(line), to.view(line.args[0])
    far = to.map("subtract", x, average(to, x, {**call, "keepdims": True}))
    squares = to.map("square", far)
    total = fold_axes(to, squares, call, "add")
    y = to.map("divide", total, to.constant(np.asarray(count(x, call) - call.get("ddof", 0), float)))
    return to.map("sqrt", y) if line.fn is np.std else y


@lowers(np.linalg.vector_norm)
def vector_norm(to: Lowering, line: TapeLine) -> View:
    call = reduction(line)
    if call.get("ord", 2) != 2:
        raise CannotPrint("a norm of another order than 2 can't be written as loops yet")
    return to.map("sqrt", fold_axes(to, to.map("square", to.view(line.args[0])), call, "add"))


@lowers(np.argmax, np.argmin)
def argmax(to: Lowering, line: TapeLine) -> View:
    """Lower the place of the largest number: each place is tried, from the last to the first, and the first stays."""
    call, x = reduction(line), to.view(line.args[0])
    best = fold_axes(to, x, {**call, "keepdims": True}, "maximum" if line.fn is np.argmax else "minimum", x.dtype)
    axis = call.get("axis")
    if axis is None:
        raise CannotPrint(f"{line.fn.__name__} without an axis can't be written as loops yet")
    axis %= len(x.shape)
    n, made = x.shape[axis], to.new(np.shape(to.made))
    kept = View(made.name, best.shape, steps_of(best.shape), 0, made.dtype).read(x.shape)
    back = tuple(-s if i == axis else s for i, s in enumerate(x.steps))
    there = x.spread(back, x.steps[axis] * (n - 1))
    here = Position(n - 1, tuple(-1 if i == axis else 0 for i in range(len(x.shape))))
    found = Call("logical_or", (Call("equal", (there, best.read(x.shape))), Call("isnan", (there,))))
    to.loop(x.shape, kept, Call("where", (found, here, kept)))
    return made


def reduction(line: TapeLine) -> dict[str, Any]:
    """Return the arguments of a reduction by their names; refuse those that no loop is written for."""
    call = bind(line) if not hasattr(line.fn, "__self__") else {
        **dict(zip(("array", "axis", "dtype", "out", "keepdims"), line.args, strict=False)), **line.kwargs}  # fmt: skip
    for name in ("where", "initial", "out"):
        if call.get(name) is not None and call[name] is not np._NoValue and call[name] is not True:
            raise CannotPrint(f"{getattr(line.fn, '__name__', line.fn)} with {name}= can't be written as loops yet")
    if hasattr(line.fn, "__self__"):
        call.setdefault("axis", 0)
    return call


def axes_of(x: View, call: dict[str, Any]) -> list[int]:
    axis = call.get("axis")
    axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple | list) else [axis]
    return [a % len(x.shape) for a in axes]


def count(x: View, call: dict[str, Any]) -> int:
    return int(np.prod([x.shape[a] for a in axes_of(x, call)], dtype=int))


def average(to: Lowering, x: View, call: dict[str, Any]) -> View:
    total = fold_axes(to, x, call, "add")
    return to.map("divide", total, to.constant(np.asarray(count(x, call), float)))


def fold_axes(to: Lowering, x: View, call: dict[str, Any], update: str, dtype: Any = None) -> View:
    """Return `x` with some axes folded into one number each."""
    axes, keep = axes_of(x, call), call.get("keepdims") not in (None, False, np._NoValue)
    low = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    shape = low if keep else tuple(n for i, n in enumerate(x.shape) if i not in axes)
    made = to.new(shape, dtype)
    if START[update]:
        to.write(made, START[update])
    to.loop(x.shape, View(made.name, low, steps_of(low), 0, made.dtype).read(x.shape), x.read(x.shape), update)
    return made


@lowers(np.cumsum, np.cumprod)
def accumulate(to: Lowering, line: TapeLine) -> View:
    call, x = bind(line), to.view(line.args[0])
    if (axis := call.get("axis")) is None:
        x, axis = move_view(to, x, np.ravel), 0
    axis %= len(x.shape)
    made = to.write(to.new(x.shape), x.read(x.shape))
    counts = tuple(n - 1 if i == axis else n for i, n in enumerate(x.shape))
    before = made.spread(made.steps)
    target = Read(made.name, made.steps[axis], made.steps)
    to.loop(counts, target, before, "add" if line.fn is np.cumsum else "multiply")
    return made


# ------------------------------------------------------------------------------------------------ sums of products


def contract(to: Lowering, result: str, *factors: tuple[View, str]) -> View:
    """Return a sum of products: `einsum`, where each axis has a letter, and letters not in `result` are summed over."""
    sizes: dict[str, int] = {}
    for x, letters in factors:
        for letter, n in zip(letters, x.shape, strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1)) if n else 0
    order = [*result, *(letter for letter in sizes if letter not in result)]
    counts = tuple(sizes[letter] for letter in order)
    made = to.new(tuple(sizes[letter] for letter in result))

    def read(x: View, letters: str) -> Expression:
        if x.number is not None:
            return x.number  # type: ignore[no-any-return]
        steps = dict.fromkeys(order, 0)
        for letter, step, n in zip(letters, x.steps, x.shape, strict=True):
            steps[letter] += step if n > 1 else 0
        return x.spread(tuple(steps.values()))

    reads = [r for factor in factors if (r := read(*factor)) != 1] or [1]
    product = reduce_calls(lambda a, b: Call("multiply", (a, b)), reads)
    to.loop(counts, read(made, result), product, "add")
    return made


ROWS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@lowers(np.matmul)
def matmul(to: Lowering, line: TapeLine) -> View:
    a, b = map(to.view, line.args)
    more = max(len(a.shape), len(b.shape), 2) - 2
    left = ROWS[more - max(0, len(a.shape) - 2) : more] + ("ik" if len(a.shape) > 1 else "k")
    right = ROWS[more - max(0, len(b.shape) - 2) : more] + ("kj" if len(b.shape) > 1 else "k")
    ends = ("i" if len(a.shape) > 1 else "") + ("j" if len(b.shape) > 1 else "")
    return contract(to, ROWS[:more] + ends, (a, left), (b, right))


@lowers(np.dot, np.inner, np.vdot)
def dot(to: Lowering, line: TapeLine) -> View:
    a, b = map(to.view, line.args)
    if not a.shape or not b.shape:
        return to.map("multiply", a, b)
    left = ROWS[: len(a.shape) - 1] + "k"
    right = ROWS[len(a.shape) - 1 : len(a.shape) + len(b.shape) - 2]
    last = "k" if len(b.shape) == 1 or line.fn is np.inner else right[-1:]
    letters = right + "k" if last == "k" else right[:-1] + "k" + last
    return contract(to, left[:-1] + right, (a, left), (b, letters))


@lowers(np.tensordot)
def tensordot(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    a, b, axes = to.view(call["a"]), to.view(call["b"]), call.get("axes", 2)
    n = len(a.shape)
    if isinstance(axes, int):
        axes = list(range(n - axes, n)), list(range(axes))
    mine, others = ([x] if isinstance(x, int) else list(x) for x in axes)
    left = list(ROWS[:n])
    right = list(ROWS[n : n + len(b.shape)])
    for i, j in zip(mine, others, strict=True):
        right[j] = left[i]
    free = [*(x for x in left if x not in right), *(x for x in right if x not in left)]
    return contract(to, "".join(free), (a, "".join(left)), (b, "".join(right)))


@lowers(np.outer)
def outer(to: Lowering, line: TapeLine) -> View:
    a, b = map(to.view, line.args)
    if len(a.shape) != 1 or len(b.shape) != 1:
        raise CannotPrint("outer of arrays that aren't vectors can't be written as loops yet")
    return contract(to, "ij", (a, "i"), (b, "j"))


@lowers(np.einsum)
def einsum(to: Lowering, line: TapeLine) -> View:
    text, *arrays = line.args
    if not isinstance(text, str) or "." in text:
        raise CannotPrint("einsum with an ellipsis can't be written as loops yet")
    inputs, arrow, result = text.replace(" ", "").partition("->")
    letters = inputs.split(",")
    if not arrow:
        result = "".join(sorted(x for x in set("".join(letters)) if "".join(letters).count(x) == 1))
    return contract(to, result, *zip(map(to.view, arrays), letters, strict=True))


@lowers(np.trace)
def trace(to: Lowering, line: TapeLine) -> View:
    x = to.view(line.args[0])
    if len(line.args) > 1 or line.kwargs or len(x.shape) != 2:
        raise CannotPrint("trace of other diagonals than that of a matrix can't be written as loops yet")
    n = min(x.shape)
    made = to.new(())
    to.loop((n,), made.spread((0,)), x.spread((sum(x.steps),)), "add")
    return made
