"""draw: pictures that can be read on a page, without any option."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_draw import boxes, frames, renders

from tinygrad_edu import Tensor, draw, nn, watch

WIDE = 1000  # pixels of a page
rng = np.random.default_rng(0)


class GPT(nn.Module):
    def __init__(self, blocks):
        self.characters, self.places = nn.Embedding(59, 16), nn.Embedding(8, 16)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(16, 4, 64, batch_first=True, norm_first=True) for _ in range(blocks)
        )
        self.norm, self.guess = nn.LayerNorm(16), nn.Linear(16, 59)

    def forward(self, x):
        h = self.characters(x) + self.places(np.arange(x.shape[1]))
        for block in self.blocks:
            h = block(h, is_causal=True)
        return self.guess(self.norm(h))


def gpt():
    model, x = GPT(3), rng.integers(59, size=(2, 8))
    with watch():
        return nn.functional.cross_entropy(np.reshape(model(x), (-1, 59)), rng.integers(59, size=16))


def convolutional():
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.MaxPool2d(2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 32, 5), nn.MaxPool2d(2), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Flatten(), nn.Linear(512, 32), nn.ReLU(), nn.Dropout(0.25), nn.Linear(32, 10),
    )  # fmt: skip
    with watch():
        return nn.CrossEntropyLoss()(model(rng.random((2, 1, 28, 28), dtype="f")), np.array([3, 7]))


def lstm():
    model = nn.LSTM(3, 4)
    with watch():
        return model(rng.normal(size=(8, 1, 3)).astype("f"))[0].sum()


def transformer_layer():
    model = nn.TransformerEncoderLayer(16, 4, 64, batch_first=True)
    with watch():
        return model(rng.normal(size=(2, 5, 16)).astype("f")).sum()


def digits():
    model = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10), nn.Sigmoid()
    )
    with watch():
        return nn.SumOfSquaresLoss()(
            model(rng.random((32, 784), dtype="f")), np.eye(10, dtype="f")[rng.integers(10, size=32)]
        )


def size_in_points(picture):
    svg = picture.pipe("svg").decode()
    return tuple(float(side) for side in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', svg).groups()), svg


def smallest_letters(picture):
    """In pixels, on a page of that width."""
    (width, _), svg = size_in_points(picture)
    pixels = 96 / 72
    return min(map(float, re.findall(r'font-size="([\d.]+)"', svg))) * pixels * min(1, WIDE / (width * pixels))


@renders
@pytest.mark.parametrize("model", [gpt, convolutional, lstm, transformer_layer, digits])
@pytest.mark.parametrize("gradients", [False, True])
def test_networks_can_be_read_on_a_page_without_any_option(model, gradients):
    picture = draw(model(), gradients=gradients)
    (_, height), _ = size_in_points(picture)
    assert smallest_letters(picture) >= 9
    assert height <= 1700
    assert len(boxes(picture)) >= 5, "one box would tell nothing"


@renders
@pytest.mark.parametrize("model", [gpt, lstm, transformer_layer, digits])
def test_and_on_a_slide(model):
    (width, height), _ = size_in_points(draw(model()))
    assert 10 * min(1280 / width, 720 / height) >= 8.9


@pytest.mark.parametrize("model", [gpt, convolutional, lstm, transformer_layer])
def test_what_is_folded_is_said_beneath_and_how_to_see_it(model):
    cost = model()
    picture = draw(cost)
    shown = len(boxes(picture))
    assert "folded: " in picture.source
    assert (f" {shown} boxes for " in picture.source) is (" boxes for " in picture.source)
    assert "fold=False shows all" in picture.source
    everything = draw(cost, fold=False)
    assert len(boxes(everything)) > shown
    assert "folded:" not in everything.source
    assert "×" not in everything.source
    if deeper := re.search(r"depth=(\d+) shows more", picture.source):
        unfolded = draw(cost, depth=int(deeper[1]))
        assert len(boxes(unfolded)) > shown
        assert " boxes for " not in unfolded.source, "it was asked for"


def test_a_chain_runs_downwards_where_it_is_too_long_for_a_line():
    def chain(n):
        y = Tensor(0.5, requires_grad=True)
        for i in range(n):
            y = (np.sin, np.cos, np.exp, np.tanh)[i * i % 7 % 4](y)
        return y

    for n, direction in (4, "LR"), (24, "TB"):
        assert f"rankdir={direction}" in draw(chain(n)).source
        assert "×" not in draw(chain(n)).source
        for chosen in "LR", "TB", "RL", "BT":
            assert f"rankdir={chosen}" in draw(chain(n), direction=chosen).source


def test_small_graphs_are_neither_folded_nor_turned():
    x, w = Tensor([0.5, 1.0], name="x"), Tensor([1.0, 2.0], requires_grad=True)
    y = w
    for _ in range(4):
        y = y * x
    picture = draw(y.sum())
    assert len(boxes(picture)) == 7
    assert "rankdir=LR" in picture.source
    assert "folded" not in picture.source


def test_the_legend_says_what_is_folded():
    source = draw(transformer_layer(), legend=True).source
    assert "module, folded: depth=... unfolds it" in source
    assert "fold=False shows all" in source
    assert "drawn once, as often as × says" in draw(lstm(), legend=True).source


def test_a_recurrent_network_takes_its_items_one_by_one():
    model = nn.RNN(3, 4)
    with watch():
        y = model(rng.normal(size=(5, 1, 3)).astype("f"))[0].sum()
    items = [lines[0] for lines in boxes(draw(y, fold=False)).values() if lines[0].startswith("getitem")]
    assert items == [f"getitem [{i}]" for i in range(5)]
    picture = draw(y)
    assert "repeated × 5 in a row" in str(frames(picture))
    [item] = [lines[0] for lines in boxes(picture).values() if "getitem" in lines[0]]
    assert item.startswith("getitem [0] …"), "within the repeated part or before it"
