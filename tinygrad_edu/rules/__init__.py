"""The table, one file per family; importing this package fills it."""

from . import arithmetic, complex, elementwise, fused, indexing, joining, plain, products, reductions, shapes

__all__ = ["arithmetic", "complex", "elementwise", "fused", "indexing", "joining", "plain", "products", "reductions", "shapes"]
