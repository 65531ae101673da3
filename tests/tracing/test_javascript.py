"""A recorded program in JavaScript, run by Node: it computes what the engine computes, forward and back."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from tinygrad_edu import Tensor, nn, watch
from tinygrad_edu.introspection.explorer.replay import CannotReplay, Replay
from tinygrad_edu.introspection.formulas.explain_graph import build_story
from tinygrad_edu.nn import functional as F
from tinygrad_edu.testing import programs
from tinygrad_edu.tracing.functionalize import add_at, place_values
from tinygrad_edu.tracing.printers.javascript import print_javascript
from tinygrad_edu.tracing.printers.loops import CannotPrint
from tinygrad_edu.tracing.printers.lowering import lower
from tinygrad_edu.tracing.program import TapeProgram
from tinygrad_edu.tracing.tape import Tape
from tinygrad_edu.tracing.tracer import Tracer

pytestmark = pytest.mark.browser  # it needs what runs JavaScript, too

SERVER = """
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { source, inputs } = JSON.parse(line), types = { f8: Float64Array, f4: Float32Array };
  const program = new Function(`${source}; return program;`)();
  const number = (x) => typeof x === "string" ? Number(x.replace("inf", "Infinity")) : x;
  const results = program(...inputs.map(([type, x]) => types[type].from(x, number)));
  console.log(JSON.stringify(results.map((r) => Array.from(r, (x) => Number.isFinite(x) ? x : String(x)))));
});
"""


@pytest.fixture(scope="module")
def node():
    """A function that runs a program in JavaScript on arrays, and returns its results as lists."""
    program = shutil.which("node")
    assert program, "these tests run JavaScript: install Node.js"
    process = subprocess.Popen([program, "-e", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(source, arrays):
        inputs = [[f"f{x.itemsize}", [float(n) if np.isfinite(n) else str(n) for n in x.ravel()]] for x in arrays]
        process.stdin.write(json.dumps({"source": source, "inputs": inputs}) + "\n")
        process.stdin.flush()
        return [np.array([float(n) for n in result]) for result in json.loads(process.stdout.readline())]

    yield run
    process.communicate()


def replay_of(results):
    """The replay of some results, the places of their values and of the gradients of all leaves, and the leaves."""
    story = build_story(results, {})
    replay = Replay(story)
    learning = [node for node in replay.leaves if node in story.grads]
    values = [replay.of(story.symbols[node]) for node in story.history.roots]
    grads = [replay.of(story.grads[node]) for node in learning]
    return replay, values, grads, learning


def check_equal(have, want, precision=1e-9):
    """Sums may cancel, so a number may also be off by a trifle of the largest of all."""
    largest = max(np.max(np.abs(x), initial=1, where=np.isfinite(x)) for x in want)
    for mine, theirs in zip(have, want, strict=True):
        np.testing.assert_allclose(mine, np.ravel(theirs), rtol=precision, atol=precision * 1e-3 * largest)


@settings(max_examples=300)
@given(f=programs(length=10, inputs=3), seed=st.integers(0, 99))
def test_random_programs(node, f, seed):
    assume(not re.search("[<>]|[=!]=|isnan|arg", repr(f)))  # what a program finds by comparing numbers stays as it was
    rng = np.random.default_rng(seed)
    with watch(), np.errstate(all="ignore"):
        leaves = [Tensor(x.copy(), requires_grad=True) for x in f.inputs]
        results = [y for y in f(*leaves) if y.requires_grad]
    assume(results)
    try:
        replay, values, grads, learning = replay_of(results)
        places = [x.place for x in (*values, *grads)]
        source = replay.print(places)
    except CannotReplay as error:
        event(str(error)[:60])
        assume(False)
    changed = [(x * rng.uniform(0.95, 1.05, x.shape)).astype(x.dtype) for x in f.inputs]
    order = [next(i for i, leaf in enumerate(leaves) if leaf._node is n) for n in learning]
    have = node(source, [changed[order[learning.index(n)]] if n in learning else t.value for n, t in replay.leaves.items()])
    with np.errstate(all="ignore"):
        again = [Tensor(x, requires_grad=True) for x in changed]
        want = [y for y in f(*again) if y.requires_grad]
        sum(np.sum(y) for y in want).backward()
    check_equal(have, [*(y.data for y in want), *(again[i].grad.data for i in order)])


# --------------------------------------------------------------------------------------- functions of networks


def random(*shape):
    return Tensor(np.random.default_rng(len(shape)).normal(size=shape), requires_grad=True)


IMAGE, SEQUENCE, ROWS = (2, 4, 7, 6), (2, 5, 8), (3, 6)
NETWORKS = {
    **{name: (lambda x, name=name: getattr(F, name)(x), ROWS) for name in (
        "sigmoid", "relu", "gelu", "silu", "softplus", "elu", "mish", "softmax", "log_softmax", "hardswish", "leaky_relu")},
    "convolution": (lambda x: F.conv2d(x, random(6, 2, 3, 2), random(6), stride=2, padding=1, groups=2), IMAGE),
    "dilated convolution": (lambda x: F.conv2d(x, random(3, 4, 3, 2), stride=(1, 2), padding=(0, 2), dilation=2), IMAGE),
    "transposed convolution": (lambda x: F.conv_transpose2d(x, random(4, 3, 3, 2), stride=2, padding=1), IMAGE),
    "max pooling": (lambda x: F.max_pool2d(x, 3, stride=2, padding=1), IMAGE),
    "average pooling": (lambda x: F.avg_pool2d(x, 2), IMAGE),
    "batch normalisation": (lambda x: nn.BatchNorm2d(4, dtype=float)(x), IMAGE),
    "layer normalisation": (lambda x: nn.LayerNorm(6, dtype=float)(x), ROWS),
    "embedding": (lambda x: F.embedding(np.array([0, 2, 2]), x), ROWS),
    "cross entropy": (lambda x: F.cross_entropy(x, np.array([0, 5, 1])), ROWS),
    "squared error": (lambda x: F.mse_loss(x, np.ones(ROWS)), ROWS),
    "attention": (lambda x: F.scaled_dot_product_attention(x, x, x), SEQUENCE),
    "LSTM": (lambda x: nn.LSTM(8, 3, dtype=float)(x)[0], SEQUENCE),
    "GRU": (lambda x: nn.GRU(8, 3, dtype=float)(x)[0], SEQUENCE),
    "transformer": (lambda x: nn.TransformerEncoderLayer(8, 2, 16, dtype=float).eval()(x), SEQUENCE),
    "error functions": (lambda x: np.sum(F.erf(x)) + np.sum(F.gelu(x * 9)), ROWS),
    "einsum": (lambda x: np.einsum("bij,bkj->bki", x, x), SEQUENCE),
    "single numbers": (lambda x: np.tanh(x[0, 0]) ** 2 / (1 + x[1, 1] ** 2), ROWS),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_every_number_of_a_story(node, name):
    network, shape = NETWORKS[name]
    with watch():
        y = network(random(*shape))
    replay, *_ = replay_of([y])
    places = [line.made for line in replay.tape.lines if isinstance(replay.tape.values[line.made], np.ndarray | np.generic)]
    source = replay.print(places)
    have = node(source, [tracer.value for tracer in replay.leaves.values()])
    check_equal(have, [np.asarray(replay.tape.values[place], float) for place in places])


# ------------------------------------------------------------------------------------------- functions of NumPy's



def put(x, index, value):
    return x.tape.do(place_values, (x, index, value), {}) if isinstance(x, Tracer) else place_values(x, index, value)


def add(x, index, value):
    return x.tape.do(add_at, (np.add, x, index, value), {}) if isinstance(x, Tracer) else add_at(np.add, x, index, value)


CALLS = [
    *(lambda x, f=f: f(x * 3) for f in (np.rint, np.floor, np.ceil, np.trunc, np.sign, np.cbrt, np.arctan, np.arcsinh, np.exp2,
                                        np.isnan, np.isinf, np.isfinite, np.reciprocal, np.radians, np.degrees)),
    *(lambda x, f=f: f(x, x[::-1, :1] - 0.1) for f in (
        np.remainder, np.floor_divide, np.copysign, np.hypot, np.arctan2, np.logaddexp, np.heaviside, np.fmod, np.maximum,
        np.greater, np.less_equal, np.equal, np.not_equal) if f is not np.fmod),
    lambda x: np.rint(np.round(x * 2) / 2), lambda x: (x > 0) & ~(x > 1) | (x < -1) ^ (x < 0), lambda x: np.logical_xor(x > 0, x < 1),
    lambda x: np.cumsum(x > 0, axis=1), lambda x: np.cumsum(x), lambda x: np.cumprod(x, axis=0), lambda x: np.sum(x > 0, axis=1),
    lambda x: np.argmax(x, axis=0), lambda x: np.argmin(x, axis=1), lambda x: np.argmax(x * 0, axis=1),
    lambda x: np.any(x > 1, axis=0), lambda x: np.all(x > -1, axis=1), lambda x: np.prod(x, axis=(0, 1)), lambda x: np.min(x, axis=0, keepdims=True),
    lambda x: np.mean(x, axis=()), lambda x: np.var(x, axis=1, ddof=1), lambda x: np.std(x), lambda x: np.linalg.vector_norm(x, axis=0),
    lambda x: np.add.reduce(x), lambda x: np.maximum.reduce(x, axis=1), lambda x: np.trace(x), lambda x: np.sum(x[:0], axis=0),
    lambda x: np.roll(x, 1, axis=1), lambda x: np.tile(x, (2, 1)), lambda x: np.repeat(x, 2, axis=0), lambda x: np.rot90(x), lambda x: np.flip(x),
    lambda x: x.T.reshape(-1), lambda x: x[::-1, 1::2], lambda x: x[[0, 2, 2]], lambda x: x[:, [1, -1]], lambda x: x[0], lambda x: x[..., None],
    lambda x: x[np.array([[True, False, True, False]] * 3)], lambda x: np.take(x, [2, 0], axis=1), lambda x: np.diagonal(x), lambda x: np.expand_dims(x, 1),
    lambda x: np.broadcast_to(x, (2, 3, 4)), lambda x: np.moveaxis(x, 0, 1), lambda x: np.concatenate([x, x[:1] * 2]), lambda x: np.stack([x, -x], axis=-1),
    lambda x: np.pad(x, 1), lambda x: np.pad(x, ((1, 0), (2, 1)), constant_values=2.5), lambda x: np.pad(x, 1, mode="edge"), lambda x: np.pad(x, 2, mode="reflect"),
    lambda x: np.clip(x, -0.5, 0.5), lambda x: np.where(x > 0, x, 0), lambda x: np.where(x > 0, 1.0, x), lambda x: np.full_like(x, 3) * x,
    lambda x: x @ x.T, lambda x: x[0] @ x.T, lambda x: x @ x[0], lambda x: np.dot(x[0], x[1]), lambda x: np.inner(x, x), lambda x: np.outer(x[0], x[:, 0]),
    lambda x: np.tensordot(x, x, ([0, 1], [0, 1])), lambda x: np.tensordot(x, x.T, 1), lambda x: np.einsum("ij,kj->ik", x, x), lambda x: np.einsum("ij->j", x),
    lambda x: np.einsum("ij,ij", x, x), lambda x: np.stack([x, x]) @ x.T, lambda x: x.astype("f4").astype("f8") * 2, lambda x: x.astype(int) + (x > 0),
    lambda x: put(x, (slice(None), 1), 7.0), lambda x: put(x, ([0, 1, 0], [2, 2, 1]), x[0, :3]), lambda x: x ** 3, lambda x: np.abs(x) ** x,
    lambda x: add(x, ([0, 0, 2],), x), lambda x: add(x, (slice(0, 2),), 1.0), lambda x: np.float64(2) ** x, lambda x: -2.0 / (1 - x),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_a_call(node, call):
    x = np.random.default_rng(1).normal(size=(3, 4))
    tape = Tape()
    tracer = tape.enter(x)
    y = call(tracer)
    source = print_javascript(lower(TapeProgram(tape, {tracer.place: "x0"}, [y.place], [])))
    changed = np.random.default_rng(2).normal(size=(3, 4))
    with np.errstate(all="ignore"):
        want = [call(a) for a in (x, changed)]
    check_equal([*node(source, [x]), *node(source, [changed])], [np.asarray(a, float) for a in want])


@pytest.mark.parametrize("call", [np.sort, np.linalg.inv, lambda x: np.bitwise_and(x.astype(int), 3), lambda x: x * 1j, lambda x: x[np.argmax(x, axis=0)]])
def test_a_call_that_cannot_be_printed(call):
    tape = Tape()
    tracer = tape.enter(np.eye(3) + 1)
    y = call(tracer)
    with pytest.raises(CannotPrint):
        lower(TapeProgram(tape, {tracer.place: "x0"}, [y.place], []))


EDGES = [
    (lambda x: x ** x[::-1], [1.0, -1.0, 2.0, 0.0, np.inf, np.nan]),
    (lambda x: x // 0.1, [1.0, -1.0, 0.3, 0.7, -0.3, np.inf]),
    (lambda x: x // x[::-1], [1.0, -1.0, 0.0, np.inf, np.inf, -np.inf]),
    (lambda x: np.remainder(x, -0.1), [1.0, -1.0, 0.3, 0.0, -0.3, 5.0]),
    (lambda x: np.copysign(x, np.array([-0.0, 0.0] * 3)), [-1.0, 1.0, -2.0, 2.0, -3.0, 3.0]),
    (lambda x: np.logaddexp(x, x[::-1]), [np.inf, -np.inf, 0.0, 800.0, -800.0, np.inf]),
    (lambda x: np.maximum(x, 0.0), [np.nan, -np.inf, np.inf, 0.0, 1.0, -1.0]),
]


@pytest.mark.parametrize(("call", "numbers"), EDGES)
def test_ends_of_the_scale(node, call, numbers):
    x = np.array(numbers)
    tape = Tape()
    with np.errstate(all="ignore"):
        y = call(tracer := tape.enter(x))
        source = print_javascript(lower(TapeProgram(tape, {tracer.place: "x0"}, [y.place], [])))
        check_equal(node(source, [x]), [call(x)])


def test_the_slope_of_an_infinite_gelu(node):
    with watch():
        y = np.sum(F.gelu(Tensor([np.inf, -np.inf, 30.0], requires_grad=True)))
    replay, _, grads, _ = replay_of([y])
    [have] = node(replay.print([grads[0].place]), [tracer.value for tracer in replay.leaves.values()])
    np.testing.assert_array_equal(have, grads[0].value)


def test_what_cannot_be_printed_is_said():
    with watch():
        y = np.sum(np.sort(random(3)) ** 2)
    replay, values, *_ = replay_of([y])
    with pytest.raises(CannotReplay, match="sort"):
        replay.print([values[0].place])
