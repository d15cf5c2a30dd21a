"""Matakota VMS, the city's eyes: records every camera of a city, shows it, finds it, proves it.

`vms` is floor (`vms.core`) and roof (everything else here); the rooms are `recorder`, `player` and
`storage`. Imports go downwards only. See docs/design/house.md.
"""

__version__ = "0.1.0"
