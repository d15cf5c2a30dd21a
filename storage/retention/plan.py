"""Which segments go, and why, when nothing is locked. Pure.

What is locked is left out by the transaction that removes (`garbage.take`), so it is not known
here; whoever predicts says what is locked.

Order: first what is older than its camera keeps; then, while the camera holds more than its quota,
its oldest that is older than the minimum, what lies around events last. A segment goes by its end:
one that straddles a limit stays whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from storage.index.values import Outline
from storage.retention.policy import Effective
from vms.core.walltime import DAY, SECOND, TimeRange, WallTime, merge


@dataclass(frozen=True, slots=True)
class Rule:
    """A camera's policy at one instant. What ended at or before `kept_from` goes, around events
    what ended at or before `events_from`; what ended after `quota_from` stays whatever the quota.
    The words are for garbage and receipts."""

    kept_from: WallTime
    events_from: WallTime
    quota_from: WallTime
    quota_bytes: int | None
    why_age: str
    why_events: str
    why_quota: str


def rule(policy: Effective, now: WallTime) -> Rule:
    """`now`: of a clock that does not jump."""
    return Rule(
        kept_from=WallTime(now - policy.kept_days * DAY),
        events_from=WallTime(now - policy.event_kept_days * DAY),
        quota_from=WallTime(now - policy.min_days * DAY),
        quota_bytes=policy.quota_bytes,
        why_age=_words(policy, "max_days" if policy.max_days >= policy.min_days else "min_days"),
        why_events=_words(policy, "event_days"),
        why_quota=_words(policy, "quota_bytes"),
    )


class Windows:
    """The time around events of one stream, merged."""

    def __init__(
        self, instants: Iterable[WallTime] = (), pre_seconds: int = 0, post_seconds: int = 0
    ) -> None:
        pre, post = pre_seconds * SECOND, max(1, post_seconds * SECOND)
        self.spans = merge(TimeRange(WallTime(at - pre), WallTime(at + post)) for at in instants)
        self._starts = [span.start for span in self.spans]

    def touch(self, span: TimeRange) -> bool:
        """Whether something of `span` lies around an event."""
        before = bisect_right(self._starts, span.end - 1)
        return before > 0 and self.spans[before - 1].end > span.start


def aged(outlines: Iterable[Outline], this: Rule, windows: Windows) -> Iterator[Outline]:
    """What is too old, in the order it came."""
    for outline in outlines:
        end = outline.range.end
        around_event = end > this.events_from and windows.touch(outline.range)
        if end <= this.kept_from and not around_event:
            yield outline


def _words(policy: Effective, field: str) -> str:
    """`max_days 30: site`: the rule, and who said so."""
    return f"{field} {getattr(policy, field)}: {policy.why[field]}"
