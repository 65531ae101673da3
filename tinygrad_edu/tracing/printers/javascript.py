"""JavaScript: a recorded program as a function of typed arrays, which a page runs without anything else."""

from __future__ import annotations

import math
from typing import Any

from ...rules.neural.erf import END, NEAR, erf_series
from . import convolutions, moves, special, sums  # noqa: F401  (they enter their functions in the table)
from .loops import Call, CannotPrint, Expression, Loop, LoopProgram, Position, Read, View, simplify_loop

LETTERS = "ijklmnopqrstuvw"

OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "greater": ">", "greater_equal": ">=",
    "less": "<", "less_equal": "<=", "equal": "===", "not_equal": "!==",
}  # fmt: skip

FUNCTIONS = {
    "exp": "Math.exp", "log": "Math.log", "sqrt": "Math.sqrt", "sin": "Math.sin", "cos": "Math.cos", "tan": "Math.tan",
    "arcsin": "Math.asin", "arccos": "Math.acos", "arctan": "Math.atan", "sinh": "Math.sinh", "cosh": "Math.cosh",
    "tanh": "Math.tanh", "arcsinh": "Math.asinh", "arccosh": "Math.acosh", "arctanh": "Math.atanh",
    "absolute": "Math.abs", "fabs": "Math.abs", "sign": "Math.sign", "cbrt": "Math.cbrt", "expm1": "Math.expm1",
    "log1p": "Math.log1p", "log2": "Math.log2", "log10": "Math.log10", "floor": "Math.floor", "ceil": "Math.ceil",
    "trunc": "Math.trunc", "maximum": "Math.max", "minimum": "Math.min", "hypot": "Math.hypot", "arctan2": "Math.atan2",
    "isnan": "Number.isNaN", "isfinite": "Number.isFinite", "erf": "erf", "erfc": "erfc", "rint": "rint",
    "remainder": "remainder", "floor_divide": "floorDivide", "logaddexp": "logaddexp",
    "any_power": "power",
}  # fmt: skip

FORMS = {
    "positive": "{0}", "negative": "-{0}", "square": "{0} * {0}", "reciprocal": "1 / {0}", "exp2": "2 ** {0}",
    "where": "{0} ? {1} : {2}", "not_equal_zero": "{0} !== 0", "isinf": "Math.abs({0}) === Infinity",
    "logical_and": "{0} && {1} ? 1 : 0", "logical_or": "{0} || {1} ? 1 : 0", "logical_not": "{0} ? 0 : 1",
    "logical_xor": "!{0} !== !{1}", "bitwise_and": "{0} & {1}", "bitwise_or": "{0} | {1}", "bitwise_xor": "{0} ^ {1}",
    "invert": "1 - {0}", "copysign": "Math.abs({0}) * (Object.is({1}, -0) || {1} < 0 ? -1 : 1)",
    "float_power": "{0} ** {1}", "ldexp": "{0} * 2 ** {1}",
    "deg2rad": "{0} * Math.PI / 180",
    "radians": "{0} * Math.PI / 180", "rad2deg": "{0} * 180 / Math.PI", "degrees": "{0} * 180 / Math.PI",
    "heaviside": "{0} < 0 ? 0 : {0} > 0 ? 1 : {0} === 0 ? {1} : NaN",
}  # fmt: skip

ARRAYS = {"float64": "Float64Array", "float32": "Float32Array", "bool": "Uint8Array"}


def print_javascript(program: LoopProgram, name: str = "program") -> str:
    """Return the source of a function that takes the program's arguments, and returns a list of its results.

    Parameters
    ----------
    program : LoopProgram
    name : str
        The name of the function.

    Returns
    -------
    str
        JavaScript. Arguments and results are typed arrays (``Float64Array``, or ``Float32Array`` for float32, and
        ``Uint8Array`` for booleans), with the numbers of an array in C order.

    Raises
    ------
    CannotPrint
        If JavaScript has no word for a function.
    """
    body = [f"const {v.name} = new {array_type(v)}({math.prod(v.shape)});" for v in program.arrays.values()]
    body += [line for loop in program.loops for line in print_loop(simplify_loop(loop))]
    body.append(f"return [{', '.join(view.name for view in program.results)}];")
    constants = [f"const {key} = [{', '.join(map(print_number, x.tolist()))}];" for key, x in program.constants.items()]
    text = "\n".join(["", *body]).replace("\n", "\n  ")
    helpers = [code for word, code in HELPERS.items() if word in text]
    return "\n".join([*helpers, *constants, f"function {name}({', '.join(program.arguments)}) {{{text}", "}"]) + "\n"


def array_type(view: View) -> str:
    return ARRAYS.get(str(view.dtype), "Float64Array")


def print_loop(loop: Loop) -> list[str]:
    """Return the lines of a loop; those of the loops around the statement stand on one line."""
    letters = LETTERS[: len(loop.counts)]
    heads = [f"for (let {i} = 0; {i} < {n}; {i}++)" for i, n in zip(letters, loop.counts, strict=True)]
    target, value = write(loop.target, letters), write(loop.value, letters)
    if loop.update == "set":
        statement = f"{target} = {value};"
    elif loop.update in ("add", "multiply"):
        statement = f"{target} {OPERATORS[loop.update]}= {value};"
    else:
        statement = f"{target} = {write(Call(loop.update, (loop.target, loop.value)), letters)};"
    return [f"{' '.join(heads)} {statement}".strip()]


def write(x: Expression, letters: str, inner: bool = False) -> str:
    """Return an expression; in parentheses if it is `inner` and has an operator."""
    if isinstance(x, Read):
        return f"{x.array}[{f'{x.table}[{affine(x, letters)}]' if x.table else affine(x, letters)}]"
    if isinstance(x, Position):
        return affine(x, letters)
    if not isinstance(x, Call):
        text = print_number(x)
        return f"({text})" if inner and text.startswith("-") else text
    if x.function == "power" and x.args[1] == 2:
        x = Call("square", x.args[:1])
    elif x.function == "power" and isinstance(x.args[1], Read | Call):  # the exponent may be infinite, or NaN
        x = Call("any_power", x.args)
    args = [write(a, letters, x.function not in FUNCTIONS) for a in x.args]
    if x.function in FUNCTIONS:
        return f"{FUNCTIONS[x.function]}({', '.join(args)})"
    if x.function in OPERATORS:
        text = f" {OPERATORS[x.function]} ".join(args)
    elif x.function in FORMS:
        text = FORMS[x.function].format(*args)
    else:
        raise CannotPrint(f"{x.function} isn't known in JavaScript yet")
    return f"({text})" if inner else text


def affine(place: Read | Position, letters: str) -> str:
    """Return a place as a sum, such as ``4 * i + j``."""
    terms = [i if step == 1 else f"{step} * {i}" for i, step in zip(letters, place.steps, strict=True) if step]
    if place.start or not terms:
        terms.append(str(place.start))
    return " + ".join(terms).replace("+ -", "- ")


def print_number(x: Any) -> str:
    if isinstance(x, bool | int):
        return str(int(x))
    return repr(x) if math.isfinite(x) else "NaN" if math.isnan(x) else "-Infinity" if x < 0 else "Infinity"


def horner(parts: tuple[float, float, list[float]], x: str) -> str:
    """Return a series in powers of ``shift + scale * x`` as a call of `polynomial`."""
    shift, scale, coefficients = parts
    return f"polynomial({shift!r} + {scale!r} * {x}, {coefficients!r})"


NEAR_SERIES, FAR_SERIES = erf_series(False)
HELPERS = {
    "rint": "const rint = (x) => { const r = Math.round(x); return r - x === 0.5 && r % 2 ? r - 1 : r; };",
    "remainder": "const remainder = (a, b) => { const r = a % b; return r && r < 0 !== b < 0 ? r + b : r; };",
    "floorDivide": "const floorDivide = (a, b) => { const r = a % b, n = (a - r) / b; "
    "return b ? Math.round(r && r < 0 !== b < 0 ? n - 1 : n) : a / b; };",
    "power": "const power = (a, b) => a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;",
    "logaddexp": "const logaddexp = (a, b) => a === b ? a + Math.LN2 : "
    "Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));",
    "erf": f"""\
const polynomial = (x, c) => c.reduce((y, next) => y * x + next);
const near = (z) => z * {horner(NEAR_SERIES, "z * z")};
const far = (z) => Math.exp(-z * z) * {horner(FAR_SERIES, "(z - 3.75) / (z + 3.75)")} / (1 + 2 * z);
const outside = (x) => far(Math.min(Math.abs(x), {END["d"]}));
const erf = (x) => Math.abs(x) <= {NEAR} ? near(x) : Math.sign(x) * (1 - outside(x));
const erfc = (x) => Math.abs(x) <= {NEAR} ? 1 - near(x) : x < 0 ? 2 - outside(x) : outside(x);""",
}
