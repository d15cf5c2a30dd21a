"""Signing in to cameras."""

from __future__ import annotations

import hashlib
import re

import pytest

from recorder.rtsp.auth import Credentials, read_challenges
from recorder.rtsp.protocol import Headers
from vms.core.secret import Secret

URL = "rtsp://cam/live"


def asking(*offers: str) -> Headers:
    return Headers(("WWW-Authenticate", offer) for offer in offers)


def answer(*offers: str, user: str = "Mufasa", password: str = "Circle of Life") -> dict[str, str]:
    """The fields of our answer to these offers; the scheme under ''."""
    credentials = Credentials(user, Secret(password))
    assert credentials.challenge(asking(*offers))
    scheme, _, rest = credentials.header("DESCRIBE", URL).partition(" ")
    fields = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,]+))', rest)
    return {"": scheme, **{name: quoted or plain for name, quoted, plain in fields}}


def digest(name: str, *parts: str) -> str:
    return hashlib.new(name, ":".join(parts).encode()).hexdigest()


def test_basic() -> None:
    credentials = Credentials("Aladdin", Secret("open sesame"))
    assert credentials.challenge(asking('Basic realm="cam"'))
    assert credentials.header("DESCRIBE", URL) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_digest_without_qop_as_old_cameras_want_it() -> None:
    fields = answer('Digest realm="Surveillance Server", nonce="98481030"')
    first = digest("md5", "Mufasa", "Surveillance Server", "Circle of Life")
    expected = digest("md5", first, "98481030", digest("md5", "DESCRIBE", URL))
    assert fields["response"] == expected
    assert "qop" not in fields
    assert "cnonce" not in fields


@pytest.mark.parametrize(("algorithm", "name"), [("MD5", "md5"), ("SHA-256", "sha256")])
def test_digest_with_qop(algorithm: str, name: str) -> None:
    fields = answer(
        f'Digest realm="r", nonce="n", algorithm={algorithm}, qop="auth-int,auth", opaque="o"'
    )
    first = digest(name, "Mufasa", "r", "Circle of Life")
    second = digest(name, "DESCRIBE", URL)
    middle = ("n", "00000001", fields["cnonce"], "auth")
    assert fields["response"] == digest(name, first, *middle, second)
    assert fields["qop"].strip() == "auth"
    assert fields["opaque"] == "o"


def test_the_strongest_of_several_offers_is_taken_wherever_it_stands() -> None:
    strong = 'Digest realm="r", nonce="b", algorithm=SHA-256'
    assert answer(f'Basic realm="r", Digest realm="r", nonce="a", {strong}')["nonce"] == "b"
    assert answer('Digest realm="r", nonce="a"', 'Basic realm="r"')["nonce"] == "a"


def test_an_algorithm_that_is_not_understood_is_left_for_one_that_is() -> None:
    offers = ('Digest realm="r", nonce="a", algorithm=SHA-512-256', 'Digest realm="r", nonce="b"')
    assert answer(*offers)["nonce"] == "b"


def test_a_refused_first_answer_is_not_repeated() -> None:
    credentials = Credentials("u", Secret("wrong"))
    assert credentials.challenge(asking('Digest realm="r", nonce="1"'))
    assert not credentials.challenge(asking('Digest realm="r", nonce="2"'))


def test_a_nonce_that_went_stale_is_answered_again() -> None:
    credentials = Credentials("u", Secret("right"))
    assert credentials.challenge(asking('Digest realm="r", nonce="1"'))
    credentials.accept()
    assert credentials.challenge(asking('Digest realm="r", nonce="2"'))
    assert not credentials.challenge(asking('Digest realm="r", nonce="3"'))
    assert credentials.challenge(asking('Digest realm="r", nonce="4", stale=TRUE'))


def test_without_user_and_password_nothing_is_answered() -> None:
    assert not Credentials("", Secret("")).challenge(asking('Basic realm="r"'))


def test_quotes_in_a_user_name_are_escaped() -> None:
    fields = answer('Digest realm="r", nonce="n"', user='a"b\\c')
    assert fields["username"] == 'a\\"b\\\\c'


def test_commas_inside_quotes_do_not_split_an_offer() -> None:
    (offer,) = read_challenges(asking('Digest realm="a, Basic b", nonce="x,y", stale=FALSE'))
    assert (offer.realm, offer.nonce, offer.stale) == ("a, Basic b", "x,y", False)
