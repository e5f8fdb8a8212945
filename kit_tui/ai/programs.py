"""Strategies, backtests, rebalancing, autonomy: understood, and answered by what is on offer."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from kit_tui.ai import asking
from kit_tui.ai import program_words as words
from kit_tui.ai.enquiry import asks_how
from kit_tui.ai.guards import Mood
from kit_tui.ai.queries import period_of
from kit_tui.ai.tokens import Token, first, has
from kit_tui.ai.wordlists import either
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.pair import Pair

_USUAL = ("trend-following", "mean-reversion", "breakout", "grid")
_NAMES = either(words.NAMES)
_NAMED = re.compile(rf"\b({_NAMES})\b")
_BOT_NAME = re.compile(rf"\b{either(words.BOT_NAMES)}\b")
_TESTS = re.compile(rf"\b{either(words.TESTS)}\b")
_TRIES = re.compile(rf"\b{either(words.TRIES)}\b")
_LOOKS_BACK = re.compile(
    rf"\b{either(words.LOOKS_BACK)}\b|\b(?:last|past|previous|letzten?|vergangene\w*) "
    rf"(?:\d+ ?)?{either(words.SPANS)}\b|\b\d+ ?-?{either(words.SPANS)}\b|"
    r"\b(?:since|from|seit|in) (?:20\d\d|[a-zäöü]+uar[yi]?|märz|march|april|may|mai|june?|juni|"
    r"july?|juli|august|[a-z]+ember|[ok]+tober)\b|\b20[12]\d\b"
)
_HYPOTHETICAL = re.compile(
    rf"\b{either(words.WOULD_HAVE)}\b.*\b{either(words.DONE)}\b|"
    r"\bif (?:i|we|you|one)(?: had|'d|d| would have)\b|\bwhat if (?:i|we)(?: had|'d)?\b|"
    r"\b(?:hätte|wäre)n? (?:sich |ich |wir |man |der |die |das |ein |eine )*\b"
)
_TOLD = re.compile(r"(?:i|we|he|she|they|ich|wir|er|sie)\b.*\bback-?tested\b")
_WORD = re.compile(r"\b(?:strateg(?:y|ies|ie|ien)|crossover|bots?|system|setup)\b")
_FREE_NAME = re.compile(
    r"\b(?:backtest\w*|back-?test\w*|test|teste|simulate|optimi[sz]e)\s+"
    r"(?:the |a |an |my |eine |die |den )*([a-z][\w -]*?)"
    r"(?= (?:strategy|strategie|on|for|over|from|since|with|using|auf|für|mit|last|im|in|of)\b|$)"
)
_AUTO = re.compile(
    r"\bauto(?:matic|matically|nomous|nomously|-?trad\w*|-?pilot|-?trader)?\b|\bautonom\w*\b|"
    r"\bautomatisch\w*\b|\bautotrad\w*\b"
)
_STRATEGY = re.compile(rf"\b{either(words.STRATEGIES)}\b")
_CONTROL = tuple(
    (name, re.compile(rf"\b{either(verbs)}\b|{apart}" if apart else rf"\b{either(verbs)}\b"))
    for name, verbs, apart in words.CONTROL
)
_DEED = frozenset({"start", "stop", "pause", "resume"})
_SPLIT = (
    rf"(?:{either(words.EVENED)}|(?:to|auf|zu) (?:a )?\d+ ?[/-:] ?\d+|"
    r"(?:to|auf|zur?|zu) (?:the |my |die |den |meine )?(?:target|ziel|soll)\w*|"
    r"(?:to|into|auf) (?:half|equal|even|hälfte|\d+ ?(?:%|percent|prozent)))"
)
_HELD = either(f"{words.HOLDINGS}|{words.WEIGHTS}")
_REBALANCE = re.compile(
    rf"\b(?:{words.REBALANCES})\b|\bschichte?\b.*\bum\b|"
    rf"\b{either(words.EVENS)}\b.*\b{_HELD}\b|\b{_HELD}\b.*\bausgleichen\b|"
    rf"\b{either(words.BRINGS)}\b.*\b{_HELD}\b.*\b{_SPLIT}|"
    rf"\b{either(words.WEIGHTS)}\b.*\b{_SPLIT}|\b{_HELD}\b.*\bausrichten\b|"
    rf"\b{either(words.BRINGS)}\b.*\b(?:back|zurück)\b.*\b{either(words.WEIGHTS)}\b|"
    rf"\b{either(words.WEIGHTS)}\b.*\bwiederherstellen\b|"
    rf"\b{either(words.MAKES)}\b.*\b{_HELD}\b.*\d ?%|\b{_HELD}\b.*\b{_SPLIT}.*\bbringen\b"
)
_REBALANCED = re.compile(r"\b(?:rebalanced|rebalancing)\b")
_AUTONOMY = re.compile(
    r"\b(?:full|semi|fully)[ -]?auto\w*\b|\bmanual mode\b|\bautonomy\b|\bgo live\b|"
    r"\b(?:switch to|enable|turn on) (?:live|real)\b|\blive (?:mode|trading)\b"
)
_ACCOUNTS = re.compile(
    r"\b(?:connect|disconnect|link|unlink|verbinde|trenne)\b.*\b(?:binance|kraken|coinbase|"
    r"metatrader|mt5|telegram|discord|exchange|account|bybit|okx|bitget|kucoin|börse)\b"
)
_WATCH = re.compile(
    r"^(?:please )?(?:unwatch|watch|unfollow|follow)\b|\bwatch ?list\b|\bbeobachtungsliste\b|"
    r"\bmerkliste\b"
)
_LIMITS = re.compile(
    r"\b(?:raise|increase|loosen|lift|change|set|lower|remove|disable|double|erhöhe|ändere)\b.*"
    r"\b(?:(?:risk|loss|position|daily|leverage|drawdown|my|the|our) limits?|limits|max \w+|"
    r"risk (?:checks?|manager))\b"
)


# `1d` alone may be a period; said of candles or after `on` it is their length.
_CANDLE = re.compile(
    r"\b((?:1|3|5|15|30)m|(?:1|2|4|6|8|12)h)\b|\b(?:on|auf|using)(?: the| dem)? (1d|3d|1w)\b|"
    r"\b(1d|3d|1w) (?:candles?|bars?|timeframe|chart|kerzen)\b|"
    r"\b(hourly|daily|weekly)(?: (?:candles?|bars?|timeframe|chart))\b"
)
_OWN = re.compile(
    r"\b(?:my|the|mein\w*) (?:grid|dca|trend[ -]following|mean[ -]reversion|breakout|scalping|"
    r"momentum)\b.*\b(?:doing|performing|running|going|status|läuft|steht)\b"
)


def read_program(
    text: str, tokens: Sequence[Token], pair: Pair | None, mood: Mood
) -> Intent | None:
    """What a message wants of strategies, backtests, settings and lists, or None."""
    if asks_how(text) and not _HYPOTHETICAL.search(text):
        return None
    if _is_backtest(text):
        told = mood.negated or _TOLD.match(text)
        return None if told else _backtest(text, tokens, pair)
    if _REBALANCE.search(text):
        return None if mood.negated else _rebalance(text, mood)
    set_up = _set_up(text, tokens, pair)
    if set_up is not None:
        return set_up
    named = _NAMED.search(text)
    runs = _STRATEGY.search(text) or _AUTO.search(text) or named
    if runs and (mood.negated or mood.past or mood.imagined):
        return None
    runs = _STRATEGY.search(text) or _AUTO.search(text) or _OWN.search(text)
    if runs or _is_run(text, named):
        return _strategy(text, tokens, pair, named)
    return None


def _rebalance(text: str, mood: Mood) -> Intent | None:
    """A plan is only made for who asks for one now; talk of rebalancing stays talk."""
    if mood.quoted:
        return asking.refuse(asking.QUOTED, note="quoted")
    if mood.later or mood.recurring:
        return asking.refuse(asking.LATER, note="not now")
    if mood.past or mood.imagined or _REBALANCED.search(text):
        return asking.chat(asking.PAST if mood.past else asking.IMAGINED)
    if mood.asked and not _AUTO.search(text):
        return asking.chat("A question is never an order; nothing was done.")
    return Intent(intent=Action.REBALANCE)


def _set_up(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent | None:
    """What only a person at the terminal changes: each is said by name, none is done here."""
    if _AUTONOMY.search(text) and not has(tokens, "buy", "sell"):
        return asking.refuse("Autonomy and live trading are changed at the terminal only.")
    if _ACCOUNTS.search(text) and not has(tokens, "buy", "sell", "close", "cancel", "get", "put"):
        return asking.refuse("Accounts are connected and disconnected at the terminal only.")
    if _LIMITS.search(text) and not has(tokens, "buy", "sell", "num", "money", "asset"):
        return asking.refuse("Risk limits are changed in the settings at the terminal only.")
    if _WATCH.search(text) and not has(tokens, "buy", "sell", "close"):
        example = f" For example: /unwatch {pair.base}." if pair and "unwatch" in text else ""
        return asking.refuse(f"The watchlist is changed by command.{example}", pair=pair)
    return None


def _is_backtest(text: str) -> bool:
    """Whether a strategy is to be tried on the past, by word or by what the sentence supposes."""
    if _TESTS.search(text):
        return True
    if not (_NAMED.search(text) or _WORD.search(text)):
        return False
    if _HYPOTHETICAL.search(text):
        return True
    looks_back = _LOOKS_BACK.search(text) is not None
    return looks_back and _TRIES.search(text) is not None


def _is_run(text: str, named: re.Match[str] | None) -> bool:
    """Whether a named strategy is started or stopped; an indicator has to be named first of all."""
    if named is None:
        return False
    if re.match(rf"(?:please )?{either(words.STARTS)}\b", text):
        return True
    return _BOT_NAME.search(text) is not None and _control(text) in (*_DEED, "status")


def _control(text: str) -> str | None:
    return next((name for name, found in _CONTROL if found.search(text)), None)


def _backtest(text: str, tokens: Sequence[Token], pair: Pair | None) -> Intent:
    named = _NAMED.search(text) or _FREE_NAME.search(text)
    strategy = named[1].strip() if named else None
    markets = tuple(token.text for token in tokens if token.kind == "asset")
    if strategy in ("it", "", "strategy", "strategie", None) or (
        not _NAMED.search(text) and strategy.startswith(markets)
    ):
        strategy = None
    return backtest(pair, strategy, _span(text, tokens), _candle(text))


def backtest(
    pair: Pair | None, strategy: str | None, period: str | None, timeframe: str | None
) -> Intent:
    """A backtest, or the question for what is missing of it."""
    asked = Intent(
        intent=Action.CLARIFY, about=Action.BACKTEST, pair=pair, strategy=strategy, period=period,
        timeframe=timeframe, note="incomplete backtest",
    )  # fmt: skip
    if strategy is None:
        question = "Backtest which strategy?"
        return msgspec.structs.replace(asked, question=question, choices=_USUAL)
    if pair is None:
        return msgspec.structs.replace(asked, question="Backtest on which market?")
    return Intent(
        intent=Action.BACKTEST, pair=pair, strategy=strategy, period=period, timeframe=timeframe
    )


def strategy_named(text: str) -> str | None:
    """The strategy which an answer names and nothing else, or None."""
    found = re.fullmatch(rf"(?:the |a |an |die )?({_NAMES})(?: strategy| strategie)?[ .!]*", text)
    return found[1] if found else None


def _span(text: str, tokens: Sequence[Token]) -> str | None:
    dates = [token.text for token in tokens if token.kind == "date"]
    if dates:
        return "..".join(dates) if len(dates) > 1 else f"{dates[0]}.."
    timeframe = _candle(text)
    return period_of(text.replace(timeframe, "") if timeframe else text, tokens)


def _candle(text: str) -> str | None:
    found = _CANDLE.search(text)
    if found is None:
        return None
    return found[1] or found[2] or found[3] or f"1{found[4][0]}"


def _strategy(
    text: str, tokens: Sequence[Token], pair: Pair | None, named: re.Match[str] | None
) -> Intent:
    money = first(tokens, "money")
    control = _control(text)
    if control is None or (control in ("list", "status") and "auto" in text and "?" not in text):
        control = control or ("list" if named is None else "status")
    return Intent(
        intent=Action.STRATEGY, pair=pair, condition=control,
        strategy=named[1] if named else None,
        quote_amount=money.value if money is not None else None,
    )  # fmt: skip
