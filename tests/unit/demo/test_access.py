"""Who proves the password is let in, by each scheme, and nobody else."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.core.secret import Secret
from vms.demo.access import NONCE_SECONDS, REALM, Access, Scheme

ACCESS = Access("demo", Secret("rahasia"), key=b"k" * 32)
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def proof(challenge: str, password: str = "rahasia", *, qop: bool = True) -> str:
    """What a client answers to a Digest challenge for DESCRIBE rtsp://a/b."""
    nonce, name = re.findall(r'nonce="(\w+)", algorithm=([\w-]+)', challenge)[0]

    def digest(text: str) -> str:
        return HASHES[name](text.encode()).hexdigest()

    ends = digest(f"demo:{REALM}:{password}"), digest("DESCRIBE:rtsp://a/b")
    middle = f"{nonce}:00000001:abc:auth" if qop else nonce
    extra = ', qop=auth, nc=00000001, cnonce="abc"' if qop else ""
    return (
        f'Digest username="demo", realm="{REALM}", nonce="{nonce}", uri="rtsp://a/b", '
        f'algorithm={name}, response="{digest(f"{ends[0]}:{middle}:{ends[1]}")}"{extra}'
    )


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("qop", [True, False])
def test_the_right_password_is_admitted_by_digest(number: int, qop: bool) -> None:
    challenge = ACCESS.challenges(0)[number]
    assert ACCESS.admits(proof(challenge, qop=qop), "DESCRIBE", 1)


def test_a_wrong_password_or_another_method_is_not() -> None:
    challenge = ACCESS.challenges(0)[0]
    assert not ACCESS.admits(proof(challenge, "salah"), "DESCRIBE", 1)
    assert not ACCESS.admits(proof(challenge), "PLAY", 1)


def test_a_nonce_ends() -> None:
    answer = proof(ACCESS.challenges(0)[0])
    assert ACCESS.admits(answer, "DESCRIBE", NONCE_SECONDS)
    assert not ACCESS.admits(answer, "DESCRIBE", 2 * NONCE_SECONDS)


def test_basic_works_only_where_it_is_offered() -> None:
    header = "Basic ZGVtbzpyYWhhc2lh"  # demo:rahasia
    assert ACCESS.admits(header, "PLAY", 0)
    digest_only = Access("demo", Secret("rahasia"), (Scheme.SHA256,))
    assert not digest_only.admits(header, "PLAY", 0)


def test_a_camera_without_a_user_admits_everybody() -> None:
    assert Access().admits("", "PLAY", 0)


@given(st.text(max_size=80), st.sampled_from(["Basic ", "Digest ", ""]))
def test_nonsense_is_refused_without_an_error(text: str, kind: str) -> None:
    assert not ACCESS.admits(kind + text, "PLAY", 0)
