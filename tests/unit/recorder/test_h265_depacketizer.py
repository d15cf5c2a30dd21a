"""H.265 out of RTP."""

from __future__ import annotations

from recorder.rtp.h265 import H265Depacketizer
from tests.fakes.rtp import Sender, fu_h265
from tests.fakes.units import encode_pictures
from vms.core.media.access_unit import Codec
from vms.core.media.nal import split_length_prefixed

PICTURES = encode_pictures(Codec.H265, count=6, gop_pictures=3)


def aggregate(nals: list[bytes]) -> bytes:
    return b"\x60\x01" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def test_pictures_of_a_real_encoder_come_out_as_they_went_in_however_they_are_cut() -> None:
    sender = Sender(H265Depacketizer())
    out = []
    for picture in PICTURES:
        small: list[bytes] = []
        large: list[bytes] = []
        for nal in split_length_prefixed(picture.data):
            (small if len(nal) < 100 and not large else large).append(nal)
        payloads = [aggregate(small)] if len(small) > 1 else small
        payloads += [piece for nal in large for piece in fu_h265(nal, 50)]
        out += sender.send(*payloads, timestamp=picture.pts)
    assert [coded.data for coded in out] == [picture.data for picture in PICTURES]
    assert [coded.random_access for coded in out] == [p.random_access for p in PICTURES]
    assert all(coded.format is out[0].format for coded in out)
    assert out[0].format == PICTURES[0].format


def test_a_broken_aggregate_drops_its_picture_only() -> None:
    sender = Sender(H265Depacketizer(PICTURES[0].format.parameter_sets))
    nals = split_length_prefixed(PICTURES[0].data)
    assert sender.send(aggregate(nals)[:-3], timestamp=1) == []
    assert len(sender.send(*nals, timestamp=2)) == 1
    assert sender.depacketizer.dropped == 1
