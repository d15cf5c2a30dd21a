"""Settings: one `vms.toml`, `VMS_*` over it, frozen sections, nothing unknown accepted.

What belongs here: what a machine needs before it can reach the index. What does not: cameras,
users, policies; those are data. Only the roof imports this; rooms get small config values.
docs/guide/configuration.md explains every setting.
"""

from vms.settings.load import load
from vms.settings.place import Place
from vms.settings.sections import ColdSection, Settings, StoreSection

__all__ = ["ColdSection", "Place", "Settings", "StoreSection", "load"]
