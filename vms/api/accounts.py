"""Events of cameras in, expected against stored out: as JSON. Times and lengths are µs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from storage.completeness import Account
from vms.api.shapes import Code, Ids, Moment, Schema, Words
from vms.core.model import Cause, StreamRole


class EventIn(Schema):
    """`at` absent: now."""

    kind: Code = "manual"
    detail: Words = ""
    at: Moment | None = None


class EventOut(Schema):
    camera_id: int
    at: int
    kind: str


class CompletenessQuery(Schema):
    """`cameras`: ids with commas; absent: all that may be seen. `days`: today and before."""

    cameras: Ids | None = None
    days: Annotated[int, Field(ge=1, le=62)] = 7


class DayOut(Schema):
    """A day of the site's zone; `date` as people there write it in ISO 8601."""

    date: str
    start: int
    end: int


class AccountOut(Schema):
    """`expected` = `stored` + all of `missing` + `unexplained`. `excused` (nobody wanted it) and
    `pending` (too young to be judged) are beside it."""

    expected: int
    stored: int
    missing: dict[Cause, int]
    unexplained: int
    excused: dict[Cause, int]
    pending: int

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        return cls(
            expected=account.expected,
            stored=account.stored,
            missing=dict(account.missing),
            unexplained=account.unexplained,
            excused=dict(account.excused),
            pending=account.pending,
        )


class StreamDaysOut(Schema):
    """One account for each of the days, in their order; null: nothing is known of that day."""

    camera_id: int
    stream_id: int
    role: StreamRole
    days: list[AccountOut | None]


class CompletenessOut(Schema):
    now: int
    zone: str
    days: list[DayOut]
    streams: list[StreamDaysOut]
