"""Several real accounts in one engine: unmodified ccxt against scripted venues, up and down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kit_tui.domain.errors import KitError
from kit_tui.domain.orders import Mode
from kit_tui.domain.pair import Pair
from kit_tui.gateway.local import LocalDesk
from kit_tui.runtime.plans import KeysMissingError
from kit_tui.settings.credentials import Credentials
from kit_tui.state.slices import (
    CONNECTIONS,
    CONVERSATION,
    PORTFOLIO,
    TICKERS,
    TRUST,
    Connection,
)
from tests.end_to_end.live import closed_port, running, session_of, until
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.homes import kit_json

BTC = Pair("BTC/USDT")
KEYS = {
    "KIT_BINANCE_API_KEY": "test-key", "KIT_BINANCE_SECRET": "test-secret",
    "KIT_BINANCE_ALT_API_KEY": "alt-key", "KIT_BINANCE_ALT_SECRET": "alt-secret",
}  # fmt: skip
ACCOUNTS = """
watchlist = ["BTC/USDT", "ETH/USDT"]
[state.positions]
sync = "polling (1s)"
[exchanges.binance]
base_url = "{url}"
mode = "live"
[exchanges.binance.accounts.alt]
mode = "sandbox"
"""


@pytest.fixture
async def server() -> AsyncIterator[BinanceTradingServer]:
    async with BinanceTradingServer() as running_server:
        running_server.add_key(ApiKey("alt-key", "alt-secret", account="alt"))
        running_server.deposit("USDT", "2500", account="alt")
        yield running_server


def home_at(home: Path, url: str, settings: str = ACCOUNTS) -> Path:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(settings.format(url=url), encoding="utf-8")
    return home


def line(desk: LocalDesk, kind: str, name: str) -> Connection:
    found = [c for c in desk.store.get(CONNECTIONS) or () if (c.kind, c.name) == (kind, name)]
    assert found, f"no {kind} {name}"
    return found[0]


def has_line(desk: LocalDesk, kind: str, name: str, state: str) -> bool:
    lines = desk.store.get(CONNECTIONS) or ()
    return any((c.kind, c.name, c.state) == (kind, name, state) for c in lines)


def equity(desk: LocalDesk) -> Decimal | None:
    portfolio = desk.store.get(PORTFOLIO)
    return portfolio.equity if portfolio is not None and portfolio.complete else None


def told(desk: Any) -> str:
    return "\n".join(message.text for message in desk.store.get(CONVERSATION) or ())


async def test_every_account_opens_and_the_real_one_comes_first(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    async with running(home, environ=KEYS) as (engine, desk):
        session = session_of(desk)
        assert (session.account, session.mode, session.venue) == ("binance", Mode.LIVE, "binance")
        await until(lambda: set(engine.gateway.accounts) == {"binance", "binance-alt", "paper"})
        await until(lambda: equity(desk) == Decimal(10000) + Decimal("67012.40"))
        await until(lambda: has_line(desk, "account", "binance-alt", "up"))
        await until(lambda: has_line(desk, "account", "binance", "up"))
        assert line(desk, "account", "binance").latency_ms
        feeds = {account.market.venue for account in engine.gateway.accounts.values()}
        assert len(feeds) == 1, "one poll for all accounts at one address"
        moved = await desk.run("account", {"name": "binance-alt"})
        assert "binance-alt account: sandbox on binance" in moved.text
        assert session_of(desk).account == "binance-alt"
        await until(lambda: equity(desk) == Decimal(2500))
        assert BTC in (desk.store.get(TICKERS) or {})
        listed = await desk.run("accounts", {})
        assert "Live accounts: 77,012.40 USDT." in listed.text
        assert "Sandbox accounts: 2,500.00 USDT." in listed.text


async def test_one_request_for_the_quotes_of_all_accounts(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    async with running(home, environ=KEYS) as (engine, desk):
        await until(lambda: len(engine.gateway.accounts) == 3)
        await until(lambda: has_line(desk, "account", "binance-alt", "up"))
        before = len(server.asked("/ticker/24hr"))
        feed = engine.gateway.accounts["binance"].market
        await feed.poll_once()
        asked = server.asked("/ticker/24hr")[before:]
        together = [params for params in asked if "symbols" in params]
        assert len(together) == 1


async def test_an_account_without_keys_is_left_out_with_a_plain_sentence(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    async with running(home) as (engine, desk):
        assert session_of(desk).account == "paper"
        await until(lambda: "binance-alt account has no keys" in told(desk))
        assert "The binance account has no keys and is left out. Run kit connect binance" in told(
            desk
        )
        assert set(engine.gateway.accounts) == {"paper"}
        with pytest.raises(KeysMissingError):
            await engine.account("binance")
        with pytest.raises(KitError, match="There is no account 'kraken'"):
            await engine.account("kraken")


async def test_an_account_asked_for_by_name_must_open(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    with pytest.raises(KeysMissingError, match="binance-alt"):
        async with running(home, account="binance-alt"):
            pass
    async with running(home, environ=KEYS, account="binance-alt") as (_, desk):
        assert session_of(desk).account == "binance-alt"


async def test_two_accounts_never_share_a_key(server: BinanceTradingServer, tmp_path: Path) -> None:
    home = home_at(tmp_path, server.url)
    twins = {**KEYS, "KIT_BINANCE_ALT_API_KEY": "test-key",
             "KIT_BINANCE_ALT_SECRET": "test-secret"}  # fmt: skip
    async with running(home, environ=twins) as (engine, desk):
        await until(lambda: "binance-alt account has the same key as binance" in told(desk))
        assert "binance-alt" not in engine.gateway.accounts


async def test_f20_and_f29_a_venue_that_is_down_at_the_start_opens_not_reconciled_and_recovers(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    await server.go_down()
    home = home_at(tmp_path, server.url)
    async with running(home, environ=KEYS) as (engine, desk):
        session = session_of(desk)
        assert (session.account, session.mode) == ("binance", Mode.LIVE)
        assert line(desk, "account", "binance").state == "down"
        assert desk.store.get(PORTFOLIO) is None, "nothing known is not nothing held"
        outcome = await desk.send("buy BTC for $100")
        assert outcome.ticket is None
        assert not outcome.reply.ok
        listed = await desk.run("accounts", {})
        assert "Live accounts: not known: binance (" in listed.text
        await server.come_back()
        await until(lambda: equity(desk) == Decimal("77012.40"), 20)
        assert line(desk, "account", "binance").state == "up"
        await until(lambda: "paper" in engine.gateway.accounts)
        assert session_of(desk).account == "binance"


async def test_f20_one_of_two_venues_down_leaves_the_other_alone_and_makes_totals_partial(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    settings = ACCOUNTS + (
        f'[exchanges.kraken]\nbase_url = "http://127.0.0.1:{closed_port()}"\nmode = "live"\n'
    )
    keys = {**KEYS, "KIT_KRAKEN_API_KEY": "k", "KIT_KRAKEN_SECRET": "c2VjcmV0"}
    async with running(home_at(tmp_path, server.url, settings), environ=keys) as (engine, desk):
        await until(lambda: has_line(desk, "account", "kraken", "down"), 20)
        await until(lambda: equity(desk) == Decimal("77012.40"))
        assert line(desk, "venue", "binance").state == "up"
        listed = await desk.run("accounts", {})
        assert "Live accounts: 77,012.40 USDT, partial: kraken (" in listed.text
        desk_there = LocalDesk(engine.gateway, desk._principal, account="kraken")
        assert desk_there.store.get(PORTFOLIO) is None
        assert (await desk.run("account", {"name": "kraken"})).ok
        assert desk.store.get(PORTFOLIO) is None, "the other account's worth is gone from view"
        await desk_there.close()


async def test_refused_keys_are_told_on_the_connection_while_others_go_on(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    async with running(home, environ=KEYS) as (_, desk):
        await until(lambda: has_line(desk, "account", "binance-alt", "up"))
        server.revoke("alt-key")
        await until(lambda: has_line(desk, "account", "binance-alt", "degraded"))
        assert line(desk, "account", "binance-alt").detail
        assert line(desk, "account", "binance").state == "up"
        trust = desk.store.get(TRUST)
        assert trust is not None
        assert not trust.keys_refused


async def test_f16_a_ban_is_waited_for_by_every_account(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    async with running(home, environ=KEYS) as (engine, desk):
        await until(lambda: has_line(desk, "account", "binance-alt", "up"))
        await until(lambda: "paper" in engine.gateway.accounts)
        server.ban(3)
        await until(lambda: has_line(desk, "venue", "binance", "degraded"))
        assert line(desk, "venue", "binance").until is not None
        first = server.asked_while_banned
        assert first <= 2, "what was on its way already, and no more"
        await until(lambda: has_line(desk, "venue", "binance", "up"), 20)
        await until(lambda: has_line(desk, "account", "binance-alt", "up"))
        assert server.asked_while_banned == first, "not one more until it was over"


async def test_halt_resume_and_kill_reach_every_account(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    async with running(home, environ=KEYS) as (engine, desk):
        await until(lambda: len(engine.gateway.accounts) == 3)
        assert (await desk.halt("enough")).ok
        accounts = engine.gateway.accounts.values()
        assert {a.trading.status.state.value for a in accounts} == {"halted"}
        resumed = await desk.run("resume", {"word": "RESUME"})
        assert resumed.ok, resumed.text
        assert {a.trading.status.state.value for a in accounts} == {"active"}
        killed = await desk.run("kill", {"word": "KILL"})
        assert "binance-alt:" in killed.text
        assert "paper:" in killed.text


async def doctor(home: Path, environ: dict[str, str]) -> dict[str, tuple[str, str]]:
    """State and detail of each finding of `kit doctor`."""
    found = await asyncio.to_thread(kit_json, home, "doctor", **environ)
    return {each["name"]: (each["state"], each["detail"]) for each in found["checks"]}


async def test_the_doctor_examines_every_account(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url)
    found = await doctor(home, {})
    assert found["binance"][0] == "warning"
    assert "live, no keys. Run kit connect binance" in found["binance"][1]
    found = await doctor(home, KEYS)
    state, detail = found["binance"]
    fingerprint = Credentials("test-key", "test-secret").fingerprint
    assert state == "note"
    assert detail.startswith(f"live spot on binance at {server.url}, reachable, key {fingerprint}")
    assert "may trade, may not withdraw" in detail
    assert detail.endswith("not armed (kit live binance)")
    assert found["binance-alt"][0] == "ok", found["binance-alt"]
    for secret in KEYS.values():
        assert secret not in str(found)
    server.clock_skew_ms = 14_000
    server.door.keys["alt-key"].withdraws = True
    found = await doctor(home, KEYS)
    assert found["binance"][0] == "problem"
    assert "too far off to trade" in found["binance"][1]
    server.clock_skew_ms = 0
    server.revoke("test-key")
    found = await doctor(home, KEYS)
    assert found["binance"][0] == "problem"
    assert found["binance-alt"][0] == "warning"
    assert "may withdraw" in found["binance-alt"][1]
    await server.go_down()
    found = await doctor(home, KEYS)
    assert found["binance"][0] == "warning"
    assert "reachable" in found["binance"][1]


async def test_new_keys_are_used_at_once_and_terminals_stay_on_the_account(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    server.add_key(ApiKey("new-key", "new-secret", account="alt"))
    environ = dict(KEYS)
    home = home_at(tmp_path, server.url)
    async with running(home, environ=environ, account="binance-alt") as (engine, desk):
        await until(lambda: equity(desk) == Decimal(2500))
        before = engine.gateway.accounts["binance-alt"]
        environ |= {"KIT_BINANCE_ALT_API_KEY": "new-key", "KIT_BINANCE_ALT_SECRET": "new-secret"}
        server.revoke("alt-key")
        assert engine.gateway.keys is not None
        await engine.gateway.keys.tell_changed("binance-alt")
        assert engine.gateway.accounts["binance-alt"] is not before
        assert desk.account is not before
        fingerprint = Credentials("new-key", "new-secret").fingerprint
        assert f"The binance-alt account is open with the key {fingerprint}." in told(desk)
        await until(lambda: has_line(desk, "account", "binance-alt", "up"))
        await until(lambda: equity(desk) == Decimal(2500))
        latest = server.requests[-10:]
        assert {asked.key for asked in latest} - {""} <= {"new-key", "test-key"}


async def test_an_account_connected_while_the_engine_runs_opens_without_a_restart(
    server: BinanceTradingServer, tmp_path: Path
) -> None:
    home = home_at(tmp_path, server.url, ACCOUNTS.partition('mode = "live"')[0])
    environ: dict[str, str] = {}
    async with running(home, environ=environ) as (engine, desk):
        assert session_of(desk).account == "paper"
        home_at(tmp_path, server.url)
        environ |= KEYS
        assert engine.gateway.keys is not None
        await engine.gateway.keys.tell_changed("binance")
        await until(lambda: has_line(desk, "account", "binance", "up"))
        moved = await desk.run("account", {"name": "binance"})
        assert "real money" in moved.text
        await until(lambda: equity(desk) == Decimal("77012.40"))
