"""Signing in, staying signed in, signing out. The token lives in a cookie; the index has its hash.

A session ends after `idle_seconds` without a request and `session_seconds` after sign-in in any
case; when a user's rights shrink, at once. Ending the media it opened is the caller's business.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from storage.index import KEEP, Index, Session, UserChange
from vms.auth.backoff import LoginBackoff
from vms.auth.passwords import Passwords
from vms.auth.tokens import new_token, session_id, token_sha256
from vms.core.clock import Clock
from vms.core.errors import Denied, NotFound
from vms.core.model import User
from vms.core.secret import Secret
from vms.core.walltime import MINUTE, SECOND, WallTime

log = logging.getLogger(__name__)

_TOUCH_MICROS = MINUTE
"""A use is noted at most this often, so that reading does not mean writing."""


class WrongPassword(Denied):
    """Name or password is wrong; which of them is not said, in words or in time."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody whose session is valid now."""

    user: User
    session: Session

    @property
    def session_id(self) -> str:
        return session_id(self.session.token_sha256)


@dataclass(frozen=True, slots=True)
class SignIns:
    index: Index
    passwords: Passwords
    backoff: LoginBackoff
    clock: Clock
    idle_seconds: int
    session_seconds: int

    async def sign_in(self, name: str, password: Secret, address: str) -> tuple[SignedIn, Secret]:
        """The session and its token. Raises WrongPassword, or Exhausted while a guess must wait."""
        self.backoff.check(name, address)
        user, hashed = await self.index.users.credentials(name) or (None, None)
        self.backoff.attempt(name, address)
        matches = await self.passwords.verify(password, hashed)
        if user is None or hashed is None or not matches or not user.enabled:
            log.warning("sign-in refused from %s", address)
            raise WrongPassword("user name or password is wrong")
        self.backoff.succeeded(name, address)
        if self.passwords.is_outdated(hashed):
            renewed = UserChange(password_hash=await self.passwords.hash(password))
            await self.index.users.change(user.id, renewed)
        log.info("user %s signed in from %s", user.id, address)
        return await self.begin(user)

    async def begin(self, user: User) -> tuple[SignedIn, Secret]:
        """A new session for somebody who has proved who they are."""
        token, now = new_token(), self.clock.wall()
        expires = WallTime(now + self.session_seconds * SECOND)
        await self.index.sessions.remove_expired(now)
        session = await self.index.sessions.add(token_sha256(token), user.id, now, expires)
        return SignedIn(user, session), token

    async def find(self, token: Secret) -> SignedIn | None:
        """Who has this token, or None when nobody has, or no longer."""
        session = await self.index.sessions.get(token_sha256(token))
        if session is None or not self._valid(session):
            return None
        return await self._owner(session)

    async def still(self, signed_in: SignedIn) -> SignedIn | None:
        """Who a session that is in use all the time, as an open page's, belongs to, with their
        present rights; None when it is over. Counts as a use."""
        session = await self.index.sessions.get(signed_in.session.token_sha256)
        if session is None or self.clock.wall() >= session.expires:
            return None
        return await self._owner(session)

    async def is_over(self, signed_in: SignedIn) -> bool:
        """Whether the session has ended, by whatever way. Does not count as a use."""
        session = await self.index.sessions.get(signed_in.session.token_sha256)
        return session is None or not self._valid(session)

    async def sign_out(self, signed_in: SignedIn) -> None:
        await self.index.sessions.remove(signed_in.session.token_sha256)
        log.info("user %s signed out", signed_in.user.id)

    async def _owner(self, session: Session) -> SignedIn | None:
        """Note the use. None when the user is gone or switched off."""
        try:
            user = await self.index.users.get(session.user_id)
        except NotFound:
            return None
        if self.clock.wall() - session.seen > _TOUCH_MICROS:
            await self.index.sessions.touch(session.token_sha256, self.clock.wall())
        return SignedIn(user, session) if user.enabled else None

    def _valid(self, session: Session) -> bool:
        now = self.clock.wall()
        idle = now - session.seen >= self.idle_seconds * SECOND
        return now < session.expires and not idle


def shrinks(before: User, after: User, change: UserChange) -> bool:
    """Whether what somebody may do became less, or their password another: sessions must end."""
    if change.password_hash is not KEEP or (before.enabled and not after.enabled):
        return True
    if before.role != after.role:
        return True
    if after.cameras is None:
        return False
    return before.cameras is None or not before.cameras <= after.cameras
