"""Looking at a graph: `draw`, `explain` and `explore`, and what they share."""
