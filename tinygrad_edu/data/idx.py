"""IDX, the file format of MNIST: one array per file, gzipped or not.

    00 00            two zero bytes
    08               what one element is: see TYPES
    03               how many axes the array has
    00 00 EA 60      the length of each axis, as a four-byte integer: here 60000,
    00 00 00 1C      28
    00 00 00 1C      and 28
    ...              the elements, in C order

All numbers, elements included, have their most significant byte first.
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..atomic_write import replace_file
from ..validation import as_array

StrPath = str | os.PathLike[str]

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"  # the first two bytes of every gzip file, and of no IDX file
GZIP_WBITS = 31  # tells zlib to expect, or to write, gzip's own header and checksum
GZIP_BEST = 1032  # no gzip file can hold more than this many bytes per byte of its own
BLOCK = 1 << 16  # bytes read at a time: few calls, and what they inflate to still fits into the processor's cache


def read_idx(path: StrPath) -> NDArray[Any]:
    """Read the array in an IDX file.

    Parameters
    ----------
    path : str or path
        A plain or gzipped IDX file. The content decides which, not the name.

    Returns
    -------
    ndarray
        A fresh, writable, C-contiguous array with the file's shape and one of the dtypes
        uint8, int8, int16, int32, float32, float64, in this machine's byte order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not IDX, is damaged, or holds less or more than its header says.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "squares.idx.gz")
    >>> write_idx(path, np.array([[0, 1], [4, 9]], dtype=np.int16))
    >>> read_idx(path)
    array([[0, 1],
           [4, 9]], dtype=int16)
    """
    with open(path, "rb") as file:
        packed = file.read(2) == GZIP
        capacity = os.fstat(file.fileno()).st_size * (GZIP_BEST if packed else 1)
        file.seek(0)
        pieces = _inflated(file, path) if packed else iter(lambda: file.read(BLOCK), b"")
        dtype, shape, first = _header(pieces, path)
        array = _room_for(dtype, shape, capacity, path)
        _fill(array, chain([first], pieces), path)
    if not dtype.isnative:  # swap bytes where they lie: a copy would need the memory twice
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return array


def write_idx(path: StrPath, array: ArrayLike) -> None:
    """Write an array as an IDX file, gzipped if the name ends in ``.gz``.

    Equal arrays give equal files: no date or name is stored.

    Parameters
    ----------
    path : str or path
        The file to write. An existing file is replaced by a complete one, or not at all.
    array : array_like
        An array of any shape, of dtype uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    TypeError
        If IDX has no type for the array's dtype, or the array is masked.
    OSError
        If the file can't be written.

    Examples
    --------
    >>> import os, tempfile
    >>> write_idx(os.path.join(tempfile.mkdtemp(), "labels"), np.array([3, 1, 4], dtype=np.uint8))
    """
    source = as_array(array, f"write_idx: {os.fspath(path)}")
    codes = {np.dtype(name): code for code, name in TYPES.items()}
    dtype = source.dtype.newbyteorder(">")
    if dtype not in codes:
        raise TypeError(
            f"{os.fspath(path)}: IDX cannot hold {source.dtype}, only "
            f"{', '.join(known.newbyteorder('=').name for known in codes)}; convert with array.astype(...)"
        )
    header = bytes([0, 0, codes[dtype], source.ndim]) + np.array(source.shape, ">u4").tobytes()
    content = header + source.astype(dtype, copy=False).tobytes()
    if os.fspath(path).endswith(".gz"):
        content = zlib.compress(content, wbits=GZIP_WBITS)
    with replace_file(path) as file:
        file.write(content)


def _inflated(file: BinaryIO, path: StrPath) -> Iterator[bytes]:
    """Yield the content of a gzip file piece by piece, and verify its checksum at the end."""
    member = zlib.decompressobj(GZIP_WBITS)
    try:
        while block := file.read(BLOCK):
            while block:
                if member.eof:  # a gzip file may be several, one after another, and zeros may follow the last
                    block = block.lstrip(b"\0")
                    if not block:
                        break
                    member = zlib.decompressobj(GZIP_WBITS)
                yield member.decompress(block)
                block = member.unused_data
    except zlib.error as error:
        raise _refusal(path, f"damaged gzip data ({error})", "an undamaged gzip file") from error
    if not member.eof:
        raise _refusal(path, "gzip data that ends too early", "a whole gzip file, checksum included")


def _header(pieces: Iterator[bytes], path: StrPath) -> tuple[np.dtype[Any], tuple[int, ...], bytes]:
    """Return the dtype, the shape, and the elements that came along in the same piece."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= 4 and len(head) >= 4 + 4 * head[3]:
            break
    if len(head) < 3 or head[:2] != b"\0\0" or head[2] not in TYPES:
        raise _refusal(
            path,
            f"a file that begins with the bytes {head[:4].hex(' ')}" if head else "an empty file",
            f"an IDX file: 00 00, a type ({' '.join(f'{code:02x}' for code in TYPES)}), the number of axes",
        )
    start = 4 + 4 * head[3] if len(head) > 3 else 4
    if len(head) < start:
        raise _refusal(path, f"a header of {len(head)} bytes", f"one of {start}")
    shape = tuple(int(length) for length in np.frombuffer(head[4:start], ">u4"))
    return np.dtype(TYPES[head[2]]), shape, head[start:]


def _room_for(dtype: np.dtype[Any], shape: tuple[int, ...], capacity: int, path: StrPath) -> NDArray[Any]:
    """Return an array to fill, unless the header promises more than the file can hold: then no memory is asked for."""
    promised = f"a header that promises {dtype.name} elements of shape {shape}"
    needed = 4 + 4 * len(shape) + math.prod(shape) * dtype.itemsize
    if needed > capacity:
        raise _refusal(path, f"{promised}, {needed} bytes in all,", f"at most {capacity}, by the size of the file")
    try:
        return np.empty(shape, dtype)
    except ValueError as error:  # too many axes, or an empty array with absurdly long ones
        raise _refusal(path, promised, f"a shape that NumPy can make ({error})") from error


def _fill(array: NDArray[Any], pieces: Iterator[bytes], path: StrPath) -> None:
    """Copy the elements into the array, byte for byte."""
    room = array.reshape(-1).view(np.uint8).data
    filled = 0
    for piece in pieces:
        end = filled + len(piece)
        if end > len(room):
            raise _refusal(path, f"at least {end} bytes of elements", f"{len(room)} for the shape {array.shape}")
        room[filled:end] = piece
        filled = end
    if filled < len(room):
        raise _refusal(path, f"{filled} bytes of elements", f"{len(room)} for the shape {array.shape}")


def _refusal(path: StrPath, found: str, expected: str) -> ValueError:
    return ValueError(
        f"{os.fspath(path)}: found {found} where {expected} was expected; "
        "fetch or write the file again, and check that it is the one you meant"
    )
