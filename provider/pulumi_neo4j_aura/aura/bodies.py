"""Reading answers without trusting them: JSON that may be broken, texts that may echo secrets.

Every text that came from a server passes `Cleaner.clean` before it may enter a message.
"""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_neo4j_aura.aura.wire import HttpAnswer

#: Characters of a server's text that go into one message: enough for Aura's longest known
#: refusal, too short for a page.
LONGEST = 300

REMOVED = "[removed]"

#: Shorter strings would blank out ordinary words and are no secrets.
_SHORTEST_SECRET = 4

#: Tokens that are still taken out of texts: an answer may echo the one before the current one.
_TOKENS_REMEMBERED = 8

#: Secrets that we do not know by value: whatever follows these words. An answer to a create that
#: is echoed back in an error would show the instance's password.
_SECRET_PATTERNS = (
    re.compile(r"\b(bearer|basic)\s+[\w\-.~+/=]{4,}", re.IGNORECASE),
    re.compile(
        r"([\w-]*(?:password|secret|access_token|refresh_token|id_token|api_key)[\"']?\s*[:=]\s*)"
        r"(\"[^\"]*\"?|'[^']*'?|[^\s,;&}\"']+)",
        re.IGNORECASE,
    ),
)
_SPACE = re.compile(r"\s+")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(r"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)


class Unreadable(Exception):
    """A success status with a body that does not say what a success must say.

    Its text names what is missing and never quotes the body, which may hold a password.
    """


def parse(body: bytes) -> object:
    """The JSON value in `body`.

    Raises:
        Unreadable: empty, truncated or no JSON.
    """
    if not body.strip():
        raise Unreadable("the answer is empty")
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        pass  # Raised below, outside: a JSONDecodeError carries the whole body along.
    else:
        return value
    raise Unreadable(
        "the answer is an HTML page" if is_page(body) else "the answer is no JSON, or cut short"
    )


def data_of(answer: HttpAnswer) -> object:
    """What is under `data`, the wrapper of every v1 success.

    Raises:
        Unreadable: there is none. `null` counts as none, so that it never reads as an empty list.
    """
    value = parse(answer.body)
    if not isinstance(value, dict):
        raise Unreadable("the answer is no JSON object")
    if value.get("data") is None:
        raise Unreadable("the answer has no data")
    data: object = value["data"]
    return data


def is_page(body: bytes) -> bool:
    """Whether it is an HTML page, which Aura's API never sends by itself."""
    return bool(_PAGE.match(_text(body[:200])))


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says; uncleaned, so only for comparing."""

    message: str = ""
    reason: str = ""
    field: str = ""

    @property
    def text(self) -> str:
        """The message with the field it is about."""
        return f"{self.field}: {self.message}" if self.field else self.message


def complaint_in(body: bytes) -> Complaint:
    """What an error answer says, in whichever of Aura's shapes; never raises.

    Shapes: `{"errors": [{message, reason, field}]}`, `{"error": "…"}` (also OAuth's with
    `error_description`), a bare `{message, reason}` with any capitals, nested validation errors,
    and plain text. An HTML page yields its title.
    """
    try:
        value = parse(body)
    except Unreadable:
        return Complaint(_page_title(body) if is_page(body) else _text(body[: 4 * LONGEST]))
    found = list(_complaints(value, depth=4))
    reasons = [item.reason for item in found if item.reason]
    texts = list(dict.fromkeys(item.text for item in found if item.text))
    return Complaint("; ".join(texts), reasons[0] if reasons else "")


def _page_title(body: bytes) -> str:
    title = _TITLE.search(_text(body[:20_000]))
    return f"an HTML page: {title.group(1)}" if title else "an HTML page"


def _complaints(value: object, depth: int, field: str = "") -> Iterator[Complaint]:
    """Every complaint in a JSON value, outermost first; `depth` bounds hostile nesting."""
    if depth < 0:
        return
    if isinstance(value, str):
        yield Complaint(value, "", field)
    elif isinstance(value, list):
        for item in value[:10]:
            yield from _complaints(item, depth - 1, field)
    elif isinstance(value, dict):
        yield from _complaints_of_object(value, depth, field)


def _complaints_of_object(
    value: dict[object, object], depth: int, field: str
) -> Iterator[Complaint]:
    lowered = {str(key).lower(): item for key, item in value.items()}
    own = Complaint(
        _first_text(lowered, "message", "error_description"),
        _first_text(lowered, "reason", "error"),
        _first_text(lowered, "field") or field,
    )
    if own.message or own.reason:
        # `{"error": "…"}` of the gateway has only a sentence: it is the message.
        yield own if own.message else Complaint(own.reason, own.reason, own.field)
    nested = lowered.get("errors")
    if isinstance(nested, dict):
        for name, item in list(nested.items())[:10]:
            yield from _complaints(item, depth - 1, str(name))
    elif nested is not None:
        yield from _complaints(nested, depth - 1, field)


def _first_text(lowered: dict[str, object], *names: str) -> str:
    texts = (lowered.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text), "")


class Cleaner:
    """Makes a server's text fit for a message: one line, no secrets, short."""

    def __init__(self) -> None:
        self._lasting: tuple[str, ...] = ()
        self._passing: deque[tuple[str, ...]] = deque(maxlen=_TOKENS_REMEMBERED)
        self._forms: list[str] = []
        self._known: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"Cleaner({len(self._forms)} forms)"

    def learn_pair(self, user: str, password: str) -> None:
        """Never let `password` through, nor what HTTP Basic makes of the pair."""
        basic = base64.b64encode(f"{user}:{password}".encode(errors="replace")).decode()
        self._lasting += _spellings(password) + _spellings(basic)
        self._gather()

    def learn_token(self, token: str) -> None:
        """Never let `token` through, until several newer ones have replaced it."""
        self._passing.append(_spellings(token))
        self._gather()

    def _gather(self) -> None:
        known = set(self._lasting).union(*self._passing)
        # Longest first, so that no spelling is cut in half by a shorter one.
        self._forms = sorted(known, key=len, reverse=True)
        spelled = "|".join(re.escape(form) for form in self._forms)
        self._known = re.compile(spelled, re.IGNORECASE) if spelled else None

    def clean(self, text: str, longest: int = LONGEST) -> str:
        """One line of at most `longest` characters without any known or likely secret."""
        if not text:
            return ""
        # This order matters: odd characters could hide a secret, and cutting first could leave
        # half of one.
        line = _one_line(text)
        if self._known is not None:
            line = self._known.sub(REMOVED, line)
        line = _SECRET_PATTERNS[0].sub(lambda found: f"{found.group(1)} {REMOVED}", line)
        line = _SECRET_PATTERNS[1].sub(lambda found: f"{found.group(1)}{REMOVED}", line)
        return line if len(line) <= longest else line[: longest - 1] + "…"


def _spellings(secret: str) -> tuple[str, ...]:
    """The ways in which servers echo a secret; none if it is too short to be one."""
    if len(secret) < _SHORTEST_SECRET:
        return ()
    forms = (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    return tuple({_one_line(form) for form in forms})


def _one_line(text: str) -> str:
    """Printable characters only (terminals obey some others), blanks joined."""
    if text.isprintable():
        return _SPACE.sub(" ", text).strip()
    kept = "".join(char if char.isprintable() else " " if char.isspace() else "" for char in text)
    return _SPACE.sub(" ", kept).strip()
