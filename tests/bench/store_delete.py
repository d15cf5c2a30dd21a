"""How fast expired objects leave an S3 bucket with object lock, in objects a second.

Small objects of ten streams in a SeaweedFS of its own, deleted a thousand a call as retention does;
nothing of them may be left, no version and no marker of deletion. Beside it the same in a bucket
without versions and in a directory. Baseline: one request an object, where there is object lock.

    python -m tests.bench.store_delete [--objects N]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from storage.objects import ObjectStore, open_store
from tests.bench.result import Result, write
from tests.servers.s3 import S3Server, free_ports, open_bucket
from vms.core.model import object_key
from vms.core.walltime import DAY, MINUTE, WallTime

NAME = "store-delete"
OBJECTS = 6000
STREAMS = 10
BATCH = 1000
ONE_BY_ONE = 300
AT_ONCE = 8
LEAST_RATIO = 1.5
BODY = b"x" * 2000
SHA256 = hashlib.sha256(BODY).digest()


def keys(count: int) -> list[str]:
    """By stream, oldest first, as garbage is listed."""
    minutes = range(-(-count // STREAMS))
    start = 20_000 * DAY
    found = [
        object_key(1, stream, WallTime(start + minute * MINUTE), start, minute)
        for stream in range(1, STREAMS + 1)
        for minute in minutes
    ]
    return found[:count]


async def fill(store: ObjectStore, wanted: Sequence[str], folder: Path) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def put(number: int, key: str) -> None:
        async with places:
            path = folder / f"{number}.mp4"
            path.write_bytes(BODY)
            await store.put(key, path, SHA256)
            path.unlink(missing_ok=True)

    async with asyncio.TaskGroup() as tasks:
        for number, key in enumerate(wanted):
            tasks.create_task(put(number, key))


async def deleted(store: ObjectStore, wanted: Sequence[str], batch: int) -> float:
    """Objects a second."""
    began = time.monotonic()
    for first in range(0, len(wanted), batch):
        await store.delete(wanted[first : first + batch])
    rate = len(wanted) / (time.monotonic() - began)
    if left := [listed.key async for listed in store.keys("")]:
        sys.exit(f"{NAME}: {len(left)} objects are left in {store}")
    return rate


@asynccontextmanager
async def directory(folder: Path) -> AsyncIterator[ObjectStore]:
    async with open_store(f"file://{folder / 'store'}", create=True) as store:
        yield store


async def bulk(store: ObjectStore, count: int, folder: Path) -> float:
    await store.mark("bench")
    await fill(store, keys(count), folder)
    return await deleted(store, keys(count), BATCH)


async def measure(server: S3Server, count: int, folder: Path) -> tuple[float, float]:
    """With object lock: in bulk, and one by one."""
    async with directory(folder) as store:
        print(f"directory: {await bulk(store, count, folder):,.0f} objects/s", flush=True)
    async with open_bucket(server, server.new_bucket()) as store:
        print(f"plain bucket: {await bulk(store, count, folder):,.0f} objects/s", flush=True)
    bucket = server.new_bucket(locking=True)
    async with open_bucket(server, bucket) as store:
        rate = await bulk(store, count, folder)
        versions = server.client().list_objects(bucket, recursive=True, include_version=True)
        if [each for each in versions if each.object_name != "matakota-store.json"]:
            sys.exit(f"{NAME}: versions are left")
        some = keys(min(count, ONE_BY_ONE))
        await fill(store, some, folder)
        return rate, await deleted(store, some, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=OBJECTS)
    count = parser.parse_args().objects
    with tempfile.TemporaryDirectory(prefix="vms-store-delete-") as folder:
        server = S3Server(Path(folder), free_ports())
        server.start()
        try:
            rate, plain = asyncio.run(measure(server, count, Path(folder)))
        finally:
            server.stop()
    print(f"bucket with object lock: {rate:,.0f} objects/s, one by one {plain:,.0f}")
    write(Result(NAME, round(rate), "objects/s", "one request an object", round(rate / plain, 2)))
    return 0 if rate / plain >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
