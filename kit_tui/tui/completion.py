"""What may follow what is typed: commands after `/`, markets anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kit_tui.domain.pair import Pair
from kit_tui.gateway.desk import CommandInfo


def complete(text: str, commands: Sequence[CommandInfo], pairs: Iterable[Pair]) -> list[str]:
    """Whole texts that begin with `text`, best first; empty when nothing fits."""
    if text.startswith("/") and " " not in text:
        return [
            f"/{c.name}"
            for c in commands
            if f"/{c.name}".startswith(text.lower()) and f"/{c.name}" != text
        ]
    head, space, word = text.rpartition(" ")
    prefix = word.lstrip("@")
    if len(prefix) < 2 or not space or not prefix.isascii():
        return []
    return [
        f"{head} {word}{str(pair)[len(prefix) :]}"
        for pair in pairs
        if pair.startswith(prefix.upper()) and prefix.isupper() and pair != prefix
    ]


def matching(text: str, commands: Sequence[CommandInfo], limit: int) -> list[CommandInfo]:
    """Commands to list while a `/command` is being typed."""
    if not text.startswith("/") or " " in text or "\n" in text:
        return []
    wanted = text[1:].lower()
    starts = [c for c in commands if c.name.startswith(wanted)]
    holds = [c for c in commands if wanted in c.name and c not in starts]
    return [*starts, *holds][:limit]
