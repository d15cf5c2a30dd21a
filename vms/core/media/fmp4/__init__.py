"""Segments as fragmented MP4 (ISO/IEC 14496-12): written, read, scanned. Pure.

A segment is ftyp, moov, an identity box, then for each group of pictures prft, moof, mdat. What
belongs here is the syntax; where segments are cut is decided in `recorder.segmenter`. Design:
docs/design/segments.md.
"""

from vms.core.media.fmp4.fragment import TrackRun, fragment, reordering, track_run
from vms.core.media.fmp4.identity import Identity
from vms.core.media.fmp4.init import init_segment
from vms.core.media.fmp4.parse import Init, parse_fragment, parse_init
from vms.core.media.fmp4.scan import Found, Scan, scan

__all__ = [
    "Found",
    "Identity",
    "Init",
    "Scan",
    "TrackRun",
    "fragment",
    "init_segment",
    "parse_fragment",
    "parse_init",
    "reordering",
    "scan",
    "track_run",
]
