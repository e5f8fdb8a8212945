"""`kit live NAME`: shows what going live needs, and asks a person for the word."""

from __future__ import annotations

import asyncio
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
from kit_tui.settings.credentials import account_name

PURPOSE = (
    "Let an account trade real money. Connection, clock, key, books and limits are checked and "
    "shown; then a person types the word. Without it the account only exits and cancels."
)


def live(shell: Shell, words: list[str]) -> int:
    """`kit live NAME [--account A] [--off] [--json]`; the word is typed at a terminal."""
    parser = parser_for("live", PURPOSE, demo=False)
    parser.add_argument("name", metavar="NAME", help="the account, such as binance")
    parser.add_argument("--account", default="", metavar="A", help="another account there, by name")
    parser.add_argument("--off", action="store_true", help="take it back")
    given = parser.parse_args(words)
    account = account_name(given.name, given.account)
    if given.off:
        return _told(shell, asyncio.run(_run(shell, account, "off")), as_json=given.json)
    found = asyncio.run(_run(shell, account, ""))
    ready = found.ok or _only_withdraws(found)
    if given.json or not ready:
        return _told(shell, found, as_json=given.json)
    show_reply(shell, "live", Reply(text="", cards=found.cards), datetime.now(UTC), as_json=False)
    if "is armed" in found.text:
        shell.say(found.text)
        return DONE
    word = f"LIVE {account.upper()}"
    if not found.ok:
        shell.complain("This key can empty the account if it is stolen.")
        word = f"{word} {WITHDRAW_WORD}"
    typed = asyncio.run(typed_word(shell, word, f"trade real money with {account}"))
    if typed != word:
        raise KitError(f"{account} stays as it is.", title="Not confirmed")
    return _told(shell, asyncio.run(_run(shell, account, typed)), as_json=False)


def _only_withdraws(reply: Reply) -> bool:
    return not reply.ok and WITHDRAW_WORD in reply.text


async def _run(shell: Shell, account: str, word: str) -> Reply:
    desk = await shell.desk(demo=False)
    try:
        return await desk.run("live", {"account": account, **({"word": word} if word else {})})
    finally:
        await desk.close()


def _told(shell: Shell, reply: Reply, *, as_json: bool) -> int:
    if as_json:
        tables = [contract.table_json(c) for c in reply.cards if isinstance(c, TableCard)]
        write_json(shell, {"reply": reply.text, "ok": reply.ok, "checks": (tables or [[]])[0]})
        return DONE if reply.ok else FAILED
    return show_reply(shell, "live", reply, datetime.now(UTC), as_json=False)
