"""Convolution and pooling: against sums written out, against PyTorch, in their derivatives; and what they refuse."""

from itertools import product

import numpy as np
import pytest

import tinygrad_edu.nn.functional as F
from tinygrad_edu import Tensor, gradcheck, nn, optim
from tinygrad_edu.rules.neural.convolution import collect, distribute, overlap
from tinygrad_edu.rules.neural.windows import fold, windows

RNG = np.random.default_rng(0)
LINES, IMAGES = RNG.normal(size=(2, 4, 9)), RNG.normal(size=(2, 4, 7, 8))


# ------------------------------------------------------------------------------- what they are, in few words


@pytest.mark.parametrize(("stride", "before", "dilation"), [((1, 1), (0, 0), (1, 1)), ((2, 1), (1, 2), (1, 2))])
def test_a_convolution_is_a_sum_of_products(stride, before, dilation):
    """Written out, place by place."""
    x, w, size = IMAGES, RNG.normal(size=(3, 4, 2, 3)), (3, 4)
    expected = np.zeros((2, 3, *size))
    for o, k in product(np.ndindex(size), np.ndindex(2, 3)):
        place = tuple(s * a + d * b - p for s, a, d, b, p in zip(stride, o, dilation, k, before))
        if all(0 <= i < n for i, n in zip(place, x.shape[2:])):
            expected[(..., *o)] += x[(..., *place)] @ w[(..., *k)].T
    np.testing.assert_allclose(collect(x, w, None, size, stride, before, dilation, 1), expected, atol=1e-13)


def test_the_three_are_each_others_transpose():
    """One number, added up in three orders."""
    x, w, y = RNG.normal(size=(2, 4, 9, 7)), RNG.normal(size=(6, 2, 3, 2)), RNG.normal(size=(2, 6, 4, 5))
    how = (2, 1), (1, 0), (1, 2), 2
    total = np.sum(y * collect(x, w, None, y.shape[2:], *how))
    assert np.sum(x * distribute(y, w, x.shape[2:], *how)) == pytest.approx(total)
    assert np.sum(w * overlap(x, y, w.shape[2:], *how)) == pytest.approx(total)


def test_windows_and_their_fold_are_each_others_transpose():
    x, y = RNG.normal(size=(2, 5, 6)), RNG.normal(size=(6, 2, 3, 4))
    how = (2, 1), (1, 0), (1, 2)
    assert np.sum(y * windows(x, (2, 3), (3, 4), 0, *how)) == pytest.approx(np.sum(x * fold(y, (2, 3), (5, 6), *how)))


def test_many_images_are_done_in_blocks():
    """More of them than fit into one; the answer is that of each by itself."""
    x, w = RNG.normal(size=(7, 2, 100, 100)), RNG.normal(size=(3, 2, 3, 3))
    together = F.conv2d(x, w, padding=1)
    for one, y in zip(x, together):
        np.testing.assert_allclose(F.conv2d(one, w, padding=1), y)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_how_arrays_lie_in_memory_makes_no_difference(name):
    x, w = IMAGES, RNG.normal(size=(4, 4, 3, 2))
    f, turned = getattr(F, name), np.asfortranarray
    np.testing.assert_allclose(f(turned(x), turned(w)), f(x, w))
    np.testing.assert_allclose(overlap(turned(x), turned(x[:, :2]), (2, 2), (1, 1), (0, 1), (1, 2), 1),
                               overlap(x, x[:, :2], (2, 2), (1, 1), (0, 1), (1, 2), 1))  # fmt: skip


def test_equal_numbers_share_the_gradient_of_a_maximum():
    x = Tensor([[[[3.0, 3.0, 1.0, 0.0], [1.0, 3.0, 1.0, 1.0]]]], requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    np.testing.assert_allclose(x.grad.data[0, 0], [[1 / 3, 1 / 3, 1 / 3, 0], [0, 1 / 3, 1 / 3, 1 / 3]])


def test_padding_is_never_the_largest():
    x = np.full((1, 1, 3, 3), -5.0)
    assert np.all(F.max_pool2d(x, 3, 1, 1) == -5)


def test_complex_numbers_are_convolved_too():
    x, w = IMAGES + 1j * IMAGES[::-1], (RNG.normal(size=(3, 4, 2, 2)) + 1j)
    np.testing.assert_allclose(F.conv2d(x, w).real, F.conv2d(x.real, w.real) - F.conv2d(x.imag, w.imag))
    assert gradcheck(lambda x, w: F.conv2d(x, w, stride=2), [x[:1, :2, :3, :3], w[:, :2]], order=2)


# ------------------------------------------------------------------------------------------- against PyTorch


def some(*shape):
    return np.random.default_rng(1).normal(size=shape)


ROWS = {
    **{f"conv1d {kw}": ("conv1d", kw, LINES, some(6, 4 // kw.get("groups", 1), 3), some(6)) for kw in (
        {}, {"stride": 2, "padding": 1}, {"padding": "same", "dilation": 2}, {"groups": 2, "padding": (2,)})},
    **{f"conv2d {kw}": ("conv2d", kw, IMAGES, some(6, 4 // kw.get("groups", 1), 3, 2), some(6)) for kw in (
        {}, {"stride": 2, "padding": 1}, {"stride": (1, 3), "padding": (0, 2)}, {"padding": "same"}, {"padding": "same", "dilation": (1, 3)},
        {"padding": "valid", "dilation": 2}, {"groups": 2, "padding": 1}, {"stride": (3, 2), "padding": (2, 1), "dilation": (2, 1), "groups": 2})},
    "conv2d depthwise": ("conv2d", {"groups": 4, "padding": 1}, IMAGES, some(8, 1, 3, 3)),
    "conv2d 1x1": ("conv2d", {}, IMAGES, some(3, 4, 1, 1)),
    "conv2d single": ("conv2d", {"padding": 1}, IMAGES[0], some(3, 4, 3, 3), some(3)),
    **{f"conv_transpose1d {kw}": ("conv_transpose1d", kw, LINES, some(4, 3, 3), some(3 * kw.get("groups", 1))) for kw in (
        {}, {"stride": 2, "padding": 1, "output_padding": 1}, {"groups": 2, "dilation": 2})},
    **{f"conv_transpose2d {kw}": ("conv_transpose2d", kw, IMAGES, some(4, 3, 3, 2), some(3 * kw.get("groups", 1))) for kw in (
        {}, {"stride": 2, "padding": 1, "output_padding": 1}, {"stride": (3, 2), "padding": (0, 1), "output_padding": (2, 0)},
        {"groups": 2, "stride": 2}, {"dilation": (2, 3), "padding": 2, "output_padding": 1})},
    "conv_transpose2d single": ("conv_transpose2d", {"stride": 2}, IMAGES[0], some(4, 3, 3, 3)),
    **{f"max_pool1d {kw}": ("max_pool1d", kw, LINES) for kw in (
        {"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2}, {"kernel_size": 2, "ceil_mode": True})},
    **{f"max_pool2d {kw}": ("max_pool2d", kw, IMAGES) for kw in (
        {"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (2, 1), "padding": 1}, {"kernel_size": 3, "stride": 2, "ceil_mode": True},
        {"kernel_size": 2, "dilation": (2, 3), "stride": 1}, {"kernel_size": 2, "padding": 1, "ceil_mode": True, "stride": 3})},
    **{f"avg_pool1d {kw}": ("avg_pool1d", kw, LINES) for kw in ({"kernel_size": 2}, {"kernel_size": 3, "padding": 1, "count_include_pad": False})},
    **{f"avg_pool2d {kw}": ("avg_pool2d", kw, IMAGES) for kw in (
        {"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (2, 1), "padding": 1}, {"kernel_size": 3, "stride": 2, "ceil_mode": True},
        {"kernel_size": 3, "padding": 1, "count_include_pad": False, "ceil_mode": True},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, {"kernel_size": 2, "divisor_override": 3})},
    **{f"adaptive_avg_pool1d {n}": ("adaptive_avg_pool1d", {"output_size": n}, LINES) for n in (1, 4, 9, 12)},
    **{f"adaptive_avg_pool2d {n}": ("adaptive_avg_pool2d", {"output_size": n}, IMAGES) for n in (1, 3, (2, 5), (None, 3), (9, 8))},
    **{f"adaptive_max_pool2d {n}": ("adaptive_max_pool2d", {"output_size": n}, IMAGES) for n in (1, 3, (2, 5), (None, 3))},
    "max_pool2d single": ("max_pool2d", {"kernel_size": 2}, IMAGES[0]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "arrays"), [(n, kw, a) for n, kw, *a in ROWS.values()], ids=ROWS)
def test_derivatives_agree_with_differences(name, settings, arrays):
    small = [a[:1, ..., :6] if a.ndim > 3 and i == 0 else a for i, a in enumerate(arrays)]
    weights = RNG.normal(size=getattr(F, name)(*small, **settings).shape)
    assert gradcheck(lambda *xs: np.sum(weights * getattr(F, name)(*xs, **settings)), small)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("name", "settings", "arrays"), [(n, kw, a) for n, kw, *a in ROWS.values()], ids=ROWS)
def test_values_and_first_and_second_derivatives_are_pytorchs(name, settings, arrays):
    import torch

    ours = [Tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = getattr(F, name)(*ours, **settings), getattr(torch.nn.functional, name)(*theirs, **settings)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
    seed = np.cos(np.arange(y.size)).reshape(y.shape)
    y.backward(seed, create_graph=True)
    gradients = torch.autograd.grad(z, theirs, torch.tensor(seed), create_graph=True)
    first = [x.grad for x in ours]
    for x, g, h in zip(ours, first, gradients):
        np.testing.assert_allclose(g.data, h.detach().numpy(), rtol=1e-10, atol=1e-12)
        x.grad = None
    total, their_total = sum(np.sum(g * g) for g in first), sum((h * h).sum() for h in gradients)
    if not total.requires_grad:
        assert not their_total.requires_grad or "pool" in name
        return
    total.backward()
    second = torch.autograd.grad(their_total, theirs, allow_unused=True)
    for x, h in zip(ours, second):
        if x.grad is None or h is None:
            assert x.grad is None or not x.grad.data.any()
            assert h is None or not h.any()
        else:
            np.testing.assert_allclose(x.grad.data, h.numpy(), rtol=1e-9, atol=1e-11)


LAYERS = {
    "Conv1d": ((4, 6, 3), LINES), "Conv2d": ((4, 6, (3, 2), 2, 1, 1, 2, False), IMAGES), "Conv2d same": ((4, 6, 3, 1, "same"), IMAGES),
    "ConvTranspose1d": ((4, 6, 3, 2, 1, 1), LINES), "ConvTranspose2d": ((4, 6, 3, 2, 1, 1, 2, True, 2), IMAGES),
    "MaxPool1d": ((3, 2, 1, 1), LINES), "MaxPool2d": ((3, 2, 1, 2), IMAGES), "AvgPool1d": ((3, 2, 1, True, False), LINES),
    "AvgPool2d": ((3, 2, 1, True, False, 5), IMAGES), "AdaptiveAvgPool1d": ((3,), LINES), "AdaptiveAvgPool2d": (((3, None),), IMAGES),
    "AdaptiveMaxPool2d": ((3,), IMAGES),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "args", "x"), [(n.split()[0], *row) for n, row in LAYERS.items()], ids=LAYERS)
def test_layers_take_pytorchs_arguments_and_states(name, args, x):
    import torch

    ours, theirs = getattr(nn, name)(*args), getattr(torch.nn, name)(*args)
    for key, p in theirs.state_dict().items():
        assert ours.state_dict()[key].shape == tuple(p.shape)
    ours.load_state_dict({key: p.numpy() for key, p in theirs.state_dict().items()})
    y = ours(Tensor(x, dtype=np.float32))
    assert y.dtype == np.float32
    np.testing.assert_allclose(
        y.data, theirs(torch.tensor(x, dtype=torch.float32)).detach().numpy(), rtol=1e-4, atol=1e-5
    )


# -------------------------------------------------------------------------------------------------- layers


@pytest.mark.parametrize(("layer", "bound"), [
    (nn.Conv2d(4, 50, 3), 1 / 6), (nn.Conv1d(8, 50, 2, groups=2), 8**-0.5), (nn.ConvTranspose2d(4, 50, 2), 200**-0.5)])  # fmt: skip
def test_weights_begin_within_a_bound(layer, bound):
    for p in layer.parameters():
        assert p.dtype == np.float32
        assert 0.8 * bound < np.abs(p.data).max() <= bound


def test_layers_can_be_reproduced_and_be_double():
    a, b = (nn.Conv2d(2, 3, 3, dtype=np.float64, rng=np.random.default_rng(1)) for _ in range(2))
    assert a.weight.dtype == np.float64
    np.testing.assert_array_equal(a.weight.data, b.weight.data)


def test_a_network_of_convolutions_learns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 1, 8, 8)).astype(np.float32)
    y = (x[:, 0, :4].sum((1, 2)) > x[:, 0, 4:].sum((1, 2))).astype(int)
    model = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3, rng=rng), nn.ReLU(),
                          nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 2, rng=rng))  # fmt: skip
    descent, costs = optim.Adam(model.parameters(), lr=0.02), []
    for _ in range(60):
        cost = nn.CrossEntropyLoss()(model(Tensor(x)), y)
        descent.zero_grad()
        cost.backward()
        descent.step()
        costs.append(cost.item())
    assert costs[-1] < 0.5 * costs[0]


def test_layers_say_what_they_are():
    assert repr(nn.Conv2d(1, 2, 3, stride=2, padding="valid", bias=False)).startswith(
        "Conv2d(1, 2, kernel_size=(3, 3), stride=2, padding='valid', bias=False"
    )
    assert repr(nn.MaxPool2d(2)).startswith("MaxPool2d(2")


@pytest.mark.parametrize("f", [F.conv2d, F.conv_transpose2d])
def test_the_dtype_is_that_of_all_three_together(f):
    x, w, b = IMAGES.astype(np.float32), np.ones((4, 4, 1, 1), np.float32), np.ones(4, np.float32)
    assert f(x, w).dtype == f(x, w, b).dtype == np.float32
    assert f(x, w, b.astype(float)).dtype == f(x, w.astype(float)).dtype == f(x.astype(float), w, b).dtype == np.float64


# ----------------------------------------------------------------------------------------------- refusals

REFUSED = [
    (lambda: nn.Conv2d(3, 4, 5)(np.zeros((2, 4, 9, 9))), r"Conv2d\(3, 4.* \(N, 3, H, W\) .* got \(2, 4, 9, 9\)"),
    (
        lambda: nn.ConvTranspose1d(3, 4, 5)(np.zeros((3, 4, 9, 9))),
        r"ConvTranspose1d\(3, 4.* \(N, 3, L\) .* got \(3, 4, 9, 9\)",
    ),
    (lambda: nn.Conv2d(3, 4, 5)(np.zeros((2, 3, 4, 9))), r"conv2d: .*\(5, 5\).* larger .*\(4, 9\)"),
    (lambda: nn.Conv2d(3, 4, 5, groups=2), "divided into 2 groups"),
    (lambda: nn.Conv2d(0, 4, 5), "at least one channel"),
    (lambda: nn.Conv2d(3, 4, (5, 5, 5)), "kernel_size must be"),
    (lambda: F.conv2d(IMAGES, np.zeros((2, 3, 3, 3))), r"conv2d: .*\(2, 3, 3, 3\) .* 3 channels; .*\(2, 4, 7, 8\)"),
    (lambda: F.conv2d(IMAGES, np.zeros((3, 2, 3, 3)), groups=2), "divided into 2 groups"),
    (lambda: F.conv2d(IMAGES, np.zeros(())), r"conv2d wants .* a weight of 4 axes; got \(2, 4, 7, 8\) and \(\)"),
    (lambda: F.conv1d(LINES, np.zeros(4)), r"conv1d wants .* a weight of 3 axes; got .* and \(4,\)"),
    (lambda: F.conv_transpose1d(LINES, np.zeros(())), r"conv_transpose1d wants .* a weight of 3 axes; got .* and \(\)"),
    (
        lambda: F.conv2d(IMAGES, np.zeros((2, 4, 3, 3)), np.zeros(3)),
        r"bias must have shape \(2,\), .*; it has shape \(3,\)",
    ),
    (lambda: F.conv2d(IMAGES, np.zeros((2, 4, 3, 3)), stride=2, padding="same"), "exclude each other"),
    (lambda: F.conv2d(IMAGES, np.zeros((2, 4, 3, 3)), stride=0), "stride must be"),
    (lambda: F.conv2d(IMAGES, np.zeros((2, 4, 3, 3)), padding=-1), "padding must be"),
    (lambda: F.conv2d(IMAGES, np.zeros((2, 4, 3, 3)), padding="full"), "padding must be"),
    (lambda: F.conv2d(LINES[0], np.zeros((2, 4, 3, 3))), r"\(4, 9\)"),
    (lambda: F.conv_transpose2d(IMAGES, np.zeros((4, 2, 3, 3)), output_padding=1), "output_padding"),
    (lambda: F.conv_transpose2d(IMAGES, np.zeros((3, 2, 3, 3))), "3 channels"),
    (lambda: F.conv_transpose2d(IMAGES, np.zeros((4, 2, 1, 1)), padding=4), "nothing would be left"),
    (lambda: F.max_pool2d(IMAGES, 9), r"max_pool2d: kernel_size=\(9, 9\) .* \(2, 4, 7, 8\)"),
    (lambda: F.max_pool2d(IMAGES, 2, padding=2), "more than half"),
    (lambda: F.max_pool2d(LINES[0], 2), r"max_pool2d .*\(4, 9\)"),
    (lambda: F.adaptive_avg_pool2d(IMAGES, (2, 2, 2)), "output_size"),
    (lambda: F.adaptive_avg_pool2d(IMAGES, 0), "output_size"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_whole_numbers_are_not_pooled():
    with pytest.raises(TypeError, match=r"max_pool2d .*int"):
        F.max_pool2d(np.zeros((1, 4, 4), int), 2)
