"""What `vms config` prints: every setting in force, secrets masked, and where each comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vms.settings.load import chosen_file, holds, read_environ, read_file
from vms.settings.sections import PREFIX, Settings


def shown(settings: Settings, environ: Mapping[str, str], file: Path | None = None) -> str:
    """TOML that could be a `vms.toml` (but for the masked secrets), each line with its origin."""
    path = chosen_file(environ, file)
    from_file, from_environ = read_file(path), read_environ(environ)

    def origin(keys: list[str]) -> str:
        if holds(from_environ, keys):
            return f"environment {PREFIX}{'__'.join(keys).upper()}"
        return str(path) if holds(from_file, keys) else "default"

    lines = []
    for keys, value in _leaves(settings.model_dump(mode="json")):
        lines.append(_line(keys, value, origin(keys)))
    return "\n".join(_with_headings(lines))


def _line(keys: list[str], value: object, origin: str) -> tuple[str, str]:
    comment = "# " if value is None else ""
    text = f"{comment}{keys[-1]} = {json.dumps('' if value is None else value, ensure_ascii=False)}"
    return keys[0] if len(keys) > 1 else "", f"{text:<48}  # {origin}"


def _with_headings(lines: list[tuple[str, str]]) -> Iterator[str]:
    section = ""
    for inside, text in lines:
        if inside != section:
            yield f"\n[{inside}]"
            section = inside
        yield text


def _leaves(values: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[list[str], Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield [*above, key], value
