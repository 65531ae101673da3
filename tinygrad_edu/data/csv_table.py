"""Tables: numbers and classes from a CSV file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .csv_cells import Cells, is_finite_number
from .data_html import ROWS, rows_html


class Table:
    """A table of features, and the target to predict from them; unpacks as ``x, y``.

    Parameters
    ----------
    x : ndarray, shape (N, features), floating
        The features, one example per row.
    y : ndarray, shape (N,), int64, or shape (N, 1), floating
        The target: classes, or numbers.
    names : list of str
        The names of the features.
    target : str
        The name of the target.
    classes : list of str
        The names of the classes, in the order of their numbers; empty if the target is numbers.

    Examples
    --------
    >>> from tinygrad_edu.data import Table
    >>> Table(np.array([[1.4], [4.7]]), np.array([0, 1]), ["length"], "kind", ["setosa", "versicolor"])
    Table(2 rows of 1 features, kind: setosa versicolor)
    """

    def __init__(self, x: NDArray[Any], y: NDArray[Any], names: list[str], target: str, classes: list[str]) -> None:
        self.x, self.y, self.names, self.target, self.classes = x, y, names, target, classes

    def __iter__(self) -> Iterator[NDArray[Any]]:
        yield self.x
        yield self.y

    def __repr__(self) -> str:
        what = f"{self.target}: {' '.join(self.classes)}" if self.classes else self.target
        return f"Table({len(self.x)} rows of {len(self.names)} features, {what})"

    def _repr_html_(self) -> str:
        """Return the first rows, for a notebook."""
        x, y = self.x[:ROWS], self.y[:ROWS].reshape(-1)
        answers = [self.classes[i] for i in y] if self.classes else y
        columns = [*((name, x[:, j]) for j, name in enumerate(self.names)), (self.target, answers)]
        return rows_html(repr(self), columns, len(self.x))


def read_csv(
    path: str | os.PathLike[str],
    target: str | int = -1,
    *,
    columns: Sequence[str | int] | None = None,
    labels: bool | Sequence[str] | None = None,
    header: bool | None = None,
    delimiter: str = ",",
    dtype: DTypeLike = np.float32,
) -> Table:
    """Read a table from a CSV file: each row is an example, one column the target, and the others are features.

    Parameters
    ----------
    path : str or path
        A text file in UTF-8.
    target : str or int
        The column to predict, by its name or its number, from 0; negative numbers count from the end.
    columns : sequence of str or int, optional
        The columns to predict from; by default, all others.
    labels : bool or sequence of str, optional
        Whether the target is classes, which are numbered from 0 in alphabetical order (or by size, if their names are
        numbers). By default, words are classes, and numbers are not. With ``labels=first.classes``, a second file gets
        the numbers of the first, even if some classes don't occur in it.
    header : bool, optional
        Whether the first row is the names of the columns. By default it is, if there is no number in it; say True if
        names are numbers, such as years.
    delimiter : str
        The character between the cells: ``";"`` or ``"\\t"``, for example.
    dtype : floating dtype
        The dtype of the numbers.

    Returns
    -------
    Table
        The features, the target, and their names.

    Raises
    ------
    ValueError
        If a value is missing or not a number, a row has more or fewer cells than the first, or there are no rows; the
        message names line and column. If there is only one column, because of another delimiter perhaps; if two columns
        have the same name, or the target is among the features; if there is a class that is not in `labels`.
    TypeError
        If `columns` is not a list, or `dtype` is not floating.
    KeyError, IndexError
        If there is no such column.

    Warns
    -----
    UserWarning
        If a feature equals the target, so that there is nothing to learn, or has no name and only counts the rows.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "flowers.csv")
    >>> with open(path, "w") as file:
    ...     n = file.write("length,width,kind\\n1.4,0.2,setosa\\n4.7,1.4,versicolor\\n1.3,0.2,setosa\\n")
    >>> flowers = read_csv(path, target="kind")
    >>> flowers
    Table(3 rows of 2 features, kind: setosa versicolor)
    >>> x, y = flowers
    >>> y
    array([0, 1, 0])
    """
    if isinstance(columns, str | int):
        raise TypeError(f"read_csv: columns is a list of names or numbers, as in columns=[{columns!r}]")
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"read_csv: dtype must be floating, such as np.float32, not {np.dtype(dtype)}")
    cells = Cells(path, delimiter, header)
    if columns is None:
        cells.refuse_single()
    wanted = cells.place(target)
    features = (
        [i for i in range(len(cells.names)) if i != wanted] if columns is None else [cells.place(c) for c in columns]
    )
    if wanted in features or len(set(features)) < len(features):
        twice = wanted if wanted in features else next(i for i in features if features.count(i) > 1)
        raise ValueError(
            f"{path}: column {cells.names[twice]!r} is given twice, "
            f"in target={target!r} and columns={list(columns or ())!r}; the target can't be one of the features"
        )
    x = np.stack([cells.numbers(i) for i in features], 1) if features else np.zeros((len(cells), 0))
    answers = cells.column(wanted)
    cells.refuse_other_delimiter(answers)
    if labels is None:
        labels = not any(is_finite_number(cell) for cell in answers)
    names = [cells.names[i] for i in features]
    classes: list[str] = []
    if isinstance(labels, Sequence):
        classes, y = number_classes(answers, list(labels), path)
    elif labels:
        classes, y = name_classes(answers)
    else:
        y = cells.numbers(wanted)[:, None]
    warn_of_answer(x, y, answers, names, cells.names[wanted])
    warn_of_row_numbers(x, names)
    return Table(x.astype(dtype), y if classes else y.astype(dtype), names, cells.names[wanted], classes)


def name_classes(answers: list[str]) -> tuple[list[str], NDArray[Any]]:
    """Return the classes in the order of their names, and the class number of each answer; 1 and 1.0 are the same."""
    meant = {cell: float(cell) if is_finite_number(cell) else cell for cell in answers}
    named = {meaning: cell for cell, meaning in reversed(meant.items())}  # a class with several names gets the first
    order = sorted(named, key=lambda meaning: (np.inf, meaning) if isinstance(meaning, str) else (meaning, ""))
    number = {meaning: i for i, meaning in enumerate(order)}
    return [named[meaning] for meaning in order], np.array([number[meant[cell]] for cell in answers], np.int64)


def number_classes(answers: list[str], classes: list[str], path: Any) -> tuple[list[str], NDArray[Any]]:
    """Return the classes, which have their numbers already, and the class number of each answer."""
    strange = sorted({cell for cell in answers if cell not in classes})
    if strange:
        raise ValueError(f"{path}: there is a class {strange[0]!r} in it, and labels are {', '.join(classes)}")
    return classes, np.array([classes.index(cell) for cell in answers], np.int64)


def warn_of_answer(x: Any, y: Any, answers: list[str], names: list[str], target: str) -> None:
    """Warn of features that are equal to the target, so that there is nothing to learn."""
    same = [y.ravel()]
    if all(is_finite_number(cell) for cell in answers):
        same.append(np.array(answers, float))
    for i, name in enumerate(names):
        if len(y) > 1 and any(np.array_equal(x[:, i], answer) for answer in same):
            warnings.warn(
                f"read_csv: column {name!r} is equal to {target!r} in every row, so that there is nothing to learn. "
                "If it is the same thing, leave it out, with columns=[...]",
                UserWarning,
                stacklevel=3,
            )


def warn_of_row_numbers(x: Any, names: list[str]) -> None:
    """Warn of the index that pandas writes into files as a column without a name."""
    for i, name in enumerate(names):
        if name in ("", "Unnamed: 0") and len(x) > 1 and np.array_equal(x[:, i] - x[0, i], np.arange(len(x))):
            warnings.warn(
                f"read_csv: column {name!r} does no more than count the rows, and would be learnt from. Leave it out, "
                "with columns=[...], or write the file without it, to_csv(path, index=False)",
                UserWarning,
                stacklevel=3,
            )
