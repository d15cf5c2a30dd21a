"""What a probe says in words of what it saw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recorder.findings import Seen, advice
from tests.fakes.units import H264, gop, unit
from vms.core.media.access_unit import AccessUnit
from vms.core.media.nal import join_length_prefixed
from vms.core.walltime import SECOND

OTHER = replace(H264, width=640, height=360)


def seen_of(units: list[AccessUnit]) -> Seen:
    seen = Seen()
    for each in units:
        seen.add(each)
    return seen


def said(units: list[AccessUnit], *, offset: int | None = 0, lost: int = 0) -> list[str]:
    return advice(seen_of(units), offset, lost)


TIDY = [*gop(0), *gop(25), *gop(50), *gop(75), unit(100, key=True)]


def test_of_a_tidy_camera_there_is_nothing_to_say() -> None:
    seen = seen_of(TIDY)
    assert (seen.fps, seen.key_seconds, seen.seconds) == (25.0, 1.0, 4.0)
    assert advice(seen, 0, 0) == []


def test_what_comes_before_the_first_key_picture_is_only_counted() -> None:
    seen = seen_of([unit(n) for n in range(7)] + gop(7))
    assert (seen.early, len(seen.pictures)) == (7, 25)


@pytest.mark.parametrize("units", [gop(0, 150), [*gop(0, 125), *gop(125, 125), *gop(250, 1)]])
def test_key_pictures_far_apart_are_told(units: list[AccessUnit]) -> None:
    (words,) = said(units)
    assert "interval" in words


def test_pictures_out_of_order_are_told() -> None:
    order = [0, 3, 1, 2, 6, 4, 5]
    (words,) = said([unit(n, key=n == 0) for n in order])
    assert "B-pictures" in words


def test_a_rate_that_is_not_kept_is_told() -> None:
    (words,) = said([unit(n, key=n % 8 == 0, fps=8.0) for n in range(33)])
    assert words == "The stream says 25 pictures/s and has 8.0; what it has counts"


def test_several_slices_are_told() -> None:
    slices = join_length_prefixed([b"\x65\x88a", b"\x65\x42b", b"\x65\x22c"])
    units = [replace(unit(0, key=True), data=slices), *[unit(n) for n in range(1, 25)]]
    assert said(units) == ["Pictures come in 3 slices"]


def test_another_size_while_watching_is_told() -> None:
    (words,) = said([*gop(0), *gop(25, used=OTHER)])
    assert words == "The picture changed while watching: 1280×720, 640×360"


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (None, "clock is not known"),
        (40 * SECOND, "40 s ahead: set its NTP server"),
        (-40 * SECOND, "40 s behind: set its NTP server"),
        (7 * 3600 * SECOND + SECOND, "7 h ahead: local time in the place of UTC?"),
        (-19_800 * SECOND, "5.5 h behind: local time"),
    ],
)
def test_a_clock_that_is_wrong_is_told(offset: int | None, words: str) -> None:
    (found,) = said(TIDY, offset=offset)
    assert words in found


def test_losses_are_told() -> None:
    (words,) = said(TIDY, lost=3)
    assert words.startswith("3 packets")
