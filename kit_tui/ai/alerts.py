"""Alerts: being told when a market crosses a level, and looking after those that exist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from kit_tui.ai import asking
from kit_tui.ai.asking import ask
from kit_tui.ai.assets import Assets
from kit_tui.ai.guards import Mood
from kit_tui.ai.markets import assets_of, only_pair
from kit_tui.ai.tokens import Token, first, has
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

_ASKED_FOR = re.compile(
    r"\b(?:alerts?|alarme?|alarmiere|notify|notification|ping|remind|warn|warne|benachrichtige|"
    r"bescheid|melde dich|melde|erinnere)\b|\b(?:tell|text|message|let) me (?:know )?"
    r"(?:when|if|once)\b|\blet me know\b|\bheads[ -]up\b|\bsag mir,? wenn\b"
)
_REMOVE = re.compile(r"\b(?:delete|remove|clear|cancel|drop|lösche?|entferne|kill|stop)\b")
_LIST = re.compile(
    r"(?: (?:show|list|what are|see|view|zeige?|display|check))?(?: me)?(?: all| alle)?"
    r"(?: my| the| mir| meine)?(?: active| open| aktiven)?(?: price)? (?:alerts|alarme|alert list)"
)
_PAUSE = re.compile(r"\b(pause|resume|mute|unmute|disable|enable|pausiere)\b")
_ABOVE = re.compile(
    r">|\b(?:above|over|exceeds?|higher|rises?|climbs?|goes up|breaks out|past|tops|über|ueber|"
    r"steigt|übersteigt|more than|greater|pumps?|breaks)\b"
)
_BELOW = re.compile(
    r"<|\b(?:below|under|beneath|lower|drops?|falls?|dips?|goes down|less than|loses|breaks down|"
    r"unter|fällt|faellt|sinkt|unterschreitet|dumps?)\b"
)
_OTHER = re.compile(
    r"\b(rsi|macd|bollinger|volume|volumen|funding|drawdown|portfolio|equity|pnl|atr|ema|sma)\b"
)
_STRENGTH = re.compile(r"\b(?:below|under|unter|beneath|<|above|over|über|>)\b")


def is_alert(text: str) -> bool:
    """Whether a message is about alerts."""
    return _ASKED_FOR.search(text) is not None


def read_alert(
    text: str, words: Sequence[str], tokens: Sequence[Token], assets: Assets, mood: Mood
) -> Intent:
    """An alert to set, list, pause or remove, or the question about it."""
    pair = only_pair(tokens, assets)
    if mood.negated:
        return asking.chat("Nothing was changed about the alerts.", pair)
    managed = _managed(text, tokens, pair)
    if managed is not None:
        return managed
    if mood.past or (mood.asked and not _polite(words)):
        return asking.chat("Alerts: say for example 'alert me when SOL is above 200'.", pair)
    if has(tokens, "buy", "sell", "close", "cancel", "convert"):
        return asking.refuse(asking.SEVERAL, pair=pair, note="an alert and an order")
    return _wanted(text, tokens, pair)


def _managed(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    bare = re.sub(r"[^a-zäöüß ]+", " ", text).strip()
    if _LIST.fullmatch(f" {' '.join(bare.split())}"):
        return Intent(intent=Action.ALERT, condition="list")
    number = first(tokens, "id", "num")
    order_id = number.text if number is not None else None
    if re.search(r"\b(?:alerts?|alarme?)\b", text) is None:
        return None
    if _REMOVE.search(text) and not _STRENGTH.search(text):
        return Intent(intent=Action.ALERT, condition="remove", pair=pair, order_id=order_id)
    paused = _PAUSE.search(text)
    if paused and not _STRENGTH.search(text):
        resumes = paused[1] in ("resume", "unmute", "enable")
        what = "resume" if resumes else "pause"
        return Intent(intent=Action.ALERT, condition=what, pair=pair, order_id=order_id)
    return None


def _polite(words: Sequence[str]) -> bool:
    return tuple(words[:2]) in {
        ("can", "you"),
        ("could", "you"),
        ("would", "you"),
        ("kannst", "du"),
    }


def _wanted(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent:
    bad = first(tokens, "bad")
    if bad is not None:
        question = f"I do not read '{asking.shown(bad)}': {bad.unit}. Which number is meant?"
        return ask(question, pair=pair, note=bad.unit)
    if len(assets_of(tokens)) > 1:
        return asking.refuse("One alert at a time: which market first?", note="several markets")
    direction = _direction(text)
    numbers = [token for token in tokens if token.kind in ("num", "money")]
    share = first(tokens, "percent", "signed")
    other = _OTHER.search(text)
    if pair is None and not (other and other[1] in ("portfolio", "equity", "pnl", "drawdown")):
        price = numbers[0].value if len(numbers) == 1 else None
        return Intent(
            intent=Action.CLARIFY, question="An alert on which market?", about=Action.ALERT,
            price=price, direction=direction, note="asset missing",
        )  # fmt: skip
    if share is not None:
        return _change(text, pair, direction, share, first(tokens, "duration"))
    if len(numbers) != 1:
        about = Action.ALERT if pair is not None and not numbers and not other else None
        question = (
            f"At which price should I tell you about {pair.base}?" if pair else "At what level?"
        )
        asked = ask(question, pair=pair, about=about, note="level missing")
        return msgspec.structs.replace(asked, direction=direction)
    value = numbers[0].value or Decimal(0)
    if other:
        sign = {"above": ">", "below": "<"}.get(direction, "=")
        return Intent(
            intent=Action.ALERT, pair=pair, direction=direction,
            condition=f"{other[1]} {sign} {plain(value)}",
        )  # fmt: skip
    return Intent(intent=Action.ALERT, pair=pair, price=value, direction=direction)


def _change(
    text: str, pair: Pair | None, direction: str, share: Token, over: Token | None
) -> Intent:
    sign = {"above": "+", "below": "-"}.get(direction, "")
    within = f" in {over.text}" if over is not None else ""
    return Intent(
        intent=Action.ALERT, pair=pair, direction=direction if sign else None,
        condition=f"change {sign}{plain(share.value or Decimal(0))}%{within}",
        timeframe=over.text if over is not None else None,
    )  # fmt: skip


def _direction(text: str) -> str:
    above, below = _ABOVE.search(text), _BELOW.search(text)
    if above and not below:
        return "above"
    if below and not above:
        return "below"
    if above and below:
        # "falls over the edge": the comparison word nearest to the end names the side.
        last_above = max(found.start() for found in _ABOVE.finditer(text))
        last_below = max(found.start() for found in _BELOW.finditer(text))
        return "above" if last_above > last_below else "below"
    return "crosses"
