"""What functions are differentiated by: nests of every kind, and a module's parameters by their names."""

import dataclasses
from collections import OrderedDict, defaultdict

import numpy as np
import pytest

from tinygrad_edu import Tensor, func, nn
from tinygrad_edu.pytree import flatten

# --------------------------------------------------------------------------- arguments of all structures


@dataclasses.dataclass(frozen=True)
class Line:
    slope: object
    offset: object = None
    name: object = None


@pytest.mark.parametrize("made", [
    lambda a, b: OrderedDict(slope=a, offset=b), lambda a, b: defaultdict(float, slope=a, offset=b),
    lambda a, b: {"slope": a, "offset": b, "none": None}, Line, lambda a, b: [a, (b, None)],
])  # fmt: skip
def test_every_nest_comes_back_as_it_went_in(made):
    def cost(p):
        leaves = flatten(p)[0]
        return 3.0 * leaves[0] * leaves[0] + leaves[1]

    nest = made(2.0, 5.0)
    g = func.grad(cost)(nest)
    assert type(g) is type(nest)
    assert [x.item() for x in flatten(g)[0]] == [12, 1]
    assert repr(flatten(nest)[1]([12.0, 1.0])) == repr(made(12.0, 1.0))
    value, pull = func.vjp(lambda p: made(*flatten(p)[0]), nest)
    assert [x.item() for x in flatten(pull(made(1.0, 2.0)))[0]] == [1, 2]
    assert [x.item() for x in flatten(func.jvp(cost, (nest,), (made(1.0, 2.0),))[1])[0]] == [14]
    assert type(value) is type(nest)
    if isinstance(nest, defaultdict):
        assert g.default_factory is float


def test_structures_that_differ_are_told_by_their_names():
    _, pull = func.vjp(lambda x: Line(x, x), 1.0)
    with pytest.raises(ValueError, match=r"a Line of 'slope', 'offset', 'name' against one float"):
        pull(1.0)
    with pytest.raises(TypeError, match="returned None"):
        func.grad(lambda x: None)(1.0)


# --------------------------------------------------------------------------- modules as functions of their parameters


def test_a_module_is_called_with_other_parameters_and_left_as_it_is():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x = np.array([[0.5, -1.0]], np.float32)
    own = {name: p.detach() for name, p in model.named_parameters()}
    before = model.state_dict()

    def cost(parameters):
        return func.functional_call(model, parameters, x).sum()

    g = func.grad(cost)(own)
    model(x).sum().backward()
    for name, p in model.named_parameters():
        np.testing.assert_allclose(g[name].data, p.grad.data, rtol=1e-6)
    doubled = func.functional_call(model, {"2.bias": own["2.bias"] + 1}, x)
    np.testing.assert_allclose(doubled.data, model(x).data + 1)
    assert all(np.array_equal(v, before[k]) for k, v in model.state_dict().items())


def test_running_means_stay_the_modules_own():
    norm = nn.BatchNorm1d(2)
    twin = nn.BatchNorm1d(2)
    x = np.array([[1.0, 2.0], [3.0, 5.0]], np.float32)
    func.functional_call(norm, {"weight": Tensor(np.ones(2, np.float32))}, x)
    twin(x)
    for name, buffer in twin.named_buffers():
        np.testing.assert_array_equal(dict(norm.named_buffers())[name].data, buffer.data)


@pytest.mark.parametrize(("given", "error", "match"), [
    ({"wieght": Tensor(np.ones((1, 2)))}, KeyError, "no parameter 'wieght'; it has weight, bias"),
    ({"weight": Tensor(np.ones((2, 1)))}, ValueError, r"weight has shape \(1, 2\), and \(2, 1\) was given"),
    ({"weight": np.ones((1, 2))}, TypeError, "must be a Tensor"),
])  # fmt: skip
def test_what_does_not_fit_a_module_is_refused(given, error, match):
    with pytest.raises(error, match=match):
        func.functional_call(nn.Linear(2, 1), given, np.ones((1, 2), np.float32))
