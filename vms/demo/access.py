"""Who may watch a simulated camera: Basic and Digest (RFC 7617, RFC 7616; MD5, SHA-256). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vms.core.secret import Secret

REALM = "Matakota demo camera"
NONCE_SECONDS = 300

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


class Scheme(StrEnum):
    BASIC = "basic"
    MD5 = "digest-md5"
    SHA256 = "digest-sha256"


_HASHES = {Scheme.MD5: ("MD5", hashlib.md5), Scheme.SHA256: ("SHA-256", hashlib.sha256)}


@dataclass(frozen=True, slots=True)
class Access:
    """One user and the schemes offered to him, in this order. An empty `username`: all may watch.

    ffmpeg takes the last Digest challenge and knows MD5 only, so MD5 stands behind SHA-256.
    """

    username: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    schemes: tuple[Scheme, ...] = (Scheme.SHA256, Scheme.MD5, Scheme.BASIC)
    key: bytes = b"nonce key of one server"

    def challenges(self, now: float) -> tuple[str, ...]:
        """Values of the WWW-Authenticate headers; `now` is monotonic seconds."""
        return tuple(self._challenge(scheme, now) for scheme in self.schemes)

    def admits(self, authorization: str, method: str, now: float) -> bool:
        """Whether this Authorization header (empty when there was none) proves the user."""
        if not self.username:
            return True
        kind, _, rest = authorization.partition(" ")
        if kind.lower() == "basic":
            return Scheme.BASIC in self.schemes and self._basic(rest.strip())
        if kind.lower() == "digest":
            pairs = {name.lower(): a or b for name, a, b in _PAIR.findall(rest)}
            return self._digest(pairs, method, now)
        return False

    def _challenge(self, scheme: Scheme, now: float) -> str:
        if scheme is Scheme.BASIC:
            return f'Basic realm="{REALM}"'
        name, _ = _HASHES[scheme]
        nonce = self._nonce(int(now // NONCE_SECONDS))
        return f'Digest realm="{REALM}", nonce="{nonce}", algorithm={name}, qop="auth"'

    def _nonce(self, period: int) -> str:
        return hmac.digest(self.key, str(period).encode(), "sha256").hex()[:32]

    def _basic(self, encoded: str) -> bool:
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        wanted = f"{self.username}:{self.password.reveal()}".encode()
        return hmac.compare_digest(given, wanted)

    def _digest(self, pairs: Mapping[str, str], method: str, now: float) -> bool:
        scheme = _scheme_of(pairs.get("algorithm", "MD5"))
        period = int(now // NONCE_SECONDS)
        nonces = (self._nonce(period), self._nonce(period - 1))
        if scheme not in self.schemes or pairs.get("nonce") not in nonces:
            return False
        if pairs.get("username") != self.username or pairs.get("realm") != REALM:
            return False
        wanted = self._answer(scheme, pairs, method)
        return hmac.compare_digest(wanted.encode(), pairs.get("response", "").lower().encode())

    def _answer(self, scheme: Scheme, pairs: Mapping[str, str], method: str) -> str:
        make = _HASHES[scheme][1]
        secret = make(f"{self.username}:{REALM}:{self.password.reveal()}".encode()).hexdigest()
        request = make(f"{method}:{pairs.get('uri', '')}".encode()).hexdigest()
        middle = [pairs["nonce"]]
        if qop := pairs.get("qop"):
            middle += [pairs.get("nc", ""), pairs.get("cnonce", ""), qop]
        return make(":".join((secret, *middle, request)).encode()).hexdigest()


def _scheme_of(algorithm: str) -> Scheme | None:
    return next((s for s, (name, _) in _HASHES.items() if name == algorithm.upper()), None)
