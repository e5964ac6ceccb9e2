"""What boto3 raises, told in one line: what was done, to which object, and why it failed. Never a credential.

Refused credentials, a missing bucket and other answers of the 4xx kind would come again and are not `retryable`; a
server that is down, slow or overloaded is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from callsheet.errors import StorageError
from callsheet.storage.keys import refusal

CAUSE_LIMIT = 300
"""Characters of a foreign message that are kept."""

CREDENTIALS = frozenset(
    {"401", "403", "AccessDenied", "ExpiredToken", "Forbidden", "InvalidAccessKeyId", "InvalidToken"}
    | {"RequestTimeTooSkewed", "SignatureDoesNotMatch", "Unauthorized"}
)
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
AGAIN = frozenset({408, 425, 429})
"""Statuses of the 4xx kind that say "later" (RFC 9110, RFC 8470, RFC 6585)."""


def is_missing(error: Exception) -> bool:
    """Whether the server said that there is no such object. A HEAD says the same of a missing bucket."""
    from botocore.exceptions import ClientError

    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in MISSING


def is_aborted(error: Exception) -> bool:
    """Whether the server said that an upload in parts is no more: somebody else has aborted it."""
    from botocore.exceptions import ClientError

    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == "NoSuchUpload"


@contextmanager
def unless_aborted() -> Iterator[None]:
    """Passes over that somebody else was faster in aborting an upload in parts."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        if not is_aborted(error):
            raise


@contextmanager
def telling(what: str, secrets: Iterable[str] = ()) -> Iterator[None]:
    """Turn every error of boto3, s3transfer and the operating system into a `StorageError` that begins with `what`."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, OSError, ValueError) as error:
        told = _told(error)
        cause = " ".join(told.message.split())
        for secret in secrets:
            cause = cause.replace(secret, "***") if secret else cause
        message = f"{what}: {cause[:CAUSE_LIMIT]}"
        # The foreign error is not kept as the cause: a traceback would print its text, which was not redacted.
        raise (StorageError(message) if told.retryable else refusal(message)) from None


def _told(error: Exception) -> StorageError:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _answered(error)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return refusal(
            "no credentials were found: give an access key and a secret key, or set AWS_ACCESS_KEY_ID and so on"
        )
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return StorageError(f"the server can't be reached: {error}")
    if isinstance(error, exceptions.ReadTimeoutError):
        return StorageError(f"the server did not answer in time: {error}")
    if isinstance(error, exceptions.ParamValidationError | FileNotFoundError | PermissionError | ValueError):
        return refusal(str(error))
    return StorageError(f"{error.__class__.__name__}: {error}")


def _answered(error: Exception) -> StorageError:
    response = getattr(error, "response", {})
    said = response.get("Error", {})
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    code, text = str(said.get("Code", "")), str(said.get("Message", ""))
    answer = f"{status} {code}" if code != str(status) else code
    if code in CREDENTIALS:
        return refusal(f"the server refuses these credentials for it ({answer}: {text})")
    if code == "NoSuchBucket":
        return refusal(f"there is no such bucket ({answer})")
    if code in MISSING:
        return refusal(f"there is no such object ({answer})")
    again = status >= 500 or status in AGAIN or status < 400
    message = f"the server answered {answer}: {text}"
    return StorageError(message) if again else refusal(message)
