"""Random programs: a straight line of operations, each of anything that was computed before.

Nothing is drawn blindly: each line is run as soon as it is drawn. So the next one can be one that makes sense of what is
there, and stays away from kinks and poles; and what has become too large is made smaller, so that programs of any length
remain programs about ordinary numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .arrays import arrays, broadcastable_shapes
from .operations import FAMILIES
from .program import Program
from .program_builder import Draft


@st.composite
def programs(
    draw: st.DrawFn,
    length: int = 10,
    inputs: int = 3,
    dtypes: Sequence[Any] = (float,),
    families: Sequence[str] = tuple(FAMILIES),
) -> Program:
    """Programs of `length` operations on arrays of several shapes, that return whatever no operation used.

    Parameters
    ----------
    length : int
        How many operations. Counter-examples get shorter, because Hypothesis leaves out what does not matter.
    inputs : int
        How many arrays they are of.
    dtypes : sequence of dtypes
        What the inputs may be, float32, float64, complex64 and complex128. If there are several, programs convert too.
    families : sequence of str
        What operations are taken from: "unary", "binary", "reduction", "cumulative", "layout", "items", "joining",
        "choice", "product", "assignment", "conversion".

    Examples
    --------
    >>> from hypothesis import given
    >>> from tinygrad_edu import gradcheck
    >>> from tinygrad_edu.testing import programs
    >>> @given(f=programs(length=5, inputs=2))
    ... def test_the_engine(f):
    ...     assert gradcheck(f, f.inputs, order=2)
    >>> test_the_engine()
    """
    if unknown := set(families) - set(FAMILIES):
        raise ValueError(f"programs() knows no {', '.join(sorted(unknown))}; the families are {', '.join(FAMILIES)}")
    kinds = [np.dtype(t) for t in dtypes]
    start = draw(arrays(broadcastable_shapes(inputs), st.sampled_from(kinds), layouts=["contiguous"]))
    draft = Draft(draw, start, kinds)
    only = draft.among(range(200))  # rarely a single result; but in counter-examples, if it will do
    for _ in range(length):
        if family := draft.among(["", *families]):  # nothing is the simplest line
            FAMILIES[family](draft) or FAMILIES["unary"](draft)
    if not draft.lines:
        FAMILIES["unary"](draft)
    return Program(draft.inputs, *needed(draft.lines, draft.outputs[::-1][only : only + 1] or draft.outputs))


def needed(lines: list[str], outputs: list[str]) -> tuple[list[str], list[str]]:
    """Those lines on which the outputs depend, and the outputs; numbered afresh."""
    used, kept = set(outputs), []
    for line in reversed(lines):
        target, *read = re.findall(r"\bt\d+\b", line)
        if target in used:
            used.update(read)
            kept.append(line)
    number = {name: f"t{i}" for i, name in enumerate(sorted(used, key=lambda name: int(name[1:])))}
    kept = [re.sub(r"\bt\d+\b", lambda name: number[name[0]], line) for line in reversed(kept)]
    return kept, [number[name] for name in outputs]
