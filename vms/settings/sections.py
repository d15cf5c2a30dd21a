"""The sections of the settings: every name, its default, its bounds. Values only."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from vms.core.secret import Secret

PREFIX = "VMS_"
MOST_WORKERS = 8
"""Without being told: two thousand cameras, and half a gigabyte of memory."""


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise ValueError("must be text")
    return Secret(value)


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [word.strip() for word in value.split(",") if word.strip()]


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(
            f"no time zone is called {value!r}; write it like Asia/Makassar"
        ) from error
    return value


SecretText = Annotated[Secret, PlainValidator(_secret), PlainSerializer(str)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Site(Section):
    """`two_person_release`: who asks to release an evidence lock cannot confirm it."""

    name: str = "Matakota"
    zone: Zone = "Asia/Makassar"
    language: Literal["id", "en"] = "id"
    two_person_release: bool = False


class BusSection(Section):
    url: str = "nats://127.0.0.1:4222"
    user: str = ""
    password: SecretText = Secret("")

    @field_validator("url")
    @classmethod
    def _no_password(cls, value: str) -> str:
        if "@" in value:
            raise ValueError("a password does not belong in the address: use user and password")
        return value


class IndexSection(Section):
    """`url` empty: SQLite in the data directory. `key`: base64 of 32 bytes; empty: the key file."""

    url: SecretText = Secret("")
    key: SecretText = Secret("")


class StoreSection(Section):
    """`url`: file:///path or s3://bucket?endpoint=http://host:port&region=…; empty: a directory in
    the data directory. `capacity_bytes`: what it may hold; 0: a directory's disk, and of S3 nobody
    knows."""

    url: str = ""
    access_key: SecretText = Secret("")
    secret_key: SecretText = Secret("")
    capacity_bytes: int = Field(default=0, ge=0)


class ColdSection(Section):
    """A second store for what is older than `after_days`. `url` empty: there is none."""

    url: str = ""
    access_key: SecretText = Secret("")
    secret_key: SecretText = Secret("")
    after_days: int = Field(default=7, ge=1, le=36_500)
    interval_seconds: float = Field(default=600.0, ge=1)


class RecordSection(Section):
    """`spool` empty: in the data directory. `feed_host`: address players reach this recorder on.

    `tls`: how certificates of rtsps:// cameras are judged. `tls_authorities`: PEM, for "verify".
    `workers`: processes that record; 0: one a core, MOST_WORKERS at most. `capacity`: streams one
    of them takes; 0: any number.
    """

    spool: Path | None = None
    spool_max_bytes: int = Field(default=20 * 1024**3, ge=64 * 1024**2)
    segment_seconds: float = Field(default=60.0, ge=2, le=600)
    fsync: bool = True
    feed_host: str = "127.0.0.1"
    stall_seconds: float = Field(default=5.0, ge=1, le=300)
    tls: Literal["pin", "verify"] = "pin"
    tls_authorities: Path | None = None
    redirect_hosts: Words = ()
    workers: int = Field(default=0, ge=0, le=256)
    capacity: int = Field(default=0, ge=0)


class PlaySection(Section):
    """`addresses`: further addresses browsers can reach this player on."""

    addresses: Words = ()


class RetainSection(Section):
    """`scrub_bytes_per_second`: how fast the archive is read again in the background, to find what
    disks lost; 0: not at all. `scrub_days`: no sooner does that begin anew."""

    days: int = Field(default=30, ge=1, le=36_500)
    interval_seconds: float = Field(default=300.0, ge=1)
    scrub_bytes_per_second: int = Field(default=8 * 1024**2, ge=0)
    scrub_days: float = Field(default=7.0, ge=0)


class ApiSection(Section):
    """`https`: browsers come through a proxy that speaks TLS: cookies are Secure, HSTS is sent.

    `idle_seconds` without a request (an open page makes one all the time) or `session_seconds`
    after sign-in a session ends. `proxies`: peers whose X-Forwarded-For is believed.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    https: bool = False
    proxies: Words = ()
    idle_seconds: int = Field(default=3600, ge=60)
    session_seconds: int = Field(default=12 * 3600, ge=300)
    clips_at_once: int = Field(default=2, ge=1, le=64)


class OpsSection(Section):
    """Where each role shows /metrics, /livez and /readyz. Port 0: any free one.

    The first recorder process is at `record`, the second at `workers`, the third at the port after.
    """

    host: str = "127.0.0.1"
    api: Port = 9601
    record: Port = 9602
    play: Port = 9603
    retain: Port = 9604
    workers: Port = 9610


class LogSection(Section):
    """`auto`: text on a terminal, JSON lines otherwise."""

    format: Literal["auto", "text", "json"] = "auto"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Settings(BaseSettings):
    """Everything a role needs to start. Make one with `load`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        arbitrary_types_allowed=True,
    )

    node: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = Field(
        default_factory=lambda: _node_name(socket.gethostname())
    )
    data_dir: Path = Path("var/vms")
    site: Site = Site()
    bus: BusSection = BusSection()
    index: IndexSection = IndexSection()
    store: StoreSection = StoreSection()
    cold: ColdSection = ColdSection()
    record: RecordSection = RecordSection()
    play: PlaySection = PlaySection()
    retain: RetainSection = RetainSection()
    api: ApiSection = ApiSection()
    ops: OpsSection = OpsSection()
    log: LogSection = LogSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what `load` passes: it reads file and environment, to say which was wrong."""
        return (init_settings,)

    @property
    def index_url(self) -> Secret:
        return self.index.url or Secret(f"sqlite:///{self.data_dir.absolute() / 'index.db'}")

    @property
    def store_url(self) -> str:
        return self.store.url or f"file://{self.data_dir.absolute() / 'store'}"

    @property
    def spool(self) -> Path:
        return self.record.spool or self.data_dir.absolute() / "spool"

    @property
    def workers(self) -> int:
        """How many processes record on this machine."""
        return self.record.workers or min(len(os.sched_getaffinity(0)), MOST_WORKERS)

    @property
    def key_file(self) -> Path:
        return self.data_dir.absolute() / "key"


def _node_name(host: str) -> str:
    """A host name as one token of a bus subject."""
    return "".join(letter if letter.isalnum() else "-" for letter in host) or "node"
