"""Camera passwords at rest."""

from __future__ import annotations

import pytest

from storage.index.sealing import Seal
from vms.core.errors import Corrupt, Invalid
from vms.core.secret import Secret

KEY = bytes(range(32))


def test_what_is_closed_opens_for_the_same_stream_and_key() -> None:
    blob = Seal(KEY).close(Secret("rahasia ✓"), 7)
    assert blob is not None
    assert b"rahasia" not in blob
    assert Seal(KEY).open(blob, 7) == Secret("rahasia ✓")


def test_the_same_password_never_looks_the_same() -> None:
    seal = Seal(KEY)
    assert seal.close(Secret("x"), 7) != seal.close(Secret("x"), 7)


def test_no_password_is_no_blob() -> None:
    assert Seal(KEY).close(Secret(""), 7) is None
    assert Seal(KEY).open(None, 7) == Secret("")


def test_another_key_another_stream_or_a_changed_bit_does_not_open() -> None:
    blob = Seal(KEY).close(Secret("x"), 7)
    assert blob is not None
    flipped = blob[:-1] + bytes([blob[-1] ^ 1])
    for seal, bytes_, stream in (
        (Seal(bytes(32)), blob, 7),
        (Seal(KEY), blob, 8),
        (Seal(KEY), flipped, 7),
        (Seal(KEY), b"short", 7),
    ):
        with pytest.raises(Corrupt):
            seal.open(bytes_, stream)


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(Invalid):
        Seal(KEY[:16])
