"""Retention: how long video is kept, what goes, in which order, why, and what was said of it.

What belongs here: `policy` (precedence), `changes` (what counts at once, what waits), `plan` (which
segments go), `sweep` (doing it), `dryrun` and `forecast` (saying it before). All but `sweep` and
`role` decide without doing. What does not: whether something is locked (`storage.index.lockspans`,
asked inside the transaction that removes), stores (`storage.objects`). Tasks: those of `role`.
"""

from storage.retention.collector import Swept
from storage.retention.policy import Effective, Origin, effective
from storage.retention.role import RetainConfig, retain
from storage.retention.sweep import sweep

__all__ = ["Effective", "Origin", "RetainConfig", "Swept", "effective", "retain", "sweep"]
