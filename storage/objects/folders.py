"""What lies in a directory store. Plain blocking functions over names, no policy."""

from __future__ import annotations

import os
from pathlib import Path

from storage.objects.store import MARKER, Listed, checked_key
from vms.core.walltime import WallTime

_NANOS = 1000


def below(root: Path, prefix: str) -> list[Path]:
    """Folders that may hold objects whose keys begin with `prefix`, sorted."""
    if prefix:
        checked_key(prefix.removesuffix("/"))
    first = root.joinpath(*prefix.split("/")[:-1])
    return sorted(
        Path(folder)
        for folder, _, names in os.walk(first)
        if names and _may_match(Path(folder), root, prefix)
    )


def listed(folder: Path, root: Path, prefix: str) -> list[Listed]:
    """Objects directly in `folder`, sorted; one that goes meanwhile is left out."""
    found = []
    try:
        with os.scandir(folder) as entries:
            found = [_one(entry, root) for entry in entries if entry.is_file()]
    except FileNotFoundError:
        return []
    there = [each for each in found if each is not None and each.key.startswith(prefix)]
    return sorted((each for each in there if each.key != MARKER), key=lambda each: each.key)


def _one(entry: os.DirEntry[str], root: Path) -> Listed | None:
    """The change of its inode is when it got its name here: a renamed file keeps its older time of
    writing."""
    try:
        stat = entry.stat()
    except FileNotFoundError:
        return None
    key = Path(entry.path).relative_to(root).as_posix()
    return Listed(key, stat.st_size, WallTime(stat.st_ctime_ns // _NANOS))


def _may_match(folder: Path, root: Path, prefix: str) -> bool:
    own = folder.relative_to(root).as_posix() + "/"
    return folder == root or own.startswith(prefix) or prefix.startswith(own)
