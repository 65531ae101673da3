"""The operations of random programs, in families: each adds a line to a draft, if one makes sense.

A row of a table is the right-hand side of a line, with the condition under which it may be used, away from kinks and
poles. Nothing here is about derivatives: anybody who computes with arrays might write these lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .indices import axes, indices
from .program import item, literal_source
from .program_builder import Draft

MARGIN = 2e-3  # distance from a kink

Suits = Callable[..., Any]
FAMILIES: dict[str, Callable[[Draft], bool]] = {}


def family(fn: Callable[[Draft], bool]) -> Callable[[Draft], bool]:
    FAMILIES[fn.__name__] = fn
    return fn


# ------------------------------------------------------------------------------------ conditions of rows


def anywhere(*values: Any) -> bool:
    return True


def real(*values: Any) -> bool:
    return not any(map(np.iscomplexobj, values))


def nonzero_operation(x: Any) -> Any:
    return np.abs(x).min() > 0.05


def positive(x: Any) -> Any:
    return real(x) and x.min() > 0.05


def well_separated(*values: Any) -> Any:
    """Return whether no two elements that are compared are near each other."""
    if len(values) == 2:
        return real(*values) and np.abs(values[0] - values[1]).min() > MARGIN
    return real(*values) and np.diff(np.sort(values[0], None)).min(initial=1) > MARGIN


# --------------------------------------------------------------------------------- element by element

UNARY: dict[str, Suits] = {
    "np.sin({})": anywhere, "np.cos({})": anywhere, "np.exp({})": anywhere, "np.square({})": anywhere,
    "{} ** 3": anywhere, "-{}": anywhere, "2.5 * {}": anywhere, "1.5 - {}": anywhere,
    "np.tanh({})": lambda x: np.abs(np.imag(x)).max() < 1,
    "np.arctan({})": real, "np.arcsinh({})": real, "np.expm1({})": real, "sigmoid({})": real,
    "np.abs({})": nonzero_operation, "1 / {}": nonzero_operation,
    "relu({})": lambda x: real(x) and nonzero_operation(x),
    "np.clip({}, -1.0, 1.0)": lambda x: real(x) and np.abs(np.abs(x) - 1).min() > MARGIN,
    "np.sqrt({})": positive, "np.log({})": positive, "np.log1p({})": positive, "{} ** 1.5": positive,
    "np.real({})": np.iscomplexobj, "np.imag({})": np.iscomplexobj, "np.conjugate({})": np.iscomplexobj,
}  # fmt: skip

BINARY: dict[str, Suits] = {
    "{} + {}": anywhere, "{} - {}": anywhere, "{} * {}": anywhere, "{} / {}": lambda a, b: nonzero_operation(b),
    "np.logaddexp({}, {})": real, "{} ** {}": lambda a, b: real(a, b) and positive(a),
    "np.maximum({}, {})": well_separated, "np.minimum({}, {})": well_separated,
    "np.hypot({}, {})": lambda a, b: real(a, b) and nonzero_operation(np.hypot(a, b)),
    "np.arctan2({}, {})": lambda a, b: real(a, b) and nonzero_operation(np.hypot(np.minimum(a, 0), b)),
}  # fmt: skip


@family
def unary(draft: Draft) -> bool:
    return draft.choose(UNARY, draft.pick())


def two(draft: Draft) -> tuple[str, Any]:
    """Draw the names of two values that broadcast against each other; they may be the same."""
    a = draft.pick()
    shape = draft.values[a].shape

    def fits(b: Any) -> bool:
        return all(m == n or 1 in (m, n) for m, n in zip(shape[::-1], b.shape[::-1]))

    return a, draft.pick(fits)


@family
def binary(draft: Draft) -> bool:
    return draft.choose(BINARY, *two(draft))


# ------------------------------------------------------------------------------------ along axes


@family
def reduction(draft: Draft) -> bool:
    x = draft.pick()
    axis = draft.draw(axes(draft.values[x].ndim))
    rows: dict[str, Suits] = {
        "np.sum({})": anywhere, "np.mean({})": anywhere, "np.prod({})": anywhere, "np.var({})": anywhere,
        "np.std({})": lambda x: np.std(x, axis).min() > 0.05,
        "np.var({}, ddof=1)": lambda x: np.std(x, axis).min() > 0.05,
        "np.max({})": well_separated, "np.min({})": well_separated,
    }  # fmt: skip
    along = f"{{}}, axis={axis}, keepdims={draft.among((False, True))}"
    return draft.choose({row.replace("{}", along): suits for row, suits in rows.items()}, x)


@family
def cumulative(draft: Draft) -> bool:
    x = draft.pick(np.ndim)
    rows: dict[str, Suits] = {"np.cumsum({})": anywhere, "np.cumprod({})": anywhere, "softmax({})": real,
                              "log_softmax({})": real,
                              "np.sort({})": well_separated}  # fmt: skip
    along = f"{{}}, {draft.among(range(-n, n))}" if x and (n := draft.values[x].ndim) else "{}"
    return draft.choose({row.replace("{}", along): suits for row, suits in rows.items()}, x)


# ------------------------------------------------------------------------------------ shapes and places


@family
def layout(draft: Draft) -> bool:
    x = draft.pick()
    shape = draft.values[x].shape
    n = len(shape)
    rows = ["{}.T", "np.ravel({})", "np.squeeze({})", f"np.expand_dims({{}}, {draft.among(range(-n - 1, n + 1))})",
            f"np.transpose({{}}, {draft.order(range(n))})",
            f"np.reshape({{}}, {draft.order([*shape, *[1] * (n < 3)])})",
            f"np.reshape({{}}, {draft.among([-1, (1, -1), (-1, 1)])})",
            f"np.broadcast_to({{}}, {(draft.among((1, 2)), *(2 if m == 1 else m for m in shape))})"]  # fmt: skip
    if n:
        axis = draft.among(range(-n, n))
        rows += [f"np.flip({{}}, {axis})", f"np.roll({{}}, {draft.among((1, -1, 2))}, {axis})",
                 f"np.repeat({{}}, 2, {axis})",
                 f"np.tile({{}}, {(2,) * draft.among((1, 2))})", f"np.moveaxis({{}}, {axis}, 0)"]  # fmt: skip
    return draft.choose(dict.fromkeys(rows, anywhere), x)


@family
def items(draft: Draft) -> bool:
    x = draft.pick()
    return draft.add(f"{{}}[{item(draft.draw(indices(draft.values[x].shape)))}]", x)


@family
def assignment(draft: Draft) -> bool:
    x = draft.pick()
    old = draft.values[x]
    index = draft.draw(indices(old.shape))
    place = old[index]
    if not place.size:
        return False

    def fits(y: Any) -> bool:
        right = real(y) or not real(old)
        return right and all(n in (1, m) for n, m in zip(y.shape[::-1], place.shape[::-1])) and y.ndim <= place.ndim

    value = draft.pick(fits)
    verb = draft.among(["=", "+=", "*="])
    then = f"{{0}}[{item(index)}] {verb} " + ("0.5" if value is None or not draft.among(range(5)) else "{2}")
    return draft.add("np.copy({})", x, *([] if value is None else [value]), then=then)


@family
def conversion(draft: Draft) -> bool:
    x = draft.pick()
    others = [t for t in draft.dtypes if t != draft.values[x].dtype and (t.kind == "c" or real(draft.values[x]))]
    if not others:
        return False
    return draft.add(f"{{}}.astype(np.{draft.among(others)})", x)


# ---------------------------------------------------------------------------------- several together


@family
def join_operations(draft: Draft) -> bool:
    first = draft.pick()
    shape = draft.values[first].shape
    if not shape or draft.among((False, True)):
        same = [draft.pick(lambda x: x.shape == shape) for _ in range(draft.among((1, 2)))]
        return draft.add(f"np.stack([{{}}, {', '.join(same)}], {draft.among(range(-1, len(shape) + 1))})", first, *same)
    axis = draft.among(range(len(shape)))
    around = shape[:axis], shape[axis + 1 :]
    other = draft.pick(lambda x: x.ndim == len(shape) and (x.shape[:axis], x.shape[axis + 1 :]) == around)
    return draft.add(f"np.concatenate([{{}}, {{}}], {axis})", first, other)


@family
def choice(draft: Draft) -> bool:
    a, b = two(draft)
    shape = np.broadcast_shapes(draft.values[a].shape, draft.values[b].shape)[-draft.among((1, 2)) :]
    mask = np.array([draft.among((False, True)) for _ in range(math.prod(shape))], bool).reshape(shape)
    return draft.choose(
        {
            f"np.where({literal_source(mask)}, {{}}, {{}})": anywhere,
            "np.where({0} > {1}, {0}, {1} * {1})": well_separated,
        },
        a,
        b,
    )


@family
def product(draft: Draft) -> bool:
    row = draft.among(
        [
            "{} @ {}",
            "{} @ np.swapaxes({}, -1, -2)",
            "np.dot({}, {})",
            "np.outer({}, {})",
            "np.einsum('...i,...i->...', {}, {})",
            "np.inner({}, {})",
        ]
    )
    a = draft.pick(lambda x: 0 < x.ndim < 4)
    partners = [
        b
        for b in draft.values
        if a and np.ndim(draft.values[b]) and draft.try_out("y = " + row.format(a, b)) is not None
    ]
    return bool(partners) and draft.add(row, a, draft.among(partners))
