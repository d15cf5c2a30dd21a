"""Whatever befalls a store: nothing that was recorded is lost, an alarm says what is wrong, and all
is archived when it ends. The uploader, the archive and the stores are real, and so are the faults.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storage.index import Index, NewCamera, NewStream
from storage.objects import MARKER, open_record_store, open_store
from tests.fakes.segments import content, segment
from tests.integration.store_stage import COUNT, EVER, Recorder, body
from tests.servers.faulty import Fault, FaultyProxy, faulty_proxy
from tests.servers.s3 import S3Server
from vms.core.errors import Unavailable
from vms.core.model import Stream, StreamRole

MEMORY = Path("/dev/shm")
"""On every Linux, and never the filesystem of temporary directories."""


@pytest.fixture
async def stream(sqlite_index: Index) -> Stream:
    streams = (NewStream(StreamRole.MAIN, "rtsp://gate/1"),)
    return (await sqlite_index.cameras.add(NewCamera("Gate", streams=streams))).streams[0]


@pytest.fixture
async def root(tmp_path: Path) -> Path:
    """A directory store, new."""
    folder = tmp_path / "store"
    async with open_store(f"file://{folder}", create=True):
        return folder


@pytest.fixture
async def on_disk(
    sqlite_index: Index, stream: Stream, root: Path, tmp_path: Path
) -> AsyncIterator[Recorder]:
    (tmp_path / "spool").mkdir()
    async with open_record_store(f"file://{root}") as store:
        yield Recorder(sqlite_index, store, stream, tmp_path / "spool")


async def test_a_disk_that_is_unmounted(on_disk: Recorder, root: Path) -> None:
    away = root.with_name("unplugged")

    def unmount() -> None:
        root.rename(away)
        root.mkdir()  # the empty mount point

    def mount() -> None:
        assert list(root.iterdir()) == []  # nothing was written below the mount point
        root.rmdir()
        away.rename(root)

    await on_disk.lives_through(unmount, mount, "store-wrong", "is its disk mounted")


async def test_a_directory_that_is_gone(on_disk: Recorder, root: Path) -> None:
    away = root.with_name("unplugged")
    await on_disk.lives_through(
        lambda: root.rename(away), lambda: away.rename(root), "store-unreachable", "is not there"
    )


async def test_a_store_of_another_index(on_disk: Recorder, root: Path) -> None:
    marker, kept = root / MARKER, root.with_name("kept")

    def swap() -> None:
        marker.rename(kept)
        marker.write_text('{"store": "another"}')

    await on_disk.lives_through(
        swap, lambda: kept.rename(marker), "store-wrong", "belongs to another index"
    )


async def test_a_marker_that_cannot_be_read(on_disk: Recorder, root: Path) -> None:
    marker = root / MARKER

    def tear() -> None:
        marker.rename(root.with_name("kept"))
        marker.write_text('{"sto')

    await on_disk.lives_through(
        tear, lambda: root.with_name("kept").rename(marker), "store-wrong", "cannot be read"
    )


async def test_a_disk_that_refuses_writing(on_disk: Recorder, root: Path) -> None:
    """The folder of the camera cannot be made, as on a file system that went read-only."""
    camera, away = root / str(on_disk.stream.camera_id), root.with_name("kept")

    def refuse() -> None:
        camera.rename(away)
        camera.write_bytes(b"")

    def give_way() -> None:
        camera.unlink()
        away.rename(camera)

    await on_disk.lives_through(refuse, give_way, "store-unreachable", "disk refused")


async def test_a_disk_that_is_full(sqlite_index: Index, stream: Stream, root: Path) -> None:
    """The spool lies elsewhere, so that objects are copied; the copies go to /dev/full."""
    partials = [
        root / f"{segment(stream, n, body=body(n)).key}.part" for n in range(COUNT, 2 * COUNT)
    ]

    def fill() -> None:
        for partial in partials:
            partial.symlink_to("/dev/full")

    def empty() -> None:
        for partial in partials:
            partial.unlink()

    with tempfile.TemporaryDirectory(dir=MEMORY) as spool:
        async with open_record_store(f"file://{root}") as store:
            recorder = Recorder(sqlite_index, store, stream, Path(spool))
            words = os.strerror(errno.ENOSPC)
            await recorder.lives_through(fill, empty, "store-unreachable", words)


async def test_a_store_that_may_only_be_read_says_so_and_leaves_the_file(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=tempfile.gettempdir()) as folder:
        outside = Path(folder)
        async with open_store(f"file://{outside / 'store'}", create=True) as store:
            await store.mark("this-store")
            spool = outside / "spool.mp4"
            spool.write_bytes(content(0))
            outside.chmod(0o755)
            (outside / "store").chmod(0o555)
            with as_nobody():
                with pytest.raises(Unavailable, match="cannot be written"):
                    await store.check()
                with pytest.raises(Unavailable, match="disk refused"):
                    await store.put("1/2/2026-11-23/0.mp4", spool, bytes(32))
            assert spool.exists()
            (outside / "store").chmod(0o755)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
async def proxy(s3_server: S3Server) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy("127.0.0.1", s3_server.ports["s3.port"]) as opened:
        yield opened


@pytest.fixture
async def in_s3(
    sqlite_index: Index,
    stream: Stream,
    proxy: FaultyProxy,
    s3_server: S3Server,
    s3_bucket: str,
    tmp_path: Path,
) -> AsyncIterator[Recorder]:
    (tmp_path / "spool").mkdir()
    url = f"s3://{s3_bucket}?endpoint={proxy.endpoint}&region=us-east-1"
    keys = {"access_key": s3_server.access_key, "secret_key": s3_server.secret_key}
    async with open_record_store(url, **keys) as store:
        yield Recorder(sqlite_index, store, stream, tmp_path / "spool")


async def test_a_bucket_of_another_index(
    in_s3: Recorder, s3_server: S3Server, s3_bucket: str, tmp_path: Path
) -> None:
    """As when another server answers at the address. What is put meanwhile gets no row."""
    client, ours = s3_server.client(), tmp_path / "marker"

    def swap() -> None:
        client.fget_object(s3_bucket, MARKER, str(ours))
        (tmp_path / "other").write_text('{"store": "another"}')
        client.fput_object(s3_bucket, MARKER, str(tmp_path / "other"))

    def swap_back() -> None:
        client.fput_object(s3_bucket, MARKER, str(ours))

    await in_s3.lives_through(swap, swap_back, "store-wrong", "belongs to another index")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.SILENT, "does not answer in time"),
        (Fault.ERROR, "the store"),
        (Fault.BUSY, "the store"),
        (Fault.FULL, "full"),
        (Fault.SWALLOWED, "does not keep what it is given"),
        (Fault.BROKEN_PUT, "cannot be reached"),
    ],
)
async def test_a_server_with_a_fault(
    in_s3: Recorder, proxy: FaultyProxy, fault: Fault, words: str
) -> None:
    def begin() -> None:
        proxy.fault = fault

    await in_s3.lives_through(begin, proxy.mend, "store-unreachable", words)


async def test_a_slow_server_takes_its_time_and_everything(
    in_s3: Recorder, proxy: FaultyProxy
) -> None:
    proxy.fault = Fault.SLOW
    async with in_s3.uploading():
        in_s3.record(0)
        await in_s3.until(lambda: not in_s3.spool.segments)
    assert await in_s3.archived() == list(range(COUNT))


async def test_a_bucket_that_is_gone(in_s3: Recorder, s3_server: S3Server, s3_bucket: str) -> None:
    """Its objects are lost with it, and not what comes after: a new one is refused."""
    client = s3_server.client()
    async with in_s3.uploading():
        in_s3.record(0)
        await in_s3.until(lambda: not in_s3.spool.segments)
        for each in list(client.list_objects(s3_bucket, recursive=True)):
            client.remove_object(s3_bucket, str(each.object_name))
        client.remove_bucket(s3_bucket)
        in_s3.record(COUNT)
        await in_s3.until(lambda: in_s3.alarmed("store-wrong", "no such bucket"))
        client.make_bucket(s3_bucket)
        await in_s3.until(lambda: in_s3.alarmed("store-wrong", "no marker"))
    assert len(in_s3.spool.segments) == COUNT


async def test_a_read_that_breaks_off_is_an_error_and_never_short(
    in_s3: Recorder, proxy: FaultyProxy
) -> None:
    async with in_s3.uploading():
        in_s3.record(0)
        await in_s3.until(lambda: not in_s3.spool.segments)
    first = (await in_s3.archive.segments(in_s3.stream.id, EVER))[0]
    proxy.fault = Fault.CUT_ANSWER
    with pytest.raises(Unavailable):
        await in_s3.archive.read(first, 0, first.size)
    proxy.mend()
    assert await in_s3.archived() == list(range(COUNT))
