"""A recommendation: the sketch of an analysis, sized by the risk rules; or no trade, and why."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.commands.command import Context
from kit_tui.domain.cards import AnalysisCard, Reply, TableCard
from kit_tui.domain.errors import KitError
from kit_tui.domain.numbers import Price, plain
from kit_tui.domain.size import Size
from kit_tui.skills import wording
from kit_tui.skills.market_analysis.collect import Inputs
from kit_tui.skills.market_analysis.words import source
from kit_tui.trading.reports import check_text

RISK = Decimal("0.01")


async def recommendation(ctx: Context, inputs: Inputs, analysis: Reply) -> Reply:
    """What an analysis recommends; every figure is its own or the risk rules'."""
    card = next(card for card in analysis.cards if isinstance(card, AnalysisCard))
    end = source(card, inputs.ticker, inputs.now)
    why_not, sized = _not_to_trade(card, inputs), None
    if not why_not:
        sized, why_not = await _sized(ctx, card)
    if sized is None or why_not:
        rows: tuple[tuple[str, str], ...] = (
            ("Answer", "no trade"), ("Because", why_not), ("Would change it", card.invalidation),
        )  # fmt: skip
        said = f"**No trade** in {card.pair}: {why_not} {card.invalidation}"
    else:
        rows, said = _rows(card, sized), _said(card, sized)
    title = f"Recommendation: {card.pair} {card.timeframe}"
    table = TableCard(title=title, columns=("what", "figure"), rows=rows)
    return Reply(text=f"{said}\n\n{end}", cards=(table, card))


def _said(card: AnalysisCard, sized: Size) -> str:
    """The whole idea in a few sentences, for whoever shows no table."""
    named = dict(_rows(card, sized))
    return (
        f"**Long {card.pair}**: {'; '.join(card.reasons)}.\n"
        f"Entry {named['Entry']}; stop {named['Stop']}; target {named['Target']}; "
        f"{named['Reward to risk']}. Size {named['Size']}. Limited by {named['Limited by']}. "
        f"{card.invalidation}"
    )


def _not_to_trade(card: AnalysisCard, inputs: Inputs) -> str:
    """Why the analysis itself gives no entry; empty if it does."""
    reasons = "; ".join(card.reasons)
    if card.bias == "short":
        return f"it leans short ({reasons}), and coins are not shorted: stay out or reduce."
    if card.bias != "long":
        return f"the bias is neutral ({reasons})."
    if inputs.ticker is None:
        return "there is no quote to enter at."
    if card.entry is None or card.stop is None or card.target is None:
        return "the ATR is not known, so there is no stop to size by."
    return ""


async def _sized(ctx: Context, card: AnalysisCard) -> tuple[Size | None, str]:
    """The size by the risk rules, and why there is none."""
    if card.stop is None:
        return None, "there is no stop."
    try:
        sized = await ctx.proposals.size(card.pair, Price(card.stop), risk=RISK)
    except KitError as error:
        return None, error.message
    failed = sized.verdict.failed or (sized.verdict_wanted.failed if not sized.quantity else ())
    if failed:
        return None, f"it would be refused by {check_text(failed[0])}."
    return sized, "" if sized.quantity > 0 else "no size passes the limits."


def _rows(card: AnalysisCard, sized: Size) -> tuple[tuple[str, str], ...]:
    target = card.target or card.price
    risk = sized.entry - sized.stop
    away = {
        name: wording.percent(level / sized.entry - 1)
        for name, level in (("stop", sized.stop), ("target", target))
    }
    reward = wording.grouped((target - sized.entry) / risk, 1) if risk > 0 else wording.MISSING
    base, quote = card.pair.base, card.pair.quote
    return (
        ("Entry", f"{wording.price(sized.entry)}, at market"),
        ("Stop", f"{wording.price(sized.stop)} ({away['stop']})"),
        ("Target", f"{wording.price(target)} ({away['target']})"),
        ("Reward to risk", f"{reward} R"),
        (
            "Size",
            f"{wording.amount(sized.quantity)} {base}, {wording.money(sized.notional, quote)}; "
            f"a stop-out loses {wording.money(sized.loss, quote)}, fees not counted",
        ),
        ("Limited by", _limited(sized)),
        ("Wrong if", card.invalidation),
        (
            "To propose",
            f"/order buy {card.pair} market base_amount={plain(sized.quantity)} "
            f"stop_loss={plain(sized.stop)} take_profit={plain(target)}",
        ),
    )


def _limited(sized: Size) -> str:
    risk = f"the risk of {wording.percent(sized.risk, 0, sign=False)} of equity"
    if not sized.cap:
        return f"{risk}, no other limit"
    check = next((c for c in sized.verdict_wanted.failed if c.name == sized.cap), None)
    cap = check_text(check) if check is not None else sized.cap
    return f"{cap} ({risk} alone would be {wording.amount(sized.wanted)} {sized.pair.base})"
