"""Camera passwords at rest: AES-256-GCM, a fresh 96-bit nonce before the ciphertext.

The associated data is the stream's id, so that a password cannot be moved to another row (NIST SP
800-38D).
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vms.core.errors import Corrupt, Invalid
from vms.core.secret import Secret

_NONCE_BYTES = 12


class Seal:
    """Closes and opens passwords with one key of 32 bytes. Raises Invalid for another length."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise Invalid("the key of the index has 32 bytes", length=len(key))
        self._cipher = AESGCM(key)

    def close(self, secret: Secret, stream_id: int) -> bytes | None:
        """None for an empty secret."""
        if not secret:
            return None
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.reveal().encode(), _bound(stream_id))

    def open(self, blob: bytes | None, stream_id: int) -> Secret:
        """Raises Corrupt when it was closed with another key or for another stream."""
        if blob is None:
            return Secret("")
        try:
            plain = self._cipher.decrypt(
                blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], _bound(stream_id)
            )
        except (InvalidTag, ValueError) as error:
            raise Corrupt(
                "a camera password does not open: the index was written with another key",
                stream=stream_id,
            ) from error
        return Secret(plain.decode())


def _bound(stream_id: int) -> bytes:
    return f"stream {stream_id}".encode()
