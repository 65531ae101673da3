"""The table, one file per family; importing this package fills it."""

from . import (
    arithmetic,
    complex,
    counting,
    distinct,
    elementwise,
    fused,
    indexing,
    joining,
    masked,
    nans,
    plain,
    products,
    reductions,
    shapes,
    sorting,
    statistics,
)

__all__ = [
    "arithmetic",
    "complex",
    "counting",
    "distinct",
    "elementwise",
    "fused",
    "indexing",
    "joining",
    "masked",
    "nans",
    "plain",
    "products",
    "reductions",
    "shapes",
    "sorting",
    "statistics",
]
