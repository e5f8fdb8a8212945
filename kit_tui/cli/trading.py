"""Commands that touch orders or the trading state: ask, approve, reject, halt, resume, kill."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from kit_tui.cli.confirm import typed_word
from kit_tui.cli.failures import DONE, FAILED
from kit_tui.cli.generated import first_parameter
from kit_tui.cli.notes import notice_of
from kit_tui.cli.output import outcome_value, show_outcome, show_reply, write_json
from kit_tui.cli.owner import owner_of
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.domain.cards import Reply
from kit_tui.domain.errors import KitError
from kit_tui.domain.risk import TradingState, TradingStatus
from kit_tui.gateway.desk import Desk, Outcome

RESUME_WORD, KILL_WORD = "RESUME", "KILL"


def ask(shell: Shell, words: list[str]) -> int:
    """`kit ask TEXT [--approve] [--json] [--demo]`."""
    parser = parser_for("ask", "One message through the whole pipeline.")
    parser.add_argument("text", nargs="+", metavar="TEXT")
    parser.add_argument(
        "--approve",
        action="store_true",
        help="answer the ticket at once: paper and demo only, never what a model read",
    )
    given = parser.parse_args(words)
    text, approve = " ".join(given.text), bool(given.approve)
    return _outcome(
        shell, given.json, given.demo, lambda desk: desk.send(text, approve=approve), model=True
    )


def approve(shell: Shell, words: list[str]) -> int:
    """`kit approve ID [--hash H]`."""
    parser = parser_for("approve", "Approve a pending ticket; live orders need its hash.")
    parser.add_argument("id", metavar="ID")
    parser.add_argument("--hash", metavar="H", help="the hash the ticket shows")
    given = parser.parse_args(words)
    ticket = given.id.lstrip("#")
    return _outcome(shell, given.json, given.demo, lambda desk: desk.approve(ticket, given.hash))


def reject(shell: Shell, words: list[str]) -> int:
    """`kit reject ID`."""
    parser = parser_for("reject", "Reject a pending ticket.")
    parser.add_argument("id", metavar="ID")
    given = parser.parse_args(words)
    ticket = given.id.lstrip("#")
    return _outcome(shell, given.json, given.demo, lambda desk: desk.reject(ticket))


def halt(shell: Shell, words: list[str]) -> int:
    """`kit halt [REASON]`."""
    parser = parser_for("halt", "Stop trading at once, on every account.")
    parser.add_argument("reason", nargs="*", metavar="REASON")
    given = parser.parse_args(words)
    reply = asyncio.run(_halt(shell, " ".join(given.reason)))
    return _state_reply(shell, "halt", reply, as_json=given.json)


def resume(shell: Shell, words: list[str]) -> int:
    """`kit resume`, with the word RESUME typed or given."""
    parser = parser_for("resume", "Lift a halt. A person confirms by typing RESUME.")
    parser.add_argument("--confirm", metavar=RESUME_WORD, help="the word, where nobody can type it")
    given = parser.parse_args(words)
    if given.confirm is None:
        given.confirm = asyncio.run(typed_word(shell, RESUME_WORD, "lift the halt"))
    _check_word(given.confirm, RESUME_WORD, "Trading stays as it is.")
    reply = asyncio.run(_confirmed(shell, "resume", RESUME_WORD, demo=given.demo))
    return _state_reply(shell, "resume", reply, as_json=given.json)


def kill(shell: Shell, words: list[str]) -> int:
    """`kit kill`: halts at once, then cancels and closes when the word KILL confirms it."""
    parser = parser_for(
        "kill", "Halt at once; then cancel and close everything, confirmed by typing KILL."
    )
    parser.add_argument("--confirm", metavar=KILL_WORD, help="the word, where nobody can type it")
    given = parser.parse_args(words)
    reply = asyncio.run(_kill(shell, given.confirm, demo=given.demo))
    return _state_reply(shell, "kill", reply, as_json=given.json)


def _outcome(
    shell: Shell,
    as_json: bool,
    demo: bool,
    action: Callable[[Desk], Awaitable[Outcome]],
    *,
    model: bool = False,
) -> int:
    try:
        outcome, note = asyncio.run(_with_desk(shell, demo, action, model=model))
    except KitError as error:
        if as_json:
            refused = Outcome(reply=Reply(text=str(error), ok=False))
            write_json(shell, outcome_value(refused))
            return FAILED
        raise
    if as_json and note:
        reply = msgspec.structs.replace(outcome.reply, text=f"{outcome.reply.text}\n\n{note}")
        outcome = msgspec.structs.replace(outcome, reply=reply)
    code = show_outcome(shell, outcome, as_json=as_json)
    if note and not as_json:
        shell.say(f"\n{note}")
    return code


async def _with_desk(
    shell: Shell, demo: bool, action: Callable[[Desk], Awaitable[Outcome]], *, model: bool
) -> tuple[Outcome, str]:
    """What came of an action, and what is to be said of the account it reached."""
    desk = await shell.desk(demo=demo, model=model)
    try:
        return await action(desk), notice_of(desk, demo=demo)
    finally:
        await desk.close()


async def _halt(shell: Shell, reason: str) -> Reply:
    """Halt through the engine; if none can be opened, in the file that outlives everything.

    An engine started only for this runs on the simulator, so that no network stands in the way.
    """
    try:
        desk = await shell.desk(demo=owner_of(shell.locations) is None)
        try:
            return await desk.halt(reason)
        finally:
            await desk.close()
    except (KitError, OSError) as error:
        return _halt_file(shell, reason, error)


def _halt_file(shell: Shell, reason: str, error: Exception) -> Reply:
    from kit_tui.state.halt import TradingStateFile

    status = TradingStatus(
        state=TradingState.HALTED, reason=reason or "by hand", by="you", since=datetime.now(UTC)
    )
    try:
        shell.locations.ensure()
        TradingStateFile(shell.locations.trading_state).write(status)
    except OSError as problem:
        raise KitError(
            f"Trading could not be halted: {error} The halt file cannot be written either "
            f"({problem.strerror or problem}).",
            hint="Stop the kit process, or revoke the venue's keys.",
        ) from None
    return Reply(
        text=f"Halted in {shell.locations.trading_state}: no engine starts trading while that "
        f"stands. The engine itself could not be asked: {error}"
    )


async def _confirmed(shell: Shell, name: str, word: str, *, demo: bool) -> Reply:
    desk = await shell.desk(demo=demo)
    try:
        parameter = first_parameter(await desk.commands(), name)
        return await desk.run(name, {parameter: word} if parameter else {})
    finally:
        await desk.close()


async def _kill(shell: Shell, word: str | None, *, demo: bool) -> Reply:
    """Halt, ask, then cancel and close; no engine is held while the person makes up their mind."""
    shell.complain((await _halt(shell, "kill switch")).text)
    if word is None:
        word = await typed_word(shell, KILL_WORD, "cancel all orders and close all positions")
    _check_word(word, KILL_WORD, "Trading is halted; nothing was cancelled or closed.")
    return await _confirmed(shell, "kill", KILL_WORD, demo=demo)


def _check_word(given: str, word: str, otherwise: str) -> None:
    if given.strip() != word:
        raise KitError(
            f"The word {word} was not given. {otherwise}",
            hint=f"Type it when asked, or add --confirm {word}.",
            title="Not confirmed",
        )


def _state_reply(shell: Shell, name: str, reply: Reply, *, as_json: bool) -> int:
    if as_json and not reply.cards:
        write_json(shell, {"reply": reply.text, "ok": reply.ok})
        return DONE if reply.ok else FAILED
    return show_reply(shell, name, reply, datetime.now(UTC), as_json=as_json)
