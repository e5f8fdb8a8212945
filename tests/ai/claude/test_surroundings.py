"""The environment has no say, nothing is written on the screen, nothing is imported too early."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from kit_tui.ai.claude.anthropic_backend import DEFAULT_URL, AnthropicBackend
from kit_tui.ai.claude.protocol import AiError, AiErrorKind
from tests.ai.claude.talking import Talk
from tests.project.sources import ROOT
from tests.servers.messages_api import KEY, redirect
from tests.support.clock import FakeClock

NOISY = """
import asyncio
from tests.ai.claude.talking import PROMPT, Talk
from tests.servers.messages_api import Cut, KEY, MessagesServer, Status, error_event, reply, text

async def main():
    async with MessagesServer() as server:
        talk = Talk(server)
        await talk.ask("fine")
        await talk.backend.models()
        for entry in (Status(401), Status(400, message=KEY), reply(text("x", Cut())),
                      reply(error_event("rate_limit_error"))):
            server.script.clear()
            server.answer(entry)
            try:
                await talk.ask()
            except Exception as error:
                print(type(error).__name__)
        try:
            await talk.ask(model="claude-sonnet-4-20250514")
        except Exception as error:
            print(error)
        await talk.backend.close()

asyncio.run(main())
"""

FIRST_CALL = """
import asyncio, time
from tests.ai.claude.talking import Talk, request
from tests.servers.messages_api import MessagesServer

async def measured():
    async with MessagesServer() as server:
        server.answer("Yes.")
        talk = Talk(server)
        await talk.backend.warm()
        call = asyncio.create_task(talk.backend.call(request(), talk.events.append))
        longest, last = 0.0, time.thread_time()
        while not call.done():
            await asyncio.sleep(0)
            longest, last = max(longest, time.thread_time() - last), time.thread_time()
        assert call.result().text == "Yes."
        print(longest)
        await talk.backend.close()

asyncio.run(measured())
"""

EARLY = """
import importlib, pkgutil, sys
import kit_tui.ai.claude as room
for found in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"kit_tui.ai.claude.{found.name}")
print(*(n for n in ("anthropic", "httpx2", "pydantic", "aiohttp") if n in sys.modules))
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True,
        timeout=100, check=False, cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every variable by which the library lets an environment speak up."""
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "default.json").write_text('{"base_url": "http://127.0.0.1:9"}')
    (tmp_path / "active_config").write_text("default")
    headers = "Authorization: Bearer sk-stolen\nX-Extra: 1\nanthropic-version: 2001-01-01"
    for name, value in {
        "ANTHROPIC_API_KEY": "sk-of-the-environment",
        "ANTHROPIC_AUTH_TOKEN": "token-of-the-environment",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "ANTHROPIC_CUSTOM_HEADERS": headers,
        "ANTHROPIC_PROFILE": "default",
        "ANTHROPIC_CONFIG_DIR": str(tmp_path),
        "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("hostile")
async def test_key_address_and_headers_are_ours_whatever_the_environment_says(talk: Talk) -> None:
    assert (await talk.ask("Yes.")).text == "Yes."
    (seen,) = talk.server.seen
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.headers["anthropic-version"] == "2026-10-21"
    assert "X-Extra" not in seen.headers
    assert "traceparent" not in seen.headers
    assert await talk.backend.models()


@pytest.mark.usefixtures("hostile")
async def test_the_usual_address_is_the_vendors(talk: Talk) -> None:
    await talk.backend.warm()
    backend = AnthropicBackend(KEY, clock=FakeClock())
    client = backend._new_client()
    assert str(client.base_url).rstrip("/") == DEFAULT_URL == "https://api.anthropic.com"
    await client.close()


async def test_a_redirect_does_not_carry_the_prompt_away(talk: Talk) -> None:
    await talk.fails(redirect(f"{talk.server.url}/v1/messages"))
    assert len(talk.server.seen) == 1


async def test_a_path_in_the_address_is_kept(talk: Talk) -> None:
    backend = AnthropicBackend(KEY, clock=FakeClock(), base_url=f"{talk.server.url}/proxy/")
    client = backend._new_client()
    assert str(client.base_url) == f"{talk.server.url}/proxy/"
    await client.close()


def test_nothing_is_written_on_the_screen() -> None:
    done = python(NOISY, ANTHROPIC_LOG="debug")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[:4] == ["AiError"] * 3 + ["PassingError"]
    assert "retired on 2026-06-15" in done.stdout
    assert KEY not in done.stdout


def test_the_library_is_not_imported_with_our_modules() -> None:
    done = python(EARLY)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


COLLECTING = """
import asyncio, gc
from kit_tui.ai.claude.anthropic_backend import AnthropicBackend
from kit_tui.ai.claude.protocol import AiError
from tests.support.clock import FakeClock

whole = []
gc.callbacks.append(lambda phase, info: whole.append(phase) if info["generation"] == 2 else None)

async def main():
    for key in ("sk-ant-x", "sk-ant-y", "not a key"):
        try:
            await AnthropicBackend(key, clock=FakeClock(), base_url="http://127.0.0.1:9").warm()
        except AiError:
            pass
        print(len(whole), gc.isenabled())

asyncio.run(main())
"""


def test_loading_the_library_stops_the_screen_for_no_collection_of_garbage() -> None:
    """A whole collection in the middle of it held the event loop for 50 to 150 ms."""
    assert python(COLLECTING).stdout.split("\n")[:3] == ["0 True"] * 3


def test_after_warming_up_the_first_call_does_not_hold_up_the_screen() -> None:
    done = python(FIRST_CALL)
    assert done.returncode == 0, done.stderr
    print(f"the loop was held for {float(done.stdout) * 1_000:.0f} ms at most")
    assert float(done.stdout) < 0.05


async def test_warming_up_twice_at_once_makes_one_client(talk: Talk) -> None:
    await asyncio.gather(talk.backend.warm(), talk.backend.warm())
    first = talk.backend._client
    await talk.backend.warm()
    assert first is talk.backend._client is not None


@pytest.mark.parametrize("key", ["", "sk-with\nbreak"])
async def test_there_is_nothing_to_warm_up_without_a_key(key: str) -> None:
    with pytest.raises(AiError):
        await AnthropicBackend(key, clock=FakeClock()).warm()


@pytest.mark.parametrize("missing", ["anthropic", "httpx2"])
async def test_a_library_that_is_missing_switches_claude_off(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert (await talk.fails()).kind is AiErrorKind.OFF
    with pytest.raises(AiError, match="cannot be loaded"):
        await talk.backend.models()
