"""`kit live NAME`: shows what going live needs, and asks a person for the word."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from kit_tui.cli.confirm import typed_word
from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.output import show_reply, write_json
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.commands import contract
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import KitError
from kit_tui.gateway.key_forms import WITHDRAW_WORD
from kit_tui.gateway.live import OFF, PASSED, live_word
from kit_tui.settings.credentials import account_name, account_parts

PURPOSE = (
    "Let an account trade real money. Connection, clock, key, books and limits are checked and "
    "shown; then a person types the word. Without it the account only exits and cancels."
)


def live(shell: Shell, words: list[str]) -> int:
    """`kit live NAME [--account A] [--off] [--json]`; the word is typed at a terminal."""
    parser = parser_for("live", PURPOSE, demo=False)
    parser.add_argument("name", metavar="NAME", help="the account, such as binance")
    parser.add_argument("--off", action="store_true", help="take it back")
    given = parser.parse_args(words)
    account = account_name(*account_parts(given.name, shell.account or ""))
    reply = asyncio.run(
        _live(replace(shell, account=None), account, off=given.off, as_json=given.json)
    )
    return _told(shell, reply, as_json=given.json)


async def _live(shell: Shell, account: str, *, off: bool, as_json: bool) -> Reply:
    """One engine for showing, asking and arming, so that what was shown is what is armed."""
    desk = await shell.desk(demo=False)
    try:
        if off:
            return await desk.run("live", {"account": account, "word": OFF})
        found = await desk.run("live", {"account": account})
        word = _word_for(found, account)
        if as_json or not word:
            return found
        show_reply(
            shell, "live", Reply(text="", cards=found.cards), datetime.now(UTC), as_json=False
        )
        if WITHDRAW_WORD in word:
            shell.complain("This key can empty the account if it is stolen.")
        typed = await typed_word(shell, word, f"trade real money with {account}", flag=False)
        if typed != word:
            raise KitError(f"{account} stays as it is.", title="Not confirmed")
        done = await desk.run("live", {"account": account, "word": word})
        # The checks stand above already.
        return Reply(text=done.text) if done.ok else done
    finally:
        await desk.close()


def _word_for(found: Reply, account: str) -> str:
    """The word that arms an account as it was found; empty when none does or none is needed."""
    word = live_word(account)
    if WITHDRAW_WORD in found.text:
        return f"{word} {WITHDRAW_WORD}"
    return word if found.ok and word in found.text else ""


def _told(shell: Shell, reply: Reply, *, as_json: bool) -> int:
    if as_json:
        tables = [contract.table_json(c) for c in reply.cards if isinstance(c, TableCard)]
        checks = [{"passed": row.pop("") == PASSED, **row} for row in (tables or [[]])[0]]
        write_json(shell, {"reply": reply.text, "ok": reply.ok, "checks": checks})
        return DONE if reply.ok else FAILED
    return show_reply(shell, "live", reply, datetime.now(UTC), as_json=False)
