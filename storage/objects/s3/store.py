"""A bucket with all that can be done to it: listing, deleting, holding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice

from minio.datatypes import Object
from minio.error import S3Error

from storage.objects.s3.connection import THREADS, meaning, translated
from storage.objects.s3.records import S3RecordStore
from storage.objects.s3.removal import Left, remove
from storage.objects.store import MARKER, Held, Listed, WrongStore, checked_key
from vms.core.errors import Invalid, NotFound, Unavailable
from vms.core.walltime import SECOND, WallTime

_PAGE = 1000
_LEAST_SHARE = 50
"""Keys of one request: below it, a further request costs more than it saves."""


class S3Store(S3RecordStore):
    async def make(self) -> None:
        """The bucket, when it is missing: with object lock where the server has that, which makes
        it a versioned one. An object written over another then leaves the other in place."""
        await self._threads.run(self._make)

    async def keys(self, prefix: str = "") -> AsyncIterator[Listed]:
        if await self.identity() is None:
            raise WrongStore("the bucket has no marker: is it the right one?", bucket=self._bucket)
        last = ""
        while page := await self._threads.run(self._page, prefix, last):
            for listed in page:
                if listed.key != MARKER:
                    yield listed
            last = page[-1].key

    async def delete(self, keys: Sequence[str]) -> None:
        """A bucket with versions keeps none of these keys either."""
        left = await self._shared(self._remove, [checked_key(key) for key in keys])
        held = {each.key for each in left if each.held}
        others = [each for each in left if not each.held]
        if others:
            raise meaning(others[0].code, others[0].key)
        if held:
            raise Held("the store holds what is to be deleted: release it first", keys=held)

    async def hold(self, keys: Sequence[str]) -> None:
        await self._require_lock()
        await self._shared(self._hold, [checked_key(key) for key in keys])

    async def release(self, keys: Sequence[str]) -> None:
        await self._require_lock()
        await self._shared(self._release, [checked_key(key) for key in keys])

    async def _shared(
        self, work: Callable[[Sequence[str]], list[Left]], keys: Sequence[str]
    ) -> list[Left]:
        """`work` on shares of `keys`, sorted so that a share lies together, at once. An error of
        one share lets the others end; theirs is not undone."""
        share = max(_LEAST_SHARE, -(-len(keys) // THREADS))
        ordered = sorted(keys)
        shares = [ordered[at : at + share] for at in range(0, len(ordered), share)]
        running = (self._threads.run(work, each) for each in shares)
        done = await asyncio.gather(*running, return_exceptions=True)
        for error in done:
            if isinstance(error, BaseException):
                raise error
        return [left for each in done if isinstance(each, list) for left in each]

    async def _require_lock(self) -> None:
        if not await self.holds():
            raise Invalid("this bucket has no object lock", bucket=self._bucket)

    def _make(self) -> None:
        with translated(self._bucket):
            if self._client.bucket_exists(self._bucket):
                return
            try:
                self._client.make_bucket(self._bucket, object_lock=True)
            except S3Error as error:
                if error.code not in ("NotImplemented", "InvalidRequest", "InvalidArgument"):
                    raise
                self._client.make_bucket(self._bucket)

    def _page(self, prefix: str, after: str) -> list[Listed]:
        with translated(self._bucket):
            found = self._client.list_objects(
                self._bucket, prefix=prefix or None, recursive=True, start_after=after or None
            )
            return [_listed(each) for each in islice(found, _PAGE)]

    def _remove(self, keys: Sequence[str]) -> list[Left]:
        with translated(self._bucket):
            return remove(self._client, self._bucket, keys)

    def _hold(self, keys: Sequence[str]) -> list[Left]:
        gone = []
        for key in keys:
            try:
                with self._if_there(key):
                    self._client.enable_object_legal_hold(self._bucket, key)
            except NotFound:
                gone.append(key)
        if gone:
            raise NotFound("no such object", key=gone[0], count=len(gone))
        return []

    def _release(self, keys: Sequence[str]) -> list[Left]:
        for key in keys:
            with suppress(NotFound), self._if_there(key):
                self._client.disable_object_legal_hold(self._bucket, key)
        return []

    @contextmanager
    def _if_there(self, key: str) -> Iterator[None]:
        """NotFound when the object is not there: SeaweedFS answers InternalError then."""
        try:
            with translated(key):
                yield
        except Unavailable as error:
            if self._stat(key) is None:
                raise NotFound("no such object", key=key) from error
            raise


def _listed(found: Object) -> Listed:
    changed = found.last_modified
    micros = 0 if changed is None else round(changed.timestamp() * SECOND)
    return Listed(str(found.object_name), int(found.size or 0), WallTime(micros))
