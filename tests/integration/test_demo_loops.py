"""A minute is coded once, and a cache file is trusted only when it is whole."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from vms.core.errors import Invalid
from vms.demo.coding import VideoSettings
from vms.demo.loops import load

TINY = VideoSettings(width=160, height=96, fps=Fraction(2), gop_seconds=2, kbit_per_second=50)


def test_every_group_of_pictures_begins_with_a_key_picture(tmp_path: Path) -> None:
    loop = load("harbour", "Loktuan", TINY, tmp_path)
    assert [picture.key for picture in loop.pictures] == [n % 4 == 0 for n in range(120)]
    assert loop.format.parameter_sets


@pytest.mark.parametrize("harm", ["none", "cut", "emptied", "scribbled"])
def test_a_harmed_cache_file_is_made_anew(tmp_path: Path, harm: str) -> None:
    load("harbour", "Loktuan", TINY, tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    harmed = {"none": whole, "cut": whole[:-3], "emptied": b"", "scribbled": b"x" + whole[1:]}
    path.write_bytes(harmed[harm])
    assert len(load("harbour", "Loktuan", TINY, tmp_path).pictures) == 120
    assert path.read_bytes() == whole


def test_a_minute_must_hold_whole_groups() -> None:
    with pytest.raises(Invalid):
        load("harbour", "", VideoSettings(fps=Fraction(25), gop_seconds=7), None)
