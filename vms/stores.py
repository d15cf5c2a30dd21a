"""The stores of the settings, opened: to be written and read, or with all that can be done to them.

Only retention, verification and `vms migrate` open a store that can delete.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from storage.objects import ObjectStore, RecordStore, open_record_store, open_store
from vms.settings import ColdSection, Settings, StoreSection


def opened_store(
    settings: Settings, *, create: bool = False
) -> AbstractAsyncContextManager[ObjectStore]:
    """The first store, with all that can be done to it."""
    return _whole(settings.store_url, settings.store, create=create)


@asynccontextmanager
async def opened_cold(
    settings: Settings, *, create: bool = False
) -> AsyncIterator[ObjectStore | None]:
    """The second store, with all that can be done to it; None: there is none."""
    if not settings.cold.url:
        yield None
        return
    async with _whole(settings.cold.url, settings.cold, create=create) as cold:
        yield cold


def opened_records(settings: Settings) -> AbstractAsyncContextManager[RecordStore]:
    """The first store, to be written and read."""
    return _records(settings.store_url, settings.store)


@asynccontextmanager
async def opened_cold_records(settings: Settings) -> AsyncIterator[RecordStore | None]:
    """The second store, to be read; None: there is none."""
    if not settings.cold.url:
        yield None
        return
    async with _records(settings.cold.url, settings.cold) as cold:
        yield cold


def _whole(
    url: str, section: StoreSection | ColdSection, *, create: bool
) -> AbstractAsyncContextManager[ObjectStore]:
    return open_store(
        url,
        access_key=section.access_key or None,
        secret_key=section.secret_key or None,
        create=create,
    )


def _records(
    url: str, section: StoreSection | ColdSection
) -> AbstractAsyncContextManager[RecordStore]:
    return open_record_store(
        url, access_key=section.access_key or None, secret_key=section.secret_key or None
    )
