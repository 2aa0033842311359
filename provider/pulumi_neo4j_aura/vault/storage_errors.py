"""What goes wrong at a store, in the words of the error family. Absent is not unknown."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from obstore import exceptions

from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    NotFound,
    Permanent,
    Refused,
    Transient,
)

#: The library's text goes on with its inner values, which may hold a request with its signature.
_DEBUG: Final = re.compile(r"\s*Debug source:.*", re.DOTALL)
_QUERY: Final = re.compile(r"\?[^\s\"')]*")
_LONGEST: Final = 300

_STATUS: Final = re.compile(r"status code: (\d{3})")
#: The clouds' own word for it, as XML, or as the library repeats it for one of many deletions.
_CODE: Final = re.compile(r"<Code>(\w+)</Code>|\(code: (\w+)\)")
_MESSAGE: Final = re.compile(r"<Message>([^<\n]*)")

#: A missing bucket or container is said with a 404 like a missing object, and is something else.
_NO_BUCKET: Final = frozenset({"NoSuchBucket", "ContainerNotFound"})
_NO_CREDENTIALS: Final = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
                                    "InvalidToken", "TokenRefreshRequired", "AuthenticationFailed",
                                    "InvalidAuthenticationInfo"})  # fmt: skip
_FORBIDDEN: Final = frozenset({"AccessDenied", "AuthorizationFailure", "RequestTimeTooSkewed",
                               "AuthorizationPermissionMismatch",
                               "BlobImmutableDueToPolicy"})  # fmt: skip
#: Client errors that pass by themselves: time-out, conflict, too early, too many requests.
_PASSING: Final = frozenset({408, 409, 425, 429})
_CONFLICT: Final = 409
_UNAUTHENTICATED: Final = 401
_DENIED: Final = 403
_CLIENT_ERRORS: Final = range(400, 500)
#: Where the library looks for a machine's own credentials when it was given none.
_OWN_CREDENTIALS: Final = ("169.254.169.254", "metadata.google.internal")
_WRONG_REGION: Final = "incorrectly configured region"

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL_TEXTS: Final = ("No space left on device", "Disk quota exceeded", "os error 28")

_ABSENT: Final = (FileNotFoundError, IsADirectoryError, exceptions.NotFoundError)
_LASTING: Final = (
    ValueError,
    TypeError,
    NotADirectoryError,
    FileExistsError,
    NotImplementedError,
    exceptions.InvalidPathError,
    exceptions.UnknownConfigurationKeyError,
    exceptions.NotSupportedError,
)
_LOOK: Final = "Look at the rights of the credentials, and at the clock of this machine."
_RENEW: Final = (
    "Set the cloud's environment variables anew, then run again: finished parts are not sent again."
)


class AlreadyThere(Refused):
    """The key exists already; a create-only write changed nothing."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server said, as far as the library's text tells. Status 0: no server answered."""

    status: int
    code: str
    said: str


def translated(error: Exception, url: str, key: str) -> AuraError:
    """The error to raise for one of the library's or the system's, with what it was about."""
    what = f"{url.rstrip('/')}/{key}" if key else url
    if _is_full(error):
        return full(url)
    answer = _answer(error)
    if isinstance(error, exceptions.AlreadyExistsError) and _is_there(answer):
        return AlreadyThere(f"{what} exists already.")
    if answer.code in _NO_BUCKET:
        return Permanent(
            f"The bucket or container of {url} does not exist ({answer.said}).",
            way_out="Create it first: buckets are never made here.",
        )
    if isinstance(error, _ABSENT):
        return NotFound(f"There is no {what}.")
    return _denied(error, what, answer) or _other(error, what, answer)


def unusable(error: Exception, url: str) -> AuraError:
    """The error to raise when a store cannot even be opened: nothing was asked of anybody yet."""
    found = translated(error, url, "")
    if isinstance(found, Permanent | Refused) and not isinstance(found, NotFound):
        return found
    return Permanent(
        f"{url} cannot be used: {shortened(str(error))}",
        way_out="Correct the target, or set the environment variables of its cloud.",
    )


def _answer(error: Exception) -> _Answer:
    text = str(error)
    # A key may contain anything, and the library names it first.
    reply = text.rpartition(" - Server returned")[2]
    status, code, message = (each.search(reply) for each in (_STATUS, _CODE, _MESSAGE))
    if status is None and code is None:
        return _Answer(0, "", shortened(text))
    name = (code[1] or code[2]) if code else ""
    words = ("HTTP " + status[1] if status else "", name, message[1].strip() if message else "")
    said = shortened(", ".join(each for each in words if each))
    return _Answer(int(status[1]) if status else 0, name, said)


def _is_there(answer: _Answer) -> bool:
    """The library takes every conflict for it; S3 says 409 to two at once, one of whom may fail."""
    return answer.status != _CONFLICT or answer.code == "BlobAlreadyExists"


def _denied(error: Exception, what: str, answer: _Answer) -> AuraError | None:
    if any(text in str(error) for text in _OWN_CREDENTIALS):
        return BadCredentials(f"There are no credentials for {what}.", way_out=_RENEW)
    wrong = answer.code in _NO_CREDENTIALS or answer.status == _UNAUTHENTICATED
    if wrong or isinstance(error, exceptions.UnauthenticatedError):
        return BadCredentials(
            f"The store does not accept the credentials for {what} ({answer.said}).",
            way_out=_RENEW,
        )
    denied = answer.code in _FORBIDDEN or answer.status == _DENIED
    if denied or isinstance(error, exceptions.PermissionDeniedError | PermissionError):
        return Forbidden(f"The store refuses access to {what} ({answer.said}).", way_out=_LOOK)
    return None


def _other(error: Exception, what: str, answer: _Answer) -> AuraError:
    refused = answer.status in _CLIENT_ERRORS and answer.status not in _PASSING
    if refused or isinstance(error, _LASTING) or _WRONG_REGION in str(error):
        return Permanent(
            f"{what} cannot be used: {answer.said}",
            way_out="Correct the target, or the region or endpoint in the environment variables.",
        )
    return Transient(
        f"The store gave no usable answer about {what}: {answer.said}",
        way_out="Nothing is concluded from this; run again.",
    )


def _is_full(error: Exception) -> bool:
    if getattr(error, "errno", None) in _FULL:
        return True
    # Only a directory's errors: a server's are about something else, and texts of its own.
    text = str(error)
    return "Server returned" not in text and any(each in text for each in _FULL_TEXTS)


def full(url: str) -> Refused:
    """There is no room; nothing that was there before is touched."""
    return Refused(
        f"There is no room left for {url}.",
        way_out="Make room, then run again: finished parts are not written again.",
    )


@contextmanager
def full_disk(folder: str) -> Iterator[None]:
    """A full disk where an upload waits is the same sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise full(folder) from error
        raise


def shortened(text: str) -> str:
    """The beginning of what a library said, without what may be a signature."""
    plain = " ".join(_QUERY.sub("", _DEBUG.sub("", text)).split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
