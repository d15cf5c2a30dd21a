"""Live units to those who watch."""

from __future__ import annotations

from recorder.broadcast import LONGEST_QUEUE_UNITS, Broadcast
from tests.fakes.units import gop, sound, unit
from vms.core.media.access_unit import AccessUnit


def publish(broadcast: Broadcast, units: list[AccessUnit]) -> None:
    for one in units:
        broadcast.publish((one,))


async def test_who_comes_late_gets_the_current_group_of_pictures_first() -> None:
    broadcast, pictures = Broadcast(), gop(0) + gop(25)
    publish(broadcast, pictures[:40])
    with broadcast.watch() as watcher:
        broadcast.publish((pictures[40],))
        assert await watcher.take() == pictures[25:41]


async def test_before_the_first_key_picture_there_is_nothing_to_watch() -> None:
    broadcast = Broadcast()
    with broadcast.watch() as watcher:
        publish(broadcast, [unit(1), sound(1), unit(2, key=True), sound(2)])
        assert await watcher.take() == [unit(2, key=True), sound(2)]


async def test_a_slow_watcher_goes_on_at_the_next_random_access_point() -> None:
    broadcast = Broadcast()
    with broadcast.watch() as watcher:
        publish(broadcast, gop(0, LONGEST_QUEUE_UNITS + 500))
        publish(broadcast, gop(9000))
        taken = await watcher.take()
    assert taken == gop(9000)
    assert watcher.skipped == LONGEST_QUEUE_UNITS + 500


async def test_a_slow_watcher_costs_the_others_nothing() -> None:
    broadcast = Broadcast()
    with broadcast.watch() as slow, broadcast.watch() as quick:
        taken = []
        for one in gop(0, 2 * LONGEST_QUEUE_UNITS):
            broadcast.publish((one,))
            taken += await quick.take()
    assert len(taken) == 2 * LONGEST_QUEUE_UNITS
    assert slow.skipped > 0
    assert quick.skipped == 0


async def test_pictures_of_a_run_that_ended_are_not_shown_to_who_comes_later() -> None:
    broadcast = Broadcast()
    publish(broadcast, gop(0))
    broadcast.end_run()
    with broadcast.watch() as watcher:
        publish(broadcast, gop(100, 2))
        assert await watcher.take() == gop(100, 2)


def test_nobody_is_counted_after_leaving() -> None:
    broadcast = Broadcast()
    with broadcast.watch():
        assert broadcast.watchers == 1
    assert broadcast.watchers == 0
