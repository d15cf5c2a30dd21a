"""What goes over HTTP as JSON; the OpenAPI document is made of it. Times are µs UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from vms.api.policies import Policy
from vms.api.shapes import (
    Address,
    Agency,
    CameraNumber,
    Contact,
    Days,
    Heard,
    Id,
    Login,
    Moment,
    Name,
    Password,
    Priority,
    Schema,
)
from vms.core.model import (
    USUAL_PRIORITY,
    Camera,
    Cause,
    Engine,
    Role,
    Stream,
    StreamCondition,
    StreamRole,
    Transport,
    User,
)
from vms.core.promises import Purpose

Purposes = Annotated[list[Purpose], Field(min_length=1, max_length=len(Purpose))]


class SiteOut(Schema):
    name: str
    zone: str
    language: str
    version: str
    needs_setup: bool


class Credentials(Schema):
    name: Name
    password: Password


class UserOut(Schema):
    """`cameras` null: every camera, now and later."""

    id: int
    name: str
    role: Role
    cameras: list[int] | None
    enabled: bool

    @classmethod
    def of(cls, user: User) -> UserOut:
        cameras = None if user.cameras is None else sorted(user.cameras)
        return cls(
            id=user.id, name=user.name, role=user.role, cameras=cameras, enabled=user.enabled
        )


class UsersOut(Schema):
    users: list[UserOut]


class UserIn(Schema):
    """`cameras` absent: none. Null, every camera, must be said."""

    name: Name
    role: Role = Role.VIEWER
    cameras: list[Id] | None = Field(default_factory=list)
    enabled: bool = True
    password: Password


class UserPatch(Schema):
    """Only what is sent changes."""

    name: Name | None = None
    role: Role | None = None
    cameras: list[Id] | None = None
    enabled: bool | None = None
    password: Password | None = None


class SessionOut(Schema):
    user: UserOut
    site: SiteOut


class StreamOut(Schema):
    """`url` and `username` only for administrators; a password never leaves the server."""

    id: int
    role: StreamRole
    record: bool
    audio: bool
    engine: Engine
    transport: Transport
    policy: Policy
    url: str | None = None
    username: str | None = None

    @classmethod
    def of(cls, stream: Stream, *, with_address: bool) -> StreamOut:
        return cls(
            id=stream.id,
            role=stream.role,
            record=stream.record,
            audio=stream.audio,
            engine=stream.engine,
            transport=stream.transport,
            policy=Policy.of(stream.policy),
            url=stream.url if with_address else None,
            username=stream.username if with_address else None,
        )


class StreamStateOut(Heard):
    """`vms.core.model.StreamState` as JSON."""

    stream_id: int
    camera_id: int
    role: StreamRole
    condition: StreamCondition
    cause: Cause | None = None
    detail: str = ""
    since: int
    last_picture: int | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate: int = 0


class CameraOut(Schema):
    """`purposes` empty: it was added before one had to be named; nothing of it is given out."""

    id: int
    number: int
    name: str
    enabled: bool
    retention_days: int | None
    priority: int
    purposes: list[Purpose]
    owner_agency: str
    sign_posted: bool
    contact: str
    streams: list[StreamOut]
    states: list[StreamStateOut]

    @classmethod
    def of(cls, camera: Camera, states: list[StreamStateOut], *, admin: bool) -> CameraOut:
        return cls(
            id=camera.id,
            number=camera.number,
            name=camera.name,
            enabled=camera.enabled,
            retention_days=camera.retention_days,
            priority=camera.priority,
            purposes=list(camera.purposes),
            owner_agency=camera.owner_agency,
            sign_posted=camera.sign_posted,
            contact=camera.contact,
            streams=[StreamOut.of(stream, with_address=admin) for stream in camera.streams],
            states=states,
        )


class CamerasOut(Schema):
    cameras: list[CameraOut]


class CameraIn(Schema):
    """`user:password@` in an address is accepted and split off.

    `priority` 0 to 9: when a recorder has no room for all, the lowest are dropped first. `engine`,
    `transport`: of both streams. `policy`: when the main stream is kept; `sub_policy`: the sub
    stream, null: as the main one. `purposes`: what it is for, at least one (UU PDP 27/2022 art.
    17); beside it who answers for it, whether a sign tells passers-by, and what stands on it.
    """

    name: Name
    number: CameraNumber | None = None
    main_url: Address
    sub_url: Address | None = None
    username: Login | None = None
    password: Password | None = None
    audio: bool = False
    retention_days: Days | None = None
    priority: Priority = USUAL_PRIORITY
    record_main: bool = True
    record_sub: bool = False
    engine: Engine = Engine.AUTO
    transport: Transport = Transport.AUTO
    policy: Policy = Policy()
    sub_policy: Policy | None = None
    enabled: bool = True
    purposes: Purposes
    owner_agency: Agency = ""
    sign_posted: bool = False
    contact: Contact = ""


class CameraPatch(Schema):
    """Only what is sent changes; `sub_url` null or empty: there is no sub stream any more. A new
    sub stream is kept as the main one is, unless `sub_policy` says otherwise."""

    name: Name | None = None
    number: CameraNumber | None = None
    main_url: Address | None = None
    sub_url: Address | None = None
    username: Login | None = None
    password: Password | None = None
    audio: bool | None = None
    retention_days: Days | None = None
    priority: Priority | None = None
    record_main: bool | None = None
    record_sub: bool | None = None
    engine: Engine | None = None
    transport: Transport | None = None
    policy: Policy | None = None
    sub_policy: Policy | None = None
    enabled: bool | None = None
    purposes: Purposes | None = None
    owner_agency: Agency | None = None
    sign_posted: bool | None = None
    contact: Contact | None = None


class ProbeIn(Schema):
    url: Address
    username: Login | None = None
    password: Password | None = None


class ProbeOut(Schema):
    """What a camera sends. `notes`: advice in English, such as a key picture distance too long."""

    codec: str
    width: int
    height: int
    fps: float | None
    audio: str | None
    key_seconds: float | None = None
    clock_offset_micros: int | None = None
    notes: list[str] = Field(default_factory=list)


class WhepQuery(Schema):
    """`at`: begin in the archive at this µs; absent: live."""

    stream: StreamRole = StreamRole.MAIN
    at: Moment | None = None


class ClipQuery(Schema):
    """µs UTC or RFC 3339 with a zone."""

    start: str
    end: str
    stream: StreamRole | None = None


class ProblemOfNode(Heard):
    code: str
    detail: str = ""
    since: int


class NodeOut(Heard):
    """`lost`: it said nothing for 8 s."""

    node: str
    role: str
    pid: int = 0
    version: str = ""
    at: int
    problems: list[ProblemOfNode] = Field(default_factory=list)
    lost: bool = False


class HealthOut(Schema):
    now: int
    nodes: list[NodeOut]
    streams: list[StreamStateOut]


class FieldErrorOut(Schema):
    """`message`: a code, such as `required`, `too-long`, `scheme`."""

    field: str
    message: str


class ProblemOut(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str | None = None
    kind: str | None = None
    cause: str | None = None
    errors: list[FieldErrorOut] | None = None


class Word(Schema):
    """What the health endpoints say."""

    status: Literal["ok", "not-ready"]
