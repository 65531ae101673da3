"""No derivative is dropped in silence: what requires gradients gets one, or the call is refused with what to do instead."""

import numpy as np
import pytest

from tinygrad_edu import Tensor, apply, gradcheck, squared_error
from tinygrad_edu.rules.neural import fused

X, PAIR = np.array([0.5, 1.5]), Tensor([1.0, 2.0], requires_grad=True)
EDGES = np.array([0.0, 1.0, 3.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.linalg.norm(t, t[2]), lambda t: np.linalg.vector_norm(t, ord=t[2]), lambda t: np.unwrap(t, t[0]),
        lambda t: squared_error(t, t, t[2]), lambda t: apply(fused.masked_nll.fn, t, t.data > 0, t[2]),
    ],
)  # fmt: skip
def test_a_place_without_a_derivative_takes_nothing_that_requires_gradients(call):
    with pytest.raises(TypeError, match=r"no derivative rule.*detach"):
        call(Tensor(EDGES, requires_grad=True))
    call(Tensor(EDGES))


def test_numbers_that_stand_along_axes_of_their_own_have_gradients():
    assert gradcheck(lambda a, b: np.multiply(*np.ix_(a, b)), [EDGES, X])
    assert [type(i) for i in np.ix_(Tensor([0, 1]), [True, False])] == [np.ndarray] * 2
    rows, places = np.ix_(Tensor(X, requires_grad=True), [0, 2])
    assert (rows.requires_grad, places.tolist()) == (True, [[0, 2]])


def test_edges_of_bins_move_with_what_sets_them():
    assert gradcheck(np.histogram_bin_edges, EDGES)
    assert gradcheck(lambda t: np.histogram_bin_edges(X, t), EDGES)
    assert gradcheck(lambda a, t: np.histogram_bin_edges(a, 2, (t[0], t[1])), [X, EDGES])
    np.testing.assert_array_equal(np.histogram_bin_edges(Tensor([2.0, 2.0], requires_grad=True), 1).data, [1.5, 2.5])


@pytest.mark.parametrize("density", [False, True])
def test_edges_that_come_with_counts_move_too_and_densities_with_them(density):
    w = np.array([1.0, 2.0])
    for f in (
        lambda t, w: np.histogram(X, t, density=density, weights=w),
        lambda t, w: np.histogram(t[:2] + 0.25, 3, density=density, weights=w),
        lambda t, w: np.histogram2d(X, X, [t, t], density=density, weights=w)[:2],
        lambda t, w: np.histogram2d(X, X, t, density=density, weights=w)[:2],
        lambda t, w: (np.histogramdd([X, X], [t, 2], density=density, weights=w)[0],),
    ):
        for a, b in zip(f(Tensor(EDGES, requires_grad=True), w), f(EDGES, w)):
            np.testing.assert_allclose(a.data if isinstance(a, Tensor) else a, b, rtol=1e-14)
        assert gradcheck(f, [EDGES, w])
