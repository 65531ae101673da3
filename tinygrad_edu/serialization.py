"""Serialization: `save` and `load` of models, optimisers and whole trainings, in files that hold numbers and no code.

There are two formats, by the file's suffix: ``.npz``, NumPy's own; and ``.safetensors``, which PyTorch and others read
and write (with the package of that name). A file is written beside its place and moved there when it is complete, so a
crash leaves the old file as it was.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from .atomic_write import is_special, replace_file
from .engine.tensor_base import TensorBase
from .file_formats import TREE, Format, format_of
from .validation import require_numbers

DEEPEST = 100  # nests within nests; a deeper state probably holds itself
LONGEST = 60_000  # bytes of a name: an archive has two bytes for its length
OWN = {TREE, "__metadata__"}  # names that the formats use themselves


def save(path: str | os.PathLike[str], state: object) -> None:
    """Write a state to a file, completely or not at all.

    Parameters
    ----------
    path : path
        The file, whose name ends in ``.npz`` or ``.safetensors``. A symbolic link is followed, and an existing file
        keeps its permissions.
    state : Module, Optimizer, or nested dicts and lists
        The state: arrays, Tensors, numbers, strings, None, and objects that have a ``state_dict()``.

    Raises
    ------
    ValueError
        If the suffix is another one; if an array has a name that the formats can't hold: one with a NUL, one longer
        than 60,000 bytes, or one that they use themselves (``__metadata__``, ``tinygrad_edu``); if nests are more than
        100 deep.
    TypeError
        If the state has anything else in it: a masked array, for example.
    OSError
        If the file can't be written: PermissionError, FileNotFoundError for a missing folder, and so on.

    Examples
    --------
    >>> import os, tempfile
    >>> from tinygrad_edu import load, nn, optim, save
    >>> model = nn.Linear(2, 1)
    >>> descent = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    >>> path = os.path.join(tempfile.mkdtemp(), "training.npz")
    >>> save(path, {"model": model, "descent": descent, "epoch": 3})
    >>> state = load(path)
    >>> model.load_state_dict(state["model"])
    >>> descent.load_state_dict(state["descent"])
    >>> state["epoch"]
    3
    """
    form = format_of(path)
    arrays, metadata = describe_entry(state, form)
    with replace_file(path) as file:
        form.write(file, arrays, metadata)


def rehearse(path: str | os.PathLike[str], state: Any) -> None:
    """Do everything that `save` does, but keep the old file, so that any error is raised now."""

    class Rehearsed(Exception):
        pass

    form = format_of(path)
    arrays, metadata = describe_entry(state, form)
    if is_special(path) and not os.path.isdir(path):
        return
    with suppress(Rehearsed), replace_file(path) as file:
        form.write(file, arrays, metadata)
        file.flush()
        raise Rehearsed


def load(path: str | os.PathLike[str]) -> Any:
    """Read a state that `save` wrote, or a ``state_dict`` of another program.

    Parameters
    ----------
    path : path
        The file, whose name ends in ``.npz`` or ``.safetensors``.

    Returns
    -------
    dict, or what was saved
        Nested dicts and lists of arrays and numbers, for ``load_state_dict``.

    Raises
    ------
    ValueError
        If the file is damaged, holds Python objects, or has another format.
    OSError
        If the file can't be read: FileNotFoundError, PermissionError, and so on.

    Examples
    --------
    >>> import os, tempfile
    >>> from tinygrad_edu import load, save
    >>> path = os.path.join(tempfile.mkdtemp(), "numbers.npz")
    >>> save(path, {"epoch": 3, "rates": [0.1, 0.01]})
    >>> load(path)
    {'epoch': 3, 'rates': [0.1, 0.01]}
    """
    path = Path(path)
    read = format_of(path).read
    with open(path, "rb") as file:
        try:
            arrays, metadata = read(file)
            return put_together(json.loads(metadata[TREE]), arrays) if TREE in metadata else arrays
        except ImportError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: a place before the file's start
                raise
            raise ValueError(f"{path} can't be read: {error}") from error


# -------------------------------------------------------------------------------- nests and names


def describe_entry(state: Any, form: Format) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arrays in a state by name, and their nesting as text, if the names don't say it."""
    arrays: dict[str, Any] = {}
    tree = structure_of(state, "", arrays)
    flat = isinstance(tree, dict) and all(entry == {"array": name} for name, entry in tree.items())
    # a plain model's state needs no text of ours, as other programs write it
    return arrays, {} if flat and (form.keeps_order or list(tree) == sorted(tree)) else {TREE: json.dumps(tree)}


def structure_of(state: Any, name: str, arrays: dict[str, Any], depth: int = 0) -> Any:
    """Return the structure of `state` as JSON, with names in place of arrays; put the arrays into `arrays`."""
    where = name or "the state"
    if depth > DEEPEST:
        raise ValueError(
            f"save: {where[:60]}... is nested more than {DEEPEST} deep; is there a dict or a list that holds itself?"
        )
    if hasattr(state, "state_dict") and not isinstance(state, type):
        state = state.state_dict()
    if isinstance(state, Mapping):
        for key in state:
            if not isinstance(key, str | int):
                raise TypeError(f"save: the keys of dicts must be strings or integers, and there is {key!r} in {where}")
        entries = {k: structure_of(v, f"{name}.{k}" if name else str(k), arrays, depth + 1) for k, v in state.items()}
        plainly = all(isinstance(k, str) and k not in RESERVED for k in entries)
        return entries if plainly else {"dict": [[k, v] for k, v in entries.items()]}
    if isinstance(state, list | tuple):
        items = [structure_of(v, f"{name}.{i}" if name else str(i), arrays, depth + 1) for i, v in enumerate(state)]
        return {"tuple": items} if isinstance(state, tuple) else items
    if isinstance(state, TensorBase):
        state = state._array
    if isinstance(state, np.ndarray | np.generic):
        if state.dtype.hasobject:
            raise TypeError(f"save: {where} is an array of objects, not of numbers")
        array = np.ascontiguousarray(require_numbers(state, f"save: {where}"))
        name = own_name(name, arrays)
        arrays[name] = array.reshape(np.shape(state))  # 0-d stays 0-d
        return {"array": name}
    if state is None or isinstance(state, bool | int | float | str):
        return state
    raise TypeError(
        f"save: {where} is a {type(state).__name__}; arrays, numbers, strings, and dicts and lists "
        "of these can be saved, and what has a state_dict()"
    )


RESERVED = {"array", "dict", "tuple"}


def own_name(name: str, arrays: Mapping[str, Any]) -> str:
    """Return a name that no other array has; raise an error if the formats can't hold it."""
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise ValueError(f"save: no array can be called {name!r}, which has half a character in it") from None
    if "\0" in name or length > LONGEST or name in OWN:
        why = (
            "it has a NUL in it"
            if "\0" in name
            else "the formats use it themselves"
            if name in OWN
            else f"it is longer than {LONGEST} bytes"
        )
        raise ValueError(f"save: no array can be called {name[:60]!r}, since {why}; give it another name")
    if name not in arrays:
        return name
    return next(other for i in count(2) if (other := f"{name}~{i}") not in arrays)


def put_together(tree: Any, arrays: Mapping[str, Any]) -> Any:
    """Return the state, from its structure and its arrays."""
    if isinstance(tree, list):
        return [put_together(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {"array"}:
        return arrays[tree["array"]]
    if tree.keys() == {"tuple"}:
        return tuple(put_together(item, arrays) for item in tree["tuple"])
    if tree.keys() == {"dict"}:
        return {k: put_together(v, arrays) for k, v in tree["dict"]}
    return {k: put_together(v, arrays) for k, v in tree.items()}
