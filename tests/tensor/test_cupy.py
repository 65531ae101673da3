"""CuPy's arrays, on a machine that has them: the programs that strangers' arrays can compute, on a GPU."""

import numpy as np
import pytest
from test_foreign import PROGRAMS, A, B, derivatives, trained

from tinygrad_edu import Tensor, func

cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
if not cupy.is_available():
    pytest.skip("there is no GPU", allow_module_level=True)


def agree(found, expected):
    assert len(found) == len(expected)
    for y, want in zip(found, expected):
        assert type(y.data) is cupy.ndarray
        assert (y.shape, y.dtype) == (want.shape, want.dtype)
        precision = 1e5 * np.finfo(want.dtype).eps
        np.testing.assert_allclose(y.data.get(), want.data, rtol=precision, atol=precision)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_computes_the_same_on_a_gpu(program):
    agree(derivatives(program, [cupy.asarray(A), cupy.asarray(B)]), derivatives(program, [A, B]))


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}])
def test_a_network_learns_on_a_gpu(settings):
    agree(trained(cupy.asarray, **settings), trained(np.asarray, **settings))


def test_functions_of_functions_on_a_gpu():
    value, pull = func.vjp(np.tanh, cupy.asarray(A))
    agree([value, *pull(cupy.asarray(B))], [Tensor(np.tanh(A)), Tensor(B * (1 - np.tanh(A) ** 2))])


def test_writing_into_an_array_on_a_gpu_changes_no_gradient():
    theirs = cupy.asarray(A)
    x = Tensor(theirs, requires_grad=True)
    y = (x * x).sum()
    theirs[...] = 0
    y.backward()
    agree([x.grad], [Tensor(2 * A)])


def test_what_cupy_refuses_is_refused():
    x = Tensor(cupy.asarray(A), requires_grad=True)
    for convert in (lambda: x * B, lambda: np.asarray(x.detach()), lambda: x.backward(B)):
        with pytest.raises(TypeError):
            convert()
    assert x.sum().item() == pytest.approx(A.sum())
