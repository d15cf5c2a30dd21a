"""What is kept: segments in an object store, and the index that finds them again.

What belongs here: the index (SQL), the object stores, the archive that joins both, retention.
What does not: how segments are made (recorder), how they are shown (player), who may see them
(vms.api). Design note: `docs/design/archive.md`.
"""
