"""Schedules: their numbers by hand, several on one optimiser, and going on from a state."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, load, nn, optim, save

BEGIN = 0.1


def descent(lr=BEGIN, groups=1):
    return optim.SGD([{"params": nn.Parameter([1.0]), "lr": lr * (1 + i)} for i in range(groups)])


def step(schedule, metrics=1.0):
    schedule.step(*[metrics] * isinstance(schedule, optim.ReduceLROnPlateau))


def rates(sgd, *schedules, steps=8, between=lambda k: None):
    """Of the first group, before each step."""
    found = []
    for k in range(steps):
        found.append(sgd.lr)
        for schedule in schedules:
            step(schedule)
        between(k)
    return found


def half_cosine(a, b, part):
    return (a + b) / 2 + (a - b) / 2 * math.cos(math.pi * part)


# --------------------------------------------------------------------------------------------------- numbers by hand


HALF = half_cosine(1, 0, 0.25), half_cosine(1, 0, 0.75)
BY_HAND = {
    "lambda": (lambda o: optim.LambdaLR(o, lambda k: 1 / (1 + k)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
    "lambda from 0": (lambda o: optim.LambdaLR(o, lambda k: np.float32(k) / 4), [0, 0.25, 0.5, 0.75, 1]),
    "step": (lambda o: optim.StepLR(o, 2), [1, 1, 0.1, 0.1, 0.01]),
    "step, gamma": (lambda o: optim.StepLR(o, np.int64(3), gamma=2), [1, 1, 1, 2, 2, 2, 4]),
    "milestones": (lambda o: optim.MultiStepLR(o, [1, 3]), [1, 0.1, 0.1, 0.01, 0.01]),
    "milestones, at once": (lambda o: optim.MultiStepLR(o, (0, 2, 2), gamma=0.5), [0.5, 0.5, 0.125, 0.125]),
    "milestones, of an array": (lambda o: optim.MultiStepLR(o, np.array([2.0, 1.0]), gamma=0.5), [1, 0.5, 0.25, 0.25]),
    "exponential": (lambda o: optim.ExponentialLR(o, 0.5), [1, 0.5, 0.25, 0.125]),
    "to nothing": (lambda o: optim.ExponentialLR(o, 0), [1, 0, 0]),
    "linear": (lambda o: optim.LinearLR(o), [1 / 3, 1 / 3 + 2 / 15, 1 / 3 + 4 / 15, 1 / 3 + 6 / 15, 1 / 3 + 8 / 15, 1, 1, 1]),
    "linear, down": (lambda o: optim.LinearLR(o, 1.0, 0.0, total_iters=2), [1, 0.5, 0, 0]),
    "cosine": (lambda o: optim.CosineAnnealingLR(o, 4), [1, HALF[0], 0.5, HALF[1], 0, HALF[1], 0.5, HALF[0], 1, HALF[0]]),
    "cosine, minimum": (lambda o: optim.CosineAnnealingLR(o, 2, eta_min=BEGIN / 2), [1, 0.75, 0.5, 0.75, 1]),
    "one cycle": (lambda o: optim.OneCycleLR(o, BEGIN, 10),
                  [1 / 25, 0.52, 1, *(half_cosine(1, 1 / 250_000, k / 7) for k in range(1, 8)), 1 / 250_000]),
    "one cycle, all": (lambda o: optim.OneCycleLR(o, [BEGIN], 4, pct_start=0.5, div_factor=2, final_div_factor=5),
                       [0.5, 1, half_cosine(1, 0.1, 0.5), 0.1, 0.1]),
    "one cycle, only down": (lambda o: optim.OneCycleLR(o, BEGIN, 2, pct_start=0), [half_cosine(1, 1 / 250_000, 0.5), 1 / 250_000, 1 / 250_000]),
    "one cycle, only up": (lambda o: optim.OneCycleLR(o, BEGIN, 3, 1, 2.0), [0.5, 0.75, 1, 0.5 / 1e4]),
    "one cycle of one": (lambda o: optim.OneCycleLR(o, BEGIN, 1), [1 / 250_000, 1 / 250_000]),
    "one cycle, top at once": (lambda o: optim.OneCycleLR(o, BEGIN, 2, 0.5), [1, 1 / 250_000]),
    "one cycle, from above": (lambda o: optim.OneCycleLR(o, BEGIN, 2, 0.5, div_factor=0.5, final_div_factor=0.5), [1, 4, 4]),
    "one after the other": (lambda o: optim.SequentialLR(o, [optim.LinearLR(o, 0.5, total_iters=2), optim.ExponentialLR(o, 0.5)], [3]),
                            [0.5, 0.75, 1, 1, 0.5, 0.25]),
    "the other made first": (lambda o: optim.SequentialLR(o, [optim.LinearLR(o, 0, total_iters=2), optim.LinearLR(o, 0.25)][::-1], [1]),
                             [0.25, 0, 0.5, 1]),
    "and a cycle": (lambda o: optim.SequentialLR(o, [optim.LinearLR(o), optim.OneCycleLR(o, 3 * BEGIN, 4, 0.5, 3)], [1]), [1 / 3, 1, 3]),
    "again and again": (lambda o: optim.SequentialLR(o, [optim.CosineAnnealingLR(o, 2)] * 3, [2, 4]), [1, 0.5, 1, 0.5, 1, 0.5, 0]),
    "nested": (lambda o: optim.SequentialLR(o, [optim.SequentialLR(o, [optim.LinearLR(o, 0.5), optim.StepLR(o, 2)], [1]),
                                                optim.ExponentialLR(o, 0.5)], [3]), [0.5, 1, 1, 1, 0.5]),
}  # fmt: skip
by_hand = pytest.mark.parametrize("name", BY_HAND)


@by_hand
def test_numbers_by_hand(name):
    make, factors = BY_HAND[name]
    sgd = descent()
    schedule = make(sgd)
    assert rates(sgd, schedule, steps=len(factors) - 1) + [sgd.lr] == pytest.approx(
        [BEGIN * f for f in factors], rel=1e-10, abs=1e-16
    )
    assert schedule.get_last_lr() == [sgd.lr]
    assert schedule.last_epoch == len(factors) - 1
    assert type(sgd.lr) is float


@by_hand
def test_all_groups_have_their_rates(name):
    make, factors = BY_HAND[name]
    sgd = descent(groups=3)
    if name == "one cycle, all":
        make = lambda o: optim.OneCycleLR(o, [0.1, 0.2, 0.3], 4, 0.5, 2, 5)
    schedule = make(sgd)
    for _ in factors[1:]:
        schedule.step()
    first = BEGIN * factors[-1]
    same = "cycle" in name and name != "one cycle, all"
    assert schedule.get_last_lr() == pytest.approx(
        [first] * 3 if same else [first, 2 * first, 3 * first], rel=1e-12, abs=1e-18
    )


def test_defaults():
    sgd = descent()
    shown = {type(s).__name__: {k: v for k, v in s.state_dict().items() if k not in ("base_lrs", "last_epoch", "lrs")} for s in (
        optim.StepLR(sgd, 2), optim.MultiStepLR(sgd, [1]), optim.LinearLR(sgd), optim.CosineAnnealingLR(sgd, 3),
        optim.OneCycleLR(sgd, 1.0, 5), optim.ReduceLROnPlateau(sgd))}  # fmt: skip
    assert shown == {
        "StepLR": {"step_size": 2, "gamma": 0.1}, "MultiStepLR": {"milestones": [1], "gamma": 0.1},
        "LinearLR": {"start_factor": 1 / 3, "end_factor": 1.0, "total_iters": 5}, "CosineAnnealingLR": {"T_max": 3, "eta_min": 0.0},
        "OneCycleLR": {"max_lr": 1.0, "total_steps": 5, "pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 1e4},
        "ReduceLROnPlateau": {"mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "cooldown": 0, "min_lr": 0.0,
                              "best": math.inf, "bad_steps": 0, "resting": 0},
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------ on a plateau


def plateau(costs, lr=1.0, **settings):
    sgd = descent(lr)
    schedule = optim.ReduceLROnPlateau(sgd, **settings)
    found = []
    for cost in costs:
        schedule.step(cost)
        found.append(round(sgd.lr, 12))
    return found


def test_a_plateau_by_hand():
    assert plateau([1.0] * 23) == [1.0] * 11 + [0.1] * 11 + [0.01], "ten steps are borne, and the eleventh isn't"
    assert plateau([1, 1, 1, 1], patience=1, factor=0.5) == [1, 1, 0.5, 0.5]
    assert plateau([1, 1, 0.5, 1, 1], patience=1, factor=0.5) == [1, 1, 1, 1, 0.5], "an improvement begins anew"
    assert plateau([1, 1, 1, 1, 1, 1], patience=0, factor=0.5, cooldown=2) == [1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert plateau([1, np.nan, Tensor(0.5), np.float32(0.5)], patience=0, factor=0.5) == [1, 0.5, 0.5, 0.25]
    assert plateau([1] * 4, patience=0, factor=0.5, min_lr=0.3) == [1, 0.5, 0.3, 0.3]
    assert plateau([1] * 3, lr=0.01, patience=0, min_lr=0.3) == [0.01] * 3, "a minimum raises nothing"


@pytest.mark.parametrize(("mode", "best", "better", "no_better"), [
    ("min", 1.0, 0.9998, 0.9999), ("min", 1.0, 0.99, 1.1), ("max", 1.0, 1.0002, 1.0001), ("max", 1.0, 1.1, 0.99), ("min", 0.0, -1e-300, 0.0),
    ("max", 0.0, 1e-300, 0.0), ("min", -1.0, -1.0002, -1.0), ("min", -1.0, -1.1, -0.99995), ("max", -1.0, -0.9998, -1.0),
    ("max", -1.0, -0.9, -1.00005), ("min", math.inf, 1e300, math.inf), ("max", -math.inf, -1e300, -math.inf),
])  # fmt: skip
def test_what_is_better(mode, best, better, no_better):
    """By a part of the best number's size, whatever its sign: of a cost of -1, -0.99995 is no improvement."""
    assert plateau([best, no_better], mode=mode, patience=0, factor=0.5)[-1] < 1
    assert plateau([best, better], mode=mode, patience=0, factor=0.5)[-1] == (1 if math.isfinite(best) else 0.5)


def test_a_threshold_of_ones_own():
    assert plateau([1, 0.8, 0.5], patience=0, factor=0.5, threshold=0.25) == [1, 0.5, 0.5]


def test_lists_for_groups():
    sgd = descent(1.0, groups=2)
    schedule = optim.ReduceLROnPlateau(sgd, patience=0, min_lr=[0.5, 0.01])
    for _ in range(4):
        schedule.step(1.0)
    assert schedule.optimizer.param_groups[0]["lr"] == 0.5
    assert schedule.optimizer.param_groups[1]["lr"] == 0.01
    schedule = optim.OneCycleLR(sgd, np.array([0.5, 2.0]), 5)
    assert schedule.max_lr == [0.5, 2.0]
    assert optim.OneCycleLR(sgd, (1, np.float32(2)), 5).max_lr == [1, 2]
    with pytest.raises(ValueError, match="min_lr is a list of 3, and the optimiser has 2 groups"):
        optim.ReduceLROnPlateau(sgd, min_lr=[0.1, 0.1, 0.1])


# ------------------------------------------------------------------------------------------- several on one optimiser


FACTORS = {
    name: make
    for name, (make, factors) in BY_HAND.items()
    if factors[0] == 1 and 0 not in factors and "minimum" not in name
}
names = st.sampled_from(
    sorted(name for name in FACTORS if "cycle" not in name)
)  # which says rates, and so begins with its own


@given(
    first=st.sampled_from(sorted({*FACTORS, "linear", "one cycle", "and a cycle", "one after the other", "nested"})),
    second=names,
    by_hand=st.sampled_from([1, 0.5, 3]),
    when=st.integers(0, 5),
)
def test_two_schedules_are_two_factors(first, second, by_hand, when):
    """And whoever changes the rate in between is a third."""

    def alone(name):
        sgd = descent()
        return rates(sgd, BY_HAND[name][0](sgd), steps=steps)

    steps = min(len(BY_HAND[first][1]), len(BY_HAND[second][1])) - 1
    wanted = [a * b / BEGIN * (by_hand if k > when else 1) for k, (a, b) in enumerate(zip(alone(first), alone(second)))]
    sgd = descent()
    schedules = [BY_HAND[name][0](sgd) for name in (first, second)]

    def between(k):
        if k == when:
            sgd.lr *= by_hand

    assert rates(sgd, *schedules, steps=steps, between=between) == pytest.approx(wanted, rel=1e-10)


def test_two_schedules_by_hand():
    sgd = descent(1.0)
    found = rates(sgd, optim.ExponentialLR(sgd, 0.5), optim.StepLR(sgd, 2, 0.1), steps=5)
    assert found == pytest.approx([1, 0.5, 0.025, 0.0125, 0.000625])
    sgd = descent(1.0)
    found = rates(
        sgd, optim.LinearLR(sgd, 0.25, total_iters=3), optim.ReduceLROnPlateau(sgd, patience=0, factor=0.5), steps=6
    )
    assert found == pytest.approx([0.25, 0.5, 0.375, 0.25, 0.125, 0.0625]), "a reduction stays"
    sgd = descent(1.0)
    found = rates(sgd, optim.LambdaLR(sgd, lambda k: k / 4), optim.ExponentialLR(sgd, 0.5), steps=4)
    assert found == pytest.approx([0, 0.125, 0.125, 0.09375]), "from 0 up"
    sgd = descent(1.0)
    found = rates(sgd, optim.CosineAnnealingLR(sgd, 2, eta_min=0.25), optim.StepLR(sgd, 1, 0.5), steps=4)
    assert found == pytest.approx([1, 0.3125, 0.125, 0.15625]), "down to the minimum, as in PyTorch; and up by factors"
    sgd = descent(0.125)
    assert rates(sgd, optim.CosineAnnealingLR(sgd, 2, eta_min=0.25), optim.StepLR(sgd, 9), steps=5) == [
        0.125,
        0.1875,
        0.25,
        0.1875,
        0.125,
    ]


def test_a_rate_that_was_set_by_hand_is_gone_on_from():
    sgd = descent(1.0)
    schedule = optim.ExponentialLR(sgd, 0.5)
    schedule.step()
    sgd.lr = 8
    schedule.step()
    assert sgd.lr == 4
    schedule = optim.StepLR(sgd, 1, 0.5)  # and so is one that an earlier schedule left
    assert sgd.lr == 4
    schedule.step()
    assert sgd.lr == 2
    optim.OneCycleLR(sgd, 10.0, 5, div_factor=2)
    assert sgd.lr == 5, "but this one says rates, not factors"


def test_alone_a_schedule_is_its_formula_to_the_last_bit():
    """Nothing adds up over many steps."""
    sgd = descent()
    assert rates(sgd, optim.ExponentialLR(sgd, 0.93), steps=200) == [BEGIN * 0.93**k for k in range(200)]


def test_a_rate_of_0_is_left_by_the_formula():
    """Whatever somebody made of it, no factor leads from there."""
    sgd = descent(1.0)
    schedule = optim.LambdaLR(sgd, lambda k: k % 2 / 4)
    for by_hand in 0.0, 8.0:
        sgd.lr = by_hand
        schedule.step()
        assert sgd.lr == 0.25
        schedule.step()
        assert sgd.lr == 0


def test_one_that_begins_with_0_is_taken_back_for_a_sequence():
    sgd = descent(2.0)
    optim.SequentialLR(sgd, [optim.ExponentialLR(sgd, 0.5), optim.LinearLR(sgd, 0.0)], [3])
    assert sgd.lr == 2


def test_a_cosine_that_begins_at_its_minimum_is_a_factor_of_1():
    sgd = descent(1.0)
    schedule = optim.CosineAnnealingLR(sgd, 3, eta_min=1.0)
    sgd.lr = 0.5
    schedule.step()
    assert sgd.lr == 0.5


def test_a_group_that_joins_goes_on_from_its_rate():
    for schedules in (
        (lambda o: [optim.ExponentialLR(o, 0.5)]),
        (lambda o: [optim.SequentialLR(o, [optim.ExponentialLR(o, 0.5)], [])]),
    ):
        sgd = descent(1.0)
        (schedule,) = schedules(sgd)
        schedule.step()
        sgd.add_param_group({"params": nn.Parameter([1.0]), "lr": 8.0})
        schedule.step()
        assert schedule.get_last_lr() == [0.25, 4]
        schedule.step()
        assert schedule.get_last_lr() == [0.125, 2]


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Detected call of")
@pytest.mark.parametrize("first", range(7))
@pytest.mark.parametrize("second", range(7))
def test_pairs_are_those_of_pytorch(first, second):
    """But for schedules that set the rate absolutely there (LambdaLR, OneCycleLR), and a cosine that has come down to its minimum."""
    import torch

    kinds = [("StepLR", (2, 0.5)), ("MultiStepLR", ([1, 4], 0.3)), ("ExponentialLR", (0.9,)), ("LinearLR", (0.1, 0.8, 4)),
             ("CosineAnnealingLR", (12,)), ("CosineAnnealingLR", (10, 0.01)), ("ReduceLROnPlateau", ("min", 0.5, 1))]  # fmt: skip
    sgd, theirs = descent(), torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=BEGIN)
    pairs = [
        (getattr(optim, name)(sgd, *args), getattr(torch.optim.lr_scheduler, name)(theirs, *args))
        for name, args in (kinds[first], kinds[second])
    ]
    for k in range(10):
        assert sgd.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-9), k
        for pair in pairs:
            for schedule in pair:
                schedule.step(*[1.0] * ("Plateau" in type(schedule).__name__))


# ------------------------------------------------------------------------------------------------- going on from a state


EVERY = {
    **{name: make for name, (make, _) in BY_HAND.items()},
    "plateau": lambda o: optim.ReduceLROnPlateau(o, patience=1, factor=0.5, cooldown=1),
}
every = pytest.mark.parametrize("name", EVERY)


@every
@pytest.mark.parametrize("suffix", [None, ".npz"])
@pytest.mark.parametrize("other", [None, lambda o: optim.ExponentialLR(o, 0.5), lambda o: optim.LinearLR(o)])
def test_going_on_from_saved_state_is_going_on(name, suffix, other, tmp_path):
    def made():
        sgd = descent(groups=1)
        return sgd, [EVERY[name](sgd), *([other(sgd)] if other else [])]

    n = min(len(BY_HAND.get(name, (0, range(8)))[1]), 8) - 1
    sgd, schedules = made()
    whole = rates(sgd, *schedules, steps=n)
    sgd, schedules = made()
    first = rates(sgd, *schedules, steps=n // 2)
    state = {"sgd": sgd, "schedules": schedules}
    if suffix:
        save(tmp_path / f"x{suffix}", state)
        state = load(tmp_path / f"x{suffix}")
    else:
        state = {"sgd": sgd.state_dict(), "schedules": [copy.deepcopy(s.state_dict()) for s in schedules]}
    for order in [("sgd", "schedules"), ("schedules", "sgd")]:
        sgd, schedules = made()
        for part in order:
            if part == "sgd":
                sgd.load_state_dict(state["sgd"])
            else:
                for schedule, saved in zip(schedules, state["schedules"], strict=True):
                    schedule.load_state_dict(saved)
        assert first + rates(sgd, *schedules, steps=n - n // 2) == whole


@pytest.mark.parametrize("change", [
    lambda s: s.clear(), lambda s: s.pop("last_epoch"), lambda s: s.update(last_epoch=-1), lambda s: s.update(last_epoch=1.5),
    lambda s: s.update(last_epoch="3"), lambda s: s.update(last_epoch=None), lambda s: s.update(last_epoch=True), lambda s: s.pop("lrs"),
    lambda s: s.update(lrs=[0.1, 0.2]), lambda s: s.update(lrs=[-0.1]), lambda s: s.update(lrs=[math.nan]), lambda s: s.update(lrs=["x"]),
    lambda s: s.update(lrs=0.1), lambda s: s.update(base_lrs=[]), lambda s: s.update(base_lrs=None), lambda s: s.update(base_lrs=[math.inf]),
    lambda s: s.update(momentum=0.9),
], ids=range(17))  # fmt: skip
@by_hand
def test_what_is_no_state_is_refused_and_changes_nothing(name, change):
    sgd = descent()
    schedule = BY_HAND[name][0](sgd)
    schedule.step()
    state = copy.deepcopy(schedule.state_dict())
    change(state)
    before = [copy.deepcopy(s.state_dict()) for s in (schedule, sgd)]
    with pytest.raises(ValueError, match=f"^{type(schedule).__name__}: "):
        schedule.load_state_dict(state)
    assert schedule.state_dict() == before[0]
    assert sgd.lr == before[1]["param_groups"][0]["lr"]


@pytest.mark.parametrize(("name", "change", "message"), [
    ("step", {"gamma": -1}, "StepLR: in the state: gamma=-1 is out of range"), ("step", {"step_size": 0}, "step_size=0 must be at least 1"),
    ("step", {"gamma": "half"}, "gamma='half' is not a number"), ("step", {"gamma": None}, "gamma=None is not a number"),
    ("milestones", {"milestones": 3}, "milestones=3 must be a list"), ("milestones", {"milestones": [1.5]}, r"milestones=\[1.5\] must be a whole"),
    ("linear", {"total_iters": math.nan}, "total_iters=nan must be a whole number"), ("cosine", {"eta_min": math.inf}, "eta_min=inf"),
    ("one cycle", {"max_lr": [0.1, 0.2]}, "max_lr is a list of 2, and the optimiser has 1 groups"),
    ("one cycle", {"last_epoch": 99}, "this is step 100, and total_steps is 10"), ("one cycle", {"div_factor": 0}, "it must be above 0"),
    ("plateau", {"best": math.nan}, "best=nan is not a number"), ("plateau", {"best": "low"}, "best='low' is not a number"),
    ("plateau", {"bad_steps": -1}, "bad_steps=-1 must be at least 0"), ("plateau", {"resting": 0.5}, "resting=0.5"),
    ("plateau", {"mode": "best"}, "mode='best' must be 'min' or 'max'"), ("plateau", {"factor": 1}, "factor=1 is out of range"),
    ("plateau", {"min_lr": [0.1, 0.2]}, "min_lr is a list of 2"), ("plateau", {"surprise": 1}, "the state has surprise"),
    ("one after the other", {"schedulers": []}, "the states of 2 schedules"), ("one after the other", {"schedulers": None}, "the states of 2 schedules"),
    ("one after the other", {"schedulers": [None, None]}, "LinearLR: a state is a dict"), ("one after the other", {"milestones": []}, "need 1 milestones"),
    ("nested", {"milestones": [0]}, r"milestones=\[0\] must be at least 1"),
])  # fmt: skip
def test_states_are_refused_by_name(name, change, message):
    sgd = descent()
    schedule = EVERY[name](sgd)
    step(schedule)
    before = copy.deepcopy((schedule.state_dict(), sgd.lr))
    with pytest.raises(ValueError, match=message):
        schedule.load_state_dict({**schedule.state_dict(), **change})
    assert (schedule.state_dict(), sgd.lr) == before


@pytest.mark.parametrize("other", ["exponential", "plateau", "nested", "step"])
def test_another_schedules_state_is_refused(other):
    sgd = descent()
    state = EVERY[other](sgd).state_dict()
    for name in set(EVERY) - {n for n in EVERY if type(EVERY[n](descent())) is type(EVERY[other](descent()))}:
        with pytest.raises(ValueError, match=r"another schedule's|the states of \d schedules"):
            EVERY[name](descent()).load_state_dict(state)


# ------------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda o: optim.LambdaLR(o, 0.5), TypeError, "lr_lambda must be a function of the step, or a list of one for each group, not 0.5"),
    (lambda o: optim.LambdaLR(o, [0.5]), TypeError, "lr_lambda must be a function"),
    (lambda o: optim.LambdaLR(o, [lambda k: 1.0] * 3), ValueError, "lr_lambda is a list of 3, and the optimiser has 2 groups"),
    (lambda o: optim.LambdaLR(o, lambda k: None), ValueError, "the function returned None for step 0, which is not a number"),
    (lambda o: optim.LambdaLR(o, lambda k: "1"), ValueError, "returned '1' for step 0"),
    (lambda o: optim.LambdaLR(o, lambda k: -1.0), ValueError, "LambdaLR: the rate of group 0 would be -0.1 at step 0; rates are numbers"),
    (lambda o: optim.LambdaLR(o, lambda k: math.nan), ValueError, "would be nan at step 0"),
    (lambda o: optim.LambdaLR(o, [lambda k: 1, lambda k: math.inf]), ValueError, "the rate of group 1 would be inf"),
    (lambda o: optim.StepLR(o, 2.5), ValueError, "step_size=2.5 must be a whole number"), (lambda o: optim.StepLR(o, "2"), ValueError, "step_size='2'"),
    (lambda o: optim.StepLR(o, 2, -0.1), ValueError, "gamma=-0.1 is out of range"), (lambda o: optim.StepLR(o, 2, math.nan), ValueError, "gamma=nan"),
    (lambda o: optim.StepLR(o, True), ValueError, "step_size=True must be a whole number"),
    (lambda o: optim.MultiStepLR(o, 3), ValueError, "milestones=3 must be a list"), (lambda o: optim.MultiStepLR(o, "48"), ValueError, "must be a list"),
    (lambda o: optim.MultiStepLR(o, [-1]), ValueError, r"milestones=\[-1\] must be at least 0"),
    (lambda o: optim.MultiStepLR(o, {3, 4}), ValueError, "must be a list"), (lambda o: optim.ExponentialLR(o, [0.9]), ValueError, "gamma="),
    (lambda o: optim.LinearLR(o, -0.1), ValueError, "start_factor=-0.1"), (lambda o: optim.LinearLR(o, 1, math.inf), ValueError, "end_factor=inf"),
    (lambda o: optim.LinearLR(o, total_iters=0), ValueError, "total_iters=0 must be at least 1"),
    (lambda o: optim.CosineAnnealingLR(o, 0), ValueError, "T_max=0 must be at least 1"), (lambda o: optim.CosineAnnealingLR(o, 3, -1), ValueError, "eta_min=-1"),
    (lambda o: optim.OneCycleLR(o, [0.1], 5), ValueError, "max_lr is a list of 1, and the optimiser has 2 groups; it must be one for all, or"),
    (lambda o: optim.OneCycleLR(o, -1, 5), ValueError, "max_lr=-1"), (lambda o: optim.OneCycleLR(o, 1, 0), ValueError, "total_steps=0"),
    (lambda o: optim.OneCycleLR(o, ["x", 1], 5), ValueError, "max_lr=.* is not a number"), (lambda o: optim.OneCycleLR(o, 1, 5, 1.5), ValueError, "pct_start=1.5"),
    (lambda o: optim.OneCycleLR(o, 1, 5, div_factor=0), ValueError, "div_factor=0 is out of range; it must be above 0"),
    (lambda o: optim.OneCycleLR(o, 1, 5, final_div_factor=-2), ValueError, "final_div_factor=-2"),
    (lambda o: optim.SequentialLR(o, [], []), ValueError, "there are no schedules"),
    (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 3, [3, 2]), ValueError, r"milestones=\[3, 2\] must rise"),
    (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 3, [3, 3]), ValueError, "must rise"),
    (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 2, [0]), ValueError, "must be at least 1"),
    (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1)] * 2, 3), ValueError, "milestones=3 must be a list"),
    (lambda o: optim.SequentialLR(o, [optim.StepLR(o, 1), optim.StepLR(descent(), 1)], [2]), ValueError, "made with the same optimiser"),
    (lambda o: optim.SequentialLR(o, [optim.ReduceLROnPlateau(o)], []), TypeError, "step.. takes nothing, and got ReduceLROnPlateau"),
    (lambda o: optim.ReduceLROnPlateau(o, factor=0), ValueError, "factor=0"), (lambda o: optim.ReduceLROnPlateau(o, patience=-1), ValueError, "patience=-1"),
    (lambda o: optim.ReduceLROnPlateau(o, patience=math.inf), ValueError, "patience=inf must be a whole"),
    (lambda o: optim.ReduceLROnPlateau(o, threshold=-1), ValueError, "threshold=-1"), (lambda o: optim.ReduceLROnPlateau(o, min_lr=-1), ValueError, "min_lr=-1"),
    (lambda o: optim.ReduceLROnPlateau(o, cooldown=-1), ValueError, "cooldown=-1"),
    (lambda o: optim.ReduceLROnPlateau([1]), TypeError, "ReduceLROnPlateau takes an optimiser first, and got list"),
    (lambda o: optim.SequentialLR([], [], []), ValueError, "there are no schedules"),
])  # fmt: skip
def test_what_can_not_be_meant_is_refused(make, error, message):
    sgd = descent(groups=2)
    with pytest.raises(error, match=message):
        make(sgd)
    assert [group["lr"] for group in sgd.param_groups] == [0.1, 0.2]


def test_functions_of_groups():
    sgd = descent(1.0, groups=2)
    schedule = optim.LambdaLR(sgd, [lambda k: 1 / (1 + k), lambda k: 2**k])
    schedule.step()
    assert schedule.get_last_lr() == [0.5, 4]
    assert "lr_lambda" not in schedule.state_dict()


def test_a_step_that_fails_changes_nothing():
    sgd = descent(1.0, groups=2)
    steps = iter([1, 1, 0.5, math.nan, 0.5, 0.25])
    schedule = optim.LambdaLR(sgd, lambda k: next(steps))
    with pytest.raises(ValueError, match="group 1 would be nan at step 1"):
        schedule.step()
    assert (schedule.last_epoch, schedule.get_last_lr()) == (0, [1, 2])
    schedule.step()
    assert (schedule.last_epoch, schedule.get_last_lr()) == (1, [0.5, 0.5])


def test_a_rate_that_overflows_is_refused():
    sgd = descent(1.0)
    schedule = optim.ExponentialLR(sgd, 2)
    sgd.lr = 1.5e308
    with pytest.raises(ValueError, match="would be inf at step 1"):
        schedule.step()
    assert sgd.lr == 1.5e308
