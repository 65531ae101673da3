"""Costs: their values, worked out in plain NumPy; their derivatives, of first and second order; and what they refuse."""

import inspect
import math
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, capture, func, gradcheck, nn
from tinygrad_edu.nn import functional as F

A = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]])
B = np.array([[0.75, 1.5, 0.5], [-1.0, 0.5, -0.25]])
P = np.array([[0.1, 0.7, 0.2], [0.25, 0.25, 0.5]])  # probabilities
Q = np.array([[0.6, 0.3, 0.1], [0.0, 0.5, 0.5]])
Y = np.array([2, 0])
W = np.array([0.5, 2.0, 4.0])
D = np.abs(A - B)
LOGS = A - np.log(np.sum(np.exp(A), 1, keepdims=True))
OWN = -LOGS[[0, 1], Y]  # the surprise at each example's class
SPREAD = -np.sum(LOGS, 1) / 3
SIGMOID = 1 / (1 + np.exp(-A))
HUBER = lambda d, delta: np.where(d < delta, d * d / 2, delta * (d - delta / 2))
BCE = lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p))
MARGIN = lambda x, y, m, p: sum(max(m - x[y] + x[j], 0) ** p for j in range(3) if j != y) / 3
KL = lambda t, x: np.where(t > 0, t * (np.log(np.where(t > 0, t, 1)) - x), 0)
GAUSS = lambda v: 0.5 * (np.log(v) + (A - B) ** 2 / v)
SIGNS = np.where(B > 0.4, 1, -1)
V = np.array([[0.5, 2.0, 1.0], [4.0, 0.25, 3.0]])

# What to call, of what, and how: the losses of all examples or elements.
LOSSES = {
    "mse": (F.mse_loss, (A, B), {}, D**2),
    "l1": (F.l1_loss, (A, B), {}, D),
    "huber": (F.huber_loss, (A, B), {}, HUBER(D, 1.0)),
    "huber, delta": (F.huber_loss, (A, B), {"delta": 2.0}, HUBER(D, 2.0)),
    "smooth l1": (F.smooth_l1_loss, (A, B), {}, HUBER(D, 1.0)),
    "smooth l1, beta": (F.smooth_l1_loss, (A, B), {"beta": 0.5}, HUBER(D, 0.5) / 0.5),
    "smooth l1 of 0": (F.smooth_l1_loss, (A, B), {"beta": 0}, D),
    "gauss": (F.gaussian_nll_loss, (A, B, V), {}, GAUSS(V)),
    "gauss, full": (F.gaussian_nll_loss, (A, B, V), {"full": True}, GAUSS(V) + math.log(2 * math.pi) / 2),
    "gauss, a column": (F.gaussian_nll_loss, (A, B, V[:, :1]), {}, GAUSS(V[:, :1])),
    "gauss, for each example": (F.gaussian_nll_loss, (A, B, V[:, 0]), {}, GAUSS(V[:, :1])),
    "gauss of a number": (F.gaussian_nll_loss, (A, B), {"var": 2.0}, GAUSS(2.0)),
    "gauss of none": (F.gaussian_nll_loss, (A, B), {"var": 0.0}, GAUSS(1e-6)),
    "gauss, eps": (F.gaussian_nll_loss, (A, B), {"var": 0.0, "eps": 0.5}, GAUSS(0.5)),
    "hinge embedding": (F.hinge_embedding_loss, (A, SIGNS), {}, np.where(SIGNS == 1, A, np.maximum(1 - A, 0))),
    "hinge embedding, margin": (F.hinge_embedding_loss, (A, SIGNS), {"margin": 2.5}, np.where(SIGNS == 1, A, np.maximum(2.5 - A, 0))),
    "bce": (F.binary_cross_entropy, (P, Q), {}, BCE(P, Q)),
    "bce, weight": (F.binary_cross_entropy, (P, Q), {"weight": W}, BCE(P, Q) * W),
    "bce, a list": (F.binary_cross_entropy, (P, Q), {"weight": [[1], [3]]}, BCE(P, Q) * [[1], [3]]),
    "bce, a number": (F.binary_cross_entropy, (P, Q), {"weight": 3}, BCE(P, Q) * 3),
    "logits": (F.binary_cross_entropy_with_logits, (A, Q), {}, BCE(SIGMOID, Q)),
    "logits, weight": (F.binary_cross_entropy_with_logits, (A, Q), {"weight": W}, BCE(SIGMOID, Q) * W),
    "logits, pos_weight": (F.binary_cross_entropy_with_logits, (A, Q), {"pos_weight": W}, -(W * Q * np.log(SIGMOID) + (1 - Q) * np.log(1 - SIGMOID))),
    "kl": (F.kl_div, (np.log(P), Q), {}, KL(Q, np.log(P))),
    "kl of logarithms": (F.kl_div, (np.log(P), np.log(P[::-1])), {"log_target": True}, KL(P[::-1], np.log(P))),
    "cross entropy": (F.cross_entropy, (A, Y), {}, OWN),
    "cross entropy of probabilities": (F.cross_entropy, (A, Q), {}, -np.sum(Q * LOGS, 1)),
    "cross entropy, weighted probabilities": (F.cross_entropy, (A, Q), {"weight": W}, -np.sum(Q * LOGS * W, 1)),
    "cross entropy, smoothed probabilities": (F.cross_entropy, (A, Q), {"label_smoothing": 0.3}, -np.sum((0.7 * Q + 0.1) * LOGS, 1)),
    "cross entropy of rows": (F.cross_entropy, (A, np.eye(3, dtype=int)[Y]), {}, OWN),
    "cross entropy, smoothing": (F.cross_entropy, (A, Y), {"label_smoothing": 0.3}, 0.7 * OWN + 0.3 * SPREAD),
    "cross entropy, ignored by default": (F.cross_entropy, (A, np.array([-100, 0])), {}, OWN * [0, 1]),
    "cross entropy, all smoothing": (F.cross_entropy, (A, Y), {"label_smoothing": 1}, SPREAD),
    "nll": (F.nll_loss, (LOGS, Y), {}, OWN),
    "nll, ignored by default": (F.nll_loss, (LOGS, np.array([-100, 0])), {}, OWN * [0, 1]),
    "margins": (F.multi_margin_loss, (A, Y), {}, np.array([MARGIN(a, y, 1, 1) for a, y in zip(A, Y)])),
    "margins, squared": (F.multi_margin_loss, (A, Y), {"p": 2, "margin": 0.5}, np.array([MARGIN(a, y, 0.5, 2) for a, y in zip(A, Y)])),
}  # fmt: skip


def bend(f, arrays, settings):
    """With a weight for each loss, so that no two derivatives look alike."""

    def cost(*xs):
        losses = f(*xs, *arrays[len(xs) :], **settings, reduction="none")
        return np.sum(losses * np.cos(np.arange(losses.size)).reshape(losses.shape))

    return cost  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_losses_worked_out_by_hand(name):
    f, arrays, settings, losses = LOSSES[name]
    for xs in arrays, (Tensor(arrays[0]), *arrays[1:]), tuple(map(np.ndarray.tolist, arrays)):
        np.testing.assert_allclose(F_data(f(*xs, **settings, reduction="none")), losses, rtol=1e-13)
    share = np.count_nonzero(losses) if "ignored" in name else losses.size
    np.testing.assert_allclose(f(*arrays, **settings), np.sum(losses) / share, rtol=1e-13)
    np.testing.assert_allclose(f(*arrays, **settings, reduction="mean"), np.sum(losses) / share, rtol=1e-13)
    np.testing.assert_allclose(f(*arrays, **settings, reduction="sum"), np.sum(losses), rtol=1e-13)
    with pytest.raises(ValueError, match=r"reduction must be 'mean', 'sum' or 'none', not 'max'"):
        f(*arrays, **settings, reduction="max")


def F_data(y):
    return y.data if isinstance(y, Tensor) else y


@pytest.mark.parametrize("name", LOSSES)
def test_their_derivatives(name):
    f, arrays, settings, _ = LOSSES[name]
    if "ignored" in name:
        arrays = arrays[0], Y
    xs = [a for a in arrays if a.dtype == float]
    if f is F.l1_loss or settings.get("beta") == 0:
        xs[0] = xs[0] + 0.01  # off the corner
    if f in (F.cross_entropy, F.kl_div, F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        xs = xs[:1]  # differences would step out of what may be targets
    assert gradcheck(bend(f, arrays, settings), xs, order=2)


@pytest.mark.parametrize("name", ["cross entropy of probabilities", "bce", "logits", "kl"])
def test_derivatives_of_targets(name):
    """Of numbers within the bounds of what may be a target."""
    f, (a, _), settings, _ = LOSSES[name]
    turned = lambda t: np.exp(t) / np.sum(np.exp(t), 1, keepdims=True)  # always probabilities
    assert gradcheck(lambda t: bend(f, (a,), settings)(Tensor(a), turned(t)), B, order=2)


@pytest.mark.parametrize("name", LOSSES)
def test_modules_are_these_functions(name):
    f, arrays, settings, losses = LOSSES[name]
    for loss in vars(nn).values():
        if inspect.isclass(loss) and issubclass(loss, nn.MSELoss.__base__) and loss.function is f:
            np.testing.assert_allclose(loss(**settings, reduction="none")(*arrays), losses, rtol=1e-13)
            np.testing.assert_allclose(loss(**settings)(*arrays), f(*arrays, **settings), rtol=1e-13)
            return
    assert f is F.gaussian_nll_loss


def test_batchmean():
    np.testing.assert_allclose(F.kl_div(np.log(P), Q, "batchmean"), np.sum(KL(Q, np.log(P))) / 2)
    np.testing.assert_allclose(nn.KLDivLoss("batchmean")(np.log(P), Q), np.sum(KL(Q, np.log(P))) / 2)


# ------------------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, W, [0.5, 2.0, 4.0]], ids=["alike", "weights", "a list"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("ignore", [-100, 1, 2])
def test_weights_what_is_ignored_and_smoothing(reduction, weight, smoothing, ignore):
    y = np.array([2, 0, 1, -100]) if ignore == -100 else np.array([2, 0, 1, 0])
    x = np.concatenate([A, B])
    logs = x - np.log(np.sum(np.exp(x), 1, keepdims=True))
    w, counting = np.ones(3) if weight is None else W, y != ignore
    own = -logs[np.arange(4), np.where(counting, y, 0)] * w[np.where(counting, y, 0)]
    losses = np.where(counting, (1 - smoothing) * own - smoothing * np.sum(logs * w, 1) / 3, 0)
    wanted = {"none": losses, "sum": np.sum(losses), "mean": np.sum(losses) / np.sum(w[y[counting]])}[reduction]
    settings = {"weight": weight, "ignore_index": ignore, "reduction": reduction}
    np.testing.assert_allclose(F.cross_entropy(x, y, label_smoothing=smoothing, **settings), wanted, rtol=1e-13)
    f = lambda x: np.sum(
        F.cross_entropy(x, y, label_smoothing=smoothing, **settings)
        * np.arange(1, 1 + wanted.size).reshape(wanted.shape)
    )
    assert gradcheck(f, x, order=2)
    if not smoothing:
        np.testing.assert_allclose(F.nll_loss(logs, y, **settings), wanted, rtol=1e-13)


@pytest.mark.parametrize("f", [F.cross_entropy, F.nll_loss, F.multi_margin_loss])
def test_classes_are_the_second_axis(f):
    x = -np.abs(np.random.default_rng(0).normal(size=(2, 3, 4, 5)))
    y = np.random.default_rng(1).integers(0, 3, (2, 4, 5))
    flat = f(np.moveaxis(x, 1, -1).reshape(-1, 3), y.ravel(), reduction="none")
    np.testing.assert_allclose(f(x, y, reduction="none"), flat.reshape(2, 4, 5))
    np.testing.assert_allclose(f(x, y), np.mean(flat))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.3}, {"weight": W}], ids=str)
@pytest.mark.parametrize("target", [1, Q[0], [0, 1, 0]], ids=["a number", "probabilities", "a row"])
def test_one_example(target, settings, reduction):
    """Has one loss, of shape ()."""
    x = Tensor(LOGS[0], requires_grad=True)
    one = F.cross_entropy(x, target, reduction=reduction, **settings)
    assert one.shape == ()
    wanted = F.cross_entropy(LOGS[:1], np.array([target]), reduction=reduction, **settings)
    np.testing.assert_allclose(one.data, np.sum(wanted))
    one.backward()
    assert x.grad.shape == (3,)
    if np.ndim(target) == 0 and "label_smoothing" not in settings:
        np.testing.assert_allclose(F.nll_loss(LOGS[0], target, reduction=reduction, **settings), one.data)
    if np.ndim(target) == 0 and not settings:
        assert F.multi_margin_loss(A[0], target, reduction=reduction).shape == ()


def test_rows_of_integers_leave_single_precision_alone():
    for dtype in int, bool, np.uint8:
        assert F.cross_entropy(A.astype(np.float32), np.eye(3)[Y].astype(dtype)).dtype == np.float32
    assert F.cross_entropy(A.astype(np.float32), Y, weight=[1.0, 2.0, 3.0]).dtype == np.float32
    assert (
        F.binary_cross_entropy(P.astype(np.float32), Q.astype(np.float32), weight=[1.0, 2.0, 3.0]).dtype == np.float32
    )


# ------------------------------------------------------------------------------------------- corners and ends


def test_absolute_differences_are_what_smooth_ones_approach():
    x = Tensor([2.0, -1.0, 0.5], requires_grad=True)
    for beta in 0, 0.0, 1e-9:
        x.grad = None
        loss = F.smooth_l1_loss(x, np.zeros(3), "sum", beta)
        loss.backward()
        np.testing.assert_allclose((loss.item(), *x.grad.data), (3.5, 1, -1, 1), rtol=1e-8)
    np.testing.assert_array_equal(
        func.hessian(lambda x: F.smooth_l1_loss(x, np.zeros(2), "sum", beta=0) + np.sum(x**2))(
            np.array([1.0, -2.0])
        ).data,
        2 * np.eye(2),
    )
    assert nn.SmoothL1Loss(beta=0)(A, B) == np.mean(D)


def test_squares_end_where_lines_begin():
    d = np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(F.huber_loss(d, 0 * d, "none"), [0.125, 0.5, 1.5])
    np.testing.assert_allclose(
        func.grad(lambda d: F.huber_loss(d, np.zeros(3), "sum", delta=1.5))(d).data, [0.5, 1.0, 1.5]
    )
    np.testing.assert_allclose(func.grad(lambda d: F.huber_loss(d, np.zeros(3), "sum"))(-d).data, [-0.5, -1.0, -1.0])


def test_probabilities_of_0_and_1_cost_at_most_100():
    p = np.array([0.0, 1.0, 0.0, 1.0])
    np.testing.assert_allclose(
        F.binary_cross_entropy(p, np.array([1.0, 0.0, 0.0, 1.0]), reduction="none"), [100, 100, 0, 0], atol=1e-12
    )
    small = F.binary_cross_entropy(p.astype(np.float32), np.array([1, 0, 0, 1], np.float32), reduction="none")
    assert np.isfinite(small).all()
    np.testing.assert_allclose(small[:2], -np.log(np.finfo(np.float32).tiny), rtol=1e-6)


def test_targets_that_are_nan_are_not_lost():
    """The cost is NaN too; where it would not be, they are refused."""
    t = np.array([[np.nan, 0.5, 0.5], [0.2, 0.3, 0.5]])
    for f, x in (
        (F.binary_cross_entropy, P),
        (F.binary_cross_entropy_with_logits, A),
        (F.cross_entropy, A),
        (F.mse_loss, A),
        (F.l1_loss, A),
        (F.huber_loss, A),
    ):
        assert np.isnan(f(x, t)), f
    assert np.isnan(F.gaussian_nll_loss(A, B, t))
    with pytest.raises(ValueError, match="negative or NaN"):
        F.kl_div(np.log(P), t)
    with pytest.raises(ValueError, match="targets are 1"):
        F.hinge_embedding_loss(A, np.where(SIGNS == 1, 1.0, np.nan))


def test_targets_behind_a_mask_are_not_taken_for_targets():
    for f, x, t in (
        (F.cross_entropy, A, Y),
        (F.mse_loss, A, B),
        (F.l1_loss, A, B),
        (F.binary_cross_entropy_with_logits, A, Q),
    ):
        with pytest.raises(TypeError):
            f(Tensor(x, requires_grad=True), np.ma.masked_array(t, t == t.flat[0]))


# --------------------------------------------------------------------------------------------- refusals

COLUMN = A[:, :1]
REFUSED = {
    "one output": (lambda: F.cross_entropy(COLUMN, [0, 0]), r"two classes, and the output, of shape \(2, 1\), has 1 .*nn.BCEWithLogitsLoss\) with a column"),
    "one output, rows": (lambda: F.cross_entropy(COLUMN, [[1.0], [1.0]]), "cross_entropy compares .* there would be nothing to learn"),
    "one output of nll": (lambda: F.nll_loss(-np.abs(COLUMN), [0, 0]), "nll_loss compares .* nothing to learn"),
    "one output of margins": (lambda: F.multi_margin_loss(COLUMN, [0, 0]), "multi_margin_loss compares .* nothing to learn"),
    "a number": (lambda: F.cross_entropy(1.0, 0), "has 1 for each example"),
    "one example of one output": (lambda: F.cross_entropy([1.0], 0), "has 1 for each example"),
    "images of one channel": (lambda: F.cross_entropy(np.ones((2, 1, 3)), np.zeros((2, 3), int)), "has 1 for each example"),
    "other shape": (lambda: F.cross_entropy(A, [0, 1, 2]), r"indices of shape \(2,\), or probabilities of the output's shape; it has shape \(3,\)"),
    "rows for nll": (lambda: F.nll_loss(-np.abs(A), np.eye(3, dtype=int)[Y]), r"indices of shape \(2,\); it has shape \(2, 3\)"),
    "rows for margins": (lambda: F.multi_margin_loss(A, np.eye(3, dtype=int)[Y]), r"indices of shape \(2,\); it has shape \(2, 3\)"),
    "several ones": (lambda: F.cross_entropy(A, [[1, 1, 0], [0, 0, 1]]), r"rows with a single 1 each.*class numbers are of shape \(2,\).*several .*nn.BCEWithLogitsLoss"),
    "no one": (lambda: F.cross_entropy(A, [[1, 0, 0], [0, 0, 0]]), "rows with a single 1 each"),
    "numbers of the output's shape": (lambda: F.cross_entropy(A, [[2, -1, 0], [0, 0, 1]]), "rows with a single 1 each"),
    "truths": (lambda: F.cross_entropy(A, [[True, True, False]] * 2), "rows with a single 1 each"),
    "a batch without its axis": (lambda: F.cross_entropy(A[:, 0], [0, 0]), r"of the output's shape, \(1, 2\), must be rows"),
    "floats above 1": (lambda: F.cross_entropy(A, 2 * Q), "between 0 and 1; these go from 0 to 1.2"),
    "floats below 0": (lambda: F.cross_entropy(A, Q - 0.25), "between 0 and 1; these go from -0.25"),
    "float classes": (lambda: F.cross_entropy(A, [1.0, 0.0]), r"class indices, integers; it is float64 of shape \(2,\).*astype\(np.int64\)"),
    "classes below 0": (lambda: F.cross_entropy(A, [-1, 0]), r"from 0 to 2; these go from -1 to 0"),
    "margins above": (lambda: F.multi_margin_loss(A, [3, 0]), r"multi_margin_loss: class indices must be from 0 to 2; these go from 0 to 3"),
    "margins below": (lambda: F.multi_margin_loss(A, [-1, 0]), "multi_margin_loss: class indices must be from 0 to 2"),
    "margins of floats": (lambda: F.multi_margin_loss(A, [1.0, 0.0]), "multi_margin_loss: .* class indices, integers"),
    "margins to the third": (lambda: F.multi_margin_loss(A, Y, p=3), "p must be 1 or 2, not 3"),
    "margins to nothing": (lambda: F.multi_margin_loss(A, Y, p=0), "p must be 1 or 2, not 0"),
    "weights of classes": (lambda: F.cross_entropy(A, Y, weight=np.ones(2)), r"weight must have shape \(3,\), a number for each class; it has shape \(2,\)"),
    "weights of examples": (lambda: F.nll_loss(-np.abs(A), Y, weight=np.ones((2, 1))), r"weight must have shape \(3,\), a number for each class; it has shape \(2, 1\)"),
    "too smooth": (lambda: F.cross_entropy(A, Y, label_smoothing=1.01), "label_smoothing=1.01"),
    "too rough": (lambda: F.cross_entropy(A, Y, label_smoothing=-0.01), "label_smoothing=-0.01"),
    "signs": (lambda: F.binary_cross_entropy(P, [[-1.0, 1, 1], [1, 1, 1]]), r"binary_cross_entropy: targets must be probabilities, .* from -1 to 1\. .*\(y \+ 1\) / 2"),
    "bytes": (lambda: F.binary_cross_entropy_with_logits(A, [[0, 255, 3]] * 2), r"with_logits: targets .* from 0 to 255\. .* y / 255"),
    "class numbers": (lambda: nn.BCEWithLogitsLoss()(A, [[3.0, 9.0, 1.0]] * 2), "Class numbers go with cross_entropy"),
    "no probabilities": (lambda: F.binary_cross_entropy(A, Q), r"inputs must be probabilities.*nn.BCEWithLogitsLoss"),
    "a weight that stretches": (lambda: F.binary_cross_entropy(P[:, :1], Q[:, :1], weight=W), r"weight of shape \(3,\) does not fit losses of shape \(2, 1\)"),
    "one of more axes": (lambda: F.binary_cross_entropy_with_logits(A, Q, weight=np.ones((1, 2, 3))), r"weight of shape \(1, 2, 3\)"),
    "one of another length": (lambda: F.binary_cross_entropy_with_logits(A, Q, weight=np.ones(2)), r"w\[:, None\]"),
    "a pos_weight that stretches": (lambda: F.binary_cross_entropy_with_logits(A[:, :1], Q[:, :1], pos_weight=W), r"pos_weight of shape \(3,\) does not fit"),
    "delta of 0": (lambda: F.huber_loss(A, B, delta=0), "delta=0 must be above 0"),
    "delta of nan": (lambda: F.huber_loss(A, B, delta=math.nan), "delta=nan must be above 0"),
    "beta below 0": (lambda: F.smooth_l1_loss(A, B, beta=-0.5), "beta=-0.5 must not be negative"),
    "beta of nan": (lambda: F.smooth_l1_loss(A, B, beta=math.nan), "beta=nan must not be negative"),
    "no signs": (lambda: F.hinge_embedding_loss(A, (SIGNS + 1) / 2), r"targets are 1 .* -1 .* 2 \* y - 1"),
    "negative targets": (lambda: F.kl_div(np.log(P), -Q), "negative or NaN. .* log_target=True"),
    "negative variance": (lambda: F.gaussian_nll_loss(A, B, -V), "a variance is never negative"),
    "a negative variance": (lambda: F.gaussian_nll_loss(A, B, -0.5), "a variance is never negative"),
    "variances that stretch": (lambda: F.gaussian_nll_loss(A, B, np.ones((1, 3))), r"for an output of shape \(2, 3\).* it has shape \(1, 3\)"),
    "variances of the last axis": (lambda: F.gaussian_nll_loss(A, B, np.ones(3)), r"it has shape \(3,\)"),
    "eps of 0": (lambda: F.gaussian_nll_loss(A, B, V, eps=0), "eps=0 must be above 0"),
    **{f"{f.__name__} of other shapes": (lambda f=f, more=tuple(more): f(P[:, 0], Q[:, :1], *more), r"the output has shape \(2,\) and the target \(2, 1\); they must be equal")
       for f, *more in [(F.mse_loss,), (F.l1_loss,), (F.huber_loss,), (F.smooth_l1_loss,), (F.gaussian_nll_loss, 1.0), (F.binary_cross_entropy,),
                        (F.binary_cross_entropy_with_logits,), (F.kl_div,), (F.hinge_embedding_loss,)]},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(name):
    f, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        f()


def test_variances_of_images():
    a, b, v = np.ones((2, 3, 4)), np.zeros((2, 3, 4)), 1.0 + np.arange(6.0).reshape(2, 3)
    for var in v, v[..., None], np.broadcast_to(v[..., None], a.shape):
        np.testing.assert_allclose(
            F.gaussian_nll_loss(a, b, var, reduction="none"),
            np.broadcast_to(0.5 * (np.log(v) + 1 / v)[..., None], a.shape),
        )
    for shape in (2,), (2, 1), (3, 4), (2, 1, 1), (2, 1, 4), (2, 4), (1, 3):
        with pytest.raises(ValueError, match="the variance must be of that shape"):
            F.gaussian_nll_loss(a, b, np.ones(shape))


def test_how_much_is_rounding():
    """And how much is said, or refused."""
    for dtype in np.float32, np.float64:
        eps, zero = np.finfo(dtype).eps, np.zeros((1, 1), dtype)
        for f in F.binary_cross_entropy, F.binary_cross_entropy_with_logits:
            for t in 1 + 4 * eps, -4 * eps:
                f(zero + dtype(0.5), zero + dtype(t))
            for t in 1 + 5 * eps, -5 * eps:
                with pytest.raises(ValueError, match="between 0 and 1"):
                    f(zero + dtype(0.5), zero + dtype(t))
    for t in 2, -1:
        with pytest.raises(ValueError, match=rf"go from {t} to {t}\."):
            F.binary_cross_entropy(np.array([0.5]), np.array([t]))
    rows = np.array([[0.5, 0.5 + 0.009], [0.5, 0.5]])
    F.cross_entropy(A[:, :2], rows)
    for off in 0.02, -0.02:
        with pytest.warns(UserWarning, match="1 of 2 rows of the target"):
            F.cross_entropy(A[:, :2], rows + [[0, off], [0, 0]])
    F.nll_loss(np.array([[0.01, -1.0]]), [0])
    with pytest.warns(UserWarning, match="go up to 0.011"):
        F.nll_loss(np.array([[0.011, -1.0]]), [0])


def test_variances_of_square_outputs_are_those_of_examples():
    """Where a variance for each example would also fit the last axis."""
    a, b, v = A[:, :2], B[:, :2], V[:, 0]
    np.testing.assert_allclose(
        F.gaussian_nll_loss(a, b, v, reduction="none"), 0.5 * (np.log(v[:, None]) + (a - b) ** 2 / v[:, None])
    )


@pytest.mark.parametrize(("f", "message"), [
    (lambda: F.cross_entropy(A, np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])), "1 of 2 rows of the target don't sum to 1.*nn.BCEWithLogitsLoss"),
    (lambda: F.nll_loss(A, Y), "nll_loss: its inputs should be logarithms .* go up to 3"),
    (lambda: F.kl_div(P, Q), "kl_div: its inputs should be logarithms"),
    (lambda: F.kl_div(np.log(P), P, log_target=True), "with log_target=True, its targets should be logarithms"),
    (lambda: F.cross_entropy(F.softmax(Tensor(A, requires_grad=True)), Y), "applies softmax itself, and its input comes from softmax"),
    (lambda: nn.CrossEntropyLoss()(nn.Sigmoid()(Tensor(A, requires_grad=True)), Y), "applies softmax itself, and its input comes from sigmoid"),
    (lambda: F.binary_cross_entropy_with_logits(F.sigmoid(Tensor(A, requires_grad=True)), Q), "applies sigmoid itself, and its input comes from sigmoid"),
])  # fmt: skip
def test_what_is_odd_is_said_to_the_line_that_asked(f, message):
    with pytest.warns(UserWarning, match=message) as said:
        f()
    assert [w.filename for w in said] == [__file__]


@pytest.mark.filterwarnings("error")
def test_what_is_right_is_met_with_silence():
    x = Tensor(A, requires_grad=True)
    F.cross_entropy(F.log_softmax(x, 1), Y)
    F.nll_loss(F.log_softmax(x, 1), Y)
    F.nll_loss(np.log(P), Y)
    F.cross_entropy(x, F.softmax(Tensor(B, dtype=np.float16)))
    F.binary_cross_entropy(
        F.sigmoid(x), np.float32(1.0) + np.zeros((2, 3), np.float32) + np.finfo(np.float32).eps
    )  # 1 but for rounding
    F.cross_entropy(np.ones((0, 3)), np.ones((0, 3)), reduction="sum")
    F.binary_cross_entropy(np.ones((0, 1)), np.ones((0, 1)), reduction="sum")
    F.nll_loss(np.ones((0, 3)), np.ones(0, int), reduction="sum")


numbers = st.floats(-300, 300).filter(lambda a: not -1e-6 < a < 1 + 1e-6)


@given(st.data(), st.sampled_from([np.float32, np.float64]))
def test_no_number_outside_of_0_to_1_is_a_probability(data, dtype):
    """Wherever it is, however given, and captured or not."""
    shape = data.draw(st.sampled_from([(3,), (2, 3), (1, 2, 2)]))
    x = np.linspace(0.1, 0.9, math.prod(shape)).reshape(shape).astype(dtype)
    t = x[::-1].copy()
    t.flat[data.draw(st.integers(0, t.size - 1))] = data.draw(numbers)
    wrap = data.draw(st.sampled_from([np.asarray, Tensor, lambda t: Tensor(t, requires_grad=True), np.ndarray.tolist]))
    for f in F.binary_cross_entropy, F.binary_cross_entropy_with_logits, F.cross_entropy:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(ValueError, match="between 0 and 1; these go from"):
                f(Tensor(x), wrap(t))


@given(st.integers(2, 5), st.data())
def test_no_other_number_is_a_class(classes, data):
    n = data.draw(st.integers(1, 4))
    x = -np.ones((n, classes))
    y = np.zeros(n, int)
    y[data.draw(st.integers(0, n - 1))] = data.draw(
        st.integers(-300, 300).filter(lambda i: not 0 <= i < classes and i != -100)
    )
    for f in F.cross_entropy, F.nll_loss, F.multi_margin_loss:
        with pytest.raises(ValueError, match=f"class indices must be from 0 to {classes - 1}"):
            f(x, y)
    with pytest.raises(ValueError, match="single 1"):
        F.cross_entropy(x, np.broadcast_to(y[:, None], x.shape).copy())


SHAPES = [shape for n in range(4) for shape in product((1, 2, 3)[: 4 - n or 2], repeat=n)]


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_a_weight_never_stretches_the_losses(shape):
    p = np.full(shape, 0.25)
    for w in map(np.ones, SHAPES):
        try:
            fits = np.broadcast_shapes(shape, w.shape) == shape
        except ValueError:
            fits = False
        for f, way in (
            (F.binary_cross_entropy, "weight"),
            (F.binary_cross_entropy_with_logits, "weight"),
            (F.binary_cross_entropy_with_logits, "pos_weight"),
        ):
            if fits:
                assert f(p, p, reduction="none", **{way: w}).shape == shape
            else:
                with pytest.raises(ValueError, match=f"{way} of shape .* does not fit losses"):
                    f(p, p, **{way: w})


@pytest.mark.parametrize(("f", "x", "good", "bad"), [
    (F.binary_cross_entropy, P, Q, Q + 1), (F.binary_cross_entropy_with_logits, A, Q, -Q), (F.cross_entropy, A, Y, Y + 1), (F.cross_entropy, A, Q, Q - 1),
    (F.cross_entropy, A, np.eye(3, dtype=int), np.ones((3, 3), int)), (F.kl_div, np.log(P), Q, -Q), (F.hinge_embedding_loss, A, SIGNS, 2 * SIGNS),
    (F.multi_margin_loss, A, Y, Y - 1), (lambda x, v: F.gaussian_nll_loss(x, B, v), A, V, -V)], ids=lambda a: getattr(a, "__name__", None))  # fmt: skip
def test_what_is_captured_refuses_too(f, x, good, bad):
    x = np.concatenate([x, x[:1]])[: len(good)]
    g = capture(func.grad(lambda x, t: f(x, t)))
    for _ in range(5):
        np.testing.assert_allclose(g(x, good).data, func.grad(lambda x, t: f(x, t))(x, good).data)
    with pytest.raises(ValueError, match=r"must|single|never|negative|targets are"):
        g(x, bad)


@pytest.mark.parametrize("cost", [nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MSELoss(), nn.BCELoss()])
def test_targets_that_are_hidden_are_not_learnt_from(cost):
    target = (
        np.ma.masked_array(Y, [True, *[False] * (len(Y) - 1)])
        if isinstance(cost, nn.CrossEntropyLoss | nn.NLLLoss)
        else np.ma.masked_array(Q, Q > 0.5)
    )
    with pytest.raises(TypeError, match="mask would be lost"):
        cost(Tensor(np.log(P) if isinstance(cost, nn.NLLLoss) else P), target)
