"""The camera server word by word, as a plain socket sees it, and its misbehaviours."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import pytest

from tests.servers.cameras import PASSWORD, USERNAME, Cameras, run_cameras, small
from vms.demo.cameras import DEMO_CAMERAS

SECONDS = 20


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass
class Talker:
    """An RTSP client of few words: Digest SHA-256, interleaved data kept apart."""

    url: str
    password: str = PASSWORD
    frames: list[tuple[int, bytes]] = field(default_factory=list)
    session: str = ""
    _number: int = 0
    _challenge: tuple[str, str] | None = None
    _buffer: bytes = b""

    def __enter__(self) -> Self:
        port = int(re.findall(r":(\d+)/", self.url)[0])
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, method: str, url: str | None = None, **headers: str) -> Answer:
        """Signs in when asked to, once."""
        answer = self._ask(method, url or self.url, headers)
        if answer.status == 401 and self._challenge is None:
            found = re.findall(
                r'realm="([^"]+)", nonce="(\w+)"', answer.headers["www-authenticate"]
            )
            self._challenge = found[0]
            answer = self._ask(method, url or self.url, headers)
        self.session = answer.headers.get("session", self.session).partition(";")[0]
        return answer

    def play(self) -> Answer:
        assert self.ask("DESCRIBE").status == 200
        assert self.set_up("track1").status == 200
        return self.ask("PLAY")

    def set_up(self, track: str, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Answer:
        return self.ask("SETUP", f"{self.url}/{track}", Transport=transport)

    def hear(self, count: int) -> list[tuple[int, bytes]]:
        """The next interleaved frames as (channel, data). Raises ConnectionError at the end."""
        while len(self.frames) < count:
            if not self._take_frame():
                self._receive()
        heard, self.frames = self.frames[:count], self.frames[count:]
        return heard

    def hear_nothing(self, seconds: float) -> bool:
        """Whether not one octet comes in this time."""
        self._socket.settimeout(seconds)
        try:
            return not self._buffer and not self._socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self._socket.settimeout(SECONDS)

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        self._number += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._number}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self.session:
            lines.append(f"Session: {self.session}")
        if self._challenge:
            lines.append(f"Authorization: {self._proof(method, url)}")
        self._socket.sendall("\r\n".join((*lines, "", "")).encode())
        return self._answer()

    def _proof(self, method: str, url: str) -> str:
        assert self._challenge
        realm, nonce = self._challenge

        def digest(*parts: str) -> str:
            return hashlib.sha256(":".join(parts).encode()).hexdigest()

        ends = digest(USERNAME, realm, self.password), digest(method, url)
        response = digest(ends[0], nonce, "00000001", "c", "auth", ends[1])
        return (
            f'Digest username="{USERNAME}", realm="{realm}", nonce="{nonce}", uri="{url}", '
            f'algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c", response="{response}"'
        )

    def _answer(self) -> Answer:
        while True:
            if self._buffer[:1] == b"$":
                if not self._take_frame(keep=True):
                    self._receive()
            elif b"\r\n\r\n" in self._buffer:
                break
            else:
                self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            headers.setdefault(name.lower(), value)
        size = int(headers.get("content-length", 0))
        while len(self._buffer) < size:
            self._receive()
        body, self._buffer = self._buffer[:size].decode(), self._buffer[size:]
        return Answer(int(first.split()[1]), headers, body)

    def _take_frame(self, *, keep: bool = True) -> bool:
        if len(self._buffer) < 4 or len(self._buffer) < (
            end := 4 + int.from_bytes(self._buffer[2:4], "big")
        ):
            return False
        assert self._buffer[:1] == b"$", self._buffer[:20]
        if keep:
            self.frames.append((self._buffer[1], self._buffer[4:end]))
        self._buffer = self._buffer[end:]
        return True

    def _receive(self) -> None:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionError("the camera has hung up")
        self._buffer += data


def test_a_whole_conversation(cameras: Cameras) -> None:
    with Talker(cameras.url("harbour", "sub")) as talker:
        assert "GET_PARAMETER" in talker.ask("OPTIONS").headers["public"]
        described = talker.ask("DESCRIBE")
        assert described.headers["content-base"] == talker.url + "/"
        assert "sprop-parameter-sets=" in described.body
        assert "m=audio" in described.body
        transport = talker.set_up("track1").headers["transport"]
        ssrc = int(transport.partition("ssrc=")[2], 16)
        told = talker.ask("PLAY").headers["rtp-info"]
        channel, packet = next(frame for frame in talker.hear(4) if frame[0] == 0)
        assert (channel, struct.unpack_from(">I", packet, 8)[0]) == (0, ssrc)
        assert int(re.findall(r"seq=(\d+)", told)[0]) == struct.unpack_from(">H", packet, 2)[0]
        assert talker.ask("GET_PARAMETER").status == 200
        assert talker.ask("TEARDOWN").status == 200
        with pytest.raises(ConnectionError):
            talker.hear(10_000)


def test_requests_out_of_order_are_answered_with_their_status(cameras: Cameras) -> None:
    with Talker(cameras.url("gate", "sub")) as talker:
        assert talker.ask("PLAY").status == 455
        assert talker.set_up("track7").status == 404
        assert talker.set_up("track1", "RTP/AVP;multicast").status == 461
        assert talker.set_up("track1", "RTP/AVP;unicast;client_port=99999-100000").status == 461
        assert talker.ask("RECORD").status == 405
        assert talker.ask("DESCRIBE", "rtsp://127.0.0.1/nowhere/main").status == 404
        assert talker.ask("PAUSE", Session="1").status == 454


def test_the_stream_is_coded_only_while_somebody_watches(cameras: Cameras) -> None:
    assert cameras.watchers("loktuan", "sub") == 0
    with Talker(cameras.url("loktuan", "sub")) as talker:
        talker.play()
        talker.hear(3)
        assert cameras.watchers("loktuan", "sub") == 1
    wait_until(lambda: cameras.watchers("loktuan", "sub") == 0)


@pytest.mark.parametrize(("what", "status"), [("unauthorized", 401), ("not-found", 404)])
def test_refusals(cameras: Cameras, what: str, status: int) -> None:
    with Talker(cameras.url("gate", "sub")) as talker:
        talker.play()
        cameras.misbehave("gate", what)
        with pytest.raises(ConnectionError):
            talker.hear(10_000)
    with Talker(cameras.url("gate", "sub")) as talker:
        assert talker.ask("DESCRIBE").status == status
        cameras.behave("gate")
        assert talker.ask("DESCRIBE").status == 200


def test_an_unplugged_camera_hangs_up_and_comes_back(cameras: Cameras) -> None:
    cameras.misbehave("gate", "unplugged")
    with Talker(cameras.url("gate", "sub")) as talker, pytest.raises(ConnectionError):
        talker.ask("OPTIONS")
    with Talker(cameras.url("street", "sub")) as other:
        assert other.ask("OPTIONS").status == 200
    cameras.behave("gate")
    with Talker(cameras.url("gate", "sub")) as talker:
        assert talker.play().status == 200


def test_a_dropped_client_may_come_back_at_once(cameras: Cameras) -> None:
    with Talker(cameras.url("gate", "sub")) as talker:
        talker.play()
        cameras.misbehave("gate", "drop")
        with pytest.raises(ConnectionError):
            talker.hear(10_000)
    with Talker(cameras.url("gate", "sub")) as talker:
        assert talker.play().status == 200


def test_a_deaf_camera_keeps_the_connection_and_says_nothing(cameras: Cameras) -> None:
    cameras.misbehave("gate", "deaf")
    with Talker(cameras.url("gate", "sub")) as talker:
        talker._socket.sendall(f"OPTIONS {talker.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        assert talker.hear_nothing(0.5)


def test_early_packets_come_before_the_answer_to_play(cameras: Cameras) -> None:
    cameras.misbehave("gate", "early")
    with Talker(cameras.url("gate", "sub")) as talker:
        assert talker.play().status == 200
        assert talker.frames


def test_power_off_refuses_connections_until_power_on() -> None:
    with run_cameras((small(DEMO_CAMERAS[0]),)) as cameras:
        url = cameras.url("harbour", "sub")
        with Talker(url) as talker:
            talker.play()
            cameras.power_off()
            with pytest.raises(ConnectionError):
                talker.hear(10_000)
        with pytest.raises(ConnectionRefusedError), Talker(url):
            pass
        cameras.power_on()
        with Talker(url) as talker:
            assert talker.play().status == 200


def test_a_silent_client_is_hung_up_on_and_one_that_reports_is_not() -> None:
    with run_cameras((small(DEMO_CAMERAS[0]),), session_seconds=1) as cameras:
        with Talker(cameras.url("harbour", "sub")) as silent:
            silent.play()
            with pytest.raises(ConnectionError):
                silent.hear(100_000)
        with Talker(cameras.url("harbour", "sub")) as talker:
            talker.play()
            for _ in range(6):
                time.sleep(0.4)
                talker._socket.sendall(b"$\x01\x00\x08\x80\xc9\x00\x01abcd")
            assert talker.ask("GET_PARAMETER").status == 200


def test_datagrams_arrive_with_reports_on_the_next_port(cameras: Cameras) -> None:
    with Talker(cameras.url("gate", "sub")) as talker, bound() as media, bound() as reports:
        ports = f"{media.getsockname()[1]}-{reports.getsockname()[1]}"
        answer = talker.set_up("track1", f"RTP/AVP;unicast;client_port={ports}")
        server = re.findall(r"server_port=(\d+)-(\d+)", answer.headers["transport"])[0]
        assert (int(server[0]) % 2, int(server[1]) - int(server[0])) == (0, 1)
        assert talker.ask("PLAY").status == 200
        assert media.recvfrom(2048)[0][0] == 0x80
        report, sender = reports.recvfrom(2048)
        assert (report[1], sender[1]) == (200, int(server[1]))


@contextmanager
def bound() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(SECONDS)
        yield sock


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
