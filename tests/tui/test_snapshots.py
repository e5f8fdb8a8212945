"""What the screens look like, at four sizes and in the house themes; clock and data stand still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from kit_tui.domain.orders import Mode
from kit_tui.gateway.desk import Desk
from kit_tui.settings.early import EarlyUi
from kit_tui.tui.app import KitApp
from tests.support import fake_people, fake_turns
from tests.support.clock import FakeClock
from tests.support.fake_desk import FakeDesk
from tests.support.fake_trouble import fill_with_everything, go_down, lose_an_order, use_account
from tests.tui.quiet import until_quiet

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]
Snap = Callable[..., bool]


def make_app(
    theme: str = "knight",
    mode: Mode = Mode.PAPER,
    trouble: Callable[[FakeDesk], None] = lambda desk: None,
    **fill: bool,
) -> KitApp:
    """The screen on fixed data, with what went wrong since."""
    clock = FakeClock()

    async def opener() -> Desk:
        desk = await FakeDesk(clock, mode).fill(**fill)
        trouble(desk)
        return desk

    return KitApp(opener, EarlyUi(theme=theme), clock=clock)


async def stands_still(pilot: Pilot[Any]) -> None:
    """Wait until the picture no longer changes, however busy the machine is."""
    before = ""
    for _ in range(50):
        await until_quiet(0.12, 0.3)
        await pilot.pause()
        now = pilot.app.export_screenshot()
        if now == before:
            return
        before = now


def pressing(*keys: str) -> Callable[[Pilot[Any]], Any]:
    """Waits until everything is shown, then presses keys."""

    async def run(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, KitApp)
        for _ in range(200):
            await pilot.pause()
            app.bridge.flush()
            card = app.main.chat.card
            if app.commands and (card.has_focus or not card.tickets):
                break
            await pilot.pause(0.01)
        await app.main.complete()  # what the app does after a second, and every second
        app.main.tick()
        await stands_still(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await stands_still(pilot)
        pilot.app.clear_notifications()
        await stands_still(pilot)

    return run


@pytest.mark.parametrize("theme", ["knight", "daylight"])
@pytest.mark.parametrize("size", SIZES, ids=[f"{w}x{h}" for w, h in SIZES])
def test_main_screen_with_a_ticket(snap_compare: Snap, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(make_app(theme), terminal_size=size, run_before=pressing())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_first_run_says_what_to_do(snap_compare: Snap, size: tuple[int, int]) -> None:
    assert snap_compare(
        make_app(ticket=False, empty=True), terminal_size=size, run_before=pressing()
    )


def test_before_the_desk_is_open(snap_compare: Snap) -> None:
    async def never() -> Desk:
        await asyncio.Event().wait()
        raise AssertionError

    app = KitApp(never, EarlyUi(), clock=FakeClock())
    assert snap_compare(app, terminal_size=(120, 40))


def test_real_money_is_unmistakable(snap_compare: Snap) -> None:
    assert snap_compare(make_app(mode=Mode.LIVE), terminal_size=(120, 40), run_before=pressing())


def everything(desk: FakeDesk) -> None:
    """Every kind of order and position, and an order of unknown outcome."""
    use_account(desk)
    fill_with_everything(desk)
    lose_an_order(desk)


def everything_without_the_venue(desk: FakeDesk) -> None:
    """The same, and the venue is down."""
    everything(desk)
    go_down(desk)


def not_armed(desk: FakeDesk) -> None:
    """Real money which nobody armed."""
    use_account(desk, "binance-alt", armed=False)


@pytest.mark.parametrize(
    ("size", "theme"), [((80, 24), "knight"), ((120, 40), "daylight")], ids=["80x24", "120x40"]
)
def test_a_venue_is_down(snap_compare: Snap, size: tuple[int, int], theme: str) -> None:
    app = make_app(theme, Mode.LIVE, go_down)
    assert snap_compare(app, terminal_size=size, run_before=pressing())


@pytest.mark.parametrize(
    ("size", "theme"), [((200, 60), "knight"), ((120, 40), "okabe")], ids=["200x60", "120x40"]
)
def test_an_unknown_order_freezes_its_pair(
    snap_compare: Snap, size: tuple[int, int], theme: str
) -> None:
    app = make_app(theme, Mode.LIVE, everything)
    assert snap_compare(app, terminal_size=size, run_before=pressing())


def test_a_live_account_that_is_not_armed(snap_compare: Snap) -> None:
    app = make_app("daylight", Mode.LIVE, not_armed)
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressing())


@pytest.mark.parametrize(
    ("size", "keys"),
    [((80, 24), ("o",)), ((120, 40), ("o",)), ((120, 40), ("o", "enter")), ((80, 24), ("f2",))],
    ids=["orders-80x24", "orders-120x40", "story-120x40", "connections-80x24"],
)
def test_dialogs_of_a_bad_day(
    snap_compare: Snap, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    app = make_app("knight", Mode.LIVE, everything_without_the_venue, ticket=False)
    assert snap_compare(app, terminal_size=size, run_before=pressing("escape", *keys))


def test_halted(snap_compare: Snap) -> None:
    assert snap_compare(make_app(ticket=False), terminal_size=(120, 40), run_before=pressing("f9"))


@pytest.mark.parametrize(
    "keys", [("n",), ("o",), ("question_mark",)], ids=["form", "orders", "help"]
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_dialogs(snap_compare: Snap, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    app = make_app(ticket=False)
    assert snap_compare(app, terminal_size=size, run_before=pressing("escape", *keys))


@pytest.mark.parametrize("pane", ["2", "3", "5", "8"])
def test_phone_panes(snap_compare: Snap, pane: str) -> None:
    app = make_app(ticket=False)
    assert snap_compare(app, terminal_size=(40, 20), run_before=pressing("escape", pane))


def test_a_low_screen_keeps_positions(snap_compare: Snap) -> None:
    assert snap_compare(make_app(), terminal_size=(100, 18), run_before=pressing())


def test_zoomed_pane(snap_compare: Snap) -> None:
    app = make_app(ticket=False)
    keys = ("escape", "3", "z", "z")
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressing(*keys))


def test_without_colour_the_focus_is_heavy(
    snap_compare: Snap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(make_app(), terminal_size=(120, 40), run_before=pressing())


def test_cards_in_the_conversation(snap_compare: Snap) -> None:
    from kit_tui.domain.cards import PortfolioCard, PositionsCard, RefusalCard, ReportCard
    from tests.support.fake_desk import (
        analysis,
        fill_of_btc,
        make_ticket,
        orders,
        portfolio,
        verdict,
    )  # fmt: skip

    clock = FakeClock()
    now = clock.now()

    async def opener() -> Desk:
        desk = await FakeDesk(clock).fill(ticket=False)
        draft = make_ticket(now).order
        desk.add_message("", cards=(RefusalCard(verdict=verdict(passed=False), draft=draft),))
        order = orders(now, Mode.PAPER)[2]
        desk.add_message("", cards=(ReportCard(order=order, fills=(fill_of_btc(now),)),))
        desk.add_message("", cards=(PortfolioCard(portfolio(now)),))
        desk.add_message("", cards=(PositionsCard(desk.positions(now)),))
        desk.add_message("", cards=(analysis(now),))
        return desk

    app = KitApp(opener, EarlyUi(), clock=clock)
    assert snap_compare(app, terminal_size=(160, 80), run_before=pressing())


SCENES: dict[str, tuple[Callable[[FakeDesk], None], tuple[str, ...]]] = {
    "thinking": (fake_turns.a_thought, ()),
    "running-tool": (fake_turns.a_running_tool, ()),
    "answer": (fake_turns.an_answer, ()),
    "opened-tools": (fake_turns.an_answer, ("ctrl+o",)),
    "question": (fake_turns.a_question, ()),
    "cut": (fake_turns.a_cut_answer, ()),
    "proposal": (fake_turns.a_proposal, ()),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_model_at_work(snap_compare: Snap, scene: str, size: tuple[int, int]) -> None:
    happened, keys = SCENES[scene]
    app = make_app(trouble=happened, ticket=False)
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


@pytest.mark.parametrize("scene", ["opened-tools", "question"])
def test_a_model_at_work_by_day(snap_compare: Snap, scene: str) -> None:
    happened, keys = SCENES[scene]
    app = make_app("daylight", trouble=happened, ticket=False)
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing(*keys))


@pytest.mark.parametrize("scene", ["running-tool", "opened-tools", "question"])
def test_a_model_at_work_without_colour(
    snap_compare: Snap, scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    happened, keys = SCENES[scene]
    app = make_app(trouble=happened, ticket=False)
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing(*keys))


@pytest.mark.parametrize(
    ("size", "theme"),
    [((80, 24), "knight"), ((120, 40), "phosphor"), ((200, 60), "ansi")],
    ids=["80x24", "120x40-phosphor", "200x60-ansi"],
)
def test_a_conversation_on_two_devices(
    snap_compare: Snap, size: tuple[int, int], theme: str
) -> None:
    app = make_app(theme, trouble=fake_people.two_devices, ticket=False)
    assert snap_compare(app, terminal_size=size, run_before=pressing())


def test_a_phone_that_does_not_hear(snap_compare: Snap) -> None:
    app = make_app("daylight", trouble=fake_people.telegram_waits, ticket=False)
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_who_may_speak(snap_compare: Snap, size: tuple[int, int]) -> None:
    app = make_app(trouble=fake_people.telegram_waits, ticket=False)
    keys = ("escape", "f2", "down", "down", "down", "u")
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


@pytest.mark.parametrize(
    ("size", "theme"),
    [((40, 20), "knight"), ((60, 20), "knight"), ((80, 24), "daylight"), ((120, 40), "ansi")],
    ids=["40x20", "60x20", "80x24", "120x40-ansi"],
)
def test_pairing(snap_compare: Snap, size: tuple[int, int], theme: str) -> None:
    app = make_app(theme, trouble=fake_people.pair_ann, ticket=False)
    keys = ("escape", "f2", "down", "down", "p")
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))
