"""Every place can be drawn, moves, and has no seam after a minute."""

from __future__ import annotations

import numpy as np
import pytest

from vms.core.errors import NotFound
from vms.core.walltime import MINUTE, SECOND, WallTime
from vms.demo.cameras import DEMO_CAMERAS
from vms.demo.overlay import burn
from vms.demo.picture import Picture
from vms.demo.scenes import SCENES, build

WALL = WallTime(1_795_456_763_766_000)


def drawn(name: str, wall: int) -> Picture:
    picture = Picture.blank(320, 180)
    build(name, 320, 180).draw(picture, WallTime(wall))
    return picture


@pytest.mark.parametrize("name", SCENES)
def test_a_place_moves_and_repeats_after_a_minute(name: str) -> None:
    first, later, again = (drawn(name, WALL + t) for t in (0, 2 * SECOND, MINUTE))
    assert (first.y != later.y).any()
    assert (first.y == again.y).all()


@pytest.mark.parametrize("name", SCENES)
def test_a_place_has_light_and_shade_and_colour(name: str) -> None:
    picture = drawn(name, WALL)
    assert picture.y.std() > 15
    assert picture.u.std() > 3
    assert picture.y.min() >= 16
    assert picture.y.max() <= 240


def test_places_differ() -> None:
    pictures = [drawn(name, WALL).y.astype(int) for name in SCENES]
    gaps = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(gaps) > 10


def test_every_demonstration_camera_looks_at_another_known_place() -> None:
    assert sorted(camera.scene for camera in DEMO_CAMERAS) == sorted(SCENES)
    assert [camera.number for camera in DEMO_CAMERAS] == list(range(1, len(DEMO_CAMERAS) + 1))


def test_an_unknown_place_is_not_found() -> None:
    with pytest.raises(NotFound):
        build("moon", 320, 180)


def test_the_clock_for_people_changes_only_where_it_stands() -> None:
    one, other = Picture.blank(640, 360), Picture.blank(640, 360)
    burn(one, "Bontang Kuala", WALL)
    burn(other, "Bontang Kuala", WallTime(WALL + SECOND))
    rows = np.flatnonzero((one.y != other.y).any(axis=1))
    assert rows.max() < 40
    assert (one.u == 128).all()


def test_a_looped_clock_shows_seconds_only() -> None:
    one, other = Picture.blank(640, 360), Picture.blank(640, 360)
    burn(one, "Bontang Kuala", WALL, looped=True)
    burn(other, "Bontang Kuala", WallTime(WALL + 5 * MINUTE), looped=True)
    assert (one.y == other.y).all()
