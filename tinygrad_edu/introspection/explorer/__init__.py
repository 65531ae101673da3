"""The explorer: backpropagation through your own computation, step by step, as a page to be looked at."""
