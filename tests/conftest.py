"""Fixtures shared by all tests: one module a real server, in `tests/servers`."""

from __future__ import annotations

from pathlib import Path

import pytest

ORDER = ("unit", "contract", "integration", "e2e")
"""Quick ones first; e2e last: Playwright's blocking face keeps an event loop in the main thread, in
which no asynchronous test can run any more."""

pytest_plugins = [
    "tests.servers.cameras",
    "tests.servers.chromium",
    "tests.servers.gstreamer",
    "tests.servers.nats",
    "tests.servers.postgres",
    "tests.servers.s3",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ORDER.index(item.path.relative_to(Path(__file__).parent).parts[0]))
