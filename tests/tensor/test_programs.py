"""Whole random programs against PyTorch: values, all gradients, forward derivatives, and derivatives of derivatives.

Rules are tested one by one elsewhere. Here it is what happens between them: sharing, repeated use, broadcasting and
promotion of results by results, items assigned to what was already used, and everything in the order in which nobody
would write it. Run with ``pytest -m oracle``; PyTorch is in the extra of that name.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_edu import Tensor, func
from tinygrad_edu.testing import programs

pytestmark = pytest.mark.oracle

MANY = settings(max_examples=8 * settings().max_examples)
SOME = settings(max_examples=4 * settings().max_examples)

REAL, SINGLE = (np.float64,), (np.float64, np.float32)
COMPLEX, MIXED = (np.float64, np.complex128), (np.float32, np.float64, np.complex64, np.complex128)


@pytest.fixture(scope="module")
def torch():
    import torch

    torch.set_num_threads(1)
    return torch


def run(program, tensors):
    """The program's results as PyTorch computes them, in PyTorch's tensors."""
    from torch_numpy import run

    return run(program, tensors)


def theirs(torch, arrays):
    return [torch.tensor(np.array(a), requires_grad=True) for a in arrays]


def waves(like, phase):
    """Weights for an array's elements, of either sign and none of them equal; complex for a complex one."""
    steps = np.arange(math.prod(like.shape)) + phase
    w = np.cos(steps) + 1j * np.sin(2 * steps) if like.dtype.kind == "c" else np.cos(steps)
    return w.reshape(like.shape).astype(like.dtype)


def agree(ours, torchs, like, precision, what):
    """Up to rounding: what should cancel leaves some, of the size of the largest numbers around rather than its own.

    `like` are the arrays that derivatives are of: PyTorch leaves out those that are zero, and we may.
    """
    ours = [np.zeros_like(x) if a is None else a.data for a, x in zip(ours, like, strict=True)]
    torchs = [
        np.zeros_like(x) if b is None else b.resolve_conj().numpy(force=True) for b, x in zip(torchs, like, strict=True)
    ]
    most = max([1.0, *(float(np.abs(b).max(initial=0)) for b in torchs)])
    for a, b in zip(ours, torchs):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), what
        np.testing.assert_allclose(a, b, rtol=precision, atol=precision * most, err_msg=what)


def rounding(dtypes):
    """How much is made of the last digit's error in a few dozen operations, with a margin."""
    return 2000 * max(np.finfo(t).eps for t in dtypes)


@pytest.mark.parametrize("dtypes", [REAL, SINGLE, COMPLEX, MIXED], ids=["double", "single", "complex", "all"])
@MANY
@given(data=st.data())
def test_values_and_gradients(torch, dtypes, data):
    """Of programs of 50 operations, with respect to every input: our gradients of all results in turn must add up."""
    program = data.draw(programs(60, dtypes=dtypes))
    xs, ts = [Tensor(x, requires_grad=True) for x in program.inputs], theirs(torch, program.inputs)
    ours, torchs = program(*xs), run(program, ts)
    agree(ours, torchs, program(*program.inputs), rounding(dtypes), "values")
    seeds = [waves(y, k) for k, y in enumerate(ours)]
    for y, seed in zip(ours, seeds):
        y.backward(seed, retain_graph=True)
    grads = torch.autograd.grad(torchs, ts, list(map(torch.tensor, seeds)), allow_unused=True)
    agree([x.grad for x in xs], grads, program.inputs, rounding(dtypes), "gradients")


@pytest.mark.parametrize("dtypes", [REAL, COMPLEX], ids=["double", "complex"])
@SOME
@given(data=st.data())
def test_all_results_at_once(torch, dtypes, data):
    """Back from all results in one walk, and from each of them twice."""
    program = data.draw(programs(30, dtypes=dtypes))
    ts = theirs(torch, program.inputs)
    torchs = run(program, ts)
    values, pull = func.vjp(lambda *xs: 2 * program(*xs), *program.inputs)
    seeds = [waves(y, k) for k, y in enumerate(values)]
    ours = pull(tuple(seeds))
    grads = torch.autograd.grad(2 * torchs, ts, list(map(torch.tensor, seeds)), allow_unused=True)
    agree(ours, grads, program.inputs, rounding(dtypes), "gradients")


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")  # PyTorch's own affair
@pytest.mark.parametrize("dtypes", [REAL, SINGLE], ids=["double", "single"])
@SOME
@given(data=st.data())
def test_forward_derivatives(torch, dtypes, data):
    """Ours are a walk through a walk, PyTorch's carry the change along with the value."""
    program = data.draw(programs(30, dtypes=dtypes))
    xs, vs = program.inputs, [waves(x, k) for k, x in enumerate(program.inputs)]
    ours = func.jvp(program, xs, vs)
    torchs = torch.func.jvp(
        lambda *ts: tuple(run(program, ts)), tuple(map(torch.tensor, xs)), tuple(map(torch.tensor, vs))
    )
    for a, b, what in zip(ours, torchs, ("values", "changes")):
        agree(a, b, program(*xs), rounding(dtypes), what)


@pytest.mark.parametrize("dtypes", [REAL, SINGLE, COMPLEX], ids=["double", "single", "complex"])
@SOME
@given(data=st.data())
def test_second_derivatives(torch, dtypes, data):
    """The gradient of a weighted sum of the gradients."""
    program = data.draw(programs(20, dtypes=dtypes))
    xs, ts = [Tensor(x, requires_grad=True) for x in program.inputs], theirs(torch, program.inputs)
    ours, torchs = program(*xs), run(program, ts)
    seeds = [waves(y, k) for k, y in enumerate(ours)]
    for y, seed in zip(ours, seeds):
        y.backward(seed, create_graph=True)
    firsts = torch.autograd.grad(torchs, ts, list(map(torch.tensor, seeds)), create_graph=True, allow_unused=True)
    agree([x.grad for x in xs], firsts, program.inputs, rounding(dtypes), "gradients")

    ours, torchs = 0.0, torch.zeros(())
    for k, (x, g) in enumerate(zip(xs, firsts)):
        if g is not None:
            ours = ours + np.sum(np.real(x.grad * waves(x, k)))
            torchs = torchs + (g * torch.tensor(waves(x, k))).real.sum()
    for x in xs:
        x.grad = None
    if torchs.requires_grad:
        if ours.requires_grad:  # else the gradients are constants, and no more comes of them
            ours.backward()
        seconds = torch.autograd.grad(torchs, ts, allow_unused=True)
        agree([x.grad for x in xs], seconds, program.inputs, rounding(dtypes), "second derivatives")
