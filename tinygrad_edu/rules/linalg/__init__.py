"""The rules of `numpy.linalg`."""

from . import decompositions, inverses, least_squares, norms, vector_products

__all__ = ["decompositions", "inverses", "least_squares", "norms", "vector_products"]
