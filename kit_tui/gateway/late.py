"""What is done about words that were read long after they were said: they halt, or do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import JournalError, KitError
from kit_tui.domain.intent import Action
from kit_tui.domain.message import Principal, Role
from kit_tui.gateway.channel import LateWords
from kit_tui.gateway.incoming import SecretInChatError, clean

if TYPE_CHECKING:
    from kit_tui.gateway.gateway import Gateway

QUOTED = 10
LONGEST = 120
_HALTS = frozenset({Action.HALT, Action.KILL})
_HALTING = frozenset({"halt", "pause", "kill"})


async def tell_late(gateway: Gateway, principal: Principal, words: Sequence[LateWords]) -> None:
    """Tell somebody of their late words. Those which halt do so: that is never too late.

    What the journal has was acted on in time, and comes again only because a crash hid that.
    """
    new = [said for said in words if not gateway.conversation.holds(principal, said.mark)]
    if principal.role >= Role.TRADER:
        for said in [said for said in new if await _halts(gateway, said.text)]:
            # The command that also closes positions only halts: what it closes is of now.
            words_now = "/halt" if _command(said.text) == "kill" else said.text
            await gateway.handle(principal, words_now, said.mark)
            new.remove(said)
    if new:
        told = Reply(text=late_text(new, gateway.clock.now()), ok=False)
        gateway.conversation.kit_said(principal, told, account=gateway.primary)
    with suppress(JournalError):  # then nothing is kept any more, and the screen says so
        await gateway.kept()


def late_text(words: Sequence[LateWords], now: datetime) -> str:
    """That words came late and were not acted on, with the newest of them."""
    ordered = sorted(words, key=lambda said: said.at)
    late = _span(now - ordered[-1].at)
    quotes = [f"{said.at:%d %b %H:%M} · {_quoted(said.text)}" for said in ordered[-QUOTED:]]
    if len(ordered) == 1:
        head = f"This was read only now, {late} late, and nothing was done about it:"
    else:
        head = (
            f"{len(ordered)} messages were read only now, the newest {late} late, and nothing was "
            "done about them:"
        )
        if len(ordered) > QUOTED:
            quotes.insert(0, f"… and {len(ordered) - QUOTED} before these")
    return "\n".join([head, *quotes, "Say again what is still wanted. Times are UTC."])


async def _halts(gateway: Gateway, text: str) -> bool:
    if text.startswith("/"):
        return _command(text) in _HALTING
    account = gateway.accounts[gateway.primary]
    understood = await account.understanding.understand(text, None)
    return understood.intent.intent in _HALTS


def _command(text: str) -> str:
    """The name of a slash command, without the bot's; empty for other words."""
    first = text.split(maxsplit=1)[:1]
    return first[0][1:].partition("@")[0].lower() if first and text.startswith("/") else ""


def _quoted(text: str) -> str:
    """Somebody's words on one line, without what must not be kept."""
    try:
        words = " ".join(clean(text).split())
    except SecretInChatError:
        return "what looks like a secret, which was not kept"
    except KitError:
        return f"{len(text):,} characters" if text.strip() else "something without text"
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _span(late: timedelta) -> str:
    minutes = round(late.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} days"
