"""Containers, buffers and hooks of modules."""

import collections
import copy
import functools
import gc
import pickle
import types
import weakref
from unittest import mock

import numpy as np
import pytest

from tinygrad_edu import Tensor, nn, no_grad, optim
from tinygrad_edu.engine.node import Node

X = np.ones((4, 3), np.float32)


def model():
    return nn.Sequential(nn.Linear(3, 2), nn.Tanh(), nn.Linear(2, 1))


# ---------------------------------------------------------------------------------- containers


def test_a_list_of_modules():
    layers = nn.ModuleList([nn.Tanh()])
    layers.append(nn.Linear(2, 2)).extend([nn.ReLU()])
    layers.insert(0, nn.Sigmoid())
    assert [type(m).__name__ for m in layers] == ["Sigmoid", "Tanh", "Linear", "ReLU"]
    assert [name for name, _ in layers.named_parameters()] == ["2.weight", "2.bias"]
    layers[-1] = nn.Tanh()
    assert isinstance(layers[3], nn.Tanh)
    assert len(layers[1:3]) == 2
    assert isinstance(layers[1:3], nn.ModuleList)
    with pytest.raises(TypeError, match="takes modules"):
        layers.append(np.tanh)
    with pytest.raises(IndexError):
        layers[4]


def test_a_dict_of_modules():
    heads = nn.ModuleDict({"digit": nn.Linear(2, 10), "parity": nn.Linear(2, 2)})
    assert list(heads) == heads.keys() == ["digit", "parity"]
    assert [m.out_features for m in heads.values()] == [10, 2]
    assert dict(heads.items())["parity"] is heads["parity"]
    assert next(name for name, _ in heads.named_parameters()) == "digit.weight"
    del heads["digit"]
    assert "digit" not in heads
    assert len(heads) == 1
    for wrong in "training", "a.b", "", 3, "forward":
        with pytest.raises(KeyError, match="can't be the name"):
            heads[wrong] = nn.Tanh()
    with pytest.raises(KeyError):
        heads["absent"]


@pytest.mark.parametrize("holder", [list, tuple, lambda modules: dict(enumerate(modules))])
def test_modules_in_a_plain_list_are_noticed(holder):
    class Net(nn.Module):
        def __init__(self):
            self.first = nn.Linear(2, 2)
            self.layers = holder([nn.Linear(2, 2)])

    with pytest.raises(TypeError, match=r"Net: layers is a (list|tuple|dict) that holds a Linear.*ModuleList"):
        optim.SGD(Net().parameters(), lr=0.1)


def test_a_plain_list_of_what_is_registered_anyway_is_fine():
    class Net(nn.Module):
        def __init__(self):
            self.first = nn.Linear(2, 2)
            self.path = [self.first, self.first]

    assert len(list(Net().parameters())) == 2


# -------------------------------------------------------------------------------------- buffers


class Counter(nn.Module):
    def __init__(self):
        self.weight = nn.Parameter([1.0])
        self.calls = nn.Buffer(np.array(0))

    def forward(self, x):
        self.calls += 1
        return x * self.weight


def test_buffers_are_state_and_not_learnt():
    counter = Counter()
    counter(X)
    assert counter.calls.item() == 1
    assert [name for name, _ in counter.named_parameters()] == ["weight"]
    assert [name for name, _ in counter.named_buffers()] == ["calls"]
    assert next(iter(counter.buffers())) is counter.calls
    state = counter.state_dict()
    assert state["calls"] == 1
    other = Counter()
    other.load_state_dict(state)
    assert other.calls.item() == 1
    assert "Buffer(" in repr(other.calls)


def test_tied_parameters_are_saved_under_both_names_and_learnt_once():
    class Tied(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
            self.b.weight = self.a.weight

    tied = Tied()
    assert len(list(tied.parameters())) == 3
    assert set(tied.state_dict()) == {"a.weight", "a.bias", "b.weight", "b.bias"}
    tied.load_state_dict(tied.state_dict())


# ---------------------------------------------------------------------------------------- hooks


def test_forward_hooks_see_and_may_change_what_passes():
    net = model()
    plain = net(X).data
    seen = []
    handles = [
        net[1].register_forward_pre_hook(lambda m, args: seen.append((m, args[0].shape))),
        net[1].register_forward_hook(lambda m, args, y: seen.append(y.shape)),
    ]
    np.testing.assert_array_equal(net(X).data, plain)
    assert seen == [(net[1], (4, 2)), (4, 2)]
    for handle in handles * 2:  # twice does no harm
        handle.remove()
    net[1].register_forward_pre_hook(lambda m, args: args[0] * 0)
    net[1].register_forward_hook(lambda m, args, y: y + 1)
    assert net[2](Tensor(np.ones((1, 2), np.float32))).item() == pytest.approx(net(X)[0].item())
    with pytest.raises(TypeError, match="a hook must be a function"):
        net[1].register_forward_hook(3)


def test_a_module_with_hooks_is_what_it_was():
    layer = nn.Linear(3, 2)
    text = repr(layer)
    layer.register_forward_hook(lambda *a: None)
    assert isinstance(layer, nn.Linear)
    assert type(layer).__name__ == "Linear"
    assert repr(layer) == text
    np.testing.assert_array_equal(copy.deepcopy(layer)(X).data, layer(X).data)
    assert set(layer.state_dict()) == {"weight", "bias"}


def test_backward_hooks_are_given_the_gradients_of_inputs_and_outputs():
    net, seen = model(), []
    x = Tensor(X, requires_grad=True)
    net[1].register_full_backward_hook(lambda m, went_in, came_out: seen.append((m, went_in, came_out)))
    hidden = net[0](x)
    hidden.retain_grad()
    other = (hidden * 2).sum()  # this use of the same tensor is none of the module's business
    (net[2](net[1](hidden)).sum() + other).backward()
    [(module, (dx,), (dy,))] = seen
    assert module is net[1]
    np.testing.assert_allclose(dx.data + 2, hidden.grad.data, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(dy.data, np.ones((4, 1)) @ net[2].weight.data)


def test_a_backward_hook_of_a_first_layer():
    net, seen = model(), []
    net[0].register_full_backward_hook(lambda m, went_in, came_out: seen.append((went_in, came_out[0].shape)))
    net(X).sum().backward()
    assert seen == [((None,), (4, 2))]
    net.zero_grad()
    net(X).sum().backward(create_graph=True)
    assert len(seen) == 2


def test_hooks_change_no_gradient():
    net = model()
    net(X).sum().backward()
    before = [p.grad.data.copy() for p in net.parameters()]
    net.zero_grad()
    for module in net.modules():
        module.register_full_backward_hook(lambda *a: None)
        module.register_forward_hook(lambda *a: None)
    net(X).sum().backward()
    for p, g in zip(net.parameters(), before):
        np.testing.assert_array_equal(p.grad.data, g)


# ---------------------------------------------------------------------------------- mistakes


class Strange:
    """Somebody else's table of numbers, which leaves NumPy's functions to others."""

    __array_ufunc__ = None
    shape, ndim, dtype = (4, 3), 2, X.dtype


@pytest.mark.parametrize(
    "f", [nn.Linear(3, 1), nn.Sigmoid(), nn.ReLU(), lambda x: nn.MSELoss()(Tensor(X), x), nn.Tanh()]
)
def test_what_is_no_array_is_refused_and_not_passed_on(f):
    with pytest.raises(TypeError, match=r"got Strange: if it holds numbers, make it an array|does not support ufuncs"):
        f(Strange())


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ([nn.Tanh()], r"write \*layers"),
        (nn.Tanh, r"write Tanh\(\)"),
        (np.tanh, r"there are nn\.Tanh\(\)"),
        (3, "is 3$"),
    ],
)
def test_what_is_no_module_is_refused_with_a_hint(wrong, hint):
    with pytest.raises(TypeError, match=hint):
        nn.Sequential(wrong)


def test_a_state_never_holds_one_of_two_tensors():
    model = nn.Sequential(nn.Linear(1, 1))
    setattr(model, "0.weight", nn.Parameter([[2.0]]))
    with pytest.raises(ValueError, match=r"two different tensors are called '0\.weight'"):
        model.state_dict()


# --------------------------------------------------------------------------- what would be lost


class Helper:
    """A layer whose author forgot to derive it from Module."""

    def __init__(self):
        self.weights = [nn.Parameter([1.0])]


class Slotted(nn.Module):
    __slots__ = ("__hidden", "layer", "weight")

    def __init__(self):
        self.weight, self.layer, self.__hidden = nn.Parameter([1.0]), nn.Dropout(), nn.Parameter([2.0])


def pair():
    return nn.Parameter(np.ones((2, 2))), nn.Parameter(np.ones(2))


LOST = {
    "pairs": lambda: [pair(), pair()], "dicts": lambda: {"a": {"w": pair()[0]}}, "lists in a dict": lambda: {"a": [nn.Linear(2, 2)]},
    "set": lambda: {nn.Parameter([1.0])}, "frozenset": lambda: frozenset([nn.Dropout()]), "queue": lambda: collections.deque(pair()),
    "keys": lambda: {nn.Linear(2, 2): "name"}, "values": lambda: {"a": nn.Linear(2, 2)}.values(), "object": Helper,
    "partial": lambda: functools.partial(max, pair()[0]), "namespace": lambda: types.SimpleNamespace(w=pair()[0]), "objects": lambda: np.array([nn.Tanh(), None], dtype=object),
    "leaf": lambda: Tensor([1.0], requires_grad=True), "leaves": lambda: [[Tensor([1.0], requires_grad=True)]],
    "buffer": lambda: nn.Buffer([1.0]).requires_grad_(),
}  # fmt: skip
WALKS = {
    "parameters": lambda m: m.parameters(), "named": lambda m: m.named_parameters(), "modules": lambda m: m.modules(),
    "state": lambda m: m.state_dict(), "load": lambda m: m.load_state_dict({}, strict=False), "zero": lambda m: m.zero_grad(),
    "eval": lambda m: m.eval(), "double": lambda m: m.double(), "buffers": lambda m: list(m.buffers()),
    "summary": lambda m: nn.summary(m, X), "count": lambda m: m.parameter_count(),
}  # fmt: skip


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("name", ["layers", "_layers"])
@pytest.mark.parametrize("what", LOST)
def test_what_no_search_finds_is_refused_by_all_that_walk_the_tree(what, name, walk):
    net = nn.Sequential(model())
    setattr(net[0], name, LOST[what]())
    with pytest.raises(TypeError, match=rf"Sequential: 0\.{name} is an? .*(Parameter|ModuleList)"):
        WALKS[walk](net)
    assert "Linear(3, 2)" in repr(net)  # which is how one looks for it


@pytest.mark.parametrize("what", LOST)
def test_attributes_of_the_class_are_refused_unless_an_objects_own_hide_them(what):
    kind = type("Net", (nn.Module,), {"part": LOST[what]()})
    with pytest.raises(TypeError, match=r"Net: part belongs to the class Net.*__init__"):
        kind().parameters()
    net = kind()
    net.part = nn.Linear(2, 2)
    assert len(list(net.parameters())) == 2


def test_slots_are_attributes():
    net = nn.Sequential(Slotted())
    assert {name for name, _ in net.named_parameters()} == {"0.weight", "0._Slotted__hidden"}
    assert not net.eval()[0].layer.training
    assert pickle.loads(pickle.dumps(net)).state_dict() == net.state_dict()
    net[0].register_forward_hook(look)
    assert len(list(net.parameters())) == 2


def test_what_is_found_elsewhere_or_is_no_parameter_is_left_alone():
    net = model()
    net.path = [[net[0]], {"weights": [net[0].weight]}]  # found elsewhere
    net.state = net[0](Tensor(X))  # computed
    net.teacher = lambda: model()
    net.numbers, net.table = [1.0] * 10, np.ones(3)
    assert len(list(net.parameters())) == 4


@pytest.mark.parametrize("make", [lambda w: w.data, lambda w: w - 0.1, lambda w: w.detach(), lambda w: 1.0])
def test_what_is_learnt_or_saved_keeps_its_place(make):
    counter = Counter()
    for name in "weight", "calls":
        with pytest.raises(TypeError, match=rf"Counter: {name} is a (Parameter|Buffer), and a .* nor saved"):
            setattr(counter, name, make(getattr(counter, name)))
    counter.weight = nn.Parameter([2.0])
    counter.calls = None


# ------------------------------------------------------------------------------------- calling


class Plus(nn.Module):
    def forward(self, x):
        return x + 1


class Doubled(nn.Module):
    def __call__(self, *args):
        return self.forward(*args) * 2


class DoubledPlus(Doubled):
    def forward(self, x):
        return x + 1


class Twice(Plus):
    def __call__(self, x):
        return super().__call__(super().__call__(x))


@pytest.mark.parametrize("hooks", [0, 1])
def test_to_call_a_module_is_to_run_what_its_forward_is_now(hooks, monkeypatch):
    def made(kind):
        module = kind()
        if hooks:
            module.register_forward_hook(look)
        return module

    one = made(Plus)
    assert one(1) == nn.Module.__call__(one, 1) == 2
    one.forward = lambda x: x * 10
    assert one(1) == 10
    one.forward = functools.partial(lambda self, x: x * 20, one)
    assert nn.Sequential(one)(1) == 20
    del one.forward
    for patch in (lambda self, x: x * 7), staticmethod(lambda x: x * 7), property(lambda self: lambda x: x * 7):
        monkeypatch.setattr(Plus, "forward", patch)
        assert one(1) == 7
    monkeypatch.undo()
    with mock.patch.object(Plus, "forward", return_value="mocked"):
        assert made(Plus)(1) == "mocked"
    assert (one(1), made(DoubledPlus)(1), made(Twice)(1)) == (2, 4, 3)


# ------------------------------------------------------------------------------- hooks, again


def look(module, *args):
    """A hook that pickle can find."""


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), lambda m: pickle.loads(pickle.dumps(m, 0))]
)
def test_modules_with_hooks_are_copied_with_them(copied):
    net = model()
    seen = net[1].seen = []
    handle = net[1].register_forward_hook(note)
    twin = copied(net)
    np.testing.assert_array_equal(twin(X).data, net(X).data)
    assert (len(twin[1].seen), len(seen)) == (1, 1)
    handle.remove()
    assert type(net[1]) is nn.Tanh
    assert isinstance(twin[1], nn.Tanh)
    assert type(copied(net)[1]) is nn.Tanh


def note(module, args, y):
    module.seen.append(y.shape)


def test_hooks_may_remove_themselves_while_they_run():
    for kind in "forward_pre_hook", "forward_hook", "full_backward_hook":
        net, seen, handles = model(), [], []

        def once(*args, seen=seen, handles=handles):
            seen.append(1)
            handles.pop(0).remove()

        handles += [getattr(net[0], f"register_{kind}")(once) for _ in range(2)]
        net(X).sum().backward()
        net(X).sum().backward()
        assert seen == [1, 1]
        assert type(net[0]) is nn.Linear


def test_a_handle_takes_out_its_own_hook_and_once():
    net, seen = model(), []
    first, second = (net[0].register_forward_hook(lambda *a: seen.append(1)) for _ in range(2))
    first.remove()
    first.remove()
    net(X)
    assert seen == [1]
    y = net[0](Tensor(X))
    net[0].register_full_backward_hook(lambda *a: seen.append(2)).remove()
    second.remove()
    y.sum().backward()
    assert seen == [1, 1]


def test_backward_hooks_that_are_gone_are_not_called():
    net, seen = model(), []
    handle = net[1].register_full_backward_hook(lambda *a: seen.append(1))
    y = net(X).sum()
    handle.remove()
    y.backward()
    assert seen == []


def test_a_hook_that_raises_changes_no_gradient():
    net = model()
    net[0].register_full_backward_hook(lambda *a: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        net(Tensor(X, requires_grad=True)).sum().backward()
    assert all(p.grad is None for p in net.parameters())


def test_a_backward_hook_cannot_change_gradients_in_silence():
    net = model()
    net[0].register_full_backward_hook(lambda m, went_in, came_out: came_out)
    with pytest.raises(TypeError, match="backward hook of Linear has returned something"):
        net(X).sum().backward()


@pytest.mark.parametrize("create_graph", [None, False, True])
def test_graphs_with_backward_hooks_go_when_they_are_dropped(create_graph):
    net = model()
    net[1].register_full_backward_hook(lambda *a: None)
    gc.disable()
    try:
        y = (net(Tensor(X, requires_grad=True)) ** 3).sum()
        waiting, kept = [y._node], []
        for node in waiting:
            waiting += [p for p in node.parents if isinstance(p, Node)]
            kept += [weakref.ref(a) for a in (node.output, *(node.saved or ())) if type(a) is np.ndarray and a is not X]
        node = waiting = None
        assert any(a() is not None for a in kept)
        if create_graph is not None:
            y.backward(create_graph=create_graph)
            net.zero_grad()
        del y
        alive = [p._array for p in net.parameters()]
        assert all(a() is None or any(a() is p for p in alive) for a in kept)
    finally:
        gc.enable()


def test_backward_hooks_where_nothing_is_recorded_or_nothing_flows_in():
    class Away(nn.Module):
        def forward(self, x):
            return Tensor([2.0], requires_grad=True) * x.detach()

    net, seen = Away(), []
    net.register_full_backward_hook(lambda m, went_in, came_out: seen.append((went_in, came_out[0].tolist())))
    x = Tensor([1.0], requires_grad=True)
    with no_grad():
        assert net(x).item() == 2
    net(x).backward()
    assert seen == [((None,), [1.0])]


# ------------------------------------------------------------------------------ states and dtypes


@pytest.mark.parametrize(("entry", "message"), [
    (np.ones((1, 3)) + 1j, "weight is complex128 for float32, and would lose its imaginary part"),
    (np.full((1, 3), 1e300), "weight is float64, and holds numbers that float32 can't represent"),
    (np.full((1, 3), "1"), "weight is not an array of numbers"), ([[1], [2, 3]], "weight is not an array of numbers"), (None, "weight is not an array"),
])  # fmt: skip
def test_a_load_takes_no_other_numbers_than_were_saved_and_changes_nothing(entry, message):
    layer = nn.Linear(3, 1)
    before = layer.state_dict()
    with pytest.raises(ValueError, match=message):
        layer.load_state_dict({"bias": [7.0], "weight": entry})
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_fractions_are_no_integers_and_ties_are_one():
    counter = Counter()
    counter.load_state_dict({"weight": [2], "calls": 3.0})
    assert counter.calls.item() == 3
    with pytest.raises(ValueError, match="calls is float64, and holds numbers that int64 can't represent"):
        counter.load_state_dict({"weight": [2.0], "calls": 2.5})
    counter.again = counter.weight
    with pytest.raises(ValueError, match="weight and again are one parameter here"):
        counter.load_state_dict({"weight": [1.0], "again": [2.0], "calls": 1})
    counter.load_state_dict(counter.state_dict())


@pytest.mark.parametrize(("changed", "says"), [
    (lambda s: {f"module.{k}": v for k, v in s.items()}, "all names begin with 'module.'"),
    (lambda s: {k.removeprefix("0."): v for k, v in s.items()}, "they lack '0.'"),
    (lambda s: {"model": s, "epoch": 3}, r"state\['model'\] would fit"), (lambda s: {"a": 1.0}, "belongs to another network"),
])  # fmt: skip
def test_names_that_do_not_fit_say_what_would(changed, says):
    net = nn.Sequential(nn.Linear(3, 2))
    state = changed(net.state_dict())
    with pytest.raises(KeyError, match=says) as error:
        net.load_state_dict(state)
    assert "strict" not in str(error.value)
    with pytest.warns(UserWarning, match=f"nothing was loaded.*{says}") as told:
        net.load_state_dict(state, strict=False)
    assert told[0].filename == __file__
    with pytest.raises(TypeError, match="takes a dict"):
        net.load_state_dict("weights.npz")


@pytest.mark.parametrize("kind", [optim.SGD, functools.partial(optim.SGD, momentum=0.9, weight_decay=0.01), optim.Adam])
def test_a_network_in_another_precision_goes_on_in_it(kind):
    def run(cast_at):
        net = nn.Sequential(
            nn.Linear(3, 4, bias=False, rng=np.random.default_rng(0)),
            nn.BatchNorm1d(4),
            nn.Linear(4, 1, rng=np.random.default_rng(1)),
        )
        descent = kind(net.parameters(), lr=0.01)
        held = list(net.parameters())
        for i in range(4):
            y = ((net(np.cos(np.arange(12.0) ** 2).reshape(4, 3).astype(held[0].dtype)) - 1) ** 2).sum()
            if i == cast_at:
                assert net.double() is net  # while a backward is pending
            net.zero_grad()
            y.backward()
            descent.step()
        assert all(p is q for p, q in zip(held, net.parameters(), strict=True))
        for p, memory in descent.state.items():
            assert {v.dtype for v in memory.values() if np.shape(v) == p.shape} == {p.dtype}
        return net

    net = run(1)
    assert {str(v.dtype) for v in net.state_dict().values()} == {"float64", "int64"}
    assert {str(p.grad.dtype) for p in net.parameters()} == {"float64"}
    assert any((p.data != p.data.astype(np.float32)).any() for p in net.parameters())
    for name, array in run(9).state_dict().items():
        np.testing.assert_allclose(array, net.state_dict()[name], rtol=1e-3, atol=1e-4)
    assert net.half().float()[0].weight.dtype == np.float32
    with pytest.raises(TypeError, match="can't be int64"):
        net.to(int)


def test_complex_parameters_stay_complex():
    net = nn.Module()
    net.w = nn.Parameter([1j], dtype=np.complex64)
    assert net.double().w.dtype == np.complex128
    assert net.w.item() == 1j


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_model_that_was_pickled_gives_the_same_bits(copied, order):
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Linear(67, 65, rng=rng), nn.Tanh(), nn.Linear(65, 1, rng=rng))
    net[0].weight = nn.Parameter(np.asarray(rng.normal(size=(65, 67)), np.float32, order=order))
    x = rng.normal(size=(129, 67)).astype(np.float32)
    bits = set()
    for model, data in (net, x), (copied(net), x), (net, copied(x)), (copied(net), pickle.loads(pickle.dumps(x))):
        model.zero_grad()
        y = model(Tensor(data) * 2)
        (y * y).sum().backward()
        bits.add((y.data.tobytes(), *(p.grad.data.tobytes() for p in model.parameters())))
    assert len(bits) == 1


@pytest.mark.parametrize("kind", [nn.SiLU, nn.Softsign, nn.MSELoss, nn.L1Loss])
def test_settings_that_a_module_does_not_have_are_refused_when_it_is_made(kind):
    with pytest.raises(TypeError, match="slope"):
        kind(slope=1)


def test_only_the_divergence_divides_by_the_number_of_examples():
    assert nn.KLDivLoss(reduction="batchmean").extra_repr() == "reduction='batchmean', log_target=False"
    with pytest.raises(ValueError, match="MSELoss: reduction must be"):
        nn.MSELoss("batchmean")
