"""Arrays that are not NumPy's flow through forward, backward, second order and SGD, and are never converted.

What they compute is compared with what the same program computes on NumPy's arrays.
"""

import copy
import operator
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strangers import Aloof, Foreign
from strategies import STRATEGIES, listed

from tinygrad_edu import (
    Tensor,
    apply,
    backpropagate,
    debug,
    draw,
    func,
    linear,
    log_softmax,
    nn,
    no_grad,
    optim,
    primitive,
    relu,
    sigmoid,
    softmax,
    squared_error,
)
from tinygrad_edu.engine.table import COMPOSITES, RULES

A = np.array([[0.5, -1.0, 2.0], [0.3, 0.2, -0.1]])
B = np.array([[1.5, 0.4, 0.7], [2.0, 0.1, 0.6]])

both = pytest.mark.parametrize("kind", [Foreign, Aloof])


def derivatives(f, arrays, order=2):
    """What `f` makes of leaves of these arrays; half its square's gradients; half the gradients of their square; ..."""
    leaves = [Tensor(a, requires_grad=True) for a in arrays]
    with np.errstate(all="ignore"):
        ys = [y for y in listed(f(*leaves)) if isinstance(y, Tensor) and y.requires_grad]
        found = list(ys)
        for further in reversed(range(order)):
            seeds = [(y._node, y if further else y.data) for y in ys if y.requires_grad]
            grads = backpropagate(seeds, [x._node for x in leaves], create_graph=bool(further))
            ys = [grads[x._node] if further else Tensor(grads[x._node]) for x in leaves if x._node in grads]
            found += ys
    return found


def agree(f, kind, *arrays):
    """Whether `f`, of arrays of this kind, is and has for derivatives what it is and has on NumPy's."""
    expected, found = (derivatives(f, list(map(make, arrays))) for make in (np.array, kind))
    assert len(found) == len(expected)
    for y, want in zip(found, expected):
        assert type(y.data) is kind, "of another library"
        assert (y.shape, y.dtype) == (want.shape, want.dtype)
        precision = 1e4 * np.finfo(want.dtype).eps
        np.testing.assert_allclose(numbers(y), want.data, rtol=precision, atol=precision)


def numbers(x):
    array = x.data if isinstance(x, Tensor) else x
    return array.hidden if isinstance(array, Foreign) else array


def akin(x, values):
    """An array of these values, of the same library as that of `x`."""
    return type(x.data)(values) if isinstance(x.data, Foreign) else values


def leaf(kind, values=A):
    return Tensor(kind(values), requires_grad=True)


# ------------------------------------------------------------------------------------ the whole table

UNABLE = {  # with all arguments or some, and why
    name: why
    for why, names in {
        "the rule asks whether a factor is 0": "prod cumprod cumulative_prod nanprod nancumprod linalg.det",
        "where the numbers lie in their order, NumPy's indices say": (
            "sort partition sort_complex median nanmedian quantile percentile nanquantile nanpercentile"
        ),
        "whether values coincide is asked": (
            "linalg.eigh linalg.eigvalsh linalg.eig linalg.eigvals linalg.svd linalg.svdvals linalg.norm linalg.matrix_norm linalg.cond"
        ),
        "which numbers count is asked": "nanmax nanmin nanmean nanvar nanstd average cov corrcoef trim_zeros",
        "where the numbers lie between others is asked": "piecewise histogram histogram2d histogramdd histogram_bin_edges",
        "whether the result is real is asked": " ".join(
            f"lib.scimath.{fn}"
            for fn in ("sqrt", "log", "log2", "log10", "logn", "power", "arccos", "arcsin", "arctanh")
        ),
        "the rank or degree is asked": "linalg.least_squares.least_squares linalg.pinv linalg.lstsq polyfit polymul polydiv",
        "lists are made of them": "pad",
        "each number is computed by itself": "neural.erf.erf neural.erf.erfc tinygrad_edu.nn.functional.gated.normal_gate",
    }.items()
    for name in names.split()
}

WITH_VIEWS = {
    f"neural.{fn}"
    for fn in (
        "convolution.collect",
        "convolution.distribute",
        "convolution.overlap",
        "windows.windows",
        "windows.fold",
    )
}


def name(fn):
    return (
        f"{getattr(fn, '__module__', None) or 'numpy'}.{fn.__name__}".replace("tinygrad_edu.rules.", "")
        .replace("_scimath_impl", "scimath")
        .removeprefix("numpy.")
    )


every_function = pytest.mark.parametrize("fn", [fn for fn in {**RULES, **COMPOSITES} if fn in STRATEGIES], ids=name)


@every_function
@given(data=st.data())
def test_the_table_computes_on_foreign_arrays(fn, data):
    """Functions that need to see the numbers, at least with some arguments, say so rather than convert them.

    Some write into parts of arrays, and so take only those whose parts are views.
    """
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary:
        return
    try:
        agree(lambda *xs: case.measure(listed(case(*xs))), Aloof if name(fn) in WITH_VIEWS else Foreign, *case.arrays)
    except TypeError as error:
        if name(fn) not in UNABLE or "converted in secret" not in str(error):
            raise


def test_what_writes_into_parts_refuses_arrays_whose_parts_are_none():
    images, kernels = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))
    for f in nn.functional.conv2d, nn.functional.conv_transpose2d, lambda x, w: nn.functional.max_pool2d(x, 2):
        agree(f, Aloof, images, kernels)
        with pytest.raises(TypeError, match="are no views"):
            f(leaf(Foreign, images), leaf(Foreign, kernels))


# ------------------------------------------------------------ what networks are made of, for both kinds


def assigned(x):
    y = x * 1
    y[0] = y[1] * 2
    y[:, 1:] *= 3
    return y


@primitive(
    lambda g, y, x, weight: g * weight.size, lambda g, y, x, weight: np.broadcast_to(np.sum(g * x), weight.shape)
)
def scaled(x, weight):
    return x * np.sum(np.ones_like(weight))


PROGRAMS = {
    "arithmetic": lambda x, y: (x + y) * 2 - y / (1 + y) ** 2 + (-x) ** 3 + 2**x - 1 / y + abs(x) % 1 + x // 2,
    "powers": lambda x, y: y**x + y**1.5 + y**-1 + np.power(y, 2) + np.square(x),
    "functions": lambda x, y: (
        np.exp(x) + np.log(y) + np.sin(x) * np.cos(y) + np.tanh(x) + np.sqrt(y) + np.log1p(y) + np.expm1(x)
    ),
    "choices": lambda x, y: np.maximum(x, y) + np.minimum(x, 0.25) + np.where(x > y, x, y * 2) + np.clip(x, -0.5, 0.5),
    "sums": lambda x, y: x.sum() + y.mean(0) + np.sum(x * y, 1, keepdims=True) + np.mean(x) + np.cumsum(x, 1).sum(0),
    "extremes": lambda x, y: x.max(0) + np.min(y, 1, keepdims=True) + np.var(x) + np.std(y, 0),
    "products": lambda x, y: (
        x @ y.T + np.dot(x, np.transpose(y)) + np.matmul(x[0], y[1]) + np.outer(x[:, 0], y[:, 1]) + x[:, :2] @ y[0, :2]
    ),
    "stacks": lambda x, y: (
        np.reshape(x, (2, 1, 3)) @ np.reshape(y, (2, 3, 1)) + np.reshape(x, (1, 1, 6)) @ y.reshape(6, 1)
    ),
    "einsum": lambda x, y: np.einsum("ij,kj->ik", x, y),
    "basic indexing": lambda x, y: x[0] * y[:, ::-1] + x[1, 2] - y[..., 1:2] + x[-1, None, :] * 2,
    "integer indexing": lambda x, y: (
        x[[0, 0, 1], [2, 2, 0]] + y[np.array([1, 0, 1])][:, 0] + np.take(x, [0, 1, 1], 1)[0]
    ),
    "masks": lambda x, y: x[np.array([True, False])] * y[A > 0.25].sum(),
    "joining": lambda x, y: (
        np.concatenate([x, y], 1)[:, 1:4] + np.stack([x, y])[1] + np.vstack([x[0], y[0]]) + np.hstack([x, y])[:, 3:]
    ),
    "splitting": lambda x, y: np.split(x, [1], 1)[1] + np.array_split(y, 2, 1)[0],
    "shapes": lambda x, y: (
        x.reshape(3, 2).T * np.expand_dims(y, 0)[0] + np.swapaxes(x.T, 0, 1) + np.squeeze(y[None]) + x.ravel()[:3]
    ),
    "rearranging": lambda x, y: np.flip(x, 1) + np.roll(y, 1, 0) + np.tile(x[:, :1], 3) + np.repeat(y[:1], 2, 0),
    "broadcasting": lambda x, y: x * y[0] + x[:, :1] * y + x[0, 0] * y + np.broadcast_to(y[:1], (2, 3)) + y.sum() * x,
    "assignment": lambda x, y: assigned(x) * y,
    "foreign indices": lambda x, y: (
        x[akin(x, [0, 0, 1]), 1] * y[:, akin(y, [2, 0, 2])] + y[akin(y, A > 0)][1:].sum() + x[x > 0].sum()
    ),
    "sigmoid": lambda x, y: sigmoid(x * 100) * sigmoid(y),
    "relu": lambda x, y: relu(x) * y,
    "softmax": lambda x, y: softmax(x) * y + log_softmax(y, 0) * x,
    "linear": lambda x, y: linear(x, y, y[:, 0]) + linear(x, y),
    "axes by name": lambda x, y: np.transpose(x, (1, 0)) @ y + np.tensordot(x, y, (0, 0)),
    "linear of a stack": lambda x, y: linear(x.reshape(2, 1, 3), y, x[:, 1]),
    "squared error": lambda x, y: squared_error(x, y, 3),
    "an operation of one's own": lambda x, y: scaled(x, y),
    "casts": lambda x, y: x.astype(np.float32) * y + (x.astype(np.float32) * 2).astype(float),
}


@both
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_computes_the_same_on_foreign_arrays(program, kind):
    agree(program, kind, A, B)


@both
def test_numbers_keep_the_dtype_of_foreign_arrays(kind):
    agree(lambda x: 2 * x / 3 - x**2.5 + np.exp(x) * 1.5 + sigmoid(x), kind, B.astype(np.float32))


@both
def test_functions_without_derivative_give_foreign_arrays(kind):
    x = leaf(kind)
    for y in (
        x > 0,
        x == x,
        np.isnan(x),
        np.argmax(x, 1),
        np.logical_not(x),
        x.argsort(),
        np.any(x),
        ~(x > 1) & (x < 3),
    ):
        assert type(y) is kind
    for y in np.sign(x), np.floor(x), np.round(x), np.zeros_like(x), x.astype(int):
        assert type(y.data) is kind
    assert np.shape(x) == (2, 3)
    assert (np.ndim(x), np.size(x), len(x), np.result_type(x)) == (2, 6, 2, float)


def test_numpys_arrays_are_taken_in_by_those_that_mix():
    agree(lambda x: B + x * B + np.where(B > 0.5, x, B) + np.concatenate([x, B])[2:] + x @ B.T @ B, Foreign, A)
    w = Tensor(B, requires_grad=True)  # a parameter of NumPy's, and data that are not
    (Tensor(Foreign(A)) * w).sum().backward()
    np.testing.assert_array_equal(numbers(w.grad), A)


@pytest.mark.parametrize(
    "program", [lambda x: x * B, lambda x: B @ x.T, lambda x: np.concatenate([x, B]), lambda x: np.dot(x, B.T)]
)
def test_those_that_refuse_numpys_arrays_are_obeyed(program):
    with pytest.raises(TypeError, match="NumPy's among ours"):
        program(leaf(Aloof))


# --------------------------------------------------------------------------------- backward


@both
def test_gradients_are_foreign_and_add_up(kind):
    x = leaf(kind)
    for _ in range(3):
        (x * x).sum().backward()
        assert type(x.grad.data) is kind
    np.testing.assert_allclose(numbers(x.grad), 3 * 2 * A)
    y = x * 2
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    np.testing.assert_allclose(numbers(x.grad), 6 * A + 4)
    with pytest.raises(RuntimeError, match="released"):
        (y * y).sum().backward()


@both
@pytest.mark.parametrize("seed", [2.0, 2, np.float32(2), Tensor(2.0)])
@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_starts_with_an_array_of_the_same_library(kind, seed, create_graph):
    x = leaf(kind)
    x.sum().backward(seed, create_graph=create_graph)
    assert type(x.grad.data) is kind
    np.testing.assert_array_equal(numbers(x.grad), np.full_like(A, 2))


def test_a_gradient_of_numpys_to_start_with():
    x, w = leaf(Foreign), leaf(Foreign, B.T)
    (x @ w).backward(np.ones((2, 2)))
    np.testing.assert_allclose(numbers(x.grad), np.ones((2, 2)) @ B)
    with pytest.raises(ValueError, match=r"of shape \(2,\) for a tensor of shape \(2, 2\)"):
        (x @ w).backward([1.0, 1.0])
    with pytest.raises(TypeError, match="NumPy's among ours"):
        (leaf(Aloof) * 2).backward(np.ones((2, 3)))


@both
def test_derivatives_of_higher_order(kind):
    x = leaf(kind, B)
    y = (x**4).sum()
    for factor, power in (4, 3), (12, 2), (24, 1), (24, 0):
        x.grad = None
        y.backward(create_graph=True)
        np.testing.assert_allclose(numbers(x.grad), factor * B**power)
        assert type(x.grad.data) is kind
        y = x.grad.sum()


@both
def test_retained_gradients(kind):
    x = leaf(kind)
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward()
    assert type(y.grad.data) is kind
    np.testing.assert_allclose(numbers(y.grad), 4 * A)


@both
@pytest.mark.parametrize("convert", [
    np.asarray, np.array, np.float64, float, int, bool, complex, operator.index, memoryview, lambda a: np.array([a, a]),
])  # fmt: skip
def test_the_strangers_are_as_strict_as_they_say(convert, kind):
    """Otherwise the tests here would say nothing."""
    with pytest.raises(TypeError):
        convert(kind(1.0))


@both
@pytest.mark.parametrize("convert", [
    lambda x: x.numpy(), lambda x: x.tolist(), lambda x: x.sum().item(), lambda x: float(x.sum()), lambda x: f"{x.sum():.3f}",
    np.asarray, lambda x: Tensor([x.data, x.data]), lambda x: bool(x[0, 0] > 0),
])  # fmt: skip
def test_what_only_numpys_arrays_can_be_asked_for_is_refused(convert, kind):
    with pytest.raises(TypeError, match="secret"):
        convert(Tensor(kind(A)))


# ---------------------------------------------------------------------------------- networks


def network(kind, dtype=np.float32):
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Linear(3, 4, dtype=dtype, rng=rng), nn.Tanh(), nn.Linear(4, 4, dtype=dtype, rng=rng), nn.ReLU(),
        nn.Linear(4, 2, dtype=dtype, rng=rng),
    )  # fmt: skip
    for p in model.parameters():
        p.data = kind(p.data)
    return model


def trained(kind, steps=4, **settings):
    """The parameters of a network after some steps of gradient descent, and the last loss."""
    model = network(kind)
    optimiser = optim.SGD(model.parameters(), lr=0.1, **settings)
    x, target = Tensor(kind(A), dtype=np.float32), Tensor(kind(B[:, :2]), dtype=np.float32)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = nn.SumOfSquaresLoss()(model(x), target)
        loss.backward()
        optimiser.step()
    return [*model.parameters(), loss]


@both
@pytest.mark.parametrize("settings", [
    {}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"weight_decay": 0.1},
    {"momentum": 0.5, "dampening": 0.5, "weight_decay": 0.1}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
])  # fmt: skip
def test_a_network_learns_on_foreign_arrays(kind, settings):
    for p, expected in zip(trained(kind, **settings), trained(np.array, **settings)):
        assert type(p.data) is kind
        assert p.dtype == np.float32
        np.testing.assert_allclose(numbers(p), expected.data, rtol=1e-5, atol=1e-6)


@both
def test_parameters_that_move_to_another_library_while_they_learn(kind):
    w = Tensor(B, requires_grad=True)
    optimiser = optim.SGD([w], lr=0.1, momentum=0.5)
    for _ in range(2):
        w.data, optimiser.state[w] = kind(B), {}
        optimiser.zero_grad()
        (w * w).sum().backward()
        optimiser.step()
        assert type(w.data) is kind
        np.testing.assert_allclose(numbers(w), 0.8 * B)


@both
def test_parameters_are_foreign_from_the_start(kind):
    p = nn.Parameter(kind(A))
    assert type(p.data) is kind
    assert p.dtype == np.float32
    model = network(kind)
    assert "Linear(3, 4)" in repr(model)
    state = model.state_dict()
    assert all(type(array) is kind for array in state.values())
    before = numbers(model[0].weight).copy()
    state["0.weight"][0] = 7.0
    np.testing.assert_array_equal(numbers(model[0].weight), before)
    model.load_state_dict(state)
    assert type(model[0].weight.data) is kind
    assert (numbers(model[0].weight)[0] == 7).all()


# ----------------------------------------------------------------------------- functions of functions


def cost(x):
    return (np.tanh(x) * x).sum()


TRANSFORMS = {
    "grad": lambda x, v: func.grad(cost)(x),
    "value_and_grad": lambda x, v: func.value_and_grad(cost)(x),
    "grad of grad": lambda x, v: func.grad(lambda x: (func.grad(cost)(x) ** 2).sum())(x),
    "vjp": lambda x, v: func.vjp(np.tanh, x)[1](v)[0],
    "jvp": lambda x, v: func.jvp(np.tanh, (x,), (v,)),
    "jvp of a number": lambda x, v: func.jvp(cost, (x,), (v,)),
    "hvp": lambda x, v: func.hvp(cost, (x,), (v,))[0],
    "elementwise_grad": lambda x, v: func.elementwise_grad(np.tanh)(x),
    "jacobian": lambda x, v: func.jacobian(lambda x: np.tanh(x).sum(0))(x),
    "hessian": lambda x, v: func.hessian(cost)(x),
}


def transforms_agree(transform, kind):
    found, expected = (transform(make(A), make(B)) for make in (kind, np.array))
    for y, want in zip(listed(found), listed(expected)):
        assert type(y.data) is kind
        np.testing.assert_allclose(numbers(y), want.data, rtol=1e-12)


@both
@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_functions_of_functions(transform, kind):
    transforms_agree(transform, kind)


def test_partial_derivatives_column_by_column():
    """From unit vectors, which are NumPy's."""
    transforms_agree(lambda x, v: func.jacobian(lambda x: np.outer(x[0], x[0]))(x), Foreign)


# ---------------------------------------------------------------------------- whose array it is


@both
def test_the_users_array_is_copied(kind):
    theirs, factor = kind(A), kind(B)
    x = Tensor(theirs, requires_grad=True)
    y = (x * x * factor).sum()
    theirs[...] = 0
    factor[...] = 0
    np.testing.assert_array_equal(numbers(x), A)
    y.backward()
    np.testing.assert_allclose(numbers(x.grad), 2 * A * B)


@both
def test_a_shared_array_is_shared_but_not_with_the_graph(kind):
    theirs = kind(A)
    x = Tensor(theirs, requires_grad=True, copy=False)
    assert x.data is theirs
    y = (x * x).sum()
    theirs[...] = 0
    np.testing.assert_array_equal(numbers(x), 0 * A)
    y.backward()
    np.testing.assert_allclose(numbers(x.grad), 2 * A)


@both
def test_what_is_written_to_data_is_seen_by_the_tensor_alone(kind):
    x = leaf(kind)
    y = x * 2
    parts, z = y[0], (y * y).sum()
    y.data[...] = 0
    x.data[0] = 9.0
    np.testing.assert_array_equal(numbers(y), 0 * A)
    np.testing.assert_array_equal(numbers(x)[0], [9, 9, 9])
    np.testing.assert_array_equal(numbers(parts), 2 * A[0])
    z.backward()
    np.testing.assert_allclose(numbers(x.grad), 8 * A)


@both
def test_gradients_share_nothing(kind):
    x, seed = leaf(kind), kind(B)
    y = x.reshape(3, 2).reshape(2, 3) + 0
    y.backward(seed, retain_graph=True)
    first = x.grad
    seed[...] = 0
    np.testing.assert_array_equal(numbers(first), B)
    first.data[...] = 0
    x.grad = None
    y.backward(kind(B))
    np.testing.assert_array_equal(numbers(x.grad), B)


@both
def test_writing_in_place(kind):
    x = Tensor(kind(A))
    alias = x.data
    x += 1
    x[0, 0] = 5.0
    np.testing.assert_array_equal(numbers(alias), numbers(x))
    w = leaf(kind)
    y = (w * w).sum()
    with no_grad():
        w -= kind(A)
    np.testing.assert_array_equal(numbers(w), 0 * A)
    y.backward()
    np.testing.assert_allclose(numbers(w.grad), 2 * A)
    out = kind(A)
    assert np.add(Tensor(kind(A)), 1, out=out) is out
    np.testing.assert_array_equal(numbers(out), A + 1)


# ------------------------------------------------------------------------------- who answers

MIXED = {
    "+": lambda a, x: a + x,
    "-": lambda a, x: a - x,
    "/": lambda a, x: a / x,
    "@": lambda a, x: a @ x.T,
    "**": lambda a, x: abs(a) ** x,
    "add": lambda a, x: np.add(a, x),
    "hypot": lambda a, x: np.hypot(a, x),
    "matmul": lambda a, x: np.matmul(a, x.T),
    "concatenate": lambda a, x: np.concatenate([a, x]),
    "stack": lambda a, x: np.stack([a, x, a]),
    "where": lambda a, x: np.where(a > 0, a, x),
    "dot": lambda a, x: np.dot(a, x.T),
    "einsum": lambda a, x: np.einsum("ij,kj->ik", a, x),
    "outer": lambda a, x: np.multiply.outer(a, x),
}


@both
@pytest.mark.parametrize("program", MIXED.values(), ids=MIXED.keys())
def test_a_tensor_answers_in_whatever_order(program, kind):
    agree(lambda x: program(akin(x, A), x), kind, B)
    agree(lambda x: program(x, akin(x, A)), kind, B)


@both
def test_comparisons_in_whatever_order(kind):
    for y in kind(A) < Tensor(kind(B)), Tensor(kind(A)) < kind(B), Tensor(kind(A)) < Tensor(kind(B)):
        assert type(y) is kind
        np.testing.assert_array_equal(numbers(y), A < B)


class Deaf:
    """Knows none of the protocols, but what to do with a Tensor on its left."""

    def __radd__(self, other):
        return "deaf"


class Ufuncs:
    """Answers for ufuncs, as pandas' and xarray's types do, and for no other function."""

    dtype = np.dtype(float)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return f"{ufunc.__name__} of {', '.join(type(x).__name__ for x in inputs)}"


class Reluctant(Foreign):
    """Says that ufuncs must not be asked: operators shall ask it."""

    __array_ufunc__ = None

    def __radd__(self, other):
        return "reluctant"


class Sovereign(Foreign):
    """Knows Tensors, and wants to answer for them where it is asked first."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return "sovereign"

    def __array_function__(self, fn, types, args, kwargs):
        return "sovereign"


def test_types_that_are_not_ours_to_handle_answer_for_themselves():
    x = leaf(np.array)
    assert x + Deaf() == "deaf"
    assert x.__add__(Deaf()) is NotImplemented
    assert x.__add__(Ufuncs()) is NotImplemented
    assert np.add(x, Ufuncs()) == "add of Tensor, Ufuncs"
    assert x.__add__(Reluctant(A)) is NotImplemented
    assert x + Reluctant(A) == "reluctant"
    assert np.add(Sovereign(A), x) == Sovereign(A) + x == np.concatenate([Sovereign(A), x]) == "sovereign"
    for strange in object(), Deaf(), Ufuncs():
        with pytest.raises(TypeError):
            x * strange
        with pytest.raises(TypeError):
            Tensor(strange)


# ------------------------------------------------------------------------------ all the rest


@both
def test_what_a_tensor_says_of_a_foreign_array(kind):
    x = Tensor(kind(A), requires_grad=True, name="x")
    assert repr(x) == f"Tensor({kind.__name__}(...), shape=(2, 3), dtype=float64, name='x', requires_grad=True)"
    assert str(x * 1) == f"Tensor({kind.__name__}(...), shape=(2, 3), dtype=float64, op='multiply')"
    assert f"{x}" == str(x)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, float, 2)
    assert [type(row.data) for row in x] == [kind, kind]


@both
def test_constants_and_copies(kind):
    x = leaf(kind)
    for y in x.detach(), x.copy(), copy.deepcopy(x), pickle.loads(pickle.dumps(x)), Tensor(x.detach()), Tensor(x.data):
        assert type(y.data) is kind
        np.testing.assert_array_equal(numbers(y), A)
        y.data[...] = 0
        np.testing.assert_array_equal(numbers(x), A)
    assert not x.detach().requires_grad
    with no_grad():
        y = np.tanh(x) @ x.T
    assert type(y.data) is kind
    assert not y.requires_grad


@both
def test_other_dtypes(kind):
    assert Tensor(kind(A), dtype=np.float32).dtype == np.float32
    assert type(Tensor(kind(A), dtype=np.float32).data) is kind
    x = leaf(kind)
    x.data = kind(np.arange(3))
    assert (x.dtype, x.shape) == (float, (3,))
    with pytest.raises(TypeError, match="only floating tensors"):
        leaf(kind, np.arange(3))
    with pytest.raises(TypeError, match="takes numbers"):
        Tensor(kind(np.array(["a"])))


@both
def test_complex_numbers(kind):
    agree(lambda x, y: np.real(x * y) + np.absolute(x) ** 2, kind, A + 1j * B, B - 1j * A)


@both
def test_the_debug_mode_names_the_line_and_lets_the_numbers_be(kind):
    with debug():
        x = leaf(kind)
        y = np.tanh(x * 2).sum()
        y.backward()
        assert "test_foreign.py:" in y._node.info.line
    np.testing.assert_allclose(numbers(x.grad), 2 * (1 - np.tanh(2 * A) ** 2))


@both
def test_a_picture_shows_names_and_shapes(kind):
    x = Tensor(kind(A), requires_grad=True, name="inputs")
    y = np.tanh(x * kind(B)).sum()
    y.backward()
    text = draw(y).source
    assert all(
        word in text
        for word in ("inputs", "(2, 3) float64", "grad (2, 3)", "constant", "<B>*</B>", "tanh", "scalar float64")
    )


@both
def test_errors_are_those_of_numpys_arrays(kind):
    x = leaf(kind)
    with pytest.raises(ValueError, match="broadcast"):
        x + leaf(kind, np.ones(2))
    with pytest.raises(RuntimeError, match="starts from a single number"):
        x.backward()
    with pytest.raises(IndexError):
        x[5]
    with pytest.raises(NotImplementedError, match="has no derivative rule"):
        apply(np.busday_count, x)
