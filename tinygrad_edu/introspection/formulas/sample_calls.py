"""Sample calls, for functions that are explained without arguments: small arrays, and other arguments they need."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.table import COMPOSITES
from ...rules import indexing, joining, padding, products, shapes, special, unique
from ...rules.linalg import norms
from ...rules.neural import convolution, fused, windows

Call = tuple[tuple[Any, ...], dict[str, Any]]


def sample_call(fn: Callable[..., Any]) -> Call:
    """Return arguments and keywords that `fn` accepts."""
    if fn in EXAMPLES:
        return EXAMPLES[fn], KEYWORDS.get(fn, {})
    if isinstance(fn, np.ufunc):
        return (VECTOR, OTHER)[: fn.nin], {}
    run = getattr(COMPOSITES.get(fn), "whole", fn)
    for args in (
        (MATRIX,),
        (SQUARE,),
        (VECTOR,),
        (VECTOR, OTHER),
        (SQUARE, SQUARE),
        (SQUARE, VECTOR),
        ([VECTOR, OTHER],),
    ):
        try:
            with np.errstate(all="ignore"):
                run(*args)
        except Exception:
            continue
        return args, {}
    name = getattr(fn, "__name__", repr(fn))
    raise TypeError(f"no example is known for {name}: give its arguments, as in explain({name}, x, axis=0)")


VECTOR = np.array([0.25, 0.5, 0.75])
OTHER = np.array([0.5, 0.125, 0.875])
MATRIX = np.array([[0.25, 0.5, 0.75], [0.875, 0.125, 0.375]])
SQUARE = np.array([[2.0, 0.5, 0.25], [0.5, 3.0, 0.125], [0.25, 0.125, 4.0]])

EXAMPLES: dict[Any, tuple[Any, ...]] = {
    np.matmul: (MATRIX, SQUARE),
    np.dot: (MATRIX, SQUARE),
    np.tensordot: (MATRIX, SQUARE, 1),
    np.einsum: ("ij,jk->ik", MATRIX, SQUARE),
    products.contract: ("ij,jk->ik", MATRIX, SQUARE),
    np.linalg.solve: (SQUARE, VECTOR),
    np.reshape: (MATRIX, (3, 2)),
    np.expand_dims: (VECTOR, 0),
    np.squeeze: (MATRIX[:, :1],),
    np.swapaxes: (MATRIX, 0, 1),
    np.moveaxis: (MATRIX, 0, 1),
    np.roll: (VECTOR, 1),
    np.broadcast_to: (VECTOR, (2, 3)),
    np.where: (VECTOR > 0.3, VECTOR, OTHER),
    joining.choose: (VECTOR > 0.3, VECTOR, OTHER),
    np.clip: (VECTOR, 0.3, 0.6),
    np.split: (MATRIX, 3, 1),
    np.repeat: (VECTOR, 2),
    np.tile: (VECTOR, 2),
    np.take: (VECTOR, [0, 0, 1]),
    np.pad: (VECTOR, 1),
    operator.getitem: (VECTOR, slice(0, 2)),
    indexing.scatter: (VECTOR, np.array([0, 0, 1]), (2,), VECTOR.dtype),
    indexing.setitem: (VECTOR, slice(0, 2), OTHER[:2]),
    shapes.cast: (VECTOR, np.dtype(np.float32)),
    joining.join: (VECTOR, OTHER),
    padding.pad_zeros: (VECTOR, ((1, 1),)),
    np.ldexp: (VECTOR, np.array([1, 2, 3])),
    np.partition: (VECTOR, 1),
    np.quantile: (VECTOR, 0.25),
    np.percentile: (VECTOR, 25),
    np.nanquantile: (VECTOR, 0.25),
    np.nanpercentile: (VECTOR, 25),
    np.take_along_axis: (MATRIX, np.array([[0, 0], [2, 1]]), 1),
    np.delete: (VECTOR, 1),
    **({np.astype: (VECTOR, np.float32)} if hasattr(np, "astype") else {}),
    **({np.matvec: (MATRIX, VECTOR), np.vecmat: (VECTOR, SQUARE)} if hasattr(np, "matvec") else {}),
    np.interp: (np.array([0.3, 0.6]), VECTOR, OTHER),
    np.select: ([VECTOR > 0.6, VECTOR > 0.3], [VECTOR, OTHER]),
    np.choose: (np.array([0, 1, 0]), [VECTOR, OTHER]),
    np.extract: (VECTOR > 0.3, VECTOR),
    np.insert: (VECTOR, 1, OTHER[0]),
    np.resize: (VECTOR, (5,)),
    np.bincount: (np.array([0, 1, 1]), VECTOR),
    np.array_split: (VECTOR, 2),
    np.vsplit: (MATRIX, 2),
    np.hsplit: (MATRIX, 3),
    np.dsplit: (MATRIX.reshape(1, 2, 3), 3),
    np.rollaxis: (MATRIX, 1),
    np.lib.stride_tricks.sliding_window_view: (VECTOR, 2),
    np.linalg.tensorinv: (SQUARE, 1),
    np.linalg.matrix_power: (SQUARE, 2),
    np.polyfit: (VECTOR, OTHER, 1),
    np.apply_along_axis: (np.sum, 0, MATRIX),
    np.apply_over_axes: (np.sum, MATRIX, 0),
    np.piecewise: (VECTOR, [VECTOR > 0.3], [np.sin, np.cos]),
    np.histogram: (VECTOR, 2, (0.0, 1.0), False, OTHER),
    np.histogram2d: (VECTOR, OTHER, 2, None, False, OTHER),
    np.histogramdd: (MATRIX.T, 2, None, False, OTHER),
    unique.representatives: (np.array([0.5, 0.25, 0.5]), np.array([1, 0]), np.array([1, 0, 1]), np.array([1, 2])),
    norms.power_norm.fn: (VECTOR, 3, None, False),
    special.sinc_derivative.fn: (VECTOR, 1),
    special.bessel.fn: (VECTOR, 1),
    fused.linear.fn: (MATRIX, SQUARE, VECTOR),
    fused.squared_error.fn: (VECTOR, OTHER),
    fused.masked_nll.fn: (VECTOR, np.array([True, False, True]), 2),
    convolution.collect.fn: (VECTOR.reshape(1, 1, 3), MATRIX[:, None, :2], VECTOR[:2], (2,), (1,), (0,), (1,), 1),
    convolution.distribute.fn: (VECTOR.reshape(1, 1, 3), MATRIX[:1, None, :2], (4,), (1,), (0,), (1,), 1),
    convolution.overlap.fn: (VECTOR.reshape(1, 1, 3), OTHER[:2].reshape(1, 1, 2), (2,), (1,), (0,), (1,), 1),
    windows.windows.fn: (VECTOR, (2,), (2,), 0, (1,), (0,), (1,)),
    windows.fold.fn: (MATRIX[:, :2], (2,), (3,), (1,), (0,), (1,)),
}

KEYWORDS: dict[Any, dict[str, Any]] = {joining.join: {"axis": 0, "edges": (0, 3, 6)}}
