"""Calls of what takes complex numbers apart, on real ones; test_complex.py turns all of the table off the real axis."""

import numpy as np
from hypothesis import strategies as st

from .cases import Case, numbers, shape


@st.composite
def unary(draw, fn, **options):
    return Case(fn, (draw(numbers(draw(shape()))),), {k: draw(v) for k, v in options.items()})


STRATEGIES = {
    np.real: unary(np.real),
    np.imag: unary(np.imag),
    np.conjugate: unary(np.conjugate),
    np.angle: unary(np.angle, deg=st.booleans()),
    np.real_if_close: unary(np.real_if_close),
}
