"""Log lines: text for a person, JSON for machines, the same fields in both."""

from __future__ import annotations

import json
import logging

from vms.log import JsonLines, TextLines


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("recorder.ingest", logging.WARNING, "f.py", 1, message, None, None)
    made.created = 1_795_424_400.5
    vars(made).update(fields)
    return made


def test_a_json_line_carries_role_and_fields() -> None:
    line = JsonLines("record").format(record("camera lost: no packets for 10 s", camera=7))
    assert json.loads(line) == {
        "time": "2026-11-23T09:00:00.500Z",
        "level": "WARNING",
        "role": "record",
        "logger": "recorder.ingest",
        "message": "camera lost: no packets for 10 s",
        "camera": 7,
    }


def test_a_message_with_line_breaks_stays_one_json_line() -> None:
    line = JsonLines("api").format(record("first\nsecond"))
    assert "\n" not in line
    assert json.loads(line)["message"] == "first\nsecond"


def test_a_text_line_ends_with_its_fields() -> None:
    line = TextLines("record").format(record("camera lost", camera=7, stream=12))
    assert line.endswith("W record recorder.ingest: camera lost [camera=7 stream=12]")


def test_an_exception_is_in_both() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        failed = record("it failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: why" in TextLines("api").format(failed)
    assert "ValueError: why" in json.loads(JsonLines("api").format(failed))["exception"]
