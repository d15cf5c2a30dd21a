"""Durable file operations of the directory store. Plain blocking functions, no policy."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vms.core.errors import Corrupt, Exhausted, NotFound, Unavailable

_BLOCK = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """OSError as Exhausted (full), else Unavailable, naming the file and the cause."""
    try:
        yield
    except OSError as error:
        kind = Exhausted if error.errno in _FULL else Unavailable
        raise kind(f"the store's disk refused: {error.strerror}", file=path.name) from error


def place(path: Path, target: Path, root: Path, sha256: bytes) -> None:
    """Make the file at `path` the one at `target`, durable: by rename, else by copy.

    When `path` is gone, `target` must be what it was. Raises NotFound, Corrupt, OSError.
    """
    made = _make_parents(target.parent, root)
    if path.exists():
        _sync_file(path)
        try:
            os.replace(path, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy(path, target, sha256)
    else:
        _require(target, sha256)
    sync_directories({target.parent, *made})


def read_exactly(path: Path, offset: int, size: int) -> bytes:
    """Raises FileNotFoundError; Corrupt when the file ends before."""
    with path.open("rb", buffering=0) as file:
        content = os.pread(file.fileno(), size, offset)
        while 0 < len(content) < size:
            more = os.pread(file.fileno(), size - len(content), offset + len(content))
            if not more:
                break
            content += more
    if len(content) != size:
        raise Corrupt("an object is shorter than its index", file=path.name, offset=offset)
    return content


def create(path: Path, content: bytes) -> None:
    """A new durable file. Raises FileExistsError."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_directories([path.parent])


def remove(paths: Iterable[Path], root: Path) -> None:
    """Unlink what is there, then its directories as they become empty; durable when it returns."""
    touched = set()
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            touched.add(path.parent)
    sync_directories({_drop_empty(directory, root) for directory in touched})


def sync_directories(directories: Iterable[Path]) -> None:
    """Make renames and removals in them durable. One that is gone needs none."""
    for directory in directories:
        with suppress(FileNotFoundError):
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _make_parents(directory: Path, root: Path) -> list[Path]:
    """Make `directory` below `root`; returns the directories that got an entry by it."""
    if directory == root or directory.is_dir():
        return []
    touched = _make_parents(directory.parent, root)
    directory.mkdir(exist_ok=True)
    return [*touched, directory.parent]


def _drop_empty(directory: Path, root: Path) -> Path:
    """Remove `directory` and its parents while they are empty; the nearest one that stays."""
    while directory != root:
        try:
            directory.rmdir()
        except OSError:
            return directory
        directory = directory.parent
    return root


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy(path: Path, target: Path, sha256: bytes) -> None:
    """To a neighbour of `target` first, so that a torn copy never has its name."""
    partial = target.with_name(target.name + ".part")
    digest = hashlib.sha256()
    with path.open("rb") as source, partial.open("wb") as copy:
        while block := source.read(_BLOCK):
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    if digest.digest() != sha256:
        partial.unlink()
        raise Corrupt("a spool file is not what was written to it", file=path.name)
    partial.replace(target)


def _require(target: Path, sha256: bytes) -> None:
    """That an earlier call has placed this very file already."""
    try:
        with target.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError as error:
        raise NotFound(
            "neither the spool file nor its object is there", file=target.name
        ) from error
    if found != sha256:
        raise Corrupt("the object there is another one", file=target.name)
