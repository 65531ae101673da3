"""Introspection of graphs: `draw`, `explain` and `explore`, and the walks, values and names that they share."""
