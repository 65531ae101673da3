"""Numbers that leave the graph by ``float(tensor)``: told where that loses a derivative, quiet where it is for reading."""

import array
import math

import numpy as np
import pytest

from tinygrad_edu import Tensor, func, no_grad

OUT = np.zeros(3)
RNG = np.random.default_rng(0)


def assigned(t):
    OUT[0] = t


def assigned_flat(t):
    OUT.flat[1] = t


def assigned_in_a_loop(t):
    for OUT[2] in [t]:
        pass


def assigned_whole_numbers(t):
    np.zeros(2, int)[0] = t


def assigned_complex(t):
    np.zeros(2, complex)[0] = t


def appended(t):
    array.array("d").append(t)


TAKEN = [
    assigned, assigned_flat, assigned_in_a_loop, assigned_whole_numbers, assigned_complex, appended,
    lambda t: OUT.fill(t), lambda t: np.float64(t),
    lambda t: np.fromiter([t, t], float), lambda t: np.sum(OUT, initial=t), lambda t: OUT.max(initial=t),
    lambda t: np.add.reduce(OUT, initial=t), lambda t: np.interp(OUT - 1, [0.0, 1.0], [2.0, 3.0], left=t),
    lambda t: np.interp(OUT + 2, [0.0, 1.0], [2.0, 3.0], right=t), lambda t: np.vectorize(lambda x: t * x, otypes=[float])(OUT),
]  # fmt: skip
READ = [
    float, int, complex, str, repr, lambda t: f"{t:.3f}", lambda t: "%.3f" % t, lambda t: f"{float(t)}",  # noqa: UP031
    lambda t: [float(t)], lambda t: OUT.__setitem__(0, float(t)), lambda t: np.float64(float(t)), lambda t: [].append(t),
]  # fmt: skip


@pytest.mark.parametrize("take", TAKEN)
def test_a_number_that_is_put_into_an_array_is_told(take):
    t = Tensor(0.5, requires_grad=True)
    with pytest.warns(UserWarning, match=r"np\.stack") as warned:
        take(t * 1)
    assert {w.filename for w in warned} == {__file__}  # whichever library's code has asked
    take(t.detach())
    with no_grad():
        take(t)


@pytest.mark.parametrize("read", [*READ, math.exp, math.isnan, lambda t: math.floor(t * 2)])
def test_a_number_that_is_read_is_not(read):
    read(Tensor(0.5, requires_grad=True) * 1)


@pytest.mark.parametrize(
    "leave",
    [*TAKEN, np.float32, np.complex128, float, int, complex, math.sin, math.floor, lambda t: "%.3f" % t],  # noqa: UP031
)
@pytest.mark.parametrize(
    "transform", [func.grad, func.jacobian, func.hessian, lambda f: lambda x: func.jvp(f, (x,), (1.0,))]
)
def test_within_a_transform_it_is_an_error_that_names_the_remedy(transform, leave):
    def f(x):
        leave(x * 1)
        return x * x

    with pytest.raises(TypeError, match=r"write x\.item\(\)|would lose its graph"):
        transform(f)(0.5)
    leave_quietly(transform)


def leave_quietly(transform):
    """What is read on purpose, or printed, is none of the transform's business; nor is what runs after it."""
    transform(lambda x: (x.item() + 1) * x + len(f"{x:.2f} {x}") * x)(0.5)
    assert float(Tensor(0.5, requires_grad=True) * 2) == 1


def test_errors_of_the_function_itself_keep_their_causes():
    def f(x):
        raise ValueError("mine") from KeyError("cause")

    with pytest.raises(ValueError, match="mine") as raised:
        func.grad(f)(1.0)
    assert isinstance(raised.value.__cause__, KeyError)


def test_rounding_stays_in_the_graph():
    t = Tensor(2.34, requires_grad=True)
    assert round(t, 1).item() == 2.3
    assert round(t).item() == 2
    assert func.grad(lambda x: x * round(x, 1))(2.34).item() == pytest.approx(2.3)


def test_other_libraries_are_given_the_array_by_their_own_protocol():
    x = Tensor([1.0, 2.0])
    np.testing.assert_array_equal(np.from_dlpack(x), [1, 2])
    with pytest.raises(TypeError, match="lose its graph"):
        np.from_dlpack(Tensor([1.0, 2.0], requires_grad=True))


# ------------------------------------------------------------------------------- derivatives that are zeros, and why


@pytest.mark.parametrize(
    "transform", [func.grad, func.value_and_grad, func.hessian, func.jacobian, func.elementwise_grad]
)
def test_a_function_that_ignores_its_argument_is_told(transform):
    w = Tensor(3.0, requires_grad=True)
    for f in [lambda x: w * w, lambda x: Tensor(2.0)]:
        with pytest.warns(UserWarning, match="not computed from the argument") as warned:
            transform(f)(w)
        assert warned[0].filename == __file__


def test_a_derivative_that_is_constant_is_nothing_to_be_told():
    def line(x):
        return 3.0 * x

    assert func.grad(func.grad(line))(1.0).item() == 0
    assert func.hessian(lambda x: (x * 2.0).sum())(np.ones(2)).data.tolist() == [[0, 0], [0, 0]]
    assert func.grad(lambda x: func.grad(line)(x) * 2.0)(1.0).item() == 0
    assert func.grad(lambda p: p["used"] * 2.0)({"used": 1.0, "unused": 2.0})["unused"].item() == 0
