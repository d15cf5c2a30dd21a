"""Heads read by ranges tell what a whole scan of the file tells."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.integrity.walk import walk
from storage.objects.walks import walk_through
from tests.fakes.recordings import record
from tests.fakes.units import AAC, encode_pictures, gop, interleave, pictures, sound, unit
from vms.core.errors import Corrupt
from vms.core.media.access_unit import AccessUnit, Codec
from vms.core.media.fmp4 import Scan, scan


def walked(data: bytes, asked: list[int] | None = None) -> Scan:
    def read(offset: int, size: int) -> bytes:
        if asked is not None:
            asked.append(size)
        return data[offset : offset + size]

    return walk_through(walk(len(data)), read)


def long_group() -> list[AccessUnit]:
    """One key picture in two minutes: segments that go on in the group of another."""
    return [unit(0, key=True), *(unit(n) for n in range(1, 25 * 130))]


RUNS: dict[str, Iterable[AccessUnit]] = {
    "pictures": pictures(20),
    "pictures and sound": interleave(pictures(8), [sound(n) for n in range(400)]),
    "AAC": interleave(pictures(8), [sound(n, used=AAC) for n in range(120)]),
    "intra only": [unit(n, key=True) for n in range(100)],
    "one long group": long_group(),
    "sound only": [sound(n) for n in range(500)],
    "large pictures": pictures(4, size=60_000),
    "long table": gop(0, 2400, fps=240.0, size=20),
    "B-pictures": encode_pictures(Codec.H264, b_pictures=2),
    "H.265": encode_pictures(Codec.H265, b_pictures=2),
}


@pytest.mark.parametrize("kind", RUNS)
def test_a_walk_finds_what_a_scan_finds(kind: str) -> None:
    for made in record(RUNS[kind], segment_seconds=10, video=kind != "sound only"):
        data = bytes(made.data)
        assert walked(data) == scan(io.BytesIO(data))


def test_of_a_segment_little_more_than_its_heads_is_read() -> None:
    (made,) = record(pictures(30, size=60_000))
    asked: list[int] = []
    found = walked(bytes(made.data), asked)
    assert len(asked) <= len(found.fragments) + 1
    assert sum(asked) < len(made.data) // 100


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_wherever_an_object_is_cut_the_whole_fragments_are_found(data: st.DataObject) -> None:
    whole = bytes(_SHORT.data)
    cut = whole[: data.draw(st.integers(_SHORT.init_size, len(whole)))]
    assert walked(cut) == scan(io.BytesIO(cut))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 255))
def test_a_changed_byte_ends_in_a_finding_or_in_corrupt_and_never_in_another_error(
    place: int, value: int
) -> None:
    torn = bytearray(_SHORT.data)
    torn[place % len(torn)] = value
    try:
        found = walked(bytes(torn))
    except Corrupt:
        return
    assert found.whole_size <= len(torn)
    assert all(one.offset + one.size <= len(torn) for one in found.fragments)


def test_what_has_no_front_is_corrupt() -> None:
    for data in (b"", b"\0" * 20, b"no video" * 1000, bytes(_SHORT.data[:200])):
        with pytest.raises(Corrupt):
            walked(data)


_SHORT = record(interleave(pictures(3), [sound(n) for n in range(150)]))[0]
