"""What `kit doctor` says of the language model, asked of a loopback Messages API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kit_tui.cli import doctor_model
from kit_tui.cli.doctor_model import model_finding
from kit_tui.cli.findings import Finding
from kit_tui.cli.shell import Shell, open_desk
from kit_tui.settings.credentials import Credentials
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import find_locations
from tests.servers.messages_api import KEY, MessagesServer
from tests.servers.messages_rules import MODELS
from tests.support.model_homes import kit_beside, model_settings

FINGERPRINT = Credentials(KEY, "").fingerprint
SPENT_NOTHING = f"key {FINGERPRINT}, $0.00 of $2.00 spent today"


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    async with MessagesServer() as running:
        yield running


async def line(home: Path, **environ: str) -> tuple[int, Any]:
    """The exit code of `kit doctor --json`, and its line on the model."""
    done = await kit_beside(home, "doctor", "--json", **environ)
    assert KEY not in done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {"ok", "checks"}
    return done.returncode, next(c for c in answer["checks"] if c["name"] == "model")


async def test_a_key_that_works_with_what_was_spent_today(
    tmp_path: Path, server: MessagesServer
) -> None:
    home = model_settings(tmp_path, server.url)
    code, found = await line(home, ANTHROPIC_API_KEY=KEY)
    assert (code, found["state"]) == (0, "ok")
    assert found["detail"] == f"claude-sonnet-5-5 answers; {SPENT_NOTHING}"
    server.answer("word " * 3_000)
    talk = ("ask", "gm, how is life on the desk", "--demo")
    assert (await kit_beside(home, *talk, ANTHROPIC_API_KEY=KEY)).returncode == 0
    _, found = await line(home, ANTHROPIC_API_KEY=KEY)
    spent = found["detail"].partition(f"{FINGERPRINT}, $")[2].partition(" of $2.00")[0]
    assert 0 < float(spent) < 2


async def test_a_refused_key_and_one_without_the_models(
    tmp_path: Path, server: MessagesServer
) -> None:
    home = model_settings(tmp_path, server.url)
    code, found = await line(home, ANTHROPIC_API_KEY="sk-ant-nobody-knows-this")
    assert (code, found["state"]) == (1, "problem")
    assert found["detail"].startswith("Claude refused the API key.")
    server.models = {"claude-haiku-5-5": MODELS["claude-haiku-5-5"]}
    code, found = await line(home, ANTHROPIC_API_KEY=KEY)
    assert (code, found["state"]) == (1, "problem")
    assert "may not use claude-sonnet-5-5" in found["detail"]
    server.models = {"claude-sonnet-5-5": MODELS["claude-sonnet-5-5"]}
    code, found = await line(home, ANTHROPIC_API_KEY=KEY)
    assert (code, found["state"]) == (0, "warning")
    assert "may not use claude-haiku-5-5" in found["detail"]


async def test_a_retired_model_is_named_with_its_successor(
    tmp_path: Path, server: MessagesServer
) -> None:
    home = model_settings(tmp_path, server.url, model="claude-3-opus-20240229")
    code, found = await line(home, ANTHROPIC_API_KEY=KEY)
    assert (code, found["state"]) == (1, "problem")
    assert "was retired on 2026-01-05" in found["detail"]
    assert 'Set engine.model = "claude-opus-5-5"' in found["detail"]


async def test_a_server_that_is_down_no_key_and_a_model_switched_off(tmp_path: Path) -> None:
    home = model_settings(tmp_path, "http://127.0.0.1:9")
    code, found = await line(home, ANTHROPIC_API_KEY=KEY)
    assert (code, found["state"]) == (0, "warning")
    assert found["detail"].startswith("Claude is not reachable.")
    code, found = await line(home)
    assert (code, found["state"]) == (0, "note")
    assert "kit connect anthropic" in found["detail"]
    (home / "config" / "config.toml").write_text("[engine]\nenabled = false\n")
    code, found = await line(home, ANTHROPIC_API_KEY=KEY)
    assert (code, found["state"]) == (0, "note")
    assert "engine.enabled" in found["detail"]


async def test_a_locked_vault_is_said_to_be_locked(tmp_path: Path, server: MessagesServer) -> None:
    home = model_settings(tmp_path, server.url)
    opened = {"KIT_VAULT_PASSPHRASE": "open sesame 4711"}
    words = ("connect", "anthropic", "--stdin")
    assert (await kit_beside(home, *words, stdin=f"{KEY}\n", **opened)).returncode == 0
    asked = len(server.seen)
    code, found = await line(home)
    assert (code, found["state"]) == (0, "note")
    assert "KIT_VAULT_PASSPHRASE" in found["detail"]
    assert len(server.seen) == asked
    _, found = await line(home, **opened)
    assert found["state"] == "ok"


def test_a_server_that_never_answers_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket
    import sys

    monkeypatch.setattr(doctor_model, "PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        home = model_settings(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")
        places = find_locations({"KIT_HOME": str(home)})
        environ = {"KIT_HOME": str(home), "ANTHROPIC_API_KEY": KEY}
        shell = Shell(environ, places, sys.stdin, sys.stdout, sys.stderr, open_desk)
        found = model_finding(shell, load_settings(places, environ))
    assert found == Finding("model", "warning", f"no answer in 0.5 s; {SPENT_NOTHING}")
