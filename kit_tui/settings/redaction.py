"""Blacks out secrets in whatever text leaves the program: logs, tracebacks, last words.

By value, for every secret this process has read, and by shape, for those it never knew to be one.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

MARK = "‹secret›"
SECRET_WORDS = ("KEY", "SECRET", "TOKEN", "PASSPHRASE", "PASSWORD")
SHORTEST_SECRET = 8

_known: tuple[str, ...] = ()


def remember(*secrets: str) -> None:
    """Black these values out from now on; one too short to be told from words is left out."""
    global _known  # noqa: PLW0603 - replaced as a whole, so that other threads read it safely
    _known = _by_length({*_known, *_long_enough(secrets)})


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Values of environment variables that hold secrets, in every spelling, the longest first."""
    named = (v for n, v in environ.items() if any(word in n.upper() for word in SECRET_WORDS))
    return _by_length(_long_enough(named))


def redact(text: str) -> str:
    """The text without any secret this process knows, and without what is shaped like one."""
    for secret in _known:
        text = text.replace(secret, MARK)
    for shape, instead in _shapes():
        text = shape.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats a record, then removes every secret from it, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def guard_crashes() -> None:
    """Let every traceback that Python prints by itself go through `redact`."""
    sys.excepthook = _crashed
    sys.unraisablehook = _unraisable
    threading.excepthook = _thread_crashed
    if logging.lastResort is not None:
        # What is logged while there is no log file, such as by asyncio's exception handler.
        logging.lastResort.setFormatter(RedactingFormatter("%(message)s"))


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _print("", kind, error, trace)


def _thread_crashed(given: threading.ExceptHookArgs) -> None:
    if given.exc_type is not SystemExit:
        name = given.thread.name if given.thread is not None else "?"
        _print(
            f"Exception in thread {name}:\n", given.exc_type, given.exc_value, given.exc_traceback
        )


def _unraisable(given: UnraisableHookArgs) -> None:
    head = f"{given.err_msg or 'Exception ignored in'}: {given.object!r}\n"
    _print(head, given.exc_type, given.exc_value, given.exc_traceback)


def _print(
    head: str,
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    if sys.stderr is not None:
        lines = traceback.format_exception(kind, error, trace)
        sys.stderr.write(redact(head + "".join(lines)))


def _long_enough(secrets: Iterable[str]) -> set[str]:
    return {
        spelling
        for secret in secrets
        for spelling in _spellings(secret.strip())
        if len(spelling) >= SHORTEST_SECRET
    }


def _by_length(secrets: set[str]) -> tuple[str, ...]:
    return tuple(sorted(secrets, key=len, reverse=True))  # since one secret may begin another


def _spellings(secret: str) -> Iterator[str]:
    """A secret as itself, in an address, in a `repr`, in base 64; a key file also line by line."""
    from base64 import b64encode
    from urllib.parse import quote

    plain = secret.encode(errors="surrogateescape")
    yield secret
    yield quote(plain, safe="")
    yield repr(secret)[1:-1]
    yield b64encode(plain).decode()
    yield from (line for line in secret.splitlines() if not line.startswith("-----"))


@lru_cache(maxsize=1)
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Shapes of secrets and what to put in their place; compiled when the first text comes."""
    name = (
        r"api[-_]?key|api[-_]?secret|secret|signature|sign|passphrase|password"
        r"|(?:access[-_]?)?token|listen[-_]?key|private[-_]?key"
    )
    header = r"x-mbx-apikey|api-key|api-sign|authorization|(?:cb|ok)-access-[a-z]+|kc-api-[a-z]+"
    word = r"[^\s&\"',;{}<>]{6,}"
    return tuple(
        (re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)
        for pattern, instead in (
            (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", MARK),
            (rf"\b({header})([\"']?\s*[:=]\s*[\"']?(?:bearer |basic )?){word}", rf"\1\2{MARK}"),
            (rf"([?&\s,(]|^)({name})=({word})", rf"\1\2={MARK}"),
            (rf"([\"'](?:{name})[\"']\s*:\s*[\"'])[^\"']+", rf"\1{MARK}"),
            (r"\bsk-ant-[\w-]{8,}", MARK),
            (r"(?<!\d)\d{8,10}:[A-Za-z0-9_-]{30,}", MARK),
        )
    )
