"""What an optimiser is told: settings, groups and states are looked at first, and what is refused changes nothing."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strangers import Foreign

from tinygrad_edu import Tensor, load, nn, optim, save

KINDS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1), "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9), "Adam": lambda p: optim.Adam(p, lr=0.1),
    "AdamW": lambda p: optim.AdamW(p, lr=0.1), "RMSprop": lambda p: optim.RMSprop(p, lr=0.1),
    "RMSprop, all": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.5, centered=True), "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.1, max_iter=3),
}  # fmt: skip
ENTRIES = {
    "SGD": [], "momentum": ["momentum_buffer"], "Adam": ["step", "exp_avg", "exp_avg_sq"], "AdamW": ["step", "exp_avg", "exp_avg_sq"],
    "RMSprop": ["step", "square_avg"], "RMSprop, all": ["step", "square_avg", "grad_avg", "momentum_buffer"], "Adagrad": ["step", "sum"],
    "LBFGS": ["steps", "bends"],
}  # fmt: skip
SQUARES = {"exp_avg_sq", "square_avg", "sum"}
every = pytest.mark.parametrize("kind", KINDS)
remembering = pytest.mark.parametrize("kind", [k for k in KINDS if ENTRIES[k] and k != "LBFGS"])


def made(kind, dtype=np.float64):
    params = [
        Tensor(np.array([[1.0, -2.0], [0.5, 3.0]]), requires_grad=True, dtype=dtype),
        Tensor(2.0, requires_grad=True, dtype=dtype),
    ]
    return params, KINDS[kind](params)


def go(params, optimiser, steps=3):
    def closure():
        optimiser.zero_grad()
        cost = (params[0] ** 2).sum() * 0.5 + (params[1] * params[1] - params[0].sum()) ** 2 * 0.01
        cost.backward()
        return cost

    for _ in range(steps):
        if isinstance(optimiser, optim.LBFGS):
            optimiser.step(closure)
        else:
            closure()
            optimiser.step()
    return [p.data.copy() for p in params]


def under_way(kind):
    params, optimiser = made(kind)
    go(params, optimiser)
    return params, optimiser


def picture(optimiser):
    """All that decides the next steps, to compare."""
    state = optimiser.state_dict()
    return [
        [dict(group) for group in state["param_groups"]],
        {i: {k: np.asarray(v).tolist() for k, v in entries.items()} for i, entries in state["state"].items()},
    ]


def assert_refused(optimiser, state, message):
    before = picture(optimiser)
    with pytest.raises(ValueError, match=message) as caught:
        optimiser.load_state_dict(state)
    assert str(caught.value).startswith(type(optimiser).__name__)
    assert picture(optimiser) == before


# ------------------------------------------------------------------------------------------- what is a state is taken


@every
@pytest.mark.parametrize("form", ["as it is", ".npz", ".safetensors", "arrays", "strings", "tensors", "other numbers"])
def test_what_was_saved_is_gone_on_from(kind, form, tmp_path):
    params, optimiser = under_way(kind)
    state = optimiser.state_dict()
    assert [*state["state"].get(0, {})] == ENTRIES[kind]
    if form.startswith("."):
        save(tmp_path / f"x{form}", state)
        state = load(tmp_path / f"x{form}")
    elif form == "arrays":  # as formats have it in which all is an array
        as_array = lambda v: v if v is None or isinstance(v, str | list) else np.array(v)
        state = {
            "param_groups": [{k: as_array(v) for k, v in group.items()} for group in state["param_groups"]],
            "state": {i: {k: np.array(v) for k, v in entries.items()} for i, entries in state["state"].items()},
        }
    elif form == "strings":  # as JSON
        state["state"] = {str(i): entries for i, entries in state["state"].items()}
    elif form == "tensors":
        state["state"] = {
            i: {k: Tensor(v) if k not in ("step", "steps", "bends") else v for k, v in entries.items()}
            for i, entries in state["state"].items()
        }
    elif form == "other numbers" and kind != "LBFGS":
        state["param_groups"][0]["params"] = [7, 3]
        state["state"] = {{0: 7, 1: 3}[i]: entries for i, entries in state["state"].items()}
    again = [Tensor(p.data, requires_grad=True) for p in params]
    resumed = KINDS[kind](again)
    resumed.lr = 123
    resumed.load_state_dict(state)
    before = picture(resumed)
    assert before == picture(optimiser)
    for a, b in zip(go(again, resumed), go(params, optimiser), strict=True):
        np.testing.assert_array_equal(a, b)
    fresh = KINDS[kind]([Tensor(p.data, requires_grad=True) for p in params])
    fresh.load_state_dict(state)
    assert picture(fresh) == before, "what was loaded is not what is stepped with"


@every
def test_a_state_without_steps_yet_is_taken(kind):
    params, optimiser = made(kind)
    state = made(kind)[1].state_dict()
    assert state["state"] == {}
    go(params, optimiser)
    optimiser.load_state_dict(state)
    assert picture(optimiser)[1] == {}
    if kind == "momentum":  # PyTorch's word for nothing yet
        optimiser.load_state_dict({**state, "state": {0: {"momentum_buffer": None}}})
        assert picture(optimiser)[1] == {}


@pytest.mark.parametrize("kind", ["Adam", "Adagrad", "RMSprop"])
def test_a_state_of_no_steps_is_one(kind):
    """As PyTorch's Adagrad begins with."""
    params, optimiser = made(kind)
    zeros = {k: 0 if k == "step" else np.zeros((2, 2)) for k in ENTRIES[kind]}
    optimiser.load_state_dict({**optimiser.state_dict(), "state": {0: zeros}})
    for a, b in zip(go(params, optimiser), go(*made(kind)), strict=True):
        np.testing.assert_array_equal(a, b)


@remembering
def test_arrays_are_taken_in_the_parameters_precision(kind):
    state = under_way(kind)[1].state_dict()
    params, optimiser = made(kind, np.float32)
    optimiser.load_state_dict(state)
    assert {v.dtype for entries in optimiser.state.values() for k, v in entries.items() if k != "step"} == {
        np.dtype(np.float32)
    }
    assert all(type(entries.get("step", 0)) is int for entries in optimiser.state.values())
    go(params, optimiser)


def test_of_other_programs_settings_only_those_that_matter_are_looked_at():
    _, optimiser = made("AdamW")
    state = optimiser.state_dict()
    same = {
        "foreach": None,
        "fused": True,
        "maximize": False,
        "amsgrad": False,
        "decoupled_weight_decay": True,
        "name": "head",
    }
    state["param_groups"][0].update(same)
    optimiser.load_state_dict(state)
    assert optimiser.param_groups[0]["name"] == "head"
    for name, value in {"maximize": True, "amsgrad": True, "decoupled_weight_decay": False, "initial_lr": -1}.items():
        other = copy.deepcopy(state)
        other["param_groups"][0][name] = value
        assert_refused(optimiser, other, f"{name}={value}")
    assert_refused(
        made("SGD")[1],
        {"state": {}, "param_groups": [{**made("SGD")[1].state_dict()["param_groups"][0], "maximize": True}]},
        "group 0 of the state has maximize=True, and SGD steps as with maximize=False",
    )


def test_foreign_arrays_are_saved_as_what_they_are():
    p = Tensor(Foreign(np.ones(3)), requires_grad=True)
    optimiser = optim.Adam([p])
    p.grad = Tensor(Foreign(np.ones(3)))
    optimiser.step()
    state = optimiser.state_dict()
    mean = state["state"][0]["exp_avg"]
    assert type(mean) is Foreign
    assert mean is not optimiser.state[p]["exp_avg"]
    optimiser.load_state_dict(state)
    assert type(optimiser.state[p]["exp_avg"]) is Foreign
    assert optimiser.state[p]["exp_avg"] is not mean
    optimiser.step()
    assert state["state"][0]["exp_avg"].hidden.tolist() == pytest.approx([0.1] * 3), "a copy"


def test_optimisers_of_ones_own_say_nothing_of_their_states():
    class Slow(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.5})

        def _move(self, weights, g, state, group, scratch):
            state["seen"] = state.get("seen", np.zeros_like(weights)) + g
            weights -= group["lr"] * state["seen"]
            return weights

    x = Tensor([1.0], requires_grad=True)
    slow = Slow([x])
    x.grad = Tensor([1.0])
    slow.step()
    state = slow.state_dict()
    slow.step()
    slow.load_state_dict(state)
    assert slow.state[x]["seen"] == 1
    assert_refused(
        slow,
        {**state, "state": {0: {"seen": np.ones(2)}}},
        r"Slow: seen of parameter 0 has shape \(2,\), and the parameter \(1,\)",
    )
    slow.lr = "anything"


# ------------------------------------------------------------------------------------------ what is none changes nothing


@pytest.mark.parametrize(("kind", "other"), [(a, b) for a in KINDS for b in KINDS if type(made(a)[1]) is not type(made(b)[1])
                                             and {a, b} != {"Adam", "AdamW"}])  # fmt: skip
@pytest.mark.parametrize("settings", ["theirs", "ours"])
def test_another_optimisers_state_is_refused(kind, other, settings):
    optimiser, state = under_way(kind)[1], under_way(other)[1].state_dict()
    if settings == "ours":
        state["param_groups"] = optimiser.state_dict()["param_groups"]
        if ENTRIES[other] == ENTRIES[kind] or not ENTRIES[other]:
            return
    assert_refused(optimiser, state, "another optimiser's")


@remembering
@given(data=st.data())
def test_entries_that_can_not_be_are_refused_by_name(kind, data):
    _, optimiser = under_way(kind)
    state = optimiser.state_dict()
    name = data.draw(st.sampled_from(ENTRIES[kind]), "entry")
    i = data.draw(st.sampled_from([0, 1]), "parameter")
    if name == "step":
        wrong = data.draw(
            st.sampled_from([-1, 1.5, math.nan, math.inf, "1", None, [1], True, np.array([1]), np.array(-1), 1e300]),
            "value",
        )
    else:
        wrong = data.draw(st.sampled_from([
            0.5 if i == 0 else np.ones(1), np.ones((2, 1)), np.ones((4,)), np.array([["a", "b"]] * 2) if i == 0 else np.array("a"), None, "abc",
            [[1.0], [2.0, 3.0]], {"a": 1}, np.full((2, 2), 1j) if i == 0 else 1j, np.full((2, 2), True) if i == 0 else True,
            np.full((2, 2), None) if i == 0 else np.array(None), *([np.full((2, 2), -1.0)[(...,) if i == 0 else (0, 0)]] * (name in SQUARES)),
        ]), "value")  # fmt: skip
        if wrong is None and name == "momentum_buffer" and kind == "momentum":
            return
    state["state"][i][name] = wrong
    assert_refused(optimiser, state, rf"^\w+: (the state of parameter {i} has no {name}|{name} of parameter {i} )")


@remembering
def test_entries_that_are_missing_or_too_many(kind):
    _, optimiser = under_way(kind)
    for name in ENTRIES[kind]:
        if kind == "momentum":
            continue  # which may have nothing yet
        state = optimiser.state_dict()
        del state["state"][0][name]
        assert_refused(optimiser, state, f"the state of parameter 0 has no {name}: is it another optimiser's")
    state = optimiser.state_dict()
    state["state"][1]["surprise"] = np.ones(())
    assert_refused(optimiser, state, "the state of parameter 1 has surprise, which")


@every
@pytest.mark.parametrize(("change", "message"), [
    (lambda s: s.clear(), "an optimiser's state is a dict of 'state' and 'param_groups', and this is a dict with nothing"),
    (lambda s: s.pop("state"), "an optimiser's state is"), (lambda s: s.pop("param_groups"), "an optimiser's state is"),
    (lambda s: s.update(state=None), "'state' of the state must be a dict, not None"), (lambda s: s.update(state=[]), r"must be a dict, not \[\]"),
    (lambda s: s["state"].update({0: None}), "the state of parameter 0 must be a dict, not None"),
    (lambda s: s["state"].update({0: np.ones(3)}), "state of parameter 0 must be a dict, not an array of float64, of shape"),
    (lambda s: s["state"].update({"first": {}}), "keys of 'state' must be the numbers of parameters, and one is 'first'"),
    (lambda s: s["state"].update({None: {}}), "one is None"), (lambda s: s["state"].update({"0": {}, 0: {}}), "parameter 0 is given twice"),
    (lambda s: s["state"].update({9: {"step": 1}}), "parameter 9, which its groups don't have|parameter 0 must have"),
    (lambda s: s.update(param_groups=None), "'param_groups' of the state must be a list of dicts"), (lambda s: s.update(param_groups={}), "list of dicts"),
    (lambda s: s.update(param_groups=[[]]), "list of dicts with 'params' in them"), (lambda s: s["param_groups"][0].pop("params"), "with 'params'"),
    (lambda s: s.update(param_groups=s["param_groups"] * 2), r"groups of \[2, 2\] parameters, and the optimiser has groups of \[2\]"),
    (lambda s: s.update(param_groups=[]), r"groups of \[\] parameters"), (lambda s: s["param_groups"][0].update(params=[0]), r"groups of \[1\]"),
    (lambda s: s["param_groups"][0].update(params=3), "'params' must be the numbers of parameters, not 3"),
    (lambda s: s["param_groups"][0].update(params=["a", "b"]), "must be the numbers of parameters"),
    (lambda s: s["param_groups"][0].update(params=[0, 0]), "in the groups of the state, a parameter is given twice"),
    (lambda s: s["param_groups"][0].pop("lr"), "group 0 of the state has no lr: is it another optimiser's"),
    (lambda s: s["param_groups"][0].update(lr=-1.0), "group 0 of the state: lr=-1.0 is out of range; it must be at least 0"),
    (lambda s: s["param_groups"][0].update(lr="x"), "group 0 of the state: lr='x' is not a number"),
    (lambda s: s["param_groups"][0].update(lr=None), "lr=None is not a number"), (lambda s: s["param_groups"][0].update(lr=np.ones(2)), "lr=array.*not a number"),
    (lambda s: s["param_groups"][0].update(initial_lr="x"), "initial_lr='x' is not a number"),
], ids=range(27))  # fmt: skip
def test_what_is_no_state_at_all_is_refused(kind, change, message):
    _, optimiser = under_way(kind)
    state = optimiser.state_dict()
    change(state)
    assert_refused(optimiser, state, message)


@every
def test_what_is_not_even_a_dict_is_refused(kind):
    for wrong in None, [], 3, "state", np.ones(3):
        assert_refused(under_way(kind)[1], wrong, "an optimiser's state is")


@pytest.mark.parametrize(("kind", "setting", "message"), [
    ("Adam", {"betas": (2, 3)}, r"betas=\(2, 3\) is out of range; it must be two numbers, both at least 0 and below 1"),
    ("Adam", {"betas": 0.9}, "betas=0.9 is out of range"), ("Adam", {"betas": (0.9,)}, "betas="), ("Adam", {"betas": None}, "betas=None"),
    ("Adam", {"betas": ("a", "b")}, "betas="), ("Adam", {"betas": (0.9, 0.9, 0.9)}, "betas="), ("Adam", {"betas": {0.9, 0.99}}, "betas="),
    ("Adam", {"eps": math.nan}, "eps=nan"), ("AdamW", {"weight_decay": -1}, "weight_decay=-1"), ("SGD", {"momentum": 1.0}, "momentum=1.0"),
    ("SGD", {"momentum": 1}, "momentum=1"), ("SGD", {"dampening": 1.0000001}, "dampening=.* at most 1"), ("SGD", {"nesterov": True}, "needs momentum above 0"),
    ("momentum", {"nesterov": True, "dampening": 0.1}, "nesterov=True needs"), ("momentum", {"nesterov": "no"}, "nesterov='no' must be True or False"),
    ("RMSprop", {"centered": 1}, "centered=1 must be True or False"), ("RMSprop", {"alpha": 1}, "alpha=1 is out of range; it must be at least 0 and below 1"),
    ("Adagrad", {"lr_decay": "0"}, "lr_decay='0'"), ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value=-1"),
    ("Adagrad", {"eps": True}, "eps=True is not a number"), ("LBFGS", {"max_iter": 0}, "max_iter=0 must be at least 1"),
    ("LBFGS", {"max_iter": 2**63}, "max_iter=9223372036854775808 must be a whole number"),
    ("LBFGS", {"max_iter": 2.5}, "max_iter=2.5 must be a whole number"), ("LBFGS", {"history_size": 0}, "history_size=0 must be at least 1"),
    ("LBFGS", {"history_size": None}, "history_size=None"), ("LBFGS", {"line_search_fn": "wolfe"}, "line_search_fn='wolfe' must be None or 'strong_wolfe'"),
    ("LBFGS", {"line_search_fn": np.ones(2)}, "line_search_fn="), ("LBFGS", {"tolerance_grad": -1}, "tolerance_grad=-1"),
    ("LBFGS", {"tolerance_change": math.inf}, "tolerance_change=inf"), ("SGD", {"lr": 10**400}, "lr=1000.*is out of range"),
    ("SGD", {"lr": 1 + 0j}, "lr=.* is not a number"), ("SGD", {"lr": Tensor(0.1)}, "lr=.* is not a number"), ("SGD", {"lr": np.array(["x"])}, "lr="),
])  # fmt: skip
def test_settings_that_can_not_be_are_refused_wherever_they_come_from(kind, setting, message):
    params, optimiser = under_way(kind)
    make, name = type(optimiser), next(iter(setting))
    settings = {k: v for k, v in optimiser.param_groups[0].items() if k != "params"} | setting
    with pytest.raises(ValueError, match=f"^{make.__name__}: .*{message}"):
        make(params, **settings)
    if kind != "LBFGS":
        with pytest.raises(ValueError, match=f"^{make.__name__}: .*{message}"):
            make([{"params": params[:1]}, {"params": params[1:], **settings}])
        before = picture(optimiser)
        with pytest.raises(ValueError, match=f"^{make.__name__}: .*{message}"):
            optimiser.add_param_group({"params": [Tensor([1.0], requires_grad=True)], **settings})
        assert picture(optimiser) == before
    state = optimiser.state_dict()
    state["param_groups"][0].update(setting)
    assert_refused(optimiser, state, f"group 0 of the state: .*{message}")
    if name == "lr":
        with pytest.raises(ValueError, match=message):
            optimiser.lr = setting["lr"]
        assert optimiser.lr == 0.1


@pytest.mark.parametrize("lr", [1, 0.5, np.float32(0.5), np.float64(0.5), np.int8(1), np.array(0.5), np.array(2), 0])
def test_numbers_of_any_kind_are_kept_as_pythons(lr):
    """So they change no array's dtype."""
    params = [Tensor([1.0], requires_grad=True, dtype=np.float32)]
    for optimiser in optim.SGD(params, lr=lr), optim.SGD([{"params": params, "lr": lr}]), optim.SGD(params):
        optimiser.lr = lr
        assert type(optimiser.lr) in (int, float)
        assert optimiser.lr == lr
    betas = optim.Adam(params, betas=[np.float32(0.5), 0]).param_groups[0]["betas"]
    assert betas == (0.5, 0)
    assert [type(beta) for beta in betas] == [float, int]
    assert optim.SGD(params, momentum=0.9, nesterov=np.bool_(True)).param_groups[0]["nesterov"] is True


# ------------------------------------------------------------------------------------------------------------- groups


def test_a_group_that_is_refused_changes_nothing():
    params, optimiser = under_way("momentum")
    before = picture(optimiser)
    exhausted = nn.Linear(2, 1).parameters()
    list(exhausted)
    for group, error, message in [
        ({"params": [params[0]]}, ValueError, "twice"), ({"params": [Tensor([1.0], requires_grad=True)] * 2}, ValueError, "twice"),
        ({"params": [Tensor([1.0])]}, ValueError, "leaves"), ({"params": [np.ones(1)]}, TypeError, "take Tensors"), ({"lr": 0.1}, ValueError, "'params' in it"),
        ([Tensor([1.0], requires_grad=True)], ValueError, "a group is a dict with 'params' in it"), (None, ValueError, "a group is a dict"),
        ({"params": None}, TypeError, "takes a list of Tensors, got NoneType"), ({"params": exhausted}, ValueError, "make a list of it, or call it again"),
        ({"params": [Tensor([1.0], requires_grad=True)], "rate": 1}, ValueError, "SGD has no setting rate"),
        ({"params": [{"params": [Tensor([1.0], requires_grad=True)]}]}, TypeError, "take Tensors, got dict"),
    ]:  # fmt: skip
        with pytest.raises(error, match=message):
            optimiser.add_param_group(group)
        assert picture(optimiser) == before
        assert len(optimiser.state) == 2
    lbfgs = under_way("LBFGS")[1]
    with pytest.raises(ValueError, match="no groups"):
        lbfgs.add_param_group({"params": [Tensor([1.0], requires_grad=True)]})
    assert len(lbfgs.params) == 2
    with pytest.raises(TypeError, match="for real parameters"):
        optim.Adam([Tensor([1j], requires_grad=True)])


def test_a_group_that_is_empty_on_purpose_may_be():
    """As that of the parameters without weight decay, of a model that has none."""
    x = Tensor([1.0], requires_grad=True)
    sgd = optim.SGD([{"params": [x]}, {"params": [], "weight_decay": 0.0}])
    sgd.add_param_group({"params": ()})
    assert sgd.params == [x]
    params = nn.Linear(2, 1).parameters()
    with pytest.raises(ValueError, match=r"no parameters to optimise.*model\.parameters\(\) gives them once"):
        optim.SGD([{"params": params}, {"params": params}])
    with pytest.raises(ValueError, match="no parameters to optimise"):
        optim.SGD([])


def test_a_set_of_parameters_has_no_order_to_save_them_by():
    x, y = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    for params in {x, y}, [{"params": frozenset([x, y])}]:
        with pytest.raises(
            TypeError, match=r"SGD takes parameters in an order, and a (frozen)?set has none: make it a list"
        ):
            optim.SGD(params)
    assert optim.SGD({x: 1, y: 2}.keys()).params == [x, y]
    assert optim.SGD({"x": x, "y": y}.values()).params == [x, y]


# ------------------------------------------------------------------------------------------------------------- L-BFGS


@pytest.mark.parametrize(("change", "message"), [
    (lambda e: e.pop("bends"), "must have 'steps' and 'bends'"), (lambda e: e.update(d=1), "must have 'steps' and 'bends'"),
    (lambda e: e.update(steps=e["steps"][:, :3]), "steps of the state must be vectors of 5 numbers"),
    (lambda e: e.update(bends=e["bends"][:1]), "bends of the state must be vectors of 5 numbers, as many of them as steps"),
    (lambda e: e.update(steps=e["steps"][0]), "steps of the state"), (lambda e: e.update(steps=np.array("a")), "steps of the state"),
    (lambda e: e.update(bends=e["bends"] * 1j), "bends of the state"), (lambda e: e.update(bends=-e["bends"]), "does not bend upwards"),
    (lambda e: e.update(bends=0 * e["bends"]), "does not bend upwards"),
    (lambda e: e.update(steps=e["steps"] * np.nan), "or have NaN"), (lambda e: e.update(steps=None, bends=None), "steps of the state"),
])  # fmt: skip
def test_the_memory_of_lbfgs_is_looked_at_too(change, message):
    _, lbfgs = under_way("LBFGS")
    state = lbfgs.state_dict()
    assert state["state"][0]["steps"].shape[0] > 1
    change(state["state"][0])
    assert_refused(lbfgs, state, message)
