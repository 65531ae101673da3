"""Functions of functions: right whatever they are given, however they are nested; connected to what they depend on."""

import gc
import threading
import weakref
from collections import namedtuple
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import STRATEGIES, listed

from tinygrad_edu import Tensor, debug, enable_grad, nn, no_grad, primitive
from tinygrad_edu.engine.node import new_order
from tinygrad_edu.engine.table import COMPOSITES, RULES
from tinygrad_edu.func import checkpoint, elementwise_grad, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from tinygrad_edu.pytree import flatten

Point = namedtuple("Point", "x y")
V = np.array([1.0, 2.0, 3.0])
W = np.array([0.5, -1.0, 2.0])
M = np.array([[1.0, 2.0, 0.5], [0.5, -1.0, 1.5]])


def leaf(x):
    return Tensor(x, requires_grad=True)


def near(nest, expected, rtol=1e-9):
    """The same structure, and nearly the same numbers, of exactly the same shapes."""
    got, want = flatten(nest), flatten(expected)
    assert type(got[1]([0] * len(got[0]))) is type(want[1]([0] * len(want[0])))
    assert len(got[0]) == len(want[0])
    for a, b in zip(got[0], want[0]):
        a = a.data if isinstance(a, Tensor) else a
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


def mapped(f, nest):
    leaves, rebuild = flatten(nest)
    return rebuild([f(i, x) for i, x in enumerate(leaves)])


def cube(x):
    return x * x * x


# ---------------------------------------------------------------------------------- what each computes


def test_grad():
    near(grad(cube)(2.0), 12.0)
    near(grad(lambda x: (x * x).sum())(V), 2 * V)


def test_value_and_grad():
    near(value_and_grad(cube)(2.0), (8.0, 12.0))


def test_vjp():
    y, pull = vjp(np.multiply.outer, M[0], V)
    near(y, np.outer(M[0], V))
    near(pull(np.outer(W, M[0])), (W * (M[0] @ V), M[0] * (M[0] @ W)))


def test_jvp():
    y, change = jvp(np.multiply.outer, (M[0], V), (np.ones(3), W))
    near(y, np.outer(M[0], V))
    near(change, np.outer(np.ones(3), V) + np.outer(M[0], W))


def test_jacobian():
    near(jacobian(lambda x: x * x.sum())(V), np.eye(3) * V.sum() + V[:, None])


def test_hessian_and_its_products():
    def f(x):
        return x[0] * x[1] ** 2 + np.sin(x[2])

    expected = np.array([[0, 4, 0], [4, 2, 0], [0, 0, -np.sin(3.0)]])
    near(hessian(f)(V), expected)
    near(hvp(f, (V,), (W,)), (expected @ W,))


def test_hessian_of_several_arguments_has_all_blocks():
    def f(a, b):
        return (a * a).sum() * b

    near(hessian(f, (0, 1))(V, 2.0), ((4 * np.eye(3), 2 * V), (2 * V, 0.0)))
    near(hvp(f, (V, 2.0), (W, 1.0)), (4 * W + 2 * V, 2 * V @ W))


def test_elementwise_grad():
    near(elementwise_grad(np.tanh)(M), 1 - np.tanh(M) ** 2)
    near(elementwise_grad(lambda a, b: a * b, (0, 1))(M, V), (np.broadcast_to(V, (2, 3)), M.sum(0)))


@pytest.mark.parametrize(
    ("outputs", "inputs"), [*product([(), (2,), (0,), (2, 1), (3, 2)], [(), (1,), (3,), (0,), (1, 2)])]
)
def test_the_jacobian_has_the_shape_of_the_outputs_and_then_that_of_the_inputs(outputs, inputs):
    weights = np.random.default_rng(0).normal(size=outputs + inputs)
    axes = tuple(range(len(outputs), weights.ndim))
    near(jacobian(lambda x: np.sum(weights * x, axes))(np.ones(inputs)), weights)


# -------------------------------------------------------------------------------------- what they are given


def every(x):
    """All axes of `x`."""
    return tuple(range(np.ndim(x)))


TRANSFORMS = {  # each makes cos of x, in its own way
    "grad": lambda x: grad(lambda x: np.sin(x).sum())(x),
    "value_and_grad": lambda x: value_and_grad(lambda x: np.sin(x).sum())(x)[1],
    "elementwise_grad": lambda x: elementwise_grad(np.sin)(x),
    "vjp": lambda x: vjp(np.sin, x)[1](np.ones(np.shape(x)))[0],
    "jvp": lambda x: jvp(np.sin, (x,), (np.ones(np.shape(x)),))[1],
    "jacobian": lambda x: jacobian(lambda x: np.sin(x).sum())(x),
    "jacobian by columns": lambda x: np.sum(jacobian(lambda x: np.stack([np.sin(x), -np.sin(x)]))(x)[0], every(x)),
    "hessian": lambda x: np.sum(hessian(lambda x: -np.cos(x).sum())(x), every(x)),
    "hvp": lambda x: hvp(lambda x: -np.cos(x).sum(), (x,), (np.ones(np.shape(x)),))[0],
    "checkpoint": lambda x: grad(checkpoint(lambda x: np.sin(x).sum()))(x),
}
every_transform = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)

PLACES = {
    "float": 0.5, "int": 2, "numpy float": np.float64(0.5), "numpy float32": np.float32(0.5), "0-d": np.array(0.5),
    "vector": V, "float32": V.astype(np.float32), "float16": V.astype(np.float16), "matrix": M, "one": M[:1, :1],
    "empty": np.zeros(0), "empty matrix": np.zeros((2, 0)), "transposed": M.T, "reversed": V[::-1],
    "strided": M[:, ::2], "stretched": np.broadcast_to(V, (2, 3)), "fortran": np.asfortranarray(M), "tensor": Tensor(M),
}  # fmt: skip


@every_transform
@pytest.mark.parametrize("x", PLACES.values(), ids=PLACES)
def test_numbers_arrays_and_tensors(transform, x):
    """Tensors come back, of the argument's shape and dtype, and connected to nothing: nothing outside is involved."""
    before = np.array(x)
    y = transform(x)
    want = np.cos(np.asarray(x, float if isinstance(x, int) else None))
    assert type(y) is Tensor
    assert (y.shape, y.dtype) == (want.shape, want.dtype)
    np.testing.assert_allclose(y.data, want, rtol=4 * np.finfo(y.dtype).eps)
    assert not y.requires_grad
    np.testing.assert_array_equal(x, before, "inputs are never changed")


@every_transform
@pytest.mark.parametrize("how", ["leaf", "computed"])
@pytest.mark.parametrize("x", [np.array(0.5), V, M], ids=["0-d", "vector", "matrix"])
def test_of_a_tracked_tensor_they_stay_connected_to_it(transform, x, how):
    base = leaf(x)
    y = transform(base if how == "leaf" else base * 3)
    near(y, np.cos(x if how == "leaf" else 3 * x))
    assert base.grad is None, "only backward() leaves gradients"
    y.sum().backward()
    near(base.grad, -np.sin(x) if how == "leaf" else -3 * np.sin(3 * x))


NESTS = {
    "list": [V, 2.0],
    "tuple": (V, 2.0),
    "dict": {"w": V, "b": 2.0},
    "named tuple": Point(V, 2.0),
    "nested": {"layers": [{"w": M, "b": V}, {"w": V, "b": (1.0, [2.0])}], "rest": Point({}, ())},
    "empty list": [],
    "empty dict": {},
    "empty inside": [[], {"a": ()}, V],
}
every_nest = pytest.mark.parametrize("nest", NESTS.values(), ids=NESTS)


def total(nest):
    """Of all leaves; the gradient of leaf i is ``2 * (i + 1)`` times the leaf."""
    return sum((np.sum(x * x * (i + 1)) for i, x in enumerate(flatten(nest)[0])), 0.0)


@every_nest
def test_nested_arguments_have_nested_gradients(nest):
    want = mapped(lambda i, x: 2 * (i + 1) * x, nest)
    near(grad(total)(nest), want)
    near(grad(lambda a, nest: total(nest) * a, (1, 0))(1.0, nest), (want, total(nest)))
    near(elementwise_grad(total)(nest), want)
    near(vjp(total, nest)[1](1.0), (want,))
    near(jacobian(total)(nest), want)
    near(grad(checkpoint(total))(nest), want)
    near(jvp(total, (nest,), (nest,)), (total(nest), 2 * total(nest)))
    near(hvp(total, (nest,), (nest,)), (want,))


@every_nest
def test_nested_results_are_put_together_again(nest):
    def f(a):
        return mapped(lambda i, x: a * x, nest)

    squares = float(sum(np.sum(np.square(x)) for x in flatten(nest)[0]))
    near(vjp(f, 3.0)[0], f(3.0))
    near(vjp(f, 3.0)[1](nest), (squares,))
    near(elementwise_grad(f)(3.0), float(sum(map(np.sum, flatten(nest)[0]))))
    near(jvp(f, (3.0,), (1.0,)), (f(3.0), nest))
    near(jacobian(f)(3.0), nest)
    near(checkpoint(f)(leaf(3.0)), f(3.0))


def test_the_jacobian_of_nests_is_a_nest_of_inputs_within_the_nest_of_outputs():
    J = jacobian(lambda p: {"sum": p.x + p.y, "product": [p.x * p.y]})(Point(V, 2.0))
    near(J["sum"], Point(np.eye(3), np.ones(3)))
    near(J["product"][0], Point(2 * np.eye(3), V))
    H = hessian(total)({"a": V, "b": 2.0})
    near(H["a"], {"a": 2 * np.eye(3), "b": np.zeros(3)})
    near(H["b"], {"a": np.zeros(3), "b": 4.0})


def test_directions_may_name_their_entries_in_another_order():
    _, change = jvp(lambda d: d["a"] * 10 + d["b"], ({"a": 1.0, "b": 2.0},), ({"b": 0.0, "a": 1.0},))
    assert change.item() == 10
    _, pull = vjp(lambda x: {"a": x, "b": 10 * x}, 1.0)
    assert pull({"b": 1.0, "a": 0.0})[0].item() == 10


def test_arguments_that_are_not_differentiated_may_be_anything():
    def f(x, how, *options, scale=None):
        assert how == {"name": None, "steps": [1, "two"]}
        assert options == (None, print)
        return np.sum(x) * scale

    how = {"name": None, "steps": [1, "two"]}
    for transform in grad, jacobian, elementwise_grad:
        near(transform(f)(V, how, None, print, scale=3), np.full(3, 3.0))


def test_the_function_is_handed_tensors_for_what_is_differentiated_and_what_you_gave_for_the_rest():
    kinds = []

    def f(x, n, a):
        kinds.extend(map(type, (x["a"][0], n, a)))
        return x["a"][0] * n

    grad(f)({"a": [1]}, 2, V)
    assert kinds == [Tensor, int, np.ndarray]


def test_the_same_tensor_twice_is_two_arguments():
    x = leaf(3.0)
    near(grad(lambda a, b: a * a * b, (0, 1))(x, x), (18.0, 9.0))


def test_a_direction_takes_the_dtype_of_its_place():
    x = V.astype(np.float32)
    _, change = jvp(np.sin, (x,), (np.ones(3),))
    _, pull = vjp(np.sin, x)
    assert change.dtype == pull(V)[0].dtype == pull([1, 2, 3] @ np.eye(3, dtype=int))[0].dtype == np.float32


@pytest.mark.parametrize("x", [np.float32(2), np.ones(3, np.float32)], ids=["rows", "columns"])
def test_the_jacobian_has_the_dtype_of_the_inputs_like_every_gradient(x):
    f = lambda x: np.sum(x.astype(float)) * np.ones(1 if np.ndim(x) else 3)
    assert jacobian(f)(x).dtype == np.float32


# --------------------------------------------------------------------------- argnums, keywords, has_aux


@pytest.mark.parametrize(("argnums", "expected"), [
    (0, 9.0), (1, 12.0), (-1, 12.0), (-2, 9.0), ((0,), (9.0,)), ((0, 1), (9.0, 12.0)), ((1, 0), (12.0, 9.0)),
    ((-1, 0), (12.0, 9.0)), ((), ()), (np.int64(1), 12.0),
])  # fmt: skip
def test_argnums(argnums, expected):
    def f(a, b):
        return a * b * b

    near(grad(f, argnums)(2.0, 3.0), expected)
    near(value_and_grad(f, argnums)(2.0, 3.0), (18.0, expected))
    near(jacobian(f, argnums)(2.0, 3.0), expected)
    near(elementwise_grad(f, argnums)(2.0, 3.0), expected)


def test_keyword_arguments_are_handed_on():
    near(grad(lambda x, *, power: x**power)(2.0, power=3), 12.0)
    near(hessian(lambda x, power: x**power)(2.0, power=3), 12.0)


def test_has_aux():
    def f(x):
        return (x * x).sum(), {"twice": 2 * x, "name": "f", "n": [None, 3]}

    g, aux = grad(f, has_aux=True)(V)
    near(g, 2 * V)
    near(aux["twice"], 2 * V)
    assert (aux["name"], aux["n"]) == ("f", [None, 3])
    assert not aux["twice"].requires_grad
    (value, aux), g = value_and_grad(f, has_aux=True)(V)
    near((value, g), (14.0, 2 * V))
    y, pull, aux = vjp(f, V, has_aux=True)
    near((y, pull(1.0)), (14.0, (2 * V,)))
    y, change, aux = jvp(f, (V,), (W,), has_aux=True)
    near((y, change), (14.0, 2 * V @ W))
    assert aux["name"] == "f"


def test_what_comes_beside_keeps_its_own_connections():
    w = leaf(3.0)
    _, (inner, outer, itself) = grad(lambda x: (x * x, (x + 1, w * w, w)), has_aux=True)(2.0)
    assert not inner.requires_grad
    assert itself is w
    outer.backward()
    assert w.grad.item() == 6


def test_the_transform_of_a_function_has_its_name_and_text():
    for transform in grad, value_and_grad, jacobian, hessian, elementwise_grad, checkpoint:
        assert transform(cube).__name__ == "cube"
        assert transform(total).__doc__ == total.__doc__


# ---------------------------------------------------------------------------------- zeros, numbers, integers


def test_what_is_not_used_has_gradient_zero():
    near(grad(lambda a, b: a * a, (0, 1))(2.0, V), (4.0, np.zeros(3)))
    near(jacobian(lambda a, b: [a * V], (0, 1))(2.0, V), [(V, np.zeros((3, 3)))])
    near(jvp(lambda a, b: a * a, (2.0, V), (0.0, V))[1], 0.0)
    near(hvp(lambda a, b: a * a, (2.0, V), (0.0, V)), (0.0, np.zeros(3)))
    near(hessian(lambda a, b: a * a, (0, 1))(2.0, V)[1], (np.zeros(3), np.zeros((3, 3))))


@pytest.mark.filterwarnings("ignore:.*not computed from the argument")
@pytest.mark.parametrize("y", [3, 3.0, True, np.float32(3), np.array(3), Tensor(3.0), Tensor(3)], ids=repr)
def test_a_result_that_does_not_depend_on_the_input_has_derivative_zero(y):
    value, g = value_and_grad(lambda x: y)(V)
    near((value, g), (float(y), np.zeros(3)))
    assert type(value) is Tensor
    near(hessian(lambda x: y)(V), np.zeros((3, 3)))
    near(jvp(lambda x: y, (V,), (W,))[1], 0.0)
    near(vjp(lambda x: y, V)[1](1.0), (np.zeros(3),))
    near(jacobian(lambda x: [y, x])(V), [np.zeros(3), np.eye(3)])
    near(jacobian(lambda x: [y, x])(2.0), [0.0, 1.0])


@pytest.mark.filterwarnings("ignore:.*not computed from the argument")
@pytest.mark.parametrize("f", [np.argmax, lambda x: x.astype(int).sum(), lambda x: x > 1, np.argsort, lambda x: V])
def test_integers_truths_and_plain_arrays_are_constants(f):
    value, pull = vjp(f, V)
    near(pull(np.ones(value.shape)), (np.zeros(3),))
    _, change = jvp(f, (V,), (W,))
    near(change, np.zeros(value.shape))
    near(jacobian(f)(V), np.zeros((*value.shape, 3)))


def test_a_result_that_is_the_argument_itself():
    near(vjp(lambda x: x, V)[1](W), (W,))
    near(jvp(lambda x: x, (V,), (W,)), (V, W))
    near(jacobian(lambda a, b: (b, a), (0, 1))(1.0, 2.0), ((0.0, 1.0), (1.0, 0.0)))
    near(grad(grad(lambda x: x))(2.0), 0.0)
    x = leaf(V)
    y, pull = vjp(lambda x: x, x)
    y += 1
    assert x.tolist() == V.tolist()
    near(pull(W), (W,))


def test_values_are_the_users_own():
    y, pull = vjp(lambda x: x * x, V)
    y.data[:] = 0
    near(pull(W), (2 * V * W,))
    g = pull(W)[0]
    g.data[:] = 0
    near(pull(W), (2 * V * W,))


# ------------------------------------------------------------------------------------ connections outside


def test_a_gradient_is_connected_to_what_the_function_closes_over():
    w = leaf(W)
    for g in (
        grad(lambda x: (w * x * x).sum())(V),
        vjp(lambda x: w * x * x, V)[1](np.ones(3))[0],
        jvp(lambda x: w * x * x, (V,), (np.ones(3),))[1],
        jacobian(lambda x: (w * x * x).sum())(V),
        jacobian(lambda x: w * x * x)(V).sum(0),
        elementwise_grad(lambda x: w * x * x)(V),
        hessian(lambda x: (w * x * x * x).sum() / 3)(V).sum(0),
        hvp(lambda x: (w * x * x * x).sum() / 3, (V,), (np.ones(3),))[0],
        grad(checkpoint(lambda x: (w * x * x).sum()))(V),
    ):
        w.grad = None
        near(g, 2 * W * V)
        (g * V).sum().backward()
        near(w.grad, 2 * V * V)


def test_a_gradient_is_connected_to_the_arguments_that_it_is_not_of():
    w, scale = leaf(W), leaf(2.0)
    grad(lambda x, w, scale: (w * x * x).sum() * scale)(V, w * w, scale=scale).sum().backward()
    near(w.grad, 8 * W * V)
    near(scale.grad, 2 * (W * W) @ V)


def test_connected_is_each_result_that_depends_on_something_outside_and_no_other():
    w = leaf(3.0)
    [a, b], pull = vjp(lambda x, z: [x * w, z * z], 2.0, 5.0)
    assert (a.requires_grad, b.requires_grad) == (True, False)
    dx, dz = pull([1.0, 1.0])
    assert (dx.requires_grad, dz.requires_grad) == (True, False)
    np.asarray(dz)  # no graph is lost


@pytest.mark.filterwarnings("ignore:.*not computed from the argument")
def test_a_function_of_nothing_but_what_is_outside():
    w = leaf(3.0)
    value, g = value_and_grad(lambda x: w * w)(2.0)
    near(g, 0.0)
    value.backward()
    assert w.grad.item() == 6
    assert value_and_grad(lambda x: w)(2.0)[0] is w


def test_a_parameter_made_by_the_function_and_kept_is_outside_too():
    made = []

    def f(x):
        if not made:
            made.append(leaf(3.0))
        return made[0] * x * x

    grad(f)(2.0).backward()
    assert made[0].grad.item() == 4


def test_a_parameter_made_by_the_function_and_forgotten_is_not():
    assert not grad(lambda x: leaf(3.0) * x * x)(2.0).requires_grad


def test_gradient_penalty_of_a_network():
    """The gradient with respect to the input, in a cost whose gradient goes to the weights."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = M.astype(np.float32)
    penalty = (grad(lambda x: model(x).sum())(x) ** 2).sum()
    penalty.backward()
    got = [p.grad.data.copy() for p in model.parameters() if p.grad is not None]

    model.zero_grad()
    t = leaf(x)
    model(t).sum().backward(create_graph=True)
    g = t.grad
    model.zero_grad()
    (g * g).sum().backward()
    want = [p.grad.data for p in model.parameters() if p.grad is not None]
    assert len(got) == len(want) == 3  # the last bias has no part in it
    for a, b in zip(got, want):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_learning_step_that_is_learnt_through():
    """The rate of a step of gradient descent has a gradient itself."""
    rate = leaf(0.1)
    cost = lambda w: ((w - 3.0) ** 2).sum()
    w = V - rate * grad(cost)(V)
    cost(w).backward()
    near(rate.grad, float((2 * (w.data - 3) * -2 * (V - 3)).sum()))


# ------------------------------------------------------------------------------------------------ modes


@every_transform
def test_derivatives_are_computed_under_no_grad_but_not_connected(transform):
    x = leaf(V)
    with no_grad():
        y = transform(x)
    near(y, np.cos(V))
    assert not y.requires_grad


def test_under_no_grad_nothing_is_connected_to_closures_either():
    w = leaf(W)
    with no_grad():
        (y, aux), g = value_and_grad(lambda x: ((w * x).sum(), w * 2), has_aux=True)(V)
        near(jvp(lambda x: w * x, (V,), (V,))[1], W * V)
        near(hessian(lambda x: (w * x * x).sum())(V), np.diag(2 * W))
    near((y, aux, g), (W @ V, 2 * W, W))
    assert not any(t.requires_grad for t in (y, aux, g))


def test_pull_asks_for_the_mode_when_it_is_called():
    w = leaf(3.0)
    _, pull = vjp(lambda x: x * x * w, 2.0)
    with no_grad():
        assert not pull(1.0)[0].requires_grad
        assert not pull(leaf(1.0))[0].requires_grad
    pull(1.0)[0].backward()
    assert w.grad.item() == 4
    with no_grad():
        _, pull = vjp(lambda x: x * x * w, 2.0)
    near(pull(1.0), (12.0,))


def test_recording_can_be_switched_on_again_inside():
    w = leaf(3.0)
    with no_grad(), enable_grad():
        g = grad(lambda x: x * w)(2.0)
    assert g.requires_grad


def test_what_a_function_does_under_no_grad_is_constant():
    def f(x):
        with no_grad():
            size = np.sqrt((x * x).sum())
        return (x / size).sum()

    near(grad(f)(V), np.ones(3) / np.sqrt(14))


@every_transform
def test_under_debug_they_compute_the_same(transform):
    with debug():
        near(transform(V), np.cos(V))
        near(transform(leaf(V)), np.cos(V))


@pytest.mark.parametrize("call", [lambda: grad(np.sqrt)(0.0), lambda: jvp(np.sqrt, (0.0,), (1.0,)),
                                  lambda: hessian(lambda x: x**1.5)(0.0)], ids=["grad", "jvp", "hessian"])  # fmt: skip
def test_debug_reports_what_is_not_finite(call):
    with debug(), np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=r"made (inf|nan)"):
        call()


# ------------------------------------------------------------------------------------------------- pull


def test_pull_can_be_called_many_times_and_its_graph_is_not_used_up():
    _, pull = vjp(lambda x: np.sin(x) * x, V)
    want = np.cos(V) * V + np.sin(V)
    for k in range(3):
        near(pull(np.full(3, 1.0 + k)), ((1 + k) * want,))


def test_pull_of_tracked_vectors_is_connected_to_them_and_to_nothing_else():
    _, pull = vjp(lambda x: x * x, V)
    for base in leaf(W), leaf(W):
        u = base * base
        g = pull(u)[0]
        near(g, 2 * V * W * W)
        g.sum().backward()
        near(base.grad, 4 * V * W)
    for call in (
        lambda v: jvp(lambda x: x * x, (V,), (v,))[1],
        lambda v: hvp(lambda x: (x**3).sum() / 3, (V,), (v,))[0],
    ):
        v = leaf(W)
        call(v * v).sum().backward()
        near(v.grad, 4 * V * W)


def test_pull_of_a_vector_whose_leaf_is_forgotten_within_another_transform():
    """Nobody holds the leaf, but the transform around asks for its derivative all the same."""
    _, pull = vjp(lambda x: x * x, 3.0)
    u = leaf(2.0) * 5
    near(grad(lambda u: pull(u * u)[0])(u), 2 * 10 * 6.0)
    near(grad(lambda u: pull(u * u)[0])(2.0), 2 * 2 * 6.0)
    near(jvp(lambda u: pull(u * u)[0], (2.0,), (1.0,)), (24.0, 24.0))
    w = leaf(7.0)
    _, pull = vjp(lambda x, z: (x * w, z * z), 3.0, 5.0)  # the second part of the gradient depends on u only
    near(grad(lambda u: pull((u, u * u))[1])(leaf(2.0) * 5), 2 * 10 * 10.0)
    near(grad(lambda u: pull((u, u * u))[1])(2.0), 2 * 2 * 10.0)


def test_pull_outlives_the_graph_around_it():
    w = leaf(W)
    h = w * w
    _, pull = vjp(lambda x: (h * x).sum(), V)
    (h * 2).sum().backward()  # releases h's own graph, which pull does not need
    g = pull(1.0)[0]
    near(g, W * W)
    with pytest.raises(RuntimeError, match="released"):
        g.sum().backward()


def test_pull_can_be_called_after_backward_went_through_its_graph():
    w = leaf(W)
    y, pull = vjp(lambda x: (np.sin(w * x) * x).sum(), V)
    want = np.cos(W * V) * W * V + np.sin(W * V)
    second = -np.sin(W * V) * W * V * V + 2 * np.cos(W * V) * V
    y.backward()
    for _ in range(2):
        w.grad = None
        g = pull(1.0)[0]
        near(g, want)
        g.sum().backward()
        near(w.grad, second)
    y, pull = vjp(lambda x: (x * x).sum(), V)
    assert not y.requires_grad, "nothing to walk, nothing to release"
    near(pull(1.0), (2 * V,))


def test_a_result_that_comes_twice_counts_twice():
    def f(x):
        y = x * x
        return y, [y, x]

    near(vjp(f, V)[1]((W, [W, W])), (4 * V * W + W,))
    near(jvp(f, (V,), (W,))[1], (2 * V * W, [2 * V * W, W]))


# ---------------------------------------------------------------------------------------------- nesting

# Ways to a derivative of a function of one number: each can be applied to what another made.
WAYS = {
    "grad": grad,
    "value_and_grad": lambda f: lambda x: value_and_grad(f)(x)[1],
    "elementwise_grad": elementwise_grad,
    "vjp": lambda f: lambda x: vjp(f, x)[1](1.0)[0],
    "vjp, twice pulled": lambda f: lambda x: (lambda pull: pull(3.0)[0] - pull(2.0)[0])(vjp(f, x)[1]),
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "jacobian": jacobian,
    "jacobian by columns": lambda f: lambda x: jacobian(lambda x: np.stack([f(x), 2 * f(x)]))(x)[1] / 2,
    "checkpoint": lambda f: grad(checkpoint(f)),
    "checkpoint outside": lambda f: checkpoint(grad(f)),
    "jvp of checkpoint": lambda f: lambda x: jvp(checkpoint(f), (x,), (1.0,))[1],
}


def f(x):
    return np.exp(2 * x) * np.sin(x)


NTH = [f, *(lambda x, n=n: (5 ** (n / 2)) * np.exp(2 * x) * np.sin(x + n * np.arctan(0.5)) for n in range(1, 5))]


@pytest.mark.parametrize("ways", [*product(WAYS, WAYS)], ids="-".join)
def test_any_two_in_any_order(ways):
    first, second = (WAYS[way] for way in ways)
    near(second(first(f))(0.3), NTH[2](0.3))
    x = leaf(0.3)
    y = second(first(f))(x)
    near(y, NTH[2](0.3))
    y.backward()
    near(x.grad, NTH[3](0.3))


@pytest.mark.parametrize("ways", [*product(["grad", "jvp", "vjp", "jacobian", "checkpoint"], repeat=3)], ids="-".join)
def test_any_three_in_any_order(ways):
    g = f
    for way in ways:
        g = WAYS[way](g)
    near(g(0.3), NTH[3](0.3))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_four_times_the_same(way):
    near(way(way(way(way(f))))(0.3), NTH[4](0.3))


def test_hessian_and_hvp_by_every_way():
    def f(x):
        return np.sum(np.sin(x) * x[::-1] * x)

    H = hessian(f)(V)
    gradient = grad(f)
    near(jacobian(jacobian(f))(V), H.data)
    columns = [jvp(gradient, (V,), (e,))[1] for e in np.eye(3)]
    near(np.stack(columns, 1), H.data)
    want = (H.data @ W,)
    near(hvp(f, (V,), (W,)), want)
    near((grad(lambda x: np.sum(gradient(x) * W))(V),), want)
    near((grad(lambda x: jvp(f, (x,), (W,))[1])(V),), want)
    near((jvp(lambda x: vjp(f, x)[1](1.0)[0], (V,), (W,))[1],), want)
    near(hvp(checkpoint(f), (V,), (W,)), want)
    near(vjp(checkpoint(gradient), V)[1](W), want)


def test_hessian_of_a_hessian_vector_product():
    def f(x):
        return np.sum(x**4) + np.prod(x)

    def g(x):  # vᵀ H v
        return np.sum(hvp(f, (x,), (W,))[0] * W)

    # of x⁴: 24 v²; of the product x y z: the Hessian of vᵀHv = 2 (z vx vy + y vx vz + x vy vz) is zero
    near(hessian(g)(V), np.diag(24 * W * W))
    near(hvp(g, (V,), (V,)), (24 * W * W * V,))


def test_jacobian_of_a_jacobian():
    J2 = jacobian(jacobian(lambda x: np.stack([x[0] * x[1], x[1] ** 3])))(np.array([2.0, 3.0]))
    near(J2, np.array([[[0, 1], [1, 0]], [[0, 0], [0, 18.0]]]))


def test_an_inner_derivative_with_respect_to_another_variable():
    near(grad(lambda x: x * grad(lambda y: x * y * y)(3.0))(2.0), 2 * 2 * 2 * 3.0)
    near(grad(lambda x: grad(lambda y: np.sin(x * y))(x))(0.7), -0.7 * 2 * 0.7 * np.sin(0.49) + np.cos(0.49))
    near(
        jvp(lambda x: jvp(lambda y: np.sin(x * y), (x,), (1.0,))[1], (0.7,), (1.0,))[1],
        -0.7 * 2 * 0.7 * np.sin(0.49) + np.cos(0.49),
    )


# ---------------------------------------------------------------------------------- perturbation confusion
# Where each derivative marks its variable with the same mark, an inner one takes the outer's marks for its own.

DERIVATIVES = {
    "grad": lambda f, x: grad(f)(x),
    "vjp": lambda f, x: vjp(f, x)[1](1.0)[0],
    "jvp": lambda f, x: jvp(f, (x,), (1.0,))[1],
    "jacobian": lambda f, x: jacobian(f)(x),
}
outer = pytest.mark.parametrize("D", DERIVATIVES.values(), ids=[f"outer {k}" for k in DERIVATIVES])
inner = pytest.mark.parametrize("d", DERIVATIVES.values(), ids=[f"inner {k}" for k in DERIVATIVES])


@outer
@inner
def test_siskind_and_pearlmutter_2005(D, d):
    """d/dx (x · d/dy (x + y)) is 1, and 2 to those who are confused."""
    near(D(lambda x: x * d(lambda y: x + y, 1.0), 1.0), 1.0)
    near(D(lambda x: x * d(lambda y: x * y, 1.0), 3.0), 6.0)
    near(D(lambda x: x * d(lambda y: x * y, x), 3.0), 6.0)
    near(D(lambda x: d(lambda y: x * y, x) * d(lambda y: x * x * y, x), 2.0), 12.0)


@outer
@inner
def test_at_the_same_tensor(D, d):
    """The inner derivative is taken at the outer's very variable."""
    near(D(lambda x: d(lambda y: x * y * y, x), 3.0), 12.0)
    x = leaf(3.0)
    y = D(lambda x: d(lambda y: x * y * y, x), x)
    y.backward()
    near(x.grad, 4.0)


@outer
@inner
def test_the_curried_shift_of_manzyuk_and_others_2019(D, d):
    """s(u)(f)(x) = f(x + u), so the derivative with respect to u at 0 is that of f; twice, the second derivative.

    A derivative of a function whose value is a function is a function of the rest of the arguments.
    """

    def shift(u):
        return lambda f: lambda x: f(x + u)

    def shift_derivative(d):
        return lambda f: lambda x: d(lambda u: shift(u)(f)(x), 0.0)

    near(shift_derivative(D)(np.sin)(0.4), np.cos(0.4))
    near(shift_derivative(D)(shift_derivative(d)(np.exp))(0.4), np.exp(0.4))
    near(shift_derivative(D)(shift_derivative(d)(lambda x: x**3))(0.4), 6 * 0.4)
    near(D(shift_derivative(d)(lambda x: x**3), 0.4), 6 * 0.4)


@pytest.mark.parametrize("call", [lambda s: grad(s)(0.0), lambda s: vjp(s, 0.0), lambda s: jvp(s, (0.0,), (1.0,)),
                                  lambda s: jacobian(s)(0.0)], ids=["grad", "vjp", "jvp", "jacobian"])  # fmt: skip
def test_a_function_as_a_value_is_refused(call):
    """Rather than answered with a function that would mix up its variables."""
    with pytest.raises(TypeError, match="returned something that has no derivative"):
        call(lambda u: lambda f: lambda x: f(x + u))


@outer
@inner
def test_a_function_that_leaks_its_variable(D, d):
    """What an inner derivative's variable leaves behind does not disturb the outer's."""
    leaked = []

    def g(y):
        leaked.append(y)
        return y * y

    near(D(lambda x: d(g, x) * leaked[-1], 3.0), 12.0)


@outer
@inner
def test_a_derivative_of_functions_as_arguments(D, d):
    """Church's numerals of derivatives: the n-th derivative by a function that is handed the derivative."""

    def times(n, T):
        return (lambda f: f) if n == 0 else lambda f: times(n - 1, T)(lambda x: T(f, x))

    near(times(2, D)(times(1, d)(f_of_exp))(0.3), 8 * np.exp(0.6))


def f_of_exp(x):
    return np.exp(2 * x)


# ---------------------------------------------------------------------------------------------- threads


def test_two_threads_at_once():
    barrier, wrong = threading.Barrier(4), []
    w = leaf(2.0)

    def work(k):
        barrier.wait()
        for i in range(60):
            x = 0.1 * k + 0.01 * i
            first, second = grad(f)(x).item(), grad(lambda x: jvp(f, (x,), (1.0,))[1])(x).item()
            connected = grad(lambda x: w * x * x)(x)
            if not (np.allclose([first, second], [NTH[1](x), NTH[2](x)]) and connected.requires_grad):
                wrong.append((k, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


# ----------------------------------------------------------------------------- random smooth functions

UNARY = [np.sin, np.tanh, np.arctan, lambda x: x / (1 + x * x), lambda x: np.exp(-x * x), lambda x: np.flip(x), lambda x: x[[0, 0, 2]],
         lambda x: np.cumsum(x) / 3, lambda x: np.sqrt(1 + x * x), lambda x: -x, lambda x: np.max(x) * np.ones(3)]  # fmt: skip
BINARY = [np.add, np.subtract, np.multiply, np.hypot, lambda a, b: a / (2 + np.cos(b)), lambda a, b: np.sum(a * b) * b / 3,
          lambda a, b: np.concatenate([a[:1], b[1:]]), lambda a, b: np.where(V > 1.5, a, b), np.logaddexp]  # fmt: skip
steps = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=6
)
points = st.lists(st.floats(-2, 2).map(lambda x: round(x, 3)), min_size=3, max_size=3, unique=True).map(np.array)


def composed(steps):
    """A function of two vectors made of random steps, each of which takes the results of earlier ones."""

    def f(x, y):
        results = [x + 0.01, y * y + 0.5]  # hypot and max are smooth where nothing ties and nothing is 0
        for fn, i, j in steps:
            taken = [results[i % len(results)], results[j % len(results)]]
            results.append(fn(*taken) if fn in BINARY else fn(taken[0]))
        return results[-1] + results[-2] * 0.5

    return f


def smooth(steps):
    return all(fn is not UNARY[-1] for fn, _, _ in steps)


@given(steps=steps, x=points, y=points, v=points, u=points)
def test_pushing_and_pulling_agree(steps, x, y, v, u):
    f = composed(steps)
    value, pull = vjp(f, x, y)
    _, change = jvp(f, (x, y), (v, -u))
    near(value, np.asarray(f(x, y)))
    gx, gy = pull(u)
    np.testing.assert_allclose(u @ change.data, gx.data @ v - gy.data @ u, rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.*not computed from the argument")
@given(steps=steps.filter(smooth), x=points, y=points)
def test_jacobians_by_rows_by_columns_and_by_differences_agree(steps, x, y):
    f = composed(steps)
    J = jacobian(f)(x, y)
    columns = np.stack([jvp(lambda x: f(x, y), (x,), (e,))[1].data for e in np.eye(3)], 1)
    h = 1e-6
    differences = np.stack([(f(x + h * e, y) - f(x - h * e, y)) / (2 * h) for e in np.eye(3)], 1)
    np.testing.assert_allclose(J.data, columns, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(J.data, differences, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*not computed from the argument")
@given(steps=steps.filter(smooth), x=points, y=points, v=points)
def test_hessians_their_products_and_differences_of_gradients_agree(steps, x, y, v):
    f = lambda x, y: np.sum(np.sin(composed(steps)(x, y)))
    (xx, xy), (yx, yy) = hessian(f, (0, 1))(x, y)
    np.testing.assert_allclose(xx.data, xx.data.T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(xy.data, yx.data.T, rtol=1e-9, atol=1e-9)
    px, py = hvp(f, (x, y), (v, x))
    np.testing.assert_allclose(px.data, xx.data @ v + xy.data @ x, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(py.data, yx.data @ v + yy.data @ x, rtol=1e-9, atol=1e-9)
    h = 1e-6
    differences = (grad(f)(x + h * v, y).data - grad(f)(x - h * v, y).data) / (2 * h)
    np.testing.assert_allclose(xx.data @ v, differences, rtol=1e-4, atol=1e-5)


@given(steps=steps, x=points, y=points)
def test_in_checkpoints_everything_is_the_same(steps, x, y):
    f = lambda x, y: np.sum(composed(steps)(x, y))
    g = lambda x, y: np.sum(checkpoint(composed(steps))(x, y))
    near(mapped(lambda i, t: t.data, grad(g, (0, 1))(x, y)), mapped(lambda i, t: t.data, grad(f, (0, 1))(x, y)))
    near(hvp(g, (x, y), (y, x)), mapped(lambda i, t: t.data, hvp(f, (x, y), (y, x))))


# -------------------------------------------------------------------------------------- the whole table


def test_the_hessian_of_least_squares():
    near(hessian(lambda w: np.sum((M @ w - 1) ** 2))(V), 2 * M.T @ M)


ROWS = [fn for fn in (*RULES, *COMPOSITES) if fn in STRATEGIES]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*not computed from the argument")
@pytest.mark.parametrize("fn", ROWS, ids=lambda fn: fn.__name__)
@settings(max_examples=max(5, settings.default.max_examples // 3))
@given(data=st.data())
def test_for_every_rule_pushing_is_the_transpose_of_pulling(fn, data):
    """⟨u, J v⟩ = ⟨Jᵀ u, v⟩, of each function of the table, in any choice of its arguments.

    Pushing is a walk through the walk, so this says of each rule that it is linear in `g`, and differentiable there.
    """
    case = data.draw(STRATEGIES[fn])
    if case.arbitrary:
        return
    wanted = [data.draw(st.booleans()) for _ in case.arrays]
    if case.together or not any(wanted):
        wanted = [True] * len(wanted)
    primals = [a for w, a in zip(wanted, case.arrays) if w]

    def f(*tensors):
        tensors = iter(tensors)
        results = listed(case(*(next(tensors) if w else a for w, a in zip(wanted, case.arrays))))
        # NumPy 2.5's eigenvectors are complex, and a gradient of them that depends on their phases is refused
        return case.measure(results) if fn is np.linalg.eig and results[0].dtype.kind == "c" else results

    ys, pull = vjp(f, *primals)
    rng = np.random.default_rng(0)
    us = [rng.normal(size=y.shape) + (1j * rng.normal(size=y.shape) if y.dtype.kind == "c" else 0) for y in ys]
    vs = [rng.normal(size=x.shape) for x in primals]
    _, changes = jvp(f, primals, vs)
    left = sum(np.vdot(u, change.data).real for u, change in zip(us, changes))
    right = sum(np.vdot(g.data, v) for g, v in zip(pull(us), vs))
    np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-8)


# ------------------------------------------------------------------------------------- complex numbers

Z = np.array([0.5 + 1j, -1.0 + 0.5j])
U = np.array([1.0 - 2j, 0.5 + 0.5j])


def test_holomorphic_functions_have_a_complex_derivative():
    near(jvp(np.exp, (Z,), (U,))[1], np.exp(Z) * U)
    near(vjp(np.exp, Z)[1](U), (np.conjugate(np.exp(Z)) * U,))


def test_the_two_products_are_adjoint_as_real_maps():
    for f in (
        np.exp,
        lambda z: z * np.conjugate(z) * z,
        np.abs,
        lambda z: np.real(z) * 1j + z,
        lambda z: np.sum(z * z),
    ):
        y, pull = vjp(f, Z)
        u = np.full(y.shape, 0.3 - 0.7j if y.dtype.kind == "c" else 0.3)
        _, change = jvp(f, (Z,), (U,))
        np.testing.assert_allclose(np.vdot(u, change.data).real, np.vdot(pull(u)[0].data, U).real, rtol=1e-12)


def test_a_real_variable_may_have_complex_values():
    _, change = jvp(lambda t: np.exp(1j * t), (0.5,), (1.0,))
    near(change, 1j * np.exp(0.5j))
    near(vjp(lambda t: np.exp(1j * t), 0.5)[1](1j), (float(np.cos(0.5)),))


def test_the_gradient_of_a_real_function_of_complex_numbers_points_uphill():
    near(grad(lambda z: np.sum(np.abs(z) ** 2))(Z), 2 * Z)
    near(hvp(lambda z: np.sum(np.abs(z) ** 2), (Z,), (U,)), (2 * U,))


# ------------------------------------------------------------------------------------------------- cost


def nodes(call):
    """How many nodes a call has made."""
    before = new_order()
    call()
    return new_order() - before - 1


def network(depth):
    weights = [np.full((3, 3), 0.1 * k) for k in range(depth)]

    def f(x, w):
        for a in weights:
            x = np.tanh(np.sum(a * x, 1)) * w
        return np.sum(x * x)

    return f


@pytest.mark.parametrize(("most", "call"), [
    (1.5, lambda f: grad(f, (0, 1))(V, W)),
    (6, lambda f: jvp(f, (V, W), (W, V))),
    (20, lambda f: hvp(f, (V, W), (W, V))),
    (3, lambda f: grad(checkpoint(f), (0, 1))(V, W)),
], ids=["grad", "jvp", "hvp", "checkpoint"])  # fmt: skip
def test_the_cost_is_that_of_a_few_evaluations(call, most):
    """Counted in recorded operations, for functions of any length."""
    for depth in 5, 50, 200:
        f = network(depth)
        assert nodes(lambda f=f: call(f)) < most * nodes(lambda f=f: f(leaf(V), leaf(W))) + 20


def test_a_jacobian_goes_the_shorter_way_and_evaluates_once():
    evaluations, walks = [], []

    @primitive(lambda g, y, x: (walks.append(1), g * np.cos(x))[1])
    def wave(x):
        evaluations.append(1)
        return np.sin(x)

    near(jacobian(lambda x: wave(x).sum() * np.ones(2))(np.zeros(50)), np.ones((2, 50)))
    assert (len(evaluations), len(walks)) == (1, 2)
    near(jacobian(lambda x: wave(x) * np.ones(50))(0.0), np.ones(50))
    assert (len(evaluations), len(walks)) == (2, 3), (
        "what is pushed runs the rule once, and then only what was recorded"
    )


def test_long_chains_are_no_problem():
    def f(x):
        for _ in range(3000):
            x = x * 1.0001
        return x

    near(jvp(f, (1.0,), (1.0,))[1], 1.0001**3000)
    near(grad(grad(lambda x: f(x) * x))(1.0), 2 * 1.0001**3000)


CALLS = {
    "grad": lambda f: grad(lambda x: f(x).sum())(V),
    "vjp": lambda f: vjp(f, V)[1](V),
    "vjp, connected": lambda f: vjp(f, leaf(V))[1](V),
    "vjp of a tracked vector": lambda f: vjp(f, V)[1](leaf(V)),
    "jvp": lambda f: jvp(f, (V,), (V,)),
    "jacobian": lambda f: jacobian(f)(V),
    "hessian": lambda f: hessian(lambda x: f(x).sum())(V),
    "hvp": lambda f: hvp(lambda x: f(x).sum(), (V,), (V,)),
    "elementwise_grad": lambda f: elementwise_grad(f)(V),
    "checkpoint": lambda f: grad(checkpoint(lambda x: f(x).sum()))(V),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_is_left_behind(call):
    """What was recorded is gone with the last name for it, by reference counting, without the collector of cycles."""
    record = []

    def f(x):
        for _ in range(3):
            x = np.sin(x)
            record.append(weakref.ref(x._array))
        return x * x

    gc.disable()
    try:
        result = call(f)
        del result
        assert record
        assert not any(ref() is not None for ref in record)
    finally:
        gc.enable()


# -------------------------------------------------------------------------------------- common mistakes

MISTAKES = {
    "no function": (lambda: grad(V), TypeError, r"grad takes a function first, and got ndarray: write grad\(f\)"),
    "a call": (lambda: hessian(cube(2.0)), TypeError, "hessian takes a function first, and got float"),
    "no function for vjp": (lambda: vjp(V, V), TypeError, "vjp takes a function first"),
    "no function for jvp": (lambda: jvp(V, (V,), (V,)), TypeError, "jvp takes a function first"),
    "no function for hvp": (lambda: hvp(None, (V,), (V,)), TypeError, "hvp takes a function first, and got NoneType"),
    "no function for checkpoint": (lambda: checkpoint(3), TypeError, "checkpoint takes a function first"),
    "several numbers": (
        lambda: grad(np.sin)(V),
        ValueError,
        r"grad takes .* shape \(3,\): sum\(\) or mean\(\) it, or use jac",
    ),
    "several numbers, twice": (lambda: hessian(np.sin)(V), ValueError, r"hessian takes .* single number"),
    "several numbers for hvp": (lambda: hvp(np.sin, (V,), (V,)), ValueError, r"hvp takes .* single number"),
    "a tuple": (lambda: grad(lambda x: (x, x))(1.0), TypeError, "grad takes .* a tuple of 2.* has_aux=True"),
    "a comma": (lambda: value_and_grad(lambda x: (x,))(1.0), TypeError, "value_and_grad takes .* a tuple of 1"),
    "nothing": (
        lambda: grad(lambda x: None)(1.0),
        TypeError,
        "grad: the function returned None; is its return missing",
    ),
    "nothing to checkpointed grad": (lambda: grad(checkpoint(lambda x: None))(1.0), TypeError, "grad: .* None"),
    "text": (
        lambda: vjp(lambda x: "x", 1.0),
        TypeError,
        "vjp: the function returned something that has no derivative: .* str",
    ),
    "a complex number": (lambda: grad(lambda x: x * 1j)(1.0), TypeError, "grad takes .* real number.*abs"),
    "complex jacobian": (lambda: jacobian(lambda x: x * 1j)(1.0), TypeError, "jacobian takes real functions"),
    "complex hessian": (lambda: hessian(lambda x: np.abs(x))(1j), TypeError, "hessian takes real functions"),
    "complex elements": (lambda: elementwise_grad(np.exp)(1j), TypeError, r"elementwise_grad .* real .* jvp\(\)"),
    "integers": (lambda: grad(np.sum)(np.arange(3)), TypeError, r"grad: .* int64: write 1\. for 1, .*astype\(float\)"),
    "integers for jvp": (lambda: jvp(np.sum, (np.arange(3),), (V,)), TypeError, r"jvp: .*astype\(float\)"),
    "truths": (lambda: jacobian(np.sum)([True]), TypeError, "jacobian: .* bool"),
    "None": (lambda: grad(lambda d: d["w"])({"w": V, "b": None}), ValueError, "one returned an array of shape"),
    "a name": (lambda: grad(cube, "x")(1.0), TypeError, "grad: argnums='x', but it takes the position"),
    "a list of numbers": (lambda: grad(cube, [0])(1.0), TypeError, r"grad: argnums=\[0\], but it takes"),
    "by keyword": (
        lambda: grad(pow, 1)(2.0, exp=3.0),
        ValueError,
        "argnums=1, but 1 argument was given by position .keyword",
    ),
    "out of range": (lambda: jacobian(pow, 2)(2.0, 3.0), ValueError, "jacobian: argnums=2, but 2 arguments were given"),
    "far below": (lambda: grad(pow, -3)(2.0, 3.0), ValueError, "grad: argnums=-3"),
    "no arguments": (lambda: grad(lambda: 1.0)(), ValueError, "argnums=0, but 0 arguments were given"),
    "twice": (lambda: grad(pow, (0, -2))(2.0, 3.0), ValueError, r"grad: argnums=\(0, -2\) names an argument twice"),
    "the comma, forgotten": (
        lambda: jvp(np.sin, V, V),
        TypeError,
        r"jvp takes tuples .* write jvp\(f, \(x,\), \(v,\)\)",
    ),
    "the comma after a number": (
        lambda: jvp(np.sin, 1.0, 1.0),
        TypeError,
        "with the commas; got one float and one float",
    ),
    "the comma after a tensor": (
        lambda: hvp(np.sum, Tensor(V), (V,)),
        TypeError,
        "hvp takes tuples .*; got one Tensor and a tup",
    ),
    "one direction too few": (
        lambda: jvp(pow, (2.0, 3.0), (1.0,)),
        ValueError,
        "jvp: primals .* a tuple of 2 against a tuple of 1",
    ),
    "another structure": (
        lambda: jvp(total, ([V, V],), ({"a": V},)),
        ValueError,
        r"at \[0\] .* a list of 2 against a dict of 'a'",
    ),
    "another name": (
        lambda: jvp(total, ({"a": V},), ({"b": V},)),
        ValueError,
        r"at \[0\] .* dict of 'a' against a dict of 'b'",
    ),
    "deep inside": (
        lambda: jvp(total, ({"a": [V]},), ({"a": [[V]]},)),
        ValueError,
        r"at \[0\]\['a'\]\[0\] .* one ndarray against a",
    ),
    "another shape": (lambda: jvp(np.sin, (V,), (M,)), ValueError, r"jvp: a vector of shape \(2, 3\) .* shape \(3,\)"),
    "a number for an array": (
        lambda: hvp(np.sum, (V,), (1.0,)),
        ValueError,
        r"hvp: a vector of shape \(\) .* shape \(3,\)",
    ),
    "another shape to pull": (
        lambda: vjp(np.sin, V)[1](1.0),
        ValueError,
        r"vjp: a vector of shape \(\) .* shape \(3,\)",
    ),
    "a list to pull": (
        lambda: vjp(np.sin, V)[1]([1.0, 2.0, 3.0]),
        ValueError,
        "vjp: value and cotangent .* here .* a list of 3",
    ),
    "complex to pull": (
        lambda: vjp(np.sin, V)[1](V * 1j),
        TypeError,
        "vjp: a complex vector was given for a real value",
    ),
    "no aux": (lambda: grad(np.sum, has_aux=True)(V), TypeError, r"grad: has_aux=True .* \(value, aux\).* one Tensor"),
    "an array as aux": (lambda: vjp(lambda x: x[:2], V, has_aux=True), TypeError, "vjp: has_aux=True"),
    "too much aux": (
        lambda: jvp(lambda x: (x, 1, 2), (V,), (V,), has_aux=True),
        TypeError,
        "jvp: has_aux=True .* a tuple of 3",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_common_mistakes_are_named(mistake):
    call, error, message = mistake
    with pytest.raises(error, match=message):
        call()


def overwrite(x):
    x[0] = 5.0
    return (x * x).sum()


@pytest.mark.parametrize("x", [V, leaf(V), leaf(V) * 1], ids=["array", "leaf", "computed"])
@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian, elementwise_grad])
def test_a_function_that_writes_into_its_argument_is_told_to_copy_it(transform, x):
    with pytest.raises(RuntimeError, match=rf"{transform.__name__}: the function assigned to items .* x\.copy\(\)"):
        transform(overwrite)(x)
    assert np.asarray(Tensor(x.detach() if isinstance(x, Tensor) else x)).tolist() == V.tolist()


def test_writing_into_a_copy_is_fine():
    def f(x):
        x = x.copy()
        x[0] = 5.0
        x += 1
        return (x * x).sum()

    near(grad(f)(V), [0, 6, 8] @ np.eye(3))
    near(hessian(f)(V), np.diag([0.0, 2, 2]))


def test_pushing_makes_no_nan_where_the_slope_is_infinite():
    with np.errstate(invalid="raise", divide="ignore"):
        assert jvp(np.sqrt, (0.0,), (1.0,))[1].item() == np.inf


def test_an_error_of_the_function_itself_comes_through():
    for call in (lambda: grad(lambda x: x.nothing)(1.0), lambda: jvp(lambda x: x.nothing, (1.0,), (1.0,))):
        with pytest.raises(AttributeError, match="nothing"):
            call()
    near(grad(cube)(2.0), 12.0)  # and leaves nothing behind


def test_an_operation_without_second_derivative_can_be_pushed_through():
    """Its vjp is made for arrays only. Where nothing outside is involved, arrays are all it is given, but for g."""

    def cos(x):
        return np.array([np.cos(t) for t in x.tolist()])

    wave = primitive(lambda g, y, x: g * cos(x))(lambda x: np.sin(x))
    near(vjp(wave, V)[1](W), (np.cos(V) * W,))
    near(jvp(wave, (V,), (W,))[1], np.cos(V) * W)
    near(jacobian(lambda x: wave(x) * np.ones((2, 3)))(V)[1], np.diag(np.cos(V)))
    near(vjp(wave, V)[1](leaf(W))[0], np.cos(V) * W)


# ------------------------------------------------------------------------------------------ the oracle
# Functions of a module, which is NumPy or PyTorch.

ORACLE = {
    "sines": lambda m, x: m.sin(x) * m.exp(-x * x),
    "a sum": lambda m, x: (m.tanh(x) * x).sum(),
    "all with all": lambda m, x: m.cos(x) * x.sum() + x[..., :1] * x,
    "rows": lambda m, x: m.sin(x).sum(0) ** 2,
    "quotient": lambda m, x: x / (1 + (x * x).sum()),
    "stack": lambda m, x: m.stack([x.reshape(-1)[0] * x, m.exp(x)]),
}
COMPLEX = {
    "exp": lambda m, z: m.exp(z) * z,
    "conjugate": lambda m, z: z * m.conj(z) * z,
    "absolute": lambda m, z: m.abs(z) * z,
    "real": lambda m, z: m.real(z) * z,
    "to real": lambda m, z: m.abs(z) ** 2 + m.imag(z),
    "quotient": lambda m, z: (1 + z) / (2j - z * z),
}


quiet = pytest.mark.filterwarnings("ignore:.*torch:DeprecationWarning")  # of PyTorch, about itself


@pytest.fixture(scope="module")
def torch():
    import torch

    torch.set_num_threads(1)
    return torch


@pytest.mark.oracle
@quiet
@pytest.mark.parametrize("x", [V, M, M[:, :1]], ids=lambda x: str(x.shape))
@pytest.mark.parametrize("name", ORACLE)
def test_the_same_in_pytorch(torch, name, x):
    ours, theirs = (lambda x, m=m: ORACLE[name](m, x) for m in (np, torch))
    t, rng = torch.tensor(x), np.random.default_rng(0)
    y, pull = vjp(ours, x)
    u, v = rng.normal(size=y.shape), rng.normal(size=x.shape)
    near(y, theirs(t).numpy())
    near(pull(u), (torch.func.vjp(theirs, t)[1](torch.tensor(u))[0].numpy(),))
    near(jvp(ours, (x,), (v,))[1], torch.func.jvp(theirs, (t,), (torch.tensor(v),))[1].numpy())
    near(jacobian(ours)(x), torch.func.jacrev(theirs)(t).numpy())
    near(jacobian(ours)(x), torch.func.jacfwd(theirs)(t).numpy())
    near(jacobian(jacobian(ours))(x), torch.func.jacfwd(torch.func.jacrev(theirs))(t).numpy())
    total, their_total = (lambda x, f=f: f(x).sum() ** 2 for f in (ours, theirs))
    near(grad(total)(x), torch.func.grad(their_total)(t).numpy())
    near(value_and_grad(total)(x)[0], their_total(t).numpy())
    near(hessian(total)(x), torch.func.hessian(their_total)(t).numpy())
    near(hvp(total, (x,), (v,)), (np.tensordot(torch.func.hessian(their_total)(t).numpy(), v, x.ndim),))


@pytest.mark.oracle
@quiet
@pytest.mark.parametrize("name", COMPLEX)
def test_the_same_in_pytorch_for_complex_numbers(torch, name):
    ours, theirs = (lambda z, m=m: COMPLEX[name](m, z) for m in (np, torch))
    t = torch.tensor(Z)
    y, pull = vjp(ours, Z)
    u = U if y.dtype.kind == "c" else U.real
    near(pull(u), (torch.func.vjp(theirs, t)[1](torch.tensor(u))[0].resolve_conj().numpy(),))
    near(jvp(ours, (Z,), (U,))[1], torch.func.jvp(theirs, (t,), (torch.tensor(U),))[1].resolve_conj().numpy())
    total, their_total = (lambda z, f=f, m=m: m.abs(f(z)).sum() for f, m in ((ours, np), (theirs, torch)))
    near(grad(total)(Z), torch.func.grad(their_total)(t).resolve_conj().numpy())


@pytest.mark.oracle
@quiet
def test_the_same_in_pytorch_for_nests_and_argnums(torch):
    def f(m, p, x, power):
        return {"a": m.tanh(p["w"] * x + p["b"]) ** power, "b": [p["b"] * x.sum()]}

    p, q = {"w": V, "b": W}, {"w": torch.tensor(V), "b": torch.tensor(W)}
    ours = jacobian(lambda *a: f(np, *a), (1, 0))(p, M[0], 2)
    theirs = torch.func.jacrev(lambda *a: f(torch, *a), (1, 0))(q, torch.tensor(M[0]), 2)
    near(ours, mapped(lambda i, t: t.numpy(), theirs))
