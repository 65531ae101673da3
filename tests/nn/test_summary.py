"""The table of a network's layers."""

import numpy as np
import pytest

from tinygrad_edu import nn


def rows(table):
    return [(r.name, r.kind, r.shapes, r.parameters, r.multiply_adds) for r in table.rows]


def test_layers_shapes_parameters_and_work():
    model = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid()
    )
    table = nn.summary(model, np.zeros((32, 784), np.float32))
    assert table.parameters == table.trainable == 13_002
    assert table.multiply_adds == 32 * (784 * 16 + 16 * 16 + 16 * 10)
    assert rows(table)[0] == ("0", "Linear", "(32, 16)", 12_560, 32 * 784 * 16)
    assert "13,002" in repr(table)


def test_a_convolution_counts_its_window():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 3 * 3, 2)
    )
    table = nn.summary(model, np.zeros((1, 3, 16, 16), np.float32))
    assert table.rows[0].multiply_adds == 8 * 6 * 6 * 3 * 5 * 5
    assert [r.shapes for r in table.rows] == ["(1, 8, 6, 6)", "(1, 8, 6, 6)", "(1, 8, 3, 3)", "(1, 72)", "(1, 2)"]


def test_sequences_and_what_lies_within_is_counted_once():
    lstm = nn.summary(nn.LSTM(4, 8, batch_first=True), np.zeros((2, 5, 4), np.float32))
    assert lstm.multiply_adds == 2 * 5 * (4 * 32 + 8 * 32)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    table = nn.summary(layer, np.zeros((2, 5, 8), np.float32))
    assert sum(r.parameters for r in table.rows) == table.parameters == layer.parameter_count()
    assert table.multiply_adds == 2 * 5 * (4 * 8 * 8 + 2 * 8 * 16) + 2 * 2 * 5 * 5 * 8
    names = nn.summary(nn.Embedding(7, 3), np.array([[1, 2]]))
    assert rows(names) == [("Embedding", "Embedding", "(1, 2, 3)", 21, 0)]


def test_the_model_is_as_it_was():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout())
    before = model.state_dict()
    for p in model[0].parameters():
        p.requires_grad = False
    table = nn.summary(model, np.ones((5, 3), np.float32))
    assert "of which 16 are frozen" in repr(table)
    assert model.training
    assert type(model[0]) is nn.Linear
    with pytest.raises(TypeError, match=r"looks like a shape: give np\.zeros\(\(5, 3\)\)"):
        nn.summary(model, (5, 3))
    assert "_hooks" not in vars(model[0])
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    with pytest.raises(ValueError, match="wants inputs of shape"):
        nn.summary(model, np.ones((5, 2), np.float32))
    assert type(model[0]) is nn.Linear
