"""Tables: numbers and classes out of a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

MISSING = ("", "na", "n/a", "nan", "null", "none", "?")


class Table:
    """What a table holds; unpacks as ``x, y``.

    Attributes
    ----------
    x : ndarray, shape (N, features), floating
    y : ndarray
        Classes as int64 of shape (N,); numbers as floating of shape (N, 1).
    names : list of str
        What the features are called.
    target : str
        What y is called.
    classes : list of str
        What the classes are called, in the order of their numbers; empty if y are no classes.
    """

    def __init__(self, x: NDArray[Any], y: NDArray[Any], names: list[str], target: str, classes: list[str]) -> None:
        self.x, self.y, self.names, self.target, self.classes = x, y, names, target, classes

    def __iter__(self) -> Iterator[NDArray[Any]]:
        yield self.x
        yield self.y

    def __repr__(self) -> str:
        what = f"{self.target}: {' '.join(self.classes)}" if self.classes else self.target
        return f"Table({len(self.x)} rows of {len(self.names)} features, {what})"


def read_csv(path: str | os.PathLike[str], target: str | int = -1, *, columns: Sequence[str | int] | None = None,
             labels: bool | None = None, header: bool | None = None, delimiter: str = ",", dtype: DTypeLike = np.float32) -> Table:
    """Read a table from a CSV file: each row an example, one column what is to be predicted, the others numbers.

    Parameters
    ----------
    path : str or path
    target : str or int
        The column to predict, by its name or its number, from 0; negative ones count from the end.
    columns : sequence of str or int, optional
        The columns to predict from; by default, all others.
    labels : bool, optional
        Whether the target are classes, which get numbers from 0 in the order of their names (of numbers, in theirs).
        By default, words are, and numbers are not.
    header : bool, optional
        Whether the first row are names. By default it is, if there is no number in it.
    delimiter : str
        What stands between the cells: ``";"`` or ``"\\t"``, for example.
    dtype : floating dtype
        Of the numbers.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        If a value is missing or no number, a row has more or fewer cells than the first, or there are no rows; the message
        names line and column.
    KeyError, IndexError
        If there is no such column.

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
    rows = list(cells(path, delimiter))
    if header is None:
        header = bool(rows) and not any(is_number(cell) for cell in rows[0][1])
    names = rows[0][1] if header and rows else [str(i) for i in range(len(rows[0][1]))] if rows else []
    rows = rows[1:] if header else rows
    if not rows:
        raise ValueError(f"{path} has no rows" + (" below its header" if header else ""))
    for line, row in rows:
        if len(row) != len(names):
            raise ValueError(f"{path}, line {line}: there are {len(row)} cells in this row and {len(names)} in the first; "
                             f"is {delimiter!r} what stands between them (delimiter=...)?")

    def column(i: int) -> list[str]:
        found = [row[i] for _, row in rows]
        for (line, _), cell in zip(rows, found, strict=True):
            if cell.lower() in MISSING:
                raise ValueError(f"{path}, line {line}, column {names[i]!r}: the value is missing ({cell!r}). Fill it in, or leave "
                                 "out the row; or the column, with columns=[...]")
        return found

    def numbers(i: int) -> Any:
        found = column(i)
        for (line, _), cell in zip(rows, found, strict=True):
            if not is_number(cell):
                raise ValueError(f"{path}, line {line}, column {names[i]!r}: {cell!r} is not a number. Leave the column out with "
                                 "columns=[...], or write numbers for its words")
        return np.array(found, float)

    wanted = place(target, names, path)
    features = [i for i in range(len(names)) if i != wanted] if columns is None else [place(c, names, path) for c in columns]
    x = np.stack([numbers(i) for i in features], 1) if features else np.zeros((len(rows), 0))
    answers = column(wanted)
    if labels is None:
        labels = not any(is_number(cell) for cell in answers)
    if not labels:
        return Table(x.astype(dtype), numbers(wanted)[:, None].astype(dtype), [names[i] for i in features], names[wanted], [])
    classes = sorted(set(answers), key=lambda cell: (float(cell), "") if is_number(cell) else (np.inf, cell))
    number = {cell: i for i, cell in enumerate(classes)}
    y = np.array([number[cell] for cell in answers], np.int64)
    return Table(x.astype(dtype), y, [names[i] for i in features], names[wanted], classes)


def cells(path: str | os.PathLike[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its line in the file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        for row in reader:
            if row:
                yield reader.line_num, [cell.strip() for cell in row]


def place(column: str | int, names: list[str], path: Any) -> int:
    """The number of a column."""
    if isinstance(column, str):
        if column not in names:
            raise KeyError(f"{path} has no column {column!r}; it has {', '.join(names)}")
        return names.index(column)
    if not -len(names) <= column < len(names):
        raise IndexError(f"{path} has no column {column}; it has {len(names)}, from 0 to {len(names) - 1}")
    return column % len(names)


def is_number(cell: str) -> bool:
    """Whether the cell says a number that is finite."""
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False
