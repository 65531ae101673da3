"""Accuracy: of every kind of output; and what it cannot be of."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, evaluate, fit, nn, optim
from tinygrad_edu.nn import functional as F
from tinygrad_edu.training import accuracy
from tinygrad_edu.training.metrics import as_metrics

SCORES = np.array([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4], [0.2, 0.2, 0.6], [0.9, 0.0, 0.1]])  # classes 1, 0, 2, 0


@pytest.mark.parametrize(("target", "wanted"), [
    ([1, 0, 2, 0], 1.0), ([1, 2, 2, 1], 0.5), ([1.0, 2.0, 2.0, 1.0], 0.5), (np.eye(3)[[1, 2, 2, 1]], 0.5), (np.eye(3, dtype=bool)[[1, 2, 2, 1]], 0.5),
    ([[0.2, 0.5, 0.3]] * 4, 0.25), ([1, -100, -100, 1], 0.5), ([0, -100, 2, 0], 2 / 3)])  # fmt: skip
def test_the_largest_of_several_outputs(target, wanted):
    assert accuracy(SCORES, np.asarray(target)) == pytest.approx(wanted)
    assert accuracy(Tensor(SCORES, requires_grad=True), Tensor(target)) == pytest.approx(wanted)
    assert accuracy(SCORES.tolist(), target) == pytest.approx(wanted)


def test_classes_are_the_second_axis():
    scores = np.moveaxis(np.stack([SCORES, SCORES[::-1]]), 2, 1)
    y = np.array([[1, 0, 2, 1], [0, -100, -100, 1]])
    assert accuracy(scores, y) == pytest.approx(5 / 6)
    assert accuracy(scores, np.moveaxis(np.eye(3)[np.abs(y) % 3], 2, 1)) == pytest.approx(5 / 8)


def test_one_output_answers_yes_or_no():
    for shape in (3,), (3, 1):
        p, t = np.array([0.6, 0.5, 0.2]).reshape(shape), np.array([1, 1, 0]).reshape(shape)
        assert accuracy(p, t) == pytest.approx(2 / 3)
        assert accuracy(p, t.astype(bool)) == pytest.approx(2 / 3)
        assert accuracy(p, t * 0.9) == pytest.approx(2 / 3)
        assert accuracy(p, t, threshold=0.0) == pytest.approx(2 / 3)
        assert accuracy(p, t, 0.45) == 1
        assert accuracy(p, 0.5 * t) == pytest.approx(2 / 3)  # a half is no yes, neither as an answer nor as a target


def test_what_is_ignored_does_not_count():
    assert accuracy(SCORES, np.array([1, 0, 1, 1]), ignore_index=1) == 1.0
    assert np.isnan(accuracy(SCORES, np.full(4, -100)))
    with pytest.raises(ValueError, match="from 0 to 2 for 3 outputs, and these go from -100 to 0"):
        accuracy(SCORES, np.array([0, -100, 1, 1]), ignore_index=1)


def test_settings_are_taken_from_the_cost():
    def of(loss):
        return as_metrics("accuracy", loss)["accuracy"].keywords

    assert of(nn.CrossEntropyLoss()) == of(None) == of(nn.MSELoss()) == of(lambda o, t: 0) == {"threshold": 0.5, "ignore_index": -100}
    assert of(nn.NLLLoss(ignore_index=7)) == of(partial(F.cross_entropy, ignore_index=7)) == {"threshold": 0.5, "ignore_index": 7}
    assert of(partial(nn.CrossEntropyLoss(ignore_index=7), weight=None))["ignore_index"] == 7
    assert of(nn.BCEWithLogitsLoss())["threshold"] == of(partial(F.binary_cross_entropy_with_logits, reduction="sum"))["threshold"] == 0.0
    model = nn.Identity()
    assert evaluate(model, (SCORES, np.array([1, 2, 3, 3])), nn.CrossEntropyLoss(ignore_index=3), metrics="accuracy")["accuracy"] == 0.5


@pytest.mark.parametrize(("output", "target", "message"), [
    (SCORES[:, :1], [[0], [3], [9], [1]], r"one output for each example answers yes or no, so its targets are 1 or 0, and these go from 0 to 9"),
    (SCORES[:, :1], [0, 3, 9, 1], "answers yes or no.* class numbers want an output for each class"),
    (SCORES[:, 0], [-1, 1, 1, -1], r"from -1 to 1\. .*\(y \+ 1\) / 2"),
    (SCORES[:, 0], [0.5, 2.25, 1.5, 7.5], "of a cost of numbers, such as nn.MSELoss.*there is no accuracy"),
    (SCORES[:, :1], [0, 1, 1, 0], r"shape \(4, 1\) and targets of shape \(4,\) do not belong together: make the targets a column, y\[:, None\]"),
    (SCORES[:, 0], [[0], [1], [1], [0]], "do not belong together; targets are class numbers"),
    (SCORES, [0, 1, 2], r"shape \(4, 3\) and targets of shape \(3,\) do not belong together"),
    (SCORES, [0, 1, 2, 3], "whole, from 0 to 2 for 3 outputs, and these go from 0 to 3"),
    (SCORES, [0, -1, 2, 0], "these go from -1 to 2"),
    (SCORES, [0, 0.5, 2, 0], "class numbers must be whole"),
    (SCORES, [0, np.nan, 2, 0], "class numbers must be whole"),
    (SCORES, [[1, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]], r"2 of 4 rows .* no single largest number.*several may be right at once"),
    (SCORES, np.zeros((4, 3)), "4 of 4 rows"),
    (SCORES, SCORES * 5, r"rows of probabilities, and these go from 0 to 4.5; class numbers are of shape \(4,\)"),
    (SCORES, SCORES - 0.5, "go from -0.5 to"),
    (SCORES, np.full((4, 3), np.nan), "rows of probabilities"),
    (np.where(SCORES == 0.7, np.nan, SCORES), [1, 0, 2, 0], "1 of the outputs are NaN, and are neither right nor wrong"),
    (np.array([np.nan, 0.5]), [1, 0], "NaN"),
    (SCORES, ["a", "b", "c", "a"], r"are float64 and <U1\. .*np.unique\(y, return_inverse=True\) makes"),
    (SCORES * 1j, [1, 0, 2, 0], "must be real numbers"),
])  # fmt: skip
def test_what_has_no_accuracy(output, target, message):
    with pytest.raises(ValueError, match=message):
        accuracy(output, np.asarray(target))


def test_how_to_measure_several_answers_at_once():
    """As the error says."""
    y = np.array([[1, 1, 0], [0, 0, 1]])
    with pytest.raises(ValueError, match="several may be right") as caught:
        accuracy(SCORES[:2], y)
    code = str(caught.value).partition("by metrics=")[2].partition(", with 0")[0]
    metrics = eval(code, {"np": np})
    assert evaluate(nn.Identity(), (SCORES[:2], y), metrics=metrics)["answers"] == pytest.approx(2 / 3)


@given(st.integers(2, 4), st.integers(1, 5), st.data())
def test_any_class_numbers(classes, n, data):
    numbers = data.draw(st.lists(st.integers(-2, classes + 1) | st.just(-100), min_size=n, max_size=n))
    scores = np.random.default_rng(n).normal(size=(n, classes))
    counting = [i for i, y in enumerate(numbers) if y != -100]
    if all(0 <= numbers[i] < classes for i in counting):
        right = [numbers[i] == scores[i].argmax() for i in counting]
        np.testing.assert_allclose(accuracy(scores, numbers), np.mean(right) if right else np.nan)
    else:
        with pytest.raises(ValueError, match=f"from 0 to {classes - 1}"):
            accuracy(scores, numbers)


def test_in_a_training_too():
    x, y = np.random.default_rng(0).normal(size=(8, 2)), np.arange(8.0)[:, None]
    model = nn.Linear(2, 1)
    with pytest.raises(ValueError, match="there is no accuracy"):
        fit(model, (x, y), nn.MSELoss(), optim.SGD(model.parameters()), metrics="accuracy", progress=False)


@pytest.mark.parametrize("targets", [np.array([0, 1, None, 2]), np.ma.masked_array([1, 0, 2, 0], [0, 1, 0, 0]), [1, 0, None, 0]])
def test_targets_that_are_not_there_are_not_counted_as_wrong(targets):
    with pytest.raises(TypeError, match="accuracy: targets"):
        accuracy(SCORES, targets)
