"""A start with much waiting for the archive: hashes are taken from names when they can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.segmenter import Segmenter
from recorder.spool import open_spool
from recorder.spool.boot import is_sure
from recorder.spool.names import hash_in, outgoing_name
from tests.fakes.recordings import steps_of
from tests.fakes.units import pictures
from vms.core.model import Segment


async def fill(folder: Path, *, fsync: bool = True) -> list[Segment]:
    async with open_spool(folder, max_bytes=1 << 30, fsync=fsync) as spool:
        await spool.recover()
        for step in steps_of(pictures(12), Segmenter(3, 7, segment_seconds=5)):
            await spool.write(step)
        return spool.sealed()


async def again(folder: Path) -> list[Segment]:
    async with open_spool(folder, max_bytes=1 << 30) as spool:
        return await spool.recover()


def change_a_byte(folder: Path) -> None:
    """In the middle of the first segment, where a picture is."""
    path = min(folder.glob("7/*.mp4"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(data)


async def test_the_hash_in_a_name_spares_the_reading(tmp_path: Path) -> None:
    before = await fill(tmp_path)
    change_a_byte(tmp_path)  # not looked at: the archive, or its auditor, would
    assert await again(tmp_path) == before


async def test_after_a_power_cut_files_that_were_not_synced_are_read(tmp_path: Path) -> None:
    before = await fill(tmp_path, fsync=False)
    change_a_byte(tmp_path)
    (tmp_path / "boot").write_text("another-boot unsynced\n")
    after = await again(tmp_path)
    assert after[0].sha256 != before[0].sha256
    assert after[1:] == before[1:]


async def test_a_torn_file_is_read_whatever_its_name_says(tmp_path: Path) -> None:
    before = await fill(tmp_path)
    path = max(tmp_path.glob("7/*.mp4"))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 10)
    after = await again(tmp_path)
    assert after[:-1] == before[:-1]
    assert after[-1].sha256 != before[-1].sha256


async def test_second_names_without_a_first_are_removed(tmp_path: Path) -> None:
    await fill(tmp_path)
    path = max(tmp_path.glob("7/*.mp4"))
    path.unlink()
    await again(tmp_path)
    assert {name.name.split(".")[0] for name in tmp_path.glob("7/*.out")} == {
        name.stem for name in tmp_path.glob("7/*.mp4")
    }


@pytest.mark.parametrize(
    ("before", "fsync", "sure"),
    [
        ("this unsynced", False, True),
        ("another unsynced", True, False),
        ("another synced", False, True),
        ("", True, False),
        ("- unsynced", True, False),
    ],
)
def test_what_was_written_is_sure_if_synced_or_without_a_restart_of_the_system(
    before: str, fsync: bool, sure: bool, tmp_path: Path
) -> None:
    (tmp_path / "id").write_text("this\n")
    (tmp_path / "boot").write_text(before)
    assert is_sure(tmp_path, fsync=fsync, boot_id=tmp_path / "id") is sure
    assert (tmp_path / "boot").read_text().split() == ["this", "synced" if fsync else "unsynced"]


def test_a_system_that_does_not_say_when_it_started_is_never_sure(tmp_path: Path) -> None:
    assert not is_sure(tmp_path, fsync=False, boot_id=tmp_path / "missing")
    assert not is_sure(tmp_path, fsync=False, boot_id=tmp_path / "missing")


@pytest.mark.parametrize("sha256", [b"", bytes(range(32))])
def test_a_hash_is_read_back_from_the_name_it_was_put_into(sha256: bytes) -> None:
    name = outgoing_name(Path("7/12-34-5.mp4"), sha256)
    assert hash_in(name.name) == ("12-34-5", sha256)


def test_a_name_with_nonsense_for_a_hash_has_none() -> None:
    assert hash_in("12-34-5." + "g" * 64 + ".out") == ("12-34-5", b"")
    assert hash_in("12-34-5.00.out") == ("12-34-5", b"")
