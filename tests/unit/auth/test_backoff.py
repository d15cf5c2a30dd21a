"""Guessing gets slower, for a name from an address soonest; nobody can lock another one out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import HandClock
from vms.auth.backoff import ADDRESS, FORGET_SECONDS, NAME, PAIR, LoginBackoff
from vms.core.errors import Exhausted


def guess(backoff: LoginBackoff, name: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        backoff.attempt(name, address)


def wait_of(backoff: LoginBackoff, name: str, address: str) -> int:
    try:
        backoff.check(name, address)
    except Exhausted as error:
        seconds = error.context["retry_after_seconds"]
        assert isinstance(seconds, int)
        return seconds
    return 0


async def test_a_few_mistakes_cost_nothing() -> None:
    backoff = LoginBackoff(HandClock())
    guess(backoff, "siti", "192.0.2.1", PAIR.free - 1)
    assert wait_of(backoff, "siti", "192.0.2.1") == 0


async def test_then_every_guess_doubles_the_wait_up_to_a_bound() -> None:
    clock = HandClock()
    backoff = LoginBackoff(clock)
    guess(backoff, "siti", "192.0.2.1", PAIR.free)
    waits = []
    for _ in range(14):
        waits.append(wait_of(backoff, "siti", "192.0.2.1"))
        await clock.advance(waits[-1])
        backoff.attempt("siti", "192.0.2.1")
    assert waits[0] in (1, 2)
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(PAIR.longest_seconds, abs=1)


async def test_a_guess_that_must_wait_does_not_count() -> None:
    backoff = LoginBackoff(HandClock())
    guess(backoff, "siti", "192.0.2.1", PAIR.free)
    for _ in range(50):
        with pytest.raises(Exhausted):
            backoff.attempt("siti", "192.0.2.1")
    assert wait_of(backoff, "siti", "192.0.2.1") <= 2


async def test_the_right_password_starts_the_pair_over() -> None:
    backoff = LoginBackoff(HandClock())
    guess(backoff, "siti", "192.0.2.1", PAIR.free - 1)
    backoff.attempt("siti", "192.0.2.1")
    backoff.succeeded("siti", "192.0.2.1")
    guess(backoff, "siti", "192.0.2.1", PAIR.free - 1)
    assert wait_of(backoff, "siti", "192.0.2.1") == 0


async def test_one_address_that_tries_many_names_is_slowed() -> None:
    backoff = LoginBackoff(HandClock())
    for number in range(ADDRESS.free):
        guess(backoff, f"user{number}", "192.0.2.1")
    assert wait_of(backoff, "yet-another", "192.0.2.1") > 0
    assert wait_of(backoff, "yet-another", "192.0.2.2") == 0


async def test_nobody_can_lock_somebody_else_out() -> None:
    clock = HandClock()
    backoff = LoginBackoff(clock)
    for number in range(200):
        await clock.advance(NAME.longest_seconds + 1)
        guess(backoff, "siti", f"198.51.100.{number}")
    assert 0 < wait_of(backoff, "siti", "192.0.2.1") <= NAME.longest_seconds + 1


async def test_names_differ_in_more_than_case() -> None:
    backoff = LoginBackoff(HandClock())
    for name in ("Siti", "SITI", "siti", "sItI", "siTi"):
        guess(backoff, name, "192.0.2.1")
    assert wait_of(backoff, "siti", "192.0.2.1") > 0


async def test_an_hour_of_peace_forgets() -> None:
    clock = HandClock()
    backoff = LoginBackoff(clock)
    guess(backoff, "siti", "192.0.2.1", PAIR.free)
    await clock.advance(FORGET_SECONDS + 1)
    assert wait_of(backoff, "siti", "192.0.2.1") == 0


@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=60))
def test_the_table_never_grows_beyond_its_bound(guesses: list[tuple[str, str]]) -> None:
    backoff = LoginBackoff(HandClock(), most=10)
    for name, address in guesses:
        try:
            backoff.attempt(name, address)
        except Exhausted:
            continue
    assert len(backoff) <= 10
