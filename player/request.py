"""The request `play.offer` (docs/design/bus.md), read from its payload. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from player.session import Viewing
from vms.core.bus import Payload
from vms.core.errors import Invalid, NotFound
from vms.core.model import StreamRole
from vms.core.walltime import WallTime


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """`address`: where the browser reached the API; candidates are offered there."""

    viewing: Viewing
    sdp: str
    address: str
    session_id: str
    user_id: int

    def is_covered_by(self, revoked: Payload) -> bool:
        """Whether a `play.revoke` means this viewer: every field that it has must be his."""
        mine = {
            "session_id": self.session_id,
            "user_id": self.user_id,
            "camera_id": self.viewing.camera_id,
        }
        named = {
            name: value for name, value in revoked.items() if name in mine and value is not None
        }
        return bool(named) and all(mine[name] == value for name, value in named.items())


def offer_request(payload: Payload) -> OfferRequest:
    """Raises Invalid when it is not one, NotFound when the camera has no stream at all."""
    try:
        return OfferRequest(
            viewing=_viewing(payload),
            sdp=str(payload["sdp"]),
            address=_address(payload["address"]),
            session_id=str(payload["session_id"]),
            user_id=int(payload["user_id"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("this is not a request to play") from error


def _viewing(payload: Payload) -> Viewing:
    streams = {
        StreamRole(role): int(stream_id)
        for role, stream_id in payload["streams"].items()
        if stream_id is not None
    }
    if not streams:
        raise NotFound("this camera has no stream")
    wanted = StreamRole(payload["stream"])
    at = payload.get("at")
    return Viewing(
        camera_id=int(payload["camera_id"]),
        streams=streams,
        stream=wanted if wanted in streams else next(iter(streams)),
        at=None if at is None else WallTime(int(at)),
        playback=bool(payload["playback"]),
    )


def _address(text: str) -> str:
    """As it is bound: what a dual-stack server sees of IPv4 (RFC 4291 2.5.5.2) is IPv4."""
    address = ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
