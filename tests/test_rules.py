"""Every row of the table, tried on whatever arguments its strategy can think of; then the points that are special."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LAYOUTS, STRATEGIES, leaves, listed, missing

from tinygrad_edu import Tensor, apply, gradcheck, rule
from tinygrad_edu.table import COMPOSITES, PLAIN, RULES

ROWS = [*RULES, *COMPOSITES]


def name(fn):
    return f"{getattr(fn, '__module__', None) or 'numpy'}.{fn.__name__}".replace("tinygrad_edu.rules.", "")


every_function = pytest.mark.parametrize("fn", [fn for fn in ROWS if fn in STRATEGIES], ids=name)


# ------------------------------------------------------------------------------------ the whole table


def test_every_function_of_the_table_has_a_strategy():
    assert not missing(ROWS), "write a strategy for these in tests/strategies.py"


def test_a_new_rule_without_a_strategy_would_be_noticed():
    def dummy(x):
        return x

    rule(dummy, lambda g, y, x: g)
    assert missing(RULES) == [dummy]


@every_function
@given(data=st.data())
def test_value_shape_and_dtype_are_those_of_numpy(fn, data):
    """Recorded or not, in single, double and mixed precision; and gradients have their arguments' shapes and dtypes."""
    case = data.draw(STRATEGIES[fn])
    arrays = [a.astype(data.draw(st.sampled_from([np.float64, np.float32]))) for a in case.arrays]
    expected = case.expected(*arrays)

    for tensors in map(Tensor, arrays), leaves(arrays):
        tensors = list(tensors)
        result = listed(case(*tensors))
        assert len(result) == len(expected)
        for y, want in zip(result, expected):
            assert type(y) is Tensor
            assert type(y.data) is np.ndarray
            assert (y.shape, y.dtype) == (want.shape, want.dtype)
            precision = max(np.finfo(a.dtype).eps for a in [want, *arrays])
            if not case.arbitrary:
                np.testing.assert_allclose(y.data, want, rtol=16 * precision, atol=16 * precision)

    for y in result:
        if y.requires_grad:
            y.backward(np.ones(y.shape, y.dtype), retain_graph=True)
    for x, array in zip(tensors, arrays):
        assert x.grad is None or (x.grad.shape, x.grad.dtype) == (array.shape, array.dtype)
        np.testing.assert_array_equal(x.data, array, "inputs are never changed")


@every_function
@given(data=st.data())
def test_first_and_second_derivatives_agree_with_differences(fn, data):
    """For any choice of the arguments that need gradients, however the arrays lie in memory."""
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary:
        return
    store, view = LAYOUTS[data.draw(st.sampled_from(sorted(LAYOUTS)))]
    wanted = [data.draw(st.booleans()) for _ in case.arrays]
    if case.together or not any(wanted):
        wanted = [True] * len(wanted)

    def f(*bases):
        tensors = iter(bases)
        return tuple(listed(case(*(view(next(tensors)) if w else a for w, a in zip(wanted, case.arrays)))))

    assert gradcheck(f, [store(a) for w, a in zip(wanted, case.arrays) if w], order=2)
