"""The second engine's pure parts: addresses, and access units as containers hold them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.engines import engine_of
from recorder.errors import CameraError
from recorder.pyav.address import SCHEMES, opening
from recorder.pyav.frames import (
    AdtsFrames,
    WholePictures,
    adts_config,
    cut,
    plain_aac,
    stored_sets,
)
from recorder.rtsp.tls import Trust
from tests.fakes.units import PPS, SPS
from vms.core.media.access_unit import Codec
from vms.core.media.audio import aac_format
from vms.core.media.nal import join_annex_b, join_length_prefixed
from vms.core.model import Cause, Engine, Stream, StreamRole, Transport
from vms.core.secret import Secret

KEY, LATER, SEI = b"\x65\x88\x80key", b"\x41\x9a\x00later", b"\x06\x05\x01\xaa\x80"
AVCC = (
    b"\x01\x64\x00\x1f\xff\xe1"
    + len(SPS).to_bytes(2, "big")
    + SPS
    + b"\x01"
    + len(PPS).to_bytes(2, "big")
    + PPS
)


def stream(url: str, **more: object) -> Stream:
    return replace(Stream(1, 1, StreamRole.MAIN, url), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "engine", "used"),
    [
        ("rtsp://cam/", Engine.AUTO, Engine.RTSP),
        ("RTSPS://cam/", Engine.AUTO, Engine.RTSP),
        ("cam/live", Engine.AUTO, Engine.RTSP),
        ("rtsp://cam/", Engine.PYAV, Engine.PYAV),
        *((f"{scheme}://cam/", Engine.AUTO, Engine.PYAV) for scheme in ("http", "udp", "rtmp")),
    ],
)
def test_what_is_no_rtsp_goes_to_the_second_engine(url: str, engine: Engine, used: Engine) -> None:
    assert engine_of(stream(url, engine=engine)) is used


def test_a_password_is_escaped_in_the_address_and_not_in_the_repr() -> None:
    found = opening(stream("rtsp://cam/live", username="u ser", password=Secret("p@:/#%")), Trust())
    assert found.url == "rtsp://u%20ser:p%40%3A%2F%23%25@cam/live"
    assert "p%40" not in repr(found)
    assert "p@" not in repr(found)


def test_every_address_has_a_time_limit_and_fences() -> None:
    for scheme in SCHEMES - {"file"}:
        options = opening(stream(f"{scheme}://cam:99/live"), Trust()).options
        assert options.get("timeout") or options.get("rw_timeout")
        assert "file" not in options["protocol_whitelist"].split(",")
        assert "concat" not in options["format_whitelist"].split(",")
    assert opening(stream("file:///a%20b.mp4"), Trust()).url == "file:/a b.mp4"
    assert opening(stream("file:///a.mp4"), Trust()).options["protocol_whitelist"] == "file"


def test_the_transport_and_trust_of_a_stream_count() -> None:
    udp = opening(stream("rtsp://cam/", transport=Transport.UDP), Trust()).options
    assert udp["rtsp_transport"] == "udp"
    verified = opening(stream("https://cam/"), Trust(verify=True, authorities=Path("ca.pem")))
    assert (verified.options["tls_verify"], verified.options["ca_file"]) == ("1", "ca.pem")


@pytest.mark.parametrize(
    "url",
    [
        *("concat:a|b", "subfile,,start,0,end,1,,:/etc/passwd", "ftp://x/", "http://", "pipe:0"),
        *("http:///x", "udp://", "rtmp://ho st/", "http://cam/a\r\nHost: b", "cam/live", ""),
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(CameraError) as caught:
        opening(stream(url), Trust())
    assert caught.value.cause is Cause.BAD_URL


def test_parameter_sets_are_read_out_of_the_containers_head() -> None:
    assert stored_sets(Codec.H264, AVCC) == ([SPS, PPS], 4)
    assert stored_sets(Codec.H264, join_annex_b([SPS, PPS])) == ([SPS, PPS], 0)
    assert stored_sets(Codec.H264, b"") == ([], 0)


@given(st.binary(max_size=200))
def test_a_broken_head_is_no_error(data: bytes) -> None:
    for codec in (Codec.H264, Codec.H265):
        stored_sets(codec, b"\x01" + data)
        stored_sets(codec, data)


@given(st.binary(max_size=200), st.integers(0, 4))
def test_any_bytes_can_be_cut(data: bytes, length_size: int) -> None:
    assert sum(map(len, cut(data, length_size))) <= len(data)


def push(reader: WholePictures, data: bytes, stamp: int = 0) -> None:
    reader.push(data, 0, len(data), True, stamp)


@pytest.mark.parametrize("length_size", [0, 4])
def test_pictures_come_out_length_prefixed_whatever_they_were(length_size: int) -> None:
    join = join_length_prefixed if length_size else join_annex_b
    reader = WholePictures(Codec.H264, (SPS, PPS) if length_size else (), length_size)
    push(reader, join([SPS, PPS, SEI, KEY]), 7)
    push(reader, join([LATER]), 9)
    key, later = reader.ready
    assert (key.timestamp, key.random_access, later.random_access) == (7, True, False)
    assert key.data == join_length_prefixed([SPS, PPS, SEI, KEY])
    assert key.format.parameter_sets == (SPS, PPS)


def test_sei_that_stands_alone_joins_the_next_picture() -> None:
    reader = WholePictures(Codec.H264, (SPS, PPS), 0)
    push(reader, join_annex_b([SEI]))
    push(reader, join_annex_b([KEY]))
    assert [coded.data for coded in reader.ready] == [join_length_prefixed([SEI, KEY])]


def test_pictures_without_parameter_sets_are_counted_as_lost() -> None:
    reader = WholePictures(Codec.H264, (), 0)
    push(reader, join_annex_b([KEY]))
    assert (reader.ready, reader.dropped) == ([], 1)
    reader.note((SPS, PPS))
    push(reader, join_annex_b([KEY]))
    assert len(reader.ready) == 1


def adts(payload: bytes, index: int = 8, channels: int = 1) -> bytes:
    size = len(payload) + 7
    head = bytes(
        (
            *(0xFF, 0xF1, 1 << 6 | index << 2 | channels >> 2),
            *((channels & 3) << 6 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC),
        )
    )
    return head + payload


def test_adts_headers_are_taken_off_and_told_apart_from_raw_frames() -> None:
    used = aac_format(b"\x14\x08")  # 16 kHz, one channel
    reader = AdtsFrames(used)
    for data in (adts(b"first"), b"\x21\x00 raw frame"):
        reader.push(data, 0, len(data), True, 0)
    assert [coded.data for coded in reader.ready] == [b"first", b"\x21\x00 raw frame"]
    assert reader.ready[0].format == used
    assert adts_config(adts(b"")) == b"\x14\x08"


def test_an_adts_header_that_says_otherwise_changes_the_format() -> None:
    reader = AdtsFrames(aac_format(b"\x14\x08"))
    data = adts(b"stereo", channels=2)
    reader.push(data, 0, len(data), True, 0)
    assert reader.ready[0].format.channels == 2


@given(st.binary(min_size=8, max_size=40))
def test_any_adts_header_is_no_error(data: bytes) -> None:
    AdtsFrames(aac_format(b"\x14\x08")).push(b"\xff\xf1" + data, 0, len(data) + 2, True, 0)


def test_a_rate_that_no_header_can_say_is_no_format() -> None:
    assert plain_aac(16000, 1) == aac_format(b"\x14\x08")
    assert plain_aac(12345, 1) is None
