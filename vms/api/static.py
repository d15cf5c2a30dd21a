"""The web application's files: hashed ones for ever, index.html asked again each time.

Only files found at start are served, under the names they had then: no path from a request ever
reaches the file system.
"""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

log = logging.getLogger(__name__)

DIST = Path(__file__).parent.parent / "web" / "dist"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOREVER = "public, max-age=31536000, immutable"
_OURS = ("/api", "/whep", "/metrics", "/livez", "/readyz")
_TYPES = {
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
}

NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Matakota VMS</title>
<h1>The web application is not built</h1>
<p>The server runs. Build the pages once with <code>make web</code>, then reload this page.</p>
<h1>Aplikasi web belum dibangun</h1>
<p>Server berjalan. Bangun halamannya dengan <code>make web</code>, lalu muat ulang.</p></html>
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file and its compressed twins by content encoding."""

    path: Path
    content_type: str
    compressed: Mapping[str, Path]
    cache_control: str


def assets(folder: Path) -> dict[str, Asset]:
    """Every file under `folder` by its URL path; empty when it is not built."""
    if not (folder / "index.html").is_file():
        return {}
    plain = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    twins = {suffix for _, suffix in _ENCODINGS}
    return {
        f"/{path.relative_to(folder).as_posix()}": _asset(folder, path)
        for path in plain
        if path.suffix not in twins
    }


def pages(folder: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of every path that is no route: a file, or else index.html."""
    found = assets(folder)
    if not found:
        log.warning("the web application is not built: only the API is served")

    async def serve(request: web.Request) -> web.StreamResponse:
        nonlocal found
        found = found or assets(folder)
        if request.path.startswith(_OURS) or request.method not in ("GET", "HEAD"):
            raise web.HTTPNotFound
        if not found:
            return web.Response(status=503, text=NOT_BUILT, content_type="text/html")
        asset = found.get(request.path)
        if asset is None and "." in request.path.rsplit("/", 1)[-1]:
            raise web.HTTPNotFound
        return _file(request, asset or found["/index.html"])

    return serve


def _asset(folder: Path, path: Path) -> Asset:
    compressed = {
        encoding: twin
        for encoding, suffix in _ENCODINGS
        if (twin := path.with_name(path.name + suffix)).is_file()
    }
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    hashed = path.relative_to(folder).parts[0] == "assets"
    return Asset(
        path, guessed or "application/octet-stream", compressed, _FOREVER if hashed else "no-cache"
    )


def _file(request: web.Request, asset: Asset) -> web.StreamResponse:
    accepted = request.headers.get("Accept-Encoding", "")
    encoding = next((each for each in asset.compressed if each in accepted), None)
    headers = {
        "Content-Type": asset.content_type,
        "Cache-Control": asset.cache_control,
        "Vary": "Accept-Encoding",
    }
    if encoding is None:
        return web.FileResponse(asset.path, headers=headers)
    return web.FileResponse(
        asset.compressed[encoding], headers=headers | {"Content-Encoding": encoding}
    )
