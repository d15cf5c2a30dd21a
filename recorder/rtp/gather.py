"""Whole pictures out of a camera's byte stream in one pass, compiled to machine code by numba.

Interleaved packets (RFC 2326 section 10.12) of RTP (RFC 3550) with H.264 (RFC 6184) or H.265 (RFC
7798) become length-prefixed NAL units, without a call of the interpreter for each packet. Only what
is as it should be is taken: a picture that lies here whole, in packets that follow each other, with
nothing unusual in it. At anything else the pass stops before the picture; whoever takes packets one
by one (`depacketizer`) decides what that is. No state is kept between calls. Pure.

numba compiles this once and keeps the result beside this file, or where NUMBA_CACHE_DIR says; where
neither can be written, it compiles at each start (some seconds).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit, types

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

WHOLE: Final = 0
"""Everything was taken."""
WAITS: Final = 1
"""What is left begins a picture (or a packet) whose end has not arrived; all of it is usual."""
UNUSUAL: Final = 2
"""What is left begins with something that others have to look at."""
FULL: Final = 3
"""No room for more results: take these, and call again."""

UNIT_COLUMNS: Final = 8
(TIMESTAMP, OUT_START, OUT_END, NALS_END, PLAIN, POSITION, PACKETS, ASIDES) = range(UNIT_COLUMNS)
"""Of a picture: its RTP timestamp; where it lies in `out`; how many NAL units there are up to its
end; whether it has only slices at which no decoding begins; where its first packet begins in
`data`; how many packets came before it, and how many asides."""


class Track(NamedTuple):
    """`channel`: of the picture's RTP. `expected`: its next sequence number. `emitted`: timestamp
    of the picture before, another one with it is unusual; -1: there was none."""

    channel: int
    hevc: bool
    expected: int
    emitted: int


class Tables(NamedTuple):
    """Where results go. `out`: the pictures' bytes. `units`: see above. `nals`: of a NAL unit,
    where it starts in `out` behind its length, where it ends, whether it is a slice. `asides`: of a
    packet on another channel, the channel, where it starts in `data` and where it ends."""

    out: Bytes
    units: Numbers
    nals: Numbers
    asides: Numbers


def tables(out_bytes: int, units: int = 64, nals: int = 2048, asides: int = 1024) -> Tables:
    return Tables(
        np.empty(out_bytes, np.uint8),
        *(np.empty(shape, np.int64) for shape in ((units, UNIT_COLUMNS), (nals, 3), (asides, 3))),
    )


_TINY = 24
"""Bytes of a packet on another channel; others count those smaller than this."""
_HEADS = 16
"""Bytes of an interleaved packet before its payload, when nothing is unusual."""
_MOST_NALS = 256
_GOES_ON = -1

_STATE = 10
(_AT, _SEQUENCE, _USED, _NALS, _ASIDES, _STAMP, _OPENED, _SLICED, _PLAIN, _COUNT) = range(_STATE)
"""Of the picture being taken: where its next packet begins, that one's sequence number, how much of
each table is used, its timestamp, where in `out` the open NAL unit's length stands (-1: none is
open), whether it has slices, whether only plain ones, and its packets so far."""

_Function = TypeVar("_Function", bound=Callable[..., object])
_inner = cast(Callable[[_Function], _Function], njit)


def _compiled(signature: object) -> Callable[[_Function], _Function]:
    def compiled(function: _Function) -> _Function:
        try:
            made = njit(signature, cache=True, nogil=True)(function)
        except RuntimeError:  # no place where the result could be kept
            made = njit(signature, nogil=True)(function)
        return cast(_Function, made)

    return compiled


@_inner
def _copy(out: Bytes, used: int, data: Bytes, start: int, end: int) -> int:
    """Append data[start:end] to what is used of `out`; what is used then. Unsigned, this is one
    vectorized loop; an assignment of slices would look for overlaps and cost ten times as much."""
    to, of = np.uint64(used), np.uint64(start)
    for step in range(np.uint64(end - start)):
        out[to + step] = data[of + step]
    return used + end - start


@_inner
def _number(data: Bytes, at: int, size: int) -> int:
    """The big-endian integer there."""
    found = np.int64(0)
    for step in range(size):
        found = (found << 8) | data[at + step]
    return found  # type: ignore[return-value]


@_inner
def _kind_in(header: int, hevc: bool) -> int:
    """The NAL unit type in the first byte of a header."""
    return (header >> 1) & 0x3F if hevc else header & 0x1F


@_inner
def _sort_of(kind: int, hevc: bool) -> int:
    """Of a NAL unit type: 0 no picture data, 1 a slice at which no decoding begins, 2 another
    slice, -1 nothing that stands in a NAL unit."""
    if hevc:
        return -1 if kind > 47 else 1 if kind < 16 else 2 if kind < 32 else 0
    return -1 if kind == 0 or kind > 23 else 1 if kind == 1 else 2 if kind < 6 else 0


@_inner
def _begin_nal(s: Numbers, sort: int) -> None:
    """Leave room for the length; note what the unit makes of its picture."""
    s[_OPENED] = s[_USED]
    s[_USED] += 4
    if sort > 0:
        s[_SLICED] = 1
    if sort != 1:
        s[_PLAIN] = 0


@_inner
def _end_nal(s: Numbers, to: Tables, sort: int) -> None:
    at, size = s[_OPENED], s[_USED] - s[_OPENED] - 4
    for step in range(4):
        to.out[at + step] = (size >> (24 - 8 * step)) & 0xFF
    row = s[_NALS]
    to.nals[row, 0], to.nals[row, 1], to.nals[row, 2] = at + 4, s[_USED], sort > 0
    s[_NALS], s[_OPENED] = row + 1, -1


@_inner
def _fragment(s: Numbers, to: Tables, data: Bytes, start: int, end: int, hevc: bool) -> int:
    """FU-A (RFC 6184 section 5.8), FU (RFC 7798 section 4.4.3)."""
    lead = 2 if hevc else 1
    if end - start < lead + 2:
        return UNUSUAL
    head = data[start + lead]
    kind = head & (0x3F if hevc else 0x1F)
    sort = _sort_of(kind, hevc)
    if head & 0x80:
        if s[_OPENED] >= 0 or head & 0x40 or sort < 0:
            return UNUSUAL
        _begin_nal(s, sort)
        first = (data[start] & 0x81) | (kind << 1) if hevc else (data[start] & 0xE0) | kind
        to.out[s[_USED]] = first
        if hevc:
            to.out[s[_USED] + 1] = data[start + 1]
        s[_USED] += lead
    elif s[_OPENED] < 0 or kind != _kind_in(to.out[s[_OPENED] + 4], hevc):
        return UNUSUAL
    s[_USED] = _copy(to.out, s[_USED], data, start + lead + 1, end)
    if head & 0x40:
        _end_nal(s, to, sort)
    return _GOES_ON


@_inner
def _unit(s: Numbers, to: Tables, data: Bytes, start: int, end: int, hevc: bool) -> int:
    """A whole NAL unit."""
    if end - start < (3 if hevc else 2) or (hevc and data[start] == 0 and data[start + 1] == 0):
        return UNUSUAL  # too short; a start code
    sort = _sort_of(_kind_in(data[start], hevc), hevc)
    if sort < 0:
        return UNUSUAL
    _begin_nal(s, sort)
    s[_USED] = _copy(to.out, s[_USED], data, start, end)
    _end_nal(s, to, sort)
    return _GOES_ON


@_inner
def _aggregate(s: Numbers, to: Tables, data: Bytes, start: int, end: int, hevc: bool) -> int:
    """STAP-A (RFC 6184 section 5.7.1), AP (RFC 7798 section 4.4.2)."""
    before = s[_NALS]
    while end - start > 2:
        size = _number(data, start, 2)
        start += 2
        if size > end - start or s[_NALS] - before >= _MOST_NALS:
            return UNUSUAL
        if _unit(s, to, data, start, start + size, hevc) != _GOES_ON:
            return UNUSUAL
        start += size
    return _GOES_ON


@_inner
def _payload(s: Numbers, to: Tables, data: Bytes, start: int, end: int, hevc: bool) -> int:
    kind = _kind_in(data[start], hevc)
    if kind == (49 if hevc else 28):
        return _fragment(s, to, data, start, end, hevc)
    if s[_OPENED] >= 0:
        return UNUSUAL  # a unit without its end
    if kind == (48 if hevc else 24):
        return _aggregate(s, to, data, start + (2 if hevc else 1), end, hevc)
    return _unit(s, to, data, start, end, hevc)


@_inner
def _aside(s: Numbers, to: Tables, data: Bytes, stop: int) -> int:
    """A packet on another channel, which ends at `stop`: noted for whom it concerns."""
    at, row = s[_AT], s[_ASIDES]
    if data[at + 1] > 31 or stop - at < _TINY:
        return UNUSUAL
    if row == len(to.asides):
        return FULL
    to.asides[row, 0], to.asides[row, 1], to.asides[row, 2] = data[at + 1], at + 4, stop
    s[_ASIDES], s[_AT] = row + 1, stop
    return _GOES_ON


@_inner
def _packet(s: Numbers, to: Tables, data: Bytes, stop: int, track: Track) -> int:
    """A packet of the picture, which ends at `stop`; WHOLE when it is the last one."""
    at, stamp = s[_AT], _number(data, s[_AT] + 8, 4)
    follows = data[at + 4] == 0x80 and _number(data, at + 6, 2) == s[_SEQUENCE]
    belongs = stamp == s[_STAMP] if s[_COUNT] else stamp != track.emitted
    if not follows or not belongs or stop - at <= _HEADS:
        return UNUSUAL
    room = len(to.out) - s[_USED] - 4 * _MOST_NALS
    if stop - at > room or s[_NALS] + _MOST_NALS > len(to.nals):
        return FULL
    s[_STAMP], s[_SEQUENCE] = stamp, (s[_SEQUENCE] + 1) & 0xFFFF
    s[_COUNT] += 1
    status = _payload(s, to, data, at + _HEADS, stop, track.hevc)
    if status != _GOES_ON:
        return status
    s[_AT] = stop
    if data[at + 5] < 0x80:
        return _GOES_ON
    return WHOLE if s[_OPENED] < 0 and s[_SLICED] else UNUSUAL


@_inner
def _next(s: Numbers, to: Tables, data: Bytes, end: int, track: Track) -> int:
    """Whatever comes next on the connection."""
    at = s[_AT]
    if data[at] != 0x24:
        return UNUSUAL
    if end - at < 5:
        return WAITS
    stop = at + 4 + _number(data, at + 2, 2)
    if data[at + 4] >> 6 != 2 or stop - at <= _HEADS:
        return UNUSUAL
    if stop > end:
        return WAITS
    if data[at + 1] != track.channel:
        return _aside(s, to, data, stop)
    return _packet(s, to, data, stop, track)


_NUMBER, _TABLE = types.int64, types.int64[:, ::1]
_IN = types.Array(types.uint8, 1, "C", readonly=True)
_TRACK = types.NamedTuple([_NUMBER, types.boolean, _NUMBER, _NUMBER], Track)  # type: ignore[no-untyped-call]
_TO = types.NamedTuple([types.uint8[::1], _TABLE, _TABLE, _TABLE], Tables)  # type: ignore[no-untyped-call]
_FOUND = types.UniTuple(_NUMBER, 5)  # type: ignore[no-untyped-call]


@_compiled(_FOUND(_IN, _NUMBER, _NUMBER, _TRACK, _TO))
def gather(
    data: Bytes, position: int, end: int, track: Track, to: Tables
) -> tuple[int, int, int, int, int]:
    """Take pictures from data[position:end], which begins with an interleaved packet.

    Returns WHOLE, WAITS, UNUSUAL or FULL; how far `data` was taken; how many pictures and asides
    there are, and of how many packets the pictures are made.
    """
    s = np.zeros(_STATE, np.int64)
    s[_AT], s[_SEQUENCE] = position, track.expected
    units = taken = asides = 0
    while True:
        begin = s[_USED]
        s[_OPENED], s[_SLICED], s[_PLAIN], s[_COUNT] = -1, 0, 1, 0
        status = FULL if units == len(to.units) else _GOES_ON
        while status == _GOES_ON:
            if s[_COUNT] == 0:  # what stands between pictures is taken at once
                position, asides = s[_AT], s[_ASIDES]
            if s[_AT] == end:
                status = WAITS if s[_COUNT] else WHOLE
                return status, position, units, asides, taken
            status = _next(s, to, data, end, track)
        if status != WHOLE:
            full_of_one = status == FULL and units == 0 and asides == 0
            return UNUSUAL if full_of_one else status, position, units, asides, taken
        row = to.units[units]
        row[TIMESTAMP], row[OUT_START], row[OUT_END] = s[_STAMP], begin, s[_USED]
        row[NALS_END], row[PLAIN], row[POSITION] = s[_NALS], s[_PLAIN], position
        row[PACKETS], row[ASIDES] = taken, asides
        units, taken = units + 1, taken + s[_COUNT]
        track = Track(track.channel, track.hevc, track.expected, s[_STAMP])
        position, asides = s[_AT], s[_ASIDES]
