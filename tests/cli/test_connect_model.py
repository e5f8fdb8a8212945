"""`kit connect anthropic`: real processes, the real client library, a loopback Messages API."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from benchmarks.terminal import Terminal
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.locations import find_locations
from kit_tui.settings.vault import open_vault
from tests.servers.messages_api import KEY, MessagesServer, Status, reply
from tests.servers.messages_rules import MODELS
from tests.support.model_homes import NO_KEYRING, engine_on, kit_beside, model_settings

OTHER = "sk-ant-test-another-9876543210"
WRONG = "sk-ant-test-nobody-knows-this-1"
PASSPHRASE = "open sesame 4711"
TALK = "gm, how is life on the desk"
FINGERPRINT = Credentials(KEY, "").fingerprint


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    async with MessagesServer() as running:
        yield running
        assert running.refused == []


@pytest.fixture
def home(tmp_path: Path, server: MessagesServer) -> Path:
    return model_settings(tmp_path, server.url)


async def kit(
    home: Path, *words: str, stdin: str = "", passphrase: str = PASSPHRASE, **environ: str
) -> CompletedProcess[str]:
    given = {"KIT_VAULT_PASSPHRASE": passphrase} if passphrase else {}
    done = await kit_beside(home, *words, stdin=stdin, **given, **environ)
    assert_clean(done.stdout + done.stderr, home)
    return done


def assert_clean(output: str, home: Path) -> None:
    """No key in what was printed nor in a file of the home, and no traceback."""
    assert "Traceback" not in output
    for secret in (KEY, OTHER, WRONG, PASSPHRASE):
        assert secret not in output
        for path in home.rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path


async def connected(home: Path, key: str = KEY, *words: str) -> CompletedProcess[str]:
    return await kit(home, "connect", "anthropic", "--stdin", *words, stdin=f"{key}\n")


def stored(home: Path) -> str:
    places = find_locations({"KIT_HOME": str(home)})
    vault = open_vault(places, {"KIT_VAULT_PASSPHRASE": PASSPHRASE}, find_backend=lambda: None)
    kept = vault.read("anthropic")
    return kept.api_key if kept is not None else ""


async def test_a_key_is_tried_kept_and_its_cost_bounded(home: Path, server: MessagesServer) -> None:
    done = await connected(home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"anthropic: the key {FINGERPRINT} works.",
        "claude-sonnet-5-5 is available to it.",
        "An answer costs at most $0.25, a day's answers at most $2.00 "
        "(engine.turn_budget, engine.day_budget).",
        f"Stored in {home / 'data' / 'vault.kit'}.",
    ]
    assert stored(home) == KEY
    # Looking costs nothing, and the settings are left as they were.
    assert {seen.path for seen in server.seen} == {"/v1/models"}
    assert "exchanges" not in (home / "config" / "config.toml").read_text()


async def test_it_is_listed_without_being_taken_for_an_exchange(home: Path) -> None:
    nothing = await kit(home, "connect", "--list")
    assert "kit connect anthropic" in nothing.stdout
    await connected(home)
    (row,) = json.loads((await kit(home, "connect", "--list", "--json")).stdout)
    assert (row["account"], row["fingerprint"], row["mode"]) == ("anthropic", FINGERPRINT, "")
    assert (row["market"], row["armed"], row["where"]) == ("", False, f"{home}/data/vault.kit")
    shown = (await kit(home, "connect", "--list")).stdout
    assert "answer questions" in shown
    assert "withdraw" not in shown
    held = await kit(home, "connect", "--list", "--json", ANTHROPIC_API_KEY=OTHER)
    (row,) = json.loads(held.stdout)
    assert (row["where"], row["fingerprint"]) == ("environment", Credentials(OTHER, "").fingerprint)


async def test_a_key_that_is_refused_is_not_kept(home: Path) -> None:
    done = await connected(home, WRONG)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "kit: Not connected",
        "  Claude refused the API key. Nothing was stored.",
        "  Check the key in the Anthropic console.",
    ]
    assert not (home / "data" / "vault.kit").exists()


async def test_a_server_that_cannot_be_reached_or_makes_no_sense_keeps_nothing(
    tmp_path: Path,
) -> None:
    home = model_settings(tmp_path, "http://127.0.0.1:9")
    done = await connected(home)
    assert done.returncode == 1
    assert "Claude is not reachable. Nothing was stored." in done.stderr
    assert "engine.base_url" in done.stderr
    assert stored(home) == ""


async def test_a_model_the_key_may_not_use_is_said_with_those_it_may(
    tmp_path: Path, server: MessagesServer
) -> None:
    server.models = {name: MODELS[name] for name in ("claude-haiku-5-5", "claude-opus-5-5")}
    done = await connected(model_settings(tmp_path, server.url))
    assert done.returncode == 0
    assert "may not use claude-sonnet-5-5; engine.model in the settings" in done.stdout
    assert "It may use: claude-haiku-5-5, claude-opus-5-5." in done.stdout
    gone = model_settings(tmp_path, server.url, model="claude-3-opus-20240229")
    rotated = await connected(gone, KEY, "--rotate")
    assert "was retired on 2026-01-05. Set engine.model = " in rotated.stdout


async def test_it_is_rotated_only_for_one_that_works_and_removed_by_its_name(home: Path) -> None:
    async with MessagesServer(key="") as any_key:
        model_settings(home, any_key.url)
        assert (await connected(home, OTHER, "--rotate")).returncode == 1  # none to rotate
        assert (await connected(home)).returncode == 0
        twice = await connected(home, OTHER)
        assert twice.returncode == 1
        assert "kit connect anthropic --rotate replaces them." in twice.stderr
        assert (await connected(home, "no-key-at-all", "--rotate")).returncode == 1
        assert stored(home) == KEY
        done = await connected(home, OTHER, "--rotate")
        assert f"The key before ({FINGERPRINT}) is dropped here; revoke it there." in done.stdout
        assert stored(home) == OTHER
        unasked = await kit(home, "connect", "anthropic", "--remove")
        assert unasked.returncode == 1
        assert stored(home) == OTHER
        words = ("connect", "anthropic", "--remove", "--confirm", "anthropic")
        assert (await kit(home, *words)).returncode == 0
        assert stored(home) == ""
        again = await kit(home, *words, ANTHROPIC_API_KEY=KEY)
        assert again.returncode == 1
        assert "ANTHROPIC_API_KEY is set; unset it." in again.stderr


async def test_a_model_that_is_switched_off_is_said_to_be(
    tmp_path: Path, server: MessagesServer
) -> None:
    home = model_settings(tmp_path, server.url, enabled=False)
    done = await connected(home)
    assert done.returncode == 0
    assert "It is not asked: engine.enabled is false in the settings." in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sandbox",), "--sandbox is for exchanges"),
        (("--market", "perpetual"), "--market is for exchanges"),
        (("--account", "alt"), "--account is for exchanges"),
        ((KEY,), "Type kit connect anthropic"),
    ],
    ids=["sandbox", "market", "account", "a key"],
)
async def test_what_only_exchanges_have_is_refused(
    home: Path, words: tuple[str, ...], said: str
) -> None:
    done = await kit(home, "connect", "anthropic", *words, "--stdin", stdin=f"{KEY}\n")
    assert done.returncode == 2
    assert said in done.stderr
    assert stored(home) == ""


async def test_an_empty_key_is_none(home: Path, server: MessagesServer) -> None:
    done = await connected(home, "")
    assert done.returncode == 2
    assert "anthropic takes one key" in done.stderr
    assert server.seen == []


async def test_a_pipe_without_a_passphrase_keeps_nothing(home: Path) -> None:
    done = await kit(home, "connect", "anthropic", "--stdin", stdin=f"{KEY}\n", passphrase="")
    assert done.returncode == 1
    assert "KIT_VAULT_PASSPHRASE" in done.stderr
    assert not (home / "data" / "vault.kit").exists()


async def test_an_engine_that_runs_uses_a_new_key_at_once_and_drops_a_removed_one(
    home: Path, server: MessagesServer
) -> None:
    server.always = Status(500)
    async with engine_on(home, "--demo"):
        before = await kit(home, "ask", TALK)
        assert before.returncode == 1
        assert "No language model is connected." in before.stderr
        # The engine was started without the passphrase, which comes with the key.
        done = await connected(home)
        assert done.returncode == 0, done.stderr
        assert await model_line(home) == "up"
        server.answer("All is calm.")
        asked = await kit(home, "ask", TALK)
        assert (asked.returncode, asked.stdout.splitlines()[0]) == (0, "All is calm.")
        server.key = OTHER
        assert (await connected(home, OTHER, "--rotate")).returncode == 0
        server.answer("And still is.")
        assert "And still is." in (await kit(home, "ask", TALK)).stdout
        words = ("connect", "anthropic", "--remove", "--confirm", "anthropic")
        assert (await kit(home, *words)).returncode == 0
        calls = len(server.bodies)
        gone = await kit(home, "ask", TALK)
        assert "No language model is connected." in gone.stderr
        assert len(server.bodies) == calls
        assert await model_line(home) == "off"


async def model_line(home: Path) -> str:
    rows = json.loads((await kit(home, "venues", "--json")).stdout)
    return str(next(row["state"] for row in rows if row["kind"] == "model"))


# At a terminal


@contextmanager
def terminal(home: Path, *words: str) -> Any:
    environment = {
        "KIT_HOME": str(home), "PYTHON_KEYRING_BACKEND": NO_KEYRING, "KIT_VAULT_PASSPHRASE": "",
    }  # fmt: skip
    command = [sys.executable, "-m", "kit_tui", *words]
    with Terminal(command, columns=240, rows=40, environment=environment) as opened:
        yield opened


async def test_a_person_types_the_key_unseen_and_the_passphrase_when_it_is_needed(
    home: Path, server: MessagesServer
) -> None:
    def connect() -> str:
        with terminal(home, "connect", "anthropic") as screen:
            for question, answer in (
                ("API key for anthropic:", KEY), ("New passphrase", PASSPHRASE),
                ("The same again", PASSPHRASE),
            ):  # fmt: skip
                screen.wait_on_screen(question, timeout=40)
                screen.send(f"{answer}\r")
            screen.wait_on_screen("Stored in", timeout=40)
            return str(screen.text())

    def ask(passphrase: str, wanted: str) -> str:
        with terminal(home, "ask", TALK) as screen:
            screen.wait_on_screen("Passphrase of the vault, for anthropic", timeout=40)
            screen.send(f"{passphrase}\r")
            screen.wait_on_screen(wanted, timeout=60)
            return str(screen.text())

    shown = await asyncio.to_thread(connect)
    assert "Secret" not in shown
    assert_clean(shown, home)
    assert stored(home) == KEY
    server.answer("All is calm.")
    assert_clean(await asyncio.to_thread(ask, PASSPHRASE, "All is calm."), home)
    # Enter goes on without: what needs no model is not held up by its key.
    await asyncio.to_thread(ask, "", "need their passphrase")


async def test_in_the_terminal_the_key_is_pasted_and_the_next_question_answered(
    home: Path, server: MessagesServer
) -> None:
    server.always = reply("All is calm on the desk.")

    def session() -> str:
        environment = {
            "KIT_HOME": str(home), "PYTHON_KEYRING_BACKEND": NO_KEYRING,
            "KIT_VAULT_PASSPHRASE": "",
        }  # fmt: skip
        command = [sys.executable, "-m", "kit_tui", "--demo"]
        with Terminal(command, columns=120, rows=40, environment=environment) as screen:
            screen.wait_on_screen("ACTIVE", timeout=40)
            screen.send("/connect anthropic")
            screen.read(0.5)
            screen.send("\r")
            screen.wait_on_screen("Connect the model", timeout=20)
            screen.send(f"\x1b[200~{KEY}\x1b[201~\r\r")
            screen.wait_on_screen("Choose one", timeout=40)
            screen.send(f"{PASSPHRASE}\r")
            screen.read(0.3)
            screen.send(f"{PASSPHRASE}\r\r")
            screen.wait_on_screen("Stored in", timeout=40)
            shown = str(screen.text())
            screen.send("\r")
            screen.read(0.5)
            screen.send(TALK)
            screen.read(0.3)
            screen.send("\r")
            screen.wait_on_screen("All is calm on the desk.", timeout=40)
            return shown + str(screen.text())

    shown = await asyncio.to_thread(session)
    assert "anthropic takes this key" in shown
    assert_clean(shown, home)
    assert stored(home) == KEY
