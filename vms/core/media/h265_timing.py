"""The way through an H.265 SPS to its timing information, far behind the picture size. Pure.

Only the frame rate is wanted; whatever cannot be read means "not told", never an error.
"""

from __future__ import annotations

from vms.core.errors import Corrupt
from vms.core.media.bits import BitReader
from vms.core.media.h264 import skip_vui_head

_MOST_SETS = 64  # num_short_term_ref_pic_sets, 7.4.3.2.1
_MOST_PICTURES = 16  # pictures in a decoded picture buffer


def read_fps(bits: BitReader, layers: int) -> float | None:
    """Pictures per second; `bits` stands behind bit_depth_chroma_minus8. None when not told."""
    try:
        _skip_to_vui(bits, layers)
        if not bits.flag():
            return None
        tick, scale = _read_timing(bits)
    except Corrupt:
        return None
    return scale / tick if tick and 0.05 <= scale / tick <= 1000 else None


def _skip_to_vui(bits: BitReader, layers: int) -> None:
    order_bits = bits.ue() + 4
    for _ in range(layers if bits.flag() else 1):
        bits.ue()
        bits.ue()
        bits.ue()
    for _ in range(6):  # block sizes and transform depths
        bits.ue()
    if bits.flag() and bits.flag():
        _skip_scaling_lists(bits)
    bits.skip(2)  # amp, sample_adaptive_offset
    if bits.flag():  # pcm_enabled_flag
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)
    _skip_short_term_sets(bits)
    if bits.flag():  # long_term_ref_pics_present_flag
        for _ in range(min(bits.ue(), 33)):
            bits.skip(order_bits + 1)
    bits.skip(2)  # temporal_mvp, strong_intra_smoothing


def _skip_scaling_lists(bits: BitReader) -> None:
    """scaling_list_data() (7.3.4)."""
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                bits.se()


def _skip_short_term_sets(bits: BitReader) -> None:
    count = bits.ue()
    if count > _MOST_SETS:
        raise Corrupt("impossible number of reference picture sets", count=count)
    pictures = 0
    for index in range(count):
        pictures = _skip_short_term_set(bits, index, pictures)


def _skip_short_term_set(bits: BitReader, index: int, previous: int) -> int:
    """st_ref_pic_set() (7.3.7); `previous` and the result are numbers of pictures in the set."""
    if index and bits.flag():  # inter_ref_pic_set_prediction_flag
        bits.skip(1)
        bits.ue()
        kept = 0
        for _ in range(previous + 1):
            used = bits.flag()
            kept += used or bits.flag()
        return kept
    negative, positive = bits.ue(), bits.ue()
    if max(negative, positive) > _MOST_PICTURES:
        raise Corrupt("impossible reference picture set", negative=negative, positive=positive)
    for _ in range(negative + positive):
        bits.ue()
        bits.skip(1)
    return negative + positive


def _read_timing(bits: BitReader) -> tuple[int, int]:
    """num_units_in_tick and time_scale of vui_parameters() (E.2.1); (0, 0) when absent."""
    skip_vui_head(bits)
    bits.skip(3)  # neutral_chroma, field_seq, frame_field_info
    if bits.flag():  # default_display_window
        for _ in range(4):
            bits.ue()
    return (bits.u(32), bits.u(32)) if bits.flag() else (0, 0)
