"""Data sets: examples by number, loaders, splits, points, curves and tables."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tinygrad_edu import Tensor, data

x = np.arange(20.0, dtype=np.float32).reshape(10, 2)
y = np.arange(10)


class Counted(data.Dataset):
    """Not of arrays, and counts what is asked of it."""

    def __init__(self):
        self.asked = []

    def __len__(self):
        return len(y)

    def __getitem__(self, i):
        self.asked.append(i)
        return x[i], y[i]


# ------------------------------------------------------------------------------------------ loaders


@example(n=10, size=4, drop_last=True, shuffle=True, whole=True)
@given(
    n=st.integers(0, 12), size=st.integers(1, 5), drop_last=st.booleans(), shuffle=st.booleans(), whole=st.booleans()
)
def test_an_epoch_is_all_examples_once_in_batches(n, size, drop_last, shuffle, whole):
    dataset = data.TensorDataset(x[:n], y[:n]) if whole else [(x[i], y[i]) for i in range(min(n, 10))]
    n = min(n, 10)
    loader = data.DataLoader(dataset, size, shuffle, drop_last=drop_last, generator=0)
    batches = list(loader)
    assert len(batches) == len(loader) == (n // size if drop_last else -(-n // size))
    assert all(len(a) == len(b) == size for a, b in batches[:-1])
    for a, b in batches:
        np.testing.assert_array_equal(a, x[b])  # what belongs together stays together
        assert (a.dtype, b.dtype) == (x.dtype, y.dtype)
    seen = [i for _, b in batches for i in b.tolist()]
    assert len(set(seen)) == len(seen)
    assert drop_last or len(seen) == n
    if not shuffle:
        assert seen == list(range(len(seen)))


def test_examples_by_number_come_as_arrays_do():
    """The same order, whether gathered or asked for one by one."""
    [one, other] = [list(data.DataLoader(d, 3, True, generator=5)) for d in (Counted(), (x, y))]
    for a, b in zip(one, other, strict=True):
        for p, q in zip(a, b, strict=True):
            np.testing.assert_array_equal(p, q)
            assert p.dtype == q.dtype


def test_examples_are_asked_for_when_their_batch_is():
    dataset = Counted()
    next(iter(data.DataLoader(dataset, 3)))
    assert dataset.asked == [0, 1, 2]
    assert all(type(i) is int for i in dataset.asked)


def test_orders_are_new_in_each_epoch_and_decided_by_the_generator():
    loader, again = (data.DataLoader((x, y), 10, True, generator=g) for g in (3, np.random.default_rng(3)))
    first, second = (next(iter(loader))[1] for _ in range(2))
    assert first.tolist() != second.tolist()
    assert [next(iter(again))[1].tolist() for _ in range(2)] == [first.tolist(), second.tolist()]


def test_a_saved_generator_goes_on():
    loader = data.DataLoader((x, y), 10, True)
    next(iter(loader))
    state = loader.state_dict()
    wanted = [next(iter(loader))[1].tolist() for _ in range(3)]
    other = data.DataLoader((x, y), 10, True)
    other.load_state_dict(state)
    assert [next(iter(other))[1].tolist() for _ in range(3)] == wanted


def test_transform_makes_other_inputs_of_the_loaders_generator():
    def noisy(batch, rng):
        return data.distort.noise(batch, 0.5, rng)

    images = np.full((10, 4), 0.5, np.float32)
    loaders = [data.DataLoader((images, y), 5, True, generator=1, transform=noisy) for _ in range(2)]
    [(a, t), (b, u)] = [next(iter(loader)) for loader in loaders]
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(t, u)
    assert np.any(a != 0.5)
    assert np.all(images == 0.5)
    single = next(iter(data.DataLoader(images, 5, transform=lambda batch, rng: batch + 1)))
    np.testing.assert_array_equal(single[0], images[:5] + 1)


def test_examples_that_are_single_arrays_or_need_a_collate_fn():
    assert [b.tolist() for b in data.DataLoader([1, 2, 3], 2)] == [[1, 2], [3]]
    words = [np.arange(n) for n in (1, 3, 2)]
    with pytest.raises(ValueError, match=r"equal shapes; two in this one have \(1,\) and \(3,\).*collate_fn"):
        next(iter(data.DataLoader(words, 3)))
    padded = data.DataLoader(words, 3, collate_fn=lambda e: np.stack([np.pad(w, (0, 3 - len(w))) for w in e]))
    assert next(iter(padded)).shape == (3, 3)
    with pytest.raises(ValueError, match="equally many parts"):
        next(iter(data.DataLoader([(1, 2), (3,)], 2)))


def test_what_is_no_data_set():
    with pytest.raises(TypeError, match=r"tuple of arrays, as in \(x, y\)"):
        data.DataLoader(3)
    with pytest.raises(ValueError, match=r"\(10, 2\), \(9,\)"):
        data.TensorDataset(x, y[:9])
    with pytest.raises(ValueError, match="none"):
        data.TensorDataset()
    with pytest.raises(NotImplementedError, match=r"Dataset has no __len__"):
        len(data.Dataset())
    with pytest.raises(NotImplementedError, match=r"__getitem__"):
        data.Dataset()[0]


def test_tensors_are_arrays_here():
    assert data.TensorDataset(Tensor([[1.0], [2.0]]), [0, 1])[1] == (2.0, 1)


# ------------------------------------------------------------------------------------------- splits


@given(n=st.integers(1, 30), shares=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_a_split_divides_all(n, shares):
    parts = data.random_split((np.arange(n),), [s / sum(shares) for s in shares], generator=0)
    assert sorted(int(part[i][0]) for part in parts for i in range(len(part))) == list(range(n))
    for part, share in zip(parts, shares):
        assert abs(len(part) - n * share / sum(shares)) <= 1
        np.testing.assert_array_equal(part.arrays[0], [part[i][0] for i in range(len(part))])


def test_splits_by_number_of_anything():
    a, b = data.random_split(Counted(), [7, 3], generator=0)
    assert (len(a), len(b), a.arrays) == (7, 3, None)
    a2, _ = data.random_split(Counted(), [7, 3], generator=np.random.default_rng(0))
    assert a.indices.tolist() == a2.indices.tolist()
    assert len(list(data.DataLoader(b, 2))) == 2
    inner = data.Subset(data.Subset((x, y), [5, 6, 7]), [2, 0])
    assert inner.arrays[1].tolist() == [7, 5]
    train, _ = data.random_split(data.mnist().test, [0.9, 0.1])
    assert len(train) == 9000


def test_lengths_that_do_not_add_up():
    with pytest.raises(ValueError, match=r"10 examples together.*\[7, 4\] are 11"):
        data.random_split((x, y), [7, 4])
    with pytest.raises(ValueError, match="add up to"):
        data.random_split((x, y), [0.5, 0.4])


# ------------------------------------------------------------------------------- points and curves

KINDS = [data.two_moons, data.circles, data.spirals, data.blobs, data.xor]


@pytest.mark.parametrize("kind", KINDS)
@given(n=st.integers(0, 50), noise=st.sampled_from([0, 0.1]))
def test_points(kind, n, noise):
    points, labels = kind(n, noise, 0)
    assert (points.shape, points.dtype, labels.shape, labels.dtype) == ((n, 2), np.float32, (n,), np.int64)
    counts = np.bincount(labels, minlength=1)
    assert np.ptp(counts) <= 1 or n < 3
    again = kind(n, noise, np.random.default_rng(0))
    np.testing.assert_array_equal(points, again[0])
    np.testing.assert_array_equal(labels, again[1])


def test_points_lie_where_they_should():
    p, labels = data.two_moons(100, 0, 0)
    upper, lower = p[labels == 0], p[labels == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1, atol=1e-6)
    assert np.all(upper[:, 1] >= 0)
    assert np.all(lower[:, 1] <= 0.5)
    p, labels = data.circles(100, 0, 0, classes=4)
    np.testing.assert_allclose(np.hypot(*p.T), 1 - labels / 4, atol=1e-6)
    p, labels = data.spirals(100, 0, 0, classes=3, turns=2)
    r = np.hypot(*p.T)
    angle = np.arctan2(p[:, 1], p[:, 0]) - 2 * np.pi * (2 * r + labels / 3)
    np.testing.assert_allclose(np.cos(angle), 1, atol=1e-5)
    p, labels = data.xor(100, 0, 0)
    np.testing.assert_array_equal((p[:, 0] < 0) != (p[:, 1] < 0), labels)


def test_noise_is_a_standard_deviation():
    (p, _), (q, _) = data.circles(5000, 0, 0), data.circles(5000, 0.3, 0)
    assert abs((q - p).std() - 0.3) < 0.01
    with pytest.raises(ValueError, match="noise must be a finite number"):
        data.xor(noise=-1)
    with pytest.raises(ValueError, match="at least one class"):
        data.blobs(classes=0)


def test_curves_are_columns():
    for kind in data.line, data.sine:
        p, q = kind(30, 0.1, 1)
        assert (p.shape, q.shape, p.dtype, q.dtype) == ((30, 1), (30, 1), np.float32, np.float32)
        assert np.all(np.abs(p) <= 1)
        np.testing.assert_array_equal(q, kind(30, 0.1, 1)[1])
    p, q = data.sine(10, 0, waves=3)
    np.testing.assert_allclose(q, np.sin(3 * np.pi * p), atol=1e-5)


# ------------------------------------------------------------------------------------------- tables


@pytest.fixture
def table(tmp_path):
    def written(text):
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


IRIS = "long,wide,kind\n5.1,3.5,setosa\n\n7, 3.2 ,versicolor\n6.3,3.3,virginica\n4.9,3,setosa\n"


def test_words_are_classes(table):
    flowers = data.read_csv(table(IRIS))
    (p, labels) = flowers
    np.testing.assert_array_equal(p, np.array([[5.1, 3.5], [7, 3.2], [6.3, 3.3], [4.9, 3]], np.float32))
    assert (p.dtype, labels.dtype, labels.tolist()) == (np.float32, np.int64, [0, 1, 2, 0])
    assert (flowers.names, flowers.target, flowers.classes) == (
        ["long", "wide"],
        "kind",
        ["setosa", "versicolor", "virginica"],
    )
    assert repr(flowers) == "Table(4 rows of 2 features, kind: setosa versicolor virginica)"
    assert len(data.TensorDataset(*flowers)) == len(data.DataLoader(flowers)) == 4


def test_numbers_are_numbers_unless_said_otherwise(table):
    path = table("10;1.5;3\n2;2.5;1\n10;3.5;2\n")
    p, q = data.read_csv(path, delimiter=";", dtype=np.float64)
    assert (p.dtype, q.tolist()) == (np.float64, [[3.0], [1.0], [2.0]])
    grades = data.read_csv(path, 0, columns=[2], labels=True, delimiter=";")
    assert (grades.y.tolist(), grades.classes, grades.x.tolist(), grades.names) == (
        [1, 0, 1],
        ["2", "10"],
        [[3], [1], [2]],
        ["2"],
    )


def test_columns_by_name_and_number(table):
    path = table(IRIS)
    assert data.read_csv(path, "wide", columns=["long"]).y.shape == (4, 1)
    assert data.read_csv(path, -1, columns=[-2]).names == ["wide"]
    with pytest.raises(KeyError, match="no column 'width'; it has long, wide, kind"):
        data.read_csv(path, "width")
    with pytest.raises(IndexError, match="no column 3; it has 3, from 0 to 2"):
        data.read_csv(path, 3)


@pytest.mark.parametrize("hole", ["", "NA", "nan", "?"])
def test_missing_values_are_named_by_line_and_column(table, hole):
    with pytest.raises(ValueError, match=r"line 3, column 'wide': the value is missing"):
        data.read_csv(table(f"long,wide,kind\n1,2,a\n3,{hole},b\n"))
    with pytest.raises(ValueError, match=r"line 2, column 'kind': the value is missing"):
        data.read_csv(table(f"long,wide,kind\n1,2,{hole}\n"))


def test_what_is_no_table(table):
    with pytest.raises(ValueError, match=r"line 3, column 'colour': 'red' is not a number.*columns="):
        data.read_csv(table("colour,y\n1,2\nred,3\n"))
    with pytest.raises(ValueError, match="line 2: there are 3 cells in this row and 2 in the first"):
        data.read_csv(table("a,b\n1,2,3\n"))
    with pytest.raises(ValueError, match="no rows below its header"):
        data.read_csv(table("a,b\n"))
    with pytest.raises(ValueError, match="no rows"):
        data.read_csv(table(""))
    with pytest.raises(FileNotFoundError):
        data.read_csv("nowhere.csv")
    assert data.read_csv(table("a,b\nx,1\n"), header=True, columns=[], labels=False).x.shape == (1, 0)


@pytest.mark.parametrize(("text", "delimiter", "said"), [
    ("length;width;kind\n1.4;0.2;setosa\n4.7;1.4;versicolor\n", ",", r"one column only.*say delimiter=';'"),
    ("length\twidth\n1.4\t0.2\n", ",", r"one column only.*say delimiter='\\t'"), ("length width\n1.4 0.2\n", ",", "say delimiter=' '"),
    ("a|b\n1|2\n", ",", r"say delimiter='\|'"), ("a,b\n1,2\n", ";", "say delimiter=','"), ("a\n1\n2\n", ",", r"one column only, 'a', and nothing.*delimiter=\.\.\."),
    ("1,4;setosa\n4,7;virginica\n", ",", r"';' in every cell of a column, as in '4;setosa'.*say delimiter=';'"),
    ("length;kind\n1,4;setosa\n", ",", r"2 cells in this row and 1 in the first.*say delimiter=';'"),
    ("1,4;2,5;0\n", ",", r"column '1': '4;2' is not a number.*say delimiter=';'"), ("a;b\n1,4;2\n", ";", r"'1,4' is not a number. Write a point for the comma"),
])  # fmt: skip
def test_another_delimiter_is_guessed_and_said(table, text, delimiter, said):
    with pytest.raises(ValueError, match=said):
        data.read_csv(table(text), delimiter=delimiter)


@given(
    columns=st.integers(2, 4),
    rows=st.integers(1, 4),
    right=st.sampled_from(",;\t|"),
    wrong=st.sampled_from(",;\t|"),
    header=st.booleans(),
    words=st.booleans(),
)
def test_a_table_read_with_another_delimiter_is_refused(tmp_path_factory, columns, rows, right, wrong, header, words):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    cells = [[f"{i + 10 * j}.5" for i in range(columns - 1)] + ["ab"[j % 2] if words else f"{j}"] for j in range(rows)]
    path.write_text("\n".join(right.join(row) for row in [[f"n{i}" for i in range(columns)]] * header + cells))
    if right == wrong:
        assert data.read_csv(path, delimiter=wrong).x.tolist() == [[float(c) for c in row[:-1]] for row in cells]
    else:
        with pytest.raises(ValueError, match="delimiter="):
            data.read_csv(path, delimiter=wrong)


def test_a_column_that_is_not_there_for_another_delimiter(table):
    path = table("a;b;y\n1;2;3\n")
    for columns, error in (["a"], KeyError), ([1], IndexError):
        with pytest.raises(error, match="say delimiter=';'"):
            data.read_csv(path, columns=columns)


def test_columns_that_are_given_twice(table):
    with pytest.raises(ValueError, match="several columns are called 'a', 'y'"):
        data.read_csv(table("a,y,b,y,a\n1,2,3,2,1\n"), "y")
    path = table("a,b,y\n1,2,3\n4,6,6\n")
    for columns, twice in (["a", "y"], "y"), ([0, -1], "y"), (["b", "a", 0], "a"):
        with pytest.raises(ValueError, match=f"column '{twice}' is given twice"):
            data.read_csv(path, "y", columns=columns)
    for columns in "ab", 1:
        with pytest.raises(TypeError, match="columns is a list of names or numbers"):
            data.read_csv(path, "y", columns=columns)


@pytest.mark.parametrize(
    "text", ["a,b,y\n1,3,3\n2,6,6\n", "a,b,y\n1,0,no\n2,1,yes\n1,0,no\n", "a,b,y\n1,2,2.0\n5,1,1\n"]
)
def test_the_target_among_the_features_is_told(table, text):
    with pytest.warns(UserWarning, match=r"column 'b' is equal to 'y' in every row") as told:
        data.read_csv(table(text))
    assert told[0].filename == __file__
    assert data.read_csv(table(text), columns=["a"]).names == ["a"]
    with pytest.warns(UserWarning, match="equal to 'y'"):
        data.read_csv(table("a,b,y\n1,5,5\n2,7,7\n3,5,5\n"), labels=True)
    assert len(data.read_csv(table("a,y\n3,3\n")).x) == 1  # of one row, nothing can be said


def test_row_numbers_among_the_features_are_told(table):
    with pytest.warns(UserWarning, match=r"column '' does no more than count the rows.*index=False"):
        assert data.read_csv(table(",a,y\n0,1.5,3\n1,2.5,4\n2,1,5\n")).x.shape == (3, 2)
    assert data.read_csv(table(",a,y\n0,1.5,3\n1,2.5,4\n5,1,5\n")).x.shape == (3, 2)
    with pytest.warns(UserWarning, match="column 'Unnamed: 0' does no more"):
        data.read_csv(table("Unnamed: 0,a,y\n1,1.5,3\n2,2.5,4\n"))
    assert data.read_csv(table(",a,y\n0,1.5,3\n")).x.shape == (1, 2)
    assert data.read_csv(table("hour,a,y\n0,1.5,3\n1,2.5,4\n")).x.shape == (2, 2)


def test_classes_that_are_numbers_are_the_same_if_the_numbers_are(table):
    t = data.read_csv(table("5,1\n6,2.0\n7,1.0\n8,02\n9,-1\n"), labels=True)
    assert (t.classes, t.y.tolist()) == (["-1", "1", "2.0"], [1, 2, 1, 2, 0])
    assert data.read_csv(table("5,b\n6,10\n7,2\n8,a\n"), labels=True).classes == ["2", "10", "a", "b"]


def test_a_second_file_has_the_classes_of_the_first(table):
    first = data.read_csv(table(IRIS))
    second = data.read_csv(table("long,wide,kind\n1,2,virginica\n3,4,setosa\n"), labels=first.classes)
    assert (second.y.tolist(), second.classes) == ([2, 0], first.classes)
    with pytest.raises(ValueError, match="a class 'rose' in it, and labels are setosa, versicolor, virginica"):
        data.read_csv(table("long,wide,kind\n1,2,rose\n"), labels=first.classes)


def test_a_quotation_mark_that_is_not_closed(table):
    with pytest.raises(ValueError, match="line 4, column 'kind': this cell goes over several lines"):
        data.read_csv(table('a,kind\n1,x\n2,"y\n3,z\n'))


def test_what_only_looks_like_a_number_or_a_text(table):
    with pytest.raises(ValueError, match=r"line 2, column 'a': '1_000' is not a number"):
        data.read_csv(table("a,b\n1_000,2\n"))
    with pytest.raises(TypeError, match="dtype must be floating"):
        data.read_csv(table("a,b\n1.5,2\n"), dtype=int)
    path = table("")
    path.write_bytes("größe,b\n1,2\n".encode("cp1252"))
    with pytest.raises(ValueError, match=r"table\.csv is not a text in UTF-8.*CSV UTF-8"):
        data.read_csv(path)
    path.write_text("a,b\n1," + "2" * 200_000 + "\n")
    with pytest.raises(ValueError, match=r"table\.csv, line 2: field larger"):
        data.read_csv(path)


def test_headers_quotes_and_marks(table):
    plain = data.read_csv(table('\ufeff"1","a, b"\n"2",b\n'))  # no header, as there are numbers in the first row
    assert (plain.classes, plain.names) == (["a, b", "b"], ["0"])
    assert data.read_csv(table("1990,2000\n1,2\n"), "2000", header=True).y.tolist() == [[2]]
