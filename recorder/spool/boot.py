"""Whether what an earlier process wrote into the spool can be taken as written. Blocking.

After `kill -9` it can: the system still has it. After a power cut only what was synced is sure, so
then a file without sync has to be read before its hash is believed.
"""

from __future__ import annotations

from pathlib import Path

NAME = "boot"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def is_sure(folder: Path, *, fsync: bool, boot_id: Path = _BOOT_ID) -> bool:
    """Whether the last user of the spool synced, or the system has not started anew since. Notes
    the same for the next start. Raises OSError when that cannot be written."""
    now = _read(boot_id)
    before, _, synced = _read(folder / NAME).partition(" ")
    (folder / NAME).write_text(f"{now or '-'} {'synced' if fsync else 'unsynced'}\n")
    return synced == "synced" or (bool(now) and before == now)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
