"""Much real money on the screen: the pair is typed, or nothing is sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from textual import events

from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.slices import APPROVALS
from kit_tui.tui.cards.ticket import CardState, compact_rows, ticket_rows
from kit_tui.tui.screens.dialog import Sheet
from kit_tui.tui.screens.typed_pair import TypedPairScreen
from kit_tui.tui.spans import text_of, width_of
from tests.support.clock import FakeClock
from tests.support.fake_desk import D, FakeDesk, make_ticket
from tests.support.fake_trouble import go_down
from tests.tui.driving import Stage, stage
from tests.tui.test_snapshots import Snap, make_app, pressing

SIZES = [(120, 40), (80, 24), (40, 20)]


def large(ticket: Ticket) -> Ticket:
    """The same order for 1,250 USDT of real money."""
    order = msgspec.structs.replace(ticket.order, notional=D(1250))
    return msgspec.structs.replace(ticket, order=order, needs_pair=True)


def make_large(desk: FakeDesk) -> None:
    """The ticket that waits is much real money."""
    held = desk.store.get(APPROVALS) or ()
    desk.store.publish(APPROVALS, tuple(large(ticket) for ticket in held))


def page_of(stand: Stage) -> str:
    """What the dialog shows, its frame left out."""
    sheet = stand.app.screen.query_one(Sheet)
    return " ".join(" ".join(text_of(line).strip("│╭╮╰╯ ") for line in sheet.rows).split())


async def asked(stand: Stage) -> TypedPairScreen:
    """`a` was pressed on the ticket, which was there long enough to be read."""
    make_large(stand.desk)
    await stand.settle()
    await stand.press("f4")
    stand.clock.advance(2)
    await stand.press("a")
    screen = stand.app.screen
    assert isinstance(screen, TypedPairScreen)
    return screen


def is_open(stand: Stage) -> bool:
    return isinstance(stand.app.screen, TypedPairScreen)


@pytest.mark.parametrize("size", SIZES, ids=["120x40", "80x24", "40x20"])
async def test_the_pair_is_typed_and_that_very_ticket_is_approved(size: tuple[int, int]) -> None:
    async with stage(ticket=True, mode=Mode.LIVE, size=size) as stand:
        screen = await asked(stand)
        assert not stand.asked("approve"), "the key alone sends nothing"
        assert "Type BTC/USDT to approve BUY 0.00149 BTC, 1,250.00 USDT of real money." in (
            page_of(stand)
        )
        assert "45e1e400" in page_of(stand)
        await stand.press(*"btc/usd", "enter")
        assert "btc/usd is not it. Type BTC/USDT to approve; nothing was sent." in page_of(stand)
        assert not stand.asked("approve")
        await stand.press("t", "enter")
        assert stand.asked("approve") == [
            ("approve", "0012", screen.ticket.hash, "btc/usdt"),
        ]
        assert not is_open(stand)


async def test_enter_alone_says_what_is_missing() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        await stand.press("enter")
        assert "! Type BTC/USDT to approve; nothing was sent." in page_of(stand)
        await stand.press(*"eth", "backspace", "ctrl+u", *"btc", "enter")
        assert stand.asked("approve")


async def test_what_is_pasted_was_not_typed() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        screen = await asked(stand)
        screen.post_message(events.Paste("BTC/USDT"))
        await stand.settle()
        assert "Nothing was pasted" in page_of(stand)
        await stand.press("enter")
        assert not stand.asked("approve")


async def test_escape_leaves_the_ticket_waiting() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        await stand.press(*"btc", "escape")
        assert not is_open(stand)
        assert not stand.asked("approve")
        assert not stand.asked("reject")
        assert [t.state for t in stand.desk.store.get(APPROVALS) or ()] == [TicketState.PENDING]
        stand.clock.advance(2)
        await stand.press("a")
        assert isinstance(stand.app.screen, TypedPairScreen)
        assert stand.app.screen.typed == "", "what was typed for it before does not count"


async def test_halt_works_while_the_pair_is_typed() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        await stand.press("b", "f9")
        assert stand.asked("halt")


async def test_a_venue_that_is_gone_by_now_gets_no_order() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        go_down(stand.desk)
        await stand.settle()
        await stand.press(*"btc", "enter")
        assert "Not sent: " in page_of(stand)
        assert not stand.asked("approve")


async def test_expiry_closes_it() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        screen = await asked(stand)
        stand.clock.advance(61)
        screen.tick()
        await stand.settle()
        assert not is_open(stand)


async def test_nothing_is_approved_in_the_moment_of_expiry() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        await stand.press(*"btc")
        stand.clock.advance(61)
        await stand.press("enter")
        assert not is_open(stand)
        assert not stand.asked("approve")


async def test_an_answer_from_elsewhere_closes_it() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        stand.desk.answer_elsewhere("0012")
        await stand.settle()
        assert not is_open(stand)
        assert not stand.asked("approve")


@pytest.mark.parametrize("kept", [True, False], ids=["changed", "gone"])
async def test_a_ticket_that_is_another_by_now_closes_it(kept: bool) -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        await asked(stand)
        (ticket,) = stand.desk.store.get(APPROVALS) or ()
        other = msgspec.structs.replace(ticket, hash="0" * 64)
        stand.desk.store.publish(APPROVALS, (other,) if kept else ())
        await stand.settle()
        assert not is_open(stand)
        assert not stand.asked("approve")


async def test_another_ticket_that_comes_does_not_disturb_it() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        screen = await asked(stand)
        more = make_ticket(stand.clock.now(), Mode.LIVE, number="0013")
        stand.desk.store.publish(APPROVALS, (more, *(stand.desk.store.get(APPROVALS) or ())))
        await stand.settle()
        await stand.press(*"btc", "enter")
        ((_, number, given, _),) = stand.asked("approve")
        assert (number, given) == ("0012", screen.ticket.hash)


async def test_rejecting_and_small_orders_ask_for_nothing() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        stand.clock.advance(2)
        await stand.press("a")
        ((_, number, _),) = stand.asked("approve")
        assert number == "0012"
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        make_large(stand.desk)
        stand.clock.advance(2)
        await stand.press("r")
        assert stand.asked("reject") == [("reject", "0012")]


@pytest.mark.parametrize("width", [33, 40, 46])
def test_the_card_says_that_the_pair_is_typed(width: int) -> None:
    now = FakeClock().now()
    ticket, state = large(make_ticket(now, Mode.LIVE)), CardState(focused=True)
    rows = ticket_rows(ticket, now, 46, state) + compact_rows(ticket, now, width, state)
    text = "\n".join(text_of(line) for line in rows)
    assert "[a] type pair" in text_of(rows[9])
    assert ("[a] type pair" if width >= 35 else "[a] pair") in text_of(rows[-2])
    assert "pprove" not in text
    assert {width_of(line) for line in rows} == {46, width}


async def test_the_bottom_row_names_the_key() -> None:
    async with stage(ticket=True, mode=Mode.LIVE) as stand:
        make_large(stand.desk)
        await stand.settle()
        assert stand.app.main.chat.card.hints()[0] == "a type pair"


@pytest.mark.parametrize("size", [(80, 24), (40, 20)], ids=["80x24", "40x20"])
def test_the_dialog_looks(snap_compare: Snap, size: tuple[int, int]) -> None:
    """After a wrong pair."""

    async def before(pilot: Any) -> None:
        await pressing()(pilot)
        assert isinstance(app.clock, FakeClock)
        app.clock.advance(2)
        await pressing("a", *"eth", "enter")(pilot)

    app = make_app(mode=Mode.LIVE, trouble=make_large)
    assert snap_compare(app, terminal_size=size, run_before=before)
