"""The data directory of one machine: made, locked against a second start, its key."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vms.app import make_key
from vms.core.errors import Conflict, Unavailable


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Ours alone while inside. Raises Conflict when another `vms run` has it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"cannot write to {data_dir}: {error.strerror}") from error
    try:
        _lock(file, data_dir)
        yield
    finally:
        os.close(file)


def ensure_key(path: Path) -> None:
    """The key file, made when it is missing."""
    if not path.exists():
        make_key(path)


def _lock(file: int, data_dir: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict(
            f"{data_dir} is in use by another `vms run` or `vms demo`: stop that one, or choose"
            " another directory (VMS_DATA_DIR)"
        ) from error
