"""What is sent without asking: a person's own words only, within the caps, until a halt."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kit_tui.ai.engine import OFFLINE
from kit_tui.domain.autonomy import OFFLINE_GRAMMAR, READ_BY_PEOPLE, Autonomy
from kit_tui.domain.cards import TableCard
from kit_tui.domain.errors import KitError, UsageError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode, Side
from kit_tui.domain.risk import TradingState
from kit_tui.domain.ticket import OrderRequest, Ticket, TicketState
from kit_tui.settings.model import AutonomySettings
from kit_tui.trading.answers import Answer
from kit_tui.trading.publish import local_day
from tests.support.scripted_exchange import BTC, Fault
from tests.trading.bench import OWNER, PHONE, VIEWER, Bench, RefusedError, bench
from tests.trading.test_commands import run

CAPS = AutonomySettings(
    threshold=Decimal(300), daily_orders=3, daily_notional=Decimal(500)
)  # reached within a few orders
SEMI, FULL, MANUAL = Autonomy.SEMI_AUTO, Autonomy.FULL_AUTO, Autonomy.MANUAL
MODEL = "claude-sonnet-5-5"


async def raised(desk: Bench, level: Autonomy = SEMI, caps: AutonomySettings = CAPS) -> None:
    """Restart with these caps, and let the owner raise the level."""
    desk.settings = replace(desk.settings, autonomy_limits=caps)
    await desk.restart()
    await desk.engine.set_autonomy(level, level.value.upper(), by=OWNER)


async def ticket(
    desk: Bench, usdt: str = "100", read_by: str = OFFLINE_GRAMMAR, *, sell: str = ""
) -> Ticket:
    request = OrderRequest(
        side=Side.SELL if sell else Side.BUY, pair=BTC,
        quote_amount=None if sell else Decimal(usdt), fraction=Decimal(sell) if sell else None,
        reduce_only=bool(sell),
    )  # fmt: skip
    proposal = await desk.engine.propose(request, principal=OWNER, words="as said", read_by=read_by)
    if proposal.ticket is None:
        raise RefusedError(proposal.reply.text)
    return proposal.ticket


async def sent(desk: Bench, usdt: str = "100", read_by: str = OFFLINE_GRAMMAR) -> Answer | None:
    return await desk.engine.answer_by_autonomy(await ticket(desk, usdt, read_by))


def test_the_grammars_name_is_the_engines() -> None:
    assert OFFLINE == OFFLINE_GRAMMAR


async def test_everything_is_asked_about_at_first(desk: Bench) -> None:
    assert desk.engine.autonomy.level is MANUAL
    asked = await ticket(desk)
    assert desk.engine.autonomy.may_send_unasked(asked) == (False, "autonomy is manual")
    assert await desk.engine.answer_by_autonomy(asked) is None
    assert desk.venue.sent == []


async def test_what_is_sent_unasked_says_by_what_and_how_much_is_used(desk: Bench) -> None:
    await raised(desk)
    answer = await sent(desk)
    assert answer is not None
    assert answer.ticket is not None
    assert (answer.ticket.answered_by, answer.ticket.answered_on) == ("semi-auto", "autonomy")
    assert answer.reply.text.endswith(
        "Sent without asking: semi-auto, 1 of 3 orders, 100.50 of 500 USDT today."
    )
    assert len(desk.venue.sent) == 1


@pytest.mark.parametrize("read_by", ["", MODEL, "Offline Grammar", "agent", "form "])
async def test_what_no_person_said_word_for_word_is_asked_about(desk: Bench, read_by: str) -> None:
    await raised(desk, FULL)
    assert await sent(desk, read_by=read_by) is None
    assert desk.venue.sent == []


async def test_semi_auto_asks_from_the_threshold_on_and_full_auto_does_not(desk: Bench) -> None:
    await raised(desk)
    large = await ticket(desk, "299")  # its worst price brings it to the threshold
    why = desk.engine.autonomy.may_send_unasked(large)
    assert why == (False, "300.50 USDT reaches the threshold of 300 USDT")
    assert await sent(desk, "298") is not None
    await desk.engine.set_autonomy(FULL, "FULL-AUTO", by=OWNER)
    desk.settings = replace(desk.settings, autonomy_limits=AutonomySettings())
    assert desk.engine.autonomy.level is FULL


async def test_full_auto_has_no_threshold_with_pretended_money(desk: Bench) -> None:
    await raised(desk, FULL)
    assert await sent(desk, "400") is not None


async def test_with_real_money_even_full_auto_asks_from_the_threshold_on(live: Bench) -> None:
    await raised(live, FULL)
    assert await sent(live, "400") is None
    assert await sent(live, "200") is not None


async def test_real_money_that_is_not_armed_is_asked_about(tmp_path: Path) -> None:
    async with bench(tmp_path, mode=Mode.LIVE) as desk:
        await raised(desk)
        asked = await ticket(desk)
        await desk.engine.disarm(OWNER)
        assert desk.engine.autonomy.may_send_unasked(asked)[1] == (
            "test is not armed for real money"
        )
        assert await desk.engine.answer_by_autonomy(asked) is None
        await desk.engine.set_autonomy(MANUAL, "", by=PHONE)
        with pytest.raises(UsageError, match="not armed"):
            await desk.engine.set_autonomy(SEMI, "SEMI-AUTO", by=OWNER)
        assert desk.venue.sent == []


async def test_exits_are_sent_at_any_worth_and_count_too(desk: Bench) -> None:
    for _ in range(2):
        await desk.buy(usdt="160")
    await raised(desk)
    leaving = await ticket(desk, sell="1")
    assert await desk.engine.answer_by_autonomy(leaving) is not None
    assert desk.held() == 0
    assert desk.engine.autonomy.used == (1, Decimal(320))


async def test_the_daily_caps_hold_over_a_restart_and_end_with_the_day(desk: Bench) -> None:
    await raised(desk)
    assert await sent(desk, "240") is not None
    await desk.restart()
    assert desk.engine.autonomy.level is SEMI
    assert await sent(desk, "240") is not None
    refused = await ticket(desk, "100")
    assert desk.engine.autonomy.may_send_unasked(refused)[1] == (
        "100.50 USDT is more than the 17.60 USDT left today"
    )
    await desk.poll(24 * 3600)
    assert desk.engine.autonomy.used == (0, Decimal(0))
    assert await sent(desk, "100") is not None


async def test_a_clock_set_back_begins_no_day_anew(desk: Bench) -> None:
    """E15."""
    await raised(desk)
    await desk.poll(24 * 3600)
    assert await sent(desk, "240") is not None
    desk.clock.advance(-24 * 3600)
    assert desk.engine.autonomy.used[0] == 1


async def test_two_at_once_do_not_share_the_last_place(desk: Bench) -> None:
    await raised(desk, caps=replace(CAPS, daily_orders=1))
    asked = [await ticket(desk) for _ in range(3)]
    answers = await asyncio.gather(*(desk.engine.answer_by_autonomy(t) for t in asked))
    assert sum(answer is not None for answer in answers) == 1
    assert len(desk.venue.sent) == 1


async def test_an_order_without_an_answer_counts(desk: Bench) -> None:
    await raised(desk)
    desk.venue.faults.append(Fault.TIMEOUT_AFTER)
    answer = await sent(desk)
    assert answer is not None
    assert "Sent without asking" in answer.reply.text
    assert desk.engine.autonomy.used[0] == 1


async def test_a_price_that_moved_is_offered_anew_and_nothing_is_counted(desk: Bench) -> None:
    await raised(desk)
    asked = await ticket(desk)
    desk.venue.set_price(BTC, "50300")
    answer = await desk.engine.answer_by_autonomy(asked)
    assert answer is not None
    assert answer.order is None
    assert answer.ticket is not None
    assert (answer.ticket.asked_by, answer.ticket.state) == ("Ada", TicketState.PENDING)
    assert desk.engine.autonomy.used == (0, Decimal(0))
    assert desk.venue.sent == []


async def test_partial_equity_is_asked_about(desk: Bench) -> None:
    await raised(desk)
    asked = await ticket(desk)
    desk.venue.balances_down = True
    await desk.engine.tick()
    assert desk.engine.autonomy.may_send_unasked(asked)[1] == "equity is only partly known"
    assert await desk.engine.answer_by_autonomy(asked) is None


# -- raising and lowering --------------------------------------------------------------------------

AWAY = Principal(channel="telegram", user="9", name="Ada away", role=Role.OWNER)


@pytest.mark.parametrize("who", [PHONE, VIEWER, AWAY])
async def test_only_the_owner_at_the_terminal_raises(desk: Bench, who: Principal) -> None:
    with pytest.raises(KitError, match="owner at this machine"):
        await desk.engine.set_autonomy(SEMI, "SEMI-AUTO", by=who)
    assert desk.engine.autonomy.level is MANUAL


@pytest.mark.parametrize("word", ["", "semi-auto", "FULL-AUTO", "yes", "SEMI-AUTO "])
async def test_raising_needs_its_own_word(desk: Bench, word: str) -> None:
    with pytest.raises(UsageError, match="typed out"):
        await desk.engine.set_autonomy(SEMI, word, by=OWNER)
    assert desk.engine.autonomy.level is MANUAL


async def test_lowering_needs_nothing_and_works_from_the_phone(desk: Bench) -> None:
    await raised(desk, FULL)
    reply = await desk.engine.set_autonomy(MANUAL, "", by=PHONE)
    assert "every order is asked about" in reply.text
    with pytest.raises(KitError, match="not trade"):
        await desk.engine.set_autonomy(MANUAL, "", by=VIEWER)


@pytest.mark.parametrize("how", ["halt", "kill", "guard"])
async def test_a_halt_lowers_it_for_good_and_says_so(desk: Bench, how: str) -> None:
    await raised(desk)
    if how == "halt":
        reply = await desk.engine.halt("enough", by="Ada")
        assert "Every order is asked about again (test)." in reply.text
    elif how == "kill":
        await desk.engine.kill("Ada")
    else:
        desk.engine.state.restrict(TradingState.HALTED, "the day's loss", "risk guard")
    assert desk.engine.autonomy.level is MANUAL
    with pytest.raises(UsageError, match="halted"):
        await desk.engine.set_autonomy(SEMI, "SEMI-AUTO", by=OWNER)
    await desk.restart()
    assert "asks before every order again: trading is halted" in desk.notices()
    await desk.engine.resume(OWNER)
    assert desk.engine.autonomy.level is MANUAL
    await desk.restart()
    assert desk.engine.autonomy.level is MANUAL


async def test_the_commands_show_raise_and_list_what_waits(desk: Bench) -> None:
    desk.settings = replace(desk.settings, autonomy="full-auto")
    await desk.restart()
    shown = (await run(desk, "autonomy_status", VIEWER)).text
    assert "test is manual: every order is asked about." in shown
    assert "The settings wish for full-auto" in shown
    assert (await run(desk, "pending")).text == "No tickets wait for an answer."
    asked = await ticket(desk, read_by=MODEL)
    desk.clock.advance(7)
    reply = await run(desk, "pending")
    (card,) = reply.cards
    assert isinstance(card, TableCard)
    assert card.rows == (
        (
            "1", "BTC/USDT buy 0.002 BTC at market", "100.00 USDT", "Ada on terminal", MODEL, "7 s",
            "in 53 s", asked.hash[:8],
        ),
    )  # fmt: skip
    shown = (await run(desk, "autonomy semi-auto SEMI-AUTO")).text
    assert "Used today: 0 of 20 orders, 0 of 2,000 USDT." in shown
    assert (await run(desk, "autonomy manual")).text.startswith("test is manual")


# -- over any sequence -----------------------------------------------------------------------------

acts = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(["40", "120", "240", "310"])),
    st.tuples(st.just("ask"), st.sampled_from(["40", "120", "240", "310"])),
    st.tuples(st.just("model"), st.sampled_from(["40", "120"])),
    st.tuples(st.just("sell"), st.sampled_from(["0.5", "1"])),
    st.tuples(st.just("raise"), st.sampled_from(["semi-auto", "full-auto"])),
    st.tuples(st.just("wait"), st.sampled_from(["60", "40000", "86400", "-40000"])),
    st.tuples(st.just("restart"), st.just("")),
    st.tuples(st.just("halt"), st.just("")),
    st.tuples(st.just("resume"), st.just("")),
    st.tuples(st.just("fault"), st.sampled_from(["REJECT", "TIMEOUT_AFTER", "PARTIAL"])),
)


async def act(desk: Bench, name: str, figure: str) -> None:
    """One thing that happens; what an engine would be asked for is asked for."""
    match name:
        case "ask":
            await sent(desk, figure)
        case "model":
            asked = await ticket(desk, figure, MODEL)
            before = len(desk.venue.sent)
            assert await desk.engine.answer_by_autonomy(asked) is None
            assert len(desk.venue.sent) == before
        case "sell":
            await desk.engine.answer_by_autonomy(await ticket(desk, sell=figure))
        case "raise":
            await desk.engine.set_autonomy(Autonomy(figure), figure.upper(), by=OWNER)
        case "wait":
            await desk.poll(float(figure))
        case "restart":
            await desk.restart()
        case "halt":
            await desk.engine.halt("enough", by="Ada")
        case "resume":
            await desk.engine.resume(OWNER)
        case "fault":
            desk.venue.faults.append(Fault[figure])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(acts, max_size=25))
def test_caps_hold_over_any_sequence_and_no_model_sends(walk: list[tuple[str, str]]) -> None:
    async def go() -> None:
        with tempfile.TemporaryDirectory() as home:
            async with bench(Path(home)) as desk:
                await raised(desk)
                for name, figure in walk:
                    with suppress(KitError):  # a refusal is an answer too
                        await act(desk, name, figure)
                check(desk)

    asyncio.run(go())


def check(desk: Bench) -> None:
    """Counted from the tickets, by the day each was sent on; no day begins a second time."""
    tickets = desk.journal.ledger.tickets.values()
    unasked = [t for t in tickets if t.answered_on == "autonomy"]
    unasked = [t for t in unasked if t.state is TicketState.APPROVED]
    assert all(t.read_by in READ_BY_PEOPLE for t in unasked)
    days: dict[str, list[Decimal]] = defaultdict(list)
    today = ""
    for each in unasked:
        assert each.answered_at is not None
        today = max(today, local_day(each.answered_at, "UTC"))
        days[today].append(each.order.notional)
    for worths in days.values():
        assert len(worths) <= CAPS.daily_orders
        assert sum(worths) <= CAPS.daily_notional
