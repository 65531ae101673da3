"""The formats of saved states: arrays by name, and some text, in ``.npz`` and ``.safetensors``."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

TREE = "tinygrad_edu"  # the name under which a file describes how its arrays were nested
NPY_HEADER = 9_000  # bytes that may describe an array's dtype; NumPy reads 10,000 bytes of header
SAFETENSORS_HEADER = 100_000_000  # bytes of header that safetensors reads at most


class Format(NamedTuple):
    write: Callable[[BinaryIO, Mapping[str, Any], Mapping[str, str]], None]
    read: Callable[[BinaryIO], tuple[dict[str, Any], Mapping[str, str]]]
    keeps_order: bool  # whether arrays are read in the order in which they were written


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that the suffix names."""
    suffix = Path(path).suffix
    if suffix not in FORMATS:
        raise ValueError(f"{path}: the suffix says the format, and must be one of {', '.join(FORMATS)}")
    return FORMATS[suffix]


def write_npz(file: BinaryIO, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """Write NumPy's archive: one ``.npy`` for each array, under its name; ``np.load`` reads it too."""
    for name, array in arrays.items():
        if array.dtype.names and len(repr(np.lib.format.dtype_to_descr(array.dtype))) > NPY_HEADER:
            raise ValueError(
                f"save: {name} is an array of records of {len(array.dtype.names)} fields, too many for .npz; "
                "save the fields as arrays of their own"
            )
    texts = {name: np.frombuffer(text.encode(), np.uint8) for name, text in metadata.items()}
    archive = zipfile.ZipFile(file, "w")
    try:
        for name, array in {**arrays, **texts}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)
        archive.close()
    except BaseException:
        archive.fp = None  # closing it now would write more, and its error would hide what went wrong
        raise


def read_npz(file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    arrays: dict[str, Any] = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            with archive.open(name) as entry:
                try:
                    arrays[name.removesuffix(".npy")] = np.lib.format.read_array(entry, allow_pickle=False)
                except ValueError as error:
                    if "pickle" not in str(error):
                        raise
                    raise ValueError(
                        f"{name.removesuffix('.npy')} holds pickled Python objects, which may run code when they are "
                        "read. If you trust who made the file, read it with np.load(path, allow_pickle=True), and "
                        "save arrays of numbers, as model.state_dict() has them"
                    ) from error
    metadata = {TREE: arrays.pop(TREE).tobytes().decode()} if TREE in arrays else {}
    return arrays, metadata


def write_safetensors(file: BinaryIO, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or array.dtype == np.longdouble:
            raise TypeError(f"save: safetensors has no {array.dtype}, which {name or 'the state'} is of; save to .npz")
    content = safetensors().numpy.save(dict(arrays), dict(metadata) or None)
    if int.from_bytes(content[:8], "little") > SAFETENSORS_HEADER:
        raise ValueError(
            f"save: the names of the {len(arrays)} arrays and what lies beside these take more than "
            f"{SAFETENSORS_HEADER:,} bytes, more than readers of .safetensors accept; save to .npz"
        )
    file.write(content)


def read_safetensors(file: BinaryIO) -> tuple[dict[str, Any], dict[str, str]]:
    with safetensors().safe_open(file.name, framework="np") as content:
        return {name: content.get_tensor(name) for name in content.keys()}, content.metadata() or {}  # noqa: SIM118


def safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "reading and writing .safetensors needs the package of that name: pip install tinygrad-edu[save]; "
            ".npz needs none"
        ) from error
    return safetensors


FORMATS = {
    ".npz": Format(write_npz, read_npz, True),
    ".safetensors": Format(write_safetensors, read_safetensors, False),
}
