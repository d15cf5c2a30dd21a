"""Certificates that cameras showed first: known at once, written when the index is there."""

from __future__ import annotations

import asyncio

from recorder.pinbook import PinBook
from tests.fakes.clock import HandClock
from vms.core.beside import beside
from vms.core.errors import Unavailable
from vms.core.model import Stream, StreamRole


class Index:
    """Writes unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.written: list[tuple[int, str]] = []

    async def pin(self, stream_id: int, certificate: str) -> None:
        if self.away:
            raise Unavailable("the index is away")
        self.written.append((stream_id, certificate))


def stream(number: int, certificate: str = "") -> Stream:
    return Stream(number, 1, StreamRole.MAIN, "rtsps://cam/", certificate=certificate)


async def rest() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_was_noted_is_known_at_once_and_written() -> None:
    index = Index()
    book = PinBook(index.pin, HandClock())
    book.learn([stream(1, "aa"), stream(2)])
    book.note(2, "bb")
    assert (book.known(1), book.known(2), book.known(3)) == ("aa", "bb", "")
    async with beside(book.run()):
        await rest()
    assert index.written == [(2, "bb")]


async def test_what_could_not_be_written_counts_and_is_written_later() -> None:
    index, clock = Index(), HandClock()
    index.away = True
    book = PinBook(index.pin, clock)
    book.note(1, "aa")
    async with beside(book.run()):
        await rest()
        book.learn([stream(1)])  # the index does not know it yet
        assert book.known(1) == "aa"
        index.away = False
        await clock.advance(6.0)
        await rest()
    assert index.written == [(1, "aa")]


async def test_what_an_administrator_made_the_index_forget_is_forgotten() -> None:
    index = Index()
    book = PinBook(index.pin, HandClock())
    book.note(1, "aa")
    async with beside(book.run()):
        await rest()
    book.learn([stream(1)])
    assert book.known(1) == ""
