"""Gradient descent: what the textbook says, in place, without making new arrays."""

import copy
import linecache
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, nn, optim


def textbook(weights, gradients, lr, momentum, dampening, weight_decay, nesterov):
    """The same algorithm, for one parameter, as plain as can be."""
    velocity = None
    for g in gradients:
        if g is None:
            continue
        g = g + weight_decay * weights
        if momentum:
            velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
            g = g + momentum * velocity if nesterov else velocity
        weights = weights - lr * g
    return weights


KINDS = [
    {}, {"weight_decay": 0.1}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.25}, {"momentum": 0.5, "dampening": 1.0},
    {"momentum": 0.9, "weight_decay": 0.5}, {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=str)
@given(
    lr=st.sampled_from([0.1, 2.0]),
    shapes=st.lists(st.sampled_from([(), (3,), (2, 3), (1, 1), (0,)]), min_size=1, max_size=3),
    dtype=st.sampled_from([np.float64, np.float32]),
    seed=st.integers(0, 1000),
)
def test_steps_are_those_of_the_textbook(kind, lr, shapes, dtype, seed):
    rng = np.random.default_rng(seed)
    options = {"lr": lr, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False, **kind}
    begin = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    gradients = [
        [rng.normal(size=a.shape).astype(dtype) if rng.random() < 0.8 else None for _ in range(5)] for a in begin
    ]
    params = [Tensor(a, requires_grad=True) for a in begin]
    arrays = [p.data for p in params]
    descent = optim.SGD(params, **options)
    for step in range(5):
        for p, given_gradients in zip(params, gradients):
            g = given_gradients[step]
            p.grad = None if g is None else Tensor(g)
        descent.step()
        for p, given_gradients in zip(params, gradients):
            if p.grad is not None:
                np.testing.assert_array_equal(p.grad.data, given_gradients[step], "gradients are never changed")
    for p, array, start, given_gradients in zip(params, arrays, begin, gradients):
        assert p.data is array, "in place: the array is the same"
        assert p.dtype == dtype
        expected = textbook(start.astype(float), given_gradients, **options)
        np.testing.assert_allclose(array, expected, rtol=1e-4 if dtype == np.float32 else 1e-10, atol=1e-5)


def test_a_step_goes_against_the_gradient():
    w = nn.Parameter([1.0, -2.0])
    descent = optim.SGD([w], lr=0.25)
    (w * w).sum().backward()
    descent.step()
    assert w.tolist() == [0.5, -1]


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_a_step_makes_no_arrays(options):
    w = nn.Parameter(np.ones(100_000))
    descent = optim.SGD([w], lr=0.1, **options)
    for _ in range(2):  # the first step makes the momentum
        descent.zero_grad()
        (w * 2).sum().backward()
        descent.step()
    tracemalloc.start()
    try:
        descent.step()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < w.nbytes / 20


def test_parameters_without_a_gradient_stay():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    descent = optim.SGD([a, b], lr=0.5, weight_decay=0.5, momentum=0.5)
    (a * 1).sum().backward()
    descent.step()
    assert a.item() != 1
    assert b.item() == 1


def test_the_rate_may_be_changed_between_steps():
    w = nn.Parameter([0.0])
    descent = optim.SGD([w], lr=1.0)
    w.grad = Tensor([1.0])
    for lr in 1.0, 0.5, 0.25:
        descent.lr = lr
        descent.step()
    assert w.item() == -1.75


def test_zero_grad_forgets():
    w = nn.Parameter([1.0])
    descent = optim.SGD([w], lr=1.0)
    (w * w).sum().backward()
    descent.zero_grad()
    assert w.grad is None
    descent.step()
    assert w.item() == 1


def test_single_precision_stays():
    w = nn.Parameter([1.0])
    (w * w).sum().backward()
    optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.1).step()
    assert w.dtype == np.float32


@pytest.mark.parametrize("options", [
    {"lr": -0.1}, {"lr": float("nan")}, {"lr": float("inf")}, {"momentum": 1.0}, {"momentum": -0.1}, {"dampening": -0.1}, {"dampening": 1.5},
    {"weight_decay": -1.0}, {"weight_decay": float("nan")},
], ids=str)  # fmt: skip
def test_factors_out_of_range_are_refused_by_name(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"SGD: {name}=.* out of range"):
        optim.SGD([nn.Parameter([1.0])], **options)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.5}])
def test_nesterov_needs_momentum_and_no_dampening(options):
    with pytest.raises(ValueError, match="nesterov=True needs momentum above 0 and no dampening"):
        optim.SGD([nn.Parameter([1.0])], nesterov=True, **options)


def test_no_parameters_are_refused():
    model = nn.Linear(1, 1)
    parameters = model.parameters()
    optim.SGD(parameters, lr=0.1)
    for empty in [], parameters, nn.Tanh().parameters():  # a generator that is used up is empty too
        with pytest.raises(ValueError, match="no parameters to optimise"):
            optim.SGD(empty, lr=0.1)


def test_what_is_no_leaf_is_refused():
    w = nn.Parameter([1.0])
    for wrong in w * 2, Tensor([1.0]), w.detach():
        with pytest.raises(ValueError, match="leaves that require gradients"):
            optim.SGD([wrong], lr=0.1)
    for wrong in nn.Sequential(nn.Tanh()), nn.Linear(1, 1).named_parameters(), [np.ones(1)]:
        with pytest.raises(TypeError, match=r"optimisers take Tensors.*model\.parameters\(\)"):
            optim.SGD(wrong, lr=0.1)


def test_a_parameter_given_twice_is_refused():
    w = nn.Parameter([1.0])
    with pytest.raises(ValueError, match="twice"):
        optim.SGD([w, w], lr=0.1)


def test_an_optimiser_says_what_it_does():
    assert repr(optim.SGD([nn.Parameter([1.0])], lr=0.1, momentum=0.9)) == "SGD(1 parameters, lr=0.1, momentum=0.9)"


# ---------------------------------------------------------------------------------- a forgotten zero_grad


def descend(x, between, steps=3):
    """A loop with something done after each step."""
    descent = optim.SGD([x], lr=0.01)
    for _ in range(steps):
        (x * x).sum().backward()
        descent.step()
        between(x, descent)


def test_a_forgotten_zero_grad_is_said_once():
    with pytest.warns(UserWarning, match=r"sum of two gradients.*Call zero_grad\(\)") as caught:
        descend(Tensor([1.0, 2.0], requires_grad=True), lambda x, descent: None, steps=5)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert linecache.getline(__file__, caught[0].lineno).strip() == "descent.step()"


@pytest.mark.parametrize("between", [
    lambda x, descent: descent.zero_grad(),
    lambda x, descent: setattr(x, "grad", None),
    lambda x, descent: x.grad.data.fill(0),
    lambda x, descent: x.grad.__setitem__(..., 0),
    lambda x, descent: ((x * 2).sum().backward(), descent.zero_grad()),  # as of a critic, through which others learn
], ids=["zero_grad", "None", "fill", "item", "added to in between"])  # fmt: skip
def test_no_zero_grad_is_missed_where_there_is_one(between):
    descend(Tensor([1.0, 2.0], requires_grad=True), between)


def test_what_was_noted_to_notice_it_is_gone_after_the_second_step():
    x = Tensor([1.0, 2.0], requires_grad=True)
    descend(x, lambda x, descent: descent.zero_grad(), steps=1)
    assert x._node.info.before_adding is not None
    x = Tensor([1.0, 2.0], requires_grad=True)
    descend(x, lambda x, descent: descent.zero_grad(), steps=2)
    assert x._node.info.before_adding is None


def test_gradients_of_several_batches_may_add_up():
    x = Tensor([1.0, 2.0], requires_grad=True)
    descent = optim.SGD([x], lr=0.01)
    for _ in range(3):
        descent.zero_grad()
        for _ in range(2):
            (x * x).sum().backward()
        descent.step()


@pytest.mark.parametrize(
    "twin", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))], ids=["copied", "pickled"]
)
def test_an_optimiser_under_way_can_be_copied_together_with_its_parameters(twin):
    def step(w, descent):
        descent.zero_grad()
        (w * w).sum().backward()
        descent.step()
        return w.data.copy()

    w = nn.Parameter(np.ones(3))
    pair = w, optim.SGD([w], lr=0.1, momentum=0.9)
    step(*pair)
    other = twin(pair)
    assert other[1].params[0] is other[0]
    np.testing.assert_array_equal(step(*other), step(*pair))


def test_the_norm_of_half_precision_gradients_is_no_infinity():
    params = [Tensor(np.zeros(1, np.float16), requires_grad=True) for _ in range(4)]
    for p in params:
        p.grad = Tensor(np.full(1, 200, np.float16))
    assert optim.clip_grad_norm_(params, 4.0) == pytest.approx(400)
    assert [p.grad.item() for p in params] == pytest.approx([2.0] * 4, rel=1e-2)
