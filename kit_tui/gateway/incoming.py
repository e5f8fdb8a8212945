"""What happens to a message before anything reads it: cleaned, bounded, and checked for secrets."""

from __future__ import annotations

import re
import unicodedata

from kit_tui.domain.errors import KitError, UsageError

MAX_MESSAGE = 4_000
MAX_REASON = 200
_HALT = re.compile(r"\s*/(?:halt|pause)(?:@\w+)?\s", re.IGNORECASE)


class SecretInChatError(KitError):
    """A message looked like a key or password; it was not kept anywhere."""

    title = "That looks like a secret"


def clean(text: str) -> str:
    """The message without control characters, its line breaks and tabs kept.

    Format characters (zero-width and direction marks) stay in: the grammar must see them to
    refuse them, and every channel strips them when it renders.

    Raises:
        UsageError: when nothing is left or the message is too long.
        SecretInChatError: when it looks like a secret.
    """
    if len(text) > MAX_MESSAGE:
        raise UsageError(
            f"The message has {len(text):,} characters; K.I.T. reads up to {MAX_MESSAGE:,}.",
            hint="Shorten it and send it again.",
        )
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    kept = kept.strip()
    if not kept:
        raise UsageError("The message is empty.", hint="Type a request, or /help.")
    from kit_tui.ai.secrets import looks_like_secret  # its patterns take 3 ms to compile

    kind = looks_like_secret(kept)
    if kind is not None:
        raise SecretInChatError(
            f"The message looks like {kind}. It was not stored, mirrored or sent anywhere.",
            hint="Secrets belong in the environment, never in chat. If it was real, replace it.",
        )
    return kept


def words_of(text: str) -> str:
    """A message, cleaned. `/halt` halts whatever stands behind it, be it a secret or a novel.

    Raises:
        KitError: as `clean` does.
    """
    try:
        return clean(text)
    except KitError:
        if _HALT.match(text) is None:
            raise
        return "/halt"


def reason_of(text: str) -> str:
    """A reason for halting, made fit to be kept; a halt never fails for its reason."""
    try:
        return " ".join(clean(text[:MAX_MESSAGE]).split())[:MAX_REASON]
    except KitError:
        return "by hand"
