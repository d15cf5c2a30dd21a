"""The recorder's own UTC: when it follows the server's clock and when it does not."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from tests.fakes.clock import HandClock
from vms.core.kerneltime import kernel_vouches
from vms.core.steady import Change, HostChange, SteadyClock
from vms.core.walltime import DAY, HOUR, MINUTE, SECOND, WallTime

T0 = WallTime(1_795_413_600 * SECOND)


@dataclass
class Host:
    """A machine whose clock is set while the steady clock looks on, once a second."""

    host: HandClock = field(default_factory=lambda: HandClock(T0))
    vouched: bool | None = True
    changes: list[HostChange] = field(default_factory=list)
    walls: list[int] = field(default_factory=list)
    true: int = T0

    def __post_init__(self) -> None:
        self.clock = SteadyClock(self.host, lambda: self.vouched)

    async def pass_seconds(self, seconds: int) -> None:
        for _ in range(seconds):
            await self.host.advance(1.0)
            self.true += SECOND
            change = self.clock.look()
            if change is not None:
                self.changes.append(change)
            self.walls.append(self.clock.wall())

    def set_clock(self, seconds: float, *, vouched: bool | None) -> None:
        self.host.step(seconds)
        self.vouched = vouched

    @property
    def told(self) -> list[tuple[Change, int]]:
        return [(one.change, round(one.micros / SECOND)) for one in self.changes]

    @property
    def error(self) -> float:
        """Seconds we are ahead of what the time really is."""
        return (self.clock.wall() - self.true) / SECOND


async def test_a_small_correction_is_slewed_at_500_ppm_at_most() -> None:
    host = Host()
    host.set_clock(0.4, vouched=True)
    await host.pass_seconds(1000)
    steps = [after - before for before, after in itertools.pairwise(host.walls)]
    assert min(steps) >= SECOND
    assert max(steps) <= SECOND + 501
    assert abs(host.clock.ahead) < 1000
    assert host.changes == []


async def test_a_step_that_is_taken_back_moves_nothing() -> None:
    for seconds in (60, -60):
        host = Host()
        await host.pass_seconds(100)
        host.set_clock(seconds, vouched=False)
        await host.pass_seconds(3600)
        assert host.error == 0.0
        assert round(host.clock.ahead / SECOND) == -seconds
        host.set_clock(-seconds, vouched=True)
        await host.pass_seconds(100)
        assert host.error == 0.0
        assert host.told == [(Change.STEPPED, seconds), (Change.RETURNED, -seconds)]


async def test_a_step_forward_that_ntp_vouches_for_is_followed() -> None:
    host = Host(vouched=False)
    await host.pass_seconds(100)
    host.set_clock(45, vouched=True)
    await host.pass_seconds(30)
    assert host.told == [(Change.STEPPED, 45), (Change.FOLLOWED, 45)]
    assert host.clock.ahead == 0


async def test_where_nobody_vouches_a_step_is_followed_after_ten_minutes() -> None:
    host = Host(vouched=None)
    host.set_clock(3600, vouched=None)
    await host.pass_seconds(590)
    assert host.told == [(Change.STEPPED, 3600)]
    await host.pass_seconds(30)
    assert host.told[1:] == [(Change.FOLLOWED, 3600)]


async def test_a_step_back_into_recorded_time_is_slewed() -> None:
    host = Host(vouched=False)
    await host.pass_seconds(900)
    host.set_clock(-60, vouched=True)
    await host.pass_seconds(2000)
    assert host.told == [(Change.STEPPED, -60), (Change.SLEWING, -60)]
    steps = [after - before for before, after in itertools.pairwise(host.walls)]
    assert min(steps) >= SECOND - 501
    assert 58.9 < host.clock.ahead / SECOND < 59.1


async def test_a_machine_that_started_hours_ahead_jumps_back_to_before_it_began() -> None:
    """Its battery clock held local time; NTP answered a minute after the recorder began."""
    host = Host(vouched=False)
    await host.pass_seconds(60)
    host.set_clock(-8 * 3600, vouched=True)
    await host.pass_seconds(30)
    assert host.told == [(Change.STEPPED, -8 * 3600), (Change.FOLLOWED, -8 * 3600)]
    assert host.clock.ahead == 0
    assert host.clock.wall() < T0 - 7 * HOUR


async def test_a_clock_that_is_driven_fast_is_followed_only_when_it_stands() -> None:
    """An NTP daemon takes a minute out at eight per cent instead of stepping."""
    host = Host()
    await host.pass_seconds(10)
    host.set_clock(60, vouched=False)
    await host.pass_seconds(20)
    host.vouched = True
    for _ in range(750):
        host.host.step(-0.08)
        await host.pass_seconds(1)
    assert abs(host.error) < 0.2
    assert host.told[-1][0] is Change.RETURNED
    assert Change.FOLLOWED not in [change for change, _ in host.told]


async def test_two_steps_are_two_facts() -> None:
    host = Host()
    await host.pass_seconds(10)
    host.set_clock(60, vouched=False)
    await host.pass_seconds(10)
    host.set_clock(60, vouched=False)
    await host.pass_seconds(10)
    host.set_clock(-120, vouched=False)
    await host.pass_seconds(10)
    assert host.told == [
        (Change.STEPPED, 60),
        (Change.STEPPED, 60),
        (Change.RETURNED, -120),
    ]


async def test_a_year_set_by_mistake_is_not_believed_where_ntp_was() -> None:
    host = Host()
    await host.pass_seconds(10)
    host.set_clock(365 * DAY / SECOND, vouched=False)
    await host.pass_seconds(2 * 3600)
    assert host.clock.wall() == host.true
    assert host.clock.wall() - T0 < 3 * HOUR + MINUTE


def test_the_kernel_says_whether_its_clock_is_disciplined_or_that_it_does_not_know() -> None:
    assert kernel_vouches() in (True, False, None)
