"""How log lines look: text for a person at a terminal, one JSON object a line for machines.

What is worth a line: INFO a state changed, WARNING somebody may have to act. `camera`, `stream` and
`role` are fields: give them with `extra={"camera": 7}`.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from vms.settings.sections import LogSection

FIELDS = ("camera", "stream")
_QUIET = ("aioice", "aiortc", "asyncio", "nats", "alembic", "urllib3", "aiosqlite", "libav")
"""Libraries that talk at INFO of what is no news."""


def set_up(section: LogSection, role: str, stream: TextIO = sys.stderr) -> None:
    """Make the root logger write to `stream`; replaces what was set up before."""
    as_text = section.format == "text" or (section.format == "auto" and stream.isatty())
    lines = logging.StreamHandler(stream)
    lines.setFormatter(TextLines(role) if as_text else JsonLines(role))
    logging.basicConfig(level=section.level, handlers=[lines], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class TextLines(logging.Formatter):
    """`15:04:05 W record recorder.ingest: camera lost: no packets for 10 s [camera=7]`."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        line = (
            f"{moment} {record.levelname[0]} {self._role:<6} {record.name}: {record.getMessage()}"
        )
        line = f"{line} [{fields}]" if fields else line
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """One object a line: time (RFC 3339, UTC), level, role, logger, message, fields, exception."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "role": self._role,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
