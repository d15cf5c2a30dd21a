"""What leaves the house as files: exact clips of one stream.

What belongs here: selecting footage, sample tables, the progressive MP4. What does not: who may
have it (`vms.auth`), where it is read from (`player.footage`). Owns no tasks. Design:
docs/design/export.md.
"""

from player.export.clip import ClipReport, FragmentSource, make_clip

__all__ = ["ClipReport", "FragmentSource", "make_clip"]
