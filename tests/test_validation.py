"""What comes in from outside: masks, objects and tables are taken for what they are, or refused; never made something else of."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_edu import Tensor, capture, data, evaluate, fit, func, gradcheck, nn, optim, predict, save
from tinygrad_edu.validation import as_array


def learnt(batches, width=3):
    model = nn.Linear(width, 1)
    return fit(model, batches, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), progress=False)


ONES = np.ones((2, 1), np.float32)

# What takes an array of floating numbers of shape (2, 3), and what it is of them in the end; None where that can't be seen.
DOORS = {
    "Tensor": lambda m: Tensor(m).data, "Tensor, shared": lambda m: Tensor(m, copy=False).data, "Parameter": lambda m: nn.Parameter(m, dtype=float).data,
    "Buffer": lambda m: nn.Buffer(m).data, "a list": lambda m: Tensor([m[0], m[1]]).data, "nested lists": lambda m: Tensor([[m[0]], [m[1]]]).data[:, 0],
    "data": lambda m: [p := nn.Parameter(np.zeros((2, 3)), dtype=float), setattr(p, "data", m)][0].data,
    "an assignment": lambda m: [t := Tensor(np.zeros((2, 3))), t.__setitem__(slice(None), m)][0].data,
    "in place": lambda m: Tensor(np.zeros((2, 3))).__iadd__(m).data,
    "backward": lambda m: [t := Tensor(np.zeros((2, 3)), requires_grad=True), (t * 1).backward(m)][0].grad.data,
    "grad": lambda m: func.grad(lambda x: (x * x).sum())(m).data / 2, "jvp": lambda m: func.jvp(lambda x: x * 1, (np.zeros((2, 3)),), (m,))[1].data,
    "gradcheck": lambda m: gradcheck(np.tanh, m) and None, "capture": lambda m: capture(lambda x: x * 1)(m).data,
    "Batches": lambda m: next(iter(data.Batches(m, size=2, shuffle=False)))[0], "TensorDataset": lambda m: data.TensorDataset(m).arrays[0],
    "DataLoader": lambda m: next(iter(data.DataLoader((m, ONES), 2)))[0], "an array alone": lambda m: next(iter(data.DataLoader(m, 2)))[0],
    "examples": lambda m: next(iter(data.DataLoader([(m[0], 0), (m[1], 1)], 2)))[0], "dicts": lambda m: next(iter(data.DataLoader([{"x": m[0]}, {"x": m[1]}], 2)))["x"],
    "predict": lambda m: predict(nn.Identity(), m), "fit": lambda m: learnt((m, ONES)) and None, "fit on batches": lambda m: learnt([(m, ONES)]) and None,
    "targets": lambda m: fit(p := nn.Linear(1, 3), (ONES, m), nn.MSELoss(), optim.SGD(p.parameters(), lr=0.1), progress=False) and None,
    "evaluate": lambda m: evaluate(nn.Linear(3, 1), (m, ONES), nn.MSELoss()) and None,
    "distort": lambda m: data.distort.shift(m[None], 0, 0)[0],
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@given(m=npst.arrays(float, (2, 3), elements=st.integers(-9, 9)), mask=npst.arrays(bool, (2, 3)))
def test_a_mask_is_never_lost(door, m, mask):
    """Where something is masked, that is an error; where nothing is, the numbers are taken."""
    array = np.ma.masked_array(m, mask)
    if mask.any():
        with pytest.raises(TypeError, match=r"masked|mask would be lost"):
            DOORS[door](array)
    else:
        got = DOORS[door](array)
        assert got is None or (type(got) is np.ndarray and np.array_equal(got, m))


@pytest.mark.parametrize("use", [
    lambda m, tmp: save(tmp / "x.npz", {"m": m}), lambda m, tmp: data.write_idx(tmp / "x", m), lambda m, tmp: data.one_hot(m.astype(int)),
    lambda m, tmp: data.Subset((np.ones(3),), m.astype(int)), lambda m, tmp: Tensor(np.ones(4))[m.astype(int)],
    lambda m, tmp: nn.Embedding(4, 2)(m.astype(int)), lambda m, tmp: Tensor(np.ones(3)) + [m[2], 1, 2], lambda m, tmp: Tensor(m[2]),
], ids=["save", "write_idx", "one_hot", "Subset", "an index", "Embedding", "a list", "a single one"])  # fmt: skip
def test_nor_is_one_of_what_is_no_input(tmp_path, use):
    m = np.ma.masked_array([1.0, 2.0, 3.0], [False, False, True])
    with pytest.raises(TypeError, match=r"mask would be lost.*x\.filled\(value\)"):
        use(m, tmp_path)
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------- objects

numbers = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.floats(width=32, allow_nan=False).map(np.float32)


@given(x=st.lists(numbers, min_size=1, max_size=5))
def test_objects_that_are_numbers_are_these_numbers(x):
    objects = np.empty(len(x), object)
    objects[:] = x
    for got in as_array(objects), Tensor(objects).data, data.TensorDataset(objects).arrays[0]:
        assert got.dtype.kind in "biuf"
        assert got.tolist() == x


OTHERS = [("word", r"there are words in it, as 'word'.*np\.unique"), (None, "None in it: fill in a number"), ({"x": 1}, "dicts in it: make an array for each"),
          ([1, 2], "rows have different lengths"), (print, "a builtin_function_or_method in it"), (Tensor([1.0, 2.0]), r"Tensors in it: join them with np\.stack")]  # fmt: skip


@pytest.mark.parametrize(("other", "said"), OTHERS, ids=[type(other).__name__ for other, _ in OTHERS])
def test_objects_that_are_none_are_refused_and_told(other, said):
    objects = np.empty(2, object)
    objects[:] = [1.0, None]
    objects[1] = other
    for take in Tensor, nn.Parameter, data.TensorDataset, lambda x: data.Batches(x, size=1), lambda x: setattr(nn.Parameter([0.0, 0.0]), "data", x):
        with pytest.raises(TypeError, match=said):
            take(objects)


def test_none_is_not_nan():
    for take in Tensor, nn.Parameter, lambda x: Tensor(x, dtype=float), data.TensorDataset:
        with pytest.raises(TypeError, match="None among the numbers, which would become NaN"):
            take([[1.0, 2.0], [1.0, None]])
        with pytest.raises(TypeError, match="None is no number"):
            take(None)
    x = Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match="None is no number"):
        x[0] = None


@pytest.mark.parametrize("odd", [np.array([1, 2.5], object), np.array([1, 2], "m8[s]")], ids=["objects", "times"])
def test_no_operation_cuts_the_graph_at_what_are_no_numbers(odd):
    t = Tensor([1.0, 2.0], requires_grad=True)
    for cut in lambda: t * odd, lambda: odd * t, lambda: np.multiply(t, odd), lambda: t * (t.detach() * odd), lambda: np.stack([t * 1, odd]):
        with pytest.raises(TypeError, match=r"no gradient flows.*np\.array\(x, dtype=float\)|promote|DType"):
            cut()
    if odd.dtype == object:
        with pytest.raises(TypeError, match="linear gave an array of dtype object"):
            nn.Linear(2, 1)(odd[None])


def test_integers_may_be_made_of_what_is_recorded():
    """They have no gradient, and nobody thinks so."""
    t = Tensor([1.5, 2.0], requires_grad=True)
    assert t.astype(int).tolist() == [1, 2]


@pytest.mark.parametrize("take", [lambda x: data.Batches(x, size=1), data.TensorDataset])
def test_rows_of_different_lengths(take):
    with pytest.raises(ValueError, match=r"array 0 of the .*: the rows must have equal lengths"):
        take([[1.0], [2.0, 3.0]])


def test_lists_of_arrays_and_tensors_are_joined():
    rows = [np.ones(2), np.zeros(2)]
    assert data.TensorDataset(rows).arrays[0].tolist() == [[1, 1], [0, 0]]
    assert data.TensorDataset([Tensor(r) for r in rows]).arrays[0].tolist() == [[1, 1], [0, 0]]
    assert Tensor([Tensor(1.0), Tensor(2.0)]).tolist() == [1, 2]
    assert as_array([]).shape == (0,)
    assert as_array([[], []]).shape == (2, 0)


# ------------------------------------------------------------------------------------------ tables


def test_a_table_is_taken_column_by_column():
    table = pd.DataFrame({"a": [1.5, 2.0], "b": [True, False], "c": [3, 4], "d": pd.Series([True, 2], dtype=object)})
    want = [[1.5, 1, 3, 1], [2, 0, 4, 2]]
    for got in Tensor(table).data, data.TensorDataset(table).arrays[0], next(iter(data.DataLoader(table, 2)))[0], as_array(table):
        assert got.dtype == float
        assert got.tolist() == want
    assert as_array(table[["c"]]).dtype == np.int64
    assert as_array(table[[]]).shape == (2, 0)
    assert predict(nn.Linear(4, 1), table).shape == (2, 1)
    learnt((table, ONES), 4)
    learnt((table[["a", "b"]].values, ONES), 2)


KINDS = {"float": [1.5, 2.5], "int": [3, 4], "bool": [True, False], "truths": np.array([True, False], object), "mixed": np.array([1, 2.5], object),
         "words": ["x", "y"], "holes": np.array([1, None], object), "days": np.array(["2020-01-01", "2020-01-02"], "M8[s]")}  # fmt: skip


@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))
def test_any_table_is_its_numbers_or_an_error_that_names_the_column(kinds):
    table = pd.concat([pd.Series(KINDS[kind], name=f"{kind} {i}") for i, kind in enumerate(kinds)], axis=1)
    wrong = [f"{kind} {i}" for i, kind in enumerate(kinds) if kind in ("words", "holes", "days")]
    if wrong:
        with pytest.raises(TypeError, match=f"column '{wrong[0]}'"):
            as_array(table)
    else:
        got = as_array(table)
        assert got.dtype.kind in "bif"
        assert got.tolist() == np.stack([np.array(list(KINDS[kind]), float) for kind in kinds], 1).tolist()


@pytest.mark.parametrize("column", ["words", "kinds", "days"])
def test_a_column_of_something_else_is_named(column):
    table = pd.DataFrame({"a": [1.5, 2.0], "words": ["x", "y"], "kinds": pd.Categorical(["x", "y"]), "days": pd.to_datetime(["2020-01-01"] * 2)})
    for take in Tensor, data.TensorDataset, lambda x: data.Batches(x, size=1), lambda x: learnt((x, ONES)), lambda x: predict(nn.Linear(2, 1), x):
        with pytest.raises(TypeError, match=f"column '{column}'.*eave (it|that column) out"):
            take(table[["a", column]])


def test_a_series_goes_by_its_order_and_not_by_its_labels():
    series = pd.Series([10.0, 20.0, 30.0], index=[2, 0, 1])
    assert next(iter(data.DataLoader(series, 3)))[0].tolist() == [10, 20, 30]


def test_an_answer_among_the_columns_is_told():
    table = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [True, False, True]})
    with pytest.warns(UserWarning, match=r"column 'b', the target, is also.*drop\(columns=\['b'\]\)") as told:
        data.TensorDataset(table, table["b"])
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.TensorDataset(table[["a"]], table["b"])
        data.TensorDataset(table, table["b"] * 2.0)
        data.TensorDataset(table.values, table["b"])


def test_rows_of_other_labels_are_told():
    table, answers = pd.DataFrame({"a": [1.0, 2.0, 4.0]}), pd.Series([0, 1, 2])
    with pytest.warns(UserWarning, match=r"same labels in different orders.*y\.loc\[x\.index\]") as told:
        data.TensorDataset(table.iloc[::-1], answers)
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.TensorDataset(table.iloc[::-1], answers.iloc[::-1])
        data.TensorDataset(table.iloc[::-1], answers.values)
        data.TensorDataset(table, pd.Series([0, 1, 2], index=[7, 8, 9]))


# ------------------------------------------------------------------------------ examples and subsets


def test_dicts_are_stacked_key_by_key():
    examples = [{"x": np.ones(2), "y": 1}, {"x": np.zeros(2), "y": 2}]
    batch = next(iter(data.DataLoader(examples, 2)))
    assert (batch["x"].tolist(), batch["y"].tolist()) == ([[1, 1], [0, 0]], [1, 2])
    with pytest.raises(ValueError, match=r"same keys; these have \['x'\] and \['y'\]"):
        next(iter(data.DataLoader([{"x": 1}, {"y": 2}], 2)))
    with pytest.raises(TypeError, match="an example: got NoneType"):
        next(iter(data.DataLoader([(1.0, None)], 1)))
    with pytest.raises(TypeError, match="got dict"):
        data.DataLoader({"x": np.ones(2)})


def test_subsets_by_marks_and_of_fractions():
    whole = data.TensorDataset(np.array([5, 6, 7]))
    assert data.Subset(whole, [True, False, True]).arrays[0].tolist() == [5, 7]
    assert len(data.Subset(whole, [])) == 0
    for wrong in [0.5], [True], [[0]]:
        with pytest.raises(TypeError, match="a subset takes the numbers of examples"):
            data.Subset(whole, wrong)
