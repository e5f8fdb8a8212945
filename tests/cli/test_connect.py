"""`kit connect`: real processes against a scripted Binance; keys go in and never come out again."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kit_tui.settings.credentials import Credentials
from kit_tui.settings.locations import find_locations
from kit_tui.settings.vault import open_vault
from tests.servers.binance_signed import ApiKey
from tests.servers.binance_trading import BinanceTradingServer
from tests.support.homes import kit_environment

KEY, SECRET = "k3yTh4tNobodyMaySee00112233445566", "s3cr3tTh4tNobodyMaySee998877665544"
OTHER, OTHER_SECRET = "n3wK3yTh4tNobodyMaySee7766554433", "n3wS3cr3tNobodyMaySee1122334455"
PASSPHRASE = "open sesame 4711"
SECRETS = (KEY, SECRET, OTHER, OTHER_SECRET, PASSPHRASE)


@pytest.fixture
async def server() -> Any:
    async with BinanceTradingServer() as running:
        running.set_price("BTCUSDT", "50000", bid="49999", ask="50001")
        running.add_key(ApiKey(KEY, SECRET))
        running.add_key(ApiKey(OTHER, OTHER_SECRET))
        yield running


@pytest.fixture
def home(tmp_path: Path, server: BinanceTradingServer) -> Path:
    config = tmp_path / "config" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f'# my settings\nreference = "USDT"  # what I count in\n\n[exchanges.binance]\n'
        f'base_url = "{server.url}"  # a test server\n'
    )
    return tmp_path


async def kit(
    home: Path, *words: str, stdin: str = "", passphrase: str = PASSPHRASE
) -> subprocess.CompletedProcess[str]:
    """One `kit` process; the scripted venue answers meanwhile."""
    environment = kit_environment(home, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    if passphrase:
        environment["KIT_VAULT_PASSPHRASE"] = passphrase

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kit_tui", *words],
            env=environment, input=stdin, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip

    done = await asyncio.to_thread(run)
    assert_clean(done.stdout + done.stderr, home)
    return done


def assert_clean(output: str, home: Path) -> None:
    """No secret in what was printed, nor in any file of the home."""
    for secret in SECRETS:
        assert secret not in output
        for path in home.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path


def stored(home: Path, account: str = "binance") -> Credentials | None:
    places = find_locations({"KIT_HOME": str(home)})
    return open_vault(places, {"KIT_VAULT_PASSPHRASE": PASSPHRASE}, find_backend=lambda: None).read(
        account
    )


KEYS = f"{KEY}\n{SECRET}\n"


async def test_keys_are_tested_shown_stored_and_the_settings_told(home: Path) -> None:
    done = await kit(home, "connect", "binance", "--stdin", stdin=KEYS)
    assert done.returncode == 0, done.stderr
    assert "may trade           yes" in done.stdout
    assert "may withdraw        no" in done.stdout
    assert "kit live binance" in done.stdout
    assert stored(home) == Credentials(KEY, SECRET)
    text = (home / "config" / "config.toml").read_text()
    assert 'mode = "live"' in text
    for comment in ("# my settings", "# what I count in", "# a test server"):
        assert comment in text


async def test_a_script_gets_json(home: Path) -> None:
    done = await kit(home, "connect", "binance", "--stdin", "--json", stdin=KEYS)
    report = json.loads(done.stdout)
    assert report["stored"] is True
    assert report["fingerprint"] == Credentials(KEY, SECRET).fingerprint
    assert report["permissions"]["withdraw"] is False
    assert report["balances"] == 2
    assert abs(report["clock_offset_s"]) < 5
    listed = json.loads((await kit(home, "connect", "--list", "--json")).stdout)
    assert [(row["account"], row["mode"], row["armed"]) for row in listed] == [
        ("binance", "live", False)
    ]
    assert listed[0]["permissions"]["trade"] is True


async def test_a_key_that_may_withdraw_needs_its_word(
    home: Path, server: BinanceTradingServer
) -> None:
    server.add_key(ApiKey(KEY, SECRET, withdraws=True))
    refused = await kit(home, "connect", "binance", "--stdin", stdin=KEYS)
    assert refused.returncode == 1
    assert "may withdraw" in refused.stderr
    assert stored(home) is None
    assert 'mode = "live"' not in (home / "config" / "config.toml").read_text()
    wrong = await kit(home, "connect", "binance", "--stdin", "--confirm", "yes", stdin=KEYS)
    assert wrong.returncode == 1
    words = ("connect", "binance", "--stdin", "--confirm", "WITHDRAW-RISK")
    assert (await kit(home, *words, stdin=KEYS)).returncode == 0
    assert stored(home) == Credentials(KEY, SECRET)


async def test_keys_the_venue_refuses_are_not_stored(home: Path) -> None:
    done = await kit(home, "connect", "binance", "--stdin", stdin=f"{KEY}\nwrong-secret-12345\n")
    assert done.returncode == 1
    assert "kit:" in done.stderr
    assert stored(home) is None


@pytest.mark.parametrize(
    "words",
    [("binance", KEY, SECRET), ("binance", f"--api-key={KEY}"), (KEY,), ("binance", "--key", KEY)],
    ids=["positional", "option", "as the name", "option and value"],
)
async def test_keys_in_arguments_are_refused_and_not_repeated(
    home: Path, words: tuple[str, ...]
) -> None:
    done = await kit(home, "connect", *words)
    assert done.returncode == 2
    assert "arguments" in done.stderr


async def test_without_a_terminal_keys_need_stdin_to_be_said(home: Path) -> None:
    done = await kit(home, "connect", "binance", stdin=KEYS)
    assert done.returncode == 1
    assert "--stdin" in done.stderr
    assert stored(home) is None


async def test_without_a_passphrase_a_pipe_stores_nothing(home: Path) -> None:
    done = await kit(home, "connect", "binance", "--stdin", stdin=KEYS, passphrase="")
    assert done.returncode == 1
    assert "KIT_VAULT_PASSPHRASE" in done.stderr
    assert not (home / "data" / "vault.kit").exists()


async def test_new_keys_are_tested_before_the_old_ones_go(
    home: Path, server: BinanceTradingServer
) -> None:
    assert (await kit(home, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    twice = await kit(home, "connect", "binance", "--stdin", stdin=f"{OTHER}\n{OTHER_SECRET}\n")
    assert twice.returncode == 1
    assert "--rotate" in twice.stderr
    bad = await kit(home, "connect", "binance", "--rotate", "--stdin", stdin=f"{OTHER}\nno-no-no\n")
    assert bad.returncode == 1
    assert stored(home) == Credentials(KEY, SECRET)
    good = await kit(
        home, "connect", "binance", "--rotate", "--stdin", stdin=f"{OTHER}\n{OTHER_SECRET}\n"
    )
    assert good.returncode == 0, good.stderr
    assert Credentials(KEY, SECRET).fingerprint in good.stdout
    assert stored(home) == Credentials(OTHER, OTHER_SECRET)


async def test_removing_asks_for_the_name_and_sets_the_account_back_to_paper(home: Path) -> None:
    done = await kit(home, "connect", "binance", "--account", "alt", "--stdin", stdin=KEYS)
    assert done.returncode == 0, done.stderr
    assert stored(home, "binance-alt") is not None
    unasked = await kit(home, "connect", "binance", "--account", "alt", "--remove")
    assert unasked.returncode == 1
    words = ("connect", "binance", "--account", "alt", "--remove", "--confirm", "binance-alt")
    assert (await kit(home, *words)).returncode == 0
    assert stored(home, "binance-alt") is None
    assert 'mode = "paper"' in (home / "config" / "config.toml").read_text()
    assert json.loads((await kit(home, "connect", "--list", "--json")).stdout) == []


@pytest.mark.parametrize(
    "words",
    [("binance-alt",), ("binance", "--account", "alt"), ("binance", "--account=binance-alt")],
    ids=" ".join,
)
async def test_another_account_is_named_in_any_of_three_ways(
    home: Path, words: tuple[str, ...]
) -> None:
    done = await kit(home, "connect", *words, "--stdin", stdin=KEYS)
    assert done.returncode == 0, done.stderr
    assert stored(home, "binance-alt") == Credentials(KEY, SECRET)
    assert stored(home) is None


async def test_keys_of_the_environment_are_listed_as_such(home: Path) -> None:
    environment = kit_environment(home, KIT_BINANCE_API_KEY=KEY, KIT_BINANCE_SECRET=SECRET)
    done = await asyncio.to_thread(
        lambda: subprocess.run(
            [sys.executable, "-m", "kit_tui", "connect", "--list", "--json"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    )
    assert [row["where"] for row in json.loads(done.stdout)] == ["environment"]
    assert_clean(done.stdout + done.stderr, home)


async def test_a_settings_file_of_the_seed_is_written_too(
    tmp_path: Path, server: BinanceTradingServer
) -> None:
    config = tmp_path / "config" / "config.json"
    config.parent.mkdir()
    config.write_text(
        json.dumps({"reference": "USDT", "exchanges": {"binance": {"baseUrl": server.url}}})
    )
    assert (await kit(tmp_path, "connect", "binance", "--stdin", stdin=KEYS)).returncode == 0
    assert json.loads(config.read_text())["exchanges"]["binance"]["mode"] == "live"


# At a terminal


@contextmanager
def terminal(home: Path, *words: str) -> Iterator[Any]:
    """`kit WORDS` on a pseudo terminal."""
    from benchmarks.terminal import Terminal

    environment = {
        "KIT_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "KIT_VAULT_PASSPHRASE": "",
    }  # fmt: skip
    with Terminal(
        [sys.executable, "-m", "kit_tui", *words], columns=110, rows=40, environment=environment
    ) as opened:
        yield opened


async def test_a_person_types_everything_unseen(home: Path) -> None:
    def session() -> str:
        with terminal(home, "connect", "binance") as screen:
            for question, answer in (
                ("API key of binance:", KEY), ("Secret:", SECRET),
                ("New passphrase", PASSPHRASE), ("The same again", PASSPHRASE),
            ):  # fmt: skip
                screen.wait_on_screen(question, timeout=40)
                screen.send(f"{answer}\r")
            screen.wait_on_screen("Stored in", timeout=40)
            return str(screen.text())

    shown = await asyncio.to_thread(session)
    assert "may trade" in shown
    assert_clean(shown, home)
    assert stored(home) == Credentials(KEY, SECRET)


def test_a_process_never_carries_keys_in_its_arguments() -> None:
    """The commands take no option whose value could be a key."""
    from kit_tui.cli.connect import _parser

    options = {option for action in _parser()._actions for option in action.option_strings}
    valued = {
        action.dest
        for action in _parser()._actions
        if action.option_strings and action.nargs is None and action.metavar
    }
    assert valued == {"confirm", "url"}  # an address, of signal only: nothing else is taken
    assert not {o for o in options if "key" in o or "secret" in o}
    assert os.environ.get("KIT_BINANCE_SECRET") is None
