"""The word from retention to the recorders: whose recording rests because the store is full.

A fact in the index, so that it outlives a restart of both. It holds for ten minutes and is said
anew every round: when nobody says it any more, cameras are recorded again. To record and fail
loudly is better than not to record because of a word nobody stands for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from storage.index import Index
from vms.core.walltime import MINUTE, WallTime

FACT = "store-full"
HOLDS_MICROS = 10 * MINUTE
NEVER = WallTime(0)


@dataclass(frozen=True, slots=True)
class Stopped:
    """`words`: for people, why. It holds until `until`."""

    cameras: frozenset[int] = frozenset()
    words: str = ""
    until: WallTime = NEVER


NOBODY = Stopped()


async def say(index: Index, stopped: Stopped, now: WallTime) -> None:
    """Tell the recorders; they look every few seconds. Raises Unavailable."""
    if not stopped.cameras:
        await index.facts.remove(FACT)
        return
    value = {
        "until": now + HOLDS_MICROS,
        "cameras": sorted(stopped.cameras),
        "words": stopped.words,
    }
    await index.facts.put(FACT, json.dumps(value))


async def heard(index: Index, now: WallTime) -> Stopped:
    """What was said last, if it still holds. Raises Unavailable."""
    text = await index.facts.get(FACT)
    return NOBODY if text is None else parsed(text, now)


def parsed(text: str, now: WallTime) -> Stopped:
    """A word that cannot be read is none. One from the future (a clock went back) is too old."""
    try:
        value = json.loads(text)
        until, cameras = (
            WallTime(int(value["until"])),
            frozenset(int(one) for one in value["cameras"]),
        )
        words = str(value["words"])
    except (ValueError, KeyError, TypeError):
        return NOBODY
    return Stopped(cameras, words, until) if now < until <= now + 2 * HOLDS_MICROS else NOBODY
