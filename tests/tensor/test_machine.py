"""Everything that can be done with tensors, in any order, in two engines at once: ours and its naive twin.

Hypothesis draws programs of operations, views, item assignments, ``+=``, repeated backwards, writes into data that this
or that still holds, and so on. After each step all values, gradients and flags agree; and where the twin refuses, ours
does, in the same words. Names are kept in a dict, so that what is forgotten is gone: whether anybody else holds an
array is what the engine decides by. A counter-example is printed as the program that it is.
"""

import operator

import numpy as np
import pytest
import twin
from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from twin import Refused, Twin

from tinygrad_edu import Tensor, debug, enable_grad, no_grad, optim
from tinygrad_edu.engine.views import whole_of

LARGEST, MOST = 12, 8.0  # elements, and their magnitude: what would be more than that is left undone

OF_ONE = {
    "np.tanh({})": np.tanh, "np.sin({})": np.sin, "np.exp({})": np.exp, "-{}": operator.neg, "{} - 1": lambda a: a - 1,
    "{0} * {0}": lambda a: a * a, "1 / (1 + {0} * {0})": lambda a: 1 / (1 + a * a), "{0} + {0}": lambda a: a + a,
    "np.sum({})": np.sum, "np.sum({}, 0)": lambda a: np.sum(a, 0), "np.cumsum({}, 0)": lambda a: np.cumsum(a, 0),
    "np.mean({}, -1, keepdims=True)": lambda a: np.mean(a, -1, keepdims=True),
    "{}.T": lambda a: a.T, "{}[::-1]": lambda a: a[::-1], "{}[0]": lambda a: a[0], "{}[..., -1]": lambda a: a[..., -1],
    "{}[None]": lambda a: a[None], "{}[[0, -1, 0]]": lambda a: a[[0, -1, 0]], "np.reshape({}, -1)": lambda a: np.reshape(a, -1),
    "np.copy({})": np.copy, "np.squeeze({})": np.squeeze,
}  # fmt: skip
OF_TWO = {
    "{} + {}": operator.add, "{} - {}": operator.sub, "{1} - {0}": lambda a, b: b - a, "{} * {}": operator.mul,
    "{0} / (1 + {1} * {1})": lambda a, b: a / (1 + b * b), "{} @ {}": operator.matmul,
    "np.where([True, False], {}, {})": lambda a, b: np.where([True, False], a, b),
    "np.stack([{}, {}])": lambda a, b: np.stack([a, b]),
    "np.concatenate([{0}, {1}, {0}])": lambda a, b: np.concatenate([a, b, a]),
}  # fmt: skip
IN_PLACE = {
    "+=": (operator.iadd, operator.add),
    "-=": (operator.isub, operator.sub),
    "*=": (operator.imul, operator.mul),
}
INDICES = {
    "...": ...,
    "0": 0,
    "-1": -1,
    "1:": slice(1, None),
    "::-1": slice(None, None, -1),
    "None": None,
    "[0, 0]": [0, 0],
}
VIEWS = {"": lambda d: d, ".T": lambda d: d.T, "[...]": lambda d: d[...],
         "[..., ::-1]": lambda d: d[..., ::-1] if d.ndim else d[...]}  # fmt: skip

which = st.integers(0, 63)  # of those things that there are, counted from the newest
seeds = st.integers(0, 99)
shapes = st.sampled_from([(2,), (), (2, 2), (1,), (1, 2)])
operations = st.sampled_from(sorted(OF_ONE)) | st.sampled_from(sorted(OF_TWO))


def numbers(shape, seed):
    return np.asarray(np.random.default_rng(seed).integers(-8, 9, shape) / 4.0)


class Machine(RuleBasedStateMachine):
    """Things by name, in both engines: tensors x1, x2, ..., and arrays d1, d2, ... that the user has."""

    def __init__(self):
        super().__init__()
        self.ours, self.theirs, self.made = {}, {}, 0
        self.modes, self.agreed = [], True
        Twin.recording = True

    def teardown(self):
        """In the end, back from everything that is left: whatever was done to it, its derivatives are the same."""
        while self.modes:
            self.leave_mode()
        for name in [name for name, t in self.theirs.items() if self.agreed and isinstance(t, Twin) and t.origin]:
            self.backward_from(name, None, True)
            self.all_agree()

    # ------------------------------------------------------------------------------------ both at once

    def both(self, line, ours, theirs):
        """Do something in both engines; where the twin refuses, ours must too."""
        note(line)
        self.agreed = False
        try:
            result = theirs()
        except Refused as refusal:
            kind, words = refusal.args
            with pytest.raises(kind, match=words):
                ours()
            return None, None
        return ours(), result

    def make(self, line, ours, theirs, kind="x"):
        """The same, and give a name to what came out."""
        self.made += 1
        name = f"{kind}{self.made}"
        x, t = self.both(f"{name} = {line}", ours, theirs)
        if t is not None:
            self.ours[name], self.theirs[name] = x, t
        return name

    def tensors(self):
        return [t for t in self.theirs.values() if isinstance(t, Twin)]

    def tensor(self, i, suits=lambda t: True):
        """The name of a tensor, mostly of one that suits."""
        names = [name for name in self.theirs if name[0] == "x"][::-1]
        suited = [name for name in names if suits(self.theirs[name])]
        chosen = suited if suited and i % 8 < 7 else names
        return chosen[i % len(chosen)]

    def anything(self, i):
        """The name of a tensor or an array."""
        names = list(self.theirs)[::-1]
        return names[i % len(names)]

    def operand(self, name):
        """A pair to compute with; an array of the user's is a constant."""
        ours, theirs = self.ours[name], self.theirs[name]
        return ours, theirs if isinstance(theirs, Twin) else Twin(theirs.copy())

    # -------------------------------------------------------------------------------------- beginnings

    @initialize(first=seeds, second=seeds)
    def two_leaves(self, first, second):
        self.leaf((2,), first, True)
        self.leaf((2, 2), second, True)

    @rule(shape=shapes, seed=seeds, requires_grad=st.booleans())
    def leaf(self, shape, seed, requires_grad):
        new = numbers(shape, seed)
        self.make(
            f"Tensor({new.tolist()}, {requires_grad})",
            lambda: Tensor(new, requires_grad),
            lambda: Twin(new, requires_grad),
        )

    @rule(shape=shapes, seed=seeds, wrapped=st.booleans())
    def array(self, shape, seed, wrapped):
        """An array, and perhaps a tensor that shares its memory."""
        new = numbers(shape, seed)
        d = self.make(f"np.array({new.tolist()})", new.copy, new.copy, "d")
        if wrapped:
            self.make(
                f"Tensor({d}, copy=False)", lambda: Tensor(self.ours[d], copy=False), lambda: Twin(self.theirs[d])
            )

    @rule(i=which)
    def detached(self, i):
        a = self.tensor(i)
        self.make(f"{a}.detach()", lambda: self.ours[a].detach(), lambda: Twin(self.theirs[a].values.copy()))

    @rule(i=which, copy=st.booleans())
    def around(self, i, copy):
        """A tensor that shares the memory of another, and nothing else; or not even that."""
        a = self.tensor(i, lambda t: not t.origin)
        copy = copy or whole_of(self.ours[a]) is not None  # what a part shares, it shares to read only

        def theirs():
            if twin.recorded(self.theirs[a]):
                raise Refused(TypeError, "would cut the graph")
            return Twin(self.theirs[a].values.copy() if copy else self.theirs[a].values)

        self.make(f"Tensor({a}, copy={copy})", lambda: Tensor(self.ours[a], copy=copy), theirs)

    @rule(i=which, gradient=st.booleans())
    def other_name(self, i, gradient):
        """For the same object; a gradient is a tensor as others are."""
        a = self.tensor(i, lambda t: t.grad if gradient else True)
        if gradient:
            self.make(f"{a}.grad", lambda: self.ours[a]._grad, lambda: self.theirs[a].grad)
        else:
            self.make(a, lambda: self.ours[a], lambda: self.theirs[a])

    @precondition(lambda self: len(self.theirs) > 4)
    @rule(i=which)
    def forget(self, i):
        a = self.anything(i)
        if a != self.tensor(0):
            note(f"del {a}")
            del self.ours[a], self.theirs[a]

    # -------------------------------------------------------------------------------------- operations

    @rule(
        steps=st.lists(st.tuples(operations, which, which), min_size=1, max_size=6),
        walk=st.sampled_from([None, True, True, False]),
    )
    def compute(self, steps, walk):
        """A few operations, and perhaps back from there."""
        for expression, i, j in steps:
            names = [self.tensor(i, walkable), *([self.anything(j)] if expression in OF_TWO else [])]
            fn = OF_ONE.get(expression) or OF_TWO[expression]
            ours, theirs = zip(*map(self.operand, names))
            try:
                y = twin.apply(fn, *theirs)
            except (ValueError, IndexError):  # shapes that don't fit
                continue
            if 0 < y.values.size <= LARGEST and y.values.ndim <= 3 and abs(y.values).max() <= MOST:
                self.make(expression.format(*names), lambda ours=ours, fn=fn: fn(*ours), lambda y=y: y)
        if walk is not None:
            self.backward_from(self.tensor(0), None, walk)

    @rule(i=which, verb=st.sampled_from(sorted(IN_PLACE)), j=which)
    def in_place(self, i, verb, j):
        a, b = self.tensor(i), self.anything(j)
        (x, t), (y, u) = self.operand(a), self.operand(b)
        ours, theirs = IN_PLACE[verb]
        if fits(u.values, t.values) and abs(theirs(t.values, u.values)).max() <= MOST:
            result = self.both(f"{a} {verb} {b}", lambda: ours(x, y), unless_part(x, lambda: t.update(theirs, u)))
            if result[1] is not None:
                self.ours[a], self.theirs[a] = result

    @rule(i=which, index=st.sampled_from(sorted(INDICES)), j=which)
    def assign(self, i, index, j):
        a, b = self.tensor(i), self.anything(j)
        (x, t), (y, u) = self.operand(a), self.operand(b)
        place = INDICES[index]
        try:
            t.values.copy()[place] = u.values
        except (ValueError, IndexError):
            return
        self.both(
            f"{a}[{index}] = {b}", lambda: operator.setitem(x, place, y), unless_part(x, lambda: t.assign(place, u))
        )

    # ------------------------------------------------------------------------------------------- walks

    @rule(i=which, j=st.none() | which, retain_graph=st.booleans())
    def backward(self, i, j, retain_graph):
        self.backward_from(self.tensor(i, walkable), j, retain_graph)

    def backward_from(self, a, j, retain_graph):
        """With a gradient to start with, of the right shape if possible; or with none, if it is a single number."""
        x, t = self.ours[a], self.theirs[a]
        same = [n for n in self.theirs if np.shape(getattr(self.theirs[n], "values", self.theirs[n])) == t.values.shape]
        if j is not None:
            seed = (same if j % 8 else list(self.theirs))[j % len(same)]
            s, u = self.operand(seed)
        else:
            s, u = (
                (None, None) if t.values.size == 1 else (numbers(t.values.shape, 1), Twin(numbers(t.values.shape, 1)))
            )
            seed = None if s is None else f"np.array({s.tolist()})"
        self.both(
            f"{a}.backward({seed}, {retain_graph})",
            lambda: x.backward(s, retain_graph),
            lambda: t.backward(u and u.values.copy(), retain_graph),
        )
        if seed in self.theirs and seed[0] == "d":
            self.overwrite(
                seed, self.ours[seed], self.theirs[seed], 2
            )  # what a walk began with is still the user's own

    @rule(i=which)
    def retain_grad(self, i):
        a = self.tensor(i, lambda t: not t.is_leaf)
        self.both(f"{a}.retain_grad()", self.ours[a].retain_grad, self.theirs[a].retain_grad)

    @rule(i=which, wanted=st.sampled_from([True, True, False]))
    def require_grad(self, i, wanted):
        a = self.tensor(i, lambda t: t.is_leaf)
        self.both(
            f"{a}.requires_grad = {wanted}",
            lambda: setattr(self.ours[a], "requires_grad", wanted),
            lambda: self.theirs[a].require_grad(wanted),
        )

    # --------------------------------------------------------------------------------------- gradients

    @rule(i=which, j=st.none() | which)
    def give_gradient(self, i, j):
        """None, or some tensor, to which later gradients are added."""
        a = self.tensor(i, lambda t: t.grad)
        same = [n for n, t in self.theirs.items() if n[0] == "x" and t.values.shape == self.theirs[a].values.shape]
        b = None if j is None else same[j % len(same)]
        b = None if whole_of(self.ours.get(b)) is not None else b  # a sum with a part is no longer that part
        note(f"{a}.grad = {b}")
        self.ours[a].grad, self.theirs[a].grad = self.ours.get(b), self.theirs.get(b)

    @rule(i=which)
    def descend(self, i):
        """A step of an optimiser."""
        a = self.tensor(i, lambda t: t.is_leaf and t.origin and t.grad)
        x, t = self.ours[a], self.theirs[a]
        if t.is_leaf and t.origin and t.grad and t.grad.values.shape == t.values.shape:
            new = t.values - 0.25 * t.grad.values
            if abs(new).max() <= MOST:
                self.both(
                    f"optim.SGD([{a}], lr=0.25).step()",
                    optim.SGD([x], lr=0.25).step,
                    unless_part(x, lambda: t.values.__setitem__(..., new)),
                )

    # -------------------------------------------------------------------------------------------- data

    @rule(i=which, view=st.sampled_from(sorted(VIEWS)))
    def take_data(self, i, view):
        """The data or a view of them, to be written to at any time."""
        a = self.tensor(i)
        values = self.theirs[a].values
        values = values if whole_of(self.ours[a]) is None else values.copy()  # a part's are to read only
        self.make(f"{a}.data{view}", lambda: VIEWS[view](self.ours[a].data), lambda: VIEWS[view](values), "d")

    @rule(i=which, seed=seeds, held=st.booleans())
    def write(self, i, seed, held):
        """Into an array that somebody holds on to, or into data that nobody does; no derivative sees it."""
        names = [name for name in self.theirs if name[0] == "d"]
        if held and names:
            d = names[i % len(names)]
            place, other, line = self.ours[d], self.theirs[d], d
        else:
            a = self.tensor(i)
            place, other, line = self.ours[a].data, self.theirs[a].values, f"{a}.data"
        self.overwrite(line, place, other, seed)

    def overwrite(self, line, place, other, seed):
        new = numbers(other.shape, seed)
        theirs = (lambda: other.__setitem__(..., new)) if place.flags.writeable else refuse(ValueError, "read-only")
        self.both(f"{line}[...] = {new.tolist()}", lambda: place.__setitem__(..., new), theirs)

    @rule(i=which, shape=st.none() | st.none() | shapes, seed=seeds)
    def give_data(self, i, shape, seed):
        """Of the same shape; or of another, unless there is a gradient that would no longer fit."""
        a = self.tensor(i, lambda t: t.is_leaf)
        t = self.theirs[a]
        if shape is None or (t.grad and not t.origin) or any(t is other.grad for other in self.tensors()):
            shape = t.values.shape
        new = numbers(shape, seed)
        self.both(
            f"{a}.data = {new.tolist()}", lambda: setattr(self.ours[a], "data", new), lambda: self.theirs[a].give(new)
        )

    # ------------------------------------------------------------------------------------------- modes

    @precondition(lambda self: len(self.modes) < 2)
    @rule(mode=st.sampled_from([no_grad, enable_grad, debug]), steps=st.integers(1, 4))
    def enter_mode(self, mode, steps):
        """For a few steps."""
        note(f"with {mode.__name__}():")
        self.modes.append([mode(), Twin.recording, steps + 1])
        self.modes[-1][0].__enter__()
        Twin.recording = mode is not no_grad

    @invariant()
    def modes_end(self):
        for mode in self.modes:
            mode[2] -= 1
        while self.modes and self.modes[-1][2] <= 0:
            self.leave_mode()

    def leave_mode(self):
        note("(end of with)")
        mode, Twin.recording, _ = self.modes.pop()
        mode.__exit__()

    # --------------------------------------------------------------------------------- what must hold

    @invariant()
    def all_agree(self):
        for name, t in self.theirs.items():
            x = self.ours[name]
            if isinstance(t, Twin):
                agree(x, t.values, name)
                assert (x.requires_grad, x.is_leaf, x._grad is None) == (
                    t.origin is not None,
                    t.is_leaf,
                    t.grad is None,
                ), name
                if t.grad:
                    agree(x.grad, t.grad.values, f"{name}.grad")
            else:
                agree(x, t, name)
        self.agreed = True


def refuse(kind, words):
    def refused():
        raise Refused(kind, words)

    return refused


def unless_part(x, write):
    """Into a part of a tensor that is still there, nothing is written."""
    return write if whole_of(x) is None else refuse(RuntimeError, "is a part of another")


def walkable(t):
    """Whether a walk from here would find what it needs."""
    return t.origin and not any(origin.released for origin in twin.history(t.origin))


def fits(b, a):
    """Whether `b` can be added into `a`."""
    return b.ndim <= a.ndim and all(n in (1, m) for n, m in zip(b.shape[::-1], a.shape[::-1]))


def agree(x, array, name):
    """Looked at from outside: ``x.data`` would be one more name for the array."""
    values = np.reshape(x.tolist(), x.shape)
    assert x.shape == array.shape, name
    assert (abs(values - array) <= 1e-6 * abs(array) + 1e-9 * max(1, abs(array).max())).all(), (
        f"{name}: {values}, not {array}"
    )


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=10 * settings().max_examples, stateful_step_count=50)
