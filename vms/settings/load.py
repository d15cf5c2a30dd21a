"""Reading the settings: file, environment over it, and words for what is wrong in either."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from vms.core.errors import Invalid
from vms.settings.sections import PREFIX, Settings

OTHER_VARIABLES = frozenset({"VMS_CONFIG", "VMS_DEMO_CAMERA", "VMS_DEMO_PASSWORD", "VMS_DEMO_PORT"})
"""Variables with our prefix that are no settings."""


def load(environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings in force: defaults, under `file` (or ./vms.toml if there), under VMS_*.

    Raises Invalid with words that name the key and where it was written.
    """
    from_file, from_environ = read_file(chosen_file(environ, file)), read_environ(environ)
    try:
        return Settings(**_merged(from_file, from_environ))
    except ValidationError as error:
        raise Invalid(_in_words(error, from_environ)) from None


def read_file(path: Path | None) -> dict[str, Any]:
    """Raises Invalid when the file is not there or not TOML."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise Invalid(f"cannot read the settings file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} is not TOML: {error}") from error


def read_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    """VMS_* as nested values. Raises Invalid when a name means no setting."""
    for name in environ:
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES:
            continue
        if name.removeprefix(PREFIX).split("__")[0].lower() not in Settings.model_fields:
            raise Invalid(f"{name} in the environment is not a setting: see `vms config`")
    return _Environ(environ)()


class _Environ(EnvSettingsSource):
    """pydantic-settings' reading of an environment that is passed in."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._given = environ
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._given.items()}


def chosen_file(environ: Mapping[str, str], file: Path | None) -> Path | None:
    if file is not None:
        return file
    if "VMS_CONFIG" in environ:
        return Path(environ["VMS_CONFIG"])
    return Path("vms.toml") if Path("vms.toml").is_file() else None


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _in_words(error: ValidationError, from_environ: dict[str, Any]) -> str:
    """Per wrong value: where, which key, what is wrong. Never the value: it may be secret."""
    return "; ".join(_complaint(problem, from_environ) for problem in error.errors())


def _complaint(problem: Any, from_environ: dict[str, Any]) -> str:
    path = [str(part) for part in problem["loc"]]
    key = ".".join(path)
    if holds(from_environ, path):
        key = f"{PREFIX}{'__'.join(path).upper()} in the environment"
    if problem["type"] == "extra_forbidden":
        return f"{key} is not a setting"
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}"


def holds(values: dict[str, Any], path: list[str]) -> bool:
    """Whether nested `values` say something at `path`."""
    found: Any = values
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found is not None
