"""The rate budget: windows, reserve, shares, bans; nothing is let through above a limit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit_tui.domain.errors import OrderRejectedError, RateLimitedError
from kit_tui.exchanges.budget import Budget, Budgets, Cost, Purpose
from tests.support.clock import FakeClock

READ, ENTRY, EXIT, CANCEL = Purpose.READ, Purpose.ENTRY, Purpose.EXIT, Purpose.CANCEL


def budget(clock: FakeClock, limit: float = 100, share: float = 1.0) -> Budget:
    made = Budget(clock, share=share)
    made.limit("weight", limit, 60)
    return made


async def spend(made: Budget, weight: float, purpose: Purpose = READ) -> None:
    await made.spend("venue", [Cost("weight", weight)], purpose)


async def test_reads_and_entries_leave_the_reserve_to_exits_and_cancels() -> None:
    made = budget(FakeClock())
    await spend(made, 85)
    with pytest.raises(RateLimitedError) as waiting:
        await spend(made, 1)
    assert waiting.value.retry_after == pytest.approx(60)
    with pytest.raises(OrderRejectedError) as refused:
        await spend(made, 1, ENTRY)
    assert refused.value.code == "RATE_LIMIT"
    await spend(made, 10, EXIT)
    await spend(made, 5, CANCEL)
    with pytest.raises(OrderRejectedError):
        await spend(made, 1, EXIT)
    with pytest.raises(RateLimitedError):
        await spend(made, 1, CANCEL)


async def test_bulk_reading_leaves_room_for_polls() -> None:
    made = budget(FakeClock())
    await spend(made, 59, Purpose.BULK)
    with pytest.raises(RateLimitedError):
        await spend(made, 1, Purpose.BULK)
    await spend(made, 26)


async def test_a_read_waits_a_little_for_room_and_an_entry_not_at_all() -> None:
    clock = FakeClock()
    made = budget(clock)
    await spend(made, 85)
    clock.advance(57)
    with pytest.raises(OrderRejectedError):
        await spend(made, 1, ENTRY)
    await spend(made, 80)
    assert clock.monotonic() == pytest.approx(60)


async def test_what_others_use_of_a_limit_is_counted_by_the_venue() -> None:
    clock = FakeClock()
    made = budget(clock)
    await spend(made, 10)
    made.seen("weight", 80)
    assert made.pressure("weight") == pytest.approx(80 / 85)
    with pytest.raises(RateLimitedError):
        await spend(made, 10)
    await spend(made, 10, CANCEL)
    clock.advance(60)
    await spend(made, 80)
    made.seen("unheard of", 5)


async def test_of_n_instances_each_takes_its_share() -> None:
    made = budget(FakeClock(), share=1 / 4)
    await spend(made, 21)
    with pytest.raises(RateLimitedError):
        await spend(made, 1)
    await spend(made, 3, CANCEL)


async def test_a_bucket_that_was_closed_opens_in_time_and_others_stay_open() -> None:
    clock = FakeClock()
    made = budget(clock)
    made.limit("other", 10, 60)
    made.close("weight", 20)
    with pytest.raises(RateLimitedError):
        await spend(made, 1)
    await made.spend("venue", [Cost("other", 1)], READ)
    await spend(made, 1, CANCEL)  # waits for it
    assert clock.monotonic() == pytest.approx(20)
    made.close("a bucket without a limit", 7)
    assert made.banned_for == pytest.approx(7)


async def test_a_ban_holds_for_everything_and_ends() -> None:
    clock = FakeClock()
    made = budget(clock)
    made.ban(240)
    for purpose, error in ((READ, RateLimitedError), (CANCEL, RateLimitedError),
                           (ENTRY, OrderRejectedError), (EXIT, OrderRejectedError)):  # fmt: skip
        with pytest.raises(error, match="nothing was sent"):
            await spend(made, 1, purpose)
    clock.advance(240)
    await spend(made, 1)


def test_accounts_of_one_venue_and_address_share_a_budget() -> None:
    known = Budgets(FakeClock(), share=0.5)
    assert known.of("binance") is known.of("binance")
    assert known.of("binance", "http://one") is not known.of("binance", "http://two")
    assert known.of("binance", sandbox=True) is not known.of("binance")
    assert known.of("kraken").share == 0.5
    known.set_share(1 / 3)
    assert known.of("binance").share == known.of("kraken").share == pytest.approx(1 / 3)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.sampled_from(Purpose), st.floats(0, 30)), max_size=60)
)
async def test_no_minute_whatever_its_start_holds_more_than_the_limit(
    steps: list[tuple[int, Purpose, float]],
) -> None:
    clock = FakeClock()
    made, sent = budget(clock), list[tuple[float, int]]()
    for weight, purpose, pause in steps:
        clock.advance(pause)
        try:
            await spend(made, weight, purpose)
        except (OrderRejectedError, RateLimitedError):
            continue
        sent.append((clock.monotonic(), weight))
    for start, _ in sent:
        assert sum(w for at, w in sent if start <= at < start + 59.999) <= 100
