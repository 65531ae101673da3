"""Setting glibc's memory allocator to keep freed memory, instead of returning it to the system after every step.

An operation on large arrays makes a new array, and soon the array is freed. The C library may then hand its
pages back to the operating system, which must fetch and clear them again for the next array: for arrays of a
megabyte that can take longer than the arithmetic. glibc can be set to keep them.

This never aliases anything: memory is used again only after it was freed, by the allocator's own rules. Its price
is that the process stays as large as it once was.
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # from glibc's malloc.h
MEGABYTE = 1 << 20


def reuse_memory(megabytes: int = 512) -> bool:
    """Ask the C library to keep up to `megabytes` of freed memory for later arrays.

    The setting holds for the whole process, until it ends. Arrays of 32 MB and more are still returned to the system.

    Parameters
    ----------
    megabytes : int
        How much freed memory may be kept before some is returned to the system; 1 to 2047.

    Returns
    -------
    bool
        Whether the setting was accepted: True with glibc, False elsewhere, where nothing is changed.

    Examples
    --------
    >>> from tinygrad_edu import reuse_memory
    >>> kept = reuse_memory()
    """
    if not 1 <= megabytes <= 2047:
        raise ValueError(f"reuse_memory({megabytes}): between 1 and 2047 megabytes can be kept")
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        return False
    settings = (M_MMAP_THRESHOLD, 32 * MEGABYTE), (M_TRIM_THRESHOLD, megabytes * MEGABYTE), (M_TOP_PAD, 16 * MEGABYTE)
    understood = [mallopt(option, value) for option, value in settings]
    return all(understood)
