"""How often Python looks for reference cycles, set for a process that records.

Access units come and go by the ten thousand and are freed when nobody refers to them; a collector
that is called for every few hundred of them looks through all cameras' objects for nothing, and
when it looks through everything, the event loop stands still meanwhile.
"""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 20_000, 20, 20
"""Objects more than before until a look at the young ones, and how many looks at one generation
until one at the next."""


def look_seldom() -> None:
    """For this process, from now on; what is there already is not looked through any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
