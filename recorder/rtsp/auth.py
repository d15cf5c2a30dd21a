"""Basic and Digest authentication (RFC 7617, RFC 7616, RFC 2069) as cameras do it. Pure.

MD5, SHA-256 and their -sess forms, with qop and without. Of several challenges the strongest that
is understood is taken. A refusal of an answer that was right before (a nonce that went stale) is
answered once more; a refusal of a first answer is a wrong password, since cameras lock out those
who try often.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass

from recorder.rtsp.protocol import Headers
from vms.core.secret import Secret

_FIELD = re.compile(r'(?<![\w-])([A-Za-z][\w-]{0,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s+[^\s=,]|\s*$)", re.ASCII)
_MOST_OFFERS = 16
_LONGEST_OFFER = 2048
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}
_SPELLED = {"SHA256": "SHA-256", "SHA_256": "SHA-256", "MD-5": "MD5"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One WWW-Authenticate offer. `algorithm` is upper case, empty when the camera names none."""

    scheme: str
    realm: str
    nonce: str = ""
    opaque: str = ""
    algorithm: str = ""
    qop: str = ""
    stale: bool = False

    @property
    def strength(self) -> int:
        """0 Basic, 1 MD5, 2 SHA-256; -1 when it is not understood."""
        if self.scheme == "basic":
            return 0
        order = list(_HASHES)
        known = self.scheme == "digest" and self.hash in order and self.nonce
        return 1 + order.index(self.hash) if known else -1

    @property
    def hash(self) -> str:
        """The algorithm without its form; MD5 where none is named (RFC 7616 section 3.3)."""
        name = self.algorithm.removesuffix("-SESS") or "MD5"
        return _SPELLED.get(name, name)

    @property
    def of_session(self) -> bool:
        return self.algorithm.endswith("-SESS")


def read_challenges(headers: Headers) -> list[Challenge]:
    """All offers of an answer, whether in one header field or in several."""
    found: list[Challenge] = []
    for text in headers.all("www-authenticate")[:_MOST_OFFERS]:
        text = text[:_LONGEST_OFFER]
        outside = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), text)
        starts = list(_SCHEME.finditer(outside))
        ends = [*(match.start() for match in starts[1:]), len(text)]
        for match, end in zip(starts, ends, strict=False):
            found.append(_challenge(match[1].lower(), text[match.end() : end]))
    return found


def _challenge(scheme: str, text: str) -> Challenge:
    fields = {
        match[1].lower(): match[2] if match[2] is not None else match[3]
        for match in _FIELD.finditer(text)
    }
    if scheme == "basic":
        return Challenge("basic", fields.get("realm", ""))
    return Challenge(
        scheme,
        fields.get("realm", ""),
        fields.get("nonce", ""),
        fields.get("opaque", ""),
        fields.get("algorithm", "").strip().upper(),
        fields.get("qop", ""),
        fields.get("stale", "").lower() == "true",
    )


class Credentials:
    """Answers challenges for one connection."""

    def __init__(self, username: str, password: Secret) -> None:
        self._username, self._password = _utf8(username), password
        self._challenge: Challenge | None = None
        self._accepted = False
        self._count = 0

    @property
    def given(self) -> bool:
        return bool(self._username or self._password)

    @property
    def readable(self) -> bool:
        """Whether the password goes out as it is (Basic), for everybody on the way to read."""
        return self._challenge is not None and self._challenge.scheme == "basic"

    def accept(self) -> None:
        """The camera took the last answer."""
        self._accepted = self._accepted or self._challenge is not None

    def challenge(self, headers: Headers) -> bool:
        """The camera asked who we are: whether it makes sense to answer (again)."""
        offers = [offer for offer in read_challenges(headers) if offer.strength >= 0]
        if not offers or not self.given:
            return False
        best = max(offers, key=lambda offer: offer.strength)
        first, self._challenge, self._count = self._challenge is None, best, 0
        again = best.stale or self._accepted
        self._accepted = False
        return first or again

    def header(self, method: str, url: str) -> str:
        """The Authorization field of a request; empty while nothing was asked."""
        if self._challenge is None:
            return ""
        if self._challenge.scheme == "basic":
            pair = f"{self._username}:{_utf8(self._password.reveal())}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        return self._digest(self._challenge, method, url)

    def _digest(self, offer: Challenge, method: str, url: str) -> str:
        self._count += 1
        name, count, own = _HASHES[offer.hash], f"{self._count:08x}", ""
        quality = _quality(offer.qop)
        if quality or offer.of_session:
            own = secrets.token_hex(8)
        first = _hash(name, self._username, offer.realm, _utf8(self._password.reveal()))
        if offer.of_session:
            first = _hash(name, first, offer.nonce, own)
        second = _hash(name, method, url, *((_hash(name, ""),) if quality == "auth-int" else ()))
        middle = (offer.nonce, count, own, quality) if quality else (offer.nonce,)
        fields = {
            "username": _quoted(self._username),
            "realm": f'"{offer.realm}"',
            "nonce": f'"{offer.nonce}"',
            "uri": f'"{url}"',
            "response": f'"{_hash(name, first, *middle, second)}"',
        }
        if offer.algorithm:
            fields["algorithm"] = offer.algorithm.replace("SESS", "sess")
        if own:
            fields["cnonce"] = f'"{own}"'
        if quality:
            fields |= {"qop": quality, "nc": count}
        if offer.opaque:
            fields["opaque"] = f'"{offer.opaque}"'
        return "Digest " + ", ".join(f"{key}={value}" for key, value in fields.items())


def _quality(qop: str) -> str:
    offered = [each.strip().lower() for each in qop.split(",")]
    return next((each for each in ("auth", "auth-int") if each in offered), "")


def _hash(name: str, *parts: str) -> str:
    """Bytes that were no UTF-8 in a camera's answer are the same bytes again (see `protocol`)."""
    data = ":".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _utf8(text: str) -> str:
    """What a person typed; half a surrogate pair, which no encoding has, becomes `?`."""
    return text.encode("utf-8", "replace").decode()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
