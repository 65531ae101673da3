"""Calls of convolutions and windows: one axis and two, strides, paddings, dilations, groups; kernels that reach beyond the ends."""

from hypothesis import strategies as st

from tinygrad_edu.rules.neural import convolution, windows

from .cases import Case, numbers, several


@st.composite
def geometry(draw):
    """Lengths of inputs, outputs and kernel along one or two axes, stride, zeros in front, dilation: any that need not fit."""
    axes = draw(st.integers(1, 2))
    ranges = (1, 5), (1, 4), (1, 3), (1, 3), (0, 2), (1, 2)
    return [tuple(draw(st.integers(*r)) for _ in range(axes)) for r in ranges]


@st.composite
def convolved(draw, fn):
    inputs, outputs, kernel, *how = draw(geometry())
    examples, groups = draw(st.sampled_from([1, 2, 2, 0])), draw(st.sampled_from([1, 1, 2]))
    into, out = draw(st.integers(1, 2)) * groups, draw(st.integers(1, 2)) * groups
    shapes = {"x": (examples, into, *inputs), "w": (out, into // groups, *kernel), "y": (examples, out, *outputs), "s": (out,)}
    given, size = {convolution.collect.fn: ("xws", outputs), convolution.distribute.fn: ("yw", inputs),
                   convolution.overlap.fn: ("xy", kernel)}[fn]  # fmt: skip
    arrays = draw(several([shapes[k] for k in given]))
    if len(arrays) == 3 and draw(st.booleans()):
        return Case(fn, (*arrays[:2], None, size, *how, groups), where=(0, 1))
    return Case(fn, (*arrays, size, *how, groups), where=tuple(range(len(arrays))))


@st.composite
def windowed(draw):
    inputs, outputs, kernel, *how = draw(geometry())
    lead = draw(st.sampled_from([(), (2,), (1, 2), (0,)]))
    return Case(windows.windows.fn, (draw(numbers((*lead, *inputs))), kernel, outputs, draw(st.sampled_from([0, -1.5])), *how))


@st.composite
def folded(draw):
    inputs, outputs, kernel, *how = draw(geometry())
    lead = draw(st.sampled_from([(), (2,), (1, 2), (0,)]))
    places = kernel[0] * kernel[-1] if len(kernel) == 2 else kernel[0]
    return Case(windows.fold.fn, (draw(numbers((places, *lead, *outputs))), kernel, inputs, *how))


STRATEGIES = {
    **{op.fn: convolved(op.fn) for op in (convolution.collect, convolution.distribute, convolution.overlap)},
    windows.windows.fn: windowed(),
    windows.fold.fn: folded(),
}
