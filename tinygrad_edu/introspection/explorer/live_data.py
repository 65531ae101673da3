"""What the page needs to compute its numbers again: the leaves in full, and which arrays its program computes."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.node import Leaf
from ...nn.parameter import Parameter

if TYPE_CHECKING:
    from .steps import Telling


def live_data(telling: Telling) -> tuple[dict[str, Any], str]:
    """Return the data of the leaves that can be changed, and the program of the page.

    Its results are the arrays of the table at the places "arrays", in this order.
    """
    replay, arrays, places = telling.replay, telling.arrays, telling.graph.places
    assert replay is not None
    parameters = {n for n in replay.leaves if type(n) is Leaf and isinstance(n.tensor(), Parameter)}
    final = {step["box"]: step["value"] for step in telling.data["steps"][-1]["final"]}
    leaves = [
        leaf_data(places[node], tracer.value, final.get(places[node]), not parameters or node in parameters)
        for node, tracer in replay.leaves.items()
    ]
    data = {
        "leaves": leaves,
        "arrays": list(arrays.replayed.values()),
        "fixed": replay.fixed(),
        "results": [telling.data["boxes"][places[node]]["value"] for node in telling.history.roots],
    }
    return data, replay.print(list(arrays.replayed))


def leaf_data(box: int, value: Any, gradient: int | None, learns: bool) -> dict[str, Any]:
    """Return the data of a leaf: its box, its numbers to the last digit, and the place of its gradient, if any."""
    numbers = np.ascontiguousarray(value)
    return {
        "box": box,
        "numbers": b64encode(numbers.astype(numbers.dtype.newbyteorder("<")).tobytes()).decode(),
        "gradient": gradient,
        # Whether gradient descent moves it: if there are parameters, only these.
        "learns": learns and gradient is not None,
    }
