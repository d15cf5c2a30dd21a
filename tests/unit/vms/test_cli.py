"""The command line: words and exit codes. What starts processes is in tests/integration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vms import __version__
from vms.cli import main

COMMANDS = {
    "run", "api", "record", "play", "retain", "demo", "demo-camera", "config", "healthy",
    "migrate", "plan", "probe", "user", "verify", "rebuild-index",
}  # fmt: skip


def test_every_command_is_in_the_help_with_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = dict(re.findall(r"^    ([\w-]+) +(\S.*)$", capsys.readouterr().out, re.MULTILINE))
    assert set(shown) == COMMANDS


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    "words",
    [[], ["fly"], ["run", "more"], ["healthy", "nobody"], ["user", "add"], ["user", "drop", "x"]],
)
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: vms" in capsys.readouterr().err


def test_what_can_be_said_in_words_is_1_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vms.toml"
    file.write_text("[api]\nport = 8080\nhots = 1\n")
    for words in (["config"], ["api"], ["run"], ["migrate"], ["healthy", "api"]):
        assert main(["--config", str(file), *words]) == 1
        said = capsys.readouterr()
        assert (said.out, said.err) == ("", "vms: api.hots is not a setting\n")


def test_the_settings_in_force_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(__file__).parents[3] / "vms.example.toml"
    assert main(["--config", str(file), "config"]) == 0
    assert "[api]" in capsys.readouterr().out


def test_a_role_that_does_not_answer_is_not_healthy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vms.toml"
    file.write_text("[ops]\nhost = '127.0.0.1'\nplay = 1\n")
    assert main(["--config", str(file), "healthy", "play"]) == 1
    assert capsys.readouterr().out == "no answer\n"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_command_takes_a_password_as_an_argument(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert not re.search(r"--\w*(pass|secret|key\b(?<!new-key))", capsys.readouterr().out)
