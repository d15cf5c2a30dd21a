"""How much room and traffic a site needs: the arithmetic of `vms plan`. Pure.

Bit rates are those of the streams as they are recorded. Disks are sold in 10^12 bytes and systems
count in 2^40: both are said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from vms.core.errors import Invalid

SPARE_SHARE: Final = 0.1
"""Of a disk, kept free: the share up to which a full store makes room (`storage.full.levels`)."""
INDEX_ROW_BYTES: Final = 600
"""Of one segment in the index: its row with 60 groups in the table, and its key."""
SEGMENT_SECONDS: Final = 60
_UNITS: Final = (("PB", 10**15, "PiB", 1 << 50), ("TB", 10**12, "TiB", 1 << 40))
_LEAST_UNIT: Final = ("GB", 10**9, "GiB", 1 << 30)


@dataclass(frozen=True, slots=True)
class Site:
    """`mbps`: of one camera's recorded streams together. `hours`: recorded a day. `streams`:
    recorded of each camera."""

    cameras: int
    mbps: float
    days: float
    hours: float = 24.0
    streams: int = 1


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes, bits and objects. `disk_bytes`: with what stays free. The two rates are those of the
    hours in which cameras are recorded."""

    bytes_per_day: int
    archive_bytes: int
    disk_bytes: int
    index_bytes: int
    objects: int
    objects_per_day: int
    objects_per_second: float
    bits_per_second: int


def needs(site: Site) -> Needs:
    """Raises Invalid for numbers that no site has."""
    for name in ("cameras", "mbps", "days", "hours", "streams"):
        value = getattr(site, name)
        if not (0 < value < math.inf):
            raise Invalid(f"--{name} is a number above nothing", field=name, value=value)
    if site.hours > 24:
        raise Invalid("a day has 24 hours", field="hours", value=site.hours)
    bits = site.cameras * site.mbps * 1_000_000
    per_day = bits / 8 * site.hours * 3600
    objects_per_second = site.cameras * site.streams / SEGMENT_SECONDS
    objects_per_day = objects_per_second * site.hours * 3600
    return Needs(
        bytes_per_day=round(per_day),
        archive_bytes=round(per_day * site.days),
        disk_bytes=round(per_day * site.days / (1 - SPARE_SHARE)),
        index_bytes=round(objects_per_day * site.days) * INDEX_ROW_BYTES,
        objects=round(objects_per_day * site.days),
        objects_per_day=round(objects_per_day),
        objects_per_second=objects_per_second,
        bits_per_second=round(bits),
    )


def words(site: Site, found: Needs) -> str:
    """For a terminal."""
    hours = "" if site.hours == 24 else f", {site.hours:g} h a day"
    head = f"{site.cameras} cameras × {site.mbps:g} Mbit/s × {site.days:g} days{hours}"
    rows = (
        ("archive", _bytes(found.archive_bytes)),
        ("disk, a tenth kept free", _bytes(found.disk_bytes)),
        ("a day", _bytes(found.bytes_per_day)),
        ("written", f"{found.bits_per_second / 1e6:,.0f} Mbit/s"),
        ("objects", f"{found.objects:,}, {found.objects_per_second:,.1f} a second"),
        ("index", _bytes(found.index_bytes)),
    )
    width = max(len(name) for name, _ in rows)
    return "\n".join([head, *(f"  {name:<{width}}  {value}" for name, value in rows)])


def _bytes(count: int) -> str:
    name, size, binary_name, binary = next(
        (unit for unit in _UNITS if count >= unit[1]), _LEAST_UNIT
    )
    return f"{count / size:,.2f} {name} ({count / binary:,.2f} {binary_name})"
