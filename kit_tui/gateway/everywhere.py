"""What is done on every account at once: halting and the kill switch."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal
from kit_tui.gateway.account import Account
from kit_tui.gateway.context import TurnContext
from kit_tui.gateway.outcomes import joined

log = logging.getLogger(__name__)

EVERYWHERE: Final = frozenset({"halt", "kill"})
ALREADY = "Trading is halted already"


async def halt_all(accounts: Iterable[Account], reason: str, principal: Principal) -> Reply:
    """Halt every account; one that fails does not keep the others from it."""
    replies: list[Reply] = []
    for account in accounts:
        try:
            replies.append(await account.trading.halt(reason, by=principal.name))
        except Exception as error:
            log.exception("the %s account did not halt", account.name)
            replies.append(_failed(account, "did not confirm the halt", error))
    # The state is one for all: after the first account the others find it set already.
    fresh = [reply for reply in replies if not reply.text.startswith(ALREADY)]
    return joined(fresh or replies[:1])


async def kill_all(
    contexts: Iterable[tuple[Account, TurnContext]], arguments: Mapping[str, Any]
) -> Reply:
    """Halt every account, then cancel and close on each; says for each what it could not do."""
    work = list(contexts)
    if not work:
        return Reply(text="No account is open.", ok=False)
    halted = await halt_all([a for a, _ in work], "kill switch", work[0][1].principal)
    replies = [] if halted.ok else [halted]
    for account, context in work:
        try:
            reply = await account.registry.find("kill").handler(context, **arguments)
        except Exception as error:
            log.exception("the kill switch failed on the %s account", account.name)
            reply = _failed(account, "could not be closed", error)
        replies.append(_named(account, reply) if len(work) > 1 else reply)
    return joined(replies)


def _named(account: Account, reply: Reply) -> Reply:
    return Reply(text=f"{account.name}: {reply.text}", cards=reply.cards, ok=reply.ok)


def _failed(account: Account, what: str, error: Exception) -> Reply:
    why = str(error) if isinstance(error, KitError) else "see the log"
    return Reply(text=f"The {account.name} account {what}: {why}", ok=False)
