"""The strategy of random programs: a straight line of operations, each on anything that was computed before.

Each line is run as soon as it is drawn. So the next one can make sense for the values that are there, and stay away
from kinks and poles; and values that have become too large are made smaller, so that programs of any length compute
with ordinary numbers.
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
    """Draw programs of several operations on arrays of several shapes, which return the results that no operation used.

    Parameters
    ----------
    length : int
        The number of operations. Counter-examples get shorter, because Hypothesis leaves out what doesn't matter.
    inputs : int
        The number of input arrays.
    dtypes : sequence of dtypes
        The dtypes of the inputs: float32, float64, complex64 and complex128. If there are several, programs convert
        too.
    families : sequence of str
        The families of operations: "unary", "binary", "reduction", "cumulative", "layout", "items", "joining",
        "choice", "product", "assignment", "conversion".

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        A strategy of `Program`.

    Raises
    ------
    ValueError
        When drawn: if there is no family of a name.

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
    return Program(draft.inputs, *needed_lines(draft.lines, draft.outputs[::-1][only : only + 1] or draft.outputs))


def needed_lines(lines: list[str], outputs: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines on which the outputs depend, and the outputs; numbered again."""
    used, kept = set(outputs), []
    for line in reversed(lines):
        target, *read = re.findall(r"\bt\d+\b", line)
        if target in used:
            used.update(read)
            kept.append(line)
    number = {name: f"t{i}" for i, name in enumerate(sorted(used, key=lambda name: int(name[1:])))}
    kept = [re.sub(r"\bt\d+\b", lambda name: number[name[0]], line) for line in reversed(kept)]
    return kept, [number[name] for name in outputs]
