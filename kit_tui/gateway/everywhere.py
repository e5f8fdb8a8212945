"""What concerns every account at once: halting, the kill switch, resuming, and their totals."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal
from kit_tui.domain.numbers import ZERO
from kit_tui.domain.orders import Mode
from kit_tui.gateway.account import Account
from kit_tui.gateway.context import TurnContext
from kit_tui.gateway.incoming import reason_of
from kit_tui.gateway.outcomes import joined
from kit_tui.state.slices import PORTFOLIO, TRUST
from kit_tui.trading.commands import RESUME_WORD

log = logging.getLogger(__name__)

EVERYWHERE: Final = frozenset({"halt", "reduce", "kill", "resume"})
ALREADY: Final = ("Trading is halted already", "Trading is reducing already")


async def halt_all(accounts: Iterable[Account], reason: str, principal: Principal) -> Reply:
    """Halt every account; one that fails does not keep the others from it."""
    return await _restrict_all(
        "halt", accounts, lambda each: each.trading.halt(reason, by=principal.name)
    )


async def reduce_all(accounts: Iterable[Account], reason: str, principal: Principal) -> Reply:
    """Let no account open anything new; one that fails does not keep the others from it."""
    return await _restrict_all(
        "reduction", accounts, lambda each: each.trading.reduce(reason, by=principal.name)
    )


async def _restrict_all(
    what: str, accounts: Iterable[Account], restrict: Callable[[Account], Awaitable[Reply]]
) -> Reply:
    replies: list[Reply] = []
    for account in accounts:
        try:
            replies.append(await restrict(account))
        except Exception as error:
            log.exception("the %s account was not restricted", account.name)
            replies.append(_failed(account, f"did not confirm the {what}", error))
    # The state is one for all: after the first account the others find it set already.
    fresh = [reply for reply in replies if not reply.text.startswith(ALREADY)]
    return joined(fresh or replies[:1])


async def run_everywhere(
    name: str, arguments: Mapping[str, Any], contexts: Mapping[Account, TurnContext], own: Account
) -> Reply:
    """One of the commands `EVERYWHERE`; `own` is the account it was given on."""
    if name == "kill":
        return await kill_all(contexts.items(), arguments)
    principal = contexts[own].principal
    if name in ("halt", "reduce"):
        restrict_all = halt_all if name == "halt" else reduce_all
        return await restrict_all(contexts, reason_of(arguments.get("reason", "")), principal)
    return await resume_all(contexts, arguments, own)


async def resume_all(
    contexts: Mapping[Account, TurnContext], arguments: Mapping[str, Any], own: Account
) -> Reply:
    """Resume; the others' limits are counted anew first, else their guards would halt again."""
    told: list[Reply] = []
    if arguments.get("word") == RESUME_WORD:
        for account, context in contexts.items():
            if account is own:
                continue
            try:
                rebased = await account.trading.rebase(context.principal)
            except KitError as error:
                told.append(_failed(account, "keeps its limits as they were", error))
            else:
                told += [_named(account, Reply(text=rebased))] if rebased else []
    resumed = await own.registry.find("resume").handler(contexts[own], **arguments)
    return joined([resumed, *told])


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


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts of one mode are worth together, in the reference currency.

    `partial` names those left out or only partly known, with the reason.
    """

    mode: Mode
    reference: str
    equity: Decimal
    accounts: tuple[str, ...]
    partial: tuple[str, ...] = ()


def totals(accounts: Iterable[Account]) -> tuple[Total, ...]:
    """The worth of all accounts by mode: pretended money is never added to real money."""
    found: dict[Mode, list[Account]] = {}
    for account in accounts:
        found.setdefault(account.mode, []).append(account)
    return tuple(_total(mode, found[mode]) for mode in Mode if mode in found)


def _total(mode: Mode, accounts: list[Account]) -> Total:
    equity, partial, reference = ZERO, list[str](), ""
    for account in accounts:
        portfolio = account.store.get(PORTFOLIO)
        doubt = doubt_of(account)
        if doubt:
            partial.append(f"{account.name} ({doubt})")
        if portfolio is not None:
            equity += portfolio.equity
            reference = portfolio.reference
    names = tuple(account.name for account in accounts)
    return Total(
        mode=mode, reference=reference, equity=equity, accounts=names, partial=tuple(partial)
    )


def doubt_of(account: Account) -> str:
    """Why an account's worth is not wholly known; empty when it is."""
    portfolio, trust = account.store.get(PORTFOLIO), account.store.get(TRUST)
    for reason in (trust.keys_refused, trust.unreconciled) if trust is not None else ():
        if reason:
            return reason.rstrip(".")
    if portfolio is None:
        return "not reconciled yet"
    return "" if portfolio.complete else "prices are missing or old"


def _named(account: Account, reply: Reply) -> Reply:
    return Reply(text=f"{account.name}: {reply.text}", cards=reply.cards, ok=reply.ok)


def _failed(account: Account, what: str, error: Exception) -> Reply:
    why = str(error) if isinstance(error, KitError) else "see the log"
    return Reply(text=f"The {account.name} account {what}: {why}", ok=False)
