"""Questions about the market and the account. They change nothing, so they need no anchor."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kit_tui.ai.enquiry import classes_of, mended, spoken, topics_of
from kit_tui.ai.markets import assets_of
from kit_tui.ai.report_topics import PAGES_OF_ALL, page_of
from kit_tui.ai.tokens import Token, first
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.market_data import TIMEFRAME_SECONDS
from kit_tui.domain.pair import Pair


class Asked(NamedTuple):
    """A message as the rules below see it."""

    text: str
    tokens: Sequence[Token]
    pair: Pair | None
    venue: str | None


_BARE_PRICE = re.compile(
    r"(?:what(?:'s| is) )?(?:the |der )?(?:price|prices|quote|kurs|preis|ticker)"
    r"(?: please| bitte)?[ ?!.]*"
)
_LAST = r"(?:last|previous|prior|past|letzte[nrs]?|vorige[nrs]?|vergangene[nrs]?)"
_THIS = r"(?:this|the current|current|diese[nrsm]?|laufende[nrs]?)"
# Days, weeks, months and years of the calendar; what is over does not go on to today.
_CALENDAR = (
    (r"\b(?:yesterday|yesterday's|gestern|gestrige[nrs]?)\b", "yesterday"),
    (rf"\b{_LAST} (?:week|woche)\b", "last week"),
    (rf"\b{_LAST} (?:month|monat)s?\b", "last month"),
    (rf"\b{_LAST} (?:year|jahr)(?:es|s)?\b", "last year"),
    (rf"\b{_THIS} (?:week|woche)\b", "this week"),
    (rf"\b{_THIS} (?:month|monat)s?\b", "this month"),
    (rf"\b{_THIS} (?:year|jahr)(?:es|s)?\b", "ytd"),
)
_PERIODS = (
    (r"\b(?:today|heute|daily|tages\w*)\b", "1d"),
    (r"\b(?:yesterday|gestern)\b", "1d"),
    (r"\b(?:weekly|week|woche\w*)\b", "7d"), (r"\b(?:monthly|month|monat\w*)\b", "30d"),
    (r"\bytd|year to date\b", "ytd"), (r"\b(?:year(?:ly)?|annual|jahr\w*|jähr\w*)\b", "1y"),
)  # fmt: skip

_STATES = re.compile(
    r"^(?!.*\?).*(?<!that )(?<!which )(?<!die )\b(?:is|are|was|were|ist|sind|war|waren|sucks?)\b"
)
_MARKS = re.compile(r"[? ]*\?[? ]*")
_MORNING = re.compile(r"(?:good morning|guten morgen|morning)(?: ?,? (?:kit|k\.?i\.?t\.?))?[ .,!]*")
# Said of a market these are its analysis, unless one's own trades are named.
_OF_MARKET = re.compile(
    r"^(?!.*\b(?:trades?|trading|orders?|transactions?|fees?|fills?|my|our|did|i|we|bought|sold|"
    r"gebühr\w*|mein\w*|ich|wir|reports?|bericht)\b)"
)
_TAKES = re.compile(r"(?:please )?(?:take|lock|secure)\b")
GREETING = "report"
MOST_OF_A_CHART = 6
MOST_CHOICES = 4
FEW_WORDS = 3
MOST_SLIPPED = 8


def read_query(asked: Asked) -> Intent | None:
    """The question a message asks, or None."""
    if _MARKS.fullmatch(asked.text):
        return Intent(intent=Action.HELP)
    if _MORNING.fullmatch(asked.text.strip()):  # a greeting; a desk answers how things stand
        return Intent(intent=Action.CHAT, topic=GREETING)
    said = spoken(asked.text)
    return (
        _topical(asked, said)
        or _bare_market(asked)
        or _about_market(asked)
        or _slipped(asked, said)
    )


def _slipped(asked: Asked, said: list[str]) -> Intent | None:
    """The question of a short message once its typing slips are mended."""
    again = mended(said) if len(said) <= MOST_SLIPPED else said
    return _topical(asked, again) if again != said else None


def _topical(asked: Asked, said: list[str]) -> Intent | None:
    """The first topic of its words that makes an intent."""
    classes = _classes(asked, said)
    topics = topics_of(classes)
    defines = asked.pair is None and classes & {"DEFINE", "MEAN"}
    if "TAUGHT" in classes or (defines and topics[:1] != ["help"]):
        return None
    intents = (_BUILDERS[topic](asked) for topic in topics)
    return next((intent for intent in intents if intent is not None), None)


def _classes(asked: Asked, said: list[str]) -> set[str]:
    """The classes of its words, and those that only the whole message has."""
    classes = classes_of(said)
    if len(said) <= FEW_WORDS:
        classes.add("SHORT")
    if asked.pair is not None or assets_of(asked.tokens):
        classes.add("MARKET")
    if first(asked.tokens, "currency") is not None:
        classes.add("CURRENCY")
    if asked.pair is None and "ASK" not in classes and _STATES.search(asked.text):
        classes.add("STATEMENT")
    return classes


def _about_market(asked: Asked) -> Intent | None:
    """Whatever else is asked about one market, or shown of it, is answered by its analysis."""
    asks = "?" in asked.text or _ASKED_ABOUT.match(asked.text)
    return _analysis(asked) if asked.pair is not None and asks else None


_ASKED_ABOUT = re.compile(
    r"(?:please |kit |hey |so |and |bitte |na |und )*"
    r"(?:is|are|does|do|has|can|give|show|tell|run|how|what|which|where|why|who|when|scan|look|"
    r"break down|walk|talk|check|explain|describe|assess|evaluate|rate|examine|inspect|study|"
    r"review|will|did|any|tell|sag|sagst|erzähl|zeig|zeige|gib|ist|hat|wie|was|wo|wohin|wann|warum|wieso|geht|kann|"
    r"wird|steigt|fällt|glaubst|meinst|denkst|siehst|läuft|schau|guck|bewerte|erklär|erkläre|"
    r"untersuche|beurteile|prüfe|lohnt|macht)\b"
)


def _account(action: Action) -> Callable[[Asked], Intent | None]:
    def build(asked: Asked) -> Intent | None:
        return Intent(intent=action, pair=asked.pair, venue=asked.venue)

    return build


def _positions(asked: Asked) -> Intent | None:
    """`open a position in SOL for $200` is no question about positions."""
    if first(asked.tokens, "money") is not None and "?" not in asked.text:
        return None
    return Intent(intent=Action.POSITIONS, pair=asked.pair, venue=asked.venue)


def _report(asked: Asked) -> Intent | None:
    if asked.pair is not None and _OF_MARKET.search(asked.text):
        return _analysis(asked)
    if re.search(r"\b(?:at|um|every|each|daily|jeden) (?:\w+ )?\d", asked.text):
        return Intent(
            intent=Action.CLARIFY, note="scheduled report",
            question="The report of the day comes at the time set as channels.report_at, such as "
            '"08:00". For one now, say report.',
        )  # fmt: skip
    page = page_of(asked.text)
    return Intent(intent=Action.REPORT, period=_span_of(page, asked), topic=page)


def _span_of(page: str | None, asked: Asked) -> str | None:
    """The span a page is of; those of single trades or of all days take none."""
    if page in PAGES_OF_ALL:
        return None
    named = next((span for found, span in _CALENDAR if re.search(found, asked.text)), None)
    return named or period_of(asked.text, asked.tokens)


def period_of(text: str, tokens: Sequence[Token]) -> str | None:
    """The span of time a message names: `90d`, `1y`, `ytd`."""
    stated = re.search(
        r"\b(\d+)[ -]?(d|days?|tagen?|h|hours?|stunden?|w|weeks?|wochen?|months?|mo|monaten?|"
        r"y|years?|jahren?)\b", text,
    )  # fmt: skip
    if stated:
        return f"{stated[1]}{_unit(stated[2])}"
    return next((period for found, period in _PERIODS if re.search(found, text)), None)


def _unit(word: str) -> str:
    if word.startswith("mo"):
        return "mo"
    return {"d": "d", "t": "d", "h": "h", "s": "h", "w": "w", "y": "y", "j": "y"}[word[0]]


def timeframe_of(text: str) -> str | None:
    """The candle length a message names, one of those venues offer."""
    for found in re.finditer(r"(?<![\w.$])(\d{1,2}) ?(m|min|h|hr|hours?|d|w|minutes?|std)\b", text):
        name = f"{found[1]}{found[2][0].replace('s', 'h')}"
        if name in TIMEFRAME_SECONDS:
            return name
    for words, name in ((r"\bhourly\b", "1h"), (r"\bweekly\b", "1w"), (r"\bdaily\b", "1d")):
        if re.search(words, text):
            return name
    return None


def _analysis(asked: Asked) -> Intent | None:
    if asked.pair is None:
        return None
    return Intent(intent=Action.ANALYZE, pair=asked.pair, timeframe=timeframe_of(asked.text))


def _which_market(asked: Asked) -> Intent | None:
    """The market at large is not analysed; one of its markets is."""
    if asked.pair is not None:
        return None
    return Intent(
        intent=Action.CLARIFY, question="Analyze which market?", about=Action.ANALYZE,
        timeframe=timeframe_of(asked.text), note="asset missing",
    )  # fmt: skip


def _analysis_or_question(asked: Asked) -> Intent | None:
    if asked.pair is None:
        several = [token.unit.split("/")[0] for token in assets_of(asked.tokens)]
        if 1 < len(several) <= MOST_CHOICES:
            return Intent(
                intent=Action.CLARIFY, question="One market at a time: which first?",
                note="several markets", choices=tuple(f"analyze {base}" for base in several),
            )  # fmt: skip
        if re.match(r"(?:please )?(?:analy[sz]e|analysiere|analysis|analyse)\b", asked.text):
            return _which_market(asked)
        return None
    return _analysis(asked)


def _price(asked: Asked) -> Intent | None:
    if asked.pair is None and _BARE_PRICE.fullmatch(asked.text):
        return Intent(
            intent=Action.CLARIFY, question="The price of which market?", about=Action.PRICE,
            note="asset missing",
        )  # fmt: skip
    if asked.pair is None:
        return None
    return Intent(intent=Action.PRICE, pair=asked.pair, venue=asked.venue)


def _holding(asked: Asked) -> Intent | None:
    if _TAKES.match(asked.text):
        return None
    if asked.pair is not None and re.search(r"\b(?:performance|returns?|performing)\b", asked.text):
        return _analysis(asked)
    page = page_of(asked.text)
    return Intent(
        intent=Action.PORTFOLIO, pair=asked.pair, venue=asked.venue,
        period=_span_of(page, asked), topic=page,
    )  # fmt: skip


def _bare_market(asked: Asked) -> Intent | None:
    """`btc`, `BTC?`, `SOL 4h`: a market and nothing else."""
    if asked.pair is None:
        return None
    kinds = {token.kind for token in asked.tokens}
    if kinds <= {"asset", "question", "harmless", "currency", "into"}:
        return Intent(intent=Action.PRICE, pair=asked.pair)
    usual = {"asset", "question", "duration", "num", "harmless", "on", "my", "unknown", "at"}
    if timeframe_of(asked.text) and kinds <= usual and len(asked.tokens) <= MOST_OF_A_CHART:
        return _analysis(asked)
    return None


_BUILDERS: dict[str, Callable[[Asked], Intent | None]] = {
    "help": _account(Action.HELP),
    "large": _which_market,
    "risk": _account(Action.RISK),
    "orders": _account(Action.ORDERS),
    "report": _report,
    "positions": _positions,
    "portfolio": _holding,
    "analyze": _analysis_or_question,
    "price": _price,
}
