"""save and load: the state of models, optimisers and whole trainings, in files that hold numbers and no code.

Two formats, by the file's suffix: ``.npz``, NumPy's own; and ``.safetensors``, which PyTorch and others read and write
(with the package of that name). A file is written beside its place and moved there when it is whole, so a crash leaves
what was there before.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .value import Value

TREE = "tinygrad_edu"  # under which a file says how its arrays were nested
SUFFIXES = (".npz", ".safetensors")


def save(path: str | os.PathLike[str], state: Any) -> None:
    """Write a state to a file, whole or not at all.

    Parameters
    ----------
    path : path
        Ending in ``.npz`` or ``.safetensors``.
    state : Module, Optimizer, or nested dicts and lists
        Of arrays, Tensors, numbers, strings, None, and of whatever has a ``state_dict()``: that is asked.

    Raises
    ------
    ValueError
        If the suffix is none of these.
    TypeError
        If there is something in it that is none of these.

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
    path = Path(path)
    arrays: dict[str, Any] = {}
    tree = taken_apart(state, "", arrays)
    flat = isinstance(tree, dict) and all(entry == {"array": name} for name, entry in tree.items())
    metadata = {} if flat else {TREE: json.dumps(tree)}  # a plain model's state says nothing that others wouldn't say
    writer = writers(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{path.suffix}")
    open(temporary, "xb").close()
    rights = temporary.stat().st_mode  # those of any new file of the user's, which not every writer leaves as they are
    try:
        writer(str(temporary), arrays, metadata)
        temporary.chmod(rights)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load(path: str | os.PathLike[str]) -> Any:
    """Read what `save` wrote, or a ``state_dict`` that another program did: nested dicts and lists of arrays and numbers.

    Raises
    ------
    ValueError
        If the file is damaged, or of a format that is not known here.
    """
    path = Path(path)
    reader = readers(path)
    try:
        arrays, metadata = reader(path)
        return put_together(json.loads(metadata[TREE]), arrays) if TREE in metadata else arrays
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path} can't be read: {error}") from error


# -------------------------------------------------------------------------------- nests and names


def taken_apart(state: Any, name: str, arrays: dict[str, Any]) -> Any:
    """The structure of `state`, as JSON has it, with names in the place of arrays; these go to `arrays`."""
    if hasattr(state, "state_dict"):
        state = state.state_dict()
    if isinstance(state, Mapping):
        for key in state:
            if not isinstance(key, str | int):
                raise TypeError(f"save: the keys of dicts must be strings or integers, and there is {key!r} in {name or 'the state'}")
        entries = {str(k): taken_apart(v, f"{name}.{k}" if name else str(k), arrays) for k, v in state.items()}
        plain = all(isinstance(k, str) and k not in RESERVED for k in state)
        return entries if plain else {"dict": [[k, entries[str(k)]] for k in state]}
    if isinstance(state, list | tuple):
        items = [taken_apart(v, f"{name}.{i}" if name else str(i), arrays) for i, v in enumerate(state)]
        return {"tuple": items} if isinstance(state, tuple) else items
    if isinstance(state, Value):
        state = state._array
    if isinstance(state, np.ndarray | np.generic):
        if state.dtype.hasobject:
            raise TypeError(f"save: {name or 'the state'} is an array of objects, not of numbers")
        arrays[name] = np.ascontiguousarray(state)
        arrays[name] = arrays[name].reshape(np.shape(state))  # 0-d stays 0-d
        return {"array": name}
    if state is None or isinstance(state, bool | int | float | str):
        return state
    raise TypeError(f"save: {name or 'the state'} is a {type(state).__name__}; arrays, numbers, strings, and dicts and lists "
                    "of these can be saved, and what has a state_dict()")


RESERVED = {"array", "dict", "tuple"}


def put_together(tree: Any, arrays: Mapping[str, Any]) -> Any:
    """The inverse."""
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


# --------------------------------------------------------------------------------------- formats


def writers(path: Path) -> Any:
    return {".npz": write_npz, ".safetensors": write_safetensors}[known(path)]


def readers(path: Path) -> Any:
    return {".npz": read_npz, ".safetensors": read_safetensors}[known(path)]


def known(path: Path) -> str:
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: the suffix says the format, and must be one of {', '.join(SUFFIXES)}")
    return path.suffix


def write_npz(path: str, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """NumPy's archive: one ``.npy`` for each array, under its name; ``np.load`` reads it too."""
    texts = {name: np.frombuffer(text.encode(), np.uint8) for name, text in metadata.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in {**arrays, **texts}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def read_npz(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    arrays: dict[str, Any] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                arrays[name.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
    metadata = {TREE: arrays.pop(TREE).tobytes().decode()} if TREE in arrays else {}
    return arrays, metadata


def write_safetensors(path: str, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or array.dtype == np.longdouble:
            raise TypeError(f"save: safetensors has no {array.dtype}, which {name or 'the state'} is of; save to .npz")
    safetensors().numpy.save_file(dict(arrays), path, dict(metadata) or None)


def read_safetensors(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    package = safetensors()
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    with package.safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError("reading and writing .safetensors needs the package of that name: pip install tinygrad-edu[save]; "
                          ".npz needs none") from error
    return safetensors
