"""What shows itself in a notebook: well formed, escaped, of bounded size, right on light and dark, and nothing is changed by it."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinygrad_edu import data, html_repr, manual_seed, nn
from tinygrad_edu.rng import generator
from tinygrad_edu.training import History

VOID = {"img", "path", "polyline"}  # elements without a content
EVIL = "<script>alert('&')</script>"


class Page(HTMLParser):
    """A parser that wants each element closed, and keeps the text, the images and the number of rows."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.images, self.tags = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, "all elements are closed"
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag == "img":
            self.images.append(dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.words.append(" ")

    def handle_data(self, words):
        self.words.append(words)


class Odd(nn.Module):
    """With a name, settings and a parameter that are no plain words."""

    def __init__(self):
        setattr(self, EVIL, nn.Parameter(np.ones((2, 3))))
        self.child = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))

    def extra_repr(self):
        return EVIL


def history(epochs=3, **figures):
    one = History()
    for epoch in range(1, epochs + 1):
        one.record(epoch, {"loss": 1 / epoch, "val_loss": 2 / epoch, **figures})
    return one


def frozen():
    model = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 10))
    model[0].weight.requires_grad = False
    return model


DIGITS = data.mnist()
POINTS = data.two_moons(50, seed=0)
SHOWN = {
    "network": frozen(),
    "layer": nn.Linear(3, 2),
    "nothing": nn.Sequential(),
    "odd": Odd(),
    "transformer": nn.ModuleList(nn.TransformerEncoderLayer(8, 2, 16) for _ in range(3)),
    "normalised": nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)),
    "summary": nn.summary(frozen(), np.zeros((1, 784), np.float32)),
    "history": history(),
    "odd history": history(**{EVIL: np.nan}),
    "no history": History(),
    "digits": DIGITS,
    "part": DIGITS.test,
    "empty part": data.Part(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64)),
    "points": data.TensorDataset(*POINTS),
    "flat images": data.TensorDataset(DIGITS.test.images[:100], data.one_hot(DIGITS.test.labels[:100])),
    "several arrays": data.TensorDataset(np.ones((4, 2)), np.ones((4, 3, 5)), np.ones(4)),
    "one array": data.TensorDataset(np.arange(4.0)),
    "no rows": data.TensorDataset(np.ones((0, 2)), np.ones(0)),
    "subset": data.Subset(POINTS, [3, 1]),
    "table": data.Table(np.ones((9, 2)), np.zeros(9, np.int64), [EVIL, "b"], EVIL, [EVIL, "c"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_it_is_html_that_brings_no_scripts_and_no_colours(name):
    text = SHOWN[name]._repr_html_()
    page = Page(text)
    assert not {"script", "style", "link", "iframe"} & set(page.tags)
    assert "http" not in text.replace("http://www.w3.org", "")
    for style in re.findall(r'style="([^"]*)"', text):
        assert not re.search(r"(^|;)\s*(color|background(-color)?):(?!\s*none)", style), "they are the page's"
    assert set(re.findall(r"#[0-9a-f]{3,8}\b(?!;)", text)) <= {"#8886", "#8888"}
    assert set(re.findall(r'(?:stroke|fill)="([^"]*)"', text)) <= {"currentColor", "none", "#8888"}


@pytest.mark.parametrize("name", ["odd", "odd history", "table"])
def test_text_is_escaped(name):
    assert EVIL in Page(SHOWN[name]._repr_html_()).text


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_changed_by_looking(name):
    thing = SHOWN[name]
    manual_seed(0)
    random, seen = generator().bit_generator.state, np.random.get_state()[1].tobytes()  # noqa: NPY002
    held = thing.arrays if isinstance(thing, data.TensorDataset) else ()
    if isinstance(thing, nn.Module):
        held, modes = [p.data for p in thing.parameters()], [m.training for m in thing.modules()]
    before = [array.tobytes() for array in held]
    first = thing._repr_html_()
    assert first == thing._repr_html_()
    assert [array.tobytes() for array in held] == before
    assert (generator().bit_generator.state, np.random.get_state()[1].tobytes()) == (random, seen)  # noqa: NPY002
    if isinstance(thing, nn.Module):
        assert [m.training for m in thing.modules()] == modes


# ------------------------------------------------------------------------------------------- modules


def test_a_network_is_a_table_of_its_layers():
    text = Page(SHOWN["network"]._repr_html_()).text
    assert text == (
        "Sequential , 12,730 parameters, 12,544 of them frozen name layer parameters shapes "
        "0 Linear (784, 16) 12,560 weight 16 × 784 (frozen), bias 16 1 Sigmoid 2 Linear (16, 10) 170 weight 10 × 16, bias 10"
    )


def test_modules_in_modules_unfold_and_shared_parameters_count_once():
    page = Page(SHOWN["transformer"]._repr_html_())
    assert page.tags.count("details") == 6, "three layers, and the attention in each"
    assert f"ModuleList , {SHOWN['transformer'].parameter_count():,} parameters" in page.text
    twice = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    twice[1].weight = twice[0].weight
    assert "Sequential , 8 parameters" in Page(twice._repr_html_()).text


def nested(depth):
    return nn.Sequential(nn.Linear(1, 1), nested(depth - 1)) if depth else nn.Sequential()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (nn.Sequential(*(nn.Linear(2, 2) for _ in range(1000))), "980 more"),
        (nn.Sequential(*(nn.Sequential(*(nn.Linear(1, 1) for _ in range(30))) for _ in range(30))), "10 more"),
        (nested(250), "modules"),
    ],
    ids=["long", "wide", "deep"],
)
def test_a_huge_network_has_no_huge_table(model, said):
    text = model._repr_html_()
    assert len(text) < 150_000
    page = Page(text)
    assert page.tags.count("tr") < 450
    assert said in page.text
    assert f"{model.parameter_count():,} parameters" in page.text


# ------------------------------------------------------------------------------- trainings and tables


def test_a_history_is_a_curve_and_a_table():
    page = Page(SHOWN["history"]._repr_html_())
    assert page.tags.count("polyline") == 2
    assert "epoch loss val_loss 1 1.0000 2.0000 2 0.5000 1.0000 3 0.3333 0.6667" in page.text
    one, stopped = history(1), history(2)
    stopped.stopped = "enough & <done>"
    assert "svg" not in Page(one._repr_html_()).tags
    assert "stopped: enough & <done>" in Page(stopped._repr_html_()).text
    assert "nan" not in re.findall(r'points="([^"]*)"', SHOWN["odd history"]._repr_html_())


def test_a_long_history_is_shown_in_part():
    text = history(20_000)._repr_html_()
    assert len(text) < 20_000
    assert "19,990 more" in text
    last = re.findall(r'points="[^"]* ([\d.]+),([\d.]+)"', text)
    assert last[0][0] == last[1][0] == "332.0", "the last epoch is drawn"


@given(st.lists(st.lists(st.floats(), min_size=0, max_size=500), min_size=1, max_size=2))
def test_any_numbers_make_curves(columns):
    text = html_repr.curves({f"curve {i}": column for i, column in enumerate(columns)})
    Page(text)
    for points in re.findall(r'points="([^"]*)"', text):
        numbers = np.array(re.findall(r"[^ ,]+", points), float)
        assert ((numbers >= -0.1) & (numbers <= 340.1)).all()


def test_a_summary_is_its_table():
    page = Page(SHOWN["summary"]._repr_html_())
    assert page.text == " ".join(word for word in repr(SHOWN["summary"]).split() if not word.startswith("--"))


# --------------------------------------------------------------------------------------------- data


def test_digits_are_shown_as_digits():
    page = Page(DIGITS.test._repr_html_())
    assert page.text == "Part(10000 images of 28 x 28, labels 0 to 9) 7 2 1 0 4 1 4 9 5 9 0 6 … and 9,988 more images"
    for image, pixels in zip(page.images, DIGITS.test.pixels, strict=False):
        assert np.array_equal(ink(image), pixels)
    assert [image["alt"] for image in page.images[:2]] == ["image, 7", "image, 2"]
    assert len(DIGITS._repr_html_()) < 40_000


def ink(image):
    """How opaque each pixel is."""
    Image = pytest.importorskip("PIL.Image")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))))[..., 1]


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=150), elements=st.floats()))
def test_any_array_makes_an_image(values):
    [image] = Page(html_repr.image(values, EVIL)).images
    shown = ink(image)
    step = -(-max(values.shape) // 64)
    assert np.array_equal(shown, (np.nan_to_num(values[::step, ::step]).clip(0, 1) * 255).round())
    assert image["alt"] == f"image, {EVIL}"


def test_flat_rows_of_numbers_are_images_if_they_look_like_it():
    assert len(Page(SHOWN["flat images"]._repr_html_()).images) == 12
    assert "7 2 1 0 4 1 4 9 5 9 0 6" in Page(SHOWN["flat images"]._repr_html_()).text, (
        "the classes of rows with a single 1"
    )
    for x in np.full((3, 784), -1.0), np.full((3, 783), 0.5), np.full((3, 49), 0.5), np.full((3, 784), 2):
        assert not Page(data.TensorDataset(x)._repr_html_()).images


def test_other_numbers_are_a_table():
    text = Page(data.TensorDataset([[0.5, 1e-9], [1.25, -3.0]] * 4, [0, 1] * 4)._repr_html_()).text
    assert text == (
        "TensorDataset(float64 (8, 2), int64 (8,)) x[0] x[1] y 0 0.5 1e-09 0 1 1.25 -3 1 2 0.5 1e-09 0 3 1.25 -3 1 4 0.5 1e-09 0 … and 3 more rows"
    )
    wide = data.TensorDataset(np.ones((10_000, 500)), np.ones((10_000, 1)))._repr_html_()
    assert len(wide) < 20_000
    assert "… 491 more …" in Page(wide).text
    assert "array 1" in Page(SHOWN["several arrays"]._repr_html_()).text


def test_a_subset_shows_its_own_rows():
    x, _ = POINTS
    text = Page(SHOWN["subset"]._repr_html_()).text
    assert f"0 {x[3, 0]:.4g}" in text
    assert f"1 {x[1, 0]:.4g}" in text


def test_examples_that_would_have_to_be_made_are_not():
    class Made(data.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            raise AssertionError("who asked?")

    assert data.Subset(Made(), [0])._repr_html_() is None
    assert not hasattr(Made(), "_repr_html_")


def test_a_table_names_its_columns_and_classes():
    text = Page(SHOWN["table"]._repr_html_()).text
    assert text.endswith(f"0 1 1 {EVIL} 1 1 1 {EVIL} 2 1 1 {EVIL} 3 1 1 {EVIL} 4 1 1 {EVIL} … and 4 more rows")
