"""What one player process is told. Plain values; where they come from is the roof's business."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlayConfig:
    """`addresses`: announced to every browser as ICE candidates, beside the address on which the
    browser reached the API (for machines whose media go over another network card).

    `node`: this machine's name, for `node.state`. `most_viewers`: further offers are refused as
    EXHAUSTED. `linger_seconds`: how long a feed stays open after its last viewer left, so that a
    page change costs nothing. `cache_bytes`: groups of pictures kept in memory for the archive.
    """

    node: str
    addresses: tuple[str, ...] = ()
    most_viewers: int = 400
    linger_seconds: float = 8.0
    cache_bytes: int = 64 * 1024 * 1024
