"""Protecting many RTP packets in place. The only module that touches pylibsrtp's binding.

`pylibsrtp.Session.protect` copies every packet in and out (4.8 µs with AES-CM); libsrtp itself
works in place (about 0.9 µs with AES-GCM). The session is the one aiortc made from the DTLS keys,
so that its RTCP and our RTP share one set of indices.
"""

from __future__ import annotations

from collections.abc import Sequence

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from vms.core.errors import Unavailable


class Protection:
    """`buffer` is protected where it lies; it must not change size while this lives."""

    def __init__(self, session: Session, buffer: bytearray) -> None:
        self._session = session
        self._context = session._srtp[0]
        self._start = ffi.from_buffer("char[]", buffer, require_writable=True)
        self._length = ffi.new("int *")

    def protect(self, offsets: Sequence[int], lengths: Sequence[int], *, base: int) -> None:
        """Protect the packets lying at `offsets` − `base`, each `lengths` bytes long, with room for
        the tag behind each. Raises Unavailable when the keys may not be used any more."""
        context, start, length, run = self._context, self._start, self._length, lib.srtp_protect
        for offset, size in zip(offsets, lengths, strict=True):
            length[0] = size
            if run(context, start + (offset - base), length):
                raise Unavailable("SRTP refuses to protect a packet", size=size)
