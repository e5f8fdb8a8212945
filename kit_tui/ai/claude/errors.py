"""Every failure of a model in K.I.T.'s words: what happened, and what to do now.

Nothing of a server's or a library's own words is passed on: they quote keys and prompts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from kit_tui.ai.claude.capabilities import retired
from kit_tui.ai.claude.protocol import AiError, AiErrorKind, Json, Usage

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 5.0
"""A server that asks to wait longer than this is not asked again by itself."""
_USUAL_PAUSE_S = 0.5
_LONGEST_WAIT_S = 86_400.0

_Kind = AiErrorKind
_OF_TYPE: Mapping[str, AiErrorKind] = {
    "authentication_error": _Kind.AUTH,
    "permission_error": _Kind.AUTH,
    "billing_error": _Kind.BILLING,
    "not_found_error": _Kind.MODEL_GONE,
    "rate_limit_error": _Kind.RATE,
    "overloaded_error": _Kind.OVERLOADED,
    "api_error": _Kind.OVERLOADED,
    "timeout_error": _Kind.TIMEOUT,
    "invalid_request_error": _Kind.BAD_REQUEST,
    "request_too_large": _Kind.BAD_REQUEST,
}
_OF_STATUS: Mapping[int, AiErrorKind] = {
    400: _Kind.BAD_REQUEST, 401: _Kind.AUTH, 402: _Kind.BILLING, 403: _Kind.AUTH,
    408: _Kind.TIMEOUT, 413: _Kind.BAD_REQUEST, 422: _Kind.BAD_REQUEST, 429: _Kind.RATE,
    504: _Kind.TIMEOUT,
}  # fmt: skip
_SPENDING = re.compile(r"spend_limit|billing|credit balance")
_PLACE = re.compile(r"[a-z_]+(\.[a-z_]+|\.\d+)+(?=: )")


class Heard(NamedTuple):
    """What had arrived of an answer when it failed."""

    model: str
    said: str = ""
    usage: Usage | None = None
    request_id: str = ""


class PassingError(AiError):
    """A failure that may be over in a moment: worth asking again after `pause_s` seconds."""

    pause_s: float = _USUAL_PAUSE_S


def no_key() -> AiError:
    """There is no key to ask with."""
    return AiError(
        _Kind.NO_KEY, "There is no API key for Claude.",
        hint="kit connect anthropic keeps a key, or set ANTHROPIC_API_KEY.",
    )  # fmt: skip


def closed() -> AiError:
    """The client was let go of: another key is used from here on, or K.I.T. stops."""
    return AiError(_Kind.OFF, "The connection to Claude was closed.", hint="Ask again.")


def bad_key() -> AiError:
    """The key cannot even be sent."""
    return AiError(
        _Kind.AUTH, "The API key for Claude holds characters that no key has.",
        hint="Copy it again from the Anthropic console.",
    )  # fmt: skip


def not_installed() -> AiError:
    """The client library cannot be imported."""
    return AiError(
        _Kind.OFF, "The library that speaks to Claude cannot be loaded.",
        hint="Install K.I.T. again.",
    )  # fmt: skip


def bad_reply(heard: Heard, why: str = "") -> AiError:
    """An answer that came whole but makes no sense."""
    return _error(_Kind.BAD_REPLY, heard, why)


def broken_off(heard: Heard, why: str = "") -> AiError:
    """An answer that ended before its end."""
    return _error(_Kind.CUT, heard, why)


def refused(heard: Heard, category: str) -> AiError:
    """The model declined to answer."""
    known = category if re.fullmatch(r"[a-z_]{1,40}", category) else ""
    return _error(_Kind.REFUSED, heard, f"It gave {known} as the reason." if known else "")


def timed_out(heard: Heard) -> AiError:
    """The answer took too long."""
    return _error(_Kind.TIMEOUT, heard)


def from_event(event: Json, heard: Heard) -> AiError:
    """The error told in a stream, whose status said 200."""
    return from_status(200, {}, event, heard)


def from_status(status: int, headers: Mapping[str, str], body: object, heard: Heard) -> AiError:
    """The error that an HTTP status and the body with it stand for."""
    told = _told(body)
    kind = _kind(status, told)
    log.info("claude: status %s, %s, request %s", status, told.kind or "no type", heard.request_id)
    wait = retry_after(headers)
    passing = kind in {_Kind.RATE, _Kind.OVERLOADED} and headers.get("x-should-retry") != "false"
    if passing and (wait is None or wait <= LONGEST_PAUSE_S):
        return _error(kind, heard, wait=wait, pause=_USUAL_PAUSE_S if wait is None else wait)
    return _error(kind, heard, _more(status, told), wait=wait)


def from_exception(error: Exception, heard: Heard, *, answered: bool) -> AiError:
    """The error for whatever the client library or broken data raised.

    `answered` tells that the server had begun an answer; before that, only the way to it failed.
    """
    if isinstance(error, AiError):
        return error
    import anthropic

    log.info("claude: %s, request %s", type(error).__name__, heard.request_id)
    if isinstance(error, anthropic.APIStatusError):
        heard = heard._replace(request_id=error.request_id or heard.request_id)
        return from_status(error.status_code, error.response.headers, error.body, heard)
    cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else error
    on_the_way = _on_the_way(cause or error, heard, answered=answered)
    if on_the_way is not None:
        return on_the_way
    if not answered:
        return _error(_Kind.BAD_REQUEST, heard, "It could not be sent.")
    return bad_reply(heard)


def _on_the_way(cause: BaseException, heard: Heard, *, answered: bool) -> AiError | None:
    """The error for what happened to the connection, or None when it was something else."""
    import httpx2

    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return _error(_Kind.NETWORK, heard, pause=_USUAL_PAUSE_S)
    if isinstance(cause, httpx2.TimeoutException):
        return timed_out(heard)
    if not isinstance(cause, httpx2.HTTPError | httpx2.StreamError | OSError):
        return None
    if answered:
        return broken_off(heard)
    # A kept connection which the server had closed shows like this; nothing was answered yet.
    stale = isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError)
    return _error(_Kind.NETWORK, heard, pause=_USUAL_PAUSE_S if stale else None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, by number or by date; None when it does not say."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1_000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        until, now = parsedate_to_datetime(text), parsedate_to_datetime(headers.get("date", ""))
        return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT_S)
    except (TypeError, ValueError):
        return None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return min(value, _LONGEST_WAIT_S) if value >= 0 else None


class _Told(NamedTuple):
    kind: str
    code: str
    words: str


def _told(body: object) -> _Told:
    error = body.get("error") if isinstance(body, dict) else None
    fields: dict[str, Any] = error if isinstance(error, dict) else {}
    details = fields.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    return _Told(str(fields.get("type") or ""), str(code or ""), str(fields.get("message") or ""))


def _kind(status: int, told: _Told) -> AiErrorKind:
    # A spent balance is told as an invalid request, and a spending limit as a rate limit.
    if _SPENDING.search(told.code) or (status == 400 and _SPENDING.search(told.words)):
        return _Kind.BILLING
    if told.kind in _OF_TYPE:
        return _OF_TYPE[told.kind]
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status >= 500:
        return _Kind.OVERLOADED
    return _Kind.BAD_REPLY


def _more(status: int, told: _Told) -> str:
    """What can safely be added: only what the sentence does not say, and no word of the server."""
    place = _PLACE.match(told.words)
    if place is not None:
        return f"The place is {place[0]}."
    if 300 <= status < 400:
        return "The address sends us elsewhere, which is not followed."
    if status == 413:
        return "The conversation is too long."
    if status == 404 and not told.kind:
        return "The address does not know the Messages API."
    return ""


_WORDS: Mapping[AiErrorKind, tuple[str, str]] = {
    _Kind.AUTH: ("Claude refused the API key.", "Check the key in the Anthropic console."),
    _Kind.BILLING: (
        "The spending limit or the balance of the Anthropic account is used up.",
        "Raise it in the Anthropic console.",
    ),
    _Kind.RATE: ("Claude asks us to slow down.", "Try again in a while."),
    _Kind.OVERLOADED: ("Claude has trouble on its side.", "Try again in a minute."),
    _Kind.TIMEOUT: ("Claude took too long to answer.", "Try again."),
    _Kind.NETWORK: (
        "Claude is not reachable.",
        "Check the network, and engine.base_url if it is set.",
    ),
    _Kind.MODEL_GONE: (
        "{model} is not available to this key.",
        "Choose another model (engine.model).",
    ),
    _Kind.BAD_REQUEST: ("Claude did not take the request.", "Start a new conversation."),
    _Kind.BAD_REPLY: ("Claude's answer is not readable.", "Try again."),
    _Kind.REFUSED: ("Claude declined to answer this.", "Put it in other words."),
    _Kind.CUT: ("Claude's answer broke off.", "Ask again."),
}


def _error(
    kind: AiErrorKind,
    heard: Heard,
    more: str = "",
    *,
    wait: float | None = None,
    pause: float | None = None,
) -> AiError:
    message, hint = _WORDS[kind]
    gone = retired(heard.model) if kind is _Kind.MODEL_GONE else None
    if gone is not None:
        message, hint = f"{{model}} was retired on {gone.on}.", f"Use {gone.instead} instead."
    if kind is _Kind.RATE and wait is not None:
        hint = f"Try again in {wait:.0f} s."
    error = (AiError if pause is None else PassingError)(
        kind, " ".join(part for part in (message.format(model=heard.model), more) if part),
        hint=hint, said=heard.said, usage=heard.usage, request_id=heard.request_id,
        retry_after_s=wait,
    )  # fmt: skip
    if isinstance(error, PassingError) and pause is not None:
        error.pause_s = pause
    return error
