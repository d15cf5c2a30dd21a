"""The stores of the settings: made and joined by `vms migrate`, opened by each role's rights."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.index import open_index
from storage.marker import fact
from storage.moving import COLD
from storage.objects import MARKER, WrongStore
from tests.servers.postgres import INDEX_KEY
from vms.app import make_key, prepare
from vms.settings import ColdSection, Settings, StoreSection
from vms.stores import opened_cold, opened_cold_records, opened_records, opened_store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a directory for what is recorded and another one for what is old."""
    made = Settings(data_dir=tmp_path, cold=ColdSection(url=f"file://{tmp_path / 'cold'}"))
    make_key(made.key_file)
    return made


async def test_migrate_makes_both_stores_and_joins_them_to_the_index(
    settings: Settings, tmp_path: Path
) -> None:
    for _ in range(2):
        await prepare(settings)
    async with open_index(settings.index_url.reveal(), key=INDEX_KEY) as index:
        for folder, tier in {"store": 0, "cold": COLD}.items():
            store_id = await index.facts.get(fact(tier))
            assert store_id is not None
            assert store_id in (tmp_path / folder / MARKER).read_text()


async def test_two_tiers_in_one_place_are_refused(settings: Settings, tmp_path: Path) -> None:
    same = settings.model_copy(update={"store": StoreSection(url=settings.cold.url)})
    with pytest.raises(WrongStore, match="the cold store is the first store"):
        await prepare(same)


async def test_only_who_may_delete_opens_a_store_that_can(settings: Settings) -> None:
    await prepare(settings)
    async with (
        opened_records(settings) as hot,
        opened_cold_records(settings) as cold,
        opened_store(settings) as whole,
        opened_cold(settings) as whole_cold,
    ):
        assert [hasattr(each, "delete") for each in (hot, cold)] == [False, False]
        assert [hasattr(each, "delete") for each in (whole, whole_cold)] == [True, True]


async def test_without_a_setting_there_is_no_second_store(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    async with opened_cold(settings) as cold, opened_cold_records(settings) as records:
        assert (cold, records) == (None, None)
