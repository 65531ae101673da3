"""Containers, buffers and hooks of modules."""

import copy

import numpy as np
import pytest

from tinygrad_edu import Tensor, nn, optim

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
    handles = [net[1].register_forward_pre_hook(lambda m, args: seen.append((m, args[0].shape))),
               net[1].register_forward_hook(lambda m, args, y: seen.append(y.shape))]
    np.testing.assert_array_equal(net(X).data, plain)
    assert seen == [(net[1], (4, 2)), (4, 2)]
    for handle in handles * 2:  # twice does no harm
        handle.remove()
    net[1].register_forward_pre_hook(lambda m, args: args[0] * 0)
    net[1].register_forward_hook(lambda m, args, y: y + 1)
    assert net[2](Tensor(np.ones((1, 2), np.float32))).item() == pytest.approx(net(X)[0].item())
    with pytest.raises(TypeError, match="a hook is a function"):
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


@pytest.mark.parametrize("f", [nn.Linear(3, 1), nn.Sigmoid(), nn.ReLU(), lambda x: nn.MSELoss()(Tensor(X), x), nn.Tanh()])
def test_what_is_no_array_is_refused_and_not_passed_on(f):
    with pytest.raises(TypeError, match=r"got Strange: if that is numbers, make an array of it|does not support ufuncs"):
        f(Strange())


@pytest.mark.parametrize(("wrong", "hint"), [([nn.Tanh()], r"write \*layers"), (nn.Tanh, r"write Tanh\(\)"), (np.tanh, r"there are nn\.Tanh\(\)"), (3, "is 3$")])
def test_what_is_no_module_is_refused_with_a_hint(wrong, hint):
    with pytest.raises(TypeError, match=hint):
        nn.Sequential(wrong)
