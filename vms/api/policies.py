"""When a stream is kept, as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from vms.api.shapes import Schema
from vms.core.model import USUAL_POLICY, Hours, RecordPolicy, RecordWhen

MOST_HOURS = 100
LONGEST_BEFORE_SECONDS = 60
"""The seconds before an event are held in memory, for every stream that is kept around events."""
LONGEST_AFTER_SECONDS = 3600

Minute = Annotated[int, Field(ge=0, le=1440)]


class Window(Schema):
    """Hours of one day of every week in the site's zone, `end_minute` exclusive. `weekday` 0 is
    Monday. What goes over midnight is two windows."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    start_minute: Minute
    end_minute: Minute

    @field_validator("end_minute")
    @classmethod
    def _after_start(cls, value: int, info: ValidationInfo) -> int:
        if value <= info.data.get("start_minute", -1):
            raise PydanticCustomError("before-start", "it ends before it starts")
        return value


class Policy(Schema):
    """`always`; `schedule`: within `hours`; `events`: around events, within `hours` where there are
    any. The seconds are those kept before and after an event."""

    when: RecordWhen = USUAL_POLICY.when
    hours: Annotated[tuple[Window, ...], Field(max_length=MOST_HOURS, validate_default=True)] = ()
    pre_seconds: Annotated[int, Field(ge=0, le=LONGEST_BEFORE_SECONDS)] = USUAL_POLICY.pre_seconds
    post_seconds: Annotated[int, Field(ge=1, le=LONGEST_AFTER_SECONDS)] = USUAL_POLICY.post_seconds

    @field_validator("hours")
    @classmethod
    def _hours_of_a_schedule(
        cls, value: tuple[Window, ...], info: ValidationInfo
    ) -> tuple[Window, ...]:
        if not value and info.data.get("when") is RecordWhen.SCHEDULE:
            raise PydanticCustomError("required", "a schedule needs hours")
        return value

    @classmethod
    def of(cls, policy: RecordPolicy) -> Policy:
        return cls(
            when=policy.when,
            hours=tuple(
                Window(
                    weekday=each.weekday,
                    start_minute=each.start_minute,
                    end_minute=each.end_minute,
                )
                for each in policy.hours
            ),
            pre_seconds=policy.pre_seconds,
            post_seconds=policy.post_seconds,
        )

    def policy(self) -> RecordPolicy:
        """As it is kept: windows in order, those that touch joined."""
        return RecordPolicy(self.when, _joined(self.hours), self.pre_seconds, self.post_seconds)


def _joined(windows: tuple[Window, ...]) -> tuple[Hours, ...]:
    joined: list[Hours] = []
    ordered = sorted(windows, key=lambda each: (each.weekday, each.start_minute))
    for weekday, of_day in groupby(ordered, key=lambda each: each.weekday):
        start, end = -1, -1
        for each in of_day:
            if start >= 0 and each.start_minute > end:
                joined.append(Hours(weekday, start, end))
                start = -1
            start = each.start_minute if start < 0 else start
            end = max(end, each.end_minute)
        joined.append(Hours(weekday, start, end))
    return tuple(joined)
