"""Whether a store is the one the index belongs to.

The marker object in the store and the fact in the index carry the same id. It is written once,
when both are new. Afterwards a missing or another marker means a wrong bucket, a disk that is not
mounted or an index restored from elsewhere: nothing may be deleted then. Each tier has its own
store, and so its own marker and fact.
"""

from __future__ import annotations

import uuid

from storage.index import Index
from storage.objects.store import RecordStore, WrongStore
from vms.core.errors import Conflict, Corrupt

FACT = "store"
_JOINED = "joined"


def fact(tier: int) -> str:
    """The name of the fact that holds the id of a tier's store."""
    return FACT if tier == 0 else f"{FACT}-{tier}"


async def agree(index: Index, store: RecordStore, tier: int = 0) -> str:
    """Return the id of `store` when it is the one of `tier`; join it to the index when it is new
    there.

    Raises WrongStore with what is wrong, Unavailable when one of them is away.
    """
    await store.check()
    found, expected = await identity(store), await index.facts.get(fact(tier))
    if found is None:
        return await _join(index, store, tier)
    if expected is None:
        await _refuse_first(index, found, tier)
        raise WrongStore("this store holds the archive of another index", store=found)
    if found != expected:
        await _refuse_first(index, found, tier)
        raise WrongStore(
            "this store belongs to another index: check its address", store=found, wanted=expected
        )
    return found


async def identity(store: RecordStore) -> str | None:
    """Its id; None: it has no marker. Raises WrongStore when it has one that cannot be read: then
    nobody can tell."""
    try:
        return await store.identity()
    except Corrupt as error:
        raise WrongStore(error.message, **error.context) from error


async def _join(index: Index, store: RecordStore, tier: int) -> str:
    """The fact first: a crash before the marker leaves an index without segments, joined later.
    Two roles may do this at once: the first fact stands and both write the same marker."""
    if await _has_objects(index, tier):
        raise WrongStore(
            "the store has no marker though the index knows segments in it:"
            " is its disk mounted, is its address right?"
        )
    store_id = await index.facts.claim(fact(tier), str(uuid.uuid4()))
    try:
        await store.mark(store_id)
    except Conflict:
        if await identity(store) != store_id:
            raise
    if tier:
        await index.facts.put(f"{fact(tier)}-{_JOINED}", store_id)
    return store_id


async def _has_objects(index: Index, tier: int) -> bool:
    """Of another tier it would take too long to ask the rows: it counts from its joining on."""
    if tier:
        return await index.facts.get(f"{fact(tier)}-{_JOINED}") is not None
    return await index.segments.any()


async def _refuse_first(index: Index, found: str, tier: int) -> None:
    if tier and found == await index.facts.get(FACT):
        raise WrongStore("the cold store is the first store: it needs one of its own", store=found)
