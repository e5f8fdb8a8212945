"""Settings files: both shapes load, and every fault is named with file, line and field."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from kit_tui.domain.errors import SettingsError
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations, find_locations
from kit_tui.settings.model import ALL_CHECKS, Settings

# The three snippets of the project's architecture page, as they stand there.
SEED = {
    "engine": {
        "provider": "anthropic",
        "model": "claude-sonnet-4-20250514",
        "context": {
            "portfolio": True,
            "marketData": True,
            "openPositions": True,
            "riskLimits": True,
        },
    },
    "riskManager": {
        "checks": ["maxPositionSize", "dailyLossLimit", "openPositionLimit", "leverageLimit"],
        "actions": {
            "onLimitReached": "reject",
            "onDailyLoss": "halt_trading",
            "onDrawdown": "reduce_exposure",
        },
    },
    "state": {
        "portfolio": {"storage": "local", "sync": "realtime"},
        "positions": {"storage": "memory + exchange", "sync": "polling (5s)"},
        "alerts": {"storage": "local", "persistence": True},
        "sessions": {"storage": "memory", "ttl": "24h"},
    },
}


def toml(home: Locations, text: str | bytes) -> Settings:
    home.config_file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(home, {})


def seed_json(home: Locations, content: object) -> Settings:
    home.config_json.write_text(
        content if isinstance(content, str) else json.dumps(content, indent=2)
    )
    return load_settings(home, {})


def refused(home: Locations, text: str | bytes) -> str:
    with pytest.raises(SettingsError) as caught:
        toml(home, text)
    return str(caught.value)


def refused_json(home: Locations, content: object) -> str:
    with pytest.raises(SettingsError) as caught:
        seed_json(home, content)
    return str(caught.value)


def complaint_about(home: Locations) -> str | None:
    """What is wrong with a home's settings; anything but a SettingsError fails the test."""
    try:
        load_settings(home, {})
    except SettingsError as error:
        return str(error)
    return None


def test_no_file_means_the_defaults_settled_in_the_design(home: Locations) -> None:
    settings = load_settings(home, {})
    risk = settings.risk_manager
    assert settings.paper.cash == 10_000
    assert (risk.max_position_size, risk.daily_loss_limit) == (Decimal("0.10"), Decimal("0.05"))
    assert (risk.open_position_limit, risk.leverage_limit) == (5, Decimal(3))
    assert (risk.drawdown_reduce, risk.drawdown_halt) == (Decimal("0.10"), Decimal("0.20"))
    assert risk.checks == ALL_CHECKS
    assert settings.state.poll_seconds == 5
    assert settings.state.session_ttl_s == 86_400
    assert (settings.tickets.market_seconds, settings.tickets.limit_seconds) == (60, 300)
    assert settings.notes == ()


def test_every_field_says_what_it_is_for() -> None:
    from kit_tui.settings.describe import setting_rows

    rows = list(setting_rows())
    assert len(rows) > 40
    assert [row.name for row in rows if not row.help.strip()] == []


def test_the_seeds_json_loads_unchanged_and_says_which_model_replaced_the_retired(
    home: Locations,
) -> None:
    settings = seed_json(home, SEED)
    assert settings.engine.model == "claude-sonnet-5-5"
    assert any("claude-sonnet-4-20250514" in note for note in settings.notes)
    assert settings.risk_manager.actions.on_drawdown == "reduce_exposure"
    assert settings.state.positions.sync == "polling (5s)"


def test_the_seeds_stated_action_on_drawdown_keeps_that_guard_on(home: Locations) -> None:
    assert "drawdown" in seed_json(home, SEED).risk_manager.checks


def test_each_snippet_of_the_seed_loads_alone(home: Locations) -> None:
    for key, part in SEED.items():
        assert isinstance(seed_json(home, {key: part}), Settings)


def test_a_check_left_out_is_off_and_a_note_says_so(home: Locations) -> None:
    settings = seed_json(home, {"riskManager": {"checks": ["maxPositionSize"]}})
    assert settings.risk_manager.checks == ("maxPositionSize",)
    assert "dailyLossLimit" in settings.notes[0]
    assert "drawdown" in settings.notes[0]


@pytest.mark.parametrize(
    ("sync", "seconds"),
    [("polling (10s)", 10), ("polling(2m)", 120), ("Polling ( 500ms )", 0.5), ("realtime", 5)],
)
def test_polling_sets_the_period(home: Locations, sync: str, seconds: float) -> None:
    settings = seed_json(home, {"state": {"positions": {"sync": sync}}})
    assert settings.state.poll_seconds == seconds


@pytest.mark.parametrize("written", ["0.05", '"5%"', '"0.05"', '" 5 % "'])
def test_a_fraction_is_exact_however_it_is_written(home: Locations, written: str) -> None:
    settings = toml(home, f"[risk_manager]\nmax_position_size = {written}\n")
    assert settings.risk_manager.max_position_size == Decimal("0.05")
    assert isinstance(settings.risk_manager.max_position_size, Decimal)


def test_snake_case_names_of_checks_are_read_in_toml(home: Locations) -> None:
    settings = toml(home, '[risk_manager]\nchecks = ["max_position_size", "drawdown"]\n')
    assert settings.risk_manager.checks == ("maxPositionSize", "drawdown")


def test_upstreams_spellings_of_limits_and_actions_are_read(home: Locations) -> None:
    settings = seed_json(
        home,
        {
            "risk": {
                "maxPositionSize": 0.2,
                "maxDailyLoss": 0.03,
                "maxOpenPositions": 7,
                "maxLeverage": 2,
                "actions": {"onDailyLossReached": "halt", "onDrawdownReached": "reduce"},
            }
        },
    )
    risk = settings.risk_manager
    assert (risk.max_position_size, risk.daily_loss_limit) == (Decimal("0.2"), Decimal("0.03"))
    assert (risk.open_position_limit, risk.leverage_limit) == (7, Decimal(2))
    assert risk.actions.on_daily_loss == "halt_trading"
    assert risk.actions.on_drawdown == "reduce_exposure"


def test_a_limit_never_only_warns(home: Locations) -> None:
    settings = seed_json(home, {"riskManager": {"actions": {"onDailyLossReached": "warn"}}})
    assert settings.risk_manager.actions.on_daily_loss == "reject"
    assert "riskManager.actions.onDailyLossReached" in settings.notes[0]


def test_two_files_are_an_error_that_names_both(home: Locations) -> None:
    home.config_file.write_text("")
    home.config_json.write_text("{}")
    with pytest.raises(SettingsError) as caught:
        load_settings(home, {})
    assert str(home.config_file) in str(caught.value)
    assert str(home.config_json) in str(caught.value)


def test_an_unknown_key_is_named_with_line_and_nearest_key(home: Locations) -> None:
    text = refused(home, "\n[risk_manager]\n# a comment\nmax_posision_size = 0.1\n")
    assert f"{home.config_file}, line 4: risk_manager.max_posision_size" in text
    assert "Did you mean max_position_size?" in text


def test_json_speaks_camel_case_in_its_errors(home: Locations) -> None:
    text = refused_json(home, '{\n "riskManager": {\n  "maxPosisionSize": 0.1\n }\n}')
    assert "line 3: riskManager.maxPosisionSize" in text
    assert "maxPositionSize?" in text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\n[paper]\ncash = -5\n", 1, "x is not a setting"),
        ("[paper]\n\ncash = -5\n", 3, "paper.cash must be above 0"),
        ("[paper]\ncash = nan\n", 2, "paper.cash must be a number"),
        ("[paper]\ncash = inf\n", 2, "paper.cash must be a number"),
        ("[paper]\ncash = true\n", 2, "paper.cash must be a number"),
        ("[risk_manager]\ndaily_loss_limit = 0\n", 2, "must be above 0"),
        ("[risk_manager]\ndaily_loss_limit = -0.05\n", 2, "must be above 0"),
        ("[risk_manager]\ndaily_loss_limit = 5\n", 2, "at most 1"),
        ('[risk_manager]\ndaily_loss_limit = "NaN"\n', 2, "a fraction such as"),
        ("[risk_manager]\nopen_position_limit = 2.5\n", 2, "whole number"),
        ('[risk_manager]\nopen_position_limit = "5"\n', 2, "whole number"),
        ('[risk_manager]\nchecks = [\n "maxPositionSize",\n "dailyLos"]\n', 4, "dailyLossLimit"),
        ('[risk_manager]\ndrawdown_halt = "1%"\n', 2, "risk_manager.drawdown_halt"),
        ("ui = 3\n", 1, "ui must be a table"),
        ("[ui]\nkeymap.halt = 3\n", 2, "ui.keymap.halt must be a text"),
        ("[ui]\nmouse = 1\n", 2, "ui.mouse must be true or false"),
        ('timezone = "../etc/passwd"\n', 1, "time zone"),
        ('watchlist = [\n"BTC/USDT",\n"btc"]\n', 3, "watchlist.1"),
        ("watchlist = []\n", 1, "must not be empty"),
        ('[exchanges.binance]\nbase_url = "ftp://x"\n', 2, "http:// or https://"),
        ('[exchanges.binance]\nbase_url = "http://a:b@c"\n', 2, "user name or password"),
        ("[exchanges.binance]\nbaseurl = 1\n", 2, "Did you mean base_url?"),
        ('[state.positions]\nsync = "polling (0s)"\n', 2, "state.positions.sync"),
        ('[state.positions]\nsync = "sometimes"\n', 2, "polling (5s)"),
        ('[state.sessions]\nttl = "a day"\n', 2, "duration"),
        ("state = { positions = {\n } }\n", 1, "not TOML"),
        ("a = 1\na = 2\n", 2, "not TOML"),
        ('[paper]\ncash = """\nlots\n"""\n', 2, "paper.cash"),
        ("[[paper]]\ncash = 1\n", 1, "paper must be a table"),
    ],
)
def test_each_fault_has_its_line_and_field(
    home: Locations, text: str, line: int, words: str
) -> None:
    message = refused(home, text)
    assert f"{home.config_file}, line {line}:" in message
    assert words in message


def test_bytes_that_are_not_utf8_are_named_with_their_line(home: Locations) -> None:
    assert "line 2: byte 0xff is not UTF-8" in refused(home, b"[ui]\ntheme = '\xff'\n")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(home: Locations) -> None:
    settings = toml(home, b"\xef\xbb\xbf[paper]\r\ncash = 5\r\n")
    assert settings.paper.cash == 5


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"a": NaN}', '{"paper": {"cash": NaN}}', '{"paper": 1, "paper": 2}', "[" * 90_000],
)
def test_broken_json_is_an_error_and_no_traceback(home: Locations, text: str) -> None:
    assert str(home.config_json) in refused_json(home, text)


def test_toml_nested_beyond_reason_is_refused(home: Locations) -> None:
    assert str(home.config_file) in refused(home, "x = " + "[" * 5_000)


def test_a_file_that_cannot_be_read_is_named(home: Locations) -> None:
    home.config_file.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(home, {})


def test_the_same_setting_under_two_names_is_refused(home: Locations) -> None:
    text = refused_json(home, {"riskManager": {"maxLeverage": 2, "leverageLimit": 3}})
    assert "says the same as riskManager.maxLeverage" in text


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ('[exchanges.kraken]\napi_key = "abc"\n', "KIT_KRAKEN_API_KEY"),
        ('[exchanges.kraken]\nsecret = "abc"\n', "KIT_KRAKEN_SECRET"),
        ('[engine]\napi_key = "abc"\n', "ANTHROPIC_API_KEY"),
        ('[channels.telegram]\nbot_token = "abc"\n', "KIT_TELEGRAM_BOT_TOKEN"),
        ('[channels.telegram]\ntoken = "abc"\n', "KIT_TELEGRAM_BOT_TOKEN"),
        ('[ui]\ntheme = "sk-ant-api03-abcdefghijkl"\n', "KIT_"),
    ],
)
def test_a_secret_is_refused_unseen_and_sent_to_the_environment(
    home: Locations, text: str, variable: str
) -> None:
    message = refused(home, text)
    assert "line 2" in message
    assert variable in message
    assert "abc" not in message


def test_a_secret_already_in_the_environment_only_asks_for_the_line_to_go(home: Locations) -> None:
    home.config_file.write_text('[channels.telegram]\ntoken = "x"\n')
    with pytest.raises(SettingsError, match="delete this line"):
        load_settings(home, {"KIT_TELEGRAM_BOT_TOKEN": "y"})


@limits(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_a_settings_error(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        home = find_locations({"KIT_HOME": folder})
        for name in ("config.toml", "config.json"):
            home.config.mkdir(exist_ok=True)
            path = Path(home.config / name)
            path.write_bytes(data)
            complaint = complaint_about(home)
            assert complaint is None or str(path) in complaint
            path.unlink()


_words = st.sampled_from(
    ["engine", "model", "risk_manager", "checks", "ui", "keymap", "paper", "cash", "exchanges", "x"]
)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_trees = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4)
)


@limits(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(_words, _trees, max_size=4))
def test_no_shape_whatever_raises_anything_but_a_settings_error(content: object) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        home = find_locations({"KIT_HOME": folder})
        home.ensure()
        home.config_json.write_text(json.dumps(content))
        complaint = complaint_about(home)
        assert complaint is None or "line " in complaint


def test_accounts_of_a_venue_have_names_of_their_own(home: Locations) -> None:
    home.config_file.write_text('[exchanges.binance.accounts.my_alt]\nmode = "live"\n')
    accounts = load_settings(home, {}).exchanges["binance"].accounts
    assert accounts["my_alt"].mode == "live"
