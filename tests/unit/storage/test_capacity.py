"""What a site needs, against the table of the requirements (4 Mbit/s, segments of a minute)."""

from __future__ import annotations

import pytest

from storage.capacity import Site, needs, words
from vms.core.errors import Invalid


@pytest.mark.parametrize(
    ("cameras", "gbit", "a_day", "ten", "thirty", "ninety", "objects", "puts"),
    [
        (66, 0.26, 2.9, 29, 86, 257, 95e3, 1.1),
        (300, 1.2, 13, 130, 389, 1.2e3, 432e3, 5),
        (1335, 5.3, 58, 577, 1.7e3, 5.2e3, 1.9e6, 22),
        (3452, 13.8, 149, 1.5e3, 4.5e3, 13.4e3, 5e6, 58),
    ],
)
def test_the_cities_of_the_table(
    cameras: int,
    gbit: float,
    a_day: float,
    ten: float,
    thirty: float,
    ninety: float,
    objects: float,
    puts: float,
) -> None:
    """Terabytes; the table is rounded to two digits."""
    found = {days: needs(Site(cameras, 4, days)) for days in (10, 30, 90)}
    for days, terabytes in ((10, ten), (30, thirty), (90, ninety)):
        assert found[days].archive_bytes / 1e12 == pytest.approx(terabytes, rel=0.035)
    assert found[30].bytes_per_day / 1e12 == pytest.approx(a_day, rel=0.035)
    assert found[30].bits_per_second / 1e9 == pytest.approx(gbit, rel=0.035)
    assert found[30].objects_per_day == pytest.approx(objects, rel=0.035)
    assert found[30].objects_per_second == pytest.approx(puts, rel=0.035)


def test_one_camera_exactly() -> None:
    found = needs(Site(1, 4, 30))
    assert found.bytes_per_day == 43_200_000_000
    assert found.objects == 43_200
    assert found.disk_bytes == pytest.approx(found.archive_bytes / 0.9)


def test_hours_and_streams_count() -> None:
    half, whole = needs(Site(2, 4, 10, hours=12)), needs(Site(2, 4, 10, streams=2))
    assert half.archive_bytes * 2 == whole.archive_bytes
    assert half.objects * 4 == whole.objects
    assert half.bits_per_second == whole.bits_per_second


@pytest.mark.parametrize(
    ("site", "field"),
    [
        (Site(0, 4, 30), "cameras"),
        (Site(1, -1, 30), "mbps"),
        (Site(1, float("nan"), 30), "mbps"),
        (Site(1, 4, float("inf")), "days"),
        (Site(1, 4, 30, hours=25), "hours"),
    ],
)
def test_numbers_that_no_site_has_are_refused(site: Site, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        needs(site)
    assert refused.value.context["field"] == field


def test_what_a_terminal_shows() -> None:
    site = Site(66, 4, 30)
    assert words(site, needs(site)) == (
        "66 cameras × 4 Mbit/s × 30 days\n"
        "  archive                  85.54 TB (77.79 TiB)\n"
        "  disk, a tenth kept free  95.04 TB (86.44 TiB)\n"
        "  a day                    2.85 TB (2.59 TiB)\n"
        "  written                  264 Mbit/s\n"
        "  objects                  2,851,200, 1.1 a second\n"
        "  index                    1.71 GB (1.59 GiB)"
    )
