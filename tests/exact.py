"""What the elementwise functions of the table are, and their derivatives, in mpmath's numbers of as many digits as one likes.

Where a function has a kink or a jump, the conventions of the engine are what is right. The numbers are given with more
digits than their exponents have, so that plain formulas will do: nothing cancels.
"""

from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

from tinygrad_edu import apply, relu, sigmoid
from tinygrad_edu.nn import functional as F
from tinygrad_edu.rules import floats, special
from tinygrad_edu.rules.neural import erf

FAR = mp.mpf(10) ** 2000  # what stands for infinity: further out, derivatives are 0 or infinite in floats, or a limit


@dataclass
class Row:
    """A function of arrays, its derivative for each argument, and where; its value, where NumPy doesn't compute it."""

    fn: Any
    derivatives: Any
    value: Any = None
    domain: Any = lambda *x: True
    steep: Any = lambda *x: 1  # by how much a rounding of the argument on the way, or of its square, may show


def row(fn, *derivatives, **others):
    return Row(fn, derivatives, **others)


one, none = (lambda *x: 1), (lambda *x: 0)
bell = lambda x: 8  # see bells.py: single precision keeps half of its digits
far, square = (lambda x: max(1, abs(x))), (lambda x: max(1, x * x))
sech2 = lambda x: mp.sech(x) ** 2
logistic = lambda x: 1 / (1 + mp.exp(-x))
slope = lambda x: logistic(x) * logistic(-x)
softplus = lambda x: mp.log1p(mp.exp(x))
gauss = lambda x: mp.exp(-x * x) if abs(x) < 1e4 else 0
normal = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2 if abs(x) < 1e4 else int(x > 0)  # mpmath gives up further out
density = lambda x: mp.npdf(x) if abs(x) < 1e4 else 0
alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
inside, outside = (lambda x: abs(x) <= 1), (lambda x: x >= 1)
positive, more = (lambda x: x >= 0), (lambda x: x >= -1)
finite = lambda x: abs(x) < FAR
cbrt = lambda x: mp.sign(x) * mp.cbrt(abs(x))
pole = lambda x: mp.mpf(1) / x if x else mp.inf
root = lambda x: 1 / mp.sqrt(x) if x else mp.inf
cut = lambda low, high: lambda x: int(low < x < high)
z3 = lambda x: 2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(0.044715) * x**3)


def tanh_gate(x):
    return x * logistic(z3(x)) if abs(x) < 1e4 else max(x, 0)


def tanh_gate_slope(x):
    if abs(x) >= 1e4:
        return int(x > 0)
    return logistic(z3(x)) + x * slope(z3(x)) * 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf(0.044715) * x * x)


def sinc_slope(x):
    return (mp.cospi(x) - mp.sincpi(x)) / x if abs(x) > 1e-20 else -(mp.pi**2) * x / 3


def table_row(fn, *args):
    return lambda x: apply(fn, x, *args)


UNARY = {
    "negative": row(np.negative, lambda x: -1),
    "positive": row(np.positive, one),
    "absolute": row(np.absolute, mp.sign),
    "fabs": row(np.fabs, mp.sign),
    "square": row(np.square, lambda x: 2 * x),
    "sqrt": row(np.sqrt, lambda x: root(x) / 2, domain=positive),
    "cbrt": row(np.cbrt, lambda x: 1 / (3 * cbrt(x) ** 2) if x else mp.inf),
    "reciprocal": row(np.reciprocal, lambda x: -pole(x) ** 2),
    "exp": row(np.exp, mp.exp),
    "exp2": row(np.exp2, lambda x: mp.log(2) * mp.mpf(2) ** x),
    "expm1": row(np.expm1, mp.exp),
    "log": row(np.log, pole, domain=positive),
    "log2": row(np.log2, lambda x: pole(x) / mp.log(2), domain=positive),
    "log10": row(np.log10, lambda x: pole(x) / mp.log(10), domain=positive),
    "log1p": row(np.log1p, lambda x: pole(1 + x), domain=more),
    "sin": row(np.sin, mp.cos, domain=finite),
    "cos": row(np.cos, lambda x: -mp.sin(x), domain=finite),
    "tan": row(np.tan, lambda x: mp.sec(x) ** 2, domain=finite),
    "arcsin": row(np.arcsin, lambda x: root(1 - x * x), domain=inside),
    "arccos": row(np.arccos, lambda x: -root(1 - x * x), domain=inside),
    "arctan": row(np.arctan, lambda x: 1 / (1 + x * x)),
    "deg2rad": row(np.deg2rad, lambda x: mp.pi / 180),
    "radians": row(np.radians, lambda x: mp.pi / 180),
    "rad2deg": row(np.rad2deg, lambda x: 180 / mp.pi),
    "degrees": row(np.degrees, lambda x: 180 / mp.pi),
    "sinh": row(np.sinh, mp.cosh),
    "cosh": row(np.cosh, mp.sinh),
    "tanh": row(np.tanh, sech2, steep=bell),
    "arcsinh": row(np.arcsinh, lambda x: 1 / mp.sqrt(1 + x * x)),
    "arccosh": row(np.arccosh, lambda x: root(x * x - 1), domain=outside),
    "arctanh": row(np.arctanh, lambda x: pole(1 - x * x), domain=inside),
    **{f.__name__: row(f, none) for f in (np.floor, np.ceil, np.trunc, np.rint, np.sign, np.round, np.around, np.fix, np.spacing)},
    "fraction": row(table_row(floats.fraction), one),
    "ldexp": row(lambda x: np.ldexp(x, 3), lambda x: 8),
    "real": row(np.real, one),
    "imag": row(np.imag, none),
    "conjugate": row(np.conjugate, one),
    "angle": row(np.angle, none),
    "sinc": row(np.sinc, sinc_slope, domain=finite),
    "i0": row(np.i0, lambda x: mp.besseli(1, x) if abs(x) < 1e4 else mp.sign(x) * mp.inf, steep=far),
    "i1": row(table_row(special.bessel.fn, 1), lambda x: (mp.besseli(0, x) + mp.besseli(2, x)) / 2 if abs(x) < 1e4 else mp.inf,
              value=lambda x: mp.besseli(1, x) if abs(x) < 1e4 else mp.sign(x) * mp.inf, steep=far),
    "gauss": row(table_row(erf.gauss.fn), lambda x: -2 * x * gauss(x), value=gauss, steep=square),
    "erf": row(F.erf, lambda x: 2 / mp.sqrt(mp.pi) * gauss(x), value=lambda x: mp.erf(x) if abs(x) < 1e4 else mp.sign(x), steep=square),
    "erfc": row(erf.erfc, lambda x: -2 / mp.sqrt(mp.pi) * gauss(x), value=lambda x: mp.erfc(x) if abs(x) < 1e4 else 2 * int(x < 0), steep=square),
    "sigmoid": row(sigmoid, slope, value=logistic, steep=bell),
    "relu": row(relu, lambda x: int(x > 0), value=lambda x: max(x, 0)),
    "silu": row(F.silu, lambda x: logistic(x) + x * slope(x), value=lambda x: x * logistic(x)),
    "gelu": row(F.gelu, lambda x: normal(x) + x * density(x), value=lambda x: x * normal(x), steep=square),
    "gelu_tanh": row(lambda x: F.gelu(x, "tanh"), tanh_gate_slope, value=tanh_gate, steep=lambda x: max(1, abs(x) ** 3)),
    "mish": row(F.mish, lambda x: mp.tanh(softplus(x)) + x * sech2(softplus(x)) * logistic(x), value=lambda x: x * mp.tanh(softplus(x))),
    "softsign": row(F.softsign, lambda x: 1 / (1 + abs(x)) ** 2, value=lambda x: x / (1 + abs(x))),
    "softplus": row(F.softplus, logistic, value=softplus),
    "softplus_of_3x": row(lambda x: F.softplus(x, 3), lambda x: logistic(3 * x), value=lambda x: softplus(3 * x) / 3, steep=far),
    "logsigmoid": row(F.logsigmoid, lambda x: logistic(-x), value=lambda x: -softplus(-x)),
    "elu": row(F.elu, lambda x: 1 if x > 0 else mp.exp(x), value=lambda x: x if x > 0 else mp.expm1(x)),
    "selu": row(F.selu, lambda x: scale if x > 0 else mp.mpf(scale) * alpha * mp.exp(x),
                value=lambda x: mp.mpf(scale) * x if x > 0 else mp.mpf(scale) * alpha * mp.expm1(x)),
    "leaky_relu": row(F.leaky_relu, lambda x: 1 if x > 0 else 0.01, value=lambda x: x if x > 0 else mp.mpf(0.01) * x),
    "relu6": row(F.relu6, cut(0, 6), value=lambda x: min(max(x, 0), 6)),
    "hardtanh": row(F.hardtanh, cut(-1, 1), value=lambda x: min(max(x, -1), 1)),
    "hardsigmoid": row(F.hardsigmoid, lambda x: mp.mpf(-3 < x < 3) / 6, value=lambda x: min(max(x / 6 + 0.5, 0), 1)),
    "hardswish": row(F.hardswish, lambda x: 0 if x <= -3 else 1 if x >= 3 else x / 3 + 0.5,
                     value=lambda x: 0 if x <= -3 else x if x >= 3 else x * (x + 3) / 6),
    "tanhshrink": row(F.tanhshrink, lambda x: mp.tanh(x) ** 2, value=lambda x: x - mp.tanh(x) if abs(x) > 1e-20 else x**3 / 3),
    "logit": row(lambda x: np.log(x) - np.log1p(-x), lambda x: pole(x * (1 - x)), domain=lambda x: 0 <= x <= 1),
}  # fmt: skip

# ---------------------------------------------------------------------------------------------------- of two numbers


def power(a, b):
    return mp.exp(b * mp.log(a)) if a != 1 else mp.mpf(1)


def power_base(a, b):
    return mp.mpf(0) if b == 0 else b * power(a, b - 1) if a else mp.mpf(0) if b > 1 else b if b == 1 else b * mp.inf


def power_exponent(a, b):
    return power(a, b) * mp.log(a) if a else mp.mpf(0) if b >= 0 else -mp.inf


def wins(better):
    return (lambda a, b: 1 if better(a, b) else mp.mpf(a == b) / 2), (
        lambda a, b: 1 if better(b, a) else mp.mpf(a == b) / 2
    )


larger, smaller = wins(lambda a, b: a > b), wins(lambda a, b: a < b)
most = lambda a, b: max(1, abs(a), abs(b))
length = lambda a, b: mp.hypot(a, b)
powers = {  # those of infinity that FAR has too
    "domain": lambda a, b: a >= 0 and (a < FAR or abs(b) > 1.5),
    "steep": lambda a, b: max(1, abs(b * mp.log(a))) if a else 1,
}
BINARY = {
    "add": row(np.add, one, one),
    "subtract": row(np.subtract, one, lambda a, b: -1),
    "multiply": row(np.multiply, lambda a, b: b, lambda a, b: a),
    "divide": row(np.divide, lambda a, b: 1 / b, lambda a, b: -a / b**2, domain=lambda a, b: b != 0 and not abs(a) == abs(b) == FAR),
    "floor_divide": row(np.floor_divide, none, none, domain=lambda a, b: b != 0),
    "remainder": row(np.remainder, one, lambda a, b: -mp.floor(a / b), domain=lambda a, b: b != 0 and abs(a) < FAR and abs(b) < FAR),
    "fmod": row(np.fmod, one, lambda a, b: -mp.sign(a / b) * mp.floor(abs(a / b)), domain=lambda a, b: b != 0 and abs(a) < FAR and abs(b) < FAR),
    "power": row(np.power, power_base, power_exponent, **powers),
    "float_power": row(np.float_power, power_base, power_exponent, **powers),
    "hypot": row(np.hypot, lambda a, b: a / length(a, b) if a else 0, lambda a, b: b / length(a, b) if b else 0,
                 domain=lambda a, b: not abs(a) == abs(b) == FAR),
    "arctan2": row(np.arctan2, lambda a, b: b / (a * a + b * b) if b else 0, lambda a, b: -a / (a * a + b * b) if a else 0),
    "logaddexp": row(np.logaddexp, lambda a, b: logistic(a - b), lambda a, b: logistic(b - a), steep=most),
    "logaddexp2": row(np.logaddexp2, lambda a, b: 1 / (1 + mp.mpf(2) ** (b - a)), lambda a, b: 1 / (1 + mp.mpf(2) ** (a - b)), steep=most),
    "maximum": row(np.maximum, *larger),
    "minimum": row(np.minimum, *smaller),
    "fmax": row(np.fmax, *larger),
    "fmin": row(np.fmin, *smaller),
    "copysign": row(np.copysign, lambda a, b: mp.sign(a) * mp.sign(b), none, domain=lambda a, b: b != 0),
    "heaviside": row(np.heaviside, none, lambda a, b: int(a == 0)),
    "nextafter": row(np.nextafter, one, none),
    "prelu": row(F.prelu, lambda x, w: 1 if x > 0 else w, lambda x, w: 0 if x > 0 else x, value=lambda x, w: x if x > 0 else w * x,
                 domain=lambda x, w: x > 0 or max(abs(x), abs(w)) < FAR),
}  # fmt: skip
