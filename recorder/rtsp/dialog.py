"""The conversation that opens a session, as a generator of requests. Pure.

OPTIONS, DESCRIBE, SETUP of the picture (and of sound, if wanted), PLAY; answering challenges on the
way. Everything a camera refuses becomes a CameraError whose cause and words a person can act on.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field, replace

from recorder.errors import CameraError, Redirected, TransportRefused
from recorder.rtsp.answers import (
    USUAL_TIMEOUT_SECONDS,
    channels_in,
    refusal,
    server_ports_in,
    session_in,
)
from recorder.rtsp.auth import Credentials
from recorder.rtsp.choice import choose
from recorder.rtsp.protocol import Headers, Request, Response, printable
from recorder.rtsp.sdp import Description, Media, read_description
from recorder.rtsp.urls import Address, base_url, control_url, control_urls, named_place
from vms.core.model import Cause

AGENT = "Matakota VMS"
_SETUP_FINAL = (401, 403, 404)
"""Any other refusal of SETUP may be one of the transport: cameras say 400, 406, 415, 459, 500."""

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
    `ignored`: what the camera offers and we do without; `odd`: what it does unlike others and is
    survived. Both in words for people.
    """

    address: Address
    credentials: Credentials
    base: str = ""
    session: str = ""
    timeout_seconds: float = USUAL_TIMEOUT_SECONDS
    methods: frozenset[str] = frozenset()
    server: str = ""
    ignored: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    ports: tuple[tuple[int, int], ...] = ()
    _described: Description | None = None
    _controls: list[str] = field(default_factory=list)

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
        choice = choose(description, audio=audio)
        self.ignored += choice.left_out
        self.odd += choice.odd
        if self.credentials.readable and not self.address.secure:
            self.odd.append("The password goes readable over the network (Basic): choose Digest")
        channels = [(yield from self._set_up(choice.picture, 0))]
        if choice.sound is not None:
            channels += yield from self._set_up_sound(choice.sound, channels[0])
        return channels

    def play(self) -> Generator[Request, Response, None]:
        """After `prepare`. Raises CameraError.

        Cameras that know no ranges (457) are asked without one; those that know no session of
        several tracks (459), track by track.
        """
        assert self._described is not None, "prepare comes before play"
        whole = control_url(self.address, self.base, self._described.control)
        answer = yield from self._ask("PLAY", whole, Range="npt=0.000-")
        if answer.status in (400, 406, 457):
            answer = yield from self._ask("PLAY", whole)
        if answer.status in (404, 455, 459, 460):
            for url in self._controls:
                answer = yield from self._ask("PLAY", url)
                self._check(answer, "PLAY")
            self.odd.append("Each track has to be started on its own")
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
        self.server = printable(headers.get("server"))
        base = headers.get("content-base") or headers.get("content-location")
        self.base = base_url(self.address, base)
        self._note_place(base)
        return read_description(answer.body)

    def _note_place(self, base: str) -> None:
        place = named_place(base)
        if place and place != self.address.host:
            self.odd.append(f"It calls itself {place[:60]}; the address that was dialled is used")

    def _set_up(self, media: Media, channel: int) -> Generator[Request, Response, Channel]:
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        if self.ports:
            rtp, rtcp = self.ports[channel // 2]
            transport = f"RTP/AVP;unicast;client_port={rtp}-{rtcp}"
        answer = yield from self._ask_for_track(media, transport)
        self._note_session(answer.headers)
        given = answer.headers.get("transport") or transport
        over_tcp = "/TCP" in given.upper() or "interleaved" in given.lower()
        if over_tcp == bool(self.ports):
            raise TransportRefused(f"the camera does not send over {self._transport_name}")
        if self.ports:
            return Channel(media, channel, channel + 1, server_ports_in(given))
        return Channel(media, *channels_in(given, channel))

    def _ask_for_track(self, media: Media, transport: str) -> Talk:
        """SETUP at the first of the track's possible addresses that the camera knows."""
        urls = control_urls(self.address, self.base, media.control)
        for url in urls:
            answer = yield from self._ask("SETUP", url, Transport=transport)
            if answer.status not in (400, 404, 454):
                break
        self._check(answer, "SETUP")
        if url != urls[0]:
            self.odd.append("Its tracks are not where its description says")
        self._controls.append(url)
        return answer

    @property
    def _transport_name(self) -> str:
        return "UDP" if self.ports else "TCP"

    def _set_up_sound(
        self, sound: Media, picture: Channel
    ) -> Generator[Request, Response, list[Channel]]:
        """Sound that is refused is no reason to be without a picture."""
        try:
            channel = yield from self._set_up(sound, 2)
        except CameraError as error:
            self.ignored.append(f"sound: {error.message}")
            return []
        if not {channel.rtp, channel.rtcp} & {picture.rtp, picture.rtcp}:
            return [channel]
        self.odd.append("It gives picture and sound one channel: sound is looked for on another")
        return [replace(channel, rtp=2, rtcp=3)] if picture.rtp not in (1, 2, 3) else []

    def _note_session(self, headers: Headers) -> None:
        name, timeout = session_in(headers.get("session"))
        self.session = name or self.session
        self.timeout_seconds = timeout or self.timeout_seconds

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
            raise Redirected(location.encode("utf-8", "replace").decode())
        cause, words = refusal(answer.status, method)
        status, reason = answer.status, printable(answer.reason)
        if method == "SETUP" and status >= 400 and status not in _SETUP_FINAL:
            raise TransportRefused(words, cause, status=status, reason=reason)
        raise CameraError(cause, words, status=status, reason=reason)
