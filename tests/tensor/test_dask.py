"""Dask's arrays: nothing is computed until it is asked for, and then never more than some chunks at a time."""

import tracemalloc
from contextlib import nullcontext

import dask
import dask.array as da
import numpy as np
import pytest

from tinygrad_edu import Tensor, debug, draw, func, log_softmax, nn, no_grad, optim, relu, sigmoid, softmax


@pytest.fixture(autouse=True)
def one_thread():
    with dask.config.set(scheduler="single-threaded"):
        yield


RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(6, 4)), RNG.uniform(0.5, 1.5, (6, 4))


def chunked(array, rows=2):
    return da.from_array(np.asarray(array), chunks=(rows, *np.shape(array)[1:]))


def lazily():
    """Where whatever asks for the numbers fails."""

    def compute(*args, **kwargs):
        raise AssertionError("computed before anybody asked")

    return dask.config.set(scheduler=compute)


def kept_lazy(*tensors):
    """The arrays of Tensors, none of which has become NumPy's."""
    arrays = [x.data for x in tensors]
    assert all(type(a) is da.Array for a in arrays), list(map(type, arrays))
    return arrays


PROGRAMS = {
    "arithmetic": lambda x, y: (x + y) * 2 - y / (1 + y) ** 2 + (-x) ** 3 - 1 / y + y**x + y**1.5,
    "functions": lambda x, y: (
        np.exp(x) + np.log(y) + np.tanh(x) * np.sin(y) + np.sqrt(y) + abs(x) + sigmoid(x) + relu(x)
    ),
    "choices": lambda x, y: np.maximum(x, y) + np.where(x > y, x, y * 2) + np.clip(x, -0.5, 0.5) + np.logaddexp(x, y),
    "reductions": lambda x, y: x.sum() + y.mean(0) + x.max(0) + np.var(x, 0) + np.std(y, 0) + np.cumsum(x, 1)[0],
    "products": lambda x, y: x @ y.T + np.dot(x, y[1]) + np.einsum("ij,kj->ik", x, y) + np.outer(x[:, 0], y[:, 1]),
    "copies": lambda x, y: x.copy() * y + np.transpose(x, (1, 0))[0, 0],
    "indexing": lambda x, y: x[1:4, ::2] * y[0, 1] + y[::-1][:3, 2:] + x[-1, :2],
    "joining": lambda x, y: (
        np.concatenate([x, y])[3:9] + np.stack([x, y], 1)[:, 0] + np.vstack([x, y])[:6] + np.flip(x, 0)
    ),
    "shapes": lambda x, y: (
        x.T + np.swapaxes(y, 0, 1) + np.expand_dims(x.T, 0)[0] + np.broadcast_to(y[0, 0], (4, 6)) + np.roll(x, 1, 0).T
    ),
    "broadcasting": lambda x, y: x * y[0] + x[:, :1] * y + x[0, 0] * y,
    "softmax": lambda x, y: softmax(x) * y + log_softmax(y) * x,
    "linear": lambda x, y: nn.Linear(4, 3, dtype=float, rng=np.random.default_rng(0))(x * y),
    "casts": lambda x, y: x.astype(np.float32) * y,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_programs_and_their_first_and_second_derivatives_stay_lazy(program):
    def results(make):
        x, y = (Tensor(make(a), requires_grad=True) for a in (A, B))
        z = program(x, y)
        (z * z).sum().backward(create_graph=True)
        first = x.grad, y.grad
        x.grad = y.grad = None
        sum((g * g).sum() for g in first).backward()
        return z, *first, x.grad, y.grad

    expected = [y.data for y in results(np.array)]
    with lazily():
        found = kept_lazy(*results(chunked))
    for y, want in zip(dask.compute(*found), expected):
        assert y.dtype == want.dtype
        np.testing.assert_allclose(y, want, rtol=1e-6 if program is PROGRAMS["casts"] else 1e-10)


# -------------------------------------------------------------------------------- a regression


def loss(w, b, x, t):
    """The cross entropy of a logistic regression: minus the logarithm of the probability that it gives to the truth."""
    z = x @ w + b
    return (np.logaddexp(0, z) - t * z).mean()


def examples(n, make=chunked):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, 5))
    return make(x), make((x @ [1.0, -2.0, 0.5, 0.0, 3.0] + rng.normal(size=n) > 0).astype(float))


def weights(make=np.array):
    return [Tensor(make(a), requires_grad=True) for a in (np.linspace(-1, 1, 5), np.array(0.1))]


def test_gradients_of_a_regression():
    """The weights are NumPy's, the examples are not; so the gradients wait to be computed, all in one pass."""
    w, b = weights()
    with lazily():
        y = loss(w, b, *examples(20))
        y.backward()
        lazy = kept_lazy(y, w.grad, b.grad)
    v, c = weights()
    expected = loss(v, c, *examples(20, np.array))
    expected.backward()
    for found, want in zip(dask.compute(*lazy), (expected, v.grad, c.grad)):
        np.testing.assert_allclose(found, want.data, rtol=1e-12)


def test_the_product_of_its_hessian_with_a_vector():
    point, direction = (np.linspace(-1, 1, 5), np.array(0.1)), (np.arange(5.0), np.array(1.0))

    def products(x, t):
        for place in point, [Tensor(p, requires_grad=True) for p in point]:
            yield from func.hvp(lambda w, b: loss(w, b, x, t), place, direction)
        yield func.hessian(lambda w: loss(w, 0.1, x, t))(point[0])

    with lazily():
        lazy = kept_lazy(*products(*examples(20)))
    for found, want in zip(dask.compute(*lazy), products(*examples(20, np.array))):
        np.testing.assert_allclose(found, want.data, rtol=1e-12)


SETTINGS = [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}]


def learnt(settings, make, place, between, context=nullcontext):
    """The weights after some steps of gradient descent, with something done between these."""
    params = weights(place)
    optimiser = optim.SGD(params, lr=0.5, **settings)
    for _ in range(4):
        optimiser.zero_grad()
        with context():
            loss(*params, *examples(20, make)).backward()
        between(params)
        optimiser.step()
    return [p.data for p in params]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_weights_of_numpys_may_have_gradients_of_dasks(settings):
    """Nothing is written into an array that is not there yet."""

    def stepped(x):
        w = Tensor(np.ones(4), requires_grad=True)
        optimiser = optim.SGD([w], lr=0.5, **settings)
        for _ in range(3):
            optimiser.zero_grad()
            (w * w * x).sum().backward()
            optimiser.step()
        return np.asarray(w.data)  # fmt: skip

    np.testing.assert_allclose(stepped(da.arange(4.0, chunks=2)), stepped(np.arange(4.0)))


def compute_gradients(params):
    for p, g in zip(params, dask.compute(*(p.grad.data for p in params))):
        p.grad.data = g


def persist_parameters(params):
    for p, a in zip(params, dask.persist(*(p.data for p in params))):
        p.data = a


@pytest.mark.parametrize("settings", SETTINGS)
def test_learning_with_gradients_that_are_computed_before_each_step(settings):
    found = learnt(settings, chunked, np.array, compute_gradients, lazily)
    for p, want in zip(found, learnt(settings, np.array, np.array, lambda params: None)):
        assert type(p) is np.ndarray
        np.testing.assert_allclose(p, want, rtol=1e-12)


@pytest.mark.parametrize("between", [persist_parameters, lambda params: None], ids=["persisted", "lazy to the end"])
@pytest.mark.parametrize("settings", SETTINGS)
def test_learning_with_parameters_that_are_lazy_too(settings, between):
    found = learnt(settings, chunked, da.asarray, between, lazily)
    for p, want in zip(found, learnt(settings, np.array, np.array, lambda params: None)):
        assert type(p) is da.Array
        np.testing.assert_allclose(p.compute(), want, rtol=1e-12)


@pytest.mark.slow
def test_examples_that_are_larger_than_the_memory_they_may_have():
    """200 MB of examples, of which there are never more than 50 MB at a time."""
    x = da.random.default_rng(0).uniform(-1, 1, (1_250_000, 20), chunks=(50_000, 20))
    t = (x[:, 0] > x[:, 1]).astype(float)
    assert x.nbytes == 200e6

    w, b = Tensor(np.zeros(20), requires_grad=True), Tensor(0.0, requires_grad=True)
    descent = optim.SGD([w, b], lr=3.0)
    tracemalloc.start()
    try:
        loss(w, b, x, t).backward()
        compute_gradients([w, b])
        np.testing.assert_allclose(w.grad.data[:3], [-1 / 6, 1 / 6, 0], atol=0.01)  # of x0, the mean over x0 > x1
        descent.step()
        assert w.data[0] > 0.4 > -0.4 > w.data[1]
        [product] = func.hvp(lambda w: loss(w, 0.0, x, t), (np.zeros(20),), (np.ones(20),))
        np.testing.assert_allclose(product.numpy(), np.full(20, 1 / 12), atol=0.01)  # the mean of a square, by 4
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


# ------------------------------------------------------------------------------ what Dask can and can't


def test_what_a_tensor_says_of_a_lazy_array():
    with lazily():
        x = Tensor(chunked(A), requires_grad=True, name="x")
        y = np.tanh(x * chunked(B)).sum()
        assert repr(x).startswith("Tensor(dask.array<")
        assert (x.shape, x.ndim, x.size, len(x)) == ((6, 4), 2, 24, 6)
        assert "(6, 4) float64" in draw(y).source
        with debug():
            kept_lazy(np.tanh(x).sum())
        with no_grad():
            kept_lazy(x @ x.T, x.detach(), *x)
    want = np.tanh(A * B).sum()
    assert y.item() == float(y) == pytest.approx(want)  # these ask
    assert f"{y:.3f}" == f"{want:.3f}"
    assert (y.detach() > 0) == (want > 0)
    np.testing.assert_array_equal(x.detach().numpy(), A)
    assert x.tolist() == A.tolist()


def test_lazy_arrays_first():
    with lazily():
        x = Tensor(chunked(B), requires_grad=True)
        ys = chunked(A) + x, chunked(A) @ x.T, np.multiply(chunked(A), x), np.concatenate([chunked(A), x]), A * x
        for y in ys:
            assert isinstance(y, Tensor)
            assert y.requires_grad
        kept_lazy(*ys)
    np.testing.assert_allclose(ys[1].detach().numpy(), A @ B.T)


def test_writing_into_a_lazy_array_changes_no_gradient():
    theirs = chunked(A)
    x = Tensor(theirs, requires_grad=True)
    y = (x * x).sum()
    theirs[0] = 9.0
    y.backward()
    np.testing.assert_allclose(x.grad.data.compute(), 2 * A)


def test_gradients_that_dask_cannot_compute_are_refused():
    x = Tensor(chunked(A), requires_grad=True)
    y = x[[0, 0, 2]]
    with pytest.raises(TypeError, match="'at'"):  # adding up at repeated places
        y.sum().backward()
    with pytest.raises(FutureWarning, match="not implemented by Dask"):  # it would convert: a warning, or here an error
        np.sort(x)
