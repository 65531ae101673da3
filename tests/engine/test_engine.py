"""The walk and the graph: each node once, in linear time, without recursion; kept no longer than it is needed."""

import gc
import inspect
import sys
import tracemalloc
from contextlib import contextmanager
from typing import NamedTuple
from weakref import ref

import numpy as np
import pytest

import tinygrad_edu
from tinygrad_edu import Tensor, apply, backpropagate, debug, gradcheck, nn, no_grad, optim, primitive, rule
from tinygrad_edu.engine import table
from tinygrad_edu.engine.unbroadcast import RuleError


def leaf(*shape, dtype=np.float64):
    return Tensor(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape), requires_grad=True, dtype=dtype)


@pytest.fixture
def counted():
    """An operation that does nothing, and the list of its derivative's calls."""
    calls = []

    def same(x, **label):
        return x * 1

    def vjp(g, y, x):
        calls.append(y)
        return g

    rule(same, vjp)
    return lambda x: apply(same, x), calls


@pytest.fixture
def shallow():
    """Room for forty more calls within calls, and no more."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 40)
    yield
    sys.setrecursionlimit(limit)


@contextmanager
def only_counting():
    """Python without its cyclic collector: what is not freed by reference counting stays."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# ------------------------------------------------------------------------------------ the walk


@pytest.mark.slow
def test_a_chain_of_a_million_operations_is_recorded_walked_and_dropped_without_recursion(shallow):
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + x
    y.backward()
    assert x.grad.item() == 1_000_001
    del y


def test_dropping_a_long_chain_that_was_never_walked_needs_no_recursion(shallow):
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = -y
    end = ref(y)
    del y
    assert end() is None


def test_a_long_chain_of_gradients_of_gradients_needs_no_recursion(shallow):
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(5_000):
        y = y * x
    y.backward(create_graph=True)
    assert x.grad.item() == 5_001
    first, x.grad = x.grad, None
    first.backward()
    assert x.grad.item() == 5_001 * 5_000


def test_a_node_that_is_shared_at_64_levels_is_visited_once(counted):
    same, calls = counted
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(64):
        y = same(y)
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**64
    assert len(calls) == 64


def test_a_node_is_visited_when_all_that_used_it_have_been(counted):
    """However early or late its uses come, the node passes on the whole gradient, at once."""
    same, calls = counted
    x = Tensor(3.0, requires_grad=True)
    h = same(x)
    near, far = h * 2, h
    for _ in range(10):
        far = far + h
    (near + far).backward()
    assert len(calls) == 1
    assert x.grad.item() == 13


def test_what_needs_no_gradient_is_never_computed():
    called = []

    def product(a, b):
        return a * b

    rule(product, lambda g, y, a, b: called.append("a") or g * b, lambda g, y, a, b: called.append("b") or g * a)
    apply(product, Tensor(2.0), Tensor(3.0, requires_grad=True)).backward()
    assert called == ["b"]


def test_a_leaf_can_be_walked_from():
    x = leaf(3)
    x.backward(np.array([1.0, 2.0, 3.0]))
    assert x.grad.tolist() == [1, 2, 3]


def test_the_pure_walk_changes_nothing():
    x = leaf(3)
    y = (x * x).sum()
    gradient = backpropagate([(y._node, np.ones(()))], [x._node])[x._node]
    np.testing.assert_array_equal(gradient, 2 * x.data)
    assert x.grad is None


def test_the_pure_walk_reaches_computed_tensors_too():
    x = leaf(3)
    h = x * x
    y = (h * 3).sum()
    assert list(backpropagate([(y._node, np.ones(()))], [h._node])) == [h._node]


# ----------------------------------------------------------------------------- walking it again


def test_two_backwards_add_their_gradients():
    x = Tensor(2.0, requires_grad=True)
    h = x * x
    y = h + h
    y.backward(retain_graph=True)
    assert x.grad.item() == 8
    y.backward()
    assert x.grad.item() == 16


def test_gradients_of_computed_tensors_do_not_linger_from_one_walk_to_the_next():
    x = leaf(3)
    h = x * x
    a, b = (h * 2).sum(), (h * 3).sum()
    a.backward(retain_graph=True)
    b.backward()
    np.testing.assert_allclose(x.grad.data, 2 * 5 * x.data)


def test_a_second_backward_over_a_released_graph_says_how_to_keep_it():
    x = leaf(3)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"released.*retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, 2 * x.data)


def test_a_graph_that_shares_a_released_part_is_released_too():
    x = leaf(3)
    h = x * x
    h.sum().backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        (h * 2).sum().backward()


def test_even_operations_that_saved_nothing_are_walked_once():
    y = leaf(3).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="sum no longer has"):
        y.backward()


def test_the_structure_of_a_graph_outlives_its_release():
    x = leaf(2, 3)
    x.name = "x"
    y = np.tanh(x * 2).sum()
    y.backward()
    tanh = y._node.parents[0]
    product = tanh.parents[0]
    assert [node.name for node in (y._node, tanh, product, product.parents[0])] == ["sum", "tanh", "multiply", "x"]
    assert (tanh.shape, tanh.dtype) == ((2, 3), np.float64)


# -------------------------------------------------------------------- derivatives of derivatives


@pytest.mark.parametrize(
    ("f", "derivatives"),
    [
        (lambda x: x**4, [lambda x: 4 * x**3, lambda x: 12 * x**2, lambda x: 24 * x]),
        (np.sin, [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]),
        (
            np.tanh,
            [
                lambda x: 1 - np.tanh(x) ** 2,
                lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
                lambda x: (6 * np.tanh(x) ** 2 - 2) * (1 - np.tanh(x) ** 2),
            ],
        ),
    ],
    ids=["x**4", "sin", "tanh"],
)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_three_derivatives_in_turn(f, derivatives, shape):
    x = leaf(*shape)
    y = f(x).sum()
    for derivative in derivatives:
        x.grad = None
        y.backward(create_graph=True)
        np.testing.assert_allclose(x.grad.data, derivative(x.data), rtol=1e-12)
        y = x.grad.sum()


def test_gradients_that_have_a_graph_accumulate_with_it():
    x = Tensor(3.0, requires_grad=True)
    (x**2).backward(create_graph=True)
    (x**3).backward(create_graph=True)
    total, x.grad = x.grad, None
    assert total.item() == 2 * 3 + 3 * 9
    total.backward()
    assert x.grad.item() == 2 + 6 * 3


def test_a_gradient_has_no_graph_unless_it_is_asked_for():
    x = leaf(3)
    (x**2).sum().backward()
    assert not x.grad.requires_grad
    (x**2).sum().backward(create_graph=True)
    assert x.grad.requires_grad


def test_create_graph_keeps_the_graph():
    x = Tensor(2.0, requires_grad=True)
    y = x**3
    y.backward(create_graph=True)
    x.grad = None
    y.backward()
    assert x.grad.item() == 12


def test_a_gradient_can_be_part_of_a_cost():
    """A penalty on the gradient: c = y + |dy/dx|²; both ways to x count."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    y.backward(create_graph=True)
    slope, x.grad = x.grad, None
    (y + (slope * slope).sum()).backward()
    np.testing.assert_allclose(x.grad.data, 3 * x.data**2 + 36 * x.data**3)


def test_the_gradient_that_backward_starts_with_can_be_differentiated_too():
    x, v = leaf(3), leaf(3)
    (x * x).backward(v, create_graph=True)
    product, x.grad = x.grad, None
    product.sum().backward()
    np.testing.assert_allclose(v.grad.data, 2 * x.data)
    np.testing.assert_allclose(x.grad.data, 2 * v.data)


# ------------------------------------------------------------------------------ what is kept


def copies(*tensors):
    return [t * 1 for t in tensors]  # computed tensors, of which the graph alone may know the array


@pytest.mark.parametrize(
    ("expression", "kept"),
    [
        ("a + b", ""),
        ("a - b", ""),
        ("a * 2.0", ""),
        ("a / 2.0", ""),
        ("a * b", "ab"),
        ("a * b.detach()", "b"),
        ("a @ b.detach()", "b"),
        ("linear(a.detach(), b)", "a"),
        ("linear(a, b.detach(), np.ones(2))", "b"),
        ("a.sum()", ""),
        ("a.sum(0, keepdims=True)", ""),
        ("a.mean(1)", ""),
        ("a.reshape(4)", ""),
        ("a.T", ""),
        ("a[0]", ""),
        ("a[[0, 0, 1]]", ""),
        ("np.concatenate([a, b])", ""),
        ("np.stack([a, b])", ""),
        ("np.where(np.eye(2, dtype=bool), a, b)", ""),
        ("np.broadcast_to(a, (3, 2, 2))", ""),
        ("np.floor(a)", ""),
        ("a**2", "a"),
        ("np.log(a)", "a"),
        ("np.exp(a)", "y"),
        ("np.sqrt(a)", "y"),
        ("np.tanh(a)", "ay"),
        ("sigmoid(a)", "ay"),
        ("relu(a)", "y"),
        ("log_softmax(a)", "y"),
        ("a.astype(np.float32)", ""),
        ("squared_error(a, b)", "ab"),
    ],
)
def test_a_node_keeps_only_the_arrays_that_its_rules_use(expression, kept):
    a, b = copies(leaf(2, 2), leaf(2, 2))
    y = eval(f"lambda a, b: {expression}", {"np": np, **vars(tinygrad_edu)})(a, b)
    arrays = {name: ref(t._array) for name, t in (("a", a), ("b", b), ("y", y)) if t.shape}
    end = y.sum()  # keeps y's node, not its array
    del a, b, y
    assert {name for name, array in arrays.items() if array() is not None} == set(kept)
    end.backward()
    assert all(array() is None for array in arrays.values())


def test_an_operation_of_ones_own_keeps_only_what_its_rule_reads():
    def scaled(x, factor):
        return x * factor

    rule(scaled, lambda g, y, x, factor: g * factor)
    (h,) = copies(leaf(3))
    array = ref(h._array)
    y = apply(scaled, h, 2.0)
    del h
    assert array() is None
    y.sum().backward()


def test_a_rule_may_be_a_method():
    class Squares:
        def derivative(self, g, y, x):
            return g * 2 * x

    def squares(x):
        return x * x

    rule(squares, Squares().derivative)
    x = leaf(3)
    apply(squares, x).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * x.data)


def test_a_rule_may_read_its_arguments_in_an_inner_function_or_from_a_tuple():
    def squares(x):
        return x * x

    for vjp in (
        lambda g, y, x: sum(g * x for _ in range(2)),
        lambda *a: a[0] * 2 * a[2],
        lambda g, y, *a: g * 2 * a[0],
    ):
        rule(squares, vjp)
        x = leaf(3)
        apply(squares, x).sum().backward()
        np.testing.assert_allclose(x.grad.data, 2 * x.data)


def test_a_rule_may_read_the_shape_of_its_output_alone():
    def doubled(x):
        return x * 2

    rule(doubled, lambda g, y, x: np.full(y.shape, 2.0) * g)
    x = leaf(3)
    apply(doubled, x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_backward_releases_what_was_saved_though_the_result_is_held():
    (h,) = copies(leaf(3))
    array = ref(h._array)
    y = (h * h).sum()
    del h
    assert array() is not None
    y.backward()
    assert array() is None


def test_an_operation_takes_a_few_hundred_bytes():
    x = y = Tensor(1.0, requires_grad=True)
    tracemalloc.start()
    try:
        for _ in range(10_000):
            y = y * x
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used / 10_000 < 450


def test_an_array_whose_numbers_no_rule_reads_is_not_copied():
    """A sum's derivative asks for none; that of a product reads it, and keeps it from being changed."""
    x, a = leaf(1), np.ones(100_000)
    peaks = []
    for operation in np.add, np.multiply:
        operation(x, a)  # and what is made once is made
        tracemalloc.start()
        try:
            operation(x, a)
            peaks.append(tracemalloc.get_traced_memory()[1] / a.nbytes)
        finally:
            tracemalloc.stop()
    assert [round(peak) for peak in peaks] == [1, 2]


# ------------------------------------------------------------------------ freed when dropped


def test_a_dropped_graph_is_freed_by_reference_counting_alone():
    with only_counting():
        x = leaf(4)
        y = np.tanh(x * x).sum()
        gone = [ref(x), ref(x._array), ref(y)]
        del x, y
        assert [r() for r in gone] == [None] * 3


def one_backward():
    (leaf(3) ** 2).sum().backward()


def many_derivatives():
    x = leaf(3)
    y = np.sin(x).sum()
    for _ in range(3):
        x.grad = None
        y.backward(create_graph=True)
        y = x.grad.sum()


def retained_gradients():
    x = leaf(3)
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    assert y.grad is not None


def assigned_items():
    x = leaf(3)
    y = x * 2
    y[0] = x[1]
    y.sum().backward()


def a_training_step():
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Linear(4, 2))
    descent = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    nn.MSELoss()(model(np.ones((5, 3))), np.ones((5, 2))).backward()
    descent.step()


def debugging():
    with debug():
        one_backward()


@pytest.mark.parametrize(
    "program", [one_backward, many_derivatives, retained_gradients, assigned_items, a_training_step, debugging]
)
def test_nothing_is_left_for_the_cyclic_collector(program):
    program()  # whatever is made once only
    with only_counting():
        program()
        assert gc.collect() == 0


# --------------------------------------------------------------------------------- rules that err


@pytest.mark.parametrize(
    ("vjp", "complaint"),
    [
        (lambda g, y, x: None, "gave None"),
        (lambda g, y, x: 3.0, r"gave 3\.0"),
        (lambda g, y, x: [1.0, 2.0, 3.0], r"gave \[1\.0, 2\.0, 3\.0\]"),
        (lambda g, y, x: np.ones(2), r"shape \(2,\) for an argument of shape \(3,\)"),
        (lambda g, y, x: np.ones(()), r"shape \(\) for an argument of shape \(3,\)"),
        (lambda g, y, x: np.ones((3, 2)), r"shape \(3, 2\) for an argument of shape \(3,\)"),
        (lambda g, y, x: np.ones(3, int), "dtype int64 for an argument of dtype float64"),
        (lambda g, y, x: x > 0, "dtype bool for an argument of dtype float64"),
    ],
)
def test_a_wrong_gradient_from_a_rule_is_refused_and_the_rule_is_named(vjp, complaint):
    def wave(x):
        return np.sin(x)

    rule(wave, vjp)
    x = leaf(3)
    with pytest.raises(RuleError, match=complaint) as caught:
        apply(wave, x).sum().backward()
    assert "derivative of wave with respect to argument 0" in caught.value.__notes__[0]
    assert x.grad is None


def test_an_error_within_a_rule_keeps_its_type_and_names_the_rule():
    def wave(x):
        return np.sin(x)

    rule(wave, lambda g, y, x: x.shapely)
    with pytest.raises(AttributeError, match="shapely") as caught:
        apply(wave, leaf(3)).sum().backward()
    assert "derivative of wave" in caught.value.__notes__[0]


def test_a_rule_that_computes_in_double_precision_gives_gradients_in_the_arguments():
    def wave(x):
        return np.sin(x)

    rule(wave, lambda g, y, x: g * np.cos(x.astype(np.float64)))
    x = leaf(3, dtype=np.float32)
    apply(wave, x).sum().backward()
    assert x.grad.dtype == np.float32


# -------------------------------------------------------------------------------------- the door


def test_an_unknown_keyword_argument_is_refused_by_name():
    with pytest.raises(TypeError, match=r"np\.exp\(\.\.\., where=mask\) without out="):
        np.exp(leaf(3), where=np.ones(3, bool))


def test_keyword_arguments_that_say_nothing_are_let_through():
    x = leaf(3)
    np.sum(np.exp(x, where=True, out=None, dtype=None), dtype=None, out=None).backward()
    np.testing.assert_allclose(x.grad.data, np.exp(x.data))


def test_where_no_gradient_is_recorded_all_of_numpys_keywords_work():
    x = Tensor([1.0, 2.0, 3.0])
    assert np.sum(x, where=np.array([True, False, True]), initial=10.0).item() == 14


def test_tensors_may_be_given_by_keyword():
    x = leaf(2, 3)
    np.sum(a=np.expand_dims(a=x * 2, axis=0), axis=None).backward()
    np.testing.assert_array_equal(x.grad.data, np.full((2, 3), 2.0))


def test_a_gradient_through_a_keyword_argument_that_is_none_of_the_functions_is_refused():
    def scaled(x, *, by):
        return x * by

    rule(scaled, lambda g, y, x, *, by: g * by)
    x = leaf(3)
    apply(scaled, x, by=Tensor(2.0)).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    with pytest.raises(TypeError, match="no gradient can flow through the keyword argument by"):
        apply(scaled, x, by=x)


@pytest.fixture
def no_rule_for_sorting():
    for part in table.RULES, table.COMPOSITES:
        part.pop(np.sort, None)


def test_a_function_without_a_rule_says_what_to_do(no_rule_for_sorting):
    with pytest.raises(NotImplementedError, match=r"sort has no derivative rule.*rule\(sort.*detach\(\)"):
        np.sort(leaf(3))


def test_a_function_without_a_rule_computes_on_constants(no_rule_for_sorting):
    y = np.sort(Tensor([1.0, -3.0, 2.0]))
    assert isinstance(y, Tensor)
    assert y.tolist() == [-3, 1, 2]


class Halves(NamedTuple):
    low: object
    high: object


@primitive(lambda g, y, x: np.concatenate([g[0] * 2 * x[:2], g[1] * y[1]]), multiple_results=True)
def halves(x):
    """The squares of the first two elements, and the exponentials of the others."""
    return Halves(x[:2] * x[:2], np.exp(x[2:]))


def test_multiple_results_by_their_former_name():
    fan = primitive(lambda g, y, x: g[0] + 2 * g[1], several=True)(lambda x: (x, 2 * x))
    x = Tensor(1.0, requires_grad=True)
    fan(x)[1].backward()
    assert x.grad.item() == 2


def test_an_operation_of_several_results():
    x = Tensor([1.0, 2.0, 0.0, 1.0, 2.0], requires_grad=True)
    both = halves(x)
    assert isinstance(both, Halves)
    assert both.low.data.tolist() == [1, 4]
    both.high.sum().backward(retain_graph=True)  # the other result takes no part
    np.testing.assert_allclose(x.grad.data, [0, 0, *np.exp([0, 1, 2])])
    x.grad = None
    ((both.high * both.high).sum() + both.low.sum() + both.low[0]).backward()
    np.testing.assert_allclose(x.grad.data, [4, 4, *2 * np.exp([0, 2, 4])])
    assert gradcheck(lambda x: halves(x).low.sum() * halves(x).high ** 2, x.data, order=3)


def test_several_results_without_recording():
    array = np.arange(4.0)
    assert isinstance(halves(array).low, np.ndarray)
    for y in halves(Tensor(array)), halves(Tensor(array, dtype=np.float32)):
        assert not y.low.requires_grad
        np.testing.assert_allclose(y.high.data, np.exp([2, 3]), rtol=1e-6)
    with no_grad():
        assert not halves(Tensor(array, requires_grad=True)).high.requires_grad


def test_several_results_that_were_not_declared_are_noticed():
    def two(x):
        return x, x

    rule(two, lambda g, y, x: g)
    with pytest.raises(TypeError, match="multiple_results=True"):
        apply(two, leaf())


def test_what_an_operation_of_several_results_saved_is_released():
    x = leaf(3)
    y = halves(x)
    array = ref(y.high._node.parents[0].output[1])
    (y.low.sum() + y.high.sum()).backward()
    del y
    assert array() is None


def test_declaring_a_rule_again_replaces_it():
    def wave(x):
        return np.sin(x)

    x = Tensor(0.0, requires_grad=True)
    for factor in 1, 2:
        rule(wave, lambda g, y, x, factor=factor: g * factor)
        x.grad = None
        apply(wave, x).backward()
        assert x.grad.item() == factor


@pytest.mark.parametrize("vjps", [((), {}), ((lambda g, y, x: g,), {"each": lambda i: None})])
def test_a_rule_is_declared_in_one_way_only(vjps):
    with pytest.raises(TypeError, match="either one vjp per argument or each="):
        rule(lambda x: x, *vjps[0], **vjps[1])


def test_a_rule_wants_a_function():
    with pytest.raises(TypeError, match="wants the function first"):
        rule(3.0, lambda g, y, x: g)


def test_the_gradient_of_a_computed_tensor_is_not_the_seed_that_was_passed_in():
    x = leaf(3)
    h = x * 2
    y = h + 1  # its derivative hands the seed on as it is
    seed = np.ones(3)
    g = backpropagate([(y._node, seed)], [h._node])[h._node]
    np.testing.assert_array_equal(g, seed)
    assert not np.shares_memory(g, seed)


def test_seeds_are_of_the_tensors_dtype():
    """Wherever the walk ends at once, or somebody listens: nothing is left to convert them on the way."""
    for given, dtype in (
        (np.float64, np.float32),
        (np.float32, np.float64),
        (np.int64, np.float32),
        (np.complex64, np.complex128),
    ):
        x = leaf(3, dtype=dtype)
        x.backward(np.ones(3, given))
        assert x.grad.dtype == dtype
        seen = []
        y = x * 1
        y.retain_grad()
        y._node.note(hooks=(*y._node.info.hooks, seen.append))
        y.backward(np.ones(3, given))
        assert y.grad.dtype == seen[0].dtype == dtype


def test_hooks_of_complex_tensors_hear_what_grad_would_be():
    x = Tensor(np.array([1 + 2j, 3 - 1j]), requires_grad=True)
    y = x * (2 - 1j)
    y.retain_grad()
    seen = []
    y._node.note(hooks=(*y._node.info.hooks, seen.append))
    y.backward(np.array([1 + 1j, 2 - 3j]))
    assert seen[0].tolist() == y.grad.data.tolist() == [1 + 1j, 2 - 3j]
    np.testing.assert_allclose(x.grad.data, np.array([1 + 1j, 2 - 3j]) * (2 + 1j))
    r = leaf(2)
    z = r * 2
    z.retain_grad()
    z._node.note(hooks=(*z._node.info.hooks, seen.append))
    z.backward(np.array([3.0, 4.0]))
    assert seen[1].dtype == float
