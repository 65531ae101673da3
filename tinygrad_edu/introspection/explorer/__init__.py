"""The explorer: backpropagation through your own computation, step by step, as an interactive page."""
