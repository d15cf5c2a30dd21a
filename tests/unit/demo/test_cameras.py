"""The command's own language."""

from __future__ import annotations

import argparse

import pytest

from vms.core.errors import Invalid
from vms.demo.cameras import DEMO_CAMERAS, Prank, add_arguments, looped, prank
from vms.demo.misbehaviour import Misbehaviour


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("harbour:stall", Prank("harbour", Misbehaviour.STALL)),
        ("gate:time-jump=-5@30", Prank("gate", Misbehaviour.TIME_JUMP, -5.0, 30.0)),
        ("gate:deaf@30+10", Prank("gate", Misbehaviour.DEAF, None, 30.0, 10.0)),
    ],
)
def test_a_prank_is_written_on_one_line(text: str, meant: Prank) -> None:
    assert prank(text) == meant


@pytest.mark.parametrize("text", ["harbour", "harbour:dance", "harbour:stall@soon"])
def test_an_unclear_prank_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        prank(text)


def test_options_have_defaults_that_stay_on_this_machine() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(["--camera", "gate", "--misbehave", "gate:stall"])
    assert (args.host, args.camera, args.misbehave) == ("127.0.0.1", ["gate"], ["gate:stall"])


def test_the_looped_kind_keeps_the_place() -> None:
    camera = looped(DEMO_CAMERAS[0])
    assert camera.looped
    assert camera.scene == DEMO_CAMERAS[0].scene
    assert camera.main.kbit_per_second == 4000
