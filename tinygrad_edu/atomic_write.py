"""Writing a file whole or not at all: beside its place, and moved there when it is done.

What is written meanwhile is held by a lock, which ends with the process. So what a killed process left behind is known by nobody
holding it, and the next who writes into that folder takes it away.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

try:
    import fcntl
except ImportError:  # Windows: there a file that somebody has open can't be removed, which serves as well
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".tinygrad_edu-unfinished-"  # and no part of the file's own name, which may be as long as names can be


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to be written within, which takes the place of that at `path` afterwards; if there is an error, that stays as it was.

    A symbolic link stays one: what it points to is replaced. The new file has the rights (and the owner, if that may be given)
    of the one before; the first has those of any new file. A device or a pipe is written to.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "notes")
    >>> with replacing(path) as file:
    ...     n = file.write(b"all of it")
    >>> with open(path) as file:
    ...     file.read()
    'all of it'
    """
    target = os.path.realpath(path)
    before = standing(target)
    if before is not None and not stat.S_ISREG(before.st_mode):
        with open(target, "wb") as special:
            yield special
        return
    if before is not None:
        open(target, "rb+").close()  # or an error, if it may not be written to
    folder = os.path.dirname(target)
    remove_unfinished(folder)
    unfinished, file = os.path.join(folder, UNFINISHED + secrets.token_hex(8)), None
    try:
        file = held(unfinished)
        if before is not None:
            give_rights(unfinished, before)
        yield file
        file.flush()
        os.fsync(file.fileno())
        if fcntl is None:
            file.close()  # or Windows does not move it
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):  # it may be in its place already, and an interrupt have come thereafter
            if file is not None and fcntl is None:
                file.close()
            os.unlink(unfinished)
        raise
    finally:
        if file is not None:
            with suppress(OSError):  # of a full disk, which has been told
                file.close()


def is_special(path: str | os.PathLike[str]) -> bool:
    """Whether there is something at `path` that can't be replaced: a folder, a device, a pipe."""
    before = standing(os.path.realpath(path))
    return before is not None and not stat.S_ISREG(before.st_mode)


def standing(target: str) -> os.stat_result | None:
    """What is there; None if nothing is."""
    try:
        return os.stat(target)
    except FileNotFoundError:
        return None


def held(name: str) -> BinaryIO:
    """A new file, locked; made again if somebody took it for left behind before it was."""
    while True:
        file = open(name, "xb")  # noqa: SIM115  (it is closed by who asked for it)
        if fcntl is None:
            return file
        with suppress(OSError):  # where there are no locks, nobody will think that it is left behind
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.exists(name):
            return file
        file.close()


def remove_unfinished(folder: str) -> None:
    """Take away what processes that are no more have left in the folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(UNFINISHED) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    remove_if_left(entry.path)


def remove_if_left(name: str) -> None:
    """Remove the file; an OSError if a process that lives holds it."""
    if fcntl is None:
        os.unlink(name)
        return
    with open(name, "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name)


def give_rights(name: str, before: Any) -> None:
    """The owner and the rights that the file before had."""
    now = os.stat(name)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid) and hasattr(os, "chown"):
        with suppress(OSError):  # only the system's administrator may
            os.chown(name, before.st_uid, before.st_gid)
    if stat.S_IMODE(now.st_mode) != stat.S_IMODE(before.st_mode):
        os.chmod(name, stat.S_IMODE(before.st_mode))
