"""Fixtures shared by all tests: one module a real server, in `tests/servers`."""

pytest_plugins = [
    "tests.servers.cameras",
    "tests.servers.chromium",
    "tests.servers.gstreamer",
    "tests.servers.nats",
    "tests.servers.postgres",
    "tests.servers.s3",
]
