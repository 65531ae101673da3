"""Captured functions in several threads: each computes its own, and nobody meets what another one records."""

import copy
import pickle
import sys
import threading

import numpy as np
import pytest

from tinygrad_edu import Tensor, capture, func, load, manual_seed, nn, no_grad, optim, save
from tinygrad_edu.nn import functional as F
from tinygrad_edu.optim.deferral import deferred_calls
from tinygrad_edu.rng import generator
from tinygrad_edu.tracing.isolation import is_recording
from tinygrad_edu.tracing.tracer import Tracer

X = np.random.default_rng(2).normal(size=(5, 3)).astype(np.float32)


def in_threads(*works):
    """What each gives, of all at once; their errors are raised here."""
    found, barrier = [None] * len(works), threading.Barrier(len(works))

    def do(i):
        barrier.wait()
        try:
            found[i] = works[i]()
        except BaseException as error:
            found[i] = error

    threads = [threading.Thread(target=do, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return found


def network():
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 2, rng=rng))


def test_one_function_in_many_threads():
    """Recorded by all at once, and replayed and gone back through; each has its own numbers."""
    captured = capture(lambda x, y: (np.exp(np.sin(x)) * y).sum())

    def work(k):
        rng = np.random.default_rng(k)
        for _ in range(60):
            x, y = (Tensor(rng.normal(size=50), requires_grad=True) for _ in range(2))
            cost = captured(x, y)
            cost.backward(k + 1.0)
            e = np.exp(np.sin(x.data))
            np.testing.assert_allclose(cost.item(), (e * y.data).sum(), rtol=1e-12)
            np.testing.assert_allclose(x.grad.data, (k + 1) * e * np.cos(x.data) * y.data, rtol=1e-12)
            np.testing.assert_allclose(y.grad.data, (k + 1) * e, rtol=1e-12)

    in_threads(*(lambda k=k: work(k) for k in range(4)))


def test_one_call_is_gone_back_from_in_two_threads():
    captured = capture(lambda x: (np.exp(x), x**3))
    captured(Tensor([1.0], requires_grad=True))
    for _ in range(20):
        x = Tensor(np.linspace(0, 1, 1000), requires_grad=True)
        ys = captured(x)
        in_threads(*(lambda y=y: y.sum().backward(retain_graph=True) for y in ys))
        np.testing.assert_allclose(x.grad.data, np.exp(x.data) + 3 * x.data**2)


def saved(model, path):
    save(path, model.state_dict())
    return [*load(path).values()]


def stepped(model, optimiser):
    descent = optimiser(model.parameters(), lr=0.01)
    model(Tensor(X)).sum().backward()
    descent.step()
    return [p.data.copy() for p in model.parameters()]


def gradients(model):
    model.zero_grad()
    model(Tensor(X)).sum().backward()
    return [p.grad.data.copy() for p in model.parameters()]


def rewritten(model):
    model[0].weight.data[...] *= 2
    model[3].weight.data = model[3].weight.data * 2
    return gradients(model)


def unrecorded(model):
    with no_grad():
        return [model(Tensor(X)).data]


def unpickled(model):
    return pickle.loads(pickle.dumps(model))


MEANWHILE = {
    "gradients": lambda m, _: gradients(m), "pickled": lambda m, _: unpickled(m).state_dict().values(),
    "copied": lambda m, _: copy.deepcopy(m).state_dict().values(), "saved": lambda m, path: saved(m, path / "model.npz"),
    "trained": lambda m, _: stepped(m, optim.Adam), "descended": lambda m, _: stepped(m, optim.SGD), "unrecorded": lambda m, _: unrecorded(m),
    "written": lambda m, _: rewritten(m), "loaded": lambda m, _: m.load_state_dict({k: v * 2 for k, v in m.state_dict().items()}) and None,
    "printed": lambda m, _: [repr(m[0].weight)], "captured": lambda m, _: [capture(m)(X).data for _ in range(3)],
    "one": lambda m, _: [copy.copy(m[0].weight), m[0].weight.detach(), m[0].weight.data],
    "transformed": lambda m, _: [func.grad(lambda w: (X @ w).sum())(m[0].weight.data[:, :3].T)],
}  # fmt: skip


@pytest.mark.parametrize("when", ["recorded", "compared"])
@pytest.mark.parametrize("name", MEANWHILE)
def test_what_another_thread_does_with_the_same_model_meanwhile(name, when, tmp_path):
    """It finds arrays, of the model's own kinds, and has the same of them as without."""
    model, twin, found = network(), network(), []
    turn = [0]

    def meanwhile():
        found.append(MEANWHILE[name](model, tmp_path))
        kinds = [type(p) for m in (unpickled(model), copy.deepcopy(model)) for p in m.parameters()]
        assert set(kinds) == {nn.Parameter}
        for p in model.parameters():
            assert type(p._array) is np.ndarray
            assert p.grad is None or type(p.grad._array) is np.ndarray

    def f(x):
        y = model(x)
        turn[0] += 1
        is_traced = type(y._array) is Tracer
        if not found and (is_traced if when == "recorded" else turn[0] == 3):
            in_threads(meanwhile)
        return (y * y).mean()

    captured = capture(f)
    for _ in range(2):
        captured(Tensor(X)).backward()
    (tmp_path / "model.npz").unlink(missing_ok=True)
    if when == "compared":
        for p in twin.parameters():
            p.grad = None
        (twin(Tensor(X)) ** 2).mean().backward()
    expected = MEANWHILE[name](twin, tmp_path)
    assert len(found) == 1
    for a, b in zip(found[0] or (), expected or (), strict=True):
        if isinstance(a, str | bool):
            assert a == b
        else:
            np.testing.assert_allclose(
                np.asarray(getattr(a, "data", a)), np.asarray(getattr(b, "data", b)), rtol=1e-4, atol=1e-6
            )
    assert {type(p) for p in model.parameters()} == {nn.Parameter}
    assert all(type(p._array) is np.ndarray for p in model.parameters())


def test_two_threads_record_with_one_optimiser_that_is_new():
    """Neither takes the other's marks for a change of its state."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    descent, inside, outside = optim.Adam([w]), threading.Event(), threading.Event()

    def first(x):
        descent  # noqa: B018
        if type(x._array) is Tracer:
            inside.set()
            assert outside.wait(60)
        return x * w

    def second(x):
        descent  # noqa: B018
        if type(x._array) is Tracer:
            outside.set()
            thread.join(60)
        return x * w * 2

    thread = threading.Thread(target=lambda: capture(first)(Tensor([1.0, 1.0])))
    thread.start()
    assert inside.wait(60)
    y = capture(second)(Tensor([1.0, 1.0]))
    assert y.data.tolist() == [2, 4]
    assert descent.state == {w: {}}


def test_dropout_differs_between_threads_and_is_the_same_as_without():
    found = []
    for wrapped in (lambda f: f), capture:
        manual_seed(0)
        f = wrapped(lambda x: F.dropout(x, 0.5))
        draws = [[f(Tensor(np.ones(64))).data.tolist() for _ in range(5)]]
        for _ in range(2):
            draws += in_threads(lambda f=f: [f(Tensor(np.ones(64))).data.tolist() for _ in range(5)])
        assert len({tuple(d) for draw in draws for d in draw}) == 15
        found.append(draws)
    assert found[0] == found[1]


def test_modes_are_each_threads_own():
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    captured = capture(lambda x: model(x))
    captured(Tensor(X))

    def evaluated():
        with no_grad():
            return [captured(Tensor(X)).requires_grad for _ in range(5)]

    def recorded():
        return [captured(Tensor(X)).requires_grad for _ in range(5)]

    assert in_threads(evaluated, recorded) == [[False] * 5, [True] * 5]


def interrupted(work, at):
    """Run, with Ctrl-C before the line number `at` within the files of `WATCHED`; whether there are as many."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.endswith(WATCHED) or frame.f_code.co_name == "__del__":
            return None
        if event == "line":
            count += 1
            if count == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(before)
    return count >= at


WATCHED = ("twins.py", "deferral.py", "isolation.py", "random_ops.py", "verification.py", "contextlib.py", "rng.py")


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # an interrupt where Python ends a generator
@pytest.mark.parametrize("calls", [1, 2])
def test_interrupts_leave_nothing_standing_in(calls):
    """While a function is recorded, and while it is compared."""
    w = Tensor([1.0, 2.0], requires_grad=True)
    array, at, step = w._array, 1, 7

    def work():
        captured = capture(lambda x: (F.dropout(x, 0.5) * w).sum())
        for _ in range(calls):
            captured(Tensor([1.0, 1.0]))

    while interrupted(work, at):
        assert w._array is array, at
        assert not is_recording(), at
        assert deferred_calls() is None, at
        assert isinstance(generator(), np.random.Generator), at
        at += step
    assert at > 200
    (w * 2).sum().backward()
    assert w.grad.data.tolist() == [2, 2]
