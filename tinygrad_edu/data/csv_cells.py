"""The cells of a CSV file, as text and as numbers; errors name the line and the column."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

MISSING = ("", "na", "n/a", "nan", "null", "none", "?")
DELIMITERS = ",;\t|"


class Cells:
    """The rows of a CSV file, all of the same length, under the names of their columns; `len` counts the rows."""

    def __init__(self, path: str | os.PathLike[str], delimiter: str, header: bool | None) -> None:
        self.path, self.delimiter = path, delimiter
        rows = list(rows_of(path, delimiter))
        if header is None:
            header = bool(rows) and not any(is_finite_number(cell) for cell in rows[0][1])
        self.rows = rows[1:] if header else rows
        if not self.rows:
            raise ValueError(
                f"{path} has no rows" + (f" below its header.{self.advice(rows[0][1])}" if header and rows else "")
            )
        self.names = rows[0][1] if header else [str(i) for i in range(len(rows[0][1]))]
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise ValueError(
                f"{path}: several columns are called {', '.join(map(repr, twice))}; give each a name of its own, "
                "so that it is clear which is meant"
            )
        for line, row in self.rows:
            if len(row) != len(self.names):
                raise ValueError(
                    f"{path}, line {line}: there are {len(row)} cells in this row and {len(self.names)} in the first; "
                    f"is {delimiter!r} what stands between them (delimiter=...)?" + self.advice(row + self.names)
                )

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, i: int) -> list[str]:
        """Return the cells of a column; raise if a value is missing."""
        found = [row[i] for _, row in self.rows]
        for (line, _), cell in zip(self.rows, found, strict=True):
            if "\n" in cell:
                raise ValueError(
                    f"{self.path}, line {line}, column {self.names[i]!r}: this cell goes over several lines; "
                    "is there a quotation mark that is not closed?"
                )
            if cell.lower() in MISSING:
                raise ValueError(
                    f"{self.path}, line {line}, column {self.names[i]!r}: the value is missing ({cell!r}). Fill it in, "
                    "or leave out the row; or the column, with columns=[...]"
                )
        return found

    def numbers(self, i: int) -> Any:
        """Return a column as float64."""
        found = self.column(i)
        for (line, _), cell in zip(self.rows, found, strict=True):
            if not is_finite_number(cell):
                advice = (
                    " Write a point for the comma."
                    if is_finite_number(cell.replace(",", "."))
                    else " Leave the column out with columns=[...], or write numbers for its words."
                    + self.advice([cell])
                )
                raise ValueError(
                    f"{self.path}, line {line}, column {self.names[i]!r}: {cell!r} is not a number.{advice}"
                )
        return np.array([float(cell) for cell in found])

    def place(self, column: str | int) -> int:
        """Return the number of a column."""
        if isinstance(column, str):
            if column not in self.names:
                raise KeyError(
                    f"{self.path} has no column {column!r}; it has {', '.join(self.names)}.{self.advice(self.names)}"
                )
            return self.names.index(column)
        if not -len(self.names) <= column < len(self.names):
            raise IndexError(
                f"{self.path} has no column {column}; it has {len(self.names)}, "
                f"from 0 to {len(self.names) - 1}.{self.advice(self.names)}"
            )
        return column % len(self.names)

    # ------------------------------------------------------------------------------ the wrong delimiter

    def refuse_single(self) -> None:
        """Raise if there is only one column, from which nothing can be predicted."""
        if len(self.names) == 1:
            raise ValueError(
                f"{self.path}: there is one column only, {self.names[0]!r}, and nothing to predict it from."
                + (
                    self.advice([*self.names, self.rows[0][1][0]], DELIMITERS + " ")
                    or f" Is {self.delimiter!r} what stands between the cells (delimiter=...)?"
                )
            )

    def refuse_other_delimiter(self, cells: list[str]) -> None:
        """Raise if all these cells contain a character that is more likely the delimiter."""
        for other in DELIMITERS:
            if other != self.delimiter and all(other in cell for cell in cells):
                raise ValueError(
                    f"{self.path}: there is {other!r} in every cell of a column, "
                    f"as in {cells[0]!r}.{self.advice(cells)}"
                )

    def advice(self, cells: list[str], candidates: str = DELIMITERS) -> str:
        """Return advice on which delimiter to try, if there is one in these cells."""
        found = next(
            (other for other in candidates if other != self.delimiter and any(other in cell for cell in cells)), ""
        )
        return f" If {found!r} stands between the cells, say delimiter={found!r}." if found else ""


def rows_of(path: str | os.PathLike[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with its line number in the file."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, [cell.strip() for cell in row]
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not a text in UTF-8 ({error}); save it again, as 'CSV UTF-8'") from error
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}") from error


def is_finite_number(cell: str) -> bool:
    """Return whether the cell is a finite number."""
    try:
        return "_" not in cell and bool(np.isfinite(float(cell)))
    except ValueError:
        return False
