"""The main screen as a whole: panes, layouts, errors, loss of the desk."""

from __future__ import annotations

import pytest

from kit_tui.domain.errors import KitError
from kit_tui.gateway.desk import Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.state.slices import CONVERSATION, POSITIONS
from kit_tui.tui.app import KitApp
from kit_tui.tui.panes.base import Pane
from kit_tui.tui.panes.content import PaneContent
from kit_tui.tui.panes.positions import PositionsPane
from kit_tui.tui.view import View
from tests.support.clock import FakeClock
from tests.tui.driving import stage


async def test_frames_and_prompt_are_there_before_the_desk() -> None:
    import asyncio

    async def never() -> Desk:
        await asyncio.Event().wait()
        raise AssertionError

    app = KitApp(never, EarlyUi(), clock=FakeClock())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        shown = {pane.NAME: pane.plain_text() for pane in app.main.panes() if pane.display}
        assert set(shown) == {"Chat", "Chart", "Positions", "Risk"}
        assert "Open positions appear here" in shown["Positions"]
        assert app.main.focused is app.main.chat.prompt


async def test_a_desk_that_cannot_open_leaves_a_screen_that_says_why() -> None:
    async def broken() -> Desk:
        raise KitError("The journal is damaged.", hint="kit journal verify")

    app = KitApp(broken, EarlyUi(), clock=FakeClock())
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(5):
            await pilot.pause()
        assert "The journal is damaged." in app.main.chat.transcript.plain_text()
        assert "no engine" in app.main.query_one("#status").plain_text()  # type: ignore[attr-defined]  # a Lines
        await pilot.press("ctrl+q")


async def test_a_lost_engine_is_said_and_another_desk_is_opened() -> None:
    async with stage() as stand:
        stand.desk.lost = True
        stand.app._tick()
        assert stand.app.desk_problem == "engine lost"
        assert "BTC/USDT" in stand.text("#positions")
        stand.desk.lost = False
        await stand.settle()
        assert stand.asked("close")
        assert stand.app.desk_problem == ""
        assert "BTC/USDT" in stand.text("#positions")


async def test_an_error_in_a_pane_stays_in_the_pane(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as stand:
        whole = PositionsPane.content

        def broken(self: PositionsPane, view: View) -> PaneContent:
            raise ValueError("no such column")

        monkeypatch.setattr(PositionsPane, "content", broken)
        stand.app.main.redraw_all()
        await stand.settle()
        assert "no such column" in stand.text("#positions")
        assert "day loss" in stand.text("#risk")
        monkeypatch.setattr(PositionsPane, "content", whole)
        await stand.press("escape", "3", "r")
        assert "BTC/USDT" in stand.text("#positions")


async def test_number_keys_move_between_panes_and_never_from_the_prompt() -> None:
    async with stage() as stand:
        await stand.press("3")
        assert stand.app.main.chat.prompt.text == "3"
        await stand.press("backspace", "escape", "3")
        assert stand.focused == "positions"
        await stand.press("5")
        assert stand.focused == "watchlist"
        await stand.press("i")
        assert stand.focused == "prompt"


async def test_zoom_goes_from_normal_to_half_to_full_and_back() -> None:
    async with stage() as stand:
        pane = stand.app.main.query_one("#positions", Pane)
        await stand.press("escape", "3")
        normal = pane.size
        await stand.press("z")
        half = pane.size
        await stand.press("z")
        full = pane.size
        assert normal.area < half.area < full.area
        assert full.width == 120
        await stand.press("z")
        assert pane.size == normal


async def test_t_changes_the_timeframe_and_tells_the_desk() -> None:
    async with stage() as stand:
        await stand.press("escape", "3", "t")
        assert ("watch_chart", "BTC/USDT", "30m") in stand.desk.calls
        assert "30m" in stand.text("#chart")


async def test_enter_on_a_watched_market_charts_it() -> None:
    async with stage() as stand:
        await stand.press("escape", "w", "down", "enter")
        assert stand.app.chart_pair == "ETH/USDT"
        assert ("watch_chart", "ETH/USDT", "15m") in stand.desk.calls


async def test_a_storm_of_resizes_down_to_one_cell_is_survived() -> None:
    async with stage(ticket=True) as stand:
        for width, height in (
            (1, 1), (300, 100), (2, 50), (80, 24), (59, 20), (200, 3), (160, 60), (40, 8), (5, 5),
            (100, 23), (120, 40),
        ):  # fmt: skip
            await stand.pilot.resize_terminal(width, height)
            await stand.pilot.pause()
        await stand.settle()
        assert "BTC/USDT" in stand.text("#positions")
        assert "BUY" in stand.text("#ticket")


async def test_equal_snapshots_paint_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage() as stand:
        painted: list[object] = []
        monkeypatch.setattr(
            PositionsPane, "refresh", lambda self, *regions, **_: painted.append(regions)
        )
        stand.app.main.deliver(frozenset({POSITIONS.name}))
        stand.app.main.tick()
        assert [regions for regions in painted if regions] == []


async def test_a_long_conversation_is_pruned_in_memory() -> None:
    async with stage() as stand:
        for number in range(300):
            stand.desk.add_message(f"line {number}")
        await stand.settle()
        chat = stand.app.main.chat
        messages = stand.desk.store.get(CONVERSATION)
        assert messages is not None
        assert len(messages) > 300
        assert chat._laid_out is not None
        assert len(chat._laid_out._blocks) == 200
        assert "line 299" in stand.text("#transcript")


async def test_text_from_outside_cannot_move_the_cursor() -> None:
    async with stage() as stand:
        stand.desk.add_message("price\x1b[2J\x1b]0;owned\x07 is \u202eevil\u202c [red]x[/red]")
        await stand.settle()
        text = stand.text("#transcript")
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[red]x[/red]" in text


async def test_scrolling_up_holds_the_place_while_new_messages_arrive() -> None:
    async with stage() as stand:
        for number in range(60):
            stand.desk.add_message(f"line {number}")
        await stand.settle()
        await stand.press("pageup")
        before = stand.text("#transcript")
        stand.desk.add_message("newest")
        await stand.settle()
        assert stand.text("#transcript") == before
        assert "more below" in stand.text("#chat")


async def test_theme_switch_recolours_the_running_screen() -> None:
    async with stage() as stand:
        ground = stand.app.palette.colour("background")
        stand.app.choose_theme("daylight")
        await stand.settle()
        assert stand.app.palette.colour("background") != ground


async def test_q_asks_and_leaves_on_the_second_press() -> None:
    async with stage() as stand:
        await stand.press("escape", "3", "q")
        assert stand.app._exit is False
        await stand.pilot.press("q")
        assert stand.app._exit is True


async def test_the_form_shows_the_verdict_and_proposes() -> None:
    async with stage() as stand:
        await stand.press("escape", "n")
        stand.app.screen._ask_soon()  # type: ignore[attr-defined]  # OrderForm
        await stand.pilot.pause(0.3)
        await stand.settle()
        assert stand.asked("preview")
        await stand.press("2", "5", "0")
        for _ in range(5):
            await stand.press("enter")
        ((_, request),) = stand.asked("propose")
        assert request.quote_amount == 250  # type: ignore[attr-defined]  # an OrderRequest
        assert stand.focused == "ticket"
