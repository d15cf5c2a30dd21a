"""vms.example.toml says every setting there is, with its default, and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from vms.settings import Settings, load

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "vms.example.toml"
GUIDE = ROOT / "docs/guide/configuration.md"


def uncommented() -> str:
    """The example with the settings that have no default value switched on."""
    return re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)


def keys(values: Mapping[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in values.items():
        found |= keys(value, f"{key}.") if isinstance(value, dict) else {above + key}
    return found


def settings() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (f"{name}.{inner}" for inner in kind.model_fields)
        else:
            yield name


def test_as_it_stands_it_changes_nothing() -> None:
    assert load({}, EXAMPLE) == load({})


def test_every_setting_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    text = uncommented()
    assert keys(tomllib.loads(text)) == set(settings())
    file = tmp_path / "vms.toml"
    file.write_text(text)
    assert load({}, file).node == "record-1"


def test_the_guide_explains_every_setting_by_its_variable() -> None:
    named = set(re.findall(r"`(VMS_[A-Z_]+)`", GUIDE.read_text()))
    wanted = {"VMS_" + key.replace(".", "__").upper() for key in settings()}
    assert wanted <= named
    assert named - wanted == {"VMS_CONFIG", "VMS_DEMO_CAMERA", "VMS_DEMO_PASSWORD", "VMS_DEMO_PORT"}
