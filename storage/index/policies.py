"""A recording policy as the text of one column: JSON, only what differs from the usual. Pure."""

from __future__ import annotations

import json
from typing import Any

from vms.core.errors import Corrupt
from vms.core.model import USUAL_POLICY, Hours, RecordPolicy, RecordWhen


def policy_to_json(policy: RecordPolicy) -> str:
    """`{}` for the usual policy: always."""
    fields: dict[str, Any] = {}
    if policy.when is not USUAL_POLICY.when:
        fields["when"] = policy.when.value
    if policy.hours:
        fields["hours"] = [
            [each.weekday, each.start_minute, each.end_minute] for each in policy.hours
        ]
    for name in ("pre_seconds", "post_seconds"):
        if getattr(policy, name) != getattr(USUAL_POLICY, name):
            fields[name] = getattr(policy, name)
    return json.dumps(fields, separators=(",", ":"))


def policy_from_json(text: str) -> RecordPolicy:
    """Raises Corrupt when it is not what `policy_to_json` writes."""
    try:
        fields = json.loads(text)
        hours = tuple(Hours(*map(int, each)) for each in fields.pop("hours", ()))
        when = RecordWhen(fields.pop("when", USUAL_POLICY.when))
        return RecordPolicy(when, hours, **{name: int(value) for name, value in fields.items()})
    except (ValueError, TypeError, AttributeError) as error:
        raise Corrupt("a recording policy cannot be read", text=text[:200]) from error
