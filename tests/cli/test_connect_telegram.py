"""`kit connect telegram`, `kit pair`, `kit people`: real processes on a loopback Bot API."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.terminal import Terminal
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.locations import find_locations
from kit_tui.settings.vault import open_vault
from tests.servers.telegram_api import EVE, OWNER, TOKEN, TelegramApi
from tests.support import channel_homes
from tests.support.channel_homes import PASSPHRASE, channel_home, started
from tests.support.model_homes import NO_KEYRING, engine_on

WRONG = TOKEN[:-1] + "X"
FINGERPRINT = Credentials(TOKEN, "").fingerprint


@pytest.fixture
async def api() -> AsyncIterator[TelegramApi]:
    async with TelegramApi() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, api: TelegramApi) -> Path:
    return channel_home(tmp_path, telegram={"base_url": api.root})


async def kit(home: Path, *words: str, stdin: str = "", **environ: str) -> tuple[int, str, str]:
    code, out, err = await channel_homes.kit(home, *words, stdin=stdin, **environ)
    assert_clean(out + err, home)
    return code, out, err


def assert_clean(output: str, home: Path) -> None:
    """No token in what was printed nor in a file of the home, and no traceback."""
    assert "Traceback" not in output
    for secret in (TOKEN, WRONG, PASSPHRASE):
        assert secret not in output
        for path in home.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path


async def connected(home: Path, *words: str, token: str = TOKEN) -> tuple[int, str, str]:
    return await kit(home, "connect", "telegram", "--stdin", *words, stdin=f"{token}\n")


def stored(home: Path) -> str:
    places = find_locations({"KIT_HOME": str(home)})
    vault = open_vault(places, {"KIT_VAULT_PASSPHRASE": PASSPHRASE}, find_backend=lambda: None)
    kept = vault.read("telegram")
    return kept.api_key if kept is not None else ""


async def people(home: Path) -> Any:
    code, out, _ = await kit(home, "people", "--json")
    assert code == 0
    return json.loads(out)


# The token


async def test_a_token_is_tried_and_kept_with_whose_it_is(home: Path, api: TelegramApi) -> None:
    code, out, err = await connected(home)
    assert code == 0, err
    assert out.splitlines() == [
        f"telegram: the token {FINGERPRINT} of @kit_test_bot works.",
        f"Stored in {home / 'data' / 'vault.kit'}.",
        "kit pair telegram lets somebody in.",
    ]
    assert stored(home) == TOKEN
    assert "getUpdates" not in api.calls
    code, out, _ = await kit(home, "connect", "--list", "--json")
    (row,) = json.loads(out)
    assert (row["account"], row["fingerprint"], row["mode"]) == ("telegram", FINGERPRINT, "")
    assert "talk to people" in (await kit(home, "connect", "--list"))[1]


@pytest.mark.parametrize(
    ("token", "code", "said"),
    [
        (WRONG, 1, "Telegram refuses this token. Nothing was stored."),
        ("a-token-without-a-colon", 2, "does not look like a token of telegram"),
        ("", 2, "telegram takes one token"),
    ],
    ids=["refused", "malformed", "empty"],
)
async def test_a_token_that_does_not_work_is_not_kept(
    home: Path, token: str, code: int, said: str
) -> None:
    found, _, err = await connected(home, token=token)
    assert (found, said in err) == (code, True), err
    assert "@BotFather" in err or not token
    assert not (home / "data" / "vault.kit").exists()


async def test_an_address_where_nobody_answers_is_named(tmp_path: Path) -> None:
    home = channel_home(tmp_path, telegram={"base_url": "http://127.0.0.1:9"})
    code, _, err = await connected(home)
    assert code == 1
    assert "127.0.0.1:9 is not reachable" in err
    assert "channels.telegram.base_url" in err
    assert stored(home) == ""


async def test_a_token_is_rotated_and_removed(home: Path) -> None:
    assert (await connected(home, "--rotate"))[0] == 1  # none to rotate
    assert (await connected(home))[0] == 0
    code, _, err = await connected(home)
    assert (code, "telegram has a token already" in err) == (1, True)
    assert (await connected(home, "--rotate", token=WRONG))[0] == 1
    assert stored(home) == TOKEN
    code, out, _ = await connected(home, "--rotate")
    assert f"The token before ({FINGERPRINT}) is dropped here" in out
    code, out, _ = await kit(home, "connect", "telegram", "--remove", "--confirm", "telegram")
    assert (code, stored(home)) == (0, "")
    assert "revoke it there" in out


async def test_what_only_exchanges_have_is_refused(home: Path) -> None:
    code, _, err = await connected(home, "--sandbox")
    assert (code, "--sandbox is for exchanges: telegram has one token" in err) == (2, True)
    code, _, err = await connected(home, "--url", TOKEN)
    assert (code, "--url is for signal." in err) == (2, True)
    code, _, err = await kit(home, "connect", "binance", "--role", "viewer")
    assert (code, "--role is for channels." in err) == (2, True)


# Pairing


async def test_beside_an_engine_a_code_lets_one_person_in(home: Path, api: TelegramApi) -> None:
    async with engine_on(home, "--demo"):
        assert (await connected(home))[0] == 0
        await api.until(lambda: "getUpdates" in api.calls)
        async with started(home, "pair", "telegram", "--role", "viewer", "--json") as pairing:
            shown = (await pairing.line())["pairing"]
            plain = shown["code"].replace("-", "")
            assert shown["link"] == f"https://t.me/kit_test_bot?start={plain}"
            await api.starts("AAAABBBB", by=EVE)
            await api.starts(plain)
            person = (await pairing.line())["paired"]
            assert (await pairing.end())[0] == 0
        assert (person["key"], person["role"], person["name"]) == (
            f"telegram:{OWNER}", "viewer", "Ann",
        )  # fmt: skip
        await api.until(lambda: any("Paired, Ann: you are a viewer" in t for t in api.texts))
        found = await people(home)
        assert [p["key"] for p in found["people"]] == [f"telegram:{OWNER}"]
        (door,) = found["channels"]
        assert (door["strangers"], door["pairing_until"]) == (1, None)
        await api.starts(plain, by=EVE)  # it works once
        for path in home.rglob("*"):
            for written in (plain, shown["code"]):
                assert not path.is_file() or written.encode() not in path.read_bytes(), path
        code, out, _ = await kit(home, "unpair", f"telegram:{OWNER}")
        assert (code, "is not let in any more" in out) == (0, True)
        assert (await people(home))["people"] == []
        assert (await kit(home, "unpair", f"telegram:{OWNER}"))[0] == 1


async def test_without_an_engine_one_runs_for_the_time_of_pairing(
    home: Path, api: TelegramApi
) -> None:
    assert (await connected(home))[0] == 0
    async with started(home, "pair", "telegram", "--json") as pairing:
        shown = (await pairing.line())["pairing"]
        await api.says(f"  {shown['code'].lower()} ")  # typed by hand
        await pairing.line()
        assert (await pairing.end())[0] == 0
    # The welcome was sent before that engine ended, and who is in stays in.
    assert any("Paired, Ann: you are a trader" in text for text in api.texts)
    (person,) = (await people(home))["people"]
    assert (person["user"], person["declared"]) == (str(OWNER), False)
    code, out, _ = await kit(home, "people")
    assert (code, "telegram:42" in out, "pairing" in out) == (0, True, True)


async def test_an_interrupted_pairing_takes_its_code_back(home: Path, api: TelegramApi) -> None:
    async with engine_on(home, "--demo"):
        assert (await connected(home))[0] == 0
        async with started(home, "pair", "telegram", "--json") as pairing:
            shown = (await pairing.line())["pairing"]
            pairing.process.send_signal(signal.SIGINT)
            code, err = await pairing.end()
        assert (code, "Traceback" in err) == (130, False)
        await api.starts(shown["code"].replace("-", ""))
        async with asyncio.timeout(20):
            while not (found := await people(home))["channels"][0]["turned_away"]:
                pass
        assert found["people"] == []


async def test_a_second_code_and_wrong_guesses_void_the_first(home: Path, api: TelegramApi) -> None:
    async with engine_on(home, "--demo"):
        assert (await connected(home))[0] == 0
        async with started(home, "pair", "telegram", "--json") as first:
            await first.line()
            async with started(home, "pair", "telegram", "--json") as second:
                await second.line()
                code, err = await first.end()
                assert (code, "Another code was made" in err) == (1, True)
                for number in range(10):
                    await api.starts("AAAABBB" + "CDEFGHJKMN"[number], by=EVE)
                code, err = await second.end()
                assert (code, "guessed at" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pair", "telegram"), "First: kit connect telegram"),
        (("pair", "signal"), "First: kit connect signal"),
        (("pair", "pigeons"), "invalid choice"),
        (("pair", "telegram", "--role", "king"), "invalid choice"),
    ],
)
async def test_pairing_needs_a_channel_that_is_set_up(
    home: Path, words: tuple[str, ...], said: str
) -> None:
    code, _, err = await kit(home, *words)
    assert (code, said in err) == (2, True), err


async def test_people_of_the_settings_are_listed_and_not_unpaired(
    tmp_path: Path, api: TelegramApi
) -> None:
    home = channel_home(tmp_path, telegram={"base_url": api.root, "chat_id": 42})
    (person,) = (await people(home))["people"]
    assert (person["key"], person["declared"], person["since"]) == ("telegram:42", True, None)


# At a terminal


async def test_a_person_types_the_token_sees_the_code_and_is_let_in(
    home: Path, api: TelegramApi
) -> None:
    loop = asyncio.get_running_loop()

    def session() -> str:
        environment = {
            "KIT_HOME": str(home), "PYTHON_KEYRING_BACKEND": NO_KEYRING,
            "KIT_VAULT_PASSPHRASE": "",
        }  # fmt: skip
        command = [sys.executable, "-m", "kit_tui", "connect", "telegram"]
        with Terminal(command, columns=100, rows=50, environment=environment) as screen:
            for question, answer in (
                ("Token of the bot", TOKEN), ("New passphrase", PASSPHRASE),
                ("The same again", PASSPHRASE),
            ):  # fmt: skip
                screen.wait_on_screen(question, timeout=40)
                screen.send(f"{answer}\r")
            shown = screen.wait_on_screen("Waiting; Ctrl+C", timeout=60)
            (code,) = re.findall(r"\?start=(\w{8})", shown)
            asyncio.run_coroutine_threadsafe(api.starts(code), loop).result(20)
            screen.wait_on_screen("is in, as trader", timeout=30)
            return shown + screen.text()

    shown = await asyncio.to_thread(session)
    assert "▀" in shown
    assert "█" in shown
    assert "kit or kit gateway starts one" in shown
    assert_clean(shown, home)
    assert [p["name"] for p in (await people(home))["people"]] == ["Ann"]


async def test_an_engine_that_starts_at_a_terminal_asks_for_what_opens_the_token(
    home: Path, api: TelegramApi
) -> None:
    assert (await connected(home))[0] == 0

    def session() -> None:
        environment = {
            "KIT_HOME": str(home), "PYTHON_KEYRING_BACKEND": NO_KEYRING,
            "KIT_VAULT_PASSPHRASE": "",
        }  # fmt: skip
        command = [sys.executable, "-m", "kit_tui", "gateway"]
        with Terminal(command, columns=110, rows=30, environment=environment) as screen:
            screen.wait_on_screen("Passphrase of the vault, for telegram", timeout=40)
            screen.send(f"{PASSPHRASE}\r")
            screen.wait_on_screen("K.I.T. runs", timeout=60)
            asyncio.run_coroutine_threadsafe(
                api.until(lambda: "getUpdates" in api.calls), loop
            ).result(30)

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(session)
