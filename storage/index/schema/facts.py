"""Single values about the site."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from storage.index.schema.base import metadata

facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True, comment="name of a fact about this site"),
    Column("value", Text, nullable=False, comment="its value, as text"),
)
