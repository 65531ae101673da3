"""Never a silent wrong gradient: whatever is written wherever, a pending backward reads what the forward pass computed.

And the other way round: gradients are nobody else's memory, and nothing that was passed in is ever changed.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_edu import (
    Tensor,
    apply,
    linear,
    log_softmax,
    nn,
    no_grad,
    optim,
    primitive,
    relu,
    rule,
    sigmoid,
    softmax,
    squared_error,
)

VALUES = np.array([[1.5, 2.0, -0.5], [0.5, 3.0, -1.0], [2.5, -1.5, 0.25]])


def same(x):
    """An operation whose output is its input, the very array."""
    return x


@pytest.fixture(autouse=True)
def _same_has_a_rule():
    rule(same, lambda g, y, x: g)


def assigned(a, b):
    c = b * 1
    c[..., 0] = a[..., 0] * 2
    return c * c


def scaled(x, *, by):
    return x * by


OPERATIONS = {  # of two square matrices; `a` may be a Tensor or an array, `b` is always a Tensor
    "a * b": lambda a, b: a * b,
    "a / (b + 9)": lambda a, b: a / (b + 9),
    "b / (a + 9)": lambda a, b: b / (a + 9),
    "(a + 9) ** b": lambda a, b: (a + 9) ** b,
    "(b + 9) ** a": lambda a, b: (b + 9) ** a,
    "a @ b": lambda a, b: a @ b,
    "b @ a": lambda a, b: b @ a,
    "a[1] @ b": lambda a, b: a[1] @ b,
    "exp(a) * b": lambda a, b: np.exp(a) * b,
    "b * tanh(a)": lambda a, b: b * np.tanh(a),
    "maximum": lambda a, b: np.maximum(a, b) * b,
    "where": lambda a, b: np.where(a > 0, b, 2 * b),
    "where of": lambda a, b: np.where(b > 0, a, 0) * b,
    "arctan2": lambda a, b: np.arctan2(a, b),
    "hypot": lambda a, b: np.hypot(b, a),
    "remainder": lambda a, b: np.remainder(b, a),
    "views": lambda a, b: (a.T[::-1].reshape(-1, 1) * b.T[::-1].reshape(-1, 1)) ** 2,
    "slices": lambda a, b: a[1:, ::2] * b[:-1, 1:],
    "items": lambda a, b: a[0, 0] * b[1, 1] * b[0],
    "masks": lambda a, b: b[a > 0] ** 2,
    "einsum": lambda a, b: np.einsum("ij,jk->ik", a, b),
    "concatenate": lambda a, b: np.concatenate([a, b * b]) ** 2,
    "broadcast": lambda a, b: np.broadcast_to(a, (2, 3, 3)) * b,
    "squeeze": lambda a, b: np.squeeze(np.expand_dims(a, 0)) * b,
    "atleast_3d": lambda a, b: np.atleast_3d(a) * np.atleast_3d(b),
    "assigned": assigned,
    "linear": lambda a, b: linear(a, b, b[0]),
    "sigmoid": lambda a, b: sigmoid(a) * sigmoid(b),
    "softmax": lambda a, b: softmax(a) * log_softmax(b),
    "relu": lambda a, b: relu(a) * b,
    "squared_error": lambda a, b: squared_error(b, a, 3),
    "prod": lambda a, b: np.prod(a, axis=0) * np.prod(b, axis=1),
    "std": lambda a, b: np.std(b * a, axis=0),
    "max": lambda a, b: np.max(b * a, axis=0),
    "identity": lambda a, b: apply(same, a) * apply(same, b),
    "square, then use": lambda a, b: (a * a) * b * b,
}
every_operation = pytest.mark.parametrize("f", OPERATIONS.values(), ids=OPERATIONS)


def spoil(array):
    array[...] = 99.0


def views(array):
    """Other arrays through which the same memory can be written."""
    yield array
    yield array[::-1]
    yield array.T
    yield array[...]
    yield np.asarray(memoryview(array))


# Ways to have an array as an operand, with all handles that anybody could keep, and through which to write later.


def its_source(array):
    return Tensor(array, requires_grad=True), [array]


def its_data_taken_before(array):
    x = Tensor(array, requires_grad=True)
    return x, [x.data]


def a_view_of_its_data(array):
    x = Tensor(array, requires_grad=True)
    return x, [x.data[::-1]]


def a_buffer_of_its_data(array):
    x = Tensor(array, requires_grad=True)
    return x, [np.asarray(memoryview(x.data))]


def its_data_taken_after(array):
    x = Tensor(array, requires_grad=True)
    return x, [lambda: x.data]


def its_data_let_go_and_taken_again(array):
    x = Tensor(array, requires_grad=True)
    x.data[...] = x.data * 1
    return x, [lambda: x.data]


def data_of_a_detached_twin(array):
    x = Tensor(array, requires_grad=True)
    twin = x.detach()
    return x, [lambda: twin.data]


def a_detached_twin_of_shared_data(array):
    x = Tensor(array, requires_grad=True)
    data = x.data
    return x, [data, x.detach()]


def a_twin_detached_while_its_data_were_held(array):
    x = Tensor(array)
    data = x.data
    return x.detach(), [data, x]


def a_constant(array):
    x = Tensor(array)
    return x, [lambda: x.data]


def an_array_of_a_constant(array):
    x = Tensor(array)
    return x, [np.asarray(x)]


def an_array_made_later_of_a_constant(array):
    x = Tensor(array)
    return x, [lambda: np.asarray(x)]


def a_constant_under_its_items(array):
    x = Tensor(array)
    return x, [x]


def a_leaf_under_its_items(array):
    x = Tensor(array, requires_grad=True)
    return x, [x]


def a_computed_tensor_under_its_items(array):
    x = Tensor(array, requires_grad=True) * 1
    return x, [x]


def data_of_a_computed_tensor(array):
    x = Tensor(array, requires_grad=True) * 1
    return x, [lambda: x.data]


def shared_with_an_array(array):
    return Tensor(array, requires_grad=True, copy=False), [array]


def shared_with_a_view(array):
    return Tensor(array[::-1], requires_grad=True, copy=False), [array]


def shared_with_a_tensor(array):
    x = Tensor(array)
    return x, [Tensor(x, copy=False)]


def sharing_with_a_tensor(array):
    x = Tensor(array)
    return Tensor(x, copy=False), [lambda: x.data]


def a_raw_array(array):
    return array, [array]


def a_raw_view(array):
    return array[::-1], [array]


def a_frozen_array(array):
    view = array[...]
    array.flags.writeable = False
    return array, [view]


def a_tensor_of_a_frozen_array(array):
    view = array[...]
    array.flags.writeable = False
    return Tensor(array, requires_grad=True), [view]


def a_frozen_view(array):
    view = array[...]
    view.flags.writeable = False
    return view, [array]


def an_array_of_a_subclass(array):
    class Mine(np.ndarray):
        pass

    return array.view(Mine), [array]


def a_parameter_in_place(array):
    x = nn.Parameter(array, dtype=float)

    class Write:
        def __setitem__(self, index, value):
            with no_grad():
                np.multiply(x, 0, out=x)
                x.__iadd__(value)

    return x, [Write()]


WAYS = [
    its_source, its_data_taken_before, a_view_of_its_data, a_buffer_of_its_data, its_data_taken_after,
    its_data_let_go_and_taken_again, data_of_a_detached_twin, a_detached_twin_of_shared_data,
    a_twin_detached_while_its_data_were_held, a_constant,
    an_array_of_a_constant, an_array_made_later_of_a_constant, a_constant_under_its_items, a_leaf_under_its_items,
    a_computed_tensor_under_its_items, data_of_a_computed_tensor, shared_with_an_array, shared_with_a_view,
    shared_with_a_tensor, sharing_with_a_tensor, a_raw_array, a_raw_view, a_frozen_array, a_tensor_of_a_frozen_array,
    a_frozen_view, an_array_of_a_subclass, a_parameter_in_place,
]  # fmt: skip


def gradients(way, f, array, write, release=False):
    """The gradients of ``sum(f(a, b))``, with or without writing to all that can be written between the passes."""
    a, handles = way(array.copy())
    b = Tensor(array * 0.75 + 0.125, requires_grad=True)
    handles += [lambda: b.data, b]
    y = f(a, b)
    if release:  # nobody but the graph need hold the operands
        a = a if isinstance(a, Tensor) and a.is_leaf and a.requires_grad else None
    if write:
        with no_grad():
            for handle in handles:
                spoil(handle() if callable(handle) else handle)
            spoil(y.data)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return [x.grad.data for x in (a, b) if isinstance(x, Tensor) and x._grad is not None]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@given(data=st.data())
def test_writing_between_the_passes_changes_no_gradient(way, data):
    f = OPERATIONS[data.draw(st.sampled_from(sorted(OPERATIONS)))]
    release = data.draw(st.booleans())
    array = VALUES * data.draw(st.sampled_from([1.0, 0.5]))
    expected = gradients(way, f, array, write=False)
    found = gradients(way, f, array, write=True, release=release)
    assert len(found) == len(expected)
    for g, want in zip(found, expected):
        np.testing.assert_array_equal(g, want)


@every_operation
@pytest.mark.parametrize("way", [a_raw_array, its_data_taken_before, a_constant_under_its_items, its_data_taken_after])
def test_writing_after_each_operation_changes_no_gradient(way, f):
    for g, want in zip(gradients(way, f, VALUES, write=True), gradients(way, f, VALUES, write=False)):
        np.testing.assert_array_equal(g, want)


@pytest.mark.parametrize("way", [w for w in WAYS if w not in (shared_with_a_view, a_view_of_its_data, a_raw_view)])
def test_writing_to_a_single_number_changes_no_gradient(way):
    def run(write):
        a, handles = way(np.array(1.5))
        b = Tensor(2.0, requires_grad=True)
        y = np.exp(a * b) / b
        if write:
            with no_grad():
                for handle in handles:
                    spoil(handle() if callable(handle) else handle)
                spoil(b.data)
                spoil(y.data)
        y.backward()
        return b.grad.item()

    assert run(write=True) == run(write=False)


def test_writing_into_every_intermediate_result_changes_no_gradient():
    x = Tensor(VALUES, requires_grad=True)
    steps = [x]
    for f in (
        np.exp,
        np.transpose,
        lambda t: t[::-1],
        lambda t: t.reshape(-1),
        lambda t: t.reshape(3, 3),
        np.tanh,
        np.sqrt,
    ):
        steps.append(f(steps[-1]))
    y = (steps[-1] * steps[-2]).sum()
    twin = Tensor(VALUES, requires_grad=True)
    z = np.tanh(np.exp(twin).T[::-1])
    (z * np.sqrt(z)).sum().backward()
    for step in steps:
        if step.data.flags.writeable:  # of a part whose whole is still there, it is not
            spoil(step.data)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, twin.grad.data)


def test_what_was_written_is_seen_by_the_operations_to_come():
    x = Tensor([1.0, 2.0], requires_grad=True)
    before = x * x
    x.data[0] = 5.0
    after = x * x
    assert (before.tolist(), after.tolist()) == ([1, 4], [25, 4])
    (before + after).sum().backward()
    assert x.grad.tolist() == [2 * 1 + 2 * 5, 2 * 2 + 2 * 2]


def test_a_tensor_that_shares_memory_sees_what_is_written_to_the_array_and_the_other_way_round():
    array = np.zeros(2)
    x = Tensor(array, copy=False)
    array[0] = 1.0
    assert x.tolist() == [1, 0]
    x[1] = 2.0
    assert array.tolist() == [1, 2]


def test_an_index_that_is_changed_later_changes_no_gradient():
    for index in np.array([0, 1]), [0, 1]:
        x = Tensor(VALUES, requires_grad=True)
        y = x[index]
        taken = np.take(x, index, axis=1)
        index[:] = [2, 2]
        (y.sum() + taken.sum()).backward()
        assert x.grad.tolist() == [[2, 2, 1], [2, 2, 1], [1, 1, 0]]


def test_keyword_arguments_that_are_changed_later_change_no_gradient():
    twice = primitive(lambda g, y, x, *, by: g * by)(scaled)
    by = np.array([2.0, 3.0])
    x = Tensor([1.0, 1.0], requires_grad=True)
    y = twice(x, by=by).sum()
    spoil(by)
    axes = [1, 2, 0]
    z = Tensor(np.zeros((2, 3, 4)), requires_grad=True)
    moved = np.transpose(z, axes=axes)
    axes[:] = [0, 1, 2]
    y.backward()
    moved.sum().backward()
    assert x.grad.tolist() == [2, 3]
    assert z.grad.shape == z.shape


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("held", [True, False])
def test_a_step_before_a_second_walk_changes_no_gradient(momentum, held):
    w = nn.Parameter([[1.0, 2.0]])
    alias = w.data if held else None
    descent = optim.SGD([w], lr=0.5, momentum=momentum)
    y = (w * w).sum()
    y.backward(retain_graph=True)
    descent.step()
    assert w.tolist() == [[0, 0]]
    assert not held or w.data is alias
    w.grad = None
    y.backward()
    assert w.grad.tolist() == [[2, 4]]


@pytest.mark.parametrize(
    "write",
    [
        lambda t: np.copyto(t, 99.0),
        lambda t: np.fill_diagonal(t, 99.0),
        lambda t: np.put(t, [0], 99.0),
        lambda t: np.putmask(t, VALUES > 0, 99.0),
        lambda t: np.place(t, VALUES > 0, 99.0),
        lambda t: np.put_along_axis(t, np.array([[0]]), 99.0, 0),
        lambda t: np.add.at(t, 0, 99.0),
        lambda t: np.cumsum(Tensor(VALUES), axis=0, out=t),
        lambda t: np.multiply(Tensor(VALUES), 3, out=t),
        lambda t: np.median(Tensor(np.stack([VALUES] * 3)), axis=0, out=t),
        lambda t: np.median(t, overwrite_input=True),
        lambda t: np.median(t, None, None, True),
        lambda t: np.percentile(t, 50, None, None, True),
        lambda t: np.nan_to_num(t, copy=False, nan=0.0),
        lambda t: spoil(np.astype(t, float, copy=False).data) if hasattr(np, "astype") else None,
        lambda t: nn.init.zeros_(t),
        lambda t: t.__iadd__(99.0),
        lambda t: setattr(t, "data", VALUES * 99),
        lambda t: t.data.sort(axis=0),
    ],
)
@pytest.mark.parametrize("requires_grad", [False, True])
def test_functions_that_write_into_their_argument_change_no_gradient(write, requires_grad):
    t = Tensor(VALUES, requires_grad=requires_grad)
    w = Tensor(VALUES, requires_grad=True)
    y = (t * w).sum()
    with no_grad(), np.errstate(all="ignore"):
        try:
            write(t)
        except ValueError as error:
            assert "read-only" in str(error)  # noqa: PT017  (refused loudly: as good)
    y.backward()
    np.testing.assert_array_equal(w.grad.data, VALUES)


@pytest.mark.parametrize("write", [lambda x, out: np.sum(x, axis=0, out=out), lambda x, out: np.sum(x, 0, None, out)])
def test_a_result_delivered_into_an_array_is_not_part_of_the_graph(write):
    x, out, w = Tensor(VALUES), np.zeros(3), Tensor(np.ones(3), requires_grad=True)
    y = (write(x, out) * w).sum()
    spoil(out)
    y.backward()
    np.testing.assert_array_equal(w.grad.data, VALUES.sum(0))


@pytest.mark.parametrize(
    "view",
    [
        lambda a: apply(np.transpose, a),
        lambda a: apply(np.transpose, a, axes=(1, 0)),
        lambda a: apply(np.reshape, a, (9,)),
        lambda a: apply(np.rot90, a),
        lambda a: apply(same, a),
    ],
)
def test_a_tensor_made_by_an_operation_on_arrays_alone_is_no_view_of_them(view):
    array = VALUES.copy()
    t = view(array)
    w = Tensor(np.ones(t.shape), requires_grad=True)
    y, kept = (t * w).sum(), t.data.copy()
    spoil(array)
    y.backward()
    np.testing.assert_array_equal(w.grad.data, kept)


def test_astype_without_copying_is_as_safe_as_with():
    if not hasattr(np, "astype"):
        return
    for requires_grad in False, True:
        t, w = Tensor(VALUES, requires_grad=requires_grad), Tensor(VALUES, requires_grad=True)
        same_numbers = np.astype(t, float, copy=False)
        assert type(same_numbers) is Tensor
        y = (t * w).sum()
        spoil(same_numbers.data)
        y.backward()
        np.testing.assert_array_equal(w.grad.data, VALUES)


def test_a_frozen_array_is_never_written_to():
    def frozen():
        array = np.ones(3, np.float32)
        array.flags.writeable = False
        return array

    for w in nn.Parameter(frozen()), nn.Parameter([0.0]):
        w.data = frozen()
        (w * w).sum().backward()
        optim.SGD([w], lr=0.25).step()
        assert w.tolist() == [0.5] * 3
    t = Tensor(frozen())
    t.data[0] = 5.0
    t[1] = 5.0
    assert t.tolist() == [5, 5, 1]


# ------------------------------------------------------------------------------- gradients are ours


def all_arrays(*tensors):
    return [array for t in tensors if t is not None for array in (t._array, None if t.grad is None else t.grad._array)
            if isinstance(array, np.ndarray)]  # fmt: skip


@every_operation
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_share_no_memory_with_anything(f, create_graph):
    a, b = Tensor(VALUES, requires_grad=True), Tensor(VALUES * 0.75 + 0.125, requires_grad=True)
    start = [t.data.copy() for t in (a, b)]
    h = a * 1
    y = f(h, b)
    h.retain_grad()
    y.retain_grad()
    seed = np.cos(np.arange(y.size)).reshape(y.shape)
    kept = seed.copy()
    y.backward(seed, create_graph=create_graph)
    arrays = [seed, *all_arrays(a, b, h, y)]
    assert len(arrays) >= 7
    for i, one in enumerate(arrays):
        for other in arrays[:i]:
            assert not np.shares_memory(one, other)
    for t, before in zip((a, b), start):
        np.testing.assert_array_equal(t.data, before, "inputs are never changed")
    np.testing.assert_array_equal(seed, kept)


PASSED_ON = {  # operations whose rules hand the gradient on as it is, or a view of it
    "add": lambda x, y: x + y,
    "add the same": lambda x, y: x + x,
    "reshape": lambda x, y: x.reshape(9).reshape(3, 3) + y,
    "transpose": lambda x, y: x.T + y.T,
    "reverse": lambda x, y: x[::-1] + y,
    "concatenate": lambda x, y: np.concatenate([x, y]),
    "copy": lambda x, y: x.copy() + y,
    "astype": lambda x, y: x.astype(float) + y,
    "broadcast": lambda x, y: np.broadcast_to(x, (1, 3, 3)) + y,
    "identity": lambda x, y: apply(same, x) + y,
    "leaf": lambda x, y: x,
}


@pytest.mark.parametrize("f", PASSED_ON.values(), ids=PASSED_ON)
@pytest.mark.parametrize(
    "kind", [np.array, Tensor, lambda a: Tensor(a, requires_grad=True), lambda a: Tensor(a, copy=False)]
)
def test_a_gradient_that_is_passed_on_as_it_is_becomes_an_array_of_its_own(f, kind):
    x, y = (Tensor(VALUES, requires_grad=True) for _ in range(2))
    out = f(x, y)
    seed = kind(np.ones(out.shape))
    array = seed if isinstance(seed, np.ndarray) else seed.data
    out.backward(seed, retain_graph=True)
    grads = [t.grad.data for t in (x, y) if t.grad is not None]
    assert not any(np.shares_memory(g, array) for g in grads)
    assert len(grads) < 2 or not np.shares_memory(*grads)
    spoil(grads[0])
    assert (array == 1).all()
    assert len(grads) < 2 or (grads[1] == 1).all()
    x.grad = y.grad = None
    out.backward(seed)
    assert np.isin(x.grad.data, [1, 2]).all()


def test_the_saved_array_that_a_rule_returns_is_not_the_gradient():
    product = primitive(lambda g, y, a, b: b, lambda g, y, a, b: a)(lambda a, b: np.sum(a * b))
    a, b = (Tensor(VALUES, requires_grad=True) for _ in range(2))
    product(a, b).backward()
    spoil(a.grad.data)
    np.testing.assert_array_equal(b.data, VALUES)
    assert not any(np.shares_memory(p, q) for p in (a.grad.data, b.grad.data) for q in (a.data, b.data))


def test_accumulating_changes_no_array_that_was_handed_out_as_a_tensor():
    """The second walk adds to .grad; whoever took the first gradient's values aside keeps them."""
    x = Tensor(VALUES, requires_grad=True)
    x.sum().backward()
    first = x.grad.detach()
    x.sum().backward()
    assert (first.data == 1).all()
    assert (x.grad.data == 2).all()


def test_a_gradient_that_serves_in_a_computation_may_be_added_to():
    x, w = Tensor(VALUES, requires_grad=True), Tensor(VALUES, requires_grad=True)
    (x * x).sum().backward()
    y = (x.grad * w).sum()
    (x * x).sum().backward()
    y.backward()
    np.testing.assert_array_equal(w.grad.data, 2 * VALUES)
    np.testing.assert_array_equal(x.grad.data, 4 * VALUES)


def test_a_gradient_that_the_user_sets_is_added_to_without_being_changed():
    mine = np.ones((3, 3))
    x = Tensor(VALUES, requires_grad=True)
    x.grad = Tensor(mine)
    x.sum().backward()
    assert (x.grad.data == 2).all()
    assert (mine == 1).all()


def test_sums_within_the_walk_are_made_in_nobodys_array():
    x = Tensor(VALUES, requires_grad=True)
    h = x * 1
    seed = np.ones((3, 3))
    (h + h.T + h + h[::-1]).backward(seed)
    assert (seed == 1).all()
    assert (x.grad.data == 4).all()


def test_a_result_made_under_no_grad_is_no_view_of_an_operand_either():
    def second(x, a):
        return a

    rule(second, lambda g, y, x, a: 0 * x, lambda g, y, x, a: g)
    a = np.array([1.0, 2.0])
    with no_grad():
        t = apply(second, Tensor(0.0), a)
    w = Tensor([1.0, 1.0], requires_grad=True)
    y = (t * w).sum()
    a[...] = 99.0
    y.backward()
    assert w.grad.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("kind", [np.recarray, type("Mine", (np.ndarray,), {})])
def test_arrays_of_a_subclass_of_the_users_stay_theirs(kind):
    """They come in as plain arrays, which lie where the user's do."""
    mine = np.array([1.0, 2.0]).view(kind)
    x = Tensor([3.0, 4.0], requires_grad=True)
    y = np.multiply(x, mine).sum()
    mine[:] = 100
    y.backward()
    assert x.grad.data.tolist() == [1, 2]
