"""The strategies that the package offers: what they promise holds, and they reach what they are there to reach."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

import tinygrad_edu
from tinygrad_edu import Tensor, gradcheck, primitive, rule, testing
from tinygrad_edu.testing import Program, arrays, axes, broadcastable_shapes, indices, programs, shapes
from tinygrad_edu.testing.operations import FAMILIES

FEW = settings(max_examples=max(5, settings().max_examples // 4))


def reached(strategy, condition):
    """Whether the strategy ever draws such a thing."""
    find(
        strategy,
        condition,
        settings=settings(max_examples=2000, database=None, derandomize=True, phases=[Phase.generate]),
    )
    return True


# ----------------------------------------------------------------------------------- arrays, shapes


@given(shape=shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
def test_shapes_are_within_their_bounds(shape):
    assert 1 <= len(shape) <= 4
    assert all(0 <= n <= 5 for n in shape)


@given(several=broadcastable_shapes(3))
def test_shapes_broadcast(several):
    assert len(several) == 3
    assert len(np.broadcast_shapes(*several)) <= 3


def test_shapes_of_all_kinds_occur():
    pairs = broadcastable_shapes(2, min_side=0)
    assert reached(pairs, lambda s: s[0] == ())
    assert reached(pairs, lambda s: len(s[0]) != len(s[1]) and 1 not in s[0])
    assert reached(pairs, lambda s: len(s[0]) == len(s[1]) and s[0] != s[1])
    assert reached(pairs, lambda s: 0 in s[0] and 3 in s[0])
    assert reached(shapes(), lambda s: len(set(s)) == 3)


@given(several=arrays(broadcastable_shapes(3), low=0.5, high=4))
def test_numbers_are_apart_from_each_other_from_bounds_and_from_whole_ones(several):
    values = np.sort(np.concatenate([x.ravel() for x in several]))
    assert np.diff(values).min(initial=1) > 1e-3
    assert abs(values - values.round()).min(initial=1) > 1e-3
    assert ((abs(values) >= 0.5) & (abs(values) <= 4)).all()


@given(x=arrays((7, 9, 11), layouts=["contiguous"]))
def test_many_numbers_are_different_too(x):
    assert len(np.unique(x)) == x.size
    assert ((abs(x) >= 0.25) & (abs(x) <= 2)).all()


@given(
    x=arrays(signed=False), z=arrays((2, 3), np.complex64), y=arrays(dtype=st.sampled_from([np.float32, np.float64]))
)
def test_numbers_are_of_the_wanted_kind(x, z, y):
    assert (x > 0).all()
    assert x.dtype == float
    assert (z.shape, z.dtype) == ((2, 3), np.complex64)
    assert (abs(z.imag) >= 0.25).all()
    assert y.dtype in (np.float32, np.float64)


def test_arrays_lie_in_memory_in_every_way():
    matrices = arrays((2, 3))
    assert reached(matrices, lambda x: x.flags.c_contiguous)
    assert reached(matrices, lambda x: x.flags.f_contiguous)
    assert reached(matrices, lambda x: min(x.strides) < 0)
    assert reached(matrices, lambda x: x.strides == (48, 8))
    assert reached(arrays((2, 3), layouts=["strided"]), lambda x: not x.flags.c_contiguous)


@pytest.mark.parametrize(("options", "error", "words"), [
    ({"dtype": int}, TypeError, "int64: only floating and complex numbers have derivatives"),
    ({"low": 2.0, "high": 1.0, "shape": (2,)}, ValueError, "between low=2.0 and high=1.0"),
    ({"layouts": ["twisted"]}, KeyError, "twisted"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused(options, error, words):
    @settings(max_examples=1, database=None)
    @given(x=arrays(**options))
    def draw(x):
        pass

    with pytest.raises(error, match=words):
        draw()


# ------------------------------------------------------------------------------------ axes, indices


@given(data=st.data())
def test_axes_and_indices_fit_their_arrays(data):
    x = np.zeros(data.draw(shapes(min_side=0, max_dims=4)))
    np.sum(x, data.draw(axes(x.ndim)))
    x[data.draw(indices(x.shape))]


def parts(index):
    return index if isinstance(index, tuple) else (index,)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [
    lambda i: i == (), lambda i: i is None, lambda i: i is Ellipsis, lambda i: isinstance(i, int) and i < 0,
    lambda i: isinstance(i, list), lambda i: isinstance(i, np.ndarray) and i.dtype == bool and i.ndim == 2,
    lambda i: any(isinstance(p, slice) and p.step == -2 for p in parts(i)),
    lambda i: any(isinstance(p, np.ndarray) and p.dtype == int and p.ndim == 2 for p in parts(i)),
    lambda i: any(isinstance(p, list) and p != sorted(set(p)) for p in parts(i)),
    lambda i: {type(p) for p in parts(i)} >= {int, slice, type(...), type(None)},
    lambda i: {type(p) for p in parts(i)} >= {np.ndarray, slice, int},
    lambda i: {getattr(p, "dtype", None) for p in parts(i)} >= {np.dtype(bool), np.dtype(int)},
    lambda i: any(isinstance(p, np.ndarray) and not p.size for p in parts(i)),
])  # fmt: skip
def test_indices_of_every_kind_occur(kind):
    assert reached(indices((2, 3, 2)), kind)


@given(index=indices((3, 2), kinds=["slice", "boolean"]))
def test_kinds_can_be_left_out(index):
    assert all(isinstance(p, slice) or p.dtype == bool for p in parts(index))


# ----------------------------------------------------------------------------------------- programs


@FEW
@given(f=programs(12, dtypes=(np.float64, np.float32, np.complex128)))
def test_a_program_means_the_same_to_arrays_to_tensors_and_in_print(f):
    plain = f(*f.inputs)
    names = {}
    exec(repr(f), names)
    for a, b, c in zip(plain, f(*map(Tensor, f.inputs)), names["program"](*names["inputs"]), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype) == (c.shape, c.dtype)
        np.testing.assert_allclose(a, b.data, 1e-4, 1e-4)
        np.testing.assert_array_equal(a, c)
        assert np.isfinite(a).all()
        assert abs(a).max() <= 4 * (1 + 1e-5)


@FEW
@given(f=programs(6, dtypes=(float, complex)))
def test_programs_stay_away_from_kinks(f):
    assert gradcheck(f, f.inputs, order=2, fast=True)


def test_an_array_among_tensors_is_a_constant():
    f = Program([np.ones(2), np.ones(2)], ["t0 = np.copy(x0)", "t0[0] = x1[1]"], ["t0"])
    x = Tensor([1.0, 2.0], requires_grad=True)
    (y,) = f(np.zeros(2), x)
    y.backward(np.ones(2))
    assert x.grad.tolist() == [0, 1]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_its_place(family):
    assert reached(programs(6, dtypes=(float, complex), families=[family]), lambda f: len(f.source.splitlines()) > 4)


def test_families_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="no magic; the families are unary, binary"):
        reached(programs(families=["magic"]), bool)


@pytest.mark.slow
def test_a_counterexample_is_a_program_of_one_line():
    """Of a dozen, all that has nothing to do with it is left out."""
    rule(np.arctan, lambda g, y, x: g)

    def wrong(f):
        try:
            return not gradcheck(f, f.inputs, fast=True)
        except AssertionError:
            return True

    f = find(programs(12), wrong, settings=settings(max_examples=500, database=None, derandomize=True))
    assert f.source == "def program(x0, x1, x2):\n    t0 = np.arctan(x0)\n    return t0,\n"


# ------------------------------------------------------------------------------------------ the house


def test_hypothesis_is_imported_when_it_is_wanted():
    program = "import sys, tinygrad_edu; assert 'hypothesis' not in sys.modules; tinygrad_edu.testing.arrays"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert tinygrad_edu.testing is testing


def test_without_hypothesis_the_error_says_what_to_install():
    program = "import sys; sys.modules['hypothesis'] = None; import tinygrad_edu; tinygrad_edu.testing"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "pip install 'tinygrad-edu[test]'" in result.stderr
    assert "from tinygrad_edu import *" not in result.stderr
    subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['hypothesis'] = None; from tinygrad_edu import *"], check=True
    )


def test_it_finds_a_rule_that_forgets_one_side():
    @primitive(lambda g, y, x: g * np.where(x > 0, 1, 0.1))
    def leaky(x):
        return np.where(x > -1, x, 0.1 * x)

    @given(x=arrays())
    def test(x):
        assert gradcheck(leaky, x)

    with pytest.raises(AssertionError, match="is wrong at element"):
        test()
