"""How the archive is: its store, what is damaged, what waits to be deleted. For administrators."""

from __future__ import annotations

from storage.index.damage import Damage
from storage.integrity.scrub import CURSOR, parsed
from vms.api.call import Api, Call
from vms.api.handlers.forecast import ahead_of, fill_of
from vms.api.keeping import ArchiveHealthOut, DamageOut, DamageQuery
from vms.core.errors import Unavailable


async def get_archive(call: Call) -> ArchiveHealthOut:
    asked, index, now = call.query(DamageQuery), call.api.index, call.api.clock.wall()
    room, ahead = await ahead_of(call.api, now)
    damage = await index.damage.list(asked.limit, camera_ids=asked.cameras, offset=asked.offset)
    cursor, waiting = parsed(await index.facts.get(CURSOR)), await index.garbage.waiting()
    return ArchiveHealthOut(
        now=now,
        store=await fill_of(call.api, room, ahead, now),
        damaged=await index.damage.count(),
        damage=[_damage(each) for each in damage],
        scrub_began=None if cursor is None else cursor.began,
        garbage=waiting.segments,
        garbage_size=waiting.size,
        object_lock=await _holds(call.api),
    )


async def _holds(api: Api) -> bool | None:
    try:
        return await api.store.holds()
    except Unavailable:
        return None


def _damage(each: Damage) -> DamageOut:
    outline = each.outline
    return DamageOut(
        camera_id=outline.camera_id,
        stream_id=outline.stream_id,
        start=outline.range.start,
        end=outline.range.end,
        kind=each.kind,
        found=each.found,
        detail=each.detail,
    )
