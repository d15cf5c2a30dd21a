"""Whether the archive is what it promises: verified, scrubbed in the background, rebuilt.

What belongs here: comparing rows, objects and the chain of hashes; making an index anew from a
store. What does not: deleting anything. The index is asked through `storage.index` and the store
through its protocol; whoever calls owns the tasks. Design: docs/design/integrity.md.
"""

from storage.integrity.findings import DAMAGE, Finding, Kind, Level
from storage.integrity.rebuild import Rebuilt, rebuild
from storage.integrity.verify import Request, Seen, noted, verify

__all__ = [
    "DAMAGE",
    "Finding",
    "Kind",
    "Level",
    "Rebuilt",
    "Request",
    "Seen",
    "noted",
    "rebuild",
    "verify",
]
