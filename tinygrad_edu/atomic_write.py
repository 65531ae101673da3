"""Atomic writes: a file is written completely or not at all, beside its place, and moved there when it is complete.

An unfinished file is locked, and the lock ends with the process. So a file that a killed process left behind has no
lock, and the next write into that folder removes it.
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
except ImportError:  # on Windows, an open file can't be removed, which serves as well as a lock
    fcntl = None  # type: ignore[assignment]

UNFINISHED = ".tinygrad_edu-unfinished-"  # without the file's own name, which may be as long as a name can be


@contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Return a context with a file to write, which replaces the one at `path` at the end; errors leave that unchanged.

    A symbolic link stays one: the file that it points to is replaced. The new file has the permissions (and the owner,
    if that is allowed) of the old one; if there was none, those of any new file. A device or a pipe is written to.

    Examples
    --------
    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "notes")
    >>> with replace_file(path) as file:
    ...     n = file.write(b"all of it")
    >>> with open(path) as file:
    ...     file.read()
    'all of it'
    """
    target = os.path.realpath(path)
    before = file_state(target)
    if before is not None and not stat.S_ISREG(before.st_mode):
        with open(target, "wb") as special:
            yield special
        return
    if before is not None:
        open(target, "rb+").close()  # raises an error if it may not be written to
    folder = os.path.dirname(target)
    remove_unfinished(folder)
    unfinished, file = os.path.join(folder, UNFINISHED + secrets.token_hex(8)), None
    try:
        file = create_locked(unfinished)
        if before is not None:
            give_rights(unfinished, before)
        yield file
        file.flush()
        os.fsync(file.fileno())
        if fcntl is None:
            file.close()  # Windows does not move an open file
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):  # an interrupt may have come after the file was moved
            if file is not None and fcntl is None:
                file.close()
            os.unlink(unfinished)
        raise
    finally:
        if file is not None:
            with suppress(OSError):  # a full disk has raised its error already
                file.close()


def is_special(path: str | os.PathLike[str]) -> bool:
    """Say whether there is something at `path` that can't be replaced: a folder, a device, a pipe."""
    before = file_state(os.path.realpath(path))
    return before is not None and not stat.S_ISREG(before.st_mode)


def file_state(target: str) -> os.stat_result | None:
    """Return the state of the file at `target`; None if there is no file."""
    try:
        return os.stat(target)
    except FileNotFoundError:
        return None


def create_locked(name: str) -> BinaryIO:
    """Return a new file, locked; make it again if another process removed it before it was locked."""
    while True:
        file = open(name, "xb")  # noqa: SIM115  (the caller closes it)
        if fcntl is None:
            return file
        with suppress(OSError):  # where there are no locks, nobody will remove it as left behind
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.exists(name):
            return file
        file.close()


def remove_unfinished(folder: str) -> None:
    """Remove the files that killed processes have left in the folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(UNFINISHED) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    remove_if_left(entry.path)


def remove_if_left(name: str) -> None:
    """Remove the file; raise an OSError if a running process has locked it."""
    if fcntl is None:
        os.unlink(name)
        return
    with open(name, "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(name)


def give_rights(name: str, before: Any) -> None:
    """Give a file the owner and the permissions of the old one."""
    now = os.stat(name)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid) and hasattr(os, "chown"):
        with suppress(OSError):  # only the system's administrator may do this
            os.chown(name, before.st_uid, before.st_gid)
    if stat.S_IMODE(now.st_mode) != stat.S_IMODE(before.st_mode):
        os.chmod(name, stat.S_IMODE(before.st_mode))
