"""Layers, activations and costs: values, gradients and buffers as PyTorch's; and the mistakes that users make."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, gradcheck, manual_seed, nn, optim
from tinygrad_edu.nn import functional as F

rng = np.random.default_rng(0)
X = rng.normal(size=(6, 4))
IMAGES = rng.normal(size=(3, 4, 5, 2))
PROBABLE = rng.uniform(0.05, 0.95, size=(6, 4))
SHARES = PROBABLE / PROBABLE.sum(1, keepdims=True)
CLASSES = np.array([0, 3, 1, 1, 2, 0])


def compare(ours, theirs, *arrays, classes=(), rtol=1e-9, atol=1e-11):
    """The same value, and the same gradients of a weighted sum of it."""
    torch = pytest.importorskip("torch")
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, t = ours(*xs, *classes), theirs(*ts, *map(torch.tensor, classes))
    np.testing.assert_allclose(y.data, t.detach().numpy(), rtol=rtol, atol=atol)
    weights = np.cos(np.arange(y.size)).reshape(y.shape)
    (y * weights).sum().backward()
    (t * torch.tensor(weights)).sum().backward()
    for x, u in zip(xs, ts, strict=True):
        np.testing.assert_allclose(x.grad.data, u.grad.numpy(), rtol=rtol, atol=atol)


ACTIVATIONS = [
    ("ELU", {}), ("ELU", {"alpha": 0.5}), ("GELU", {}), ("GELU", {"approximate": "tanh"}), ("Hardsigmoid", {}), ("Hardswish", {}),
    ("Hardtanh", {"min_val": -0.5, "max_val": 0.75}), ("LeakyReLU", {"negative_slope": 0.2}), ("LogSigmoid", {}), ("LogSoftmax", {"dim": 0}),
    ("Mish", {}), ("ReLU", {}), ("ReLU6", {}), ("SELU", {}), ("SiLU", {}), ("Sigmoid", {}), ("Softmax", {"dim": 1}), ("Softmin", {"dim": 1}),
    ("Softplus", {"beta": 2.0}), ("Softsign", {}), ("Tanh", {}), ("Tanhshrink", {}), ("GLU", {"dim": 1}), ("Identity", {}),
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "settings"), ACTIVATIONS, ids=str)
def test_activations_are_those_of_pytorch(name, settings):
    import torch

    rtol = 1e-7 if name == "Hardsigmoid" else 1e-9  # PyTorch has a sixth in single precision there
    for size in 3, 30:
        compare(getattr(nn, name)(**settings), getattr(torch.nn, name)(**settings), size * X, rtol=rtol)


@pytest.mark.parametrize(("name", "settings"), ACTIVATIONS, ids=str)
def test_activations_have_second_derivatives_and_keep_single_precision(name, settings):
    module = getattr(nn, name)(**settings)
    assert gradcheck(module, X, order=2)
    for dtype in np.float32, np.float64:
        assert module(Tensor(X, dtype=dtype)).dtype == dtype
    assert name in repr(module)


COSTS = [
    ("MSELoss", (), X, X[::-1].copy()), ("L1Loss", (), X, X[::-1].copy()), ("HuberLoss", {"delta": 0.7}, X, X[::-1].copy()),
    ("SmoothL1Loss", {"beta": 0.5}, X, X[::-1].copy()), ("BCELoss", (), PROBABLE, PROBABLE[::-1].copy()),
    ("BCEWithLogitsLoss", (), X, PROBABLE), ("KLDivLoss", (), np.log(PROBABLE), PROBABLE[::-1].copy()),
    ("KLDivLoss", {"log_target": True}, np.log(PROBABLE), np.log(PROBABLE[::-1])), ("CrossEntropyLoss", (), X, SHARES),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, X, SHARES),
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:reduction:UserWarning")  # PyTorch's own advice on the divergence
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", COSTS, ids=lambda c: f"{c[0]}{c[1]}")
def test_costs_are_those_of_pytorch(case, reduction):
    import torch

    name, settings, a, b = case
    settings = {**dict(settings), "reduction": reduction}
    compare(getattr(nn, name)(**settings), getattr(torch.nn, name)(**settings), a, b.copy())


WEIGHT = np.array([0.5, 1.0, 2.0, 0.25])


@pytest.mark.oracle
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("settings", [{}, {"ignore_index": 1}, {"weight": WEIGHT}, {"label_smoothing": 0.1}, {"p": 2, "margin": 0.5},
                                      {"label_smoothing": 0.1, "weight": WEIGHT, "ignore_index": 3}], ids=str)  # fmt: skip
@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"])
def test_costs_of_classes_are_those_of_pytorch(name, settings, reduction):
    import inspect

    import torch

    if not settings.keys() <= inspect.signature(getattr(nn, name)).parameters.keys():
        return
    theirs = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
    pair = getattr(nn, name)(reduction=reduction, **settings), getattr(torch.nn, name)(reduction=reduction, **theirs)
    x, images = (-np.abs(X), -np.abs(IMAGES)) if name == "NLLLoss" else (X, IMAGES)
    compare(*pair, x, classes=[CLASSES])
    compare(*pair, x[0], classes=[CLASSES[4]])
    if name != "MultiMarginLoss":
        compare(*pair, images, classes=[rng.integers(0, 4, (3, 5, 2))])


@pytest.mark.oracle
def test_other_costs_are_those_of_pytorch():
    import torch.nn.functional as T

    signs = np.sign(X)
    compare(
        lambda a: F.hinge_embedding_loss(a, signs, 0.5),
        lambda a: T.hinge_embedding_loss(a, __import__("torch").tensor(signs), 0.5),
        X,
    )
    compare(
        lambda a, v: F.gaussian_nll_loss(a, X[::-1], v, full=True),
        lambda a, v: T.gaussian_nll_loss(a, __import__("torch").tensor(X[::-1].copy()), v, full=True),
        X,
        PROBABLE,
    )
    compare(lambda a, b: F.cosine_similarity(a, b), lambda a, b: T.cosine_similarity(a, b), X, X[::-1].copy())
    compare(lambda a: F.normalize(a, 3.0), lambda a: T.normalize(a, 3.0), X)
    compare(
        nn.KLDivLoss("batchmean"), __import__("torch").nn.KLDivLoss(reduction="batchmean"), np.log(PROBABLE), PROBABLE
    )
    compare(
        nn.BCEWithLogitsLoss(weight=WEIGHT, pos_weight=2 * WEIGHT),
        __import__("torch").nn.BCEWithLogitsLoss(
            weight=__import__("torch").tensor(WEIGHT), pos_weight=__import__("torch").tensor(2 * WEIGHT)
        ),
        40 * X,
        PROBABLE,
    )


LAYERS = [
    ("Linear", (4, 3), {}, X), ("Linear", (4, 3), {"bias": False}, X), ("LayerNorm", (4,), {}, X), ("LayerNorm", ((5, 2),), {}, IMAGES),
    ("LayerNorm", (4,), {"elementwise_affine": False}, X), ("GroupNorm", (2, 4), {}, IMAGES), ("RMSNorm", (4,), {}, X),
    ("BatchNorm1d", (4,), {}, X), ("BatchNorm1d", (4,), {"affine": False}, IMAGES[..., 0]), ("BatchNorm2d", (4,), {"momentum": 0.3}, IMAGES),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, IMAGES), ("PReLU", (), {}, X), ("PReLU", (4,), {}, IMAGES), ("Flatten", (), {}, IMAGES),
    ("Flatten", (0, 1), {}, IMAGES), ("Unflatten", (1, (2, 2)), {}, X), ("Dropout", (0.0,), {}, X),
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "args", "settings", "x"), LAYERS, ids=lambda a: str(a)[:20])
def test_layers_are_those_of_pytorch(name, args, settings, x):
    """In training and evaluation; parameters and buffers have the same names and shapes, and take the same steps."""
    import torch

    has_state = name not in ("Flatten", "Unflatten", "Dropout")
    ours = getattr(nn, name)(*args, **settings, **({"dtype": np.float64} if has_state else {}))
    theirs = getattr(torch.nn, name)(*args, **settings).double()
    state = {
        k: v.numpy() + (0.1 * np.arange(v.numel()).reshape(v.shape) if v.is_floating_point() else 0)
        for k, v in theirs.state_dict().items()
    }
    assert set(ours.state_dict()) == set(state)
    ours.load_state_dict(state)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in state.items()})
    for training in True, False:
        ours.train(training)
        theirs.train(training)
        compare(ours, theirs, x)
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[key], value.numpy(), rtol=1e-9)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-8, atol=1e-10)


@pytest.mark.oracle
def test_bilinear_and_embedding_are_those_of_pytorch():
    import torch

    ours, theirs = nn.Bilinear(4, 2, 3, dtype=np.float64), torch.nn.Bilinear(4, 2, 3).double()
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    compare(ours, theirs, X, X[:, :2].copy())
    words, other = (
        nn.Embedding(5, 3, padding_idx=-1, dtype=np.float64),
        torch.nn.Embedding(5, 3, padding_idx=-1).double(),
    )
    words.load_state_dict({k: v.numpy() for k, v in other.state_dict().items()})
    indices = np.array([[0, 1, 1], [4, 4, 2]])
    y, t = words(indices), other(torch.tensor(indices))
    np.testing.assert_array_equal(y.data, t.detach().numpy())
    (y * y).sum().backward()
    (t * t).sum().backward()
    np.testing.assert_allclose(words.weight.grad.data, other.weight.grad.numpy())


@pytest.mark.parametrize(
    ("name", "args", "settings", "x"), [c for c in LAYERS if c[0] != "Dropout"], ids=lambda a: str(a)[:20]
)
def test_layers_have_second_derivatives(name, args, settings, x):
    module = getattr(nn, name)(*args, **settings, **({"dtype": np.float64} if "latten" not in name else {}))
    assert gradcheck(module, x[:3], order=2)


# -------------------------------------------------------------------------------------------- erf


def test_the_error_function():
    import math

    x = np.concatenate([np.linspace(-8, 8, 4001), np.logspace(-300, 0, 100)])
    np.testing.assert_allclose(F.erf(x), [math.erf(a) for a in x], rtol=2e-14)
    assert F.erf(np.float32(0.5)).dtype == np.float32
    single = np.linspace(-7, 7, 20001, dtype=np.float32)
    np.testing.assert_allclose(F.erf(single), [math.erf(a) for a in single], rtol=3e-7)
    assert np.isnan(F.erf(np.array([np.nan]))).all()
    assert F.erf(np.array([np.inf, -np.inf])).tolist() == [1, -1]


# ---------------------------------------------------------------------------------------- dropout


def test_dropout_drops_and_keeps_the_mean():
    manual_seed(0)
    layer = nn.Dropout(0.25)
    x = Tensor(np.ones((200, 200)), requires_grad=True)
    y = layer(x)
    assert set(np.unique(y.data)) == {0, 1 / 0.75}
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, y.data)
    assert layer.eval()(x) is x
    assert nn.Dropout(1.0)(x).sum().item() == 0
    manual_seed(0)
    np.testing.assert_array_equal(nn.Dropout(0.25)(x).data, y.data)
    assert nn.Dropout(0.25)(np.ones(3, np.float32)).dtype == np.float32


# --------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(("f", "kind", "message"), [
    (lambda: nn.CrossEntropyLoss()(Tensor(X), CLASSES.astype(float)), TypeError, r"target must be class indices, integers.*float64"),
    (lambda: nn.CrossEntropyLoss()(Tensor(X), CLASSES + 1), ValueError, r"from 0 to 3; these go from 1 to 4"),
    (lambda: nn.CrossEntropyLoss()(Tensor(X), CLASSES[:3]), ValueError, r"class indices of shape \(6,\)"),
    (lambda: nn.NLLLoss()(Tensor(-np.abs(X)), CLASSES - 1), ValueError, "from 0 to 3"),
    (lambda: nn.BCELoss()(Tensor(X), PROBABLE), ValueError, "binary_cross_entropy_with_logits"),
    (lambda: nn.L1Loss()(Tensor(X), X[0]), ValueError, "must be equal"),
    (lambda: nn.MSELoss("average"), ValueError, "'mean', 'sum' or 'none', not 'average'"),
    (lambda: nn.BatchNorm1d(3)(Tensor(X)), ValueError, r"BatchNorm1d\(3\) wants inputs of 2 or 3 axes.*got \(6, 4\)"),
    (lambda: nn.BatchNorm1d(4)(Tensor(X[:1])), ValueError, "more than one number for each channel"),
    (lambda: nn.LayerNorm(3)(Tensor(X)), ValueError, r"last axes must be \(3,\); it has shape \(6, 4\)"),
    (lambda: nn.GroupNorm(3, 4), ValueError, "4 channels can't be divided into 3"),
    (lambda: nn.Embedding(3, 2)([0, 3]), IndexError, "from 0 to 2; these go from 0 to 3"),
    (lambda: nn.Embedding(3, 2)([0.0]), TypeError, "indices must be integers"),
    (lambda: nn.Bilinear(4, 2, 3)(Tensor(X), Tensor(X)), ValueError, r"Bilinear\(4, 2, 3\) wants inputs of shapes"),
    (lambda: nn.Dropout(1.5), ValueError, "p=1.5"), (lambda: nn.GLU()(Tensor(X[:, :3])), ValueError, "can't be halved"),
    (lambda: nn.GELU("sigmoid")(Tensor(X)), ValueError, "'none' or 'tanh'"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=2)(Tensor(X), CLASSES), ValueError, "label_smoothing=2"),
])  # fmt: skip
def test_mistakes_are_named(f, kind, message):
    with pytest.raises(kind, match=message):
        f()


@given(st.integers(0, 1000))
def test_a_classifier_learns(seed):
    manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.SiLU(), nn.Dropout(0.1), nn.Linear(16, 4))
    adam = optim.Adam(model.parameters(), lr=0.02)
    cost = nn.CrossEntropyLoss()
    x = Tensor(X.astype(np.float32))
    first = cost(model(x), CLASSES).item()
    for _ in range(30):
        adam.zero_grad()
        cost(model(x), CLASSES).backward()
        adam.step()
    assert cost(model.eval()(x), CLASSES).item() < first


@pytest.mark.parametrize(
    "ways", [{}, {"weight": np.ones(3)}, {"label_smoothing": 0.1}, {"reduction": "none"}, {"reduction": "sum"}], ids=str
)
def test_what_is_ignored_has_no_say(ways):
    """Not even an infinity; and of nothing but ignored examples the gradient is 0, as PyTorch's."""
    x = Tensor([[-np.inf if "label_smoothing" not in ways else -50.0, 0.0, 1.0], [1.0, 2.0, 3.0]], requires_grad=True)
    losses = F.cross_entropy(x, np.array([-100, 1]), **ways)
    np.sum(losses).backward()
    assert np.isfinite(losses.data).all()
    np.testing.assert_array_equal(x.grad.data[0], 0)
    assert (x.grad.data[1] != 0).all()
    x.grad = None
    with np.errstate(all="ignore"):
        np.sum(F.cross_entropy(x, np.array([1, 1]), ignore_index=1, **ways)).backward()
    np.testing.assert_array_equal(x.grad.data, 0)


def test_surprise_at_numbers_that_are_not_floats():
    for dtype, n in (np.int8, 300), (np.int64, 3):
        assert F.nll_loss(Tensor(-np.ones((n, 2), dtype)), np.zeros(n, int)).item() == 1
    x = Tensor(np.eye(3))
    assert F.cross_entropy(x, [0, 1, 2], ignore_index=None).item() == F.cross_entropy(x, [0, 1, 2]).item()
