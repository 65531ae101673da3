"""Calls of the Fourier transforms: lengths that cut off or fill up, odd and even, axes that come twice."""

import numpy as np
from hypothesis import strategies as st

from .cases import Case, full, numbers, one_axis, shape

NORMS = st.sampled_from([None, "backward", "ortho", "forward"])
# With lengths for an axis that comes twice, the order of the transforms matters; NumPy 2.0 began with the first of them.
LAST_FIRST = np.fft.rfft2(np.ones((2, 2)), [-1, 1, -1], [0, 0, 0]).shape == (2, 2)


@st.composite
def along_one(draw, fn, least=1):
    s = draw(full(min_dims=1))
    axis = draw(one_axis(len(s)))
    n = draw(st.sampled_from([None, 1, 2, 3, 4, 5, 6])) if s[axis] >= least else draw(st.integers(1, 6))
    if draw(st.booleans()):
        return Case(fn, (draw(numbers(s)), n, axis, draw(NORMS)))
    options = {"n": n, "axis": axis, "norm": draw(NORMS)}
    return Case(fn, (draw(numbers(s)),), {k: v for k, v in options.items() if v is not None})


@st.composite
def along_some(draw, fn):
    s = draw(shape(min_dims=2, min_side=2))
    axes = draw(st.lists(one_axis(len(s)), min_size=1, max_size=3))
    lengths = [draw(st.sampled_from([-1, 1, 2, 3, 4])) for _ in axes]
    may_have_lengths = LAST_FIRST or len({axis % len(s) for axis in axes}) == len(axes)
    options = (
        {"axes": axes, **({"s": lengths} if draw(st.booleans()) and may_have_lengths else {})}
        if draw(st.booleans())
        else {}
    )
    return Case(fn, (draw(numbers(s)),), {**options, "norm": draw(NORMS)})


@st.composite
def shifted(draw, fn):
    s = draw(shape(min_dims=1))
    axes = draw(st.sampled_from([None, 0, -1, (0,), [0, -1]]))
    return Case(fn, (draw(numbers(s)), axes) if axes is not None or draw(st.booleans()) else (draw(numbers(s)),))


STRATEGIES = {
    **{fn: along_one(fn) for fn in (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.ihfft)},
    **{fn: along_one(fn, least=2) for fn in (np.fft.irfft, np.fft.hfft)},
    **{fn: along_some(fn) for fn in (np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn,
                                     np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2)},
    **{fn: shifted(fn) for fn in (np.fft.fftshift, np.fft.ifftshift)},
}  # fmt: skip
