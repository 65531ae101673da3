"""Every optimiser's numbers against the textbook's formulas, one number at a time; their defaults; complex and foreign arrays."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strangers import Aloof, Foreign

from tinygrad_edu import Tensor, nn, optim

# ------------------------------------------------------------ the formulas, for one number, with the defaults as they are documented


def sgd(w, gs, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    v = None
    for g in gs:
        g = g + weight_decay * w
        if momentum:
            v = g if v is None else momentum * v + (1 - dampening) * g
            g = g + momentum * v if nesterov else v
        w = w - lr * g
    return w


def adam(w, gs, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, decoupled=False):
    m = s = 0.0
    for t, g in enumerate(gs, 1):
        if decoupled:
            w = w - lr * weight_decay * w
        else:
            g = g + weight_decay * w
        m = betas[0] * m + (1 - betas[0]) * g
        s = betas[1] * s + (1 - betas[1]) * g**2
        w = w - lr * (m / (1 - betas[0] ** t)) / (math.sqrt(s / (1 - betas[1] ** t)) + eps)
    return w


def adamw(w, gs, weight_decay=0.01, **settings):
    return adam(w, gs, weight_decay=weight_decay, decoupled=True, **settings)


def rmsprop(w, gs, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False):
    square = mean = v = 0.0
    for g in gs:
        g = g + weight_decay * w
        square = alpha * square + (1 - alpha) * g**2
        mean = alpha * mean + (1 - alpha) * g
        v = momentum * v + g / (math.sqrt(square - mean**2 if centered else square) + eps)
        w = w - lr * v
    return w


def adagrad(w, gs, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    total = initial_accumulator_value
    for t, g in enumerate(gs):
        g = g + weight_decay * w
        total = total + g**2
        w = w - lr / (1 + t * lr_decay) * g / (math.sqrt(total) + eps)
    return w


TEXTBOOK = {optim.SGD: sgd, optim.Adam: adam, optim.AdamW: adamw, optim.RMSprop: rmsprop, optim.Adagrad: adagrad}
SETTINGS = [
    (optim.SGD, {}), (optim.SGD, {"lr": 0.5, "weight_decay": 0.5}), (optim.SGD, {"lr": 0.5, "momentum": 0.75}),
    (optim.SGD, {"lr": 0.5, "momentum": 0.75, "dampening": 0.25}), (optim.SGD, {"lr": 0.5, "momentum": 0.75, "dampening": 1, "weight_decay": 0.5}),
    (optim.SGD, {"lr": 0.5, "momentum": 0.75, "nesterov": True}), (optim.SGD, {"lr": 0.5, "momentum": 0.75, "nesterov": True, "weight_decay": 0.5}),
    (optim.Adam, {}), (optim.Adam, {"lr": 0.5, "betas": (0.5, 0.75), "eps": 0.25}), (optim.Adam, {"lr": 0.5, "weight_decay": 0.5}),
    (optim.Adam, {"lr": 0.5, "betas": (0.0, 0.0), "eps": 1.0}), (optim.AdamW, {}), (optim.AdamW, {"lr": 0.5, "weight_decay": 0.5, "eps": 0.5}),
    (optim.RMSprop, {}), (optim.RMSprop, {"lr": 0.5, "alpha": 0.5, "eps": 0.25}), (optim.RMSprop, {"lr": 0.5, "momentum": 0.5, "weight_decay": 0.5}),
    (optim.RMSprop, {"centered": True, "eps": 0.5}), (optim.RMSprop, {"centered": True, "alpha": 0.5, "momentum": 0.5, "eps": 0.5, "lr": 0.5}),
    (optim.Adagrad, {}), (optim.Adagrad, {"lr": 0.5, "lr_decay": 0.5, "eps": 0.25}),
    (optim.Adagrad, {"lr": 0.5, "initial_accumulator_value": 2.0, "weight_decay": 0.5}),
]  # fmt: skip
every = pytest.mark.parametrize(("kind", "settings"), SETTINGS, ids=lambda x: getattr(x, "__name__", str(x)))
GRADIENTS = np.array([[1.0, -2.0, 0.5], [0.25, 1.0, -0.125], [-3.0, 0.5, 2.0], [1.5, 1.0, 0.25]])
BEGIN = np.array([1.0, -0.5, 2.0])


def stepped(kind, settings, array=np.array, begin=BEGIN, gradients=GRADIENTS):
    p = Tensor(array(begin), requires_grad=True)
    optimiser = kind([p], **settings)
    for g in gradients:
        p.grad = Tensor(array(g))
        optimiser.step()
    return p, optimiser


@every
def test_numbers_are_those_of_the_textbook(kind, settings):
    p, _ = stepped(kind, settings)
    wanted = [TEXTBOOK[kind](w, gs, **settings) for w, gs in zip(BEGIN.tolist(), GRADIENTS.T.tolist(), strict=True)]
    np.testing.assert_allclose(p.data, wanted, rtol=1e-14)


@every
@given(seed=st.integers(0, 1000), size=st.sampled_from([1e-3, 1.0, 1e3]))
def test_numbers_of_any_size(kind, settings, seed, size):
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(5, 3)) * size
    p, _ = stepped(kind, settings, gradients=gradients)
    wanted = [TEXTBOOK[kind](w, gs, **settings) for w, gs in zip(BEGIN.tolist(), gradients.T.tolist(), strict=True)]
    np.testing.assert_allclose(p.data, wanted, rtol=1e-9, atol=1e-12 * size)


def test_defaults():
    """As documented, and as PyTorch's, but for SGD's rate, which has none there that long."""
    x = [nn.Parameter([1.0])]
    found = {
        kind.__name__: {k: v for k, v in kind(x).param_groups[0].items() if k != "params"}
        for kind in (*TEXTBOOK, optim.LBFGS)
    }
    assert found == {
        "SGD": {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
        "Adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
        "AdamW": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
        "RMSprop": {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False},
        "Adagrad": {"lr": 1e-2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
        "LBFGS": {"lr": 1.0, "max_iter": 20, "tolerance_grad": 1e-7, "tolerance_change": 1e-9, "history_size": 100, "line_search_fn": None},
    }  # fmt: skip


def test_steps_by_hand():
    """Few enough to be worked out in the head."""

    def after(kind, gradients, **settings):
        return stepped(kind, settings, begin=[1.0], gradients=[[g] for g in gradients])[0].item()

    assert after(optim.SGD, [2.0, 2.0], lr=0.25, momentum=0.5) == 1 - 0.25 * 2 - 0.25 * 3
    assert after(optim.SGD, [2.0], lr=0.25, momentum=0.5, nesterov=True) == 1 - 0.25 * 3
    assert after(optim.SGD, [2.0], lr=0.25, weight_decay=2) == 1 - 0.25 * 4
    assert after(optim.SGD, [2.0, 4.0], lr=0.25, momentum=0.5, dampening=0.5) == 1 - 0.25 * 2 - 0.25 * 3
    assert after(optim.Adam, [3.0], lr=0.25, eps=1.0) == pytest.approx(1 - 0.25 * 3 / 4, rel=1e-15)
    assert after(optim.AdamW, [3.0], lr=0.25, eps=1.0, weight_decay=2.0) == pytest.approx(0.5 - 0.25 * 3 / 4, rel=1e-15)
    assert after(optim.RMSprop, [3.0], lr=0.25, alpha=0.75, eps=0.5) == pytest.approx(1 - 0.25 * 3 / 2, rel=1e-15)
    assert after(optim.Adagrad, [3.0, 4.0], lr=0.5, eps=1.0, lr_decay=1.0) == pytest.approx(
        1 - 0.5 * 3 / 4 - 0.25 * 4 / 6, rel=1e-15
    )


def test_an_optimiser_shows_what_it_has():
    assert repr(optim.Adagrad([nn.Parameter([1.0])], lr=0.5)) == "Adagrad(1 parameters, lr=0.5, eps=1e-10)"
    assert (
        repr(optim.RMSprop([nn.Parameter([1.0])], centered=True))
        == "RMSprop(1 parameters, lr=0.01, alpha=0.99, eps=1e-08, centered=True)"
    )


# ----------------------------------------------------------------------------------------------------- complex parameters


@pytest.mark.parametrize("settings", [s for kind, s in SETTINGS if kind is optim.SGD], ids=str)
@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_complex_parameters_are_two_real_ones(settings, dtype):
    begin, gradients = BEGIN + 1j * BEGIN[::-1], GRADIENTS - 2j * GRADIENTS[:, ::-1]
    p, _ = stepped(optim.SGD, settings, lambda a: np.array(a, dtype), begin, gradients)
    real, imaginary = (
        stepped(optim.SGD, settings, begin=part(begin), gradients=part(gradients))[0].data
        for part in (np.real, np.imag)
    )
    assert p.dtype == dtype
    np.testing.assert_allclose(p.data, real + 1j * imaginary, rtol=1e-14 if dtype == np.complex128 else 1e-5)


def test_a_complex_number_comes_down_to_its_target():
    z = Tensor(3 - 2j, requires_grad=True)
    descent = optim.SGD([z], lr=0.25)
    for _ in range(3):
        descent.zero_grad()
        (np.abs(z - (1 + 1j)) ** 2).backward()
        descent.step()
    assert z.item() == pytest.approx(1 + 1j + (2 - 3j) / 8)


@pytest.mark.parametrize("kind", [optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad, optim.LBFGS])
def test_others_refuse_complex_parameters(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__} is for real parameters"):
        kind([Tensor(1j, requires_grad=True)])


# --------------------------------------------------------------------------------------- arrays of other libraries, and other dtypes


@every
@pytest.mark.parametrize("library", [Foreign, Aloof])
def test_foreign_arrays_are_stepped_as_what_they_are(kind, settings, library):
    p, optimiser = stepped(kind, settings, library)
    assert type(p.data) is library
    np.testing.assert_allclose(p.data.hidden, stepped(kind, settings)[0].data, rtol=1e-14)
    memory = {k: v for k, v in optimiser.state[p].items() if k != "step"}
    assert all(type(v) is library for v in memory.values()), "nothing to compute in, and no memory of NumPy's"


@every
def test_what_moves_to_another_library_and_back(kind, settings):
    """Where there is no scratch, and then there is."""
    p = Tensor(BEGIN, requires_grad=True)
    optimiser = kind([p], **settings)
    for library in np.array, Foreign, np.array, Foreign:
        values = p.data.hidden if isinstance(p.data, Foreign) else p.data
        p.data, optimiser.state[p] = library(values), {}
        p.grad = Tensor(library(GRADIENTS[0]))
        optimiser.step()
    expected = BEGIN
    for _ in range(4):
        expected = stepped(kind, settings, begin=expected, gradients=GRADIENTS[:1])[0].data
    np.testing.assert_allclose(p.data.hidden, expected, rtol=1e-14)


@every
def test_a_gradient_of_another_library_on_numpys_weights(kind, settings):
    p = Tensor(BEGIN, requires_grad=True)
    optimiser = kind([p], **settings)
    for g in GRADIENTS:
        p.grad = Tensor(Foreign(g))
        optimiser.step()
    values = p.data.hidden if isinstance(p.data, Foreign) else p.data
    np.testing.assert_allclose(values, stepped(kind, settings)[0].data, rtol=1e-14)


@every
def test_a_model_that_is_turned_into_another_precision(kind, settings):
    """Its memory is turned with it, and the scratch is made anew."""
    model = nn.Module()
    p = model.p = nn.Parameter(BEGIN)
    optimiser = kind([p], **settings)
    for i, g in enumerate(GRADIENTS):
        if i == 2:
            model.double()
        p.grad = Tensor(g.astype(p.dtype))
        optimiser.step()
    assert p.dtype == np.float64
    assert {v.dtype for k, v in optimiser.state[p].items() if k not in ("step", "_rate")} == {np.dtype(np.float64)}
    np.testing.assert_allclose(p.data, stepped(kind, settings)[0].data, rtol=1e-5)


@every
def test_a_step_makes_no_arrays_and_keeps_none_of_the_users(kind, settings):
    p, optimiser = stepped(kind, settings)
    array, memory = p.data, {k: id(v) for k, v in optimiser.state[p].items() if isinstance(v, np.ndarray)}
    g = p.grad.data
    optimiser.step()
    assert p.data is array
    assert {k: id(v) for k, v in optimiser.state[p].items() if isinstance(v, np.ndarray)} == memory
    assert not any(np.shares_memory(v, g) for v in optimiser.state[p].values() if isinstance(v, np.ndarray))
