"""XMP in PNG and JPEG, put in and taken out without touching the picture.

Where it stands: PNG in an iTXt chunk with the keyword XML:com.adobe.xmp, JPEG in an APP1 segment that begins with
http://ns.adobe.com/xap/1.0/ (XMP specification part 3, 1.1.3 and 1.1.5).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from callsheet.errors import MediaError

NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
_PNG = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp\0"
_APP1 = b"http://ns.adobe.com/xap/1.0/\0"
_LONGEST = 65_533 - len(_APP1)  # of one JPEG segment


def written(picture: bytes, field: str) -> bytes:
    """The picture with `field` as its TC260:AIGC, in place of one that it may have. Raises `MediaError`."""
    packet = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}" TC260:AIGC={quoteattr(field)}/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()
    if len(packet) > _LONGEST:
        raise MediaError(f"the AIGC field: {len(packet)} bytes are not allowed; a picture holds {_LONGEST}")
    parts: list[bytes] = []
    for part, xmp in _parts(picture):
        if xmp is None:
            parts.append(part)
        elif _field(xmp) is None:
            raise MediaError("the picture has XMP of somebody else's: the AIGC field is not written over it")
    if picture.startswith(_PNG):
        data = _KEYWORD + b"\0\0\0\0" + packet
        chunk = struct.pack(">I", len(data)) + b"iTXt" + data + struct.pack(">I", zlib.crc32(b"iTXt" + data))
        parts.insert(2, chunk)  # after the signature and IHDR
    else:
        # JFIF and Exif want to be first; what follows is free.
        at = next(i for i, part in enumerate(parts) if i and not part.startswith((b"\xff\xe0", b"\xff\xe1")))
        parts.insert(at, b"\xff\xe1" + struct.pack(">H", len(_APP1) + len(packet) + 2) + _APP1 + packet)
    return b"".join(parts)


def read(picture: bytes) -> str | None:
    """The TC260:AIGC of a picture, or None. Raises `MediaError` for what is neither PNG nor JPEG."""
    return next((found for _, xmp in _parts(picture) if xmp and (found := _field(xmp)) is not None), None)


def _field(xmp: bytes) -> str | None:
    if NAMESPACE.encode() not in xmp or b"<!" in xmp:  # no document type, so no entities to expand
        return None
    try:
        tree = ElementTree.fromstring(xmp.strip(b"\0 \r\n"))  # noqa: S314 - see the line above
    except ElementTree.ParseError:
        return None
    name = f"{{{NAMESPACE}}}AIGC"
    return next((found for node in tree.iter() if (found := node.text if node.tag == name else node.get(name))), None)


def _parts(picture: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """A picture in its parts, which joined are the picture; beside a part that is XMP, the packet."""
    try:
        if picture.startswith(_PNG):
            yield from _chunks(picture)
        elif picture.startswith(b"\xff\xd8\xff"):
            yield from _segments(picture)
        else:
            raise MediaError("the picture is neither PNG nor JPEG")
    except (struct.error, IndexError) as error:
        raise MediaError("the picture ends too early") from error


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    yield picture[:8], None
    at = 8
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        chunk = picture[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise IndexError
        body = chunk[8:-4]
        xmp = body[len(_KEYWORD) + 4 :] if chunk[4:8] == b"iTXt" and body.startswith(_KEYWORD) else None
        yield chunk, xmp
        at += len(chunk)


def _segments(picture: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    yield picture[:2], None
    at = 2
    while picture[at] == 0xFF and picture[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", picture, at + 2)
        segment = picture[at : at + 2 + length]
        if len(segment) < 2 + length:
            raise IndexError
        found = segment[1] == 0xE1 and segment[4:].startswith(_APP1)
        yield segment, segment[4 + len(_APP1) :] if found else None
        at += len(segment)
    yield picture[at:], None
