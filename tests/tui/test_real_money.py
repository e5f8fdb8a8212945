"""The screen for real money: venues that come and go, orders nobody knows, whose money it is."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kit_tui.domain.cards import Reply
from kit_tui.domain.numbers import Price
from kit_tui.domain.orders import Mode, OrderStatus
from kit_tui.domain.trust import AccountTrust
from kit_tui.gateway.desk import Outcome
from kit_tui.state.slices import APPROVALS, CONNECTIONS, ORDERS, POSITIONS, TRUST, Connection
from kit_tui.tui.cards.protection import with_stop, with_target
from kit_tui.tui.cards.ticket import CardState, compact_rows, ticket_rows
from kit_tui.tui.order_rows import group_marks, order_cells, order_table, sorted_orders
from kit_tui.tui.panes.content import PaneContent
from kit_tui.tui.panes.positions import positions_content
from kit_tui.tui.screens.connections import ConnectionsScreen, connections_page
from kit_tui.tui.screens.dialog import Sheet
from kit_tui.tui.screens.order_story import OrderStory
from kit_tui.tui.spans import text_of, width_of
from kit_tui.tui.table import Column, table
from kit_tui.tui.trust import calm_age, entry_block
from kit_tui.tui.view import View
from tests.support.clock import FakeClock
from tests.support.fake_desk import BTC, ETH, D, FakeDesk, make_ticket
from tests.support.fake_trouble import (
    come_back,
    every_kind_of_order,
    fill_with_everything,
    go_down,
    lose_an_order,
    use_account,
)
from tests.tui.driving import Stage, stage


def page_of(stand: Stage) -> str:
    """What the sheet of the topmost dialog shows."""
    return "\n".join(text_of(line) for line in stand.app.screen.query_one(Sheet).page)


async def view_of(desk: FakeDesk, width: int = 120, height: int = 30) -> View:
    """The store as a pane of this size looks at it."""
    return View(store=desk.store, now=desk.clock.now(), width=width, height=height)


# A venue that goes away and comes back


async def test_a_venue_that_goes_down_is_seen_marked_and_blocks_entries_until_it_is_back() -> None:
    async with stage(ticket=True) as stand:
        assert "binance ● 43ms" in stand.text("#status")
        go_down(stand.desk)
        await stand.settle()
        assert "binance ✗ down 40s" in stand.text("#status")
        assert "10,432.10 partial" in stand.text("#status")
        assert "+20.08*" in stand.text("#positions")
        assert "stale 40s" in stand.text("#positions")
        assert "partial" in stand.text("#positions")
        assert "✗ binance down 40s" in stand.text("#ticket")
        assert "[a]pprove" not in stand.text("#ticket")
        come_back(stand.desk)
        await stand.settle()
        assert "binance ● 51ms" in stand.text("#status")
        assert "partial" not in stand.text("#status") + stand.text("#positions")
        assert "stale" not in stand.text("#positions")
        assert "binance down" not in stand.text("#ticket")


async def test_a_blocked_entry_is_not_sent_and_says_why_but_can_be_rejected() -> None:
    async with stage(ticket=True) as stand:
        go_down(stand.desk)
        stand.clock.advance(2)
        await stand.settle()
        await stand.press("a")
        assert not stand.asked("approve")
        await stand.press("r")
        assert stand.asked("reject")


async def test_what_reduces_is_never_blocked() -> None:
    desk = await FakeDesk(FakeClock()).fill()
    go_down(desk)
    lose_an_order(desk)
    draft = make_ticket(desk.clock.now()).order
    view = await view_of(desk)
    assert entry_block(view, draft)
    assert entry_block(view, msgspec.structs.replace(draft, reduce_only=True)) == ""


def test_the_age_of_an_outage_counts_calmly() -> None:
    ages = [calm_age(seconds) for seconds in (3, 12, 19.9, 42, 59, 60, 185, 7300)]
    assert ages == ["<10s", "10s", "10s", "40s", "50s", "1m", "3m", "2h"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "up", "latency_ms": 43.0}, "● live"),
        ({"state": "connecting"}, "○ connecting"),
        (
            {"state": "degraded", "detail": "2 of 8 quotes are missing."},
            "2 of 8 quotes are missing",
        ),
        ({"state": "degraded", "wait": 42}, "rate limited, 50 s"),
        ({"state": "down", "wait": 3600}, "banned until 15:03"),
        ({"state": "down", "ago": 200}, "✗ down 3m"),
        ({"state": "up", "clock_offset_s": -2.34}, "off by 2.3 s"),
    ],
)
async def test_every_state_of_a_connection_has_its_words(
    fields: dict[str, object], words: str
) -> None:
    desk = await FakeDesk(FakeClock()).fill()
    now = desk.clock.now()
    wait, ago = fields.pop("wait", None), fields.pop("ago", 0)
    until = now + timedelta(seconds=float(str(wait))) if wait else None
    since = now - timedelta(seconds=float(str(ago)))
    connection = Connection(name="kraken", kind="venue", state="up", since=since, until=until)
    desk.store.publish(CONNECTIONS, (msgspec.structs.replace(connection, **fields),))
    text = "\n".join(text_of(line) for line in connections_page(await view_of(desk), 100))
    assert words in text


async def test_f2_shows_connections_also_while_typing_and_ages_go_on() -> None:
    async with stage() as stand:
        go_down(stand.desk)
        await stand.press("f2")
        assert isinstance(stand.app.screen, ConnectionsScreen)
        assert "No answer within 10 s. It is asked again until it answers." in page_of(stand)
        stand.clock.advance(30)
        stand.app.screen._fill()
        assert "down 1m" in page_of(stand)
        await stand.press("f2")
        assert len(stand.app.screen_stack) == 1


# Orders of unknown outcome


async def test_an_unknown_order_is_explained_where_it_stands_and_freezes_its_pair() -> None:
    async with stage(size=(200, 60)) as stand:
        lose_an_order(stand.desk)
        await stand.settle()
        assert "? 1 unknown" in stand.text("#status")
        assert "BTC/USDT ?" in stand.text("#positions")
        assert "frozen" in stand.text("#positions")
        assert "BTC ?" in stand.text("#watchlist")
        await stand.press("escape", "o")
        page = " ".join(page_of(stand).split())
        assert "sent 14:02:12, no answer for <1m; asking binance by its id (3 times so far)" in page
        assert "no new entries in BTC/USDT until known; nothing is sent twice" in page
        held = stand.desk.store.get(ORDERS) or ()
        stand.desk.store.publish(
            ORDERS,
            tuple(
                msgspec.structs.replace(o, status=OrderStatus.ACCEPTED)
                if o.status is OrderStatus.UNKNOWN else o
                for o in held
            ),
        )  # fmt: skip
        use_account(stand.desk, "main")
        await stand.settle()
        assert "unknown" not in stand.text("#status") + page_of(stand)
        assert "BTC/USDT ?" not in stand.text("#positions")


async def test_an_unknown_entry_freezes_its_pair_even_before_trust_is_published() -> None:
    desk = await FakeDesk(FakeClock()).fill()
    lose_an_order(desk)
    desk.store.forget(TRUST)
    draft = make_ticket(desk.clock.now()).order
    assert "frozen: order #0033 has no known outcome" in entry_block(await view_of(desk), draft)
    other = msgspec.structs.replace(draft, pair=ETH)
    assert entry_block(await view_of(desk), other) == ""


async def test_enter_tells_the_story_of_the_order_under_the_cursor() -> None:
    async with stage() as stand:
        fill_with_everything(stand.desk)
        await stand.settle()
        await stand.press("escape", "o", "down", "enter")
        assert isinstance(stand.app.screen, OrderStory)
        ((_, command, arguments),) = stand.asked("run")
        assert command == "why"
        page = page_of(stand)
        assert f"{arguments['order'][-4:]}" in stand.app.screen.query_one(Sheet).heading  # type: ignore[index]  # a dict
        assert "What happened" in page
        await stand.press("escape")
        assert len(stand.app.screen_stack) == 2


async def test_the_cursor_stops_at_orders_only() -> None:
    async with stage() as stand:
        fill_with_everything(stand.desk)
        lose_an_order(stand.desk)
        await stand.settle()
        await stand.press("escape", "o")
        sheet = stand.app.screen.query_one(Sheet)
        seen = [sheet.selected_key()]
        for _ in range(4):
            await stand.press("down")
            seen.append(sheet.selected_key())
        assert seen[0] == "0033"
        assert None not in seen
        assert len(set(seen)) == 5


async def test_orders_say_where_they_live_how_they_trail_and_what_belongs_together() -> None:
    desk = await FakeDesk(FakeClock()).fill()
    orders = sorted_orders(every_kind_of_order(desk.clock.now(), Mode.LIVE))
    wide = order_table(await view_of(desk), orders, 150)
    text = "\n".join(text_of(line) for line in wide.body)
    for words in ("⌂ watched here", "placed outside", "trailing 1.5%", "limit post-only", "▍40%"):
        assert words in text
    assert group_marks(orders)[:2] == ["┌", "└"]
    narrow = order_table(await view_of(desk), orders, 72)
    text = "\n".join(text_of(line) for line in narrow.body)
    assert "where" in narrow.hidden
    assert "resting ⌂" in text
    assert "resting outside" in text
    assert "partial 40%" in text


async def test_quantities_stand_with_their_points_under_each_other() -> None:
    desk = await FakeDesk(FakeClock()).fill()
    orders = every_kind_of_order(desk.clock.now(), Mode.LIVE)
    cells = [order_cells(await view_of(desk), order) for order in orders]
    laid = table((Column("quantity", "QTY", "point"),), cells, 40)
    points = {text_of(line).find(".") for line in laid.body} - {-1}
    assert len(points) == 1
    assert len({len(text_of(line)) for line in laid.body}) == 1


# Whose money


@pytest.mark.parametrize(
    ("mode", "badge", "approve"),
    [
        (Mode.LIVE, " LIVE ", "[a]pprove LIVE"),
        (Mode.SANDBOX, "◖SANDBOX◗", "[a]pprove"),
        (Mode.PAPER, "◖PAPER◗", "[a]pprove"),
        (Mode.DEMO, "◖DEMO◗", "[a]pprove"),
    ],
)
async def test_the_mode_stands_in_the_status_row_and_on_the_ticket(
    mode: Mode, badge: str, approve: str
) -> None:
    async with stage(ticket=True, mode=mode) as stand:
        stand.clock.advance(2)
        stand.app.main.tick()
        await stand.settle()
        assert badge in stand.text("#status")
        assert mode.value.upper() in stand.text("#ticket")
        assert approve in stand.text("#ticket")
        assert ("pprove LIVE" in stand.text("#ticket")) == (mode is Mode.LIVE)


async def test_a_named_account_stands_beside_the_mode() -> None:
    async with stage(mode=Mode.LIVE, size=(200, 60)) as stand:
        use_account(stand.desk, "binance-alt")
        await stand.settle()
        assert " LIVE  binance-alt " in stand.text("#status")


async def test_a_live_account_that_is_not_armed_says_the_command() -> None:
    async with stage(mode=Mode.LIVE, ticket=True) as stand:
        use_account(stand.desk, "binance", armed=False)
        await stand.settle()
        assert "not armed" in stand.text("#status")
        assert "not armed: /live" in stand.text("#ticket")
        await stand.press("f2")
        assert "/live binance" in page_of(stand)


async def test_refused_keys_are_told_with_the_way_out() -> None:
    async with stage(mode=Mode.LIVE, size=(200, 60)) as stand:
        use_account(stand.desk, "binance", keys_refused="binance refused the keys: revoked")
        await stand.settle()
        assert "✗ keys refused" in stand.text("#status")
        await stand.press("f2")
        assert "kit connect binance --rotate" in page_of(stand)


# The ticket card


async def test_s_and_t_propose_the_order_anew_with_stop_and_target() -> None:
    async with stage(ticket=True) as stand:
        stand.clock.advance(2)
        await stand.press("t")
        ((_, request),) = stand.asked("propose")
        assert request.take_profit == Price("67012.4") * D("1.06")  # type: ignore[attr-defined]  # an OrderRequest
        assert request.stop_loss == Price("65672.0")  # type: ignore[attr-defined]  # an OrderRequest
        assert request.base_amount == D("0.00149")  # type: ignore[attr-defined]  # an OrderRequest
        assert stand.asked("reject") == [("reject", "0012")]


async def test_a_change_that_is_refused_leaves_the_ticket_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage(ticket=True) as stand:

        async def refused(request: object, *, instead_of: str) -> Outcome:
            return Outcome(reply=Reply(text="The target is too near.", ok=False))

        monkeypatch.setattr(stand.desk, "propose", refused)
        stand.clock.advance(2)
        await stand.press("s")
        assert not stand.asked("reject")
        stand.app.main.tick()
        assert "[a]pprove" in stand.text("#ticket")
        (ticket,) = stand.desk.store.get(APPROVALS) or ()
        assert ticket.id == "0012"


def test_switching_a_stop_twice_takes_it_away_again() -> None:
    draft = make_ticket(FakeClock().now()).order
    assert with_stop(draft, D("0.02")).stop_loss is None
    bare = msgspec.structs.replace(draft, stop_loss=None)
    assert with_stop(bare, D("0.02")).stop_loss == Price("67012.4") * D("0.98")
    assert with_target(bare, D("0.06")).stop_loss is None


@pytest.mark.parametrize("width", [30, 33, 40, 46])
@pytest.mark.parametrize("more", [
    {}, {"stop_loss": None}, {"take_profit": Price("71033.0")},
    {"take_profit": Price("71033.0"), "post_only": True, "leverage": D(3)},
    {"stop_loss": None, "trail": D("0.015"), "reduce_only": True, "emulated": True},
])  # fmt: skip
def test_a_card_keeps_its_size_and_shows_every_promise(width: int, more: dict[str, object]) -> None:
    now = FakeClock().now()
    ticket = make_ticket(now, Mode.LIVE)
    ticket = msgspec.structs.replace(ticket, order=msgspec.structs.replace(ticket.order, **more))
    state = CardState(focused=True, offers=(D("0.02"), D("0.06")), tick=D("0.1"))
    full, small = ticket_rows(ticket, now, 46, state), compact_rows(ticket, now, width, state)
    assert (len(full), len(small)) == (11, 7)
    assert all(width_of(line) == 46 for line in full)
    assert all(width_of(line) == width for line in small)
    text = "\n".join(text_of(line) for line in full)
    for flag, words in (("post_only", "post-only"), ("leverage", " 3×"), ("trail", "1.5%"),
                        ("reduce_only", "reduce only"), ("take_profit", "71,033.0"),
                        ("emulated", "watched here")):  # fmt: skip
        assert (words in text) == bool(more.get(flag)), flag
    assert BTC in text


async def test_the_palette_offers_the_other_accounts() -> None:
    from kit_tui.tui.palette_provider import entries

    async with stage() as stand:
        names = ("paper", "binance-alt", "main")
        stand.desk.store.publish(
            CONNECTIONS, tuple(Connection(name=n, kind="account", state="up") for n in names)
        )
        found = {name: run for name, _, run in entries(stand.app) if name.startswith("Account ")}
        assert set(found) == {"Account paper", "Account binance-alt"}
        found["Account paper"]()
        await stand.settle()
        assert stand.asked("send") == [("send", "/account paper")]


# What is not known is not empty


async def test_no_position_is_shown_as_none_before_the_books_agreed_once() -> None:
    desk = await FakeDesk(FakeClock()).fill()
    desk.store.publish(POSITIONS, ())
    assert "No open positions" in text_of_pane(positions_content(await view_of(desk)))
    trust = AccountTrust(account="binance", unreconciled="binance gave unreadable balances.")
    desk.store.publish(TRUST, trust)
    unknown = text_of_pane(positions_content(await view_of(desk)))
    assert "not known yet: binance gave unreadable balances" in unknown
    assert "No open positions" not in unknown
    agreed = msgspec.structs.replace(trust, reconciled_at=desk.clock.now())
    desk.store.publish(TRUST, agreed)
    assert "No open positions" in text_of_pane(positions_content(await view_of(desk)))


async def test_without_an_engine_what_is_held_is_not_known() -> None:
    view = await view_of(FakeDesk(FakeClock()))
    assert "no engine answers" in text_of_pane(positions_content(view))


def text_of_pane(content: PaneContent) -> str:
    """What a pane says above its rows."""
    return " ".join(text_of(line) for line in content.head)


async def test_a_stop_that_trails_on_the_venue_is_no_missing_stop() -> None:
    desk = await FakeDesk(FakeClock()).fill()

    def cells(pane: PaneContent) -> str:
        return "\n".join(text_of(line) for line in pane.body)

    held = (desk.store.get(POSITIONS) or ())[0]
    bare = msgspec.structs.replace(held.position, stop_price=None)
    desk.store.publish(POSITIONS, (msgspec.structs.replace(held, position=bare),))
    desk.store.publish(ORDERS, ())
    assert "none !" in cells(positions_content(await view_of(desk)))
    stop = next(o for o in every_kind_of_order(desk.clock.now(), Mode.LIVE) if o.trail is not None)
    stop = msgspec.structs.replace(stop, pair=bare.pair, stop_price=None, trail=D("0.04"))
    desk.store.publish(ORDERS, (stop,))
    shown = cells(positions_content(await view_of(desk)))
    assert "trail 4%" in shown
    assert "none !" not in shown


async def test_a_ticket_approved_while_it_was_changed_leaves_one_order_not_two() -> None:
    async with stage(ticket=True) as stand:
        rejecting = stand.desk.reject
        (old,) = stand.desk.store.get(APPROVALS) or ()

        async def too_late(ticket_id: str) -> Outcome:
            done = await rejecting(ticket_id)
            if ticket_id != old.id:
                return done
            return Outcome(reply=Reply(text="Ticket was approved on telegram.", ok=False))

        stand.desk.reject = too_late  # type: ignore[method-assign]  # as the engine answers then
        stand.clock.advance(1.1)
        await stand.press("s")
        assert [call[1] for call in stand.asked("reject")] == [old.id, "0013"]
