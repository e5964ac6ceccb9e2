"""Every error that Callsheet raises on purpose, as one tree.

::

    CallsheetError                 exit  retryable
    ├── BriefError                   2      no      what a person wrote can't be made; one `Fault` for each wrong field
    ├── BudgetError                  3      no      a cap would be passed, or the price was not approved
    │   └── NotApproved              3      no      nobody has accepted this price yet; a person may
    ├── ProviderError                4      —       the video service, in one of these ways:
    │   ├── Unsent                   4      yes     the request provably never left: safe to send again
    │   ├── Ambiguous                4      no      the request may have been accepted: ask, never resend blindly
    │   ├── RateLimited              4      yes     429, nothing was accepted; `retry_after` seconds if it was said
    │   ├── Unavailable              4      yes     a read (not a purchase) failed: poll or download again
    │   ├── Rejected                 4      no      400, 401, 402, 404, 409, 413: the request as it stands is refused
    │   ├── Moderated                4      no      422: the content is refused; the same words will be refused again
    │   ├── JobFailed                4      no      accepted, then failed or cancelled by the provider
    │   ├── Incapable                4      no      the model can't do it or is retired; nothing was sent
    │   ├── InDoubt                  4      no      whether it was bought can't be found out; a person decides
    │   └── LeaseLost                4      yes     another process goes on with the purchase
    ├── MediaError                   5      no      a file is not what it should be, or ffmpeg failed
    │   └── Unreadable               2      no      a file to be checked is no video that can be read
    ├── CheckError                   5      no      a finished work does not measure up to its plan or platform
    ├── StorageError                 1      yes     the bucket
    └── SettingsError                2      no      a setting or environment variable is wrong or missing

Every one survives pickling (Prefect moves them between processes) with all its attributes, because attributes live in
``__dict__`` and the message in ``args``. `retryable` says what a caller may do with the very same call.
"""

from __future__ import annotations

from dataclasses import dataclass


class CallsheetError(Exception):
    """Root of the tree. `exit_code` is what the command line ends with."""

    exit_code: int = 1
    retryable: bool = False

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else self.__class__.__name__


@dataclass(frozen=True)
class Fault:
    """One wrong field of what a person wrote: where it is, what stands there, what would be allowed."""

    field: str
    value: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: {self.value} is not allowed; {self.allowed}"


class BriefError(CallsheetError):
    """What a person wrote can't be made. `faults` has one entry for each wrong field; the message one line for each."""

    exit_code = 2

    def __init__(self, faults: list[Fault] | str) -> None:
        self.faults: list[Fault] = [] if isinstance(faults, str) else list(faults)
        super().__init__(faults if isinstance(faults, str) else "\n".join(str(fault) for fault in faults))

    def __reduce__(self) -> tuple[type[BriefError], tuple[list[Fault] | str], dict[str, object]]:
        return type(self), (self.faults or self.message,), self.__dict__


class SettingsError(CallsheetError):
    """A setting is wrong or missing."""

    exit_code = 2


class BudgetError(CallsheetError):
    """A cap would be passed, or nobody approved the price. Nothing was sent. `scope` is the cap's: `day 2026-11-22`."""

    exit_code = 3
    scope: str | None = None


class NotApproved(BudgetError):
    """Nobody has accepted this price, or only a lower one. A person may still do so."""


class ProviderError(CallsheetError):
    """The video service answered, or failed to. `status` is HTTP's; `request_id` is the provider's, to quote to it."""

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after


class Unsent(ProviderError):
    """The request provably never left this machine (no connection was made). Safe to send again."""

    retryable = True


class Ambiguous(ProviderError):
    """The request left and no readable answer came: a timeout, a cut connection, a 5xx, a reply that can't be read."""


class RateLimited(ProviderError):
    """429: nothing was accepted. `retry_after` is in seconds."""

    retryable = True


class Unavailable(ProviderError):
    """A read failed (poll, look-up, download). Reads cost nothing, so they may be repeated."""

    retryable = True


class Rejected(ProviderError):
    """The provider refuses the request as it stands."""


class Moderated(ProviderError):
    """The provider refuses the content. Sending the same words again is useless and is never done."""


class JobFailed(ProviderError):
    """The provider accepted the job and then failed or cancelled it."""


class Incapable(ProviderError):
    """The model can't do what is asked, or is retired. Found before anything was sent."""


class InDoubt(ProviderError):
    """Whether the purchase was accepted can't be found out. It is never bought again by itself."""


class LeaseLost(ProviderError):
    """Another process has taken over the purchase: the same call again waits for it."""

    retryable = True


class MediaError(CallsheetError):
    """A file is not what it should be, or ffmpeg failed on it."""

    exit_code = 5


class Unreadable(MediaError):
    """A file that somebody wants checked is missing, empty, no video, or one that is not safe to open."""

    exit_code = 2


class CheckError(CallsheetError):
    """A finished work does not measure up. Nothing of it was published."""

    exit_code = 5


class StorageError(CallsheetError):
    """The bucket did not do what was asked."""

    retryable = True
