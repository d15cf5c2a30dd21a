"""Which process of a role this is, and what follows from it: its name and its port. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from vms.settings.sections import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """Which process of a role this is: recorders come in several (`of`), numbered from 0."""

    role: str
    number: int = 0
    of: int = 1

    def node(self, settings: Settings) -> str:
        """Its name on the bus: the machine's, with the number where there are several."""
        return settings.node if self.of == 1 else f"{settings.node}-{self.number}"

    def port(self, settings: Settings) -> int:
        """Of its metrics and health."""
        if not self.number:
            return int(getattr(settings.ops, self.role))
        return settings.ops.workers + self.number - 1 if settings.ops.workers else 0
