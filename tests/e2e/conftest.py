"""Fixtures of the end-to-end tests: one product that records two simulated cameras for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.product import Product, running
from tests.e2e.screen import Screen, screen
from tests.servers.cameras import Cameras, run_cameras


@dataclass(frozen=True, slots=True)
class City:
    """`harbour` and `street` are ids of recorded cameras, H.264 main and sub."""

    product: Product
    cameras: Cameras
    harbour: int
    street: int


@pytest.fixture(scope="package")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    data_dir: Path = tmp_path_factory.mktemp("city")
    with run_cameras() as cameras, running(data_dir) as product:
        harbour, street = (add(product, cameras, key) for key in ("harbour", "street"))
        product.wait_recording(harbour, street)
        yield City(product, cameras, harbour, street)


def add(product: Product, cameras: Cameras, key: str, **fields: object) -> int:
    """Add a simulated camera with main and sub stream; its id."""
    return product.add_camera(
        key.capitalize(),
        cameras.url(key, "main"),
        sub_url=cameras.url(key, "sub"),
        username=cameras.username,
        password=cameras.password,
        **fields,
    )


@pytest.fixture
def wall(city: City, context: BrowserContext) -> Screen:
    """The city's wall in Chromium, signed in as administrator."""
    return screen(context, city.product.address)
