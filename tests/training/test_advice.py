"""The advice at the end of a cost's error: whoever obeys it gets a training that can learn. And warnings at the first batch."""

import ast
import re
import warnings
from functools import partial
from itertools import product

import numpy as np
import pytest

from tinygrad_edu import Tensor, data, evaluate, fit, manual_seed, nn, optim
from tinygrad_edu.nn import functional as F
from tinygrad_edu.training.advice import advice, end_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 2)).astype(np.float32)
TWO, THREE = (X[:, 0] > 0).astype(int), np.digitize(X[:, 0], [-0.5, 0.5])
TARGETS = {
    "answers": TWO, "answers, floats": TWO.astype(np.float32), "answers, a column": TWO[:, None], "truths": X[:, 0] > 0,
    "signs": 2 * TWO - 1, "signs, a column": 2.0 * TWO[:, None] - 1, "bytes": (TWO * 255).astype(np.uint8)[:, None],
    "two, from 1": TWO + 1, "three": THREE, "three, a column": THREE[:, None], "three, floats": THREE.astype(np.float32),
    "three, a column of floats": THREE[:, None].astype(np.float32), "three, from 1": THREE + 1, "three and a hole": np.array([0, 1, 4])[THREE],
    "below 0": THREE - 1, "one hot": np.eye(3, dtype=int)[THREE], "one hot, floats": np.eye(2)[TWO], "several": np.stack([TWO, X[:, 1] > 0], 1).astype(int),
    "several signs": np.stack([TWO, X[:, 1] > 0], 1) * 2.0 - 1, "several bytes": np.stack([TWO, X[:, 1] > 0], 1).astype(np.uint8) * 255,
    "numbers": 3 * X[:, 0], "numbers, a column": 3 * X[:, :1], "numbers, two": 3 * X,
}  # fmt: skip
COSTS = [
    "CrossEntropyLoss",
    "NLLLoss",
    "MultiMarginLoss",
    "BCELoss",
    "BCEWithLogitsLoss",
    "MSELoss",
    "L1Loss",
    "HuberLoss",
    "SumOfSquaresLoss",
]
ENDS = [None, "Sigmoid", "Softmax", "LogSoftmax"]


def network(outputs, end):
    manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, outputs), *([getattr(nn, end)()] if end else []))


def trained(outputs, end, cost, y, **settings):
    model = network(outputs, end)
    descent = optim.Adam(model.parameters(), lr=0.02)
    return model, fit(model, (X, y), getattr(nn, cost)(), descent, batch_size=48, progress=False, **settings)


def expression(text):
    """The first Python expression of y in a text."""
    text = text.replace(". Leave", "; leave")
    for start in (m.start() for m in re.finditer(r"\(*\by\b", text)):
        for end in range(len(text), start, -1):
            code = text[start:end]
            try:
                names = {n.id for n in ast.walk(ast.parse(code, mode="eval")) if isinstance(n, ast.Name)}
            except SyntaxError:
                continue
            if code != "y" and code[-1] not in ", " and names <= {"y", "np"}:
                return code
    return "y"


def obeyed(outputs, end, cost, y):
    """What is to be run, after a piece of advice; and the advice, or None if there is no error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trained(outputs, end, cost, y)
    except (TypeError, ValueError, FloatingPointError) as error:
        notes = getattr(error, "__notes__", [""])
        said = notes[-1].partition(". ")[2]
    else:
        return (outputs, end, cost, y), None
    if found := re.search(r"nn\.(\w+Loss)\(\)", said):
        cost = found[1]
    if found := re.search(r"(?:[Gg]ive the model |want |\()(\d+) outputs?", said):
        outputs = int(found[1])
    if re.search(r"(?i)(leave out|without) the (\w+) at", said):
        end = None
    return (outputs, end, cost, eval(expression(said), {"np": np, "y": y})), said


def check_that_it_learns(outputs, end, cost, y):
    model, before = network(outputs, end), network(outputs, end)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*logarithms of probabilities")
        model, history = trained(outputs, end, cost, y, epochs=15)
    for p, q in zip(model.parameters(), before.parameters()):
        assert not np.array_equal(p.data, q.data)
    assert history["loss"][-1] < history["loss"][0] - 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("cost", COSTS)
def test_whoever_obeys_gets_a_training_that_can_learn(cost):
    known, count = set(), 0
    for outputs, end, name in product((1, 2, 3), ENDS, TARGETS):
        program, path, said = (outputs, end, cost, TARGETS[name]), [(outputs, end, cost, name)], ""
        while said is not None and len(path) < 7:
            later, said = obeyed(*program)
            if said is not None and later[:3] == program[:3] and later[3] is program[3]:
                break  # nothing was advised
            program = later
            path += [said] if said else []
        else:
            assert said is None, path
            if len(path) > 1 and (key := (*program[:3], program[3].shape, program[3].tobytes())) not in known:
                count += 1
                known.add(key)
                try:
                    check_that_it_learns(*program)
                except Exception as error:
                    raise AssertionError(path) from error
    assert count


X1 = np.array([[0.5], [0.2]])


@pytest.mark.parametrize(("end", "cost", "output", "target", "said"), [
    (None, nn.CrossEntropyLoss(), np.ones((4, 1)), [0, 1, 1, 0], r"For yes or no, let the loss be nn.BCEWithLogitsLoss\(\), and the targets y\[:, None\].astype\(np.float32\)\.$"),
    (nn.Sigmoid(), nn.NLLLoss(), np.ones((4, 1)), [0, 1, 1, 0], r"nn.BCELoss\(\), and the targets y\[:, None\].astype\(np.float32\)\.$"),
    (nn.Softmax(), F.cross_entropy, np.ones((4, 1)), [0, 1, 1, 0], r"nn.BCEWithLogitsLoss\(\), .*\. Leave out the Softmax at the model's end too\.$"),
    (None, partial(F.cross_entropy, label_smoothing=0.1), np.ones(4), [0, 1, 1, 0], r"nn.BCEWithLogitsLoss\(\), and the targets y.astype\(np.float32\)\.$"),
    (None, nn.CrossEntropyLoss(), np.ones((3, 1)), [0, 1, 2], r"an output for each class \(3 outputs, by these targets\)\.$"),
    (None, nn.CrossEntropyLoss(), np.ones((2, 1)), [0.5, 1.25], r"For numbers such as these, .*nn.MSELoss\(\), and the targets y\[:, None\]\.$"),
    (None, nn.CrossEntropyLoss(), np.ones((3, 2)), [1, 2, 1], r"begin at 0: \(y - 1\)\.$"),
    (None, nn.CrossEntropyLoss(), np.ones((3, 2)), [-1, 1, 1], r"begin at 0: \(\(y \+ 1\) / 2\).astype\(np.int64\)\.$"),
    (None, nn.CrossEntropyLoss(), np.ones((3, 2)), [0, 2, 1], r"up to 2 want 3 outputs of the model, or more; it has 2\.$"),
    (None, nn.CrossEntropyLoss(), np.ones((3, 2)), [-3, 2, 1], r"names, labels = np.unique"),
    (None, nn.CrossEntropyLoss(), np.ones((2, 2)), [[1, 1], [0, 1]], r"a question of its own, let the loss be nn.BCEWithLogitsLoss\(\), and the targets y.astype"),
    (None, nn.NLLLoss(), np.ones((2, 2)), [[1, 0], [0, 1]], r"the class numbers are y.argmax\(1\)\.$"),
    (nn.Sigmoid(), nn.MSELoss(), np.ones((3, 2)), [0, 1, 1], r"nn.CrossEntropyLoss\(\), without the Sigmoid .*; for other losses .* data.one_hot\(y, 2\)\.$"),
    (None, nn.MSELoss(), np.ones((2, 3)), [0.5, 1.5], r"Give the model 1 output, let the loss be nn.MSELoss\(\), and the targets y\[:, None\]\.$"),
    (None, nn.BCELoss(), X1, [[-1.0], [1.0]], r"and the targets \(\(y \+ 1\) / 2\)\.$"),
    (None, nn.BCELoss(), X1, np.array([[0], [255]], np.uint8), r"from 0 to 1: y.astype\(np.float32\) / 255\.$"),
    (None, nn.BCELoss(), X1, [[3], [9]], r"nn.CrossEntropyLoss\(\), and the targets y\[:, 0\]; .*\(10 outputs, by these targets\)\.$"),
    (None, nn.MSELoss(), np.ones(3), [[1.0], [2.0], [3.0]], r"make the targets flat: y\[:, 0\]$"),
    (None, nn.MSELoss(), np.ones((2, 3, 4)), [[1.0]], r"are float64 of shape \(1, 1\)\.$"),
    (None, nn.MSELoss(), np.ones((2, 3)), [[1.0, 2.0]], r"are float64 of shape \(1, 2\)\.$"),
    (nn.LogSoftmax(), nn.CrossEntropyLoss(), np.ones((3, 1)), [0, 1, 2], r"\(3 outputs, by these targets\)\.$"),
    (None, nn.MSELoss(), np.ones((2, 3)), [3, 0], r"Give the model 1 output"),
    (None, nn.MSELoss(), np.ones((2, 3)), [2, 0], r"Class numbers, from 0 to 2, go with nn.CrossEntropyLoss\(\); for"),
    (None, nn.MSELoss(), np.ones((2, 3)), [5, 0], r"Give the model 1 output, let the loss be nn.MSELoss\(\), and the targets y\[:, None\].astype\(np.float32\)\.$"),
    (nn.Softmax(), nn.CrossEntropyLoss(), np.ones((2, 1)), [[0, 1], [1, 0]], r"The targets have 2 columns: give the model 2 outputs. Leave out the Softmax at the model's end too\.$"),
    (None, nn.MSELoss(), np.ones((2, 1)), "words", r"are a str\.$"),
])  # fmt: skip
def test_advice_looks_at_the_cost_and_the_network(end, cost, output, target, said):
    model = nn.Sequential(nn.Linear(2, 1), *([nn.Sequential(end)] if end else []))
    text = advice(model, cost, Tensor(output), target if isinstance(target, str) else np.asarray(target))
    assert re.search(said, text), text


def test_the_end_of_a_network_is_seen_in_what_was_recorded_or_in_the_sequence():
    scores = Tensor([[1.0, 2.0]], requires_grad=True)
    assert end_of(None, F.softmax(scores)) == "Softmax"
    assert end_of(nn.Softmax(), scores * 2) == ""
    assert end_of(nn.Sequential(nn.Sequential(nn.Tanh(), nn.LogSoftmax())), Tensor([1.0])) == "LogSoftmax"
    assert end_of(nn.Sequential(), Tensor([1.0])) == end_of(nn.Tanh()) == end_of(np.tanh) == ""


# ---------------------------------------------------------------------------------------- the first batch


@pytest.mark.parametrize("end", ["Softmax", "Sigmoid"])
@pytest.mark.parametrize("capture", [False, True])
def test_a_bounded_output_before_a_cost_that_bounds_it_too_is_said(end, capture):
    with pytest.warns(
        UserWarning,
        match=rf"cross_entropy applies softmax itself, and its input comes from {end.lower()}.*Leave out that last function",
    ) as said:
        trained(2, end, "CrossEntropyLoss", TWO, capture=capture)
    assert len({(str(w.message), w.filename, w.lineno) for w in said}) == 1  # so Python shows it once
    assert said[0].filename == __file__
    with pytest.warns(
        UserWarning, match=rf"applies sigmoid itself, and its input comes from {end.lower()}.*nn.BCELoss"
    ):
        trained(2, end, "BCEWithLogitsLoss", TARGETS["several"])
    if not capture:
        with pytest.warns(UserWarning, match="applies softmax itself"):
            evaluate(network(2, end), (X, TWO), nn.CrossEntropyLoss())
        with pytest.warns(UserWarning, match="applies sigmoid itself"):
            evaluate(network(1, end), (X, TWO[:, None]), nn.BCEWithLogitsLoss())


def test_a_softmax_of_ones_own_is_seen_by_its_numbers():
    class Own(nn.Module):
        def forward(self, x):
            e = np.exp(x)
            return e / np.sum(e, 1, keepdims=True)

    model = nn.Sequential(nn.Linear(2, 2), Own())
    with pytest.warns(UserWarning, match="as each row adds up to 1"):
        fit(model, (X, TWO), nn.CrossEntropyLoss(), optim.SGD(model.parameters()), progress=False, epochs=2)
    fit(model, (X, np.eye(2, dtype=np.float32)[TWO]), nn.MSELoss(), optim.SGD(model.parameters()), progress=False)


@pytest.mark.parametrize(("end", "cost", "outputs"), [
    ("LogSoftmax", "NLLLoss", 2), ("LogSoftmax", "CrossEntropyLoss", 2), (None, "CrossEntropyLoss", 2), ("Softmax", "MSELoss", 2),
    ("Sigmoid", "BCELoss", 1), (None, "BCEWithLogitsLoss", 1)])  # fmt: skip
def test_what_goes_together_is_met_with_silence(end, cost, outputs):
    y = (
        TWO
        if cost in ("NLLLoss", "CrossEntropyLoss")
        else data.one_hot(TWO, 2)
        if outputs == 2
        else TWO[:, None].astype(np.float32)
    )
    model, history = trained(outputs, end, cost, y, epochs=2, metrics="accuracy")
    evaluate(model, (X, y), getattr(nn, cost)())
    assert history["loss"][1] < history["loss"][0]


def test_scores_where_logarithms_are_wanted_are_said():
    for end in None, "Softmax":
        with pytest.warns(UserWarning, match="nll_loss: its inputs should be logarithms .* Put log_softmax"):
            trained(2, end, "NLLLoss", TWO)


def test_a_first_batch_that_teaches_nothing_is_said():
    with pytest.warns(UserWarning, match="all gradients of the first batch are exactly 0"):
        trained(1, "Softmax", "MSELoss", TWO[:, None].astype(np.float32))
