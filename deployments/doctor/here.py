"""What a worker's machine needs: provider, bucket, ledger, ffmpeg, fonts, voices, the right time."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callsheet.desk import open_provider
from callsheet.errors import MediaError, SettingsError, StorageError
from callsheet.ledger.queries import in_flight
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.settings import Settings
from callsheet.storage import Bucket, open_bucket

SKEW_LIMIT = 30.0
"""Seconds. S3 refuses requests signed 15 minutes off, callbacks are refused 5 minutes off, leases end after 60 s."""
LARGE = (16 << 20) + 1
"""Bytes: one more than a part, so that S3 gets it in two."""
WORD = {"zh-CN": "好。", "en-US": "Ready."}


async def provider(settings: Settings) -> str:
    """Asks for an order that nobody has sent: key and address are right when the answer is that there is none."""
    async with open_provider(settings) as seller:
        if "client_reference" not in seller.entry.lost_replies:
            return f"{seller.identity}: has no question that costs nothing, so it was not asked"
        await seller.find(f"doctor-{secrets.token_hex(8)}")
        return f"{seller.identity} answers"


async def bucket(settings: Settings) -> str:
    """Writes, reads, lists and deletes a small object, and a large one in parts."""
    place = open_bucket(
        settings.bucket_url(),
        endpoint=settings.bucket_endpoint,
        access_key=settings.bucket_access_key,
        secret_key=settings.bucket_secret_key,
    )
    folder = f"probe/{secrets.token_hex(8)}"
    small, large = f"{folder}/small.txt", f"{folder}/large.bin"
    try:
        await place.put_bytes(small, b"Callsheet's doctor was here.\n")
        await _put_large(place, large)
        listed = [stored.key async for stored in place.list(folder)]
        if listed != [large, small]:
            raise StorageError(f"{place.location()}: of two objects that were put {len(listed)} are listed")
        await place.get_bytes(small, 100)
    finally:
        for key in (small, large):
            await place.delete(key)
    if await place.stat(large) is not None:
        raise StorageError(f"{place.location()}: a deleted object is still there")
    return f"{place.location()}: put, get, list, delete, upload in parts"


async def _put_large(place: Bucket, key: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.bin"
        data = bytes(LARGE)
        path.write_bytes(data)
        await place.put_file(key, path, sha256=hashlib.sha256(data).hexdigest())


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Ledger]:
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        yield ledger
    finally:
        await ledger.close()


async def ledger(settings: Settings) -> str:
    """Opens it, which brings its tables up to date, and reads from it."""
    async with _opened(settings) as opened:
        count = await in_flight(opened, settings.provider)
    return f"{settings.ledger_address().partition(':')[0]}: {count} jobs under way"


async def clock(settings: Settings) -> str:
    """This machine's time beside that of the ledger's database."""
    async with _opened(settings) as opened:
        skew = abs((opened.clock.now() - dt.datetime.now(dt.UTC)).total_seconds())
    if skew > SKEW_LIMIT:
        raise SettingsError(f"{skew:.0f} s off the database's time; at most {SKEW_LIMIT:g} s are allowed")
    return f"{skew:.1f} s off the ledger's time"


async def ffmpeg(_: Settings) -> str:
    """Encodes one picture with lettering on it, as each cut does."""
    from callsheet.media.ffmpeg import ffmpeg_path, run

    source = ["-f", "lavfi", "-i", "color=size=64x64:duration=0.1", "-vf", "drawtext=text=a"]
    await run([*source, "-c:v", "libx264", "-f", "null", "-"], timeout=60)
    return f"{Path(ffmpeg_path()).name}: libx264, libfreetype"


async def fonts(_: Settings) -> str:
    """Measures a line in the lettering's font."""
    from callsheet.media.fonts import font_path, length

    if length("一A") <= length("A"):
        raise MediaError(f"{font_path()}: it has no Chinese characters")
    return font_path().name


async def voices(_: Settings) -> str:
    """Speaks a word in each language."""
    from callsheet.media.speech import speak
    from callsheet.media.speech.voices import languages
    from callsheet.media.speech.voices import voices as speakers

    found: list[str] = []
    for language in languages():
        names = speakers(language)
        await asyncio.to_thread(speak, WORD[language], language=language, voice=names[0])
        found.append(f"{language} {len(names)}")
    return f"{', '.join(found)} speak"


LOOKS = {
    "provider": provider,
    "bucket": bucket,
    "ledger": ledger,
    "clock": clock,
    "ffmpeg": ffmpeg,
    "fonts": fonts,
    "voices": voices,
}
