"""Checkpoints: the same gradients, of whatever order, from less memory; and an error if the same can't be computed again."""

import gc
import weakref
from collections import namedtuple

import numpy as np
import pytest

from tinygrad_edu import Tensor, debug, gradcheck, manual_seed, nn, no_grad, optim
from tinygrad_edu.func import checkpoint, grad, hessian, hvp, jacobian, jvp, vjp

Pair = namedtuple("Pair", "a b")
V = np.array([1.0, 2.0, 3.0])
W = np.array([0.5, -1.0, 2.0])


def leaf(x):
    return Tensor(x, requires_grad=True)


def gradients(f, *arrays):
    """The value of ``f(*leaves)``, and the gradients of its sum, weighted."""
    leaves = [leaf(a) for a in arrays]
    y = f(*leaves)
    (y * (1 + 2j if y.dtype.kind == "c" else 3)).sum().real.backward()
    return [y.detach().data, *(None if x.grad is None else x.grad.data for x in leaves)]


def same(f, *arrays):
    """With and without a checkpoint, and with one inside another."""
    want = gradients(f, *arrays)
    for g in checkpoint(f), checkpoint(checkpoint(f)), checkpoint(lambda *xs: checkpoint(f)(*xs) * 1):
        got = gradients(g, *arrays)
        assert len(got) == len(want)
        for a, b in zip(got, want):
            assert (a is None) == (b is None)
            if a is not None:
                assert a.dtype == b.dtype
                np.testing.assert_array_equal(a, b)


# --------------------------------------------------------------------------------- the same gradients


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.float16, np.complex128, np.complex64], ids=lambda t: t.__name__
)
@pytest.mark.parametrize("shape", [(), (3,), (0,), (2, 3)], ids=str)
def test_gradients_are_the_same(shape, dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    a = a + 1j * b if a.dtype.kind == "c" else a
    same(lambda a, b: np.exp(a * b) * a + np.sin(b), a.astype(dtype), b)


def test_what_is_not_used_has_gradient_zero():
    assert gradients(checkpoint(lambda a, b: a * 2), V, W)[2].tolist() == [0, 0, 0]


def test_they_agree_with_differences():
    assert gradcheck(checkpoint(lambda a, b: np.tanh(a * b) / (1 + a.sum() ** 2)), (V, W), order=2)


def test_arguments_and_results_may_be_nested():
    @checkpoint
    def f(nest, *rest, scale):
        return {"sum": nest["x"].a + nest["x"].b * scale, "n": 3, "rest": [rest[0] * 2, None, nest["name"], V]}

    a, b, c = leaf(V), leaf(W), leaf(2.0)
    y = f({"x": Pair(a, b), "name": "f"}, c, scale=W)
    assert (y["n"], y["rest"][1:3]) == (3, [None, "f"])
    assert y["rest"][3] is V
    (y["sum"].sum() + y["rest"][0]).backward()
    assert (a.grad.tolist(), b.grad.tolist(), c.grad.item()) == ([1, 1, 1], W.tolist(), 2)


def test_several_results_of_which_some_are_used():
    f = checkpoint(lambda x: (np.sin(x), x * x, x.sum()))
    for i, want in enumerate([np.cos(V), 2 * V, np.ones(3)]):
        x = leaf(V)
        f(x)[i].sum().backward()
        np.testing.assert_allclose(x.grad.data, want)
    x = leaf(V)
    a, b, c = f(x)
    (a.sum() + b.sum() * c).backward()
    np.testing.assert_allclose(x.grad.data, np.cos(V) + 2 * V * 6 + 14)


def test_results_that_are_arguments_constants_or_twice_the_same():
    x, y = leaf(V), leaf(W)

    def f(x):
        z = x * x
        return x, y, z, z, Tensor(V), 3.0

    a, b, c, d, constant, number = checkpoint(f)(x)
    assert a is not x
    assert not constant.requires_grad
    assert number == 3.0
    (a + b + c + d + constant).sum().backward()
    assert x.grad.tolist() == (1 + 4 * V).tolist()
    assert y.grad.tolist() == [1, 1, 1]


def test_a_function_of_constants_is_constant():
    y = checkpoint(lambda x: x * 2)(Tensor(V))
    assert not y.requires_grad
    assert checkpoint(lambda x: 3.0)(leaf(V)) == 3.0


def test_the_same_function_can_be_called_many_times():
    step = checkpoint(lambda x: np.sin(x) + x)
    x = leaf(V)
    y = step(step(step(x)) + step(x))
    y.sum().backward()
    t = leaf(V)
    plain = lambda x: np.sin(x) + x
    plain(plain(plain(t)) + plain(t)).sum().backward()
    np.testing.assert_array_equal(x.grad.data, t.grad.data)


def test_a_long_chain():
    x = leaf(1.0)
    y = x
    step = checkpoint(lambda x: x * 1.001)
    for _ in range(2000):
        y = step(y)
    y.backward()
    assert x.grad.item() == pytest.approx(1.001**2000)


# ------------------------------------------------------------------------------ what is closed over


def test_a_tensor_outside_gets_its_gradient_though_only_constants_are_given():
    """A batch needs no gradient; the weights do."""
    w = leaf(W)
    checkpoint(lambda x: np.tanh(x * w))(V).sum().backward()
    np.testing.assert_allclose(w.grad.data, V * (1 - np.tanh(V * W) ** 2))


def test_a_computed_tensor_outside_passes_its_gradient_on():
    w = leaf(W)
    h = w * w
    (checkpoint(lambda x: x * h)(leaf(V)) + h).sum().backward()
    np.testing.assert_allclose(w.grad.data, 2 * W * (V + 1))


def test_a_tensor_outside_that_was_computed_from_another():
    w = leaf(W)
    h = np.sin(w)
    checkpoint(lambda x: x * h * w)(V).sum().backward()
    np.testing.assert_allclose(w.grad.data, V * (np.sin(W) + W * np.cos(W)))


def test_a_retained_gradient_outside_is_counted_once():
    w = leaf(W)
    h = w * w
    h.retain_grad()
    (checkpoint(lambda x: x * h)(leaf(V)) + h).sum().backward()
    np.testing.assert_allclose(h.grad.data, V + 1)


def test_a_tensor_that_is_closed_over_and_given():
    w = leaf(W)
    checkpoint(lambda x: x * w)(w).sum().backward()
    np.testing.assert_allclose(w.grad.data, 2 * W)


def test_a_layer_made_at_the_first_call():
    layers = []

    def f(x):
        if not layers:
            layers.append(leaf(W))
        return x * layers[0]

    checkpoint(f)(V).sum().backward()
    assert layers[0].grad.tolist() == V.tolist()


@pytest.mark.parametrize("whole", [True, False], ids=["the whole network", "its layers"])
def test_networks_learn_the_same(whole):
    def trained(wrap):
        rng = np.random.default_rng(0)
        layers = [nn.Linear(3, 5, rng=rng), nn.Tanh(), nn.Linear(5, 5, rng=rng), nn.Sigmoid(), nn.Linear(5, 1, rng=rng)]
        model = nn.Sequential(*layers)
        parts = [model] if whole else layers
        descent, cost = optim.SGD(model.parameters(), lr=0.1, momentum=0.9), nn.MSELoss()
        x, target = rng.normal(size=(8, 3)).astype(np.float32), rng.normal(size=(8, 1)).astype(np.float32)
        for _ in range(5):
            y = x
            for part in parts:
                y = wrap(part)(y)
            descent.zero_grad()
            cost(y, target).backward()
            descent.step()
        return [p.data for p in model.parameters()]

    for a, b in zip(trained(checkpoint), trained(lambda f: f)):
        assert a.dtype == np.float32
        np.testing.assert_array_equal(a, b)


# --------------------------------------------------------------------------------------------- memory


def chain(record, n=6):
    """A chain of steps, that puts weak references to its results into a list."""

    def f(x):
        for _ in range(n):
            x = np.tanh(x)
            record.append(weakref.ref(x._array))
        return x

    return f


def alive(record):
    return sum(ref() is not None for ref in record)


def test_what_was_computed_inside_is_gone_after_the_forward_pass():
    record = []
    gc.disable()  # by reference counting, without waiting for the collector of cycles
    try:
        x = leaf(np.ones(100))
        plain = chain(record)(x)
        assert alive(record) == 6
        del plain
        assert alive(record) == 0
        record.clear()

        y = checkpoint(chain(record))(x)
        assert alive(record) == 1, "the output, and nothing else"
        y.sum().backward()
        assert len(record) == 12, "computed twice"
        assert alive(record) == 1
        del y
        assert alive(record) == 0
    finally:
        gc.enable()


def test_during_backward_one_checkpoint_is_unfolded_at_a_time():
    record, most = [], []

    def step(x):
        y = chain(record, 4)(x)
        most.append(alive(record))
        return y

    x = leaf(np.ones(100))
    y = x
    for _ in range(5):
        y = checkpoint(step)(y)
    y = y.sum()
    assert alive(record) == 5
    y.backward()
    assert max(most) <= 5 + 4


def test_the_inputs_belong_to_the_graph():
    """A step of an optimiser, or a user, that changes an input afterwards can't change the gradient."""
    x = leaf(V)
    y = checkpoint(np.sin)(x)
    x.data[:] = 0
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, np.cos(V))


def test_after_backward_neither_inputs_nor_outputs_are_kept():
    """Though somebody holds the result, and with it the structure."""
    h = leaf(np.ones(100)) * 2
    y = checkpoint(np.sin)(h)
    total = y.sum()
    arrays = [weakref.ref(h._array), weakref.ref(y._array)]
    gc.disable()
    try:
        del h, y
        assert [ref() is None for ref in arrays] == [False, False]
        total.backward()
        assert [ref() is None for ref in arrays] == [True, True]
    finally:
        gc.enable()


def test_a_dropped_graph_is_freed():
    x = leaf(np.ones(100))
    y = checkpoint(lambda x: np.tanh(x) * 2)(x)
    kept = weakref.ref(y._array)
    gc.disable()
    try:
        del y
        assert kept() is None
    finally:
        gc.enable()


# ----------------------------------------------------------------------------------- modes, many walks


def test_under_no_grad_the_function_is_just_called():
    calls = []

    def f(x):
        calls.append(x)
        return x * 2

    x = leaf(V)
    with no_grad():
        assert not checkpoint(f)(x).requires_grad
    assert calls == [x]
    assert calls[0] is x


def test_backward_may_be_called_under_no_grad():
    x = leaf(V)
    y = checkpoint(np.sin)(x).sum()
    with no_grad():
        y.backward()
    np.testing.assert_allclose(x.grad.data, np.cos(V))


def test_debug_looks_inside():
    with debug(), np.errstate(all="ignore"):
        y = checkpoint(lambda x: np.sqrt(x))(leaf([0.0, 1.0])).sum()
        with pytest.raises(FloatingPointError, match=r"the derivative of sqrt .*test_rematerialization"):
            y.backward()


def test_a_released_graph_says_so_and_a_retained_one_is_walked_again():
    x = leaf(V)
    y = checkpoint(np.sin)(x).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.data, 2 * np.cos(V))
    with pytest.raises(RuntimeError, match="released"):
        y.backward()


# ------------------------------------------------------------------------------------ higher derivatives


def test_second_derivatives_by_backward():
    w = leaf(W)
    x = leaf(V)
    checkpoint(lambda x: np.sin(x * w).sum())(x).backward(create_graph=True)
    first, x.grad, w.grad = x.grad, None, None
    np.testing.assert_allclose(first.data, W * np.cos(V * W))
    first.sum().backward()
    np.testing.assert_allclose(x.grad.data, -W * W * np.sin(V * W))
    np.testing.assert_allclose(w.grad.data, np.cos(V * W) - V * W * np.sin(V * W))


def test_every_transform_goes_through():
    def f(x):
        return np.sum(np.sin(x) * x[::-1] * x)

    g = checkpoint(f)
    for transform in (
        lambda f: grad(f)(V), lambda f: jacobian(f)(V), lambda f: hessian(f)(V), lambda f: hvp(f, (V,), (W,))[0],
        lambda f: jvp(f, (V,), (W,))[1], lambda f: vjp(f, V)[1](2.0)[0], lambda f: jacobian(hessian(f))(V),
        lambda f: jvp(grad(f), (V,), (W,))[1], lambda f: grad(lambda x: jvp(f, (x,), (W,))[1])(V),
    ):  # fmt: skip
        np.testing.assert_allclose(transform(g).data, transform(f).data, rtol=1e-12)


def test_second_derivatives_of_many_results():
    def f(x):
        return np.sin(x), x * x, x.sum()

    def total(f):
        return lambda x: sum(np.sum(y) * (i + 1) for i, y in enumerate(f(x)))

    np.testing.assert_allclose(hessian(total(checkpoint(f)))(V).data, hessian(total(f))(V).data)


def test_a_transform_inside_a_checkpoint():
    w = leaf(2.0)

    @checkpoint
    def slope(x):
        return grad(lambda x: w * x**3)(x)

    x = leaf(3.0)
    y = slope(x)
    assert y.item() == 54
    y.backward()
    assert (x.grad.item(), w.grad.item()) == (36, 27)


def test_pull_of_an_outer_call_inside_a_checkpoint():
    """What it is connected to there are not only Tensors that a user ever had, but parts of functions of several results."""
    x = leaf(V)
    _, pull = vjp(checkpoint(lambda x: (np.sin(x), x * x)), x)
    y = checkpoint(lambda u: pull((u, u))[0])(leaf(W))
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, W * (2 - np.sin(V)))


# ---------------------------------------------------------------------------------------------- refusals


def raises(y, match="computed again"):
    with pytest.raises(RuntimeError, match=match):
        y.backward()


def test_a_parameter_changed_before_backward_is_noticed():
    layer = nn.Linear(3, 2, rng=np.random.default_rng(0))
    y = checkpoint(layer)(np.ones((1, 3), np.float32)).sum()
    optim.SGD(layer.parameters(), lr=0.1)
    for p in layer.parameters():
        with no_grad():
            p += 1
    raises(y, "computed again, the function gave another result")


def test_a_constant_changed_before_backward_is_noticed():
    a = V.copy()
    y = checkpoint(lambda x, a: (x * a).sum())(leaf(W), a)
    a[0] = 10
    raises(y)


def test_a_function_that_computes_something_else_each_time_is_noticed():
    rng = np.random.default_rng(0)
    raises(checkpoint(lambda x: (x * rng.normal(size=3)).sum())(leaf(V)))


@pytest.mark.parametrize("results", [[3, 2], [2, 3], [3, None], [3, 0]], ids=str)
def test_a_function_that_returns_something_else_each_time_is_noticed(results):
    kinds = iter(results)

    def f(x):
        n = next(kinds)
        return [x * i if i else V for i in range(n)] if n is not None else None

    raises(checkpoint(f)(leaf(V))[-1].sum())


def test_another_tensor_of_the_same_values_is_noticed():
    """Its gradient would go to the wrong one."""
    held = [leaf(W)]
    y = checkpoint(lambda x: (x * held[0]).sum())(V)
    held[0] = leaf(W)
    raises(y, "used other tensors")


def test_a_parameter_that_was_frozen_in_between_is_noticed():
    w = leaf(W)
    y = checkpoint(lambda x: (x * w).sum())(leaf(V))
    w.requires_grad = False
    raises(y, "used other tensors")


def test_nan_is_the_same_as_nan():
    with np.errstate(all="ignore"):
        x = leaf([-1.0, 1.0])
        checkpoint(np.sqrt)(x).sum().backward()
    assert x.grad[1].item() == 0.5


def test_a_function_that_writes_into_its_argument_is_told_to_copy_it():
    def f(x):
        x[0] = 5.0
        return x.sum()

    for x in leaf(V), leaf(V) * 1:
        with pytest.raises(RuntimeError, match=r"checkpoint: the function assigned to items .* x\.copy\(\)"):
            checkpoint(f)(x)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="checkpoint takes a function first, and got Tensor"):
        checkpoint(leaf(V))


def test_an_error_of_the_function_itself_comes_through():
    with pytest.raises(AttributeError, match="nothing"):
        checkpoint(lambda x: x.nothing)(leaf(V))


def test_dropout_drops_the_same_again():
    """And what is drawn afterwards is what would have been without the second computation."""
    x = Tensor(np.ones(100), requires_grad=True)
    manual_seed(0)
    y = checkpoint(lambda x: nn.functional.dropout(x * 2, 0.5))(x)
    later = nn.functional.dropout(Tensor(np.ones(100))).data
    y.sum().backward()
    last = nn.functional.dropout(Tensor(np.ones(100))).data
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert 20 < np.count_nonzero(y.data) < 80

    manual_seed(0)
    for expected in (y.data / 2, later, last):
        np.testing.assert_array_equal(nn.functional.dropout(Tensor(np.ones(100))).data, expected)
