"""Simplified formulas: the same numbers, to the last digit, in fewer words."""

import operator
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu import Tensor, explain
from tinygrad_edu.introspection.formulas.simplify import simplify
from tinygrad_edu.introspection.formulas.symbol import Symbol
from tinygrad_edu.nn import functional as F
from tinygrad_edu.pytree import flatten

numbers = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, np.inf, np.nan])
literals = st.sampled_from([0, 1, 2, -1, -3, 0.0, 1.0, 0.5, -2.5, np.float64(1), np.float32(-2)])
INFIX = [operator.add, operator.sub, operator.mul, operator.truediv]
UNARY = [
    operator.neg, operator.pos, np.square, lambda x: x**0, lambda x: x**1, lambda x: x**2, lambda x: np.where(x != x, 0, x),
]  # fmt: skip
SHAPES = [
    np.transpose, lambda x: np.transpose(x, (1, 2, 0)), lambda x: np.swapaxes(x, 0, 1), lambda x: x.mT, lambda x: np.reshape(x, (3, 2)), lambda x: np.reshape(x, (-1,)), lambda x: np.reshape(x, (2, 3)),
    lambda x: np.sum(x, axis=0, keepdims=True), lambda x: np.sum(x), lambda x: np.swapaxes(x, -1, -1), lambda x: np.squeeze(x),
    lambda x: np.broadcast_to(x, x.shape), lambda x: x.astype(np.float64), lambda x: x.astype(np.float32),
]  # fmt: skip


@st.composite
def formulas(draw):
    """A formula of a few symbols, made of what simplification knows, in any order."""
    six = st.lists(numbers, min_size=6, max_size=6)
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    leaves = [Symbol(np.array(draw(six), dtype).reshape(2, 3), name) for name in "ab"]
    leaves += [Symbol(np.array(draw(numbers)), "s"), Symbol(np.array(draw(six), dtype).reshape(1, 2, 3), "c")]
    made = [*leaves]
    with np.errstate(all="ignore"):
        for _ in range(draw(st.integers(1, 8))):
            kind, x = draw(st.integers(0, 4)), draw(st.sampled_from([made[-1], *made[-2:]]))
            if kind == 0:
                f = draw(st.sampled_from(SHAPES))
            elif kind == 1:
                f = draw(st.sampled_from(UNARY))
            else:
                infix, other = draw(st.sampled_from(INFIX)), draw(literals | st.sampled_from(made))
                f = partial(infix, other) if kind == 2 else partial(flip, infix, other)
            try:
                y = f(x)
            except (ValueError, np.exceptions.AxisError):  # shapes that don't fit
                continue
            made.append(y)
    return made[-1]


def flip(infix, a, b):
    return infix(b, a)


def evaluate(x):
    """What a formula computes: the numbers of its symbols, through its functions."""
    if not isinstance(x, Symbol):
        return x
    if x.fn is None:
        return x.value
    leaves, rebuild = flatten((x.args, x.kwargs))
    args, kwargs = rebuild([evaluate(leaf) for leaf in leaves])
    with np.errstate(all="ignore"):
        return x.fn(*args, **kwargs)


@settings(max_examples=max(200, settings.default.max_examples))  # they are small
@given(formulas())
def test_a_simplified_formula_has_the_same_numbers(x):
    """To the last digit, whatever they are; only the sign of a zero may differ."""
    shorter = simplify(x)
    value = evaluate(shorter)
    np.testing.assert_array_equal(value, evaluate(x))
    np.testing.assert_array_equal(shorter.value, x.value)
    assert (value.shape, value.dtype) == (x.shape, x.dtype) == (shorter.shape, shorter.dtype)


@settings(max_examples=max(200, settings.default.max_examples))  # they are small
@given(formulas())
def test_simplification_is_over_when_it_is_done(x):
    shorter = simplify(x)
    assert len(repr(shorter).replace("isnan", "!=")) <= len(repr(x))
    assert repr(simplify(shorter)) == repr(shorter)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (lambda g, x: g * 2 * x**1, "g * 2 * x"),
        (lambda g, x: 1 * g * x**0, "g"),
        (lambda g, x: 0 + g / 1 - 0, "g"),
        (lambda g, x: 0 - g, "-g"),
        (lambda g, x: np.negative(-g), "g"),
        (lambda g, x: -(g - x), "x - g"),
        (lambda g, x: g + -x, "g - x"),
        (lambda g, x: -g + x, "x - g"),
        (lambda g, x: g - -x, "g + x"),
        (lambda g, x: g + x * -2, "g - x * 2"),
        (lambda g, x: -g * -x, "g * x"),
        (lambda g, x: g * (-x / 3), "-g * (x / 3)"),
        (lambda g, x: x - g * -x / 2, "x + g * x / 2"),
        (lambda g, x: np.sum(-g * x, axis=0), "-sum(g * x, axis=0)"),
        (lambda g, x: np.where(x != x, g, 0), "where(isnan(x), g, 0)"),
        (lambda g, x: np.transpose(g.mT) + np.swapaxes(x, 0, 0), "g + x"),
        (lambda g, x: np.transpose(np.transpose(g[None], (1, 2, 0)), (2, 0, 1)), "g[None]"),
        (lambda g, x: np.transpose(g[None].T, (1, 2, 0)), "transpose(g[None].T, (1, 2, 0))"),
        (lambda g, x: np.reshape(np.reshape(g, (6,)), (3, 2)), "reshape(g, (3, 2))"),
        (lambda g, x: np.squeeze(g).astype(np.float64), "g"),
        (lambda g, x: -(g // x) + -(g % x * x), "-(g // x) - g % x * x"),
        (lambda g, x: g * x / x, "g * x / x"),  # rounded twice, so it is not g
        (lambda g, x: np.exp(np.log(x)), "exp(log(x))"),
        (lambda g, x: np.sum(g, axis=0) * x**0, "sum(g, axis=0) * x ** 0"),  # which stretches it
        (lambda g, x: g.astype(np.float32) + 0, "g.astype(float32)"),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_left_out(formula, text):
    rng = np.random.default_rng(0)
    values = rng.uniform(0.5, 2, (2, 2, 3))
    x = formula(*(Symbol(value, name) for value, name in zip(values, "gx", strict=True)))
    assert repr(simplify(x)) == text


def test_operations_are_shown_as_they_were_written_unless_they_have_no_effect():
    x = Tensor([3.0], requires_grad=True)
    y = explain(x * 1 * -2 + -x)
    assert [" ".join(line.split()[:-1]) for line in y.text.splitlines()[3:7]] == [
        "v1 = x",
        "v2 = v1 * -2",
        "v3 = -x",
        "y = v2 + v3",
    ]


def test_derivatives_are_simplified():
    x = Tensor(3.0, requires_grad=True)
    assert "x.grad = y.grad * 2 * x " in explain(x**2).text
    assert "x.grad = y.grad * 2 * x**1" not in explain(x**2).text
    assert r"\bar{y} \cdot 2 \, x" in explain(x**2).latex
    assert r"\frac{g}{\left(1 + \left|x\right|\right)^{2}}" in explain(F.softsign, np.ones(2)).latex.replace(
        r"\bar{y}", "g"
    )
    assert "x.grad = y.grad / (1 + abs(x)) / (1 + abs(x)) " in explain(F.softsign, np.ones(2)).text
