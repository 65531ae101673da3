"""Pictures of what was learnt: training curves, confusions, guesses."""

import numpy as np
import pytest

from tinygrad_edu import viz
from tinygrad_edu.viz.confusion import count_matrix, mistakes
from tinygrad_edu.viz.history import read_history


def lines(axes):
    return {line.get_label(): line.get_data() for line in axes.lines if not line.get_label().startswith("_")}


def test_a_figure_and_its_validation_share_a_picture():
    figure = viz.history(
        {"loss": [3, 2, 1], "val_loss": [3, 2.5, 2.7], "accuracy": [0.1, 0.5, 0.9], "val_accuracy": [0.1, 0.4, 0.3]}
    )
    figure.canvas.draw()
    losses, accuracies = figure.axes
    assert lines(losses).keys() == {"loss", "val_loss"}
    assert lines(accuracies).keys() == {"accuracy", "val_accuracy"}
    np.testing.assert_array_equal(lines(losses)["val_loss"], [[1, 2, 3], [3, 2.5, 2.7]])
    assert [axes.texts[0].get_text() for axes in (losses, accuracies)] == ["2.5", "0.4"], "the best"
    assert losses.get_xlabel() == "epoch"


@pytest.mark.parametrize(
    ("training", "unseen"),
    [("train_loss", "test_loss"), ("training cost", "test cost"), ("train_loss", "val_loss"), ("cost", "test cost")],
)
def test_the_cost_of_a_test_stands_beside_that_of_the_training_whatever_they_are_called(training, unseen):
    [axes] = viz.history({unseen: [3, 2.5, 2.7], training: [3, 2, 1]}).axes
    assert lines(axes).keys() == {training, unseen}
    assert axes.get_title(loc="left") in ("loss", "cost")
    assert [t.get_text() for t in axes.texts] == ["2.5"], "the best of the unseen only"
    assert [t.get_text() for t in axes.get_legend().get_texts()] == [training, unseen]


def test_what_fit_returns_is_a_history():
    from tinygrad_edu.training import History

    history = History()
    history.record(1, {"loss": 2.0})
    history.record(2, {"loss": 1.0, "val_loss": 1.5})
    places, columns, over = read_history(history)
    assert list(places) == [1, 2]
    assert over == "epoch"
    np.testing.assert_array_equal(columns["val_loss"], [np.nan, 1.5])


def test_records_of_the_training_command_with_tests_now_and_then():
    records = [{"images": 32, "cost": 1 / (i + 1), "accuracy": 0.5} for i in range(100)]
    records[49]["test accuracy"], records[99]["test accuracy"] = 0.4, 0.6
    figure = viz.history(records)
    costs, accuracies = figure.axes
    assert costs.get_xlabel() == "training images seen"
    np.testing.assert_array_equal(lines(accuracies)["test accuracy"], [[1600, 3200], [0.4, 0.6]])
    pale, mean = costs.lines
    np.testing.assert_allclose(pale.get_ydata(), 1 / np.arange(1, 101))
    assert mean.get_ydata()[50] == pytest.approx(np.mean(1 / np.arange(44, 59)))


def test_plain_numbers_are_a_loss_and_infinities_are_marked():
    figure = viz.history([1.0, np.inf, np.nan, 2.0])
    figure.canvas.draw()
    curve, gone = figure.axes[0].lines
    np.testing.assert_array_equal(curve.get_xdata(), [1, 4])
    assert gone.get_xdata()[0] == 2


@pytest.mark.parametrize(("history", "says"), [
    ({}, "no figures"), ([], "no figures"), ({"loss": []}, "no figures"),
    ({"loss": [1, 2], "val_loss": [1]}, "of one length"),
    ("loss", "a history is"), ([{"loss": 1}, 2], "a history is"),
])  # fmt: skip
def test_what_is_no_history(history, says):
    with pytest.raises((ValueError, TypeError), match=says):
        viz.history(history)


def test_a_confusion_matrix_counts_what_was_taken_for_what():
    labels, guesses = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 0, 0, 2])
    counts = count_matrix(labels, guesses, 3)
    np.testing.assert_array_equal(counts, [[1, 1, 0], [0, 1, 0], [2, 0, 1]])
    assert mistakes(counts, 5) == [(2, 0), (0, 1)]
    figure = viz.confusion(labels, guesses, names=["cat", "dog", "cow"])
    figure.canvas.draw()
    right, left = figure.axes[1], figure.axes[0]
    assert left.get_title(loc="left") == "50.00% right, of 6"
    assert [t.get_text() for t in right.get_yticklabels()] == ["cow → cat", "cat → dog"]
    assert {t.get_text() for t in left.texts} == {"1", "2"}


def test_outputs_are_as_good_as_guesses_and_no_mistakes_need_no_list():
    outputs = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.0]])
    [axes] = viz.confusion([0, 1], outputs).axes
    assert axes.images[0].get_array().shape == (3, 3), "a class that was never met is one too"


@pytest.mark.parametrize(("labels", "guesses", "names", "says"), [
    ([0, 1], [0], None, "2 labels and 1 guesses"),
    ([0, -1], [0, 1], None, "labels must be numbers of classes"),
    ([0.5, 1], [0, 1], None, "labels must be numbers of classes"),
    ([0, 1], np.zeros((2, 2, 2)), None, r"guesses .*shape \(2, 2, 2\)"),
    ([0, 3], [0, 1], ["a", "b"], "4 classes, 0 to 3, and 2 names"),
    ([0, 1], [[-0.3], [2.1]], None, r"one output for each example.*\(outputs > 0\) for logits"),
])  # fmt: skip
def test_what_are_no_classes(labels, guesses, names, says):
    with pytest.raises(ValueError, match=says):
        viz.confusion(labels, guesses, names=names)


def test_a_column_of_classes_is_taken_as_it_reads():
    """The largest of one number is no class: all would be 0."""
    [axes] = viz.confusion([[0], [2], [2]], np.array([[0], [2], [2]])).axes
    assert axes.get_title(loc="left") == "100.00% right, of 3"
    assert [t.get_text() for t in axes.texts] == ["1", "2"]


def test_guesses_stand_in_two_lines():
    outputs = np.array([[0.9, 0.2], [0.8, 0.1], [0.3, 0.4]])
    figure = viz.guesses(np.zeros((3, 4)), [0, 1, 1], outputs, count=4)
    figure.canvas.draw()
    assert [a.get_title() for a in figure.axes] == [
        "says 0\n(0.90)",
        "says 1\n(0.40)",
        "",
        "",
        "says 0\n(0.80)\nis 1",
        "",
        "",
        "",
    ]
    with pytest.raises(ValueError, match="square"):
        viz.guesses(np.zeros((3, 5)), [0, 1, 1], outputs)
    with pytest.raises(ValueError, match="wants images"):
        viz.guesses(np.zeros((3, 4)), [0, 1], outputs)
