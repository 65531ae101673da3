"""Lowering of special functions: bells, error functions, recurrences."""

from __future__ import annotations

from ...rules.bells import steepness_of_sigmoid, steepness_of_tanh
from ...rules.neural import erf as error_functions
from ...rules.reductions import recurrence
from ..tape import TapeLine
from .loops import Call, View
from .lowering import Lowering, bind, lowers
from .moves import move_view


@lowers(error_functions.erf, error_functions.erfc)
def error_function(to: Lowering, line: TapeLine) -> View:
    return to.map(line.fn.__name__, to.view(line.args[0]))


@lowers(error_functions.gauss)
def gauss(to: Lowering, line: TapeLine) -> View:
    """Lower a derivative of ``exp(-x²)``, by the recurrence of Hermite's polynomials."""
    call = bind(line)
    x, before = to.view(call["x"]), to.view(0.0)
    end = error_functions.END[x.dtype.char]  # beyond it the bell is 0; infinity times 0 would not be
    x = to.map("minimum", to.map("maximum", x, to.view(-end)), to.view(end))
    y = to.map("exp", to.map("negative", to.map("square", x)))
    for i in range(call.get("k", 0)):
        down = to.map("multiply", before, to.view(float(i)))
        before, y = y, to.map("multiply", to.view(-2.0), to.map("add", to.map("multiply", x, y), down))
    return y


@lowers(steepness_of_sigmoid)
def sigmoid_slope(to: Lowering, line: TapeLine) -> View:
    return bell(to, to.view(line.args[1]))


@lowers(steepness_of_tanh)
def tanh_slope(to: Lowering, line: TapeLine) -> View:
    twice = to.map("multiply", to.view(2.0), to.view(line.args[1]))
    return to.map("multiply", to.view(4.0), bell(to, twice))


def bell(to: Lowering, x: View) -> View:
    """Return the derivative of the sigmoid function."""
    e = to.map("exp", to.map("negative", to.map("absolute", x)))
    return to.map("divide", e, to.map("square", to.map("add", to.view(1.0), e)))


@lowers(recurrence)
def repeat(to: Lowering, line: TapeLine) -> View:
    """Lower ``y[i] = a[i] * y[i - 1] + b[i]``: a loop that reads what it has written."""
    a, made = to.view(line.args[0]), to.copy(to.view(line.args[1]))
    later = move_view(to, a, lambda x: x[1:])
    before, here = made.spread(made.steps), made.spread(made.steps, made.steps[0])
    to.loop(later.shape, here, Call("multiply", (later.read(later.shape), before)), "add")
    return made
