"""Quirks 16 to 21 of docs/ref/quirks.md: challenges and passwords."""

from __future__ import annotations

import hashlib
import re

import pytest

from recorder.errors import CameraError
from recorder.rtsp.auth import Credentials, read_challenges
from recorder.rtsp.protocol import Headers, Request, Response, Stream
from recorder.rtsp.urls import read_address, split_credentials
from tests.fakes.answers import AnsweringCamera, challenge, ok, open_with, refusal
from vms.core.model import Cause
from vms.core.secret import Secret

URL = "rtsp://cam/live"
_FIELD = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))')


def fields_of(*offers: str, user: str = "u", password: str = "p") -> dict[str, str]:
    """What is answered to these offers, by field; `scheme` beside them."""
    credentials = Credentials(user, Secret(password))
    assert credentials.challenge(Headers(("WWW-Authenticate", each) for each in offers))
    scheme, _, rest = credentials.header("DESCRIBE", URL).partition(" ")
    found = {match[1]: match[2] or match[3] for match in _FIELD.finditer(rest)}
    return {"scheme": scheme, **found}


def hashed(name: str, *parts: str) -> str:
    return hashlib.new(name, ":".join(parts).encode()).hexdigest()


def expected(name: str, realm: str, fields: dict[str, str]) -> str:
    """RFC 7616 section 3.4.1, for user u and password p."""
    first, second = hashed(name, "u", realm, "p"), hashed(name, "DESCRIBE", URL)
    if "qop" not in fields:
        return hashed(name, first, fields["nonce"], second)
    middle = (fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"])
    return hashed(name, first, *middle, second)


# 16: digest with qop and without


@pytest.mark.parametrize(
    ("offer", "qop"),
    [
        ('Digest realm="r", nonce="n"', None),
        ('Digest realm="r", nonce="n", qop=""', None),
        ('Digest realm="r", nonce="n", qop="auth"', "auth"),
        ('Digest realm="r", nonce="n", qop=auth', "auth"),
        ('Digest realm="r",nonce="n",qop="auth-int, auth"', "auth"),
        ('digest Realm="r" , Nonce="n" , QOP="AUTH", algorithm=MD5', "auth"),
    ],
)
def test_q16_a_digest_is_answered_with_the_quality_that_is_offered(
    offer: str, qop: str | None
) -> None:
    fields = fields_of(offer)
    assert fields.get("qop") == qop
    assert fields["response"] == expected("md5", "r", fields)


# 17: SHA-256 only


@pytest.mark.parametrize("name", ["SHA-256", "sha-256", '"SHA-256"', "SHA256"])
def test_q17_a_camera_that_knows_sha_256_only_is_answered_so(name: str) -> None:
    fields = fields_of(f'Digest realm="r", nonce="n", qop="auth", algorithm={name}')
    assert fields["response"] == expected("sha256", "r", fields)


# 18: several offers


@pytest.mark.parametrize(
    "offers",
    [
        (
            'Digest realm="r", nonce="1", algorithm=MD5',
            'Digest realm="r", nonce="2", algorithm=SHA-256',
            'Basic realm="r"',
        ),
        (
            'Basic realm="r", Digest realm="r", nonce="1", '
            'Digest realm="r", nonce="2", algorithm=SHA-256',
        ),
        ('Digest realm="r", nonce="2", algorithm=SHA-256', 'Bearer realm="x", scope="y z"'),
    ],
)
def test_q18_of_several_offers_the_strongest_is_answered(offers: tuple[str, ...]) -> None:
    fields = fields_of(*offers)
    assert (fields["scheme"], fields["nonce"]) == ("Digest", "2")


def test_q18_the_fields_of_an_offer_that_is_not_understood_do_not_leak_into_another() -> None:
    first, second = read_challenges(
        Headers([("WWW-Authenticate", 'Digest realm="r", nonce="n", Bearer realm="x", nonce="y"')])
    )
    assert (first.realm, first.nonce) == ("r", "n")
    assert second.strength == -1


def test_q18_a_camera_that_offers_nothing_understood_is_not_answered() -> None:
    credentials = Credentials("u", Secret("p"))
    assert not credentials.challenge(Headers([("WWW-Authenticate", 'Negotiate abc=="x"')]))
    assert credentials.header("DESCRIBE", URL) == ""


# 19: nonces that rotate


def test_q19_a_nonce_that_changes_with_every_answer_is_followed() -> None:
    def fresh(number: int, *, stale: str = "") -> Response:
        return challenge(f'Digest realm="r", nonce="{number}"{stale}')

    good = AnsweringCamera()
    described = good.answer(Request("DESCRIBE", URL))
    camera = AnsweringCamera(
        OPTIONS=[fresh(1), ok()],
        DESCRIBE=[fresh(2), described],
        PLAY=[fresh(3), fresh(4, stale=", stale=TRUE"), ok()],
    )
    open_with(camera)
    used = [each.headers.get("Authorization", "") for each in camera.asked if each.method == "PLAY"]
    assert [re.findall(r'nonce="(\d)"', each) for each in used] == [["2"], ["3"], ["4"]]


# 20: a 401 that is broken


def test_q20_a_401_without_length_and_body_is_a_challenge() -> None:
    head = b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1 \r\nServer: Rtsp Server 1920*1080*20\r\n"
    offer = b'WWW-Authenticate: Digest realm="Front Door", nonce="98"\r\n\r\n'
    (answer,) = Stream({}).receive(head + offer)
    assert isinstance(answer, Response)
    (read,) = read_challenges(answer.headers)
    assert (read.realm, read.nonce) == ("Front Door", "98")


def test_q20_a_challenge_on_two_lines_is_one() -> None:
    head = b'RTSP/1.0 401 Unauthorized\nCSeq: 1 \nWWW-Authenticate: Digest realm="r",\n\tnonce="n"'
    (answer,) = Stream({}).receive(head + b"\n\n")
    assert isinstance(answer, Response)
    (offer,) = read_challenges(answer.headers)
    assert (offer.realm, offer.nonce) == ("r", "n")


def test_q20_a_realm_in_another_alphabet_is_hashed_and_sent_back_byte_for_byte() -> None:
    realm = "监控".encode("gbk")
    head = b'RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="' + realm
    (answer,) = Stream({}).receive(head + b'", nonce="n"\r\n\r\n')
    assert isinstance(answer, Response)
    credentials = Credentials("u", Secret("p"))
    assert credentials.challenge(answer.headers)
    field = credentials.header("DESCRIBE", URL)
    sent = Request("DESCRIBE", URL, {"Authorization": field}).encode(2)
    first = hashlib.md5(b"u:" + realm + b":p").hexdigest()
    assert b'realm="' + realm + b'"' in sent
    assert hashed("md5", first, "n", hashed("md5", "DESCRIBE", URL)).encode() in sent


def test_q20_a_401_that_says_nothing_at_all_is_told_so() -> None:
    error = refusal(AnsweringCamera(DESCRIBE=challenge()))
    assert error.cause is Cause.BAD_PASSWORD
    assert "without saying how" in error.message


# 21: passwords that look like something else


@pytest.mark.parametrize(
    ("typed", "password"),
    [
        ("p@ss", "p@ss"),
        ("a:b", "a:b"),
        ("a/b", "a/b"),
        ("a?b#c", "a?b#c"),
        ("100%", "100%"),
        ("%40%3A%2F", "@:/"),
        ("@@host:554/x", "@@host:554/x"),
        ("12/34", "12/34"),
        ("sandi rahasia", "sandi rahasia"),
    ],
)
def test_q21_a_password_may_hold_what_separates_addresses(typed: str, password: str) -> None:
    plain, user, found = split_credentials(f"rtsp://admin:{typed}@192.0.2.1:8554/live?x=1")
    assert (user, found) == ("admin", password)
    assert read_address(plain).url == "rtsp://192.0.2.1:8554/live?x=1"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://192.0.2.1:554/live?to=a@b",
        "rtsp://[2001:db8::1]:554/a@b",
        "rtsp://cam.example/user=a_password=b@c",
    ],
)
def test_q21_an_at_sign_in_a_path_is_no_password(url: str) -> None:
    assert split_credentials(url) == (url, "", "")


def test_q21_neither_addresses_nor_errors_nor_requests_hold_the_password() -> None:
    camera = AnsweringCamera(DESCRIBE=challenge('Digest realm="r", nonce="n"'))
    plain, user, password = split_credentials("rtsp://u:hunter2@cam/live")
    with pytest.raises(CameraError) as caught:
        open_with(camera, url=plain, user=user, password=password)
    told = [str(caught.value), repr(caught.value), *map(repr, camera.asked)]
    assert password == "hunter2"
    assert not any("hunter2" in each for each in told)
