"""Notation: functions have the names of the field, and formulas look as one writes them by hand."""

import re

import numpy as np
import pytest

from tinygrad_edu import Tensor, draw, explain, nn
from tinygrad_edu.engine.table import RULES
from tinygrad_edu.introspection.explorer.page_formulas import with_numbers
from tinygrad_edu.introspection.formulas.latex import Latex
from tinygrad_edu.introspection.formulas.mathml import MathML
from tinygrad_edu.introspection.formulas.notation import is_package_function, name_of
from tinygrad_edu.introspection.formulas.symbol import Symbol, function
from tinygrad_edu.introspection.formulas.text import parts_of_name
from tinygrad_edu.nn import functional as F
from tinygrad_edu.rules import bells

X = np.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
KERNEL = np.ones((2, 1, 3, 3))
CLASSES = np.array([0, 2, 1])
SCORES = np.arange(12.0).reshape(3, 4)

# ---------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: explain(F.conv2d, X, KERNEL), "convolution transposed_convolution kernel_gradient"),
        (lambda: explain(F.conv_transpose1d, X[0], np.ones((4, 1, 2))), "transposed_convolution convolution kernel_gradient"),
        (lambda: explain(F.max_pool2d, X, 2), "unfold max fold"),
        (lambda: explain(F.avg_pool2d, X, 2), "unfold sum fold"),
        (lambda: explain(F.cross_entropy, SCORES, CLASSES), "log_softmax nll_loss"),
        (lambda: explain(F.nll_loss, -SCORES, CLASSES), "nll_loss"),
        (lambda: explain(F.mse_loss, SCORES, SCORES), "squared_error"),
        (lambda: explain(F.softmax, SCORES), "softmax"),
        (lambda: explain(F.layer_norm, SCORES, 4), "mean sqrt"),
        (lambda: explain(F.scaled_dot_product_attention, SCORES, SCORES, SCORES), "softmax"),
        (lambda: explain(F.gelu, SCORES), "gelu erfc"),
        (lambda: explain(F.mish, SCORES), "mish tanh sigmoid"),
        (lambda: explain(F.softsign, SCORES), "softsign"),
        (lambda: explain(F.tanhshrink, SCORES), "tanhshrink tanh"),
    ],
)  # fmt: skip
def test_functions_have_the_names_of_the_field(call, names):
    text = call().text
    for name in names.split():
        assert re.search(rf"\b{name}\(", text), name
    assert not re.search(r"\b(collect|distribute|overlap|masked_nll|normal_gate|windows|\w+_operation)\(", text)


def test_pictures_name_the_functions_that_a_program_calls():
    """Cross entropy is log_softmax and nll_loss, and max pooling the largest of each window: the frame says so."""

    def cost(x):
        return F.cross_entropy(F.max_pool1d(x, 2) * 2, np.array([1]))

    titles = re.findall(
        r"subgraph cluster_\d+ \{\n\t*graph \[label=<<B>(.*?)</B>", draw(cost, Tensor([[1.0, 3.0, 2.0, 0.0]])).source
    )
    assert titles == ["max_pool1d", "cross_entropy"]


def test_names_can_be_called_and_mean_one_thing():
    """A form of ours of a function of NumPy has a name of its own, unless its signature is the same too."""
    as_numpys = {"cast", "join", "choose", "contract", "pad_zeros", "convolution", "polynomial"}  # signs write these
    for fn in RULES:
        if is_package_function(fn) and fn.__name__ not in as_numpys:
            assert name_of(fn).isidentifier()
            assert not any(hasattr(module, name_of(fn)) for module in (np, np.linalg, np.fft)), fn


def test_settings_are_told_by_name():
    """In text all that it takes to compute; in mathematics and pictures only what one would say."""
    told = explain(F.conv2d, X, KERNEL, stride=2)
    assert (
        "convolution(input, weight, None, size=(1, 1), stride=(2, 2), padding=(0, 0), dilation=(1, 1), groups=1)"
        in told.text
    )
    assert r"\mathrm{weight}, \texttt{None}, \mathrm{stride}=2\right)" in told.latex
    assert "softmax(v1, axis=0)" in explain(lambda x: F.softmax(-x, 0), SCORES).text
    assert "mean(x, axis=1, keepdims=True)" in explain(lambda x: np.mean(x, (1,), keepdims=True), SCORES).text
    assert "= mean(x)" in " ".join(explain(lambda x: np.mean(x, None), SCORES).text.split()), (
        "None is what it is anyway"
    )
    assert "keepdims" not in explain(F.layer_norm, SCORES, 4).latex
    picture = draw(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2)), X.astype(np.float32)).source
    assert "<B>convolution</B> padding=1>" in picture
    assert "<B>unfold</B> kernel=2>" in picture


def test_a_formula_has_no_numbers_of_masks():
    """They may be others the next time."""
    text = explain(lambda x: np.where(x > 0, 0, x), np.array([1.0, -1.0])).text
    assert "x.grad = where(c1, 0, y.grad)" in text
    assert "where([" not in text


def test_pictures_write_the_signs_of_operations():
    x = Tensor(3.0, requires_grad=True, name="x")
    for y, title in (
        (x**2, "<B>**</B> 2"),
        (1 - x, "<B>1 -</B>"),
        (x * x, "<B>*</B>"),
        (x / 3, "<B>/</B> 3"),
        (2**x, "<B>2 **</B>"),
    ):
        assert title in draw(y).source


# ---------------------------------------------------------------------------------------- mathematics

A, B = (Symbol(np.array([[2.0, 3.0], [4.0, 5.0]]), name) for name in "ab")
S, T = Symbol(np.array(2.0), "s"), Symbol(np.array(-3.0), "v2.grad")


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (S * 2, r"2 \, s"),
        (S * 0.5 * T, r"s \cdot 0.5 \, \bar{v}_{2}"),
        (S * T * 3, r"3 \, s \cdot \bar{v}_{2}"),
        (2 * (S + 1), r"2 \, \left(s + 1\right)"),
        (2 * 2**S, r"2 \cdot 2^{s}"),
        (A * A * S, r"a^{2} \cdot s"),
        (A * B, r"a \odot b"),
        (S * A * B * B, r"s \cdot a \odot b^{2}"),
        (S * 2 / (3 * A) / A, r"\frac{2 \, s}{3 \, a^{2}}"),
        (1 - T * T, r"1 - \bar{v}_{2}^{2}"),
        (-(S * T), r"-s \cdot \bar{v}_{2}"),
        (-(S / T), r"-\frac{s}{\bar{v}_{2}}"),
        (-(S // T * S), r"-\left(s \mathbin{/\!/} \bar{v}_{2} \cdot s\right)"),
        (np.sum(np.sum(A, axis=0)), r"\sum \sum_{\text{axis }0} a"),
        (np.sqrt(S + 1), r"\sqrt{s + 1}"),
        (np.reshape(np.reshape(A, (4,)) @ Symbol(np.ones((4, 2)), "w"), (1, 2)), r"a \; w"),
        (A * np.expand_dims(S, 0), r"a \odot s"),
        (np.broadcast_to(S / 3, (2,)), r"\frac{s}{3}"),
        (np.reshape(A, (4,)), r"\operatorname{reshape}\left(a, \texttt{(4,)}\right)"),
        (np.broadcast_to(np.expand_dims(S, 0), (3,)), r"\operatorname{broadcast\_to}\left(s, \texttt{(3,)}\right)"),
        (function(bells.steepness_of_tanh, (T, S), {}, S.value) * S, r"\tanh'\left(s\right) \cdot s"),
        ((A @ B).mT, r"\left(a \; b\right)^{\top}"),
    ],
)
def test_mathematics_looks_as_by_hand(formula, latex):
    assert Latex().write(formula) == latex


def test_bars_are_not_lines_of_fractions():
    """A bar is drawn over a name, as wide as it is; around the line of a fraction there is space, and it is wider."""
    mathml = MathML().write(T / S)
    above, below = re.fullmatch(
        "<mfrac><mrow style='padding: 0 (.*?)'>.*</mrow><mrow style='padding: (.*?) 0'>.*</mrow></mfrac>", mathml
    ).groups()
    assert (above, below) == ("0.2em 0.15em", "0.2em 0.2em")
    assert (
        MathML().write(T)
        == "<msub><mrow style='border-top: 0.07em solid; padding-top: 0.1em'><mi>v</mi></mrow><mn>2</mn></msub>"
    )
    assert "¯" not in explain(np.tanh).html


def test_an_index_stands_below_its_exponent():
    v = Symbol(np.ones((2, 2)), "v4")
    assert MathML().write(v**2) == "<msubsup><mi>v</mi><mn>4</mn><mn>2</mn></msubsup>"
    assert MathML().write(v.T) == "<msubsup><mi>v</mi><mn>4</mn><mi>⊤</mi></msubsup>"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("v3", ("v", "3", False)),
        ("x_2.grad", ("x", "2", True)),
        ("bias_hh_l0", ("bias_hh_l0", "", False)),
        ("model.0.weight", ("model.0.weight", "", False)),
        ("w[0].grad", ("w[0]", "", True)),
        ("12", ("12", "", False)),
        (".grad", (".grad", "", False)),
        ("h", ("h", "", False)),
    ],
)
def test_only_letters_have_an_index(name, parts):
    assert parts_of_name(name) == parts


@pytest.mark.parametrize(
    ("formula", "text"),
    [(S * 2 * T, "2·2·(−3)"), (2 * S, "2·2"), (S + T, "2+(−3)"), (T * T, "(−3)2"), (S - T, "2−(−3)"), (S * T * 2, "2·2·(−3)")],
)  # fmt: skip
def test_numbers_in_place_of_names_are_never_one_number(formula, text):
    """2 x is no 23."""
    assert re.sub("<[^>]*>", "", with_numbers(formula, {}, lambda symbol: None)) == text
