"""All optimisers and schedules: the same steps as PyTorch's, and what their users do with them."""

import json
import math

import numpy as np
import pytest

from tinygrad_edu import Tensor, nn, optim

rng = np.random.default_rng(0)
TARGET = rng.normal(size=(3, 4))
START = rng.normal(size=(3, 4)), rng.normal(size=4)

OPTIMISERS = [
    ("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}), ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}), ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3}), ("RMSprop", {"lr": 0.05}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}), ("RMSprop", {"lr": 0.05, "centered": True, "alpha": 0.9}),
    ("Adagrad", {"lr": 0.5}), ("Adagrad", {"lr": 0.5, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
]  # fmt: skip
every = pytest.mark.parametrize(("name", "settings"), OPTIMISERS, ids=str)


def cost_of(w, b):
    return ((w * b - TARGET) ** 2).sum() + (b**2).sum()


def parameters(dtype=np.float64):
    return [Tensor(a, requires_grad=True, dtype=dtype) for a in START]


def train(params, optimiser, steps=6, schedule=None):
    for _ in range(steps):
        optimiser.zero_grad()
        cost_of(*params).backward()
        optimiser.step()
        if schedule:
            schedule.step()
    return [p.data.copy() for p in params]


def twins(name, settings):
    torch = pytest.importorskip("torch")
    theirs = [torch.tensor(a, requires_grad=True) for a in START]
    return theirs, getattr(torch.optim, name)(theirs, **settings)


def train_theirs(theirs, optimiser, steps=6, schedule=None):
    import torch

    target = torch.tensor(TARGET)
    for _ in range(steps):
        optimiser.zero_grad()
        (((theirs[0] * theirs[1] - target) ** 2).sum() + (theirs[1] ** 2).sum()).backward()
        optimiser.step()
        if schedule:
            schedule.step()
    return [p.detach().numpy() for p in theirs]


def assert_close(ours, theirs, rtol=1e-10):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


# ---------------------------------------------------------------------------- the same as PyTorch's


@pytest.mark.oracle
@every
def test_steps_are_those_of_pytorch(name, settings):
    params = parameters()
    assert_close(train(params, getattr(optim, name)(params, **settings)), train_theirs(*twins(name, settings)))


@pytest.mark.oracle
@every
def test_state_is_interchangeable_with_pytorch(name, settings):
    """Three steps there, the rest here, from their state_dict."""
    theirs, their_optimiser = twins(name, settings)
    middle = [a.copy() for a in train_theirs(theirs, their_optimiser, 3)]
    state = their_optimiser.state_dict()
    state["state"] = {
        i: {k: v.numpy() if getattr(v, "ndim", 0) else (None if v is None else float(v)) for k, v in s.items()}
        for i, s in state["state"].items()
    }
    state["state"] = {i: {k: v for k, v in s.items() if v is not None} for i, s in state["state"].items()}
    params = [Tensor(a, requires_grad=True) for a in middle]
    optimiser = getattr(optim, name)(params, **settings)
    optimiser.load_state_dict(state)
    assert_close(train(params, optimiser, 3), train_theirs(theirs, their_optimiser, 3))


@pytest.mark.oracle
def test_lbfgs_goes_as_low_as_pytorch_does():
    import torch

    params = parameters()
    lbfgs = optim.LBFGS(params, line_search_fn="strong_wolfe", max_iter=60)

    def closure():
        lbfgs.zero_grad()
        cost = cost_of(*params)
        cost.backward()
        return cost

    lbfgs.step(closure)
    theirs, optimiser = twins("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 60})

    def their_closure():
        optimiser.zero_grad()
        cost = ((theirs[0] * theirs[1] - torch.tensor(TARGET)) ** 2).sum() + (theirs[1] ** 2).sum()
        cost.backward()
        return cost

    optimiser.step(their_closure)
    assert float(closure()) <= their_closure().item() * (1 + 1e-6)


SCHEDULES = [
    ("StepLR", (2,), {"gamma": 0.5}), ("MultiStepLR", ([1, 4],), {}), ("ExponentialLR", (0.9,), {}), ("LinearLR", (), {"total_iters": 4}),
    ("CosineAnnealingLR", (5,), {"eta_min": 0.01}), ("OneCycleLR", (0.5,), {"total_steps": 12}),
    ("LambdaLR", (lambda step: 0.9**step,), {}),
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "args", "settings"), SCHEDULES, ids=lambda x: str(x)[:12])
def test_rates_are_those_of_pytorch(name, args, settings):
    import torch

    _, their_optimiser = twins("SGD", {"lr": 0.1})
    optimiser = optim.SGD(parameters(), lr=0.1)
    extra = {"cycle_momentum": False} if name == "OneCycleLR" else {}
    ours = getattr(optim, name)(optimiser, *args, **settings)
    other = getattr(torch.optim.lr_scheduler, name)(their_optimiser, *args, **settings, **extra)
    for _ in range(10):
        assert ours.get_last_lr() == pytest.approx(other.get_last_lr(), rel=1e-9)
        ours.step()
        their_optimiser.step()
        other.step()


@pytest.mark.oracle
@pytest.mark.parametrize("norm", [2.0, 1.0, math.inf])
def test_clipping_is_that_of_pytorch(norm):
    import torch

    params = parameters()
    cost_of(*params).backward()
    theirs = [torch.tensor(p.data, requires_grad=True) for p in params]
    for t, p in zip(theirs, params):
        t.grad = torch.tensor(p.grad.data)
    before = optim.clip_grad_norm_(params, 0.5, norm)
    assert before == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, 0.5, norm)))
    assert_close([p.grad.data for p in params], [t.grad.numpy() for t in theirs], 1e-6)


# ----------------------------------------------------------------------------------- every optimiser


@every
def test_going_on_from_saved_state_is_going_on(name, settings):
    whole = parameters()
    expected = train(whole, getattr(optim, name)(whole, **settings), 8)
    params = parameters()
    optimiser = getattr(optim, name)(params, **settings)
    train(params, optimiser, 3)
    state = optimiser.state_dict()
    train(params, optimiser, 1)  # which must not change what was saved
    first = parameters()
    train(first, getattr(optim, name)(first, **settings), 3)
    again = [Tensor(p.data, requires_grad=True) for p in first]
    resumed = getattr(optim, name)(again, **{**settings, "lr": 123.0})
    resumed.load_state_dict(state)
    for a, b in zip(train(again, resumed, 5), expected, strict=True):
        np.testing.assert_array_equal(a, b)


@every
def test_single_precision_stays_and_the_array_too(name, settings):
    params = parameters(np.float32)
    arrays = [p.data for p in params]
    train(params, getattr(optim, name)(params, **settings))
    for p, array in zip(params, arrays):
        assert p.dtype == np.float32
        assert p.data is array


@every
def test_gradients_are_not_changed_and_parameters_without_one_stay(name, settings):
    a, b = parameters()
    optimiser = getattr(optim, name)([a, b], **settings)
    for _ in range(3):
        a.grad = Tensor(np.ones(a.shape))
        optimiser.step()
        assert (a.grad.data == 1).all()
    np.testing.assert_array_equal(b.data, START[1])


@every
def test_a_scalar_parameter(name, settings):
    x = Tensor(2.0, requires_grad=True)
    optimiser = getattr(optim, name)([x], **settings)
    for _ in range(3):
        optimiser.zero_grad()
        (x * x).backward()
        optimiser.step()
    assert x.shape == ()
    assert x.item() < 2


@every
def test_groups_have_settings_of_their_own(name, settings):
    a, b = parameters()
    optimiser = getattr(optim, name)([{"params": a}, {"params": [b], "lr": 0.0, "weight_decay": 0.0}], **settings)
    train([a, b], optimiser)
    assert not np.allclose(a.data, START[0])
    np.testing.assert_array_equal(b.data, START[1])
    assert optimiser.param_groups[1]["lr"] == 0
    optimiser.lr = 0.5
    assert [g["lr"] for g in optimiser.param_groups] == [0.5, 0.5]


@every
def test_a_state_can_be_written_as_text(name, settings):
    """Numbers and arrays, and nothing else."""
    params = parameters()
    optimiser = getattr(optim, name)(params, **settings)
    train(params, optimiser)
    state = optimiser.state_dict()
    json.dumps(state, default=lambda a: a.tolist())


@pytest.mark.parametrize(("make", "message"), [
    (lambda p: optim.Adam(p, lr=-1), "Adam: lr=-1 is out of range"), (lambda p: optim.Adam(p, betas=(0.9, 1.0)), "betas=.*out of range"),
    (lambda p: optim.RMSprop(p, alpha=1.5), "alpha=1.5"), (lambda p: optim.Adagrad(p, eps=-1), "eps=-1"),
    (lambda p: optim.SGD([{"params": p, "learning_rate": 1}]), "SGD has no setting learning_rate; it has lr"),
    (lambda p: optim.SGD([{"lr": 1}]), "a group is a dict with 'params'"), (lambda p: optim.LBFGS(p, line_search_fn="golden"), "strong_wolfe"),
    (lambda p: optim.LBFGS([{"params": p[:1]}, {"params": p[1:]}]), "no groups"), (lambda p: optim.SGD([*p, p[0]]), "twice"),
    (lambda p: optim.SGD([{"params": p}, {"params": p[0]}]), "twice"),
    (lambda p: optim.SGD(p).load_state_dict(optim.SGD(p[:1]).state_dict()), r"groups of \[1\] parameters, and the optimiser has groups of \[2\]"),
    (lambda p: optim.StepLR(optim.SGD(p), 0), "step_size=0 must be at least 1"),
    (lambda p: optim.ReduceLROnPlateau(optim.SGD(p), mode="best"), "'min' or 'max'"),
    (lambda p: optim.ReduceLROnPlateau(optim.SGD(p), factor=2), "factor=2"),
    (lambda p: optim.SequentialLR(optim.SGD(p), [optim.ExponentialLR(optim.SGD(p), 1)], [2]), "need 0 milestones"),
])  # fmt: skip
def test_mistakes_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make(parameters())


def test_more_mistakes():
    with pytest.raises(TypeError, match="StepLR takes an optimiser first"):
        optim.StepLR(parameters(), 2)
    with pytest.raises(TypeError, match=r"step\(closure\) wants a function"):
        optim.LBFGS(parameters()).step()
    frozen = nn.Linear(2, 2)
    for p in frozen.parameters():
        p.requires_grad = False
    with pytest.raises(ValueError, match="is the model frozen"):
        optim.Adam(frozen.parameters())
    schedule = optim.OneCycleLR(optim.SGD(parameters()), 1.0, 2)
    schedule.step()
    schedule.step()
    with pytest.raises(ValueError, match="total_steps is 2"):
        schedule.step()


def test_a_plateau_lowers_the_rate():
    sgd = optim.SGD(parameters(), lr=1.0)
    plateau = optim.ReduceLROnPlateau(sgd, factor=0.5, patience=1, cooldown=1, min_lr=0.2)
    rates = []
    for cost in [1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, Tensor(0.4)]:
        plateau.step(cost)
        rates.append(sgd.lr)
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2]


@pytest.mark.parametrize(("name", "args", "settings"), SCHEDULES, ids=lambda x: str(x)[:12])
def test_a_schedule_goes_on_from_its_state(name, args, settings):
    def made():
        sgd = optim.SGD(parameters(), lr=0.1)
        return sgd, getattr(optim, name)(sgd, *args, **settings)

    sgd, schedule = made()
    for _ in range(4):
        schedule.step()
    other, resumed = made()
    resumed.load_state_dict(schedule.state_dict())
    assert other.lr == sgd.lr
    schedule.step()
    resumed.step()
    assert other.lr == sgd.lr


def test_clipping():
    params = parameters()
    assert optim.clip_grad_norm_(params, 1.0) == 0
    cost_of(*params).backward()
    before = [p.grad.data.copy() for p in params]
    optim.clip_grad_norm_(params, 1e9)
    assert_close([p.grad.data for p in params], before)
    optim.clip_grad_value_(params, 0.5)
    assert max(np.abs(p.grad.data).max() for p in params) <= 0.5
    params[0].grad = Tensor(np.full((3, 4), np.nan))
    with pytest.raises(RuntimeError, match="norm of the gradients is nan"):
        optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    with pytest.raises(TypeError, match=r"model\.parameters"):
        optim.clip_grad_norm_(3, 1.0)
