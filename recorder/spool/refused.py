"""Segments that the archive refused for good, kept out of the way. Blocking.

They stay in their folder as `*.refused`, within bytes of their own, so that they neither hold up
nor crowd out what can be archived. Each start offers them again, once: a camera may be back in the
index, a store repaired.
"""

from __future__ import annotations

import logging
from pathlib import Path

from recorder.spool.names import SUFFIX, remove
from vms.core.errors import Unavailable

log = logging.getLogger(__name__)

REFUSED = ".refused"
ASIDE_SHARE = 0.05
"""Of the spool's bytes, beside them."""


class Refused:
    """Those of one spool."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def take(self, path: Path, sha256: bytes) -> None:
        """Rename a segment's file; let the oldest go beyond the bound. Raises Unavailable."""
        try:
            path.rename(path.with_suffix(REFUSED))
            remove(path, sha256)
            self._bound()
        except OSError as error:
            raise Unavailable(f"the spool cannot be written: {error.strerror}") from error

    def _bound(self) -> None:
        listed = sorted(self._folder.glob(f"*/*{REFUSED}"), key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in listed)
        while total > self._most_bytes and listed:
            oldest = listed.pop(0)
            total -= oldest.stat().st_size
            oldest.unlink()
            log.warning("spool: %s is given up, refused by the archive for long", oldest.name)


def offer_again(folder: Path) -> None:
    """Before recovery: refused segments are ordinary leftovers. Raises OSError."""
    for path in folder.glob(f"*/*{REFUSED}"):
        path.rename(path.with_suffix(SUFFIX))
