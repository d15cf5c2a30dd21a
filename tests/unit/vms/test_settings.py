"""Settings: the environment over the file over the defaults, and mistakes named by their key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from vms.core.errors import Invalid
from vms.settings import load
from vms.settings.show import shown


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vms.toml"
    path.write_text('[api]\nport = 9000\n[site]\nname = "Kota"\n[play]\naddresses = ["10.0.0.1"]\n')
    return path


def test_with_nothing_written_every_setting_has_a_default() -> None:
    settings = load({})
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8080)
    assert settings.index_url.reveal().startswith("sqlite:////")


def test_the_environment_wins_over_the_file(file: Path) -> None:
    settings = load({"VMS_API__PORT": "9100"}, file)
    assert (settings.api.port, settings.site.name) == (9100, "Kota")


def test_a_list_in_the_environment_is_words_with_commas() -> None:
    settings = load({"VMS_PLAY__ADDRESSES": "192.0.2.1, 198.51.100.2"})
    assert settings.play.addresses == ("192.0.2.1", "198.51.100.2")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"VMS_API__PROT": "1"}, "VMS_API__PROT in the environment is not a setting"),
        ({"VMS_PORT": "1"}, "VMS_PORT in the environment is not a setting"),
        ({"VMS_API__PORT": "many"}, "VMS_API__PORT in the environment: Input should be a valid"),
        ({"VMS_SITE__ZONE": "Mars"}, "no time zone is called 'Mars'"),
        ({"VMS_BUS__URL": "nats://user:word@host"}, "VMS_BUS__URL"),
        ({"VMS_NODE": "a.b"}, "VMS_NODE in the environment"),
    ],
)
def test_a_mistake_in_the_environment_is_named(environ: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        load(environ)


def test_a_mistake_in_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vms.toml"
    path.write_text("[recorder]\nfsync = false\n[retain]\ndays = 0\n")
    with pytest.raises(Invalid, match=r"retain\.days: .*; recorder is not a setting"):
        load({}, path)


def test_a_file_that_is_not_there_or_not_toml_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot read the settings file"):
        load({"VMS_CONFIG": str(tmp_path / "none.toml")})
    (tmp_path / "bad.toml").write_text("[api\n")
    with pytest.raises(Invalid, match="is not TOML"):
        load({}, tmp_path / "bad.toml")


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(Invalid) as raised:
        load({"VMS_BUS__URL": "nats://user:canary-word@host"})
    assert "canary-word" not in str(raised.value)


def test_what_is_shown_masks_secrets_and_says_where_each_value_is_from(file: Path) -> None:
    environ = {"VMS_BUS__PASSWORD": "canary-word", "VMS_INDEX__URL": "postgresql://u:canary@h/d"}
    text = shown(load(environ, file), environ, file)
    assert "canary" not in text
    lines = {line.split(" = ")[0]: line for line in text.splitlines() if " = " in line}
    assert lines["port"].endswith(f"# {file}")
    assert lines["password"].endswith("# environment VMS_BUS__PASSWORD")
    assert lines["zone"].endswith("# default")


def test_what_is_shown_is_a_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "shown.toml"
    path.write_text(shown(load({}), {}))
    assert tomllib.loads(path.read_text())["api"]["port"] == 8080
    assert load({}, path) == load({})
