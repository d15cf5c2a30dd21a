"""Fewer days in the settings wait as any reduction does: a slip of the pen in a file and a restart
must not delete a month. What was in force is a fact in the index. Owns no task.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace

from storage.index import Index
from storage.retention.changes import DELAY_MICROS
from vms.core.walltime import WallTime, iso

log = logging.getLogger(__name__)

FACT = "retain-days"


@dataclass(frozen=True, slots=True)
class Settled:
    """`days` are in force; `wanted` takes their place, not before `effective`."""

    days: int
    wanted: int
    effective: WallTime


async def settled_days(index: Index, wanted: int, now: WallTime) -> int:
    """The days in force while the settings say `wanted`. Raises Unavailable."""
    before = _parsed(await index.facts.get(FACT))
    after = settle(before, wanted, now)
    if after != before:
        await index.facts.put(FACT, json.dumps(asdict(after)))
        if after.wanted < after.days:
            words = "the settings keep %d days instead of %d: not before %s"
            log.warning(words, after.wanted, after.days, iso(after.effective))
    return after.days


def settle(before: Settled | None, wanted: int, now: WallTime) -> Settled:
    """What is in force now: `before` was, and the settings say `wanted`. More counts at once."""
    if before is None or wanted >= before.days:
        return Settled(wanted, wanted, now if before is None else before.effective)
    if before.wanted != wanted:
        return replace(before, wanted=wanted, effective=WallTime(now + DELAY_MICROS))
    return replace(before, days=wanted) if now >= before.effective else before


def _parsed(text: str | None) -> Settled | None:
    """A fact that cannot be read is none: the settings stand."""
    try:
        value = json.loads(text or "")
        return Settled(int(value["days"]), int(value["wanted"]), WallTime(int(value["effective"])))
    except (ValueError, KeyError, TypeError):
        return None
