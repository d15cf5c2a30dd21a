"""Session tokens: opaque, random; what is stored and told to others is only a hash of one. Pure."""

from __future__ import annotations

import hashlib
import secrets

from vms.core.secret import Secret


def new_token() -> Secret:
    """256 bits from the operating system, as text for a cookie."""
    return Secret(secrets.token_urlsafe(32))


def token_sha256(token: Secret) -> bytes:
    """What the index keeps. A fast hash is enough: a token cannot be guessed, unlike a password."""
    return hashlib.sha256(token.reveal().encode()).digest()


def session_id(sha256: bytes) -> str:
    """The session's name on the bus and in logs: finds the session, opens nothing."""
    return sha256[:16].hex()
