"""Cameras and facts in the index, on SQLite and PostgreSQL."""

from __future__ import annotations

import pytest

from storage.index import CameraChange, Index, NewCamera, NewStream, open_index
from storage.index.policies import policy_from_json
from tests.fakes.segments import NINE, segment
from vms.core.errors import Conflict, Corrupt, Invalid, NotFound
from vms.core.model import (
    Camera,
    Engine,
    Hours,
    RecordPolicy,
    RecordWhen,
    Stream,
    StreamRole,
    Transport,
)
from vms.core.promises import RetentionPolicy
from vms.core.secret import Secret

MAIN = NewStream(StreamRole.MAIN, "rtsp://gate/1", "admin", Secret("pässword"))
SUB = NewStream(StreamRole.SUB, "rtsp://gate/2", record=False)


async def test_a_camera_comes_back_as_it_went_in(index: Index) -> None:
    added = await index.cameras.add(
        NewCamera("Gate", number=7, retention_days=3, streams=(MAIN, SUB))
    )
    main, sub = added.streams
    assert added == Camera(added.id, 7, "Gate", True, 3, (main, sub))
    assert main == Stream(
        main.id, added.id, StreamRole.MAIN, "rtsp://gate/1", "admin", Secret("pässword")
    )
    assert sub == Stream(sub.id, added.id, StreamRole.SUB, "rtsp://gate/2", record=False)
    assert await index.cameras.get(added.id) == added
    assert await index.cameras.list() == [added]


async def test_how_and_when_a_stream_is_recorded_comes_back_as_it_went_in(index: Index) -> None:
    nights = RecordPolicy(RecordWhen.EVENTS, (Hours(0, 0, 360), Hours(6, 1320, 1440)), 5, 60)
    how = {"engine": Engine.PYAV, "transport": Transport.UDP, "policy": nights}
    stream = NewStream(StreamRole.MAIN, "rtsp://gate/1", **how)  # type: ignore[arg-type]
    added = await index.cameras.add(NewCamera("Gate", streams=(stream, SUB), priority=9))
    main, sub = added.streams
    assert (added.priority, main.engine, main.transport, main.policy) == (9, *how.values())
    assert (sub.engine, sub.policy) == (Engine.AUTO, RecordPolicy())
    changed = await index.cameras.change(added.id, CameraChange(priority=0, streams=(SUB,)))
    assert (changed.priority, changed.streams) == (0, (sub,))


@pytest.mark.parametrize("text", ["", "[]", '{"when":"never"}', '{"hours":[[1]]}', '{"x":1}'])
def test_a_policy_that_cannot_be_read_is_corrupt(text: str) -> None:
    with pytest.raises(Corrupt, match="policy"):
        policy_from_json(text)


async def test_cameras_are_listed_by_number_and_get_the_next_free_one(index: Index) -> None:
    for number in (5, None, 2):
        await index.cameras.add(NewCamera("x", number=number))
    assert [camera.number for camera in await index.cameras.list()] == [2, 5, 6]


async def test_a_number_belongs_to_one_camera(index: Index) -> None:
    first = await index.cameras.add(NewCamera("a", number=1))
    second = await index.cameras.add(NewCamera("b", number=2))
    with pytest.raises(Conflict, match="number is taken"):
        await index.cameras.add(NewCamera("c", number=1))
    with pytest.raises(Conflict, match="number is taken"):
        await index.cameras.change(second.id, CameraChange(number=1))
    assert (await index.cameras.change(first.id, CameraChange(number=1))).number == 1


async def test_a_change_leaves_alone_what_it_does_not_name(index: Index) -> None:
    added = await index.cameras.add(NewCamera("Gate", retention_days=3, streams=(MAIN,)))
    changed = await index.cameras.change(added.id, CameraChange(name="Harbour", enabled=False))
    assert changed == Camera(added.id, added.number, "Harbour", False, 3, added.streams)
    unlimited = await index.cameras.change(added.id, CameraChange(retention_days=None))
    assert unlimited.retention_days is None


async def test_a_stream_keeps_its_id_and_password_when_its_url_changes(index: Index) -> None:
    added = await index.cameras.add(NewCamera("Gate", streams=(MAIN,)))
    moved = NewStream(StreamRole.MAIN, "rtsp://gate/new", "admin", audio=True)
    changed = await index.cameras.change(added.id, CameraChange(streams=(moved,)))
    assert changed.streams[0].id == added.streams[0].id
    assert changed.streams[0].url == "rtsp://gate/new"
    assert changed.streams[0].password == Secret("pässword")


async def test_a_stream_that_goes_and_comes_back_keeps_its_id_but_not_its_password(
    index: Index,
) -> None:
    added = await index.cameras.add(NewCamera("Gate", streams=(MAIN, SUB)))
    without = await index.cameras.change(added.id, CameraChange(streams=(SUB,)))
    assert [stream.role for stream in without.streams] == [StreamRole.SUB]
    bare = NewStream(StreamRole.MAIN, "rtsp://gate/1")
    again = await index.cameras.change(added.id, CameraChange(streams=(bare, SUB)))
    assert [stream.id for stream in again.streams] == [stream.id for stream in added.streams]
    assert again.streams[0].password == Secret("")


async def test_two_streams_of_one_role_are_refused_and_nothing_is_added(index: Index) -> None:
    with pytest.raises(Invalid):
        await index.cameras.add(NewCamera("Gate", streams=(MAIN, MAIN)))
    assert await index.cameras.list() == []


async def test_an_empty_password_clears_the_one_kept(index: Index) -> None:
    added = await index.cameras.add(NewCamera("Gate", streams=(MAIN,)))
    cleared = NewStream(StreamRole.MAIN, "rtsp://gate/1", password=Secret(""))
    changed = await index.cameras.change(added.id, CameraChange(streams=(cleared,)))
    assert changed.streams[0].password == Secret("")


async def test_a_password_does_not_open_with_another_key(index: Index, index_url: str) -> None:
    await index.cameras.add(NewCamera("Gate", streams=(MAIN,)))
    async with open_index(index_url, key=bytes(32)) as other:
        with pytest.raises(Corrupt, match="another key"):
            await other.cameras.list()


async def test_a_removed_camera_leaves_the_list_and_frees_its_number(index: Index) -> None:
    added = await index.cameras.add(NewCamera("Gate", number=1, streams=(MAIN,)))
    await index.cameras.remove(added.id)
    assert await index.cameras.list() == []
    for refused in (index.cameras.get(added.id), index.cameras.remove(added.id)):
        with pytest.raises(NotFound):
            await refused
    assert (await index.cameras.add(NewCamera("New", number=1))).id != added.id


async def test_a_removed_camera_is_forgotten_when_its_archive_has_ended(index: Index) -> None:
    added = await index.cameras.add(NewCamera("Gate", retention_days=3, streams=(MAIN,)))
    stream = added.streams[0]
    await index.segments.add(segment(stream, 0))
    await index.cameras.remove(added.id)
    assert await index.cameras.forget_ended() == 0
    standing = (await index.retention.said()).standings[0]
    assert (standing.camera_id, standing.removed) == (added.id, True)
    assert standing.camera == RetentionPolicy(max_days=3)

    oldest = await index.segments.oldest(stream.id, 10)
    await index.garbage.take(stream.id, oldest, why="", now=NINE)
    assert await index.cameras.forget_ended() == 0
    await index.garbage.drop(oldest)
    assert await index.cameras.forget_ended() == 1
    assert (await index.retention.said()).standings == ()
    assert await index.retention.scopes() == {}


async def test_ids_are_never_given_again(index: Index) -> None:
    added = await index.cameras.add(NewCamera("Gate", streams=(MAIN,)))
    await index.cameras.remove(added.id)
    await index.cameras.forget_ended()
    again = await index.cameras.add(NewCamera("Gate", streams=(MAIN,)))
    assert again.id > added.id
    assert again.streams[0].id > added.streams[0].id


async def test_a_fact_is_what_was_put_last(index: Index) -> None:
    assert await index.facts.get("site") is None
    await index.facts.put("site", "Bontang")
    await index.facts.put("site", "Bontang Utara")
    assert await index.facts.get("site") == "Bontang Utara"
    await index.facts.remove("site")
    assert await index.facts.get("site") is None


async def test_the_first_claim_of_a_fact_stands(index: Index) -> None:
    assert await index.facts.claim("store", "one") == "one"
    assert await index.facts.claim("store", "two") == "one"


async def test_the_first_certificate_stays_until_the_camera_is_vouched_for_anew(
    index: Index,
) -> None:
    secure = NewStream(StreamRole.MAIN, "rtsps://gate/1", "admin", Secret("one"))
    added = await index.cameras.add(NewCamera("Gate", streams=(secure,)))
    (stream,) = added.streams
    assert stream.certificate == ""
    for shown in ("aa", "bb"):
        await index.cameras.pin(stream.id, shown)
    (known,) = (await index.cameras.get(added.id)).streams
    assert (known.certificate, known == stream) == ("aa", True)

    async def after(new: NewStream) -> str:
        change = CameraChange(streams=(new,))
        return (await index.cameras.change(added.id, change)).streams[0].certificate

    kept = NewStream(StreamRole.MAIN, "rtsps://gate/1", "admin", audio=True)
    assert await after(kept) == "aa"
    assert await after(secure) == ""
    await index.cameras.pin(stream.id, "cc")
    assert await after(NewStream(StreamRole.MAIN, "rtsps://gate/2", "admin")) == ""
