"""A recommendation is an analysis sized by the risk rules, or no trade with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kit_tui.domain.cards import AnalysisCard, Reply, TableCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price, Quantity, plain
from kit_tui.domain.orders import Side
from kit_tui.domain.pair import Pair
from kit_tui.domain.risk import Check, Verdict
from kit_tui.domain.size import Size
from kit_tui.skills.market_analysis import MarketAnalysis
from tests.domain.examples import a_draft
from tests.skills.context import Bench, NoProposals
from tests.support.market import BTC, make_ticker, walk

PASSED = Verdict(passed=True, checks=())
TOO_LARGE = Verdict(
    passed=False,
    checks=(
        Check(
            name="maxPositionSize", code="MAX_POSITION_SIZE", unit="fraction",
            limit=Decimal("0.1"), value=Decimal(0), after=Decimal("0.5"), passed=False,
        ),
    ),
)  # fmt: skip
HALTED = Verdict(
    passed=False,
    checks=(
        Check(
            name="tradingState", code="TRADING_HALTED", unit="state", passed=False,
            detail="trading is halted: enough",
        ),
    ),
)  # fmt: skip


@dataclass
class Sized(NoProposals):
    """Sizes as it is told to: `quantity` of what was wanted."""

    quantity: str = "0.02"
    verdict: Verdict = PASSED
    asked: tuple[Pair, Price, Decimal] | None = None
    problem: str = ""

    async def size(
        self, pair: Pair, stop: Price, *, risk: Decimal, entry: Price | None = None
    ) -> Size:
        self.asked = (pair, stop, risk)
        if self.problem:
            raise KitError(self.problem)
        quantity = Quantity(self.quantity)
        return Size(
            pair=pair, side=Side.BUY, entry=entry or Price(stop * Decimal("1.02")), stop=stop,
            risk=risk, equity=Decimal(10_000), reference="USDT", wanted=Quantity("0.1"),
            quantity=quantity, cap="maxPositionSize", verdict=self.verdict,
            verdict_wanted=TOO_LARGE, draft=a_draft() if quantity else None,
        )  # fmt: skip


def bench(drift: float, proposals: Sized | None = None) -> Bench:
    ctx = Bench(proposals=proposals or Sized())
    ctx.market.closes[BTC] = walk(400, start=67_000.0, drift=drift)
    return ctx


async def recommended(ctx: Bench) -> Reply:
    return await MarketAnalysis().recommend(ctx, BTC)


def analysis_of(reply: Reply) -> AnalysisCard:
    return next(card for card in reply.cards if isinstance(card, AnalysisCard))


async def test_a_long_idea_has_entry_stop_target_size_cap_and_what_proves_it_wrong() -> None:
    sized = Sized()
    reply = await recommended(bench(0.003, sized))
    card = analysis_of(reply)
    assert card.bias == "long"
    assert card.target is not None
    assert sized.asked == (BTC, card.stop, Decimal("0.01"))
    table = reply.cards[0]
    assert isinstance(table, TableCard)
    rows = {row[0]: row[1] for row in table.rows}
    assert list(rows) == [
        "Entry", "Stop", "Target", "Reward to risk", "Size", "Limited by", "Wrong if", "To propose",
    ]  # fmt: skip
    assert rows["Limited by"].startswith("maxPositionSize: 50 % of equity, limit 10 %")
    assert rows["Wrong if"] == card.invalidation
    assert f"take_profit={plain(card.target)}" in rows["To propose"]
    assert "closed candles to" in reply.text
    assert "quote 0 s old" in reply.text
    assert reply.text.endswith("Not advice.")


async def test_a_market_that_leans_short_is_no_trade_on_spot() -> None:
    reply = await recommended(bench(-0.003))
    assert analysis_of(reply).bias == "short"
    assert reply.text.startswith("**No trade** in BTC/USDT: it leans short")
    assert "stay out or reduce" in reply.text


async def test_a_neutral_market_is_no_trade_with_what_would_change_it() -> None:
    ctx = bench(0.0)
    ctx.market.closes[BTC] = [100.0, 101.0]
    reply = await recommended(ctx)
    assert "the bias is neutral" in reply.text
    assert reply.text.endswith("Not advice.")


async def test_without_a_quote_there_is_no_entry() -> None:
    ctx = bench(0.003)
    ctx.market.failures["ticker"] = KitError("silent")
    assert "there is no quote to enter at" in (await recommended(ctx)).text


async def test_what_the_risk_rules_refuse_is_no_trade() -> None:
    for sized, why in (
        (Sized(verdict=HALTED), "refused by tradingState: trading is halted: enough"),
        (Sized(quantity="0"), "refused by maxPositionSize"),
        (Sized(problem="Equity is only partly known."), "Equity is only partly known."),
    ):
        reply = await recommended(bench(0.003, sized))
        assert reply.text.startswith("**No trade**")
        assert why in reply.text


async def test_the_figures_are_those_of_the_analysis() -> None:
    ctx = bench(0.003)
    ctx.market.tickers[BTC] = make_ticker(BTC, str(round(ctx.market.closes[BTC][-1], 2)))
    reply = await recommended(ctx)
    shown = await MarketAnalysis().analyze(ctx, BTC)
    assert analysis_of(reply) == analysis_of(shown)
