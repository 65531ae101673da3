"""Recurrent layers, attention, transformers: values, gradients and states as PyTorch's."""

import numpy as np
import pytest

from tinygrad_edu import Tensor, gradcheck, nn
from tinygrad_edu.engine.traversal import ancestors
from tinygrad_edu.nn import functional as F

rng = np.random.default_rng(0)
X = rng.normal(size=(5, 3, 4))  # time, batch, vector


def twins(name, *args, **settings):
    """A module of ours in double precision, and PyTorch's with the same parameters."""
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, name)(*args, **settings).double()
    ours = getattr(nn, name)(*args, **settings, dtype=np.float64)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def flat(y):
    return [part for inner in y for part in flat(inner)] if isinstance(y, tuple) else [y]


def assert_same(ours, theirs, call, *arrays):
    """The same results, and the same gradients with respect to inputs and parameters."""
    import torch

    xs = [Tensor(a, requires_grad=True) for a in arrays]
    ts = [torch.tensor(a, requires_grad=True) for a in arrays]
    ys, us = ([y for y in flat(call(m, *v)) if y is not None] for m, v in ((ours, xs), (theirs, ts)))
    assert len(ys) == len(us)
    for y, u in zip(ys, us):
        np.testing.assert_allclose(y.data, u.detach().numpy(), rtol=1e-9, atol=1e-12)
    sum(((y * y).sum() for y in ys[1:]), (ys[0] * ys[0]).sum()).backward()
    sum(((u * u).sum() for u in us[1:]), (us[0] * us[0]).sum()).backward()
    for x, t in zip([*xs, *ours.parameters()], [*ts, *theirs.parameters()], strict=True):
        np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-8, atol=1e-10)


SETTINGS = [{}, {"num_layers": 2, "batch_first": True}, {"bidirectional": True, "num_layers": 2}, {"bias": False}]


@pytest.mark.oracle
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_are_those_of_pytorch(name, settings):
    ours, theirs = twins(name, 4, 6, **settings)
    assert_same(ours, theirs, lambda m, x: m(x), X)
    ours.zero_grad()
    theirs.zero_grad()
    assert_same(ours, theirs, lambda m, x: m(x), X[:, 0])  # without a batch
    n = settings.get("num_layers", 1) * (2 if settings.get("bidirectional") else 1)
    batch = X.shape[0] if settings.get("batch_first") else X.shape[1]
    states = [rng.normal(size=(n, batch, 6)) for _ in range(2 if name == "LSTM" else 1)]
    ours.zero_grad()
    theirs.zero_grad()
    assert_same(ours, theirs, lambda m, x, *s: m(x, s if name == "LSTM" else s[0]), X, *states)


@pytest.mark.oracle
def test_a_network_with_rectifiers():
    ours, theirs = twins("RNN", 4, 6, nonlinearity="relu")
    assert_same(ours, theirs, lambda m, x: m(x), X)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["RNNCell", "GRUCell", "LSTMCell"])
def test_cells_are_those_of_pytorch(name):
    ours, theirs = twins(name, 4, 6)
    assert_same(ours, theirs, lambda m, x: m(x), X[0])
    states = [rng.normal(size=(3, 6)) for _ in range(2 if name == "LSTMCell" else 1)]
    ours.zero_grad()
    theirs.zero_grad()
    assert_same(ours, theirs, lambda m, x, *s: m(x, s if name == "LSTMCell" else s[0]), X[0], *states)


def test_the_graph_of_a_sequence_shows_each_time_once():
    """A step takes its weighted sums out of those of all times, by one operation that says which time it is."""
    y, _ = nn.LSTM(2, 3)(np.ones((5, 1, 2), np.float32))
    nodes = [node for node in ancestors([y._node]) if node.name == "getitem"]
    taken = sorted(node.parents[1] for node in nodes if node.parents[0].shape == (5, 1, 12))
    assert taken == [0, 1, 2, 3, 4]
    assert len(nodes) == 5 * (1 + 4), "and each step takes four pieces of its sums"


CAUSAL = ~np.tri(5, dtype=bool)
PADDED = np.array([[False] * 5, [False] * 4 + [True], [False] * 3 + [True] * 2])


@pytest.mark.oracle
@pytest.mark.parametrize("options", [{}, {"average_attn_weights": False}, {"need_weights": False}, {"attn_mask": CAUSAL},
                                     {"key_padding_mask": PADDED}, {"attn_mask": CAUSAL, "key_padding_mask": PADDED},
                                     {"attn_mask": np.where(CAUSAL, -3.0, 0.5)}], ids=lambda o: " ".join(o))  # fmt: skip
@pytest.mark.parametrize("batch_first", [False, True])
def test_attention_is_that_of_pytorch(batch_first, options):
    import torch

    ours, theirs = twins("MultiheadAttention", 4, 2, batch_first=batch_first)
    x = np.swapaxes(X, 0, 1).copy() if batch_first else X

    def call(m, x, y):
        given = (
            options
            if m is ours
            else {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        )
        return m(x, y, x * 0.5, **given)

    assert_same(ours, theirs, call, x, x[..., ::-1].copy())


@pytest.mark.oracle
@pytest.mark.parametrize("settings", [{}, {"norm_first": True, "activation": "gelu"}, {"batch_first": True}], ids=str)
def test_a_transformer_layer_is_that_of_pytorch(settings):
    import torch

    ours, theirs = twins("TransformerEncoderLayer", 4, 2, 8, dropout=0.0, **settings)
    size = X.shape[1] if settings.get("batch_first") else X.shape[0]
    mask = ~np.tri(size, dtype=bool)
    assert_same(ours, theirs, lambda m, x: m(x, mask if m is ours else torch.tensor(mask)), X)


@pytest.mark.oracle
def test_scaled_dot_product_attention_is_that_of_pytorch():
    import torch

    q, k, v = rng.normal(size=(3, 2, 5, 4))
    for options in {}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": ~CAUSAL}:
        theirs = {k: torch.tensor(o) if isinstance(o, np.ndarray) else o for k, o in options.items()}
        np.testing.assert_allclose(
            F.scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v), **options).data,
            torch.nn.functional.scaled_dot_product_attention(*map(torch.tensor, (q, k, v)), **theirs),
            rtol=1e-9,
        )


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"is_causal": True, "key_padding_mask": PADDED}, {"attn_mask": CAUSAL, "key_padding_mask": PADDED}],
                         ids=lambda o: " ".join(o))  # fmt: skip
def test_one_sequence_is_a_batch_of_one(options):
    """And looking back is a mask like any other."""
    attention = nn.MultiheadAttention(6, 2, batch_first=True)
    x = rng.normal(size=(3, 5, 6)).astype(np.float32)
    y, weights = attention(x, x, x, **options)
    told = {**options, "attn_mask": CAUSAL, "is_causal": False} if options.get("is_causal") else options
    np.testing.assert_allclose(attention(x, x, x, **told)[0].data, y.data, rtol=1e-5, atol=1e-6)
    for i in range(3):
        one = {k: o[i] if k == "key_padding_mask" else o for k, o in options.items()}
        for got, want in zip(attention(x[i], x[i], x[i], **one), (y, weights), strict=True):
            np.testing.assert_allclose(got.data, want.data[i], rtol=1e-5, atol=1e-6)


def test_what_comes_later_does_not_matter_to_a_causal_layer():
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).eval()
    x = X[:, :, :].transpose(1, 0, 2).astype(np.float32)
    y = x.copy()
    y[:, 3:] += 1
    a, b = (layer(Tensor(z), is_causal=True).data for z in (x, y))
    np.testing.assert_allclose(a[:, :3], b[:, :3], rtol=1e-5, atol=1e-6)
    assert not np.allclose(a[:, 3:], b[:, 3:])


@pytest.mark.parametrize(
    "module", [nn.RNN(4, 2, dtype=float), nn.GRU(4, 2, dtype=float), nn.LSTM(4, 2, dtype=float)], ids=repr
)
def test_recurrent_layers_have_second_derivatives(module):
    assert gradcheck(lambda x: module(x)[0], X[:2, :1], order=2)


@pytest.mark.oracle
def test_what_may_look_nowhere_takes_nothing():
    import torch

    mask = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], bool)
    arrays = [np.random.default_rng(i).normal(size=(2, n, 4)) for i, n in enumerate((5, 3, 3))]
    xs, ts = [Tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]
    y, u = (
        F.scaled_dot_product_attention(*xs, mask),
        torch.nn.functional.scaled_dot_product_attention(*ts, torch.tensor(mask)),
    )
    np.testing.assert_allclose(y.data, u.detach().numpy(), rtol=1e-12)
    (y * y).sum().backward()
    (u * u).sum().backward()
    for x, t in zip(xs, ts):
        np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-12, atol=1e-15)
    assert not y.data[:, [1, 3]].any()


@pytest.mark.parametrize(("f", "message"), [
    (lambda: nn.LSTM(4, 6)(Tensor(X[..., :3])), r"LSTM\(4, 6\) wants inputs of shape \(L, N, 4\) or \(L, 4\); got \(5, 3, 3\)"),
    (lambda: nn.GRU(4, 6)(Tensor(X), Tensor(np.zeros((1, 2, 6)))), r"the state must be 1 of shape \(1, 3, 6\); got \(1, 2, 6\)"),
    (lambda: nn.RNN(4, 6, nonlinearity="sigmoid"), "'tanh' or 'relu'"), (lambda: nn.RNN(0, 6), "must be at least 1"),
    (lambda: nn.GRU(4, 6)(Tensor(X[:0])), r"GRU\(4, 6\): a sequence must have at least one step; got shape \(0, 3, 4\)"),
    (lambda: nn.LSTM(4, 6, batch_first=True)(Tensor(X[:, :0])), r"got shape \(5, 0, 4\)"),
    (lambda: nn.LSTMCell(4, 6)(Tensor(X[0, :, :2])), r"LSTMCell\(4, 6\) wants inputs"),
    (lambda: nn.MultiheadAttention(5, 2), "can't be divided among 2 heads"),
    (lambda: nn.MultiheadAttention(4, 2)(Tensor(X), Tensor(X[..., :2]), Tensor(X)), "the key must have vectors of length 4"),
    (lambda: nn.TransformerEncoderLayer(4, 2, activation="swish"), "'relu', 'gelu', or a function"),
    (lambda: F.scaled_dot_product_attention(Tensor(X), Tensor(X), Tensor(X), np.eye(3), is_causal=True), "and not both"),
])  # fmt: skip
def test_mistakes_are_named(f, message):
    with pytest.raises(ValueError, match=message):
        f()
