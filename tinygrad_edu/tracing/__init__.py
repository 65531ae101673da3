"""Tracing, which `capture` is made of: a function is recorded once as a program of NumPy calls, and then replayed.

To read it in order: `tracer` stands in for arrays and writes each call on a `tape`; `traced_run` runs a function and
its gradient on tracers; `functionalize`, `side_effects` and `random_ops` are what it needs for writes, gradients left
in tensors, and random numbers. `passes` shorten the tape, `program` plans its buffers, and `codegen` writes it as
Python source. `workspace` runs that as one operation of the engine, and `verification` compares it with the function
now and then.
"""
