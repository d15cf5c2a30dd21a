"""Ids in paths."""

from __future__ import annotations

from vms.api.call import Call
from vms.core.errors import NotFound


def id_in_path(call: Call, name: str, words: str) -> int:
    """The number called `name` in the path. Raises NotFound with `words` for what is no id."""
    text = call.request.match_info[name]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotFound(words)
    return int(text)
