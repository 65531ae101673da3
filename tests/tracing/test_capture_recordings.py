"""What a captured function keeps: so many recordings, those that are used; and what becomes of them when it is copied or saved."""

import copy
import enum
import pickle
import warnings
from unittest import mock

import numpy as np
import pytest

from tinygrad_edu import Tensor, capture, nn, no_grad
from tinygrad_edu.tracing import capture as module
from tinygrad_edu.tracing.capture import KEPT
from tinygrad_edu.tracing.errors import CaptureError
from tinygrad_edu.tracing.recording import Recording


@pytest.fixture
def made(monkeypatch):
    """How many recordings are made."""
    recordings = []
    monkeypatch.setattr(module, "Recording", lambda *args: recordings.append(Recording(*args)) or recordings[-1])
    return recordings


def ones(n):
    return Tensor(np.ones(n), requires_grad=True)


def shapes_kept(captured):
    return {key[1][1][0] if isinstance(key[1], tuple) else key[2][0] for key in captured._recordings}


def squares(x):
    return (x * x).sum()


def test_as_many_shapes_as_are_kept_are_recorded_once_each(made):
    captured = capture(squares)
    for _ in range(5):
        for n in range(1, KEPT + 1):
            assert captured(ones(n)).item() == n
    assert KEPT == 64
    assert len(made) == KEPT


def test_one_shape_more_is_told_once_and_is_run_as_it_is(made):
    captured = capture(squares)
    for n in range(1, KEPT + 1):
        captured(ones(n))
    with pytest.warns(UserWarning, match="recorded for 64 kinds of arguments") as told:
        captured(ones(KEPT + 1))
    assert [w.filename for w in told] == [__file__]
    x = ones(KEPT + 1)
    y = captured(x)  # and no second word
    y.backward()
    assert y.item() == KEPT + 1
    assert x.grad.data.tolist() == [2.0] * (KEPT + 1)
    assert len(made) == KEPT
    for _ in range(3):
        for n in range(1, KEPT + 2):
            captured(ones(n))
    assert len(made) <= KEPT + 1


def test_the_line_that_asked_is_told_by_every_way_in():
    for call in (lambda f, x: f(x), lambda f, x: f(x=x), lambda f, x: f(x.data)):
        captured = capture(squares)
        for n in range(1, KEPT + 1):
            call(captured, ones(n))
        with pytest.warns(UserWarning, match="pad arrays") as told:
            call(captured, ones(KEPT + 1))
        assert [w.filename for w in told] == [__file__]


def test_the_one_that_was_unused_for_longest_makes_room(made):
    captured = capture(squares)
    for n in range(1, KEPT + 1):
        captured(ones(n))
    for n in range(1, KEPT + 1):
        if n != 7:
            captured(ones(n))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(KEPT):
            captured(ones(1000))
    assert len(made) == KEPT + 1
    for n in range(1, KEPT + 1):
        if n != 7:
            captured(ones(n))
    captured(ones(1000))
    assert len(made) == KEPT + 1
    assert sum(map(len, captured._recordings.values())) == KEPT
    captured(ones(7))
    assert len(made) == KEPT + 1  # run as it is


def test_shapes_in_turn_are_replayed_not_recorded(made):
    """Seventeen of them, of which a first version kept but sixteen."""
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
    captured = capture(lambda x: (model(x) ** 2).sum())
    for _ in range(6):
        for n in range(17):
            captured(Tensor(np.ones((n + 1, 2), np.float32)))
    assert len(made) == 17


def test_what_is_broken_makes_room(made):
    factor = [1.0]
    captured = capture(lambda x: x * factor[0])
    for n in range(1, KEPT + 1):
        captured(ones(n))
    factor[0] = 2.0
    for n in range(1, KEPT + 1):
        with pytest.raises(CaptureError, match="call number 2"):
            captured(ones(n))
    for n in range(KEPT + 1, 2 * KEPT + 1):
        assert captured(ones(n)).data[0] == 2
    assert len(made) == 2 * KEPT


def test_shapes_that_never_come_again_cost_little(made):
    captured = capture(squares)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(1, 20 * KEPT):
            captured(ones(n))
    assert len(made) <= KEPT + 20


def test_states_of_what_is_outside_have_recordings_of_their_own(made):
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    captured = capture(lambda x: model(x))
    x = Tensor(np.ones((1, 2), np.float32))
    for _ in range(4):
        model.train()
        captured(x)
        model.eval()
        captured(x)
        with no_grad():
            assert not captured(x).requires_grad
    assert len(made) == 3


class Kind(enum.Enum):
    ADD = 1
    MULTIPLY = 2


def test_settings_tell_calls_apart(made):
    @capture
    def f(x, how, *, kind=None, flags=()):
        y = x + how if kind is Kind.ADD else x * how
        return -y if "minus" in flags else y

    calls = [((3,), {}), ((3.0,), {}), ((True,), {}), ((3,), {"kind": Kind.ADD}), ((3,), {"kind": Kind.MULTIPLY}), ((3,), {"flags": ("minus",)}),
             ((-0.0,), {}), ((0.0,), {}), ((np.float32(3),), {}), ((3 + 0j,), {}), ((float("nan"),), {})]  # fmt: skip
    for _ in range(3):
        for args, kwargs in calls:
            x = Tensor(np.array([1.0, 2.0], np.float32))
            want = f.__wrapped__(x, *args, **kwargs)
            got = f(x, *args, **kwargs)
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got.data, want.data)
            np.testing.assert_array_equal(np.signbit(got.data.real), np.signbit(want.data.real))
    assert len(made) == len(calls)


# ------------------------------------------------------------------------------------ copies and files


@capture
def cube(x):
    """The cube."""
    return x * x * x


class Model(nn.Module):
    def __init__(self, factor=2.0):
        self.weight = nn.Parameter(np.array([factor, factor]))
        self.calls = 0

    @capture
    def forward(self, x):
        return (self.weight * x) ** 2

    @capture
    def scaled(self, x, by=1.0):
        """What it gives, scaled."""
        return self(x) * by


def gradient(f, x=3.0):
    x = Tensor([x, 1.0], requires_grad=True)
    f(x).sum().backward()
    return x.grad.data.tolist()


def test_a_decorated_function_is_pickled_by_its_name():
    for _ in range(2):
        assert pickle.loads(pickle.dumps(cube)) is cube
        assert gradient(cube) == [27, 3]
    assert copy.copy(cube)(Tensor(2.0)).item() == copy.deepcopy(cube)(Tensor(2.0)).item() == 8
    assert (cube.__name__, cube.__doc__, cube.__module__) == ("cube", "The cube.", __name__)


def test_a_function_of_another_name_is_pickled_with_its_function():
    captured = capture(squares)
    captured(ones(2))
    twin = pickle.loads(pickle.dumps(captured))
    assert twin is not captured
    assert not twin._recordings
    for _ in range(3):
        assert gradient(twin) == [6, 2]


def test_methods_are_each_objects_own():
    first, second = Model(2.0), Model(5.0)
    for _ in range(4):
        for model, factor in (first, 2.0), (second, 5.0):
            x = Tensor(np.array([1.0, 3.0], np.float32))
            assert model(x).data.tolist() == [factor**2, 9 * factor**2]
            model.zero_grad()
            model.scaled(x, by=0.5).sum().backward()
            np.testing.assert_allclose(model.weight.grad.data, [factor, 9 * factor])
    assert Model.scaled.__doc__ == "What it gives, scaled."


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copied_model_computes_with_its_own_parameters(how):
    model = Model()
    x = Tensor(np.array([1.0, 3.0], np.float32))
    model.scaled(x)
    twin = how(model)
    twin.weight.data[...] = 7
    for _ in range(4):
        assert twin(x).data.tolist() == [49, 441]
        assert model(x).data.tolist() == [4, 36]
        twin.zero_grad()
        twin.scaled(x).sum().backward()
        np.testing.assert_allclose(twin.weight.grad.data, [14, 126])
        assert model.weight.grad is None


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_captured_model_is_copied_with_its_recordings_left_behind(how):
    captured = capture(nn.Linear(2, 2, rng=np.random.default_rng(0)))
    x = Tensor(np.ones((1, 2), np.float32))
    y = captured(x)
    twin = how(captured)
    np.testing.assert_array_equal(twin(x).data, y.data)
    captured._f.weight.data[...] = 0
    for _ in range(3):
        np.testing.assert_array_equal(twin(x).data, y.data)
        assert np.all(captured(x).data == captured._f.bias.data)


def test_static_and_class_methods_and_bound_ones():
    class Space:
        unit = Tensor([2.0, 2.0], requires_grad=True)

        @staticmethod
        @capture
        def twice(x):
            return x * 2

        @classmethod
        @capture
        def scaled(cls, x):
            return x * cls.unit

    space = Space()
    bound = capture(space.scaled)
    for _ in range(4):
        assert gradient(Space.twice) == gradient(space.twice) == [2, 2]
        assert gradient(Space.scaled) == gradient(space.scaled) == gradient(bound) == [2, 2]


def test_a_function_that_is_patched_is_the_patched_one():
    with mock.patch(f"{__name__}.cube", capture(squares)):
        assert gradient(cube) == [6, 2]
    assert gradient(cube) == [27, 3]


def test_arrays_that_were_pickled_have_dtypes_of_their_own():
    """Equal to NumPy's, and not the same; tensors get NumPy's back, so that nothing is converted at every step."""
    array = pickle.loads(pickle.dumps(np.array([1.0, 2.0])))
    assert array.dtype is not np.dtype(float)
    w = Tensor(array, requires_grad=True)
    f = capture(lambda x: ((x * w) ** 2 * 7 + 0.5 * w + np.ones_like(w)).sum())
    for _ in range(4):
        w.grad = None
        f(Tensor(array)).backward()
        np.testing.assert_allclose(w.grad.data, 14 * array**3 + 0.5)
    assert pickle.loads(pickle.dumps(w)).data.dtype is np.dtype(float)
