"""docker-compose.yml without Docker: its variables filled in, its shape checked, its roles started.

Only what the compose specification says of the keys we use is written down here, strictly: a key
that is not in SCHEMA is a mistake or needs a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?:(?P<mark>:[-?])(?P<rest>[^}]*))?\})")

_TEXT = {"type": "string"}
_WORDS = {"type": "array", "items": _TEXT, "minItems": 1}
_DURATION = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
_HEALTH = {
    "type": "object",
    "properties": {
        "test": {"type": "array", "prefixItems": [{"const": "CMD"}], "items": _TEXT, "minItems": 2},
        "interval": _DURATION,
        "timeout": _DURATION,
        "start_period": _DURATION,
        "retries": {"type": "integer", "minimum": 1},
    },
    "required": ["test"],
    "additionalProperties": False,
}
_DEPENDENCY = {
    "type": "object",
    "properties": {
        "condition": {
            "enum": ["service_started", "service_healthy", "service_completed_successfully"]
        }
    },
    "required": ["condition"],
    "additionalProperties": False,
}
_SERVICE = {
    "type": "object",
    "properties": {
        "image": _TEXT,
        "build": _TEXT,
        "command": _WORDS,
        "environment": {
            "type": "object",
            "patternProperties": {"^[A-Z][A-Z0-9_]*$": {"type": ["string", "number"]}},
            "additionalProperties": False,
        },
        "init": {"type": "boolean"},
        "network_mode": {"enum": ["host"]},
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "read_only": {"type": "boolean"},
        "cap_drop": _WORDS,
        "security_opt": _WORDS,
        "stop_grace_period": _DURATION,
        "ports": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^127\.0\.0\.1:\d+:\d+$"},
        },
        "volumes": {"type": "array", "items": {"type": "string", "pattern": r"^[a-z0-9]+:/\S+$"}},
        "configs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"source": _TEXT, "target": _TEXT},
                "required": ["source", "target"],
                "additionalProperties": False,
            },
        },
        "depends_on": {"type": "object", "additionalProperties": _DEPENDENCY},
        "healthcheck": _HEALTH,
    },
    "required": ["image", "restart"],
    "additionalProperties": False,
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "services": {"type": "object", "additionalProperties": _SERVICE, "minProperties": 1},
        "configs": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"content": _TEXT},
                "required": ["content"],
                "additionalProperties": False,
            },
        },
        "volumes": {
            "type": "object",
            "additionalProperties": {"type": "object", "maxProperties": 0},
        },
    },
    "patternProperties": {"^x-": {"type": "object"}},
    "required": ["services"],
    "additionalProperties": False,
}


def read(environment: Mapping[str, str]) -> dict[str, Any]:
    """The file as `docker compose config` would show it. Raises KeyError for what is not given."""
    found = filled(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), environment)
    assert isinstance(found, dict)
    return found


def filled(value: Any, environment: Mapping[str, str]) -> Any:
    """Every text with its variables: ${A}, ${A:-default}, ${A:?words}, and $$ for $."""
    if isinstance(value, dict):
        return {key: filled(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, environment) for each in value]
    return _fill(value, environment) if isinstance(value, str) else value


def _fill(text: str, environment: Mapping[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        name, mark, rest = match["name"], match["mark"], match["rest"]
        if name is None:
            return "$"
        if environment.get(name):
            return environment[name]
        if mark == ":-":
            return rest or ""
        raise KeyError(name)

    return _VARIABLE.sub(one, text)
