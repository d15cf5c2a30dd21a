"""Small shared facts with revisions, as the leases need them: a protocol; NATS is beside it.

Pure. What a bucket is for and how its keys are built is the business of whoever opens it
(`docs/design/fleet.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Payload = dict[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`revision` grows with every write to the bucket and is never given twice."""

    value: Payload
    revision: int


class KeyValue(Protocol):
    """One bucket. Every call raises Unavailable when the server cannot be asked now; whether a
    write that ended so was done is not known.

    Keys are tokens of letters, digits, `-` and `_` with dots between.
    """

    async def keys(self) -> frozenset[str]:
        """All keys there are."""
        ...

    async def get(self, key: str) -> Entry | None:
        """None when there is no such key (any more)."""
        ...

    async def create(self, key: str, value: Payload) -> int:
        """A new key; its revision. Raises Conflict when it is there already."""
        ...

    async def update(self, key: str, value: Payload, revision: int) -> int:
        """The next revision. Raises Conflict when `revision` is not the key's newest, or the key
        is gone."""
        ...

    async def remove(self, key: str, revision: int) -> None:
        """Raises Conflict as `update` does."""
        ...
