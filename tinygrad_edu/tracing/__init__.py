"""A function of Tensors recorded once as a straight program of NumPy calls, and replayed from then on."""
