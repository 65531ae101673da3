"""Networks: modules are trees, parameters are found by attribute, states are snapshots, losses refuse to broadcast."""

import copy
import pickle

import numpy as np
import pytest

from tinygrad_edu import Tensor, manual_seed, nn, no_grad, optim, sigmoid
from tinygrad_edu.nn import init


def network(rng=0):
    """The network of the classic digits example: 784-16-16-10, sigmoid everywhere."""
    rng = np.random.default_rng(rng)
    return nn.Sequential(
        nn.Linear(784, 16, rng=rng), nn.Sigmoid(), nn.Linear(16, 16, rng=rng), nn.Sigmoid(), nn.Linear(16, 10, rng=rng),
        nn.Sigmoid(),
    )  # fmt: skip


class Branching(nn.Module):
    """Parameters and modules at several depths, some of them shared."""

    def __init__(self):
        self.first = nn.Linear(2, 3)
        self.scale = nn.Parameter(np.ones(3))
        self.again = self.first
        self.deep = nn.Sequential(nn.Tanh(), nn.Linear(3, 2, bias=False))
        self.tied = self.deep[1].weight
        self.constant = Tensor([1.0])  # a Tensor, not a Parameter: not to be learnt

    def forward(self, x):
        return self.deep(self.first(x) * self.scale)


# ---------------------------------------------------------------------------------- parameters


def test_a_parameter_is_float32_and_requires_gradients_unless_told_otherwise():
    p = nn.Parameter([1, 2])
    assert (p.dtype, p.requires_grad, p.is_leaf) == (np.float32, True, True)
    assert nn.Parameter([1.0], dtype=np.float64).dtype == np.float64
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


def test_what_is_computed_with_a_parameter_is_a_tensor():
    p = nn.Parameter([1.0, 2.0])
    for y in p * 2, np.exp(p), p[0], p.detach(), p.sum():
        assert type(y) is Tensor
    (p * p).sum().backward()
    assert type(p.grad) is Tensor


def test_parameters_are_found_in_order_by_path_and_shared_ones_once():
    model = Branching()
    assert [name for name, _ in model.named_parameters()] == ["scale", "tied", "first.weight", "first.bias"]
    assert sum(1 for _ in model.parameters()) == 4
    assert model.parameter_count() == 3 + 6 + 6 + 3
    assert [name for name, _ in model.named_modules()] == ["", "first", "deep", "deep.0", "deep.1"]


def test_modules_need_not_call_anybodys_constructor():
    class Empty(nn.Module):
        pass

    assert list(Empty().parameters()) == []
    with pytest.raises(NotImplementedError, match=r"Empty has no forward\(\)"):
        Empty()(1.0)


def test_training_and_evaluation_modes_reach_all_modules():
    model = Branching()
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    assert model.train() is model
    assert all(m.training for m in model.modules())


def test_gradients_are_forgotten():
    model = Branching()
    model(np.ones((4, 2))).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


# --------------------------------------------------------------------------------------- states


def test_a_state_is_a_snapshot_that_training_on_does_not_change():
    model = Branching()
    state = model.state_dict()
    before = copy.deepcopy(state)
    model(np.ones((4, 2))).sum().backward()
    optim.SGD(model.parameters(), lr=1.0).step()
    with no_grad():
        model.scale -= 1
    model.scale.data[...] = 7
    for name in before:
        np.testing.assert_array_equal(state[name], before[name])
    model.load_state_dict(state)
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.data, before[name])


def test_loading_copies_and_keeps_the_parameters_themselves():
    model, other = Branching(), Branching()
    held = dict(model.named_parameters())
    state = other.state_dict()
    model.load_state_dict(state)
    state["scale"][...] = 99
    assert all(p is held[name] for name, p in model.named_parameters())
    np.testing.assert_array_equal(model.scale.data, other.scale.data)
    assert model.scale.dtype == np.float32


def test_a_state_may_hold_tensors_lists_and_other_dtypes():
    model = nn.Linear(1, 2)
    model.load_state_dict({"weight": [[1], [2]], "bias": np.array([3.0, 4.0])})
    assert (model.weight.tolist(), model.bias.tolist(), model.bias.dtype) == ([[1], [2]], [3, 4], np.float32)
    twin = nn.Linear(1, 2)
    twin.load_state_dict(dict(model.named_parameters()))
    assert twin.weight.tolist() == [[1], [2]]


def test_a_state_may_consist_of_the_models_own_arrays():
    model = nn.Module()
    model.a, model.b = nn.Parameter([1.0]), nn.Parameter([2.0])
    model.load_state_dict({"a": model.b.data, "b": model.a.data})
    assert (model.a.item(), model.b.item()) == (2, 1)


def unchanged(model, state, error, match, **options):
    before = model.state_dict()
    with pytest.raises(error, match=match):
        model.load_state_dict(state, **options)
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_missing_and_unexpected_names_are_listed_and_nothing_is_changed():
    model = Branching()
    state = {k: v * 0 for k, v in model.state_dict().items()}
    state["scael"] = state.pop("scale")
    unchanged(model, state, KeyError, r"Branching: missing \['scale'\], unexpected \['scael'\].*strict=False")


def test_differing_shapes_are_listed_and_nothing_is_changed():
    model = Branching()
    state = {k: v * 0 for k, v in model.state_dict().items()}
    state["scale"], state["first.bias"] = np.zeros(4), np.zeros((3, 1))
    for strict in True, False:
        unchanged(
            model, state, ValueError, r"scale: \(4,\) for \(3,\); first\.bias: \(3, 1\) for \(3,\)", strict=strict
        )


def test_what_is_no_number_changes_nothing():
    model = Branching()
    state = {k: v * 0 for k, v in model.state_dict().items()} | {"first.bias": np.array(["a", "b", "c"])}
    unchanged(model, state, ValueError, "could not convert")


def test_without_strictness_what_fits_is_taken_over():
    model = Branching()
    weight = model.first.weight.tolist()
    model.load_state_dict({"scale": [5, 6, 7], "unknown": 1.0}, strict=False)
    assert model.scale.tolist() == [5, 6, 7]
    assert model.first.weight.tolist() == weight


def test_loading_does_not_disturb_a_pending_backward():
    model = nn.Linear(2, 1, bias=False)
    model.load_state_dict({"weight": [[1.0, 2.0]]})
    y = (model.weight * model.weight).sum()
    model.load_state_dict({"weight": [[9.0, 9.0]]})
    y.backward()
    assert model.weight.grad.tolist() == [[2, 4]]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("make", [Branching, network])
def test_models_can_be_copied_and_saved(duplicate, make):
    model = make()
    twin = duplicate(model)
    for (name, p), (twins_name, q) in zip(model.named_parameters(), twin.named_parameters()):
        assert name == twins_name
        assert p is not q
        assert type(q) is nn.Parameter
        np.testing.assert_array_equal(p.data, q.data)
        assert not np.shares_memory(p.data, q.data)
    x = np.ones((2, next(model.parameters()).shape[-1] if make is network else 2), np.float32)
    np.testing.assert_array_equal(model(x).data, twin(x).data)
    if make is Branching:
        assert twin.tied is twin.deep[1].weight
        assert twin.again is twin.first


# ----------------------------------------------------------------------------------------- text


def test_a_network_shows_its_tree_and_counts():
    assert (
        repr(network())
        == """\
Sequential(
  (0): Linear(784, 16)  # 12,560 parameters
  (1): Sigmoid()
  (2): Linear(16, 16)  # 272 parameters
  (3): Sigmoid()
  (4): Linear(16, 10)  # 170 parameters
  (5): Sigmoid()
)  # 13,002 parameters"""
    )


def test_modules_of_ones_own_show_their_parameters():
    class Neuron(nn.Module):
        def __init__(self):
            self.weights = nn.Parameter(np.zeros(3))
            self.output = nn.Tanh()

    assert repr(Neuron()) == "Neuron(\n  weights: [3]\n  (output): Tanh()\n)  # 3 parameters"
    assert repr(nn.Linear(1, 1, bias=False)) == "Linear(1, 1, bias=False)  # 1 parameter"
    assert repr(nn.MSELoss("sum")) == "MSELoss(reduction='sum')"


# --------------------------------------------------------------------------------------- layers


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3), (0, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_linear_layer_is_a_weighted_sum(shape, bias):
    layer = nn.Linear(3, 2, bias=bias, dtype=np.float64)
    x = Tensor(np.arange(np.prod(shape)).reshape(shape) / 7.0, requires_grad=True)
    y = layer(x)
    expected = x.data @ layer.weight.data.T + (layer.bias.data if bias else 0)
    np.testing.assert_allclose(y.data, expected)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(layer.weight.data.sum(0), shape))
    np.testing.assert_allclose(layer.weight.grad.data, np.tile(x.data.reshape(-1, 3).sum(0), (2, 1)))
    if bias:
        assert layer.bias.grad.tolist() == [np.prod(shape[:-1])] * 2
    else:
        assert layer.bias is None


def test_layers_take_arrays_lists_and_tensors():
    layer = nn.Linear(2, 1)
    values = [[1.0, 2.0]]
    for x in values, np.array(values), Tensor(values):
        assert layer(x).shape == (1, 1)
    assert layer(np.ones((1, 2), np.float32)).dtype == np.float32


@pytest.mark.parametrize("shape", [(5, 4), (4,), (), (3, 5), (2, 5, 4), (1,)])
def test_an_input_of_a_wrong_shape_is_an_error_that_names_the_layer_and_both_shapes(shape):
    layer = nn.Linear(3, 2) if shape != (3, 5) else nn.Linear(4, 2)
    with pytest.raises(ValueError, match=r"Linear\(\d, 2\).* wants inputs of shape \(\.\.\., \d\), got ") as caught:
        layer(np.ones(shape))
    assert str(shape) in str(caught.value)


def test_a_layer_needs_neurons():
    for sizes in (0, 1), (1, 0), (-1, 2):
        with pytest.raises(ValueError, match="at least one input and one output"):
            nn.Linear(*sizes)


def test_activations():
    x = Tensor([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(nn.Sigmoid()(x).data, 1 / (1 + np.exp(-x.data)))
    np.testing.assert_array_equal(nn.Tanh()(x).data, np.tanh(x.data))
    assert nn.ReLU()(x).tolist() == [0, 0, 3]


def test_sequences_are_sequences():
    model = network()
    assert len(model) == 6
    assert list(model)[1] is model[1]
    assert model[-1] is model[5]
    head = model[:2]
    assert isinstance(head, nn.Sequential)
    assert head[0] is model[0]
    x = np.ones((1, 784), np.float32)
    np.testing.assert_array_equal(model[2:](head(x)).data, model(x).data)
    with pytest.raises(IndexError):
        model[6]
    with pytest.raises(TypeError, match="argument 1 is <"):
        nn.Sequential(nn.Tanh(), sigmoid)


def test_a_layer_of_a_sequence_that_is_replaced_is_replaced_everywhere():
    model = nn.Sequential(nn.Tanh(), nn.Tanh())
    setattr(model, "1", nn.ReLU())
    assert isinstance(model[1], nn.ReLU)
    assert model(Tensor([-1.0])).item() == 0


# --------------------------------------------------------------------------------------- losses

OUTPUT = np.array([[1.0, 2.0], [0.0, 0.5], [3.0, 1.0]])
TARGET = np.array([[1.0, 0.0], [1.0, 0.5], [0.0, 0.0]])
SQUARES = (OUTPUT - TARGET) ** 2


@pytest.mark.parametrize(
    ("loss", "value", "slope"),
    [
        (nn.MSELoss(), SQUARES.mean(), 2 / 6),
        (nn.MSELoss("mean"), SQUARES.mean(), 2 / 6),
        (nn.MSELoss("sum"), SQUARES.sum(), 2),
        (nn.MSELoss("none"), SQUARES, 2),
        (nn.SumOfSquaresLoss(), SQUARES.sum(1).mean(), 2 / 3),
    ],
)
@pytest.mark.parametrize(
    "target", [TARGET, Tensor(TARGET), Tensor(TARGET, requires_grad=True)], ids=["array", "constant", "leaf"]
)
def test_losses(loss, value, slope, target):
    output = Tensor(OUTPUT, requires_grad=True)
    cost = loss(output, target)
    np.testing.assert_allclose(cost.data, value)
    cost.sum().backward()
    np.testing.assert_allclose(output.grad.data, slope * (OUTPUT - TARGET))


def test_the_cost_of_single_precision_is_single():
    output = Tensor(OUTPUT, dtype=np.float32, requires_grad=True)
    for loss in nn.MSELoss(), nn.SumOfSquaresLoss():
        assert loss(output, TARGET.astype(np.float32)).dtype == np.float32


def test_losses_have_second_derivatives():
    output = Tensor(OUTPUT, requires_grad=True)
    nn.SumOfSquaresLoss()(output, TARGET).backward(create_graph=True)
    slope, output.grad = output.grad, None
    slope.sum().backward()
    np.testing.assert_allclose(output.grad.data, 2 / 3)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.MSELoss("none"), nn.SumOfSquaresLoss()])
@pytest.mark.parametrize(("a", "b"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 2), (2,)), ((1,), ()), ((2, 3), (3, 2))])
def test_shapes_that_merely_happen_to_broadcast_are_refused(loss, a, b):
    with pytest.raises(ValueError, match=r": the output has shape .* and the target .* must be equal") as caught:
        loss(Tensor(np.ones(a)), np.ones(b))
    assert str(a) in str(caught.value)
    assert str(b) in str(caught.value)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', not 'average'"):
        nn.MSELoss("average")


# --------------------------------------------------------------------------------- beginnings


@pytest.mark.parametrize(
    ("fill", "variance"),
    [
        (init.xavier_uniform_, 2 / (300 + 200)),
        (init.xavier_normal_, 2 / (300 + 200)),
        (lambda p, rng: init.xavier_normal_(p, gain=3, rng=rng), 9 * 2 / (300 + 200)),
        (init.kaiming_uniform_, 2 / 300),
        (init.kaiming_normal_, 2 / 300),
        (lambda p, rng: init.uniform_(p, -1, 1, rng), 1 / 3),
        (lambda p, rng: init.normal_(p, 0, 0.5, rng), 0.25),
    ],
)
def test_initialisers_have_their_variance(fill, variance):
    p = nn.Parameter(np.zeros((200, 300)))
    array = p.data
    assert fill(p, rng=np.random.default_rng(0)) is p
    assert p.data is array
    assert abs(array.mean()) < 4 * np.sqrt(variance / p.size)
    np.testing.assert_allclose(array.var(), variance, rtol=0.03)
    assert (p.dtype, p.requires_grad, p.is_leaf) == (np.float32, True, True)


def test_constant_initialisers():
    p = nn.Parameter(np.zeros((2, 2)))
    assert (init.ones_(p).data == 1).all()
    assert (init.zeros_(p).data == 0).all()
    assert (init.constant_(p, 0.5).data == 0.5).all()


def test_orthogonal_weights_keep_lengths():
    for shape in ((4, 7), (7, 4), (5, 5), (6, 2, 2, 1)):
        w = init.orthogonal_(nn.Parameter(np.zeros(shape), dtype=np.float64), gain=2, rng=np.random.default_rng(0)).data
        w = w.reshape(shape[0], -1)
        short = w @ w.T if len(w) <= w.shape[1] else w.T @ w
        np.testing.assert_allclose(short, 4 * np.eye(min(w.shape)), atol=1e-12)


def test_truncated_normal_numbers_stay_within():
    w = init.trunc_normal_(nn.Parameter(np.zeros((200, 50))), 1, 2, -1, 2, np.random.default_rng(0)).data
    assert -1 <= w.min() < -0.9
    assert 1.9 < w.max() <= 2
    with pytest.raises(ValueError, match="hardly any"):
        init.trunc_normal_(nn.Parameter(np.zeros(3)), 0, 1, 50, 51)


def test_beginnings_that_pass_on_what_they_get():
    x = np.random.default_rng(0).normal(size=(2, 4, 5, 5)).astype(np.float32)
    conv = nn.Conv2d(4, 4, 3, padding=1, groups=2, bias=False)
    init.dirac_(conv.weight, groups=2)
    np.testing.assert_array_equal(conv(Tensor(x)).data, x)
    linear = nn.Linear(5, 5, bias=False)
    init.eye_(linear.weight)
    np.testing.assert_array_equal(linear(Tensor(x)).data, x)
    for f in (init.dirac_, init.eye_):
        with pytest.raises(ValueError, match="is for"):
            f(nn.Parameter(np.zeros(3)))


def test_he_et_al_for_other_activations():
    p = nn.Parameter(np.zeros((300, 200, 2)))
    init.kaiming_normal_(p, a=1, mode="fan_out", rng=np.random.default_rng(0))
    assert p.data.var() == pytest.approx(1 / 600, rel=0.05)
    init.kaiming_uniform_(p, nonlinearity="tanh", rng=np.random.default_rng(0))
    assert p.data.var() == pytest.approx(25 / 9 / 400, rel=0.05)
    with pytest.raises(ValueError, match="gain of 'gelu' is not known"):
        init.kaiming_uniform_(p, nonlinearity="gelu")
    with pytest.raises(ValueError, match="mode must be"):
        init.kaiming_uniform_(p, mode="both")


def test_convolution_weights_count_their_field():
    p = nn.Parameter(np.zeros((64, 32, 3, 3)))
    init.kaiming_normal_(p, rng=np.random.default_rng(0))
    np.testing.assert_allclose(p.data.var(), 2 / (32 * 9), rtol=0.05)


def test_initialisers_of_weights_want_two_axes():
    with pytest.raises(ValueError, match=r"at least two axes.*\(3,\)"):
        init.kaiming_normal_(nn.Parameter(np.zeros(3)))


def test_a_linear_layer_begins_within_one_over_the_root_of_its_inputs():
    layer = nn.Linear(100, 400, rng=np.random.default_rng(0))
    for p in layer.parameters():
        assert np.abs(p.data).max() <= 0.1
        assert np.abs(p.data).max() > 0.098
        assert p.dtype == np.float32


def test_a_seed_makes_everything_the_same_again():
    states = []
    for _ in range(2):
        manual_seed(7)
        states.append([nn.Linear(3, 2).state_dict(), nn.Linear(3, 2).state_dict()])
    for a, b in zip(*states):
        np.testing.assert_array_equal(a["weight"], b["weight"])
    assert (states[0][0]["weight"] != states[0][1]["weight"]).any()
    np.testing.assert_array_equal(network(3)[0].weight.data, network(3)[0].weight.data)


# ------------------------------------------------------------------------------------ altogether


def test_a_small_network_learns_exclusive_or():
    rng = np.random.default_rng(1)
    model = nn.Sequential(nn.Linear(2, 8, rng=rng), nn.Tanh(), nn.Linear(8, 1, rng=rng), nn.Sigmoid())
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    wanted = np.array([[0], [1], [1], [0]], np.float32)
    descent, cost = optim.SGD(model.parameters(), lr=2.0, momentum=0.5), nn.SumOfSquaresLoss()
    for _ in range(300):
        descent.zero_grad()
        loss = cost(model(x), wanted)
        loss.backward()
        descent.step()
    assert loss.item() < 0.01
    assert (np.round(model(x).data) == wanted).all()
