"""`kit pending`: the tickets that wait, as a table for people and whole for scripts."""

from __future__ import annotations

import asyncio

from kit_tui.cli.failures import DONE
from kit_tui.cli.generated import run_command
from kit_tui.cli.notes import notice_of
from kit_tui.cli.output import write_json
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.commands.contract import Json, ticket_json
from kit_tui.domain.ticket import TicketState
from kit_tui.state.slices import APPROVALS


def pending(shell: Shell, words: list[str]) -> int:
    """`kit pending [--json] [--demo]`; JSON has each ticket with its order and its whole hash."""
    parser = parser_for("pending", "Tickets that wait for an answer, with age, expiry and hash.")
    given = parser.parse_args(words)
    if not given.json:
        return run_command(shell, "pending", ["--demo"] if given.demo else [])
    write_json(shell, asyncio.run(_waiting(shell, demo=given.demo)))
    return DONE


async def _waiting(shell: Shell, *, demo: bool) -> list[Json]:
    desk = await shell.desk(demo=demo)
    try:
        note = notice_of(desk, demo=demo)
        if note:
            shell.complain(note)
        tickets = desk.store.get(APPROVALS) or ()
        return [ticket_json(each) for each in tickets if each.state is TicketState.PENDING]
    finally:
        await desk.close()
