"""Alerts: being told when a market crosses a level, and looking after those that exist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from kit_tui.ai import alert_words as said
from kit_tui.ai import asking
from kit_tui.ai.asking import ask
from kit_tui.ai.assets import Assets
from kit_tui.ai.enquiry import asks_how
from kit_tui.ai.guards import Mood
from kit_tui.ai.markets import assets_of, only_pair
from kit_tui.ai.queries import timeframe_of
from kit_tui.ai.tokens import Token, first, has
from kit_tui.ai.wordlists import either, words
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.numbers import plain
from kit_tui.domain.pair import Pair

_NOUN = re.compile(rf"\b{either(said.NOUNS)}\b")
_ASKS = re.compile(rf"\b{either(said.ASKS)}\b")
_WAITS = either(said.WAITS)
_MOVES = either(f"{said.ABOVE}|{said.BELOW}|{said.REACHES}")
_TELLS = rf"(?:{either(said.TELLS)} {either(said.ME)}|{either(said.TELLS_ALONE)})"
_LEVEL = rf"(?:\d|\b{_MOVES}\b)"
_TOLD_WHEN = re.compile(
    rf"\b{_TELLS}\b.*(?:\b{_WAITS}\b.*{_LEVEL}|\b(?:at|bei) \$?\d)|"
    rf"^(?:[a-z]+ )?{_WAITS}\b.*{_LEVEL}.*\b{_TELLS}\b"
)
_ADVICE = re.compile(rf"\b{_TELLS}\b (?:{said.ADVICE})\b")
_REMOVE = re.compile(rf"\b{either(said.REMOVES)}\b")
_LISTS = re.compile(rf"\b{either(said.LISTS)}\b")
_PLURAL = re.compile(
    r"\b(?:alerts|alarms|alarme|\w+alarme|reminders|notifications|benachrichtigungen|alert list)\b"
)
_OFF = re.compile(r"\b(?:turn|switch|schalte?|mach|stelle?|take)\b.*\b(off|on|aus|ab|an)\b")
_PAUSE = re.compile(rf"\b({either(said.PAUSES)})\b")
_ABOVE = re.compile(rf">|\b{either(said.ABOVE)}\b")
_BELOW = re.compile(rf"<|\b{either(said.BELOW)}\b")
_ACCOUNT = words("portfolio equity pnl drawdown account profit")
_MEASURED = re.compile(
    r"\b(rsi|macd|bollinger|volume|volumen|funding|drawdown|portfolio|equity|p ?& ?l|pnl|atr|ema|"
    r"sma|stochastic|adx|account|profit|position)\b"
)
_MEASURES = {"volumen": "volume", "account": "equity", "profit": "pnl", "position": "pnl"}
# What happens to a market without a number being named.
_EVENTS = (
    (re.compile(r"\bmacd\b.*\b(?:cross\w*|kreuzt)\b|\bmacd (?:signal|cross)\b"), "macd cross"),
    (re.compile(r"\b(?:upper|obere\w*)\b.*\bboll\w+|\bboll\w+.*\b(?:upper|top)\b"),
     "bollinger upper"),
    (re.compile(r"\b(?:lower|untere\w*)\b.*\bboll\w+|\bboll\w+.*\b(?:lower|bottom)\b"),
     "bollinger lower"),
    (re.compile(r"\bvolumen?\b.*\b(?:spik\w*|surg\w*|unusual|anomal\w*)\b|"
                r"\b(?:spike|surge|unusual)\b.*\bvolumen?\b"), "volume spike"),
    (re.compile(r"\b(?:ema|sma|ma)\b.*\bcross\w*\b|\bgolden cross\b|\bdeath cross\b"), "ma cross"),
    (re.compile(r"\b(?:engulfing|doji|hammer|candle pattern|shooting star)\b"), "candle pattern"),
)  # fmt: skip
_CLOCK = re.compile(r"\b\d{1,2}(?::\d\d)? ?(?:am|pm|uhr|o'clock)\b")
_GAINS = re.compile(r"\b(?:profit|gain\w*|up)\b")
_MORE = re.compile(r"\bmore than\b")
# Words of direction that say nothing about where a level lies.
_UPPER = re.compile(r"\b(?:heads up|heads-up|wake me up|hit me up|upper|lower)\b")
ALERT_ONE = "One alert at a time: which market first?"
ALERT_CLOCK = "Alerts watch markets, not the clock. Name a price."
WHICH_MARKET = "An alert on which market?"
_RESUMES = ("resume", "unmute", "enable", "turn on", "switch on", "activate", "aktiviere",
            "einschalten", "turn an")  # fmt: skip
_STRENGTH = re.compile(r"\b(?:below|under|unter|beneath|<|above|over|über|>)\b")


def is_alert(text: str) -> bool:
    """Whether a message is about alerts."""
    if _NOUN.search(text):
        return True
    if _ADVICE.search(text):
        return False
    return _ASKS.search(text) is not None or _TOLD_WHEN.search(text) is not None


def read_alert(
    text: str, spoken: Sequence[str], tokens: Sequence[Token], assets: Assets, mood: Mood
) -> Intent:
    """An alert to set, list, pause or remove, or the question about it."""
    pair = only_pair(tokens, assets)
    if mood.negated:
        return asking.chat("Nothing was changed about the alerts.", pair)
    if asks_how(text):
        return Intent(intent=Action.HELP)
    managed = None if _trades(tokens) else _managed(text, tokens, pair)
    if managed is not None:
        return managed
    asked = "?" in text or (mood.asked and spoken[:1] != ["when"])
    if mood.past or (asked and not _polite(spoken)):
        return asking.chat("Alerts: say for example 'alert me when SOL is above 200'.", pair)
    if _trades(tokens) or (has(tokens, "close", "cancel") and "close to" not in text):
        return asking.refuse(asking.SEVERAL, pair=pair, note="an alert and an order")
    return _wanted(text, tokens, pair)


def _trades(tokens: Sequence[Token]) -> bool:
    return has(tokens, "buy", "sell", "convert")


def _managed(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    number = first(tokens, "id", "num", "money")
    order_id = number.text if number is not None else None
    if _NOUN.search(text) is None:
        return None
    if number is None and _lists(text):
        return Intent(intent=Action.ALERT, condition="list", pair=pair)
    if _STRENGTH.search(text):
        return None
    if _REMOVE.search(text):
        return Intent(intent=Action.ALERT, condition="remove", pair=pair, order_id=order_id)
    paused, apart = _PAUSE.search(text), _OFF.search(text)
    if paused or apart:
        verb = paused[1] if paused else f"turn {apart[1]}" if apart else ""
        what = "resume" if verb in _RESUMES else "pause"
        return Intent(intent=Action.ALERT, condition=what, pair=pair, order_id=order_id)
    return None


def _lists(text: str) -> bool:
    """Whether alerts that exist are asked for; nothing is done to them and none is wished."""
    if not _PLURAL.search(text) or _REMOVE.search(text) or _PAUSE.search(text):
        return False
    bare = re.fullmatch(r"\W*(?:\w+ )?\w+\W*", text) is not None
    return not _OFF.search(text) and (bare or _LISTS.search(text) is not None)


def _polite(spoken: Sequence[str]) -> bool:
    return tuple(spoken[:2]) in {
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
    if len(assets_of(tokens)) > 1 or _CLOCK.search(text):
        why = ALERT_ONE if len(assets_of(tokens)) > 1 else ALERT_CLOCK
        return asking.refuse(why, pair=pair, note="no such alert")
    direction = _direction(text)
    numbers = [token for token in tokens if token.kind in ("num", "money")]
    measured = _MEASURED.search(text)
    measure = "".join(measured[1].split()) if measured else ""
    measure = _MEASURES.get(measure.replace("&", "n"), measure.replace("&", "n"))
    share = first(tokens, "percent", "signed")
    if pair is None and measure not in _ACCOUNT:
        price = numbers[0].value if len(numbers) == 1 and not measure and not share else None
        about = Action.ALERT if price is not None or not (measure or numbers or share) else None
        asked = ask(WHICH_MARKET, about=about, note="asset missing")
        return msgspec.structs.replace(asked, price=price, direction=direction)
    if measure:
        return _indicator(text, tokens, pair, measure)
    if share is not None:
        return _change(text, pair, direction, share, first(tokens, "duration"))
    event = _event(text)
    if event:
        return _alert(text, pair, direction, event)
    if len(numbers) != 1:
        about = Action.ALERT if pair is not None and not numbers else None
        asked = ask(level_question(pair), pair=pair, about=about, note="level missing")
        return msgspec.structs.replace(asked, direction=direction)
    return Intent(intent=Action.ALERT, pair=pair, price=numbers[0].value, direction=direction)


def level_question(pair: Pair | None) -> str:
    """Asks at which price an alert shall fire."""
    return f"At which price should I tell you about {pair.base}?" if pair else "At what level?"


def _event(text: str) -> str:
    return next((name for found, name in _EVENTS if found.search(text)), "")


def _alert(text: str, pair: Pair | None, direction: str | None, condition: str) -> Intent:
    return Intent(
        intent=Action.ALERT, pair=pair, direction=direction, condition=condition,
        timeframe=timeframe_of(text),
    )  # fmt: skip


def _indicator(text: str, tokens: Sequence[Token], pair: Pair | None, measure: str) -> Intent:
    """An alert on an indicator or a figure of the account: one threshold, or an event."""
    direction = _direction(text)
    levels = _levels(tokens)
    if len(levels) == 1:
        sign = {"above": ">", "below": "<"}.get(direction, "crosses")
        level = plain(levels[0].value or Decimal(0))
        unit = "%" if levels[0].kind in ("percent", "signed") else ""
        if measure == "pnl" and direction == "below" and not _GAINS.search(text):
            level = f"-{level}"  # a loss of 5 % is a profit of -5 %
        return _alert(text, pair, direction, f"{measure} {sign} {level}{unit}")
    event = _event(text)
    if event and not levels:
        return _alert(text, pair, direction, event)
    return ask(f"One level for {measure}: which?", pair=pair, note="level missing")


def _levels(tokens: Sequence[Token]) -> list[Token]:
    """The thresholds a message names; in `rsi 14 below 30` that is what follows `below`."""
    found = [t for t in tokens if t.kind in ("num", "money", "percent", "signed")]
    named = [t for t in tokens if t.text not in ("(", ")")]
    after_name = next((b for a, b in pairwise(named) if _MEASURED.fullmatch(a.text)), None)
    if len(found) == 2 and after_name is found[0] and found[0].kind == "num":
        found = found[1:]  # the length of the indicator, as in `rsi(14)`
    if len(found) < 2:
        return found
    after = [
        right
        for left, right in pairwise(t for t in tokens if t.kind != "harmless")
        if right in found and (left.kind in ("above", "below") or left.text in ("<", ">"))
    ]
    return after if len(after) == 1 and len(found) == 2 else found


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
    text = _UPPER.sub(" ", text)
    above, below = _ABOVE.search(text), _BELOW.search(text)
    if above and not below:
        return "above"
    if below and not above:
        return "below"
    if above and below:
        # "falls over the edge": the comparison word nearest to the end names the side.
        last_above = max(found.start() for found in _ABOVE.finditer(text))
        last_below = max(found.start() for found in _BELOW.finditer(text))
        more = _MORE.search(text)
        if more is not None and last_above >= more.start():  # "down more than 5 %"
            return "below"
        return "above" if last_above > last_below else "below"
    return "crosses"
