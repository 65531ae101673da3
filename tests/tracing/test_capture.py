"""A captured function is the function: the same values, the same gradients, whatever it is made of and used for."""

import copy
import functools
import gc
import pickle
import weakref
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import STRATEGIES, listed

from tinygrad_edu import Tensor, capture, explain, func, manual_seed, nn, no_grad, optim, watch
from tinygrad_edu.engine.table import COMPOSITES, RULES
from tinygrad_edu.rng import generator
from tinygrad_edu.testing import programs
from tinygrad_edu.tracing import tiling
from tinygrad_edu.tracing.errors import CaptureError
from tinygrad_edu.tracing.reachability import parts_held

A = np.array([[0.5, -1.0, 2.0], [0.3, 0.2, -0.1]])
B = np.array([[1.5, 0.4, 0.7], [2.0, 0.1, 0.6]])


def leaf(values, **kwargs):
    return Tensor(values, requires_grad=True, **kwargs)


def both(f, captured, arrays, seed=1.0):
    """All results and gradients of the function, and of what it is captured as, for these arrays. No two seeds are equal: of equal
    ones nobody sees that they come in another order."""
    found = []
    for g in f, captured:
        rng = np.random.default_rng(0)
        xs = [leaf(a) for a in arrays]
        with np.errstate(all="ignore"):
            ys = [y for y in listed(g(*xs)) if isinstance(y, Tensor)]
            for y in ys:
                if y.requires_grad:
                    y.backward(np.asarray(seed * rng.uniform(0.5, 1.5, y.shape), y.dtype), retain_graph=True)
        found.append([y.data for y in ys] + [x.grad if x.grad is None else x.grad.data for x in xs])
    return found


def agree(f, captured, arrays, seed=1.0):
    expected, got = both(f, captured, arrays, seed)
    assert len(expected) == len(got)
    precision = max(np.finfo(a.dtype).eps for a in (*arrays, *expected) if a is not None and a.dtype.kind in "fc")
    for want, y in zip(expected, got):
        if want is None or y is None:
            assert not any(g.any() for g in (want, y) if g is not None)
            continue
        assert (want.shape, want.dtype) == (y.shape, y.dtype)
        scale = np.max(np.abs(want), initial=1e-3, where=np.isfinite(want))
        np.testing.assert_allclose(y, want, rtol=0, atol=1e3 * precision * scale)


# ------------------------------------------------------------------------------------ whatever it is made of


def name(fn):
    return f"{getattr(fn, '__module__', None) or 'numpy'}.{fn.__name__}".replace(
        "tinygrad_edu.rules.", ""
    ).removeprefix("numpy.")


@pytest.mark.slow
@pytest.mark.parametrize(
    "fn", [fn for fn in {**RULES, **COMPOSITES} if fn in STRATEGIES and fn is not np.empty_like], ids=name
)
@given(data=st.data())
def test_the_whole_table(fn, data):
    """Functions that must see the numbers say so; all others are the same, for other numbers than were recorded."""
    case = data.draw(STRATEGIES[fn])

    def f(*xs):
        return case.measure(listed(case(*xs)))

    arrays = case.arrays
    with np.errstate(all="ignore"):
        try:
            expected = f(*map(leaf, arrays))
        except (NotImplementedError, ValueError, TypeError, np.linalg.LinAlgError):
            assume(False)
        assume(any(isinstance(y, Tensor) for y in expected))
        captured = capture(f)
        try:
            captured(*map(leaf, arrays))
        except CaptureError:
            return
    for factor in (1, 1.125, 0.75, 1.25):
        agree(f, captured, [np.asarray(a * factor, a.dtype) for a in arrays], factor)


@given(f=programs(length=25, inputs=3, dtypes=(np.float32, np.float64)), seed=st.integers(0, 99))
def test_random_programs(f, seed):
    check(f, seed)


@given(f=programs(length=15, inputs=2, dtypes=(np.float64, np.complex128)), seed=st.integers(0, 99))
def test_random_programs_of_complex_numbers(f, seed):
    check(f, seed)


@given(f=programs(length=25, inputs=3, dtypes=(np.float32, np.float64)), seed=st.integers(0, 99))
def test_random_programs_in_strips(f, seed):
    with mock.patch.multiple(tiling, STRIP=2, LONG=3):  # so that these small arrays are long
        check(f, seed)


def check(f, seed):
    captured = capture(f)
    with np.errstate(all="ignore"):
        try:
            captured(*map(leaf, f.inputs))
        except CaptureError:
            return
    rng = np.random.default_rng(seed)
    for _ in range(3):
        arrays = [(x * rng.uniform(0.9, 1.1, x.shape)).astype(x.dtype) for x in f.inputs]
        with np.errstate(all="ignore"):
            waiting = captured(*map(leaf, arrays))  # in a space of its own
        agree(f, captured, arrays, rng.uniform())
        del waiting


NETWORKS = {
    "perceptron": (lambda: nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 2)), (3, 4)),
    "convolution": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Flatten()), (2, 1, 10, 10)),
    "normalisation": (lambda: nn.Sequential(nn.LayerNorm(4), nn.GELU(), nn.RMSNorm(4), nn.Softmax(-1)), (3, 4)),
    "batches": (lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5)).eval(), (3, 4)),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), (2, 3, 4)),
}  # fmt: skip


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks(kind):
    make, shape = NETWORKS[kind]
    rng, model = np.random.default_rng(0), make()
    captured = capture(lambda x: (model(x) ** 2).mean())
    for _ in range(4):
        x = rng.normal(size=shape).astype(np.float32)
        gradients = []
        for f in captured, lambda x: (model(x) ** 2).mean():
            model.zero_grad()
            f(x if f is captured else Tensor(x)).backward()
            gradients.append([p.grad.data for p in model.parameters()])
        for g, want in zip(*gradients):
            np.testing.assert_allclose(g, want, rtol=1e-4, atol=1e-6)


class Reader(nn.Module):
    def __init__(self):
        rng = np.random.default_rng(1)
        self.memory, self.out = nn.GRU(2, 4, batch_first=True, rng=rng), nn.Linear(4, 3, rng=rng)

    def forward(self, x):
        return self.out(self.memory(x)[0][:, -1])


def learnt(wrapped):
    """The last cost and all parameters, after a few steps; these are taken in place."""
    rng, model, cost = np.random.default_rng(0), Reader(), nn.CrossEntropyLoss()
    x, t = rng.normal(size=(6, 5, 2)).astype(np.float32), rng.integers(0, 3, 6)
    f, descent = wrapped(lambda x, t: cost(model(x), t)), optim.Adam(model.parameters(), lr=0.1)
    places = [id(p._array) for p in model.parameters()]
    for step in range(12):
        descent.zero_grad()
        loss = f(Tensor(x[step % 2 :: 2]), t[step % 2 :: 2])
        loss.backward()
        descent.step()
    assert places == [id(p._array) for p in model.parameters()], "parameters were copied, for something holds them"
    with pytest.raises(ValueError, match="class indices"):
        f(Tensor(x[::2]), t[::2] + 3)
    return [loss.data, *(p.data for p in model.parameters())]


def test_a_recurrent_network_of_classes_learns_the_same():
    """Integers as arguments, indices checked in every call, and a momentum that goes on by itself."""
    for a, b in zip(learnt(capture), learnt(lambda f: f), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_a_view_of_a_copy_is_one_of_the_original():
    """Copies are left out of programs; what was a part of one keeps the original's array from being used again."""

    def f(x):
        y = np.ravel(x) + x
        z = np.copy(y)
        z[()] *= x
        return z / 2

    captured = capture(f)
    for n in range(1, 5):
        agree(f, captured, [np.array(n + 0.5)])


# ------------------------------------------------------------------------------- whatever it is used for


def squares(x):
    return (x * x * A).sum()


def test_results_of_one_call_outlast_the_next():
    """Each result that waits for its backward() has arrays to itself."""
    f = capture(lambda x: np.exp(np.sin(x)) * x)
    xs = [leaf(a) for a in (A, B, A + B)]
    f(leaf(A))
    ys = [f(x) for x in xs]
    for i in (1, 0, 2):
        ys[i].sum().backward()
    for x, y in zip(xs, ys):
        again = leaf(x.data)
        z = np.exp(np.sin(again)) * again
        z.sum().backward()
        np.testing.assert_allclose(y.data, z.data)
        np.testing.assert_allclose(x.grad.data, again.grad.data)


def test_a_graph_that_is_retained_can_be_walked_with_another_gradient():
    f = capture(lambda x: np.exp(x) * x)
    f(leaf(A))
    x = leaf(A)
    y = f(x)
    for seed in (A, B, B):
        x.grad = None
        y.backward(seed, retain_graph=True)
        np.testing.assert_allclose(x.grad.data, seed * np.exp(A) * (1 + A))
    y.backward(A)
    with pytest.raises(RuntimeError, match="retain_graph"):
        y.backward(A)


def test_spaces_are_used_again_and_graphs_are_let_go():
    f = capture(squares)
    for _ in range(9):
        f(leaf(A)).backward()
        f(leaf(A))  # and dropped
    assert len(f._latest.idle) == 1
    x = leaf(A)
    y = f(x)
    place = weakref.ref(x)
    gc.disable()
    try:
        del x, y
        assert place() is None
    finally:
        gc.enable()


def test_what_the_user_writes_later_changes_no_gradient():
    f = capture(lambda x, w: (np.exp(x) * w).sum())
    w = leaf(B)
    for _ in range(3):
        w.grad, x = None, A.copy()
        y = f(x, w)
        x[...] = 0
        w.data[...] += 1
        y.backward()
        np.testing.assert_allclose(w.grad.data, np.exp(A))


def test_gradients_and_results_belong_to_nobody_else():
    f = capture(lambda x: (x * 2, np.tanh(x), x))
    x = leaf(A)
    for _ in range(3):
        twice, tanh, same = f(x)
    x.grad = None
    (twice + tanh + same).sum().backward()
    kept = x.grad.data.copy(), tanh.data.copy()
    tanh.data[...] = same.data[...] = twice.data[...] = 7
    x.grad.data[...] *= 1
    f(leaf(B))[1].sum().backward()
    np.testing.assert_array_equal(x.grad.data, kept[0])
    np.testing.assert_array_equal(x.data, A)
    np.testing.assert_array_equal(f(x)[1].data, kept[1])


def test_several_results_of_all_kinds():
    f = capture(
        lambda x: {
            "loss": (x * x).sum(),
            "largest": np.argmax(x, 1),
            "mask": x > 0,
            "plain": x.detach() + 1,
            "n": x.shape[0],
        }
    )
    for array in (A, B, A - B):
        x = leaf(array)
        y = f(x)
        assert list(y) == ["loss", "largest", "mask", "plain", "n"]
        assert y["n"] == 2
        assert type(y["mask"]) is np.ndarray
        assert not y["plain"].requires_grad
        np.testing.assert_array_equal(y["largest"], np.argmax(array, 1))
        np.testing.assert_array_equal(y["mask"], array > 0)
        np.testing.assert_array_equal(y["plain"].data, array + 1)
        y["loss"].backward()
        np.testing.assert_allclose(x.grad.data, 2 * array)


def test_only_some_results_are_walked_back_from():
    f = capture(lambda x, w: (np.sin(x) * w, np.cos(w)))
    for array in (A, B, A + B):
        x, w = leaf(array), leaf(B)
        _, cos = f(x, w)
        cos.sum().backward()
        np.testing.assert_allclose(w.grad.data, -np.sin(B))
        assert x.grad is None or not x.grad.data.any()


def test_an_argument_that_is_a_parameter_too():
    w = leaf(B)
    f = capture(lambda x: (x * w * w).sum())
    for _ in range(3):
        w.grad = None
        f(w).backward()
        np.testing.assert_allclose(w.grad.data, 3 * B * B)


def test_nested_arguments_keywords_and_settings():
    @capture
    def f(pair, power=2, *, shift):
        return (pair["a"] ** power + pair["b"][0] * shift).sum()

    for power in (2, 3, 2):
        for shift in (1.0, A, Tensor(B)):
            a, b = leaf(A), leaf(B)
            f({"a": a, "b": [b]}, power, shift=shift).backward()
            np.testing.assert_allclose(a.grad.data, power * A ** (power - 1))
            np.testing.assert_allclose(
                b.grad.data, np.broadcast_to(shift if isinstance(shift, float) else np.asarray(shift), A.shape)
            )
    assert (
        len(f._recordings) == 6
    )  # of two powers; a number is one argument, an array and a Tensor of the same kind another


def test_derivatives_of_all_orders_and_kinds():
    f = capture(lambda x: (np.sin(x) * x).sum())

    def g(x):
        return (np.sin(x) * x).sum()

    for _ in range(3):
        for derivative in (func.grad, func.hessian, lambda f: func.grad(lambda x: func.grad(f)(x).sum()),
                           lambda f: lambda x: func.jvp(f, (x,), (B,))[1], lambda f: lambda x: func.hvp(f, (x,), (B,))[0]):  # fmt: skip
            np.testing.assert_allclose(derivative(f)(A).data, derivative(g)(A).data, rtol=1e-12, atol=1e-12)
    w = leaf(B)
    h = capture(lambda x: np.exp(x * w).sum())
    for _ in range(3):
        np.testing.assert_allclose(
            func.jacobian(func.grad(h))(A).data, func.hessian(lambda x: np.exp(x * w).sum())(A).data
        )


def test_a_penalty_on_the_gradient_is_learnt_from():
    """Second derivatives with respect to what is outside, of a function whose argument is a constant."""
    w, x = leaf([1.0, 2.0]), Tensor([0.3, 0.5])

    def f(x):
        return (np.tanh(x * w) ** 3).sum()

    found = []
    for g in f, *[capture(f)] * 4:
        w.grad = None
        g(x).backward(create_graph=True)
        p, w.grad = w.grad, None
        ((p * p).sum() + w.sum()).backward()
        found.append(w.grad.data)
    np.testing.assert_allclose(found, [found[0]] * 5)


def test_results_that_nobody_walks_back_from_leave_nothing():
    """No NaN of 0 times infinity, and no gradient of 0 where there is none, which weight decay would go by."""
    f = capture(lambda x: ((x * x).sum(), np.sqrt(x)))
    a, b = leaf([1.0]), leaf([1.0])
    g = capture(lambda x: ((x * a).sum(), (x * b).sum()))
    descent = optim.SGD([a, b], 0.1, weight_decay=0.5)
    for _ in range(4):
        x = leaf([0.0, 1.0])
        f(x)[0].backward()
        assert x.grad.data.tolist() == [0, 2]
        descent.zero_grad()
        first, second = g(Tensor([1.0]))
        first.backward()
        descent.step()
        assert b.grad is None
        second.backward()  # a graph of its own
        assert (b.grad.item(), b.item()) == (1, 1)


def test_the_same_gradient_is_no_sign_of_the_same_call():
    w, v = leaf([1.0, 2.0]), Tensor([1.0, 1.0])
    c = capture(lambda w, x: w * x * x)
    for _ in range(3):
        c(w, leaf([1.0, 1.0])).backward(v)
    _, pull = func.vjp(lambda x: c(w, x), Tensor([1.0, 1.0]))
    with no_grad():
        pull(v)
    w.grad = None
    c(w, leaf([10.0, 10.0])).backward(v)
    assert w.grad.data.tolist() == [100, 100]
    both = capture(lambda x: (x * 2, x * 3))
    for _ in range(3):
        x = leaf([1.0])
        one, other = both(x)
        (one + other).backward(np.ones(1))
        assert x.grad.item() == 5


def test_copies_work_in_arrays_of_their_own():
    c = capture(lambda x: np.exp(x).sum())
    for _ in range(3):
        c(leaf(A)).backward()
    for twin in copy.deepcopy(c), copy.copy(c):
        x = leaf(A)
        y = c(x)
        twin(leaf(B)).backward()
        y.backward()
        np.testing.assert_allclose(x.grad.data, np.exp(A))
    pickle.loads(pickle.dumps(capture(np.tanh)))


def test_a_result_that_is_kept_keeps_no_more_than_itself():
    f = capture(squares)
    kept = []
    for _ in range(20):
        kept.append(f(leaf(A)))
        kept[-1].backward()
    assert len(f._latest.idle) == 1
    waiting = [f(leaf(A)) for _ in range(20)]
    assert not f._latest.idle
    del waiting
    f(leaf(A))
    assert len(f._latest.idle) <= 4


def test_captured_within_captured_and_checkpointed():
    inner = capture(lambda x: np.tanh(x) * 2)
    outer = capture(lambda x: inner(inner(x)).sum())
    kept = capture(func.checkpoint(lambda x: np.tanh(np.tanh(x)).sum()))
    for array in (A, B, A + B):
        agree(lambda x: (np.tanh(np.tanh(x) * 2) * 2).sum(), outer, [array])
        agree(lambda x: np.tanh(np.tanh(x)).sum(), kept, [array])


def test_hooks_hear_the_real_walk_only():
    heard, w = [], leaf(A)
    y = w * 2
    y.retain_grad()
    f = capture(lambda: (y * y).sum())
    for _ in range(3):
        y.grad = None
        f().backward(retain_graph=True)
        heard.append(y.grad.data.copy())
    for g in heard:
        np.testing.assert_allclose(g, 4 * A)


# --------------------------------------------------------------------------------- what changes around it


def test_it_is_recorded_anew_when_what_it_depends_on_is_another():
    w = leaf(A)
    model = nn.Sequential(nn.Dropout(0.5))
    f = capture(lambda x: (model(x) * w).sum())
    assert len({f(Tensor(B)).item() for _ in range(20)}) > 1
    model.eval()
    for _ in range(3):
        assert f(Tensor(B)).item() == pytest.approx((A * B).sum())
    w.data = A[:1]  # another shape
    for _ in range(3):
        w.grad = None
        f(Tensor(B)).backward()
        np.testing.assert_allclose(w.grad.data, B.sum(0, keepdims=True))
    w.requires_grad = False
    assert not f(Tensor(B)).requires_grad
    with no_grad():
        assert not f(leaf(B)).requires_grad
    assert f(leaf(B.astype(np.float32))).dtype == np.float64
    assert f(leaf(B[:1])).item() == pytest.approx((A[:1] * B[:1]).sum())
    model.train()
    assert len({f(Tensor(B)).item() for _ in range(20)}) > 1


def test_pictures_show_what_is_inside():
    f = capture(squares)
    for _ in range(3):
        f(leaf(A))
    with watch():
        assert f(leaf(A))._node.name == "sum"
    assert f(leaf(A))._node.name == "captured"


def test_what_changes_silently_is_noticed():
    """Nothing tells that a number in the function's surroundings is another; so the calls 2, 4, 8, ... look."""
    surroundings = {"factor": 2.0}
    f = capture(lambda x: (x * surroundings["factor"]).sum())
    for _ in range(4):
        f(leaf(A))
    surroundings["factor"] = 3.0
    for _ in range(3):
        f(leaf(A))
    with pytest.raises(CaptureError, match="call number 8"):
        f(leaf(A))


def test_a_gradient_alone_that_changes_is_noticed():
    cut = [False]
    f = capture(lambda x: (x * (x.detach() if cut[0] else x)).sum())
    f(leaf(A))
    cut[0] = True
    with pytest.raises(CaptureError, match="call number 2"):
        f(leaf(A))


def test_asserts_that_pytest_has_rewritten_do_not_lead_to_its_session():
    def f(x):
        assert x is not None
        return x * w

    w = leaf(A)
    assert "@pytest_ar" in f.__code__.co_names
    assert dict(parts_held(f)) == {"w": w}


def test_what_can_not_be_replayed_says_why():
    state, rng, mine = Tensor(A), generator(), np.random.default_rng(0)

    def two_names(x):
        a = x.data * 2
        r, s = a[0], a[0]
        r += 1
        return x * s

    def one_more_axis(x):
        a = x.data * 2
        b = np.atleast_1d(a)
        b += 1
        return x * a

    def another(x):
        state[0] = x[0] * 2
        return (x * 2).sum()

    for f, why in [
        (lambda x: x.sum() if x.sum() > 0 else -x.sum(), "np.where in place of if"),
        (lambda x: x * float(x.mean()), "asked for"),
        (lambda x: x[x > 0].sum(), "x\\[mask\\]"),
        (lambda x: x[np.nonzero(x.detach())].sum(), "depends on values"),
        (lambda x: np.repeat(x.data, (x.data[0] > 0).astype(int), 1).sum() * x, "depends on values"),
        (lambda x: np.insert(x.data, [x.data.argmax()], 1.0).sum() * x, "depends on values"),
        (another, "another shape"),
        (lambda x: (x * rng.random(3)).sum(), "can't be recorded"),
        (lambda x: (x * mine.random(3)).sum(), "generator of your own"),
        (lambda x: (x * np.random.random(3)).sum(), "call number 2"),  # noqa: NPY002
        (lambda x: (x * generator().random(3, out=np.empty(3))).sum(), "writes into an array"),
        (lambda x: manual_seed(0) or x.sum(), "manual_seed"),
        (lambda x: np.copyto(x.data, 1.0) or x.sum(), "np.where"),
        (lambda x: (x * generator().random()).sum(), "random\\(\\(\\)\\)"),
        (lambda x: np.emath.sqrt(x).real, "asked for"),
        (two_names, "somebody else has a part"),
        (one_more_axis, "somebody else has a part"),
    ]:
        captured = capture(f)
        with pytest.raises(CaptureError, match=why):
            [captured(leaf(A)) for _ in range(2)]
    np.testing.assert_array_equal(state.data[0], A[0] * 2)  # it was run once, as a function is
    assert isinstance(state._array, np.ndarray)
    with pytest.raises(TypeError, match="takes a function"):
        capture(squares(leaf(A)))
    with pytest.raises(CaptureError, match="call the function once"):
        capture(squares).source  # noqa: B018
    with pytest.raises(TypeError, match="neither an array"):
        capture(lambda x, s: x.sum())(leaf(A), {1, 2})


SCALE = Tensor([2.0])


def test_tensors_are_found_wherever_the_function_finds_them():
    """And so their values may change, though no gradient flows to them."""

    class Holder:
        def __init__(self):
            self.inner = [{"deep": Tensor([3.0])}]

        def times(self, x):
            return x * self.inner[0]["deep"]

    holder, default = Holder(), Tensor([5.0])
    inner = capture(holder.times)

    def f(x, k=default):
        def nested(y):
            return y * SCALE

        return nested(inner(x)) * k

    for g in f, functools.partial(f, k=default):
        captured = capture(g)
        for n in range(1, 6):
            for place in (SCALE, holder.inner[0]["deep"], default):
                place.data = [float(n)]
            assert captured(Tensor([1.0])).item() == n**3


def test_methods_and_modules_as_arguments():
    class Net(nn.Module):
        def __init__(self, scale):
            self.layer, self.drop = nn.Linear(3, 2), nn.Dropout(0.5)
            self.scale = scale

        @capture
        def forward(self, x):
            return self.drop(self.layer(x)) * self.scale

    nets = Net(1.0).eval(), Net(2.0).eval()
    x = Tensor(A, dtype=np.float32)
    for _ in range(3):
        for net in nets:
            net.zero_grad()
            y = net.forward(x)
            y.sum().backward()
            np.testing.assert_allclose(
                y.data, (x.data @ net.layer.weight.data.T + net.layer.bias.data) * net.scale, rtol=1e-5, atol=1e-6
            )
            assert net.layer.bias.grad.data.tolist() == [2 * net.scale] * 2
    nets[0].train()
    assert len({nets[0].forward(x).data.tobytes() for _ in range(20)}) > 1


def test_objects_that_are_equal_and_not_the_same():
    class Net:
        def __init__(self, k):
            self.w = leaf([k])

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 1

        @capture
        def forward(self, x):
            return x * self.w

    nets = Net(1.0), Net(2.0)
    for _ in range(3):
        assert [net.forward(Tensor(3.0)).item() for net in nets] == [3, 6]


def test_numbers_that_are_equal_and_not_the_same():
    f = capture(lambda x, k: x * k)
    for k in (0.0, -0.0, 0.0, -0.0, 1, True, 1.0, np.float32(0.0), np.float32(-0.0)):
        y = f(Tensor([1, 2]), k)
        want = np.array([1, 2]) * k
        assert y.dtype == want.dtype
        assert y.data.tolist() == want.tolist()
        assert (np.signbit(y.data) == np.signbit(want)).all()


def test_a_module_as_argument_may_change_its_mode():
    net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)).eval()
    f = capture(lambda net, x: net(x).sum())
    x = Tensor(A, dtype=np.float32)
    for p in net.parameters():
        p.requires_grad = False
    f(net, x)
    net[0].weight.data[...] = net[0].bias.data[...] = 0
    for _ in range(2):
        assert f(net, x).item() == 0
    for p in net.parameters():
        p.requires_grad = True
    f(net, x).backward()
    assert net[0].bias.grad.data.tolist() == [2, 2, 2]
    net.train()
    net[0].bias.data[...] = 1
    assert len({f(net, x).item() for _ in range(20)}) > 1
    net.eval()
    assert f(net, x).item() == 6


def test_what_is_found_nowhere_is_refused():
    """Its gradient would be lost."""
    x = leaf([1.0])
    hidden = iter([])

    def f(z, hide=lambda y: lambda: y):
        return (z * next(hidden)).sum()

    hidden = iter([x * 2] * 5)
    with pytest.raises(CaptureError, match="computed outside"):
        capture(f)(leaf([1.0]))


def test_plain_and_constant_results_are_the_users():
    def f(x):
        z = np.exp(x)
        return (z * 2).sum(), z.data, Tensor(np.zeros(2)), np.zeros(2), x.argmax(), x.sum().data

    captured = capture(f)
    for _ in range(5):
        x = leaf([0.0, 1.0])
        y, z, zeros, others, most, total = captured(x)
        assert [type(r) for r in (z, zeros, others, most, total)] == [
            np.ndarray,
            Tensor,
            np.ndarray,
            np.int64,
            np.ndarray,
        ]
        assert zeros.data.tolist() == others.tolist() == [0, 0]
        z[:] = 7
        zeros.data[:] = others[:] = 7
        y.backward()
        np.testing.assert_allclose(x.grad.data, 2 * np.exp([0, 1]))


def test_what_the_function_keeps_is_no_tracer():
    class Memory(nn.Module):
        def __init__(self):
            self.layer, self.seen = nn.Linear(3, 3), None

        def forward(self, x):
            self.seen = np.tanh(self.layer(x)).detach()
            return self.seen * 1

    model, x = Memory(), Tensor(A, dtype=np.float32)
    with pytest.raises(CaptureError, match="keeps something"):
        capture(model)(x)
    assert isinstance(model.seen._array, np.ndarray)
    assert model(x).shape == (2, 3)
    f = capture(lambda x: model(x) if model(x).sum() > 0 else x)
    with pytest.raises(CaptureError, match="in place of if"):
        f(x)
    assert isinstance(model.seen._array, np.ndarray)


def test_what_it_keeps_is_given_back():
    class Holder:
        pass

    kept, held, holder = [], {}, Holder()

    def f(x):
        y = x * 2
        kept.append(y.data)
        held["y"] = holder.y = y
        held["array"] = holder.array = y.data
        return y

    with pytest.raises(CaptureError, match="keeps something"):
        capture(f)(Tensor(A))
    for x in (*kept, held["array"], holder.array, held["y"].data, holder.y.data):
        np.testing.assert_array_equal(x, A * 2)
        assert type(x) is np.ndarray


def test_results_are_written_where_they_shall_be():
    """By name or by position, in part, or with a copy left out."""

    def f(x, y):
        a, b, c = np.zeros_like(x.data), np.ones_like(x.data), x.data.copy()
        np.divide(y.data, x.data, out=a, where=x.data > 0)
        np.clip(b, 0, y.data, b)
        np.cumsum(y.data, 1, None, c)
        d = np.where(x.data > 0, x.data, np.nan)
        np.nan_to_num(d, copy=False)
        e = y.data.astype(float)
        e += 100
        return [Tensor(v) if isinstance(v, np.ndarray) else v for v in ()], x * (a + b + c + d + e)

    captured = capture(f)
    for sign in (1, 1, 1, -1, 1, -1):
        (_, want), (_, got) = f(Tensor(A * sign), Tensor(B)), captured(Tensor(A * sign), Tensor(B))
        np.testing.assert_allclose(got.data, want.data)


def test_numbers_that_are_returned_stay_numbers():
    def f(x):
        w = leaf(x.data)
        (w * w).sum().backward()
        return optim.clip_grad_norm_([w], 1.0), w.grad

    captured = capture(f)
    for factor in (1, 2, 3):
        (want, g), (got, h) = f(Tensor(A * factor)), captured(Tensor(A * factor))
        assert type(got) is float
        assert got == pytest.approx(want)
        np.testing.assert_allclose(h.data, g.data)


def test_what_is_only_checked_is_checked():
    classes, weights = Tensor([0, 1]), leaf(A)
    f = capture(
        lambda x: (
            (nn.functional.embedding(classes, weights) * 0 + x).sum()
            if x is None
            else nn.functional.embedding(classes, x)
        )
    )
    f(leaf(A))
    classes.data[...] = 7
    with pytest.raises(IndexError, match="7"):
        f(leaf(A))


@pytest.mark.parametrize("f", [
    lambda x: np.sum(x, axis=(0,)).astype(np.float64),
    lambda x: ((x * x).sum() ** 1.5).astype(np.float64),
    lambda x: np.sum(x - np.sum(x, axis=(0,)) / len(x), axis=(0,)),
    lambda x: ((x + 1j * x) ** 2).real.sum(),
])  # fmt: skip
def test_rounding_is_no_change(f):
    rng = np.random.default_rng(0)
    captured = capture(f)
    for _ in range(4):
        captured(leaf(rng.normal(size=(500, 8)).astype(np.float32)))


def test_numbers_beside_arrays_mean_what_they_meant():
    for f in (lambda x: np.ldexp(x, 3), lambda x: np.copysign(x, 0.0) + 3 * np.copysign(x, -0.0), lambda x: x * 0.0 + x * -0.0,
              lambda x: np.multiply(x.sum(), x.sum(), dtype="f")):  # fmt: skip
        captured = capture(f)
        for _ in range(4):
            y, want = captured(Tensor(A)), f(A)
            np.testing.assert_array_equal(y.data, want)
            np.testing.assert_array_equal(np.signbit(y.data), np.signbit(want))


def test_arrays_outside_are_part_of_the_program_and_tensors_are_read():
    array, tensor = np.array([1.0, 2.0]), Tensor([1.0, 2.0])
    f, g = capture(lambda x: (x * array).sum()), capture(lambda x: (x * tensor).sum())
    for h in f, g:
        for _ in range(4):
            assert h(Tensor([1.0, 1.0])).item() == 3
    array[:] = tensor.data[:] = 5
    assert g(Tensor([1.0, 1.0])).item() == 10
    for _ in range(3):
        f(Tensor([1.0, 1.0]))
    with pytest.raises(CaptureError, match="call number 8"):
        f(Tensor([1.0, 1.0]))


def test_arguments_may_be_called_as_functions_are():
    """Those of the program, too."""
    f = capture(lambda windows, squeeze: nn.functional.max_pool2d(windows, 2) + squeeze)
    for _ in range(3):
        x = leaf(np.arange(16.0).reshape(1, 1, 4, 4))
        y = f(x, Tensor(1.0))
        assert y.data.ravel().tolist() == [6, 8, 14, 16]
        y.sum().backward()
        assert x.grad.data.sum() == 4


def test_a_formula_is_asked_of_the_function_itself():
    f = capture(squares)
    for _ in range(3):
        y = f(leaf(A))
    with pytest.raises(CaptureError, match="watch"):
        explain(y)
    with watch():
        assert "2" in str(explain(f(leaf(A))))


# --------------------------------------------------------------------------------------------- the program


def test_the_program_is_what_one_would_write_by_hand():
    model, cost = nn.Linear(3, 2), nn.SumOfSquaresLoss()
    f = capture(lambda x, t: cost(np.tanh(model(x)), t))
    x, t = np.ones((4, 3), np.float32), np.zeros((4, 2), np.float32)
    f(Tensor(x), Tensor(t))
    source = f.source
    assert "def forward(x, t, model_weight, model_bias):" in source
    assert "dot(x, model_weight.T, b0)" in source
    assert "tanh(b0, b1)" in source  # both are asked on the way back
    assert source.count("np.empty") == 4
    assert len(source.splitlines()) < 40
    w, b = model.weight.data, model.bias.data
    y = np.tanh(x @ w.T + b)
    np.testing.assert_allclose(f(Tensor(x), Tensor(t)).item(), (y * y).sum() / 4, rtol=1e-6)


def test_long_arrays_are_worked_through_in_strips():
    """The same numbers, and what lies between is as long as a strip: also where the last strip is shorter."""
    n = tiling.LONG + 7
    rng = np.random.default_rng(0)

    @capture
    def f(x, y):
        a = np.tanh(x * y + 1)
        b = a * x.mean()  # must be known before
        return (b - y).sum(), a.reshape(-1, 1) * b.reshape(-1, 1)

    for _ in range(3):
        xs = [rng.normal(size=n), rng.normal(size=n)]
        (x, y), (u, v) = [[leaf(a) for a in xs] for _ in range(2)]
        for got, want in zip(f(x, y), f._f(u, v)):
            np.testing.assert_allclose(got.data, want.data)
            got.backward(np.full(got.shape, 2.0), retain_graph=True)
            want.backward(np.full(want.shape, 2.0), retain_graph=True)
        np.testing.assert_allclose(x.grad.data, u.grad.data)
        np.testing.assert_allclose(y.grad.data, v.grad.data)
    assert f"np.empty(({tiling.STRIP},)" in f.source
    assert f.source.count("in strips(") >= 4, f.source


def test_arrays_of_other_layouts_are_long_too():
    with mock.patch.multiple(tiling, STRIP=4, LONG=5):
        f = capture(lambda x, y: (x.T * y.T + 1) * x.T - (x * y[::-1]).T)
        for factor in 1, 2, 3:
            agree(f._f, f, [A * factor, B * factor])
        g = capture(lambda x, y: (x * y + 1) * x)
        g(leaf(A.copy("F")), leaf(np.repeat(B, 2, 1)[:, ::2]))
        for factor in 1, 2, 3:
            agree(g._f, g, [np.asfortranarray(A * factor), np.repeat(B * factor, 2, 1)[:, ::2]])
        h = capture(lambda x, y: (x.T @ y * 2 + 1) @ (x.T @ y) - 1)
        for factor in 1, 2, 3:
            agree(h._f, h, [A * factor, B * factor])


def test_ones_that_broadcast_are_more_than_ones():
    f = capture(
        lambda x, y: (
            np.ones_like(x) * y[0] + np.ones_like(y[0]) * x * np.zeros_like(x, np.float32) - np.full_like(x, 2) * y
        )
    )
    for factor in 1, 2, 3:
        agree(f._f, f, [A * factor, B * factor])
        agree(f._f, f, [(A * factor).astype(np.float32), B * factor])


def test_what_is_computed_twice_is_computed_once():
    f = capture(lambda x: np.exp(x) * np.exp(x) + np.exp(x))
    f(leaf(A))
    assert f.source.count("exp(") == 1


@pytest.mark.slow
def test_long_programs_need_no_recursion():
    def f(x):
        for i in range(1500):
            x = (x * 0.999).reshape((2, 3) if i % 2 else (3, 2)).T
        return x.sum()

    captured = capture(f)
    for _ in range(3):
        x = leaf(np.ones((2, 3)))
        captured(x).backward()
        np.testing.assert_allclose(x.grad.data, 0.999**1500)


def test_methods_of_plain_arrays():
    def f(x):
        a = x.data.flatten()
        b = x.data.ravel() * 1
        a.sort()
        b.fill(a[0])
        c = np.insert(np.delete(np.repeat(x.data, 2), [1, 3]), 1, b[:1])
        c.partition(2)
        return x * (a[1] + b[2] * x.data.itemsize + c[2] * a.nbytes)

    captured = capture(f)
    for factor in 1, 2, 3:
        agree(f, captured, [A * factor])
    for name, error, why in (
        ("byteswap", CaptureError, "that needs it an operation"),
        ("tolists", AttributeError, "has no attribute"),
    ):
        with pytest.raises(error, match=why):
            capture(lambda x, name=name: getattr(x.data, name)() * x)(leaf(A))


def test_many_numbers_do_not_hide_a_tensor():
    numbers = [*range(150_000)]
    held = {"numbers": numbers, "scale": Tensor(2.0)}
    captured = capture(lambda x: x * held["scale"] * len(held["numbers"]))
    captured(leaf(A))
    held["scale"].data = np.array(3.0)
    np.testing.assert_array_equal(captured(leaf(A)).data, A * 3.0 * 150_000)
    captured(leaf(A))
    held["scale"].data = np.array(4.0)
    np.testing.assert_array_equal(captured(leaf(A)).data, A * 4.0 * 150_000)


def test_objects_that_answer_for_any_attribute():
    class Settings:
        def __init__(self, **values):
            self.__dict__["values"] = values

        def __getattr__(self, name):
            return self.__dict__["values"][name]  # a KeyError, where an AttributeError is wanted

    settings = Settings(scale=Tensor(2.0, requires_grad=True))
    captured = capture(lambda x: x * settings.scale)
    for value in 2.0, 3.0, 4.0:
        settings.scale.data = np.array(value)
        np.testing.assert_array_equal(captured(leaf(A)).data, A * value)
