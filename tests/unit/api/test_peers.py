"""Whose connection it is, and that it does not outlive its session."""

from __future__ import annotations

import hashlib

from storage.index import Session
from vms.api.peers import Peers
from vms.auth.signin import SignedIn
from vms.core.model import Role, User
from vms.core.walltime import WallTime


def owner(name: str) -> SignedIn:
    digest = hashlib.sha256(name.encode()).digest()
    session = Session(digest, 1, WallTime(0), WallTime(10), WallTime(0))
    return SignedIn(User(1, name, Role.VIEWER), session)


def test_only_the_owner_takes_a_connection_and_once() -> None:
    peers, mine, other = Peers(), owner("a"), owner("b")
    peers.add("p", mine, 7)
    assert not peers.take("p", other.session_id, 7)
    assert not peers.take("p", mine.session_id, 8)
    assert not peers.take("q", mine.session_id, 7)
    assert peers.take("p", mine.session_id, 7)
    assert not peers.take("p", mine.session_id, 7)


def test_the_oldest_is_forgotten_when_there_are_too_many() -> None:
    peers, mine = Peers(most=2), owner("a")
    for peer_id in "abc":
        peers.add(peer_id, mine, 1)
    assert len(peers) == 2
    assert not peers.take("a", mine.session_id, 1)
    assert peers.take("c", mine.session_id, 1)
