"""Lowering of functions that move numbers: views, indexing, writes into places, joining, padding."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...engine.masking import where_or_zero
from ...engine.sparse_gradient import gather_pieces
from ..functionalize import add_at, place_values
from ..tape import TapeLine
from ..tracer import astype
from .loops import CannotPrint, Read, View
from .lowering import Lowering, bind, lowers


@lowers(operator.getitem, np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.squeeze,
        np.expand_dims, np.broadcast_to, np.flip, np.fliplr, np.flipud, np.rot90, np.roll, np.repeat, np.tile, np.take,
        np.take_along_axis, np.diagonal, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.resize)  # fmt: skip
def move(to: Lowering, line: TapeLine) -> View:
    """Lower a function that only moves numbers. NumPy says how, on an array of small integers with the same steps.

    If its answer is a view, then it is one here, too: the same row of numbers with other steps. Otherwise NumPy moves
    the places of the numbers, and a loop reads them from this table.
    """
    view, rest = to.view(line.args[0]), to.known(line.args[1:])
    kwargs = {k: to.known(v) for k, v in line.kwargs.items()}
    return move_view(to, view, lambda x: line.fn(x, *rest, **kwargs))


def move_view(to: Lowering, view: View, fn: Any) -> View:
    """Return the view of ``fn(x)``, where `fn` only moves the numbers of `x`."""
    shape = np.shape(fn(np.broadcast_to(np.int8(0), view.shape)))
    if view.number is not None or 0 in shape:
        return View("", shape, (0,) * len(shape), 0, view.dtype, view.number or 0)
    row = np.zeros(to.length(view), np.int8)
    moved = fn(as_strided(row[view.start :], view.shape, view.steps))
    if np.may_share_memory(moved, row):
        start = moved.__array_interface__["data"][0] - row.__array_interface__["data"][0]
        return View(view.name, shape, moved.strides, start, view.dtype)
    return to.write(to.new(shape, view.dtype), read_places(to, view, fn))


def read_places(to: Lowering, view: View, fn: Any) -> Read:
    """Return the number of ``fn(x)`` at each place, read from the row of `x` by a table of places."""
    row = np.arange(to.length(view))
    table = to.constant(fn(as_strided(row[view.start :], view.shape, [row.itemsize * step for step in view.steps])))
    if table.number is not None:
        return Read(view.name, int(table.number), (0,) * len(table.shape))
    return Read(view.name, table.start, table.steps, table.name)


# ------------------------------------------------------------------------------------ copies and filled arrays


@lowers(np.copy, np.array, np.asarray, np.ascontiguousarray)
def copy(to: Lowering, line: TapeLine) -> View:
    return to.view(line.args[0])  # nothing is written into a view, so it is as good as a copy


@lowers(astype)
def convert(to: Lowering, line: TapeLine) -> View:
    view, dtype = to.view(line.args[0]), np.asarray(to.made).dtype
    if view.number is not None:
        return to.constant(np.asarray(to.made))
    if view.dtype == dtype:
        return view
    function = "not_equal_zero" if dtype.kind == "b" else "trunc" if dtype.kind in "iu" else "positive"
    return to.map(function, view)


@lowers(np.zeros_like, np.ones_like, np.full_like)
def fill(to: Lowering, line: TapeLine) -> View:
    number = {np.zeros_like: 0, np.ones_like: 1}.get(line.fn)
    if number is None:
        number = np.asarray(to.known(bind(line)["fill_value"])).item()
    made = np.asarray(to.made)
    return View("", made.shape, (0,) * made.ndim, 0, made.dtype, number)


@lowers(np.where)
def choose(to: Lowering, line: TapeLine) -> View:
    return to.map("where", *map(to.view, line.args))


@lowers(where_or_zero)
def choose_or_zero(to: Lowering, line: TapeLine) -> View:
    mask, x = map(to.view, line.args)
    return to.map("where", mask, x, to.constant(np.zeros((), x.dtype)))


@lowers(np.round)
def round_off(to: Lowering, line: TapeLine) -> View:
    scale = 10.0 ** to.known(bind(line).get("decimals", 0))
    x = to.view(line.args[0])
    return to.map("divide", to.map("rint", to.map("multiply", x, to.view(scale))), to.view(scale))


@lowers(np.clip)
def clip(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    x, low, high = to.view(call["a"]), *(call.get(f"a_{end}", call.get(end)) for end in ("min", "max"))
    for function, end in (("maximum", low), ("minimum", high)):
        if end is not None:
            x = to.map(function, x, to.view(end))
    return x


# ------------------------------------------------------------------------------------------------ writes into places


@lowers(place_values)
def place(to: Lowering, line: TapeLine) -> View:
    x, index, value = line.args
    return write_into(to, x, index, value, "set")


@lowers(add_at)
def accumulate_at(to: Lowering, line: TapeLine) -> View:
    ufunc, x, index, value = line.args
    if ufunc not in (np.add, np.multiply, np.maximum, np.minimum) or line.kwargs:
        raise CannotPrint(f"{ufunc.__name__}.at can't be written as loops yet")
    return write_into(to, x, index, value, ufunc.__name__)


@lowers(gather_pieces)
def gather(to: Lowering, line: TapeLine) -> View:
    array, shape, dtype, *pieces = line.args
    made = to.new(shape, dtype) if array is None else to.copy(to.view(array))
    for index, piece in zip(pieces[::2], pieces[1::2], strict=True):
        write_at(to, made, index, to.view(piece), "add")
    return made


def write_into(to: Lowering, x: Any, index: Any, value: Any, update: str) -> View:
    """Return a copy of `x` in which `value` is written at `index`."""
    made = to.copy(to.view(x))
    write_at(to, made, index, to.view(value), update)
    return made


def write_at(to: Lowering, made: View, index: Any, value: View, update: str) -> None:
    """Write the loop of ``made[index] = value``, or of an update."""
    at = to.known(index)
    row = np.arange(to.length(made))
    places = row.reshape(made.shape)[at]
    if not np.size(places):
        return
    if np.may_share_memory(places, row):
        view = move_view(to, made, lambda x: x[at])
        target = Read(view.name, view.start, view.steps)
    else:
        target = read_places(to, made, lambda x: x[at])
    to.loop(np.shape(places), target, value.read(np.shape(places)), update)


# ------------------------------------------------------------------------------------------------ joining, padding


@lowers(np.concatenate, np.stack)
def concatenate(to: Lowering, line: TapeLine) -> View:
    call, made = bind(line), to.new(np.shape(to.made))
    parts = [to.view(x) for x in (call["arrays"] if "arrays" in call else line.args[0])]
    axis, start = call.get("axis", 0), 0
    if axis is None:
        raise CannotPrint("concatenate with axis=None can't be written as loops yet")
    axis %= len(made.shape)
    for part in parts:
        if line.fn is np.stack:
            part = move_view(to, part, lambda x: np.expand_dims(x, axis))
        end = start + part.shape[axis]
        write_at(to, made, (slice(None),) * axis + (slice(start, end),), part, "set")
        start = end
    return made


@lowers(np.pad)
def pad(to: Lowering, line: TapeLine) -> View:
    call = bind(line)
    x, widths, mode = to.view(call["array"]), to.known(call["pad_width"]), call.get("mode", "constant")
    if mode != "constant":
        return move_view(
            to, x, lambda a: np.pad(a, widths, **{k: v for k, v in call.items() if k not in ("array", "pad_width")})
        )
    around = np.pad(np.zeros(x.shape), widths, constant_values=to.known(call.get("constant_values", 0)))
    made = to.copy(to.constant(around.astype(x.dtype)))
    widths = np.broadcast_to(widths, (len(x.shape), 2))
    write_at(to, made, tuple(slice(a, a + n) for (a, _), n in zip(widths, x.shape, strict=True)), x, "set")
    return made
