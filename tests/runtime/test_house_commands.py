"""The program about itself: nothing secret is shown, nothing is written where it should not be."""

from __future__ import annotations

import csv
import io
import json
import logging
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from kit_tui import __version__
from kit_tui.domain.cards import TableCard
from kit_tui.runtime.logs import log_to_file
from kit_tui.settings.channels import ChannelSettings, SignalSettings, TelegramSettings
from kit_tui.settings.model import Settings, UiSettings
from kit_tui.settings.redaction import MARK
from tests.gateway.house import ANN, AWAY, GUEST, PHONE, House, opened

SECRET = "hunter2-hunter2-hunter2"


async def table(house: House, text: str) -> dict[str, tuple[str, ...]]:
    """The rows of an answer's tables by their first cell."""
    cards = (await house.say(text)).reply.cards
    return {row[0]: row[1:] for card in cards if isinstance(card, TableCard) for row in card.rows}


async def traded(house: House) -> None:
    await house.say("buy BTC for $100", approve=True)
    await house.say("close my BTC position", approve=True)


async def test_health_tells_memory_processor_journal_and_uptime(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await house.poll(3_600)
        told = await table(house, "/health")
        assert told["up"] == ("1 h",)
        assert told["memory"][0].split()[1] in ("MB", "kB")
        assert float(told["memory"][0].split()[-2]) > 1
        assert told["journal"][0].endswith(" events")
        assert told["journal writes"] == ("yes",)
        assert (await house.say("/version")).reply.text.startswith(f"K.I.T. {__version__} on")


async def test_the_settings_in_force_are_told_without_what_is_nobodys_business(
    tmp_path: Path,
) -> None:
    settings = Settings(
        ui=UiSettings(theme="daylight"),
        channels=ChannelSettings(
            telegram=TelegramSettings(chat_id=987654321, groups=(987654321,)),
            signal=SignalSettings(account="+49987654321"),
        ),
    )
    async with opened(tmp_path, settings=settings) as house:
        everything = str((await house.say("/show_config", PHONE)).reply)
        assert "987654321" not in everything
        told = await table(house, "/show_config channels.telegram")
        assert told["chat_id"] == ("set, not shown", "set")
        assert (await table(house, "/show_config ui"))["theme"] == ("daylight", "set")
        assert not (await house.say("/show_config nothing")).reply.ok
        assert not (await house.say("/show_config", GUEST)).reply.ok


async def test_settings_that_were_changed_since_are_named(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        assert (await house.say("/show_config ui")).reply.text == "The settings in force."
        house.locations.config_file.write_text('[ui]\ntheme = "daylight"\n')
        assert "restart to use it" in (await house.say("/show_config ui")).reply.text
        house.locations.config_file.write_text("[ui\n")
        assert "could not be read" in (await house.say("/show_config ui")).reply.text


async def test_the_log_is_for_the_owner_here_and_holds_no_secret(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        assert (await house.say("/logs")).reply.text == "The log is empty."
        root, before = logging.getLogger(), list(logging.getLogger().handlers)
        try:
            log_to_file(house.locations.log_file, {"KIT_BINANCE_SECRET": SECRET})
            for number in range(30):
                logging.getLogger("kit_tui").warning("line %d with %s", number, SECRET)
        finally:
            for handler in root.handlers:
                handler.close()
            root.handlers = before
        with house.locations.log_file.open("a") as log:
            log.write(f"written by another hand: {SECRET}\n")
        told = await table(house, "/logs 3")
        assert [line.rpartition(": ")[2] for line in told] == [
            f"line 28 with {MARK}", f"line 29 with {MARK}", MARK,
        ]  # fmt: skip
        for who in (PHONE, AWAY, GUEST):
            assert not (await house.say("/logs", who)).reply.ok


async def test_an_export_is_exact_private_and_told_by_its_path(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        assert not (await house.say("/export")).reply.ok
        await traded(house)
        for form in ("csv", "json"):
            told = (await house.say(f"/export {form}")).reply
            assert told.ok
            path = Path(told.text.removeprefix("1 closed trade written to ").rstrip("."))
            assert path.parent == house.locations.exports
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            text = path.read_text()
            (row,) = json.loads(text) if form == "json" else csv.DictReader(io.StringIO(text))
            assert Decimal(row["profit"]) == sum(house.journal.ledger.realised.values())
            assert (row["pair"], row["ended_by"], row["currency"]) == (
                "BTC/USDT", "by hand", "USDT",
            )  # fmt: skip


async def test_a_phone_is_told_the_files_name_and_not_where_it_lies(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await traded(house)
        told = (await house.say("/export csv 1d", PHONE)).reply
        assert told.ok
        assert str(tmp_path) not in told.text
        assert "trades-paper-" in told.text
        house.clock.advance(3 * 86_400)
        assert "No closed trades" in (await house.say("/export csv 1d", PHONE)).reply.text


async def test_an_export_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        await traded(house)
        house.locations.exports.write_text("in the way")
        told = (await house.say("/export", ANN)).reply
        assert not told.ok
        assert "not written" in told.text


@pytest.mark.parametrize("text", ["/logs 0", "/export xml", "/export csv soon"])
async def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    async with opened(tmp_path) as house:
        assert not (await house.say(text)).reply.ok
