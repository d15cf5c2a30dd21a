"""Names of objects, read back letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.integrity.names import Name, parse
from vms.core.walltime import WallTime


@given(
    st.integers(1, 10**12),
    st.integers(1, 10**12),
    st.integers(0, 4 * 10**15),
    st.integers(0, 4 * 10**15),
    st.integers(0, 10**6),
)
def test_every_name_comes_back(
    camera: int, stream: int, start: int, epoch: int, sequence: int
) -> None:
    name = Name(camera, stream, WallTime(start), epoch, sequence)
    assert parse(name.key) == name


@pytest.mark.parametrize(
    "key",
    [
        "",
        "1/2/2026-11-23/1795413600000000-1-0.mp4.part",
        "1/2/2026-11-24/1795413600000000-1-0.mp4",  # another day than the time says
        "01/2/2026-11-23/1795413600000000-1-0.mp4",
        "1/2/2026-11-23/01795413600000000-1-0.mp4",
        "1/2/2026-11-23/1795413600000000-1-0.mp4\n",
        "x/1/2/2026-11-23/1795413600000000-1-0.mp4",
        "lost+found",
    ],
)
def test_what_is_not_exactly_a_name_is_none(key: str) -> None:
    assert parse(key) is None


def test_the_name_of_the_cases_above_is_one() -> None:
    assert parse("1/2/2026-11-23/1795413600000000-1-0.mp4") == Name(
        1, 2, WallTime(1_795_413_600_000_000), 1, 0
    )
