"""Whether a store is the one the index belongs to.

The marker object in the store and the fact in the index carry the same id. It is written once,
when both are new. Afterwards a missing or another marker means a wrong bucket, a disk that is not
mounted or an index restored from elsewhere: nothing may be deleted then.
"""

from __future__ import annotations

import uuid

from storage.index import Index
from storage.objects.store import RecordStore, WrongStore
from vms.core.errors import Conflict

FACT = "store"


async def agree(index: Index, store: RecordStore) -> None:
    """Return when store and index belong together; join them when both are new.

    Raises WrongStore with what is wrong, Unavailable when one of them is away.
    """
    await store.check()
    found, expected = await store.identity(), await index.facts.get(FACT)
    if found is None:
        await _join(index, store)
    elif expected is None:
        raise WrongStore("this store holds the archive of another index", store=found)
    elif found != expected:
        raise WrongStore(
            "this store belongs to another index: check its address", store=found, wanted=expected
        )


async def _join(index: Index, store: RecordStore) -> None:
    """The fact first: a crash before the marker leaves an index without segments, joined later.
    Two roles may do this at once: the first fact stands and both write the same marker."""
    if await index.segments.any():
        raise WrongStore(
            "the store has no marker though the index knows segments in it:"
            " is its disk mounted, is its address right?"
        )
    store_id = await index.facts.claim(FACT, str(uuid.uuid4()))
    try:
        await store.mark(store_id)
    except Conflict:
        if await store.identity() != store_id:
            raise
