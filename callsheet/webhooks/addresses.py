"""Where webhooks may go, and the secret that signs them."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from callsheet.errors import SettingsError

LONGEST_URL = 2000
NO_ADDRESS = "it must be an http or https address, with no name or fragment in it, of at most 2000 characters"
"""What is said of a text to which nothing could be sent."""


def parts_of(url: str) -> SplitResult | None:
    """The parts of an address to which something can be sent; None for any other text."""
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and not parts.fragment
    return parts if plain and port != 0 else None


def is_here(host: str) -> bool:
    """By its written form alone: a name that some resolver leads here is none of this machine's."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_and_port(text: str, name: str) -> str:
    """`HOST:PORT` in the form in which addresses are compared with it. Raises `SettingsError`."""
    parts = parts_of(f"http://{text}/")
    if parts is None or parts.port is None or parts.path != "/" or parts.query:
        raise SettingsError(f"{name}: {text} is not allowed; it must be HOST:PORT such as hooks.example.com:443")
    return f"{parts.hostname}:{parts.port}"


def checked_secret(secret: SecretStr, name: str) -> SecretStr:
    """The secret, when it is `whsec_` and 24 to 64 bytes in base64. Raises `SettingsError` that does not repeat it."""
    text = secret.get_secret_value()
    try:
        length = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if not text.startswith("whsec_") or not 24 <= length <= 64:
        raise SettingsError(f"{name}: it must be whsec_ followed by 24 to 64 bytes in base64")
    return secret
