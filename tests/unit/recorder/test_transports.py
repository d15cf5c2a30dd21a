"""Which transport an attempt uses, and which one the next."""

from __future__ import annotations

import pytest

from recorder.errors import TransportRefused
from recorder.source.transports import KEPT_SECONDS, Transports
from vms.core.model import Cause, Transport

REFUSED = TransportRefused("no")


@pytest.mark.parametrize(
    ("wanted", "first"), [(Transport.AUTO, False), (Transport.TCP, False), (Transport.UDP, True)]
)
def test_without_trouble_every_attempt_uses_the_first(wanted: Transport, first: bool) -> None:
    transports = Transports(wanted, secure=False)
    for now in range(3):
        assert transports.next(now) is first
        transports.over(first, now)


@pytest.mark.parametrize("wanted", [Transport.AUTO, Transport.UDP])
def test_after_a_refusal_the_other_one_is_next_and_kept_for_an_hour(wanted: Transport) -> None:
    transports = Transports(wanted, secure=False)
    first = transports.next(0.0)
    assert transports.refused(REFUSED).again
    assert transports.next(1.0) is not first
    assert transports.instead_of == "no"
    transports.over(not first, 1.0)
    assert transports.next(KEPT_SECONDS) is not first
    transports.over(not first, KEPT_SECONDS)
    assert transports.next(KEPT_SECONDS + 1.0) is first


def test_when_both_are_refused_both_reasons_are_told_with_the_first_ones_cause() -> None:
    transports = Transports(Transport.AUTO, secure=False)
    transports.next(0.0)
    transports.refused(TransportRefused("too many watch", Cause.UNREACHABLE))
    transports.next(1.0)
    last = transports.refused(TransportRefused("no UDP"))
    assert (last.again, last.cause) == (False, Cause.UNREACHABLE)
    assert last.message == "too many watch; no UDP"
    assert not transports.next(2.0)
    assert not transports.instead_of


def test_a_failure_that_another_transport_would_not_change_begins_anew() -> None:
    transports = Transports(Transport.AUTO, secure=False)
    transports.next(0.0)
    transports.over(None, 0.0)
    assert not transports.next(1.0)


def test_after_silence_the_other_is_tried_once_and_kept_only_if_it_works() -> None:
    transports = Transports(Transport.AUTO, secure=False)
    transports.over(transports.next(0.0), 0.0)
    transports.silent(False)
    assert transports.next(1.0)
    transports.over(None, 1.0)
    assert not transports.next(2.0)
    transports.over(False, 2.0)
    transports.silent(False)
    transports.over(transports.next(3.0), 3.0)
    assert transports.next(4.0)


@pytest.mark.parametrize(("wanted", "secure"), [(Transport.TCP, False), (Transport.UDP, True)])
def test_where_there_is_one_only_neither_refusal_nor_silence_leads_to_another(
    wanted: Transport, secure: bool
) -> None:
    transports = Transports(wanted, secure=secure)
    assert not transports.next(0.0)
    assert not transports.refused(REFUSED).again
    transports.silent(False)
    assert not transports.next(1.0)
