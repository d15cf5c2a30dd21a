"""What the command line takes, and what a role does not have to carry for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vms.cli import parser


def test_the_simulated_cameras_have_their_options() -> None:
    words = ["demo-camera", "--port", "8999"]
    assert parser(words).parse_args(words).port == 8999


def test_no_password_can_be_an_argument() -> None:
    for words in (["user", "add", "siti", "--password", "x"], ["probe", "rtsp://h/", "--password"]):
        with pytest.raises(SystemExit):
            parser(words).parse_args(words)


def test_reading_the_command_line_loads_no_codecs() -> None:
    program = (
        "import sys; from vms.cli import parser; parser(['retain']).parse_args(['retain'])\n"
        "print([name for name in ('av', 'numpy', 'aiohttp', 'sqlalchemy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
