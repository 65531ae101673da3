"""Memory that is kept for later arrays is never two arrays' at once."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, reuse_memory


@pytest.mark.parametrize("megabytes", [0, -1, 2048])
def test_impossible_amounts_are_refused(megabytes):
    with pytest.raises(ValueError, match="between 1 and 2047"):
        reuse_memory(megabytes)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc, which is Linux's")
def test_freed_pages_are_used_again():
    """Counted, not timed: how many pages the system had to bring in for a hundred results of 4 MB."""
    program = """
import resource, sys
import numpy as np
from tinygrad_edu import reuse_memory
assert sys.argv[1] == "off" or reuse_memory()
x = np.ones(1_000_000, np.float32)
y = x * 2
def rounds(n):
    for _ in range(n):
        kept = [x * i for i in range(4)]  # several at a time, all freed at the end of a round
rounds(3)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
rounds(25)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    faults = {
        mode: int(
            subprocess.run([sys.executable, "-c", program, mode], capture_output=True, text=True, check=True).stdout
        )
        for mode in ("on", "off")
    }
    assert faults["on"] < 1000
    assert faults["off"] > 10 * faults["on"] or faults["off"] < 1000  # a C library that keeps memory by itself


OPERATIONS = {"multiply": lambda x: x * 0.5, "add": lambda x: x + 1, "exp": lambda x: np.exp(-x)}


@given(st.lists(st.sampled_from([*OPERATIONS, "drop", "backward"]), min_size=5, max_size=40))
def test_living_arrays_never_share_memory(steps):
    reuse_memory()
    x = Tensor(np.full(20_000, 0.5), requires_grad=True)
    living, wanted = [], []
    for step in steps:
        if step == "drop" and living:
            living.pop(0)
            wanted.pop(0)
        elif step == "backward":
            x.grad = None
            (x * x).sum().backward()
            np.testing.assert_array_equal(x.grad.data, 1.0)
        elif step in OPERATIONS:
            last = living[-1] if living else x
            value = wanted[-1] if wanted else 0.5
            living.append(OPERATIONS[step](last))
            wanted.append(OPERATIONS[step](value))
    arrays = [t._array for t in living]
    for i, a in enumerate(arrays):
        np.testing.assert_allclose(a, wanted[i])
        assert not any(np.shares_memory(a, b) for b in arrays[:i])
