"""The peer's application: `uvicorn benchmarks.peer.app:app` with DATABASE_URL, REDIS_URL and PEER_LIMIT."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any

import asyncpg
import orjson
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware.gzip import GZipMiddleware

from benchmarks.peer.observed import Observed, set_up_logging
from benchmarks.peer.search import search
from benchmarks.peer.stores import Seen, Stores
from core.errors import InvalidQuery
from medicines.search.query import parse_query

# A minute and address; as the product's, it is raised for measuring, not removed.
LIMIT = int(os.environ.get("PEER_LIMIT", "600"))
# Short words of thousands of names take longest; nobody may keep PostgreSQL longer than this.
_STATEMENT_SECONDS = 5.0
_FRESH = "public, max-age=1, stale-while-revalidate=1, stale-if-error=600"
parsed = lru_cache(maxsize=4096)(parse_query)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    set_up_logging()
    app.state.stores = Stores()
    app.state.pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=2,
        max_size=8,
        command_timeout=_STATEMENT_SECONDS,
        server_settings={"jit": "off"},
    )
    flushing = asyncio.create_task(app.state.stores.flush_forever())
    yield
    flushing.cancel()
    await app.state.pool.close()
    await app.state.stores.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)
# From as many bytes on and as small as Django's.
app.add_middleware(GZipMiddleware, minimum_size=200, compresslevel=6)
app.add_middleware(Observed)


@app.get("/api/v1/medicines")
async def medicines(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    offset: Annotated[int, Query(ge=0, le=200)] = 0,
) -> Response:
    stores: Stores = request.app.state.stores
    address = _address(request)
    key = blake2b(orjson.dumps((q, limit, offset)), digest_size=12).hexdigest()
    seen = await stores.look(address, key)
    if seen.used > LIMIT:
        return _problem(request, 429, "throttled", _limits(seen) | {"Retry-After": str(seen.reset)})
    tier, entry = "redis", seen.entry
    if entry is None:
        page = await search(request.app.state.pool, parsed(q), limit=limit, offset=offset)
        tier, entry = "db", page.first.encode() + b"\n" + page.body
        await stores.keep(key, entry)
    first, _, body = entry.partition(b"\n")
    if first:
        stores.note(first.decode(), address)
    return _answer(request, body, tier, _limits(seen))


def _answer(request: Request, body: bytes, tier: str, limits: dict[str, str]) -> Response:
    etag = f'"{blake2b(body, digest_size=9).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": _FRESH, "X-Cache": tier, **limits}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _address(request: Request) -> str:
    """As nginx, the only one who gets here, tells it."""
    return request.headers.get("x-forwarded-for") or (request.client.host if request.client else "")


def _limits(seen: Seen) -> dict[str, str]:
    left = max(0, LIMIT - seen.used)
    return {"RateLimit-Limit": str(LIMIT), "RateLimit-Remaining": str(left), "RateLimit-Reset": str(seen.reset)}


def _problem(request: Request, status: int, slug: str, headers: dict[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"type": f"/problems/{slug}", "status": status, "request_id": request.state.request_id}
    given = {"Cache-Control": "no-store", **(headers or {})}
    return Response(orjson.dumps(body), status, media_type="application/problem+json", headers=given)


@app.exception_handler(InvalidQuery)
@app.exception_handler(RequestValidationError)
async def refused(request: Request, error: Exception) -> Response:
    return _problem(request, 400, "invalid-query")


@app.get("/livez")
async def livez() -> Response:
    return Response(b"ok")


@app.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
