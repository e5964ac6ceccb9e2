"""The one HTTP client. It decides what a failed exchange means, because only here is known how far the request came.

A purchase that got no readable answer is `Ambiguous` unless no connection was made: then it is `Unsent`. Addresses from
replies are fetched only from allowed origins, our key goes to the configured origin alone, redirects are never followed
and downloads are bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from callsheet.errors import (
    Ambiguous,
    Moderated,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
    Unsent,
)
from callsheet.provider.reply import Reply, object_of, refusal, retry_after

TIMEOUT = httpx.Timeout(connect=10.0, read=60.0, write=120.0, pool=30.0)
LARGEST_REPLY = 32 * 1024 * 1024
LARGEST_REFUSAL = 64 * 1024
"""Bytes of a 4xx or 5xx that are read: its status has said it, the rest is only words."""
LARGEST_CLIP = 4 * 1024 * 1024 * 1024
"""Bytes: a minute of 4K at 400 Mbit/s is 3 GB."""
LONGEST_ORDER = 300.0
LONGEST_READ = 180.0
LONGEST_REFUSAL = 10.0
LONGEST_DOWNLOAD = 3600.0
"""Seconds for the whole of an order, a read, the words of a refusal or a download: the client's own limits are for each
piece of it."""
MAYBE = (301, 302, 303, 408, 409)
"""Answers to a POST that don't say that nothing was accepted: 301 to 303 may mean "done, look there", 409 "I am at work
on it". 307 and 308 ask for the same POST elsewhere, so nothing was done here."""
_FRAMING = (b"content-encoding", b"content-length", b"transfer-encoding")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class HttpClient:
    """HTTP to one base address. With `app`, an ASGI application in this process is asked, through the same client."""

    def __init__(
        self, base_url: str, key: SecretStr | None, *, allowed_hosts: tuple[str, ...] = (), app: Any = None
    ) -> None:
        self._base = httpx.URL(base_url if base_url.endswith("/") else f"{base_url}/")
        self._key = key
        self._allowed = frozenset(allowed_hosts)
        transport = None if app is None else httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(timeout=TIMEOUT, transport=transport, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    def _headers(self, url: httpx.URL) -> dict[str, str]:
        if self._key is None or _origin(url) != _origin(self._base):
            return {}
        return {"Authorization": f"Bearer {self._key.get_secret_value()}"}

    async def purchase(self, path: str, headers: Mapping[str, str], **content: Any) -> Reply:
        """A POST that may cost money. Raises as `Provider.submit` says."""
        response = await self._ordered(path, headers, content)
        body = object_of(response.content)
        if body is None:
            raise Ambiguous("the order was answered by something that is not JSON", status=response.status_code)
        return Reply(response.status_code, body, retry_after(response.headers))

    async def purchase_file(self, path: str, headers: Mapping[str, str], **content: Any) -> tuple[bytes, str]:
        """As `purchase`, where the answer is the thing itself: its bytes and its media type, in small letters."""
        response = await self._ordered(path, headers, content)
        if len(response.content) >= LARGEST_REPLY:
            raise Ambiguous(f"the order was answered by more than {LARGEST_REPLY} bytes", status=response.status_code)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return response.content, kind

    async def _ordered(self, path: str, headers: Mapping[str, str], content: Mapping[str, Any]) -> httpx.Response:
        url = self._base.join(path.lstrip("/"))
        try:
            async with asyncio.timeout(LONGEST_ORDER):
                response = await self._exchange("POST", url, headers={**self._headers(url), **headers}, **content)
        except _NEVER_LEFT as error:
            raise Unsent(f"no connection to {_origin(url)}: {_words(error)}") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Ambiguous(f"the order to {_origin(url)} left and no answer came: {_words(error)}") from error
        if response.status_code >= 500 or response.status_code in MAYBE:
            raise _refusal(Ambiguous, response)
        if not 200 <= response.status_code < 300:
            raise _refusal({429: RateLimited, 422: Moderated}.get(response.status_code, Rejected), response)
        return response

    async def read(self, path: str, *, method: str = "GET", params: Mapping[str, str] | None = None) -> Reply:
        """A request that costs nothing and may be repeated. Raises `Unavailable`, or `Rejected` for a 4xx."""
        url = self._base.join(path.lstrip("/"))
        try:
            async with asyncio.timeout(LONGEST_READ):
                response = await self._exchange(method, url, headers=self._headers(url), params=params)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"{_origin(url)} can't be read: {_words(error)}") from error
        return _readable(response, url)

    async def upload(self, path: str, file: Path, media_type: str) -> Reply:
        """Sends a file as it is; costs nothing and may be repeated. Raises as `read`."""
        url = self._base.join(path.lstrip("/"))
        headers = {**self._headers(url), "Content-Type": media_type}
        try:
            async with asyncio.timeout(LONGEST_DOWNLOAD):
                response = await self._exchange("POST", url, headers=headers, content=_pieces(file))
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"a file can't be sent to {_origin(url)}: {_words(error)}") from error
        return _readable(response, url)

    async def _exchange(self, method: str, url: httpx.URL, **content: Any) -> httpx.Response:
        """The answer, read whole; one that is too large is cut off, and so can't be read as what it says.

        What a refusal means is known by its status: one whose words don't come is a refusal without words.
        """
        async with self._client.stream(method, url, **content) as response:
            body = bytearray()
            if response.status_code < 400:
                await _collect(response, body, LARGEST_REPLY)
            else:
                with contextlib.suppress(httpx.HTTPError, TimeoutError):
                    async with asyncio.timeout(LONGEST_REFUSAL):
                        await _collect(response, body, LARGEST_REFUSAL)
            kept = [(name, value) for name, value in response.headers.raw if name.lower() not in _FRAMING]
            return httpx.Response(response.status_code, headers=kept, content=bytes(body))

    async def download(self, address: str, path: Path) -> None:
        """A result to `path`. Raises `Rejected` for an address of an origin that is not allowed."""
        try:
            url = self._base.join(address)
        except (httpx.InvalidURL, ValueError) as error:
            raise Rejected("a result has an address that can't be read") from error
        if _origin(url) != _origin(self._base) and url.netloc.decode() not in self._allowed:
            raise Rejected(
                f"a result lies at {_origin(url)}, which is neither the provider's own address nor an allowed host"
            )
        try:
            async with (
                asyncio.timeout(LONGEST_DOWNLOAD),
                self._client.stream("GET", url, headers=self._headers(url)) as response,
            ):
                if response.status_code != 200:
                    raise Unavailable(f"HTTP {response.status_code} for a result", status=response.status_code)
                await _save(response, path)
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(f"the download from {_origin(url)} broke off: {_words(error)}") from error


async def _collect(response: httpx.Response, body: bytearray, most: int) -> None:
    """Reads into `body`, piece by piece as they come, up to `most` bytes."""
    async for chunk in response.aiter_bytes():
        body += chunk[: most - len(body)]
        if len(body) >= most:
            return


async def _save(response: httpx.Response, path: Path) -> None:
    size = 0
    with path.open("wb") as file:
        async for chunk in response.aiter_bytes(1 << 20):
            size += len(chunk)
            if size > LARGEST_CLIP:
                raise Rejected(f"a result is larger than {LARGEST_CLIP} bytes")
            file.write(chunk)
    said = response.headers.get("content-length")
    if said is not None and "content-encoding" not in response.headers and said != str(size):
        raise Unavailable(f"the download has {size} of {said} bytes")


def _readable(response: httpx.Response, url: httpx.URL) -> Reply:
    if response.status_code >= 500 or response.status_code == 429:
        raise _refusal(Unavailable, response)
    if not 200 <= response.status_code < 300:
        raise _refusal(Rejected, response)
    body = object_of(response.content)
    if body is None:
        raise Unavailable(f"{_origin(url)} answered with something that is not JSON", status=response.status_code)
    return Reply(response.status_code, body, retry_after(response.headers))


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, 1 << 20):
            yield piece


def _refusal(kind: type[ProviderError], response: httpx.Response) -> ProviderError:
    return refusal(kind, response.status_code, response.content, response.headers, response.reason_phrase)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode()}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
