"""The conversation that opens a session, as a generator of requests. Pure.

OPTIONS, DESCRIBE, SETUP of the picture (and of sound, if wanted), PLAY; answering challenges on the
way. Everything a camera refuses becomes a CameraError whose cause and words a person can act on.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field

from recorder.errors import CameraError, Redirected, TransportRefused
from recorder.rtsp.auth import Credentials
from recorder.rtsp.protocol import Headers, Request, Response
from recorder.rtsp.sdp import (
    AUDIO_ENCODINGS,
    VIDEO_ENCODINGS,
    Description,
    Media,
    read_description,
)
from recorder.rtsp.urls import Address, base_url, control_url
from vms.core.model import Cause

AGENT = "Matakota VMS"
_TIMEOUT_SECONDS = 60.0
_INTERLEAVED = re.compile(r"interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?", re.IGNORECASE)
_SERVER_PORT = re.compile(r"server_port\s*=\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?", re.IGNORECASE)

Talk = Generator[Request, Response, Response]


@dataclass(frozen=True, slots=True)
class Channel:
    """A track that was set up: its packets come on channel `rtp`, reports on `rtcp`.

    Over UDP both are our own numbers, and `server` the camera's two ports (0: it did not say).
    """

    media: Media
    rtp: int
    rtcp: int
    server: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Dialog:
    """Our side of one session. `session` is the camera's name for it, which it may change.

    `ports`: our UDP ports by track (RTP, RTCP), picture first; none: interleaved over TCP.
    """

    address: Address
    credentials: Credentials
    base: str = ""
    session: str = ""
    timeout_seconds: float = _TIMEOUT_SECONDS
    methods: frozenset[str] = frozenset()
    ignored: list[str] = field(default_factory=list)
    ports: tuple[tuple[int, int], ...] = ()
    _described: Description | None = None

    def request(self, method: str, url: str, **headers: str) -> Request:
        fields = {"User-Agent": AGENT, **{key.replace("_", "-"): headers[key] for key in headers}}
        if self.session:
            fields["Session"] = self.session
        if authorization := self.credentials.header(method, url):
            fields["Authorization"] = authorization
        return Request(method, url, fields)

    def keep_alive(self) -> Request:
        """OPTIONS is answered everywhere; GET_PARAMETER, where offered, also keeps strict ones."""
        method = "GET_PARAMETER" if "GET_PARAMETER" in self.methods else "OPTIONS"
        return self.request(method, self.base)

    def tear_down(self) -> Request:
        return self.request("TEARDOWN", self.base)

    def open(self, *, audio: bool) -> Generator[Request, Response, list[Channel]]:
        """Talk until media flow; the tracks that were set up, the picture first.

        Raises CameraError.
        """
        channels = yield from self.prepare(audio=audio)
        yield from self.play()
        return channels

    def prepare(self, *, audio: bool) -> Generator[Request, Response, list[Channel]]:
        """All of `open` but PLAY: media do not flow yet. Raises CameraError, of its kinds
        TransportRefused and Redirected."""
        description = self._described = yield from self._describe()
        picture = self._choose_picture(description)
        channels = [(yield from self._set_up(description, picture, 0))]
        sound = description.first("audio", AUDIO_ENCODINGS) if audio else None
        if sound is not None:
            channels += yield from self._set_up_sound(description, sound)
        return channels

    def play(self) -> Generator[Request, Response, None]:
        """After `prepare`. Raises CameraError."""
        assert self._described is not None, "prepare comes before play"
        answer = yield from self._ask("PLAY", self._whole(self._described), Range="npt=0.000-")
        self._check(answer, "PLAY")

    def describe(self) -> Generator[Request, Response, Description]:
        """Only ask what there is (for tests before a camera is saved). Raises CameraError."""
        return (yield from self._describe())

    def _describe(self) -> Generator[Request, Response, Description]:
        url = self.address.url
        answer = yield from self._ask("OPTIONS", url)
        self.methods = frozenset(re.findall(r"[A-Z_]+", answer.headers.get("public").upper()))
        answer = yield from self._ask("DESCRIBE", url, Accept="application/sdp")
        self._check(answer, "DESCRIBE")
        headers = answer.headers
        self.base = base_url(
            self.address, headers.get("content-base") or headers.get("content-location")
        )
        return read_description(answer.body)

    def _choose_picture(self, description: Description) -> Media:
        found = description.first("video", VIDEO_ENCODINGS)
        if found is not None:
            return found
        others = ", ".join(each.encoding or "unnamed" for each in description.all("video"))
        if others:
            raise CameraError(
                Cause.UNSUPPORTED,
                f"the camera sends {others}; set its encoder to H.264 or H.265",
            )
        raise CameraError(Cause.BAD_URL, "there is no video at that address")

    def _set_up(
        self, description: Description, media: Media, channel: int
    ) -> Generator[Request, Response, Channel]:
        url = control_url(self.address, self.base, media.control)
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        if self.ports:
            rtp, rtcp = self.ports[channel // 2]
            transport = f"RTP/AVP;unicast;client_port={rtp}-{rtcp}"
        answer = yield from self._ask("SETUP", url, Transport=transport)
        self._check(answer, "SETUP")
        self._note_session(answer.headers)
        given = answer.headers.get("transport")
        over_tcp = "/TCP" in given.upper() or "interleaved" in given.lower()
        if over_tcp == bool(self.ports):
            raise TransportRefused(f"the camera does not send over {self._transport_name}")
        if self.ports:
            return Channel(media, channel, channel + 1, _server_ports(given))
        match = _INTERLEAVED.search(given)
        rtp = int(match[1]) if match else channel
        return Channel(media, rtp, int(match[2]) if match and match[2] else rtp + 1)

    @property
    def _transport_name(self) -> str:
        return "UDP" if self.ports else "TCP"

    def _set_up_sound(
        self, description: Description, media: Media
    ) -> Generator[Request, Response, list[Channel]]:
        """Sound that is refused is no reason to be without a picture."""
        try:
            return [(yield from self._set_up(description, media, 2))]
        except CameraError as error:
            self.ignored.append(f"sound: {error.message}")
            return []

    def _note_session(self, headers: Headers) -> None:
        name, *options = headers.get("session").split(";")
        self.session = name.strip() or self.session
        for option in options:
            key, _, value = option.strip().partition("=")
            if key.lower() == "timeout" and re.fullmatch(r"\d{1,6}", value.strip()):
                self.timeout_seconds = min(max(float(value), 4.0), 3600.0)

    def _whole(self, description: Description) -> str:
        return control_url(self.address, self.base, description.control)

    def _ask(self, method: str, url: str, **headers: str) -> Talk:
        """One request, answered again with credentials while that makes sense (at most twice)."""
        answer = yield self.request(method, url, **headers)
        for _ in range(2):
            if answer.status != 401 or not self.credentials.challenge(answer.headers):
                break
            answer = yield self.request(method, url, **headers)
        if answer.status == 401:
            raise self._refused(answer)
        if answer.status < 300:
            self.credentials.accept()
        return answer

    def _refused(self, answer: Response) -> CameraError:
        if not self.credentials.given:
            return CameraError(Cause.BAD_PASSWORD, "the camera asks for a user and a password")
        if not answer.headers.all("www-authenticate"):
            return CameraError(
                Cause.BAD_PASSWORD, "the camera refuses without saying how to sign in"
            )
        return CameraError(Cause.BAD_PASSWORD, "the camera refuses this user or password")

    def _check(self, answer: Response, method: str) -> None:
        if answer.status < 300:
            return
        if answer.status == 461:
            raise TransportRefused(f"the camera does not send over {self._transport_name}")
        if answer.status < 400 and (location := answer.headers.get("location")):
            raise Redirected(location)
        cause, words = _refusal(answer.status, method)
        raise CameraError(cause, words, status=answer.status, reason=answer.reason[:60])


def _server_ports(given: str) -> tuple[int, int]:
    """The camera's RTP and RTCP port; 0 for what it does not say or what is no port."""
    match = _SERVER_PORT.search(given)
    rtp = int(match[1]) if match else 0
    rtcp = int(match[2]) if match and match[2] else rtp + 1
    return (rtp, rtcp) if 0 < rtp < 65536 and 0 < rtcp < 65536 else (0, 0)


def _refusal(status: int, method: str) -> tuple[Cause, str]:
    if status == 403:
        return Cause.BAD_PASSWORD, "this user may not see that stream: check the user's rights"
    if status in (400, 404, 410, 451, 454) and method in ("DESCRIBE", "SETUP"):
        return Cause.BAD_URL, "there is no stream at that address: check its path"
    if 300 <= status < 400:
        return Cause.BAD_URL, "the camera sends us to another address: enter that one"
    if status in (453, 503):
        return Cause.UNREACHABLE, "the camera is busy: too many others watch it, or it is starting"
    return Cause.PROTOCOL, f"the camera refuses {method}"
