"""What the recorder needs to be told. The application fills it from its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RecordConfig:
    """`spool`: directory on a local disk; `spool_max_bytes`: what it may hold in all.

    `fsync`: whether fragments are forced to disk as they are written (power cuts).
    `feed_host`: address the feed listens on and announces. `node`: this machine's name on the bus.
    `stall_seconds`: without a video access unit for so long a camera counts as lost. `zone`: the
    site's, in which hours of the week are meant (IANA name). `capacity`: streams this recorder
    takes at most; 0: any number. `tls_verify`: certificates of rtsps:// cameras are verified by
    `tls_authorities` (a PEM file; None: this machine's) instead of remembered. `redirect_hosts`: to
    which hosts, lower case, a camera may send us beside its own. `left_spools`: spools of this
    machine beside `spool`, whose recorders may be dead; called now and then, in a thread.
    """

    spool: Path
    node: str
    spool_max_bytes: int = 20 * 1024**3
    segment_seconds: float = 60.0
    fsync: bool = True
    feed_host: str = "127.0.0.1"
    stall_seconds: float = 5.0
    zone: str = "UTC"
    capacity: int = 0
    tls_verify: bool = False
    tls_authorities: Path | None = None
    redirect_hosts: frozenset[str] = frozenset()
    left_spools: Callable[[], list[Path]] | None = None
