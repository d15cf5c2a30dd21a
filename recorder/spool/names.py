"""The names a segment's file has, and what the system says about files in our words. Blocking."""

from __future__ import annotations

import errno
from pathlib import Path

from vms.core.errors import Exhausted, Unavailable, VmsError

SUFFIX = ".mp4"
OUTGOING = ".out"
"""Suffix of the second name (hard link) of a sealed segment, which a store may rename away."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def outgoing_path(path: Path) -> Path:
    """The name to hand to a store: the second one, unless the file system has no hard links."""
    outgoing = path.with_suffix(OUTGOING)
    return outgoing if outgoing.exists() else path


def remove(path: Path) -> None:
    """Remove a segment's file under both names. Raises Unavailable."""
    try:
        path.unlink(missing_ok=True)
        path.with_suffix(OUTGOING).unlink(missing_ok=True)
    except OSError as error:
        raise translate(error, path) from error


def translate(error: OSError, path: Path) -> VmsError:
    """Exhausted for a full disk, else Unavailable with the system's word for it."""
    if error.errno in _FULL:
        return Exhausted("disk full: free some space, or let the spool be smaller", path=path)
    return Unavailable(f"the spool cannot be written: {error.strerror}", path=path)
