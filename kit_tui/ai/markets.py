"""Which market an order is for, and in which currency its amounts are."""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai import asking
from kit_tui.ai.assets import DEFAULT_QUOTE, Assets
from kit_tui.ai.drafts import Draft, prices_of
from kit_tui.ai.pricing import priced
from kit_tui.ai.tokens import Token
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair


def assets_of(tokens: Sequence[Token]) -> list[Token]:
    """The markets a message names, each once."""
    found: dict[str, Token] = {}
    for token in tokens:
        if token.kind == "asset":
            base = token.unit.split("/")[0]
            if base not in found or token.exact:
                found[base] = token
    return list(found.values())


def only_pair(tokens: Sequence[Token], assets: Assets) -> Pair | None:
    """The one market a message names, quoted as typed or in the default currency."""
    named = assets_of(tokens)
    if len(named) != 1:
        return None
    return Pair(named[0].unit) if named[0].exact else assets.pair(named[0].unit, DEFAULT_QUOTE)


def asked_pair(tokens: Sequence[Token], assets: Assets) -> Pair | None:
    """The market a message asks about: `the price of ETH in euros` is that of ETH/EUR."""
    pair = only_pair(tokens, assets)
    currencies = {token.unit for token in tokens if token.kind == "currency"}
    if pair is None or len(currencies) != 1 or assets_of(tokens)[0].exact:
        return pair
    return assets.pair(pair.base, currencies.pop()) or pair


def find_pair(draft: Draft, tokens: Sequence[Token]) -> Intent | None:
    """Set the draft's pair; returns the question when it cannot be told."""
    named = assets_of(tokens)
    wanted = _currencies(draft)
    if not named:
        question = asking.ASSET_QUESTION[draft.action]
        order = priced(draft)
        if order.intent is Action.CLARIFY:
            return order
        known = {**prices_of(order), **draft.sizes(), "amount": draft.slots.bare}
        return draft.ask_for(question, "asset missing", **known)
    asset = named[0]
    if asset.exact:
        draft.pair = Pair(asset.unit)
        return _quote_problem(draft, draft.pair, wanted)
    if len(wanted) > 1:
        return draft.ask("In which currency?", "two currencies")
    quote = next(iter(wanted), DEFAULT_QUOTE)
    draft.pair = draft.assets.pair(asset.unit, quote)
    if draft.pair is None:
        return _unlisted(draft, asset.unit, quote)
    return None


def _currencies(draft: Draft) -> set[str]:
    slots = draft.slots
    stated = (slots.amount, slots.price, slots.stop, slots.target)
    units = {token.unit for token in stated if token is not None and token.unit}
    return units | ({slots.quote} if slots.quote else set())


def _quote_problem(draft: Draft, pair: Pair, wanted: set[str]) -> Intent | None:
    """An amount in another currency than the pair is quoted in; `$` is USD where USD is."""
    typed = {t.text for t in (draft.slots.amount, draft.slots.price) if t is not None}
    dollars = pair.quote == "USD" and not any("usdt" in text for text in typed)
    others = {unit for unit in wanted if unit != pair.quote}
    if not others or (dollars and others == {"USDT"}):
        return None
    other = min(others)
    number = draft.slots.amount.value if draft.slots.amount else None
    shown = plain(number) if number is not None else "that"
    question = (
        f"{pair} is quoted in {pair.quote}: {shown} {pair.quote} of {pair}, "
        f"or {shown} {other} of {pair.base}/{other}?"
    )
    slots = draft.slots
    if slots.price or slots.stop or slots.target or slots.types or slots.condition:
        return draft.ask(question, f"amount in {other}")
    choices = asking.units(number, pair.quote, other) if number is not None else ()
    if draft.assets.pair(pair.base, other) is None:
        choices = ()
    return draft.ask_for(question, f"amount in {other}", amount=number, choices=choices)


def _unlisted(draft: Draft, base: str, quote: str) -> Intent:
    listed = ", ".join(f"{base}/{other}" for other in draft.assets.quotes_of(base)[:3])
    hint = f" Listed: {listed}." if listed else ""
    return draft.ask(f"{base}/{quote} is not listed here.{hint}", "not listed")
