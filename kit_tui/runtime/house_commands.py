"""Commands about the program itself: how it fares, its settings, its log, and exports."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from kit_tui import __version__
from kit_tui.commands.command import Context, Effect, command
from kit_tui.domain.cards import Reply, TableCard
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.numbers import plain
from kit_tui.domain.periods import span_of, zone_named
from kit_tui.runtime.exports import trades_file
from kit_tui.settings.files import write_atomic
from kit_tui.settings.load import load_settings
from kit_tui.settings.model import Settings
from kit_tui.settings.redaction import redact
from kit_tui.settings.section import Section
from kit_tui.skills import wording
from kit_tui.state.slices import CONNECTIONS, SESSION, Connection
from kit_tui.trading.trades import trades_of

if TYPE_CHECKING:
    from kit_tui.gateway.account import Account
    from kit_tui.runtime.accounts import Shared

MOST_LINES: Final = 200
TAIL_BYTES: Final = 256_000
# Who somebody is on a channel is nobody else's business; that it is set is enough.
MASKED: Final = frozenset(
    {"chat_id", "user_id", "groups", "users", "alert_chat", "guild", "account", "roles"}
)


class HouseCommands:
    """Health, version, settings in force, the log, and the export of trades."""

    def __init__(self, account: Account, shared: Shared) -> None:
        self._account = account
        self._shared = shared

    @command("health", effect=Effect.READS)
    async def health(self, ctx: Context) -> Reply:
        """How the program fares: last answers of venues, memory, processor, journal, uptime."""
        now, session = ctx.clock.now(), ctx.store.get(SESSION)
        lines = ctx.store.get(CONNECTIONS) or ()
        journal = self._shared.journal
        up = None if session is None else (now - session.started_at).total_seconds()
        rows = (
            *(_answered(line, now) for line in lines),
            ("memory", _memory()),
            ("processor", _processor(time.process_time(), up)),
            ("journal", f"{_size(_bytes_of(journal.path))}, {journal.seq:,} events"),
            ("journal writes", "failed" if journal.failed else "yes"),
            ("up", wording.MISSING if up is None else wording.span(up)),
        )
        down = [line.name for line in lines if line.state in ("down", "degraded")]
        well = not down and not journal.failed
        text = "All is well." if well else f"Not well: {', '.join(down) or 'the journal'}."
        return Reply(
            text=text, cards=(TableCard(title="Health", columns=("what", "now"), rows=rows),)
        )

    @command("version", effect=Effect.READS)
    async def version(self, ctx: Context) -> Reply:
        """The version of K.I.T. and of Python."""
        del ctx
        return Reply(text=f"K.I.T. {__version__} on Python {platform.python_version()}.")

    @command(
        "show_config", effect=Effect.READS, aliases=("config",), tool="get_settings", private=True
    )
    async def show_config(self, ctx: Context, section: str = "") -> Reply:
        """The settings in force, by section; what differs from the default is marked.

        Secrets are never among the settings. A changed file counts after a restart.
        """
        del ctx
        found = list(_settings(self._shared.settings, Settings()))
        names = list(dict.fromkeys(name for name, *_ in found))
        wanted = section.strip().lower()
        shown = [name for name in names if not wanted or (name or "top") == wanted]
        if not shown:
            hint = f"There are {', '.join(name or 'top' for name in names)}."
            raise UsageError(f"There is no section {section[:30]!r}.", hint=hint)
        cards = tuple(
            TableCard(
                title=f"[{name}]" if name else "Top level",
                columns=("setting", "value", ""),
                rows=tuple((key, value, mark) for own, key, value, mark in found if own == name),
            )
            for name in shown
        )
        return Reply(text=await asyncio.to_thread(self._freshness), cards=cards)

    @command("logs", effect=Effect.ADMIN)
    async def logs(self, ctx: Context, count: int = 20) -> Reply:
        """The newest lines of the log file, with every secret blacked out."""
        del ctx
        if count < 1:
            raise UsageError("How many lines? At least one.", hint="For instance /logs 20")
        lines = await asyncio.to_thread(_tail, self._shared.locations.log_file)
        if not lines:
            return Reply(text="The log is empty.")
        rows = tuple((redact(line),) for line in lines[-min(count, MOST_LINES) :])
        card = TableCard(title="Log", columns=("line",), rows=rows)
        return Reply(text=f"The newest {wording.count(len(rows), 'line')}.", cards=(card,))

    @command("export", effect=Effect.SETS, private=True)
    async def export(
        self, ctx: Context, form: Literal["csv", "json"] = "csv", period: str = ""
    ) -> Reply:
        """Write the closed trades into a file for other programs, with exact figures.

        `/export json 30d` writes those of the last 30 days.
        """
        account = self._account.trading.account
        now, zone = ctx.clock.now(), zone_named(account.settings.timezone)
        span = span_of(period, now, zone)
        trips = [trip for trip in (await trades_of(account)).closed if span.holds(trip.closed_at)]
        if not trips:
            return Reply(text="No closed trades to export.", ok=False)
        name = f"trades-{account.name}-{now:%Y%m%d-%H%M%S}.{form}"
        path = self._shared.locations.exports / name
        try:
            await asyncio.to_thread(write_atomic, path, trades_file(trips, account.name, form))
        except OSError as error:
            raise KitError(f"The export was not written: {error.strerror or error}.") from error
        # A path of this machine is of no use on a phone.
        where = str(path) if ctx.principal.local else f"{name}, in the exports of K.I.T.'s machine"
        return Reply(text=f"{wording.count(len(trips), 'closed trade')} written to {where}.")

    def _freshness(self) -> str:
        """Whether the file still says what is in force."""
        settings = self._shared.settings
        try:
            found = load_settings(self._shared.locations, {})
        except KitError as error:
            return f"The settings in force. The file could not be read now: {error.message}"
        if msgspec.structs.replace(found, notes=settings.notes) == settings:
            return "The settings in force."
        return "The settings in force. The file says something else by now: restart to use it."


def _settings(
    own: Section, default: Section, section: str = ""
) -> Iterator[tuple[str, str, str, str]]:
    """Section, name, value and a mark where it is not the default; nested sections after it."""
    nested: list[tuple[str, Section, Section]] = []
    for name in own.keys():  # noqa: SIM118 - a section's own method, not a mapping's
        value, usual = getattr(own, name), getattr(default, name, None)
        path = f"{section}.{name}".lstrip(".")
        if isinstance(value, Section):
            nested.append((path, value, usual if isinstance(usual, Section) else type(value)()))
        elif isinstance(value, dict) and any(isinstance(v, Section) for v in value.values()):
            nested += [(f"{path}.{key}", each, type(each)()) for key, each in value.items()]
        else:
            masked = section.startswith("channels") and name in MASKED
            yield section, name, _shown(value, masked=masked), "" if value == usual else "set"
    for path, part, usual in nested:
        yield from _settings(part, usual, path)


def _shown(value: Any, *, masked: bool) -> str:
    if value is None or value in ({}, ()):
        return "none"
    if masked:
        return "set, not shown"
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return redact(", ".join(str(item) for item in value))
    if isinstance(value, dict):
        return redact(", ".join(f"{key}={item}" for key, item in value.items()))
    return redact(str(value))


def _answered(line: Connection, now: datetime) -> tuple[str, str]:
    ago = (
        "no answer yet"
        if line.last_ok_at is None
        else f"answered {wording.span((now - line.last_ok_at).total_seconds())} ago"
    )
    latency = "" if line.latency_ms is None else f", {line.latency_ms:.0f} ms"
    return f"{line.kind} {line.name}", f"{line.state}, {ago}{latency}"


def _memory() -> str:
    """What of the memory this process uses now, or its most where only that is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return f"at most {_size(most if sys.platform == 'darwin' else most * 1024)}"
    return _size(pages * os.sysconf("SC_PAGE_SIZE"))


def _processor(used_s: float, up_s: float | None) -> str:
    share = "" if not up_s or up_s < 1 else f", {used_s / up_s:.1%} of one core since the start"
    return f"{used_s:.1f} s{share}"


def _bytes_of(path: Path) -> int:
    """The size of a journal, with what is not folded into its file yet."""
    total = 0
    for each in (path, path.with_name(f"{path.name}-wal")):
        try:
            total += each.stat().st_size
        except OSError:
            continue
    return total


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1_000:.0f} kB"


def _tail(path: Path) -> list[str]:
    """The last lines of a log; none when there is no such file."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            cut = file.tell() > TAIL_BYTES
            file.seek(-TAIL_BYTES if cut else 0, os.SEEK_END if cut else os.SEEK_SET)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[1:] if cut else lines
