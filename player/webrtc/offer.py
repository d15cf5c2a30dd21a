"""Reading a browser's offer: what we keep of it and what it can decode. SDP text only (RFC 8866).

Owns no tasks. The answer itself is aiortc's, made in `peer`.
"""

from __future__ import annotations

import re

from vms.core.errors import Invalid

LONGEST_OFFER = 64 * 1024
"""Characters; a longer one is not a browser's."""

_H265 = re.compile(r"^a=rtpmap:\d+ H265/90000\r?$", re.MULTILINE | re.IGNORECASE)
_UNWANTED = ("a=candidate:", "a=end-of-candidates", "a=ice-options:trickle")


def stripped(offer: str) -> str:
    """The offer without the browser's candidates.

    They would cost name look-ups (`*.local`, RFC 8828) and sends to addresses somebody wrote; the
    browser's checks reveal the address that works. Without `end-of-candidates` aioice goes on
    waiting for them. Raises Invalid when this cannot be an offer for video.
    """
    if len(offer) > LONGEST_OFFER or not offer.startswith("v=0"):
        raise Invalid("this is not a session description")
    if "\nm=video " not in offer:
        raise Invalid("the offer has no video")
    kept = [line for line in offer.splitlines() if not line.startswith(_UNWANTED)]
    return "\r\n".join(kept) + "\r\n"


def offers_h265(offer: str) -> bool:
    """Whether this browser says that it decodes H.265 (RFC 7798)."""
    return _H265.search(offer) is not None
