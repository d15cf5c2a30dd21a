"""Where decoding of a stream can begin, also when its camera sends no IDR picture. Pure.

Most cameras begin every group with an IDR (H.264) or an IRAP picture (H.265): those are clean. Some
encoders send one when they start and afterwards only refresh the picture bit by bit (periodic intra
refresh), announced by recovery point SEI messages, or by nothing but parameter sets sent again;
some send plain intra pictures. Who joins later would wait for ever. So, when no clean one has come
for a while, lesser ones count: an H.264 decoder that begins there shows whole pictures after the
refresh. H.265 decoders do so only if told to; what is kept can be made visible, what is not cannot.
"""

from __future__ import annotations

from collections.abc import Sequence

from vms.core.media import h264, h265
from vms.core.media.access_unit import Codec
from vms.core.media.codec import is_random_access

PATIENCE_PICTURES = 100
"""Without a clean one for so many pictures, recovery points count; hints do as well while there
never was a clean one."""
HINT_PATIENCE_PICTURES = 1500
"""Where there were clean ones, hints count only after so many without."""


class EntryPoints:
    """Ask it about every picture of one stream, in order."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._since = 0
        self._was_clean = False

    def pass_plain(self) -> bool:
        """A picture of slices at which no decoding begins; whether that is all to know about it. If
        not, nothing has happened: it is to be looked at by `note`."""
        if self._since + 1 >= PATIENCE_PICTURES:
            return False
        self._since += 1
        return True

    def note(self, nals: Sequence[bytes]) -> bool:
        """Whether decoding may begin at this picture. Of NAL units with picture data the first
        bytes are enough."""
        if is_random_access(self._codec, nals):
            self._since, self._was_clean = 0, True
            return True
        self._since += 1
        if self._since < PATIENCE_PICTURES:
            return False
        return self._has_recovery_point(nals) or self._is_hinted(nals)

    def _has_recovery_point(self, nals: Sequence[bytes]) -> bool:
        if self._codec is Codec.H264:
            return h264.announces_recovery(nals)
        return h265.announces_recovery(nals)

    def _is_hinted(self, nals: Sequence[bytes]) -> bool:
        """Plain intra slices (H.264; an H.265 slice's type cannot be read by itself), or parameter
        sets sent again."""
        if self._was_clean and self._since < HINT_PATIENCE_PICTURES:
            return False
        if self._codec is Codec.H264:
            return h264.is_intra(nals) or any(map(h264.is_parameter_set, nals))
        return any(map(h265.is_parameter_set, nals))
