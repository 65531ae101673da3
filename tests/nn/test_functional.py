"""Activations, attention, normalisation, pooling, convolution and tables: their values and defaults, worked out in plain NumPy."""

import math
from itertools import product

import numpy as np
import pytest

from tinygrad_edu import Tensor, func, gradcheck, manual_seed
from tinygrad_edu.nn import functional as F
from tinygrad_edu.nn.functional import attention
from tinygrad_edu.rules.neural.fused import linear

RNG = np.random.default_rng(0)
X = np.array([[-7.0, -3.5, -1.5, -0.7, -0.2, 0.3], [0.6, 0.9, 1.5, 3.5, 6.5, 7.0]])
sigmoid = lambda x: 1 / (1 + np.exp(-x))
softplus = lambda x: np.log1p(np.exp(x))
normal = lambda x: np.vectorize(lambda a: (1 + math.erf(a / math.sqrt(2))) / 2)(x)
softmax = lambda x, axis: np.exp(x) / np.sum(np.exp(x), axis, keepdims=True)

# ------------------------------------------------------------------------------------------- activations

ACTIVATIONS = {
    "tanh": ({}, np.tanh(X)),
    "sigmoid": ({}, sigmoid(X)),
    "relu": ({}, np.where(X > 0, X, 0)),
    "silu": ({}, X * sigmoid(X)),
    "gelu": ({}, X * normal(X)),
    "gelu, tanh": ({"approximate": "tanh"}, 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)))),
    "softplus": ({}, softplus(X)),
    "softplus, beta": ({"beta": 2.0}, softplus(2 * X) / 2),
    "logsigmoid": ({}, np.log(sigmoid(X))),
    "elu": ({}, np.where(X > 0, X, np.exp(X) - 1)),
    "elu, alpha": ({"alpha": 0.5}, np.where(X > 0, X, 0.5 * (np.exp(X) - 1))),
    "selu": ({}, 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * (np.exp(X) - 1))),
    "leaky_relu": ({}, np.where(X > 0, X, X / 100)),
    "leaky_relu, slope": ({"negative_slope": 0.25}, np.where(X > 0, X, X / 4)),
    "prelu": ({"weight": np.array([0.25])}, np.where(X > 0, X, X / 4)),
    "prelu of channels": ({"weight": np.arange(1.0, 7) / 10}, np.where(X > 0, X, X * np.arange(1, 7) / 10)),
    "relu6": ({}, np.clip(X, 0, 6)),
    "hardtanh": ({}, np.clip(X, -1, 1)),
    "hardtanh, bounds": ({"min_val": -2.0, "max_val": 0.5}, np.clip(X, -2, 0.5)),
    "hardsigmoid": ({}, np.clip(X / 6 + 0.5, 0, 1)),
    "hardswish": ({}, X * np.clip(X / 6 + 0.5, 0, 1)),
    "mish": ({}, X * np.tanh(softplus(X))),
    "softsign": ({}, X / (1 + np.abs(X))),
    "tanhshrink": ({}, X - np.tanh(X)),
    "softmax": ({}, softmax(X, -1)),
    "softmax, axis": ({"axis": 0}, softmax(X, 0)),
    "log_softmax": ({}, np.log(softmax(X, -1))),
    "log_softmax, axis": ({"axis": 0}, np.log(softmax(X, 0))),
    "softmin": ({}, softmax(-X, -1)),
    "softmin, axis": ({"axis": 0}, softmax(-X, 0)),
    "glu": ({}, X[:, :3] * sigmoid(X[:, 3:])),
    "glu, axis": ({"axis": 0}, X[:1] * sigmoid(X[1:])),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_worked_out_by_hand(name):
    f, (settings, wanted) = getattr(F, name.partition(",")[0].partition(" ")[0]), ACTIVATIONS[name]
    for x in X, Tensor(X):
        y = f(x, **settings)
        np.testing.assert_allclose(y.data if x is not X else y, wanted, rtol=1e-12, atol=1e-14)
    weights = np.cos(np.arange(wanted.size)).reshape(wanted.shape)
    assert gradcheck(lambda x: np.sum(f(x, **settings) * weights), X, order=2)


def test_softsign_of_complex_numbers():
    z = X * (1 + 2j)
    np.testing.assert_allclose(F.softsign(z), z / (1 + np.abs(z)))


def test_channels_have_slopes_of_their_own():
    x = -np.arange(1.0, 13).reshape(2, 3, 2)
    np.testing.assert_allclose(F.prelu(x, np.array([1.0, 2.0, 3.0])), x * np.array([1, 2, 3])[:, None])
    assert gradcheck(F.prelu, [x, np.array([1.0, 2.0, 3.0])], order=2)


def test_slopes_never_stretch_the_input():
    assert F.prelu(-np.ones(3), np.arange(3.0)).tolist() == [0, -1, -2]
    assert F.prelu(-np.ones((1, 2, 2)), np.array([1.0, 2.0])).tolist() == [[[-1, -1], [-2, -2]]]
    for shape in (2, 1), (1,), (3, 2), (2, 1, 3):
        with pytest.raises(ValueError, match=r"prelu: there are slopes for 3 channels, the second axis"):
            F.prelu(np.ones(shape), np.ones(3))


@pytest.mark.parametrize(("f", "x", "slopes"), [
    (F.relu, [0.0], [0]), (F.relu6, [0.0, 6.0], [0, 0]), (F.hardtanh, [-1.0, 1.0], [0, 0]), (F.leaky_relu, [0.0], [0.01]), (F.elu, [0.0], [1]),
    (F.hardsigmoid, [-3.0, 3.0], [0, 0]), (lambda x: F.prelu(x, np.array(0.5)), [0.0], [0.5]), (lambda x: F.elu(x, 2.0), [0.0], [2]),
])  # fmt: skip
def test_corners_take_the_outer_or_left_slope(f, x, slopes):
    np.testing.assert_allclose(func.grad(lambda x: np.sum(f(x)))(np.array(x)).data, slopes)


# --------------------------------------------------------------------------------------------- attention

Q, K, V = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(2, 5, 3)), RNG.normal(size=(2, 5, 2))


def attended(q, k, v, scale=None, allowed=None, added=0):
    """Place by place."""
    y = np.zeros((*q.shape[:-1], v.shape[-1]))
    for n, i in np.ndindex(q.shape[:-1]):
        scores = np.array([q[n, i] @ key for key in k[n]]) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
        scores = scores + (added[i] if np.ndim(added) else added)
        weights = np.exp(scores) * (1 if allowed is None else allowed[i])
        y[n, i] = weights @ v[n] / (weights.sum() or 1)
    return y


def test_attention_worked_out_by_hand():
    f = F.scaled_dot_product_attention
    mask = np.array([[1, 0, 1, 1, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    np.testing.assert_allclose(f(Q, K, V), attended(Q, K, V))
    np.testing.assert_allclose(f(Q, K, V, scale=0.25), attended(Q, K, V, 0.25))
    np.testing.assert_allclose(f(Q, K, V, is_causal=True), attended(Q, K, V, allowed=np.tri(4, 5)))
    np.testing.assert_allclose(f(Q, K, V, mask), attended(Q, K, V, allowed=mask))
    np.testing.assert_allclose(f(Q, K, V, mask[[0, 1, 3, 3]].tolist()), attended(Q, K, V, allowed=mask[[0, 1, 3, 3]]))
    np.testing.assert_allclose(f(Q, K, V, mask * 0.5), attended(Q, K, V, added=mask * 0.5))
    for settings in {}, {"is_causal": True}, {"attn_mask": mask}, {"attn_mask": mask * 0.5, "scale": 0.3}:
        assert gradcheck(lambda q, k, v, s=settings: f(q, k, v, **s), [Q[:1], K[:1], V[:1]], order=2)


def test_what_attention_drops():
    """Weights, and the others grow."""
    v = np.eye(5)[None].repeat(2, 0)  # so that what is taken is the weights
    whole = F.scaled_dot_product_attention(Q, K, v)
    dropped = F.scaled_dot_product_attention(Q, K, v, dropout_p=0.5)
    kept = dropped != 0
    assert 0 < kept.sum() < kept.size
    np.testing.assert_allclose(dropped[kept], 2 * whole[kept], rtol=1e-6)


def test_several_heads_worked_out_by_hand():
    weight, bias, out, shift = RNG.normal(size=(12, 4)), RNG.normal(size=12), RNG.normal(size=(4, 4)), RNG.normal(size=4)
    x, y = RNG.normal(size=(2, 4, 4)), RNG.normal(size=(2, 5, 4))
    forbidden = ~np.tri(4, 5, dtype=bool)
    padding = np.array([[False, False, False, True, True], [False, False, True, False, False]])

    def wanted(forbidden, padding):
        q, k, v = (a @ w.T + b for a, w, b in zip((x, y, y), np.split(weight, 3), np.split(bias, 3)))
        result = np.zeros((2, 4, 4))
        for n in range(2):
            allowed = ~(forbidden | padding[n])
            for head in range(2):
                part = slice(2 * head, 2 * head + 2)
                result[n, :, part] = attended(q[n : n + 1, :, part], k[n : n + 1, :, part], v[n : n + 1, :, part], allowed=allowed)[0]
        return result @ out.T + shift

    def found(mask, padding, causal=False):
        return attention.attend_with_heads(x, y, y, 2, weight, bias, out, shift, mask, padding, 0.0, causal)[0]

    none, nothing = np.zeros_like(forbidden), np.zeros_like(padding)
    np.testing.assert_allclose(found(None, None), wanted(none, nothing))
    np.testing.assert_allclose(found(forbidden, None), wanted(forbidden, nothing))
    np.testing.assert_allclose(found(None, padding), wanted(none, padding))
    np.testing.assert_allclose(found(forbidden, padding), wanted(forbidden, padding))
    np.testing.assert_allclose(found(None, None, True), wanted(forbidden, nothing))
    np.testing.assert_allclose(found(None, padding, True), wanted(forbidden, padding))
    for_heads = np.stack([forbidden] * 4)
    np.testing.assert_allclose(found(for_heads, None), wanted(forbidden, nothing))
    np.testing.assert_allclose(found(np.where(forbidden, -np.inf, 0.0), padding), wanted(forbidden, padding))
    np.testing.assert_allclose(found(forbidden, np.where(padding, -np.inf, 0.0)), wanted(forbidden, padding))
    np.testing.assert_allclose(found(np.where(forbidden, -np.inf, 0.0), np.where(padding, -np.inf, 0.0)), wanted(forbidden, padding))
    plain = attention.attend_with_heads(x, y, y, 2, weight, None, out, None, None, None, 0.0, False)[0]
    bias, shift = np.zeros(12), np.zeros(4)
    np.testing.assert_allclose(plain, wanted(none, nothing))
    np.testing.assert_allclose(linear(np.ones((1, 2)), np.array([[1.0, 2.0]]), np.array([4.0])), [[7]])


# ---------------------------------------------------------------------------------------- normalisation

Z = RNG.normal(size=(3, 4, 5))
SCALE, SHIFT = np.arange(1.0, 5), np.arange(4.0) / 10


def standard(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def test_normalisation_worked_out_by_hand():
    small = Z / 300  # so that eps counts
    column = lambda a: a[:, None]
    np.testing.assert_allclose(F.layer_norm(small, 5), standard(small, (-1,), 1e-5))
    np.testing.assert_allclose(F.layer_norm(small, (4, 5), eps=0.1), standard(small, (-2, -1), 0.1))
    np.testing.assert_allclose(F.layer_norm(small, (4, 5), column(SCALE), column(SHIFT)), standard(small, (-2, -1), 1e-5) * column(SCALE) + column(SHIFT))
    eps = np.finfo(float).eps
    np.testing.assert_allclose(F.rms_norm(small * 1e-6, 5), small * 1e-6 / np.sqrt(np.mean((small * 1e-6) ** 2, -1, keepdims=True) + eps), rtol=1e-9)
    np.testing.assert_allclose(F.rms_norm(small, (5,), np.arange(5.0), 0.1), small / np.sqrt(np.mean(small**2, -1, keepdims=True) + 0.1) * np.arange(5))
    grouped = standard(small.reshape(3, 2, 10), (-1,), 1e-5).reshape(3, 4, 5)
    np.testing.assert_allclose(F.group_norm(small, 2), grouped)
    np.testing.assert_allclose(F.group_norm(small, 2, SCALE, SHIFT), grouped * column(SCALE) + column(SHIFT))
    np.testing.assert_allclose(F.group_norm(small, 4, eps=0.1), standard(small, (-1,), 0.1))
    flat = standard(Z[..., 0].reshape(3, 2, 2), (-1,), 1e-5).reshape(3, 4)
    np.testing.assert_allclose(F.group_norm(Z[..., 0], 2, SCALE, SHIFT), flat * SCALE + SHIFT)
    for groups in 3, 5:
        with pytest.raises(ValueError, match=f"4 channels can't be divided into {groups} groups"):
            F.group_norm(Z, groups)
    np.testing.assert_allclose(F.normalize(Z), Z / np.sqrt(np.sum(Z**2, 1, keepdims=True)))
    np.testing.assert_allclose(F.normalize(Z, 1.0, 2), Z / np.sum(np.abs(Z), 2, keepdims=True))
    np.testing.assert_allclose(F.normalize(Z * 1e-13), Z * 1e-13 / np.maximum(np.sqrt(np.sum((Z * 1e-13) ** 2, 1, keepdims=True)), 1e-12))
    np.testing.assert_allclose(F.normalize(Z, eps=9.0), Z / 9)


def test_batches_are_normalised_by_themselves_and_later_by_what_was_seen():
    column = lambda a: a[:, None]
    small, axes = Z / 300, (0, 2)
    mean, var = Tensor(SHIFT), Tensor(SCALE)
    kept = small.mean(axes), small.var(axes) * 15 / 14
    np.testing.assert_allclose(F.batch_norm(small, mean, var, SCALE, SHIFT, True), standard(small, axes, 1e-5) * column(SCALE) + column(SHIFT))
    np.testing.assert_allclose(mean.data, 0.9 * SHIFT + 0.1 * kept[0])
    np.testing.assert_allclose(var.data, 0.9 * SCALE + 0.1 * kept[1])
    mean, var = Tensor(SHIFT), Tensor(SCALE)
    np.testing.assert_allclose(F.batch_norm(small, mean, var, training=True, momentum=0.25, eps=0.1), standard(small, axes, 0.1))
    np.testing.assert_allclose(mean.data, 0.75 * SHIFT + 0.25 * kept[0])
    np.testing.assert_allclose(var.data, 0.75 * SCALE + 0.25 * kept[1])
    mean, var = Tensor(SHIFT), Tensor(SCALE / 1e4)
    for _ in range(2):  # in evaluation, the default, nothing is learnt
        np.testing.assert_allclose(F.batch_norm(small, mean, var), (small - column(SHIFT)) / np.sqrt(column(SCALE) / 1e4 + 1e-5))
    np.testing.assert_array_equal(mean.data, SHIFT)
    np.testing.assert_allclose(F.batch_norm(small, None, None), standard(small, axes, 1e-5))
    np.testing.assert_allclose(F.batch_norm(small[:, :, 0], None, None, training=True), standard(small[:, :, 0], (0,), 1e-5))
    np.testing.assert_allclose(F.batch_norm(small[:1, :, :2], None, None, training=True), standard(small[:1, :, :2], axes, 1e-5))  # two numbers are enough
    with pytest.raises(ValueError, match="more than one number"):
        F.batch_norm(small[:1, :, :1], None, None, training=True)
    F.batch_norm(small[:1, :, :1], None, None)


@pytest.mark.parametrize("f", [
    lambda x, w, b: F.layer_norm(x, (4, 5), w, b), lambda x, w, b: F.group_norm(x, 2, w[:, 0], b[:, 0]), lambda x, w, b: F.rms_norm(x, (4, 5), w) + b,
    lambda x, w, b: F.batch_norm(x, None, None, w[:, 0], b[:, 0], True), lambda x, w, b: F.normalize(x) * w + b])  # fmt: skip
def test_derivatives_of_normalisation(f):
    assert gradcheck(lambda *xs: np.sum(f(*xs) * np.cos(np.arange(40)).reshape(2, 4, 5)), [Z[:2], SCALE[:, None], SHIFT[:, None]], order=2)


def test_dropout_worked_out_by_hand():
    x = np.arange(1.0, 2001)
    manual_seed(1)
    y = F.dropout(x)  # of a half, in training, by default
    assert set(np.unique(y / x).round(6)) == {0, 2}
    assert 900 < np.count_nonzero(y) < 1100
    manual_seed(1)
    z = F.dropout(x, 0.2)
    assert set(np.unique(z / x).round(6)) == {0, 1.25}
    assert 1550 < np.count_nonzero(z) < 1650
    assert F.dropout(x, 0.2, False) is x
    assert F.dropout(x, 0) is x
    np.testing.assert_array_equal(F.dropout(x, 1), 0 * x)
    for p in -0.01, 1.01:
        with pytest.raises(ValueError, match="it is a probability"):
            F.dropout(x, p, training=False)


# ------------------------------------------------------------------------------------ pooling and convolution

LINE, IMAGE = RNG.normal(size=(1, 2, 9)), RNG.normal(size=(1, 2, 6, 7))


def pooled(x, k, s, p, d=1, ceil=False, best=True, pads=True, divisor=None):
    """Window by window: pairs of numbers for the two last axes."""
    k, s, p, d = ((a, a) if np.ndim(a) == 0 else a for a in (k, s, p, d))
    lengths = []
    for i, n in enumerate(x.shape[-2:]):
        m = (n + 2 * p[i] - d[i] * (k[i] - 1) - 1) / s[i]
        m = (math.ceil(m) if ceil else math.floor(m)) + 1
        lengths.append(m - 1 if (m - 1) * s[i] >= n + p[i] else m)
    y = np.zeros((*x.shape[:-2], *lengths))
    for o in np.ndindex(*lengths):
        starts = [o[i] * s[i] - p[i] for i in range(2)]
        places = [(starts[0] + a * d[0], starts[1] + b * d[1]) for a, b in np.ndindex(*k)]
        inside = [x[..., a, b] for a, b in places if 0 <= a < x.shape[-2] and 0 <= b < x.shape[-1]]
        ends = [min(starts[i] + k[i], x.shape[i - 2] + p[i]) - starts[i] for i in range(2)]
        count = divisor or (ends[0] * ends[1] if pads else len(inside))
        y[(..., *o)] = np.max(inside, 0) if best else np.sum(inside, 0) / count
    return y


HOW = [{"k": 2, "s": 2, "p": 0}, {"k": 3, "s": 2, "p": 1}, {"k": (3, 2), "s": (1, 2), "p": (1, 0)}, {"k": 3, "s": 3, "p": 1, "ceil": True}, {"k": 2, "s": 3, "p": 1, "ceil": True}]


@pytest.mark.parametrize("how", HOW, ids=str)
def test_pooling_worked_out_by_hand(how):
    settings = {"kernel_size": how["k"], "stride": how["s"], "padding": how["p"], "ceil_mode": how.get("ceil", False)}
    np.testing.assert_allclose(F.max_pool2d(IMAGE, **settings), pooled(IMAGE, **how))
    np.testing.assert_allclose(F.max_pool2d(IMAGE[0], **settings), pooled(IMAGE[0], **how))
    np.testing.assert_allclose(F.avg_pool2d(IMAGE, **settings), pooled(IMAGE, **how, best=False))
    np.testing.assert_allclose(F.avg_pool2d(IMAGE, **settings, count_include_pad=False), pooled(IMAGE, **how, best=False, pads=False))
    np.testing.assert_allclose(F.avg_pool2d(IMAGE, **settings, divisor_override=5), pooled(IMAGE, **how, best=False, divisor=5))
    if np.ndim(how["k"]) == 0:
        line = {**how, "k": (1, how["k"]), "s": (1, how["s"]), "p": (0, how["p"])}
        np.testing.assert_allclose(F.max_pool1d(LINE, **settings), pooled(LINE[:, :, None], **line)[:, :, 0])
        np.testing.assert_allclose(F.avg_pool1d(LINE, **settings), pooled(LINE[:, :, None], **line, best=False)[:, :, 0])
        np.testing.assert_allclose(F.avg_pool1d(LINE, **settings, count_include_pad=False), pooled(LINE[:, :, None], **line, best=False, pads=False)[:, :, 0])


def test_pooling_by_default():
    """Windows touch, nothing is padded, and what does not fit is left out."""
    np.testing.assert_allclose(F.max_pool2d(IMAGE, 3), pooled(IMAGE, 3, 3, 0))
    np.testing.assert_allclose(F.avg_pool2d(IMAGE, 3), pooled(IMAGE, 3, 3, 0, best=False))
    np.testing.assert_allclose(F.max_pool1d(LINE, 4), LINE[..., :8].reshape(1, 2, 2, 4).max(-1))
    np.testing.assert_allclose(F.avg_pool1d(LINE, 4), LINE[..., :8].reshape(1, 2, 2, 4).mean(-1))
    np.testing.assert_allclose(F.max_pool2d(IMAGE, 2, 1, dilation=(2, 3)), pooled(IMAGE, 2, 1, 0, (2, 3)))
    np.testing.assert_allclose(F.max_pool1d(LINE, 2, 1, dilation=3), np.maximum(LINE[..., :6], LINE[..., 3:]))
    assert F.max_pool2d(IMAGE, 2, padding=1).shape == (1, 2, 4, 4)  # half of a window is not too much
    assert F.max_pool2d(IMAGE, (6, 7)).shape == (1, 2, 1, 1)
    for size in (7, 7), (6, 8):
        with pytest.raises(ValueError, match="larger than the input"):
            F.max_pool2d(IMAGE, size)


@pytest.mark.parametrize("size", [1, 2, 4, (2, 5), (None, 3), (6, None)])
def test_adaptive_pooling_worked_out_by_hand(size):
    n = [s or m for s, m in zip(size if isinstance(size, tuple) else (size, size), (6, 7))]
    parts = [[slice(i * m // k, math.ceil((i + 1) * m / k)) for i in range(k)] for k, m in zip(n, (6, 7))]
    for f, best in (F.adaptive_max_pool2d, np.max), (F.adaptive_avg_pool2d, np.mean):
        wanted = np.zeros((1, 2, *n))
        for (i, a), (j, b) in product(*map(enumerate, parts)):
            wanted[..., i, j] = best(IMAGE[..., a, b], (-2, -1))
        np.testing.assert_allclose(f(IMAGE, size), wanted)
    if isinstance(size, int):
        np.testing.assert_allclose(F.adaptive_avg_pool1d(IMAGE[0], size), np.stack([IMAGE[0][..., p].mean(-1) for p in parts[1]], -1))


def convolved(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    """Place by place; padding as two numbers at the beginning and two at the end."""
    before, after = padding[:2], padding[-2:]
    x = np.pad(x, ((0, 0), (0, 0), *zip(before, after)))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:])]
    size = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], reach, stride)]
    y, out, inner = np.zeros((len(x), len(w), *size)), len(w) // groups, w.shape[1]
    for o, (i, j) in product(range(len(w)), np.ndindex(*size)):
        g = o // out
        patch = x[:, g * inner : (g + 1) * inner, i * stride[0] : i * stride[0] + reach[0] : dilation[0], j * stride[1] : j * stride[1] + reach[1] : dilation[1]]
        y[:, o, i, j] = np.sum(patch * w[o], (1, 2, 3))
    return y


CONVOLUTIONS = [
    ({}, {}), ({"stride": 2}, {"stride": (2, 2)}), ({"stride": (1, 3), "padding": 1}, {"stride": (1, 3), "padding": (1, 1)}),
    ({"padding": (2, 0), "dilation": 2}, {"padding": (2, 0), "dilation": (2, 2)}), ({"padding": "valid"}, {}),
    ({"padding": "same"}, {"padding": (1, 0, 1, 1)}), ({"padding": "same", "dilation": (2, 3)}, {"padding": (2, 1, 2, 2), "dilation": (2, 3)}),
    ({"groups": 2}, {"groups": 2})]  # fmt: skip


@pytest.mark.parametrize(("settings", "wanted"), CONVOLUTIONS, ids=str)
def test_convolution_worked_out_by_hand(settings, wanted):
    w, b = RNG.normal(size=(4, 2 // settings.get("groups", 1), 3, 2)), np.arange(4.0)
    y = convolved(IMAGE, w, **wanted)
    np.testing.assert_allclose(F.conv2d(IMAGE, w, **settings), y, atol=1e-12)
    np.testing.assert_allclose(F.conv2d(IMAGE[0], w, b, **settings), y[0] + b[:, None, None], atol=1e-12)
    # transposed: the same numbers, added up the other way
    if isinstance(settings.get("padding", 0), str):
        return
    g = np.cos(np.arange(y.size)).reshape(y.shape)
    back = func.grad(lambda x: np.sum(g * F.conv2d(x, w, **settings)))(IMAGE).data
    reach = [d * (k - 1) - 2 * p + s * (m - 1) + 1 for d, k, p, s, m in zip(
        wanted.get("dilation", (1, 1)), (3, 2), wanted.get("padding", (0, 0)), wanted.get("stride", (1, 1)), y.shape[2:])]  # fmt: skip
    more = [n - r for n, r in zip(IMAGE.shape[2:], reach)]
    np.testing.assert_allclose(F.conv_transpose2d(g, w, output_padding=more, **settings), back, atol=1e-12)
    np.testing.assert_allclose(F.conv_transpose2d(g[0], w, b[:2], output_padding=more, **settings), back[0] + b[:2, None, None], atol=1e-12)
    assert F.conv_transpose2d(g, w, **settings).shape[2:] == tuple(reach)


def test_convolution_along_a_line_worked_out_by_hand():
    w, b = RNG.normal(size=(3, 2, 2)), np.arange(3.0)
    plane, pattern = LINE[:, :, None], w[:, :, None]
    np.testing.assert_allclose(F.conv1d(LINE, w), convolved(plane, pattern)[:, :, 0])
    np.testing.assert_allclose(F.conv1d(LINE, w, b, 2, 1, 3), convolved(plane, pattern, (1, 2), (0, 1), (1, 3))[:, :, 0] + b[:, None])
    np.testing.assert_allclose(F.conv1d(LINE, w[:2, :1], groups=2), convolved(plane, pattern[:2, :1], groups=2)[:, :, 0])
    spread = F.conv_transpose1d(np.array([[1.0, 10.0]]), np.array([[[1.0, 2.0, 3.0]]]))
    np.testing.assert_allclose(spread, [[1, 12, 23, 30]])
    np.testing.assert_allclose(F.conv_transpose1d(np.array([[1.0, 10.0]]), np.array([[[1.0, 2.0, 3.0]]]), np.array([5.0]), 2, 1, 1, 1, 1), [[7, 18, 25, 35]])
    np.testing.assert_allclose(F.conv_transpose1d(np.array([[1.0, 10.0]]), np.array([[[1.0, 2.0]]]), dilation=2), [[1, 10, 2, 20]])


def test_the_least_that_remains():
    assert F.conv2d(IMAGE, np.ones((1, 2, 6, 7))).shape == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="larger than"):
        F.conv2d(IMAGE, np.ones((1, 2, 7, 7)))
    assert F.conv_transpose1d(np.ones((1, 1, 1)), np.ones((1, 1, 3)), padding=1).shape == (1, 1, 1)
    assert F.conv_transpose1d(np.ones((1, 1, 1)), np.ones((1, 1, 1)), output_padding=1, stride=2).shape == (1, 1, 2)
    assert F.conv_transpose1d(np.ones((1, 1, 1)), np.ones((1, 1, 1)), output_padding=1, dilation=2).shape == (1, 1, 2)
    for more in {"output_padding": 1}, {"output_padding": 2, "stride": 2}:
        with pytest.raises(ValueError, match="must be smaller"):
            F.conv_transpose1d(np.ones((1, 1, 1)), np.ones((1, 1, 1)), **more)


# ------------------------------------------------------------------------------------------------- tables


def test_embedding_worked_out_by_hand():
    w = Tensor(np.arange(8.0).reshape(4, 2), requires_grad=True)
    for padding, kept in (None, [1, 1, 1]), (3, [1, 1, 0]), (-1, [1, 1, 0]), (0, [0, 1, 1]), (-4, [0, 1, 1]):
        w.grad = None
        rows = F.embedding([[0, 2], [3, 2]], w, padding)
        np.testing.assert_array_equal(rows.data, [[[0, 1], [4, 5]], [[6, 7], [4, 5]]])
        rows.sum().backward()
        np.testing.assert_array_equal(w.grad.data, np.array([kept[0], 0, 2 * kept[1], kept[2]])[:, None] * [1, 1])
    assert F.embedding(np.zeros((0, 2), int), w).shape == (0, 2, 2)
    for padding in 4, -5:
        with pytest.raises(IndexError, match=rf"padding_idx={padding} is out of range for 4 rows"):
            F.embedding([0], w, padding)
    for wrong in [-1], [4]:
        with pytest.raises(IndexError, match="from 0 to 3; these go from"):
            F.embedding(wrong, w)


def test_one_hot_worked_out_by_hand():
    assert F.one_hot([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert F.one_hot(Tensor([[1]]), 4).tolist() == [[[0, 1, 0, 0]]]
    assert F.one_hot(np.zeros(0, int), 3).shape == (0, 3)
    assert F.one_hot(np.zeros(0, int), 0).shape == (0, 0)
    for wrong in [-1, 0], [0, 3]:
        with pytest.raises(ValueError, match="from 0 to 2; these go from"):
            F.one_hot(wrong, 3)
    with pytest.raises(ValueError, match="num_classes must be"):
        F.one_hot([0, 2], -2)
    for wrong in [True, False], [0.0, 1.0]:
        with pytest.raises(TypeError, match="must be integers"):
            F.one_hot(wrong, 3)


def test_bilinear_worked_out_by_hand():
    a, b, w, c = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 4)), RNG.normal(size=(5, 2, 4)), RNG.normal(size=5)
    wanted = np.array([[a[n] @ w[k] @ b[n] for k in range(5)] for n in range(3)])
    np.testing.assert_allclose(F.bilinear(a, b, w), wanted)
    np.testing.assert_allclose(F.bilinear(a, b, w, c), wanted + c)
    assert gradcheck(F.bilinear, [a, b, w, c], order=2)


def test_cosines_worked_out_by_hand():
    a, b = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
    cosine = lambda x, y: x @ y / math.sqrt((x @ x) * (y @ y))
    np.testing.assert_allclose(F.cosine_similarity(a, b), [cosine(x, y) for x, y in zip(a, b)])
    np.testing.assert_allclose(F.cosine_similarity(a, b, axis=0), [cosine(x, y) for x, y in zip(a.T, b.T)])
    np.testing.assert_allclose(F.cosine_similarity(a, b, eps=100.0), np.sum(a * b, 1) / 1e4)
    np.testing.assert_allclose(F.cosine_similarity(1e-10 * a, b), np.sum(1e-10 * a * b, 1) / 1e-8 / np.linalg.norm(b, axis=1))
    assert gradcheck(F.cosine_similarity, [a, b], order=2)


@pytest.mark.parametrize(("shape", "other"), [((3, 1), (3, 4)), ((3, 4), (4,)), ((1, 4), (3, 4)), ((3, 1, 4), (1, 2, 4)), ((1,), (2, 3)), ((2, 1, 2), (2, 3, 2))])
def test_lengths_are_those_of_what_is_broadcast(shape, other):
    a, b = RNG.normal(size=shape), RNG.normal(size=other)
    x, y = np.broadcast_arrays(a, b)
    wanted = np.sum(x * y, 1) / np.sqrt(np.sum(x * x, 1) * np.sum(y * y, 1))
    for p, q, w in (a, b, wanted), (b, a, wanted):
        np.testing.assert_allclose(F.cosine_similarity(p, q), w)
        np.testing.assert_allclose(F.cosine_similarity(Tensor(p), q.tolist()).data, w)
        assert (np.abs(w) <= 1 + 1e-12).all()
        assert gradcheck(F.cosine_similarity, [p, q], order=2)
