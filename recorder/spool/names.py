"""The names a segment's file has, and what the system says about files in our words. Blocking."""

from __future__ import annotations

import errno
from pathlib import Path

from vms.core.errors import Exhausted, Unavailable, VmsError

SUFFIX = ".mp4"
OUTGOING = ".out"
"""Suffix of the second name (hard link) of a sealed segment, which a store may rename away. The
name carries the segment's hash, so that a start need not read all that waits for the archive."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def outgoing_name(path: Path, sha256: bytes) -> Path:
    """The second name of a sealed segment at `path`; without a hash when that is not sure."""
    hashed = f".{sha256.hex()}" if sha256 else ""
    return path.with_name(f"{path.stem}{hashed}{OUTGOING}")


def hash_in(name: str) -> tuple[str, bytes]:
    """What `outgoing_name` put into a name: the file's stem, and the hash (empty: none)."""
    stem, _, hashed = name.removesuffix(OUTGOING).partition(".")
    try:
        return stem, bytes.fromhex(hashed) if len(hashed) == 64 else b""
    except ValueError:
        return stem, b""


def outgoing_path(path: Path, sha256: bytes) -> Path:
    """The name to hand to a store: the second one, unless the file system has no hard links."""
    names = (outgoing_name(path, sha256), outgoing_name(path, b""))
    return next((name for name in names if name.exists()), path)


def remove(path: Path, sha256: bytes) -> None:
    """Remove a segment's file under both names, its own last: a crash in between leaves what is
    offered to the archive again. Raises Unavailable."""
    try:
        for name in (outgoing_name(path, sha256), outgoing_name(path, b""), path):
            name.unlink(missing_ok=True)
    except OSError as error:
        raise translate(error, path) from error


def translate(error: OSError, path: Path) -> VmsError:
    """Exhausted for a full disk, else Unavailable with the system's word for it."""
    if error.errno in _FULL:
        return Exhausted("disk full: free some space, or let the spool be smaller", path=path)
    return Unavailable(f"the spool cannot be written: {error.strerror}", path=path)
