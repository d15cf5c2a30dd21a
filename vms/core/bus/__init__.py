"""The bus: events and requests between roles, over NATS. The only package that imports nats.

A subject names a noun; `docs/design/bus.md` lists all of them with their payloads. Payloads are
JSON objects. Errors of the answering side travel as `{"error": kind, "message": …}` and are raised
again, as the same kind of VmsError, on the asking side. The tasks belong to `open_bus`.
"""

from vms.core.bus.keyvalue import Entry, KeyValue
from vms.core.bus.over_nats import NatsBus, open_bus
from vms.core.bus.protocol import Answer, Bus, Payload

__all__ = ["Answer", "Bus", "Entry", "KeyValue", "NatsBus", "Payload", "open_bus"]
