"""The form that takes keys: typed unseen, tested, asked for what is missing, and never shown."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from textual import events

from kit_tui.domain.errors import KitError
from kit_tui.gateway.key_forms import HAS_KEYS, ConnectRequest, KeyReport
from kit_tui.tui.screens.connect import ConnectScreen
from kit_tui.tui.screens.dialog import Sheet
from kit_tui.tui.spans import text_of
from tests.tui.driving import Stage, stage
from tests.tui.test_snapshots import Snap, make_app, pressing

KEY, SECRET = "aKeyOfSixtyFourCharacters00112233", "aSecretNobodyReadsOnTheScreen99"
REPORT = KeyReport(
    account="binance", venue="binance", mode="live", market="spot", fingerprint="3f9a0c41d7e2",
    permissions={"read": True, "trade": True, "withdraw": False, "ip_restricted": False},
    clock_offset_s=0.12, balances=3,
    notes=("It works from any address; binance can restrict it to yours.",),
)  # fmt: skip
STORED = replace(REPORT, stored=True, where="the keyring of this system")
RISKY = replace(
    REPORT, needs="word", problem="This key may withdraw: whoever gets hold of it can empty the "
    "account. K.I.T. never withdraws. Make a key without that permission.",
    permissions={**REPORT.permissions, "withdraw": True}, notes=(),
)  # fmt: skip
MODEL_REPORT = KeyReport(
    account="anthropic", venue="anthropic", mode="", market="", fingerprint="5b1c77e09a24",
    permissions={}, clock_offset_s=0.0, balances=0, stored=True,
    where="the keyring of this system",
    notes=(
        "claude-sonnet-5-5 is available to it.",
        "An answer costs at most $0.25, a day's answers at most $2.00 "
        "(engine.turn_budget, engine.day_budget).",
    ),
)  # fmt: skip
LOCKED = replace(
    REPORT, needs="new passphrase",
    problem="This machine has no keyring, so the keys go into a file which needs a passphrase.",
)  # fmt: skip


def shown(playing: Stage) -> str:
    sheet = playing.app.screen.query_one(Sheet)
    return "\n".join(text_of(line) for line in sheet.rows)


async def say(playing: Stage, words: str) -> None:
    playing.app.main.chat.prompt.put(words)
    playing.app.main.chat.prompt.focus()
    await playing.press("enter")


async def fill(playing: Stage) -> ConnectScreen:
    """The form with key and secret pasted, on its button."""
    await say(playing, "/connect binance")
    screen = playing.app.screen
    assert isinstance(screen, ConnectScreen)
    screen.post_message(events.Paste(f" {KEY}\n"))
    await playing.settle()
    await playing.press("enter")
    screen.post_message(events.Paste(f"{SECRET}\r\n"))
    await playing.settle()
    await playing.press("enter")
    return screen


async def ask(playing: Stage, *keys: str) -> None:
    """Press keys, the last of which asks the desk, and wait for its answer."""
    screen = playing.app.screen
    assert isinstance(screen, ConnectScreen)
    asked = len(playing.asked("connect"))
    await playing.press(*(keys or ("enter",)))
    for _ in range(200):
        if len(playing.asked("connect")) > asked and not screen.asking:
            break
        await playing.pilot.pause(0.01)
    await playing.settle()


def request_of(playing: Stage, at: int = -1) -> ConnectRequest:
    request = playing.asked("connect")[at][1]
    assert isinstance(request, ConnectRequest)
    return request


async def test_keys_are_pasted_unseen_tested_and_kept() -> None:
    async with stage() as playing:
        playing.desk.reports = [STORED]
        screen = await fill(playing)
        before = shown(playing) + playing.app.export_screenshot()
        assert KEY not in before
        assert SECRET not in before
        assert "•" in before
        await ask(playing)
        request = request_of(playing)
        assert (request.venue, request.api_key, request.secret) == ("binance", KEY, SECRET)
        after = shown(playing)
        assert "Stored in the keyring" in after
        assert "/live binance" in after
        assert screen.form.api_key == "", "the form lets go of them"
        await playing.press("enter")
        assert not isinstance(playing.app.screen, ConnectScreen)


async def test_nothing_of_it_is_sent_as_a_message_or_stays_in_the_prompt() -> None:
    async with stage() as playing:
        playing.desk.reports = [STORED]
        await fill(playing)
        await ask(playing)
        assert not playing.asked("send")
        assert KEY not in repr(playing.desk.calls)
        assert SECRET not in repr(playing.app.screen.__dict__)
        assert playing.app.main.chat.prompt.text == ""


async def test_leaving_the_form_forgets_the_keys() -> None:
    async with stage() as playing:
        screen = await fill(playing)
        assert screen.form.api_key == KEY
        await playing.press("escape")
        assert not isinstance(playing.app.screen, ConnectScreen)
        assert (screen.form.api_key, screen.form.secret) == ("", "")
        assert not playing.asked("connect")


async def test_a_key_that_may_withdraw_is_kept_only_with_the_word() -> None:
    async with stage() as playing:
        playing.desk.reports = [RISKY, STORED]
        await fill(playing)
        await ask(playing)
        assert "may withdraw" in shown(playing)
        assert "WITHDRAW-RISK" in shown(playing)
        await ask(playing, *"WITHDRAW", "minus", *"RISK", "enter", "enter")
        assert request_of(playing).word == "WITHDRAW-RISK"
        assert "Stored" in shown(playing)


async def test_a_new_passphrase_is_typed_twice_the_same() -> None:
    async with stage() as playing:
        playing.desk.reports = [LOCKED, STORED]
        await fill(playing)
        await ask(playing)
        await playing.press(*"longenough", "enter", *"different", "enter", "enter")
        assert "not the same" in shown(playing)
        assert len(playing.asked("connect")) == 1
        assert "longenough" not in shown(playing)
        await ask(playing, "up", "ctrl+u", *"longenough", "enter", "enter")
        assert request_of(playing).passphrase == "longenough"
        assert "Stored" in shown(playing)


async def test_other_keys_are_tested_anew() -> None:
    async with stage() as playing:
        playing.desk.reports = [RISKY]
        screen = await fill(playing)
        await ask(playing)
        assert screen.report is not None
        screen.field = "secret"
        await playing.press("x")
        assert screen.report is None


async def test_keys_that_are_there_are_replaced_only_when_that_is_said() -> None:
    async with stage() as playing:
        playing.desk.reports = [STORED]
        playing.desk.fail = KitError("binance has keys already (abc).", title=HAS_KEYS)
        await fill(playing)
        await ask(playing)
        assert "has keys already" in shown(playing)
        await ask(playing, "right", "enter", "enter")
        assert request_of(playing).rotate is True


async def test_a_refusal_is_told_and_the_form_stays() -> None:
    async with stage() as playing:
        playing.desk.fail = KitError("binance refuses this key.", title="Keys refused")
        screen = await fill(playing)
        await ask(playing)
        assert "refuses this key" in shown(playing)
        assert screen.form.api_key == KEY


async def test_what_may_be_a_key_after_the_command_is_not_shown() -> None:
    async with stage() as playing:
        await say(playing, f"/connect {KEY}")
        assert isinstance(playing.app.screen, ConnectScreen)
        assert KEY.lower() not in shown(playing).lower()
        assert not playing.asked("send")


async def test_the_model_takes_one_key_and_nothing_else() -> None:
    async with stage() as playing:
        playing.desk.reports = [MODEL_REPORT]
        await say(playing, "/connect anthropic")
        screen = playing.app.screen
        assert isinstance(screen, ConnectScreen)
        page = shown(playing)
        assert screen.query_one(Sheet).heading == "Connect the model"
        for other in ("secret", "market", "exchange", "account", "withdraw"):
            assert other not in page
        screen.post_message(events.Paste(f"{KEY}\n"))
        await playing.settle()
        assert KEY not in shown(playing)
        await ask(playing, "enter", "enter")
        request = request_of(playing)
        assert (request.venue, request.api_key, request.secret) == ("anthropic", KEY, "")
        assert (request.name, request.mode, request.market) == ("", "", "")
        page = shown(playing)
        assert "anthropic takes this key" in page
        assert "$2.00" in page
        assert "/live" not in page
        assert screen.form.api_key == ""


async def test_the_model_is_one_of_the_offered_names_and_leaves_nothing_behind() -> None:
    async with stage() as playing:
        await say(playing, "/connect")
        screen = playing.app.screen
        assert isinstance(screen, ConnectScreen)
        await playing.press("left", "left", "left")
        assert screen.form.venue == "anthropic"
        assert screen.field == "venue"
        await playing.press("down", "down", "enter")
        assert "The key is needed." in shown(playing)
        assert not playing.asked("connect")
        screen.field = "venue"
        await playing.press("right")
        assert screen.form.venue == "telegram"
        assert "token" in shown(playing)
        assert "secret" not in shown(playing)
        assert screen.query_one(Sheet).heading == "Connect telegram"
        await playing.press("right", "right")
        assert screen.form.venue == "binance"
        assert "secret" in shown(playing)
        assert screen.query_one(Sheet).heading == "Connect an exchange"


SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("state", ["empty", "risky", "stored", "model", "model-stored"])
def test_the_form_looks(snap_compare: Snap, size: tuple[int, int], state: str) -> None:
    app = make_app(ticket=False)

    async def before(pilot: Any) -> None:
        await pressing()(pilot)
        names = {"empty": "", "model": "anthropic", "model-stored": "anthropic"}
        app.push_screen(ConnectScreen(names.get(state, "binance")))
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ConnectScreen)
        if state == "model-stored":
            screen._answered(MODEL_REPORT)
        elif state not in ("empty", "model"):
            for text in (KEY, SECRET):
                screen.post_message(events.Paste(text))
                await pilot.pause()
                await pilot.press("enter")
            screen._answered(RISKY if state == "risky" else STORED)
        await pressing()(pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)
