"""Which accounts the settings name, which comes first, and what they share at a venue."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit_tui.domain.errors import SettingsError
from kit_tui.domain.orders import Mode
from kit_tui.exchanges.base import Exchange
from kit_tui.exchanges.ccxt_public import CcxtMarketData
from kit_tui.runtime.clock import SystemClock
from kit_tui.runtime.plans import KeysMissingError, keys_of, primary_of, real_accounts
from kit_tui.runtime.venues import Venues
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from kit_tui.settings.model import Settings

KEYS = Credentials("key", "secret")
SEVERAL = """
[exchanges.kraken]
mode = "live"
[exchanges.binance]
mode = "sandbox"
rate_share = "50%"
[exchanges.binance.accounts.alt]
mode = "sandbox"
[exchanges.binance.accounts.futures]
mode = "live"
market = "perpetual"
leverage = 3
[exchanges.binance.accounts.practice]
mode = "paper"
"""


def settings_of(home: Path, text: str) -> Settings:
    locations = find_locations({"KIT_HOME": str(home)})
    locations.ensure()
    locations.config_file.write_text(text, encoding="utf-8")
    return load_settings(locations, {})


def test_accounts_of_the_default_venue_come_first_and_paper_ones_are_none(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, SEVERAL)
    accounts = real_accounts(settings)
    assert list(accounts) == ["binance", "binance-alt", "binance-futures", "kraken"]
    assert accounts["binance"].mode is Mode.SANDBOX
    assert accounts["binance-futures"].settings.leverage == 3
    assert primary_of(settings, accounts) == "binance"


def test_paper_comes_first_when_the_default_venue_has_no_real_account(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, '[exchanges.kraken]\nmode = "live"\n')
    assert primary_of(settings, real_accounts(settings)) == "paper"


def test_an_account_cannot_take_a_name_that_is_taken(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="called paper"):
        real_accounts(settings_of(tmp_path, '[exchanges.paper]\nmode = "live"\n'))


def test_keys_that_are_missing_say_what_to_run(tmp_path: Path) -> None:
    account = real_accounts(settings_of(tmp_path, SEVERAL))["binance-alt"]
    with pytest.raises(KeysMissingError) as missing:
        keys_of(account, {}, None)
    assert missing.value.hint == (
        "Run kit connect binance-alt, or set KIT_BINANCE_ALT_API_KEY and KIT_BINANCE_ALT_SECRET."
    )


async def test_f17_accounts_at_one_address_share_a_feed_and_our_part_of_its_limits(
    tmp_path: Path,
) -> None:
    settings, clock = settings_of(tmp_path, SEVERAL), SystemClock()
    accounts, venues = real_accounts(settings), Venues(settings_of(tmp_path, SEVERAL), clock)
    exchanges = {name: venues.exchange(account, KEYS) for name, account in accounts.items()}
    feeds = {name: venues.feed_of(a, exchanges[name]) for name, a in accounts.items()}
    assert feeds["binance"] is feeds["binance-alt"]
    assert len(set(feeds.values())) == 3, "perpetuals, and another venue, are data of their own"
    testnet = venues.budget("binance", None, sandbox=True)
    assert testnet is venues.budget("binance", None, sandbox=True)
    assert testnet is not venues.budget("binance", None)
    assert testnet.share == 0.5
    assert venues.budget("kraken", None).share == 1
    source = feeds["binance"].source
    assert isinstance(source, CcxtMarketData)
    assert not isinstance(source, Exchange), "prices outlive an account's keys"
