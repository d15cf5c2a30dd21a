"""Control messages and what they make of what is shown."""

from __future__ import annotations

import pytest

from player.wish import Mode, Wish, wish_of
from vms.core.model import StreamRole
from vms.core.walltime import WallTime

LIVE = Wish(Mode.LIVE, StreamRole.MAIN, at=WallTime(1000))
PLAYING = Wish(Mode.ARCHIVE, StreamRole.MAIN, at=WallTime(1000), speed=2.0, stands=True)
PAUSED = Wish(Mode.ARCHIVE, StreamRole.MAIN, at=WallTime(1000), paused=True, stands=True)


def test_a_seek_from_live_plays_and_while_paused_stays_paused() -> None:
    sought = wish_of({"op": "seek", "at": 500}, LIVE)
    assert sought == Wish(Mode.ARCHIVE, StreamRole.MAIN, at=WallTime(500))
    paused = wish_of({"op": "seek", "at": 500}, PAUSED)
    assert paused is not None
    assert paused.paused
    assert not paused.stands


def test_a_pause_keeps_the_picture_that_stands() -> None:
    for present in (LIVE, PLAYING):
        paused = wish_of({"op": "pause"}, present)
        assert paused is not None
        assert (paused.mode, paused.paused, paused.stands) == (Mode.ARCHIVE, True, True)


def test_a_pause_during_a_burst_still_wants_the_picture_sought() -> None:
    underway = Wish(Mode.ARCHIVE, StreamRole.MAIN, at=WallTime(500))
    paused = wish_of({"op": "pause"}, underway)
    assert paused is not None
    assert (paused.at, paused.paused, paused.stands) == (500, True, False)


def test_play_goes_on_at_the_old_speed_or_a_new_one() -> None:
    assert wish_of({"op": "play"}, PLAYING) == PLAYING
    faster = wish_of({"op": "play", "speed": 4}, PAUSED)
    assert faster is not None
    assert (faster.speed, faster.paused, faster.stands) == (4.0, False, True)


def test_another_stream_is_looked_for_at_the_same_moment() -> None:
    switched = wish_of({"op": "stream", "stream": "sub"}, PLAYING)
    assert switched is not None
    assert (switched.role, switched.at, switched.stands) == (StreamRole.SUB, 1000, False)


def test_live_forgets_speed_and_pause() -> None:
    live = wish_of({"op": "live"}, PAUSED)
    assert live is not None
    assert (live.mode, live.paused, live.speed) == (Mode.LIVE, False, 1.0)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"op": "dance"},
        {"op": "seek"},
        {"op": "seek", "at": "yesterday"},
        {"op": "seek", "at": -1},
        {"op": "seek", "at": 10**30},
        {"op": "seek", "at": 1.5},
        {"op": "play", "speed": 0},
        {"op": "play", "speed": 1000},
        {"op": "play", "speed": True},
        {"op": "play", "speed": float("nan")},
        {"op": "stream", "stream": "third"},
    ],
)
def test_what_makes_no_sense_changes_nothing(message: dict[str, object]) -> None:
    assert wish_of(message, PLAYING) is None
