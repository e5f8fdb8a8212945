"""Questions about the market and the account. They change nothing, so they need no anchor."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kit_tui.ai.markets import assets_of
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


def _re(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


_HELP = _re(
    r"\?+", r"(?:/?help|hilfe|commands|befehle|menu)(?: me)?(?: please| bitte)?[ !.?]*",
    r"what can (?:you|i) (?:do|say|ask)(?: here| for me)?[ ?]*",
    r"(?:show|tell)(?: me)? what (?:you|i) can (?:do|say|ask)(?: here| for me)?[ ?.!]*",
    r"was kannst du(?: alles)?[ ?]*",
    r"how (?:does this|do you|do i use this|does it) ?(?:work)?[ ?]*",
    r"(?:show|list)(?: me)?(?: all| the)* commands[ ?]*",
    r"what commands[\w ]*[ ?]*", r"wie funktioniert (?:das|es)[ ?]*",
    r"how (?:do|can) i (?:buy|sell|trade|place|set|cancel|close|use|change|connect|start|create)"
    r"\b[\w ]*[ ?]*",
    r"what (?:can|could|should) i (?:ask|type|tell)\b[\w ]*[ ?]*",
    r"(?:wie|was) kann ich [\w ]*(?:kaufen|fragen|sagen|setzen|machen|tun|eingeben)[ ?]*",
)  # fmt: skip
_RISK = _re(
    r"\b(?:risk|risking|risiko\w*|risks|headroom|exposure|exposed|drawdown|leverage)\b",
    r"\b(?:loss|position|trading|daily|my) limits?\b(?! (?:order|buy|sell))", r"\blimits\b",
    r"\bsize limit\b", r"\blimit (?:pro|per|je) (?:trade|order|position|tag|day)\b",
    r"\bdaily (?:loss|budget|drawdown)\b", r"\bcan (?:i|we) (?:still )?trade\b",
    r"\bhow much (?:more )?(?:can|could|may) (?:i|we) (?:still )?(?:lose|risk|spend|trade)\b",
    r"\bhow (?:much|many)\b.*\b(?:can|could|may) i (?:still )?(?:buy|sell|afford|get)\b",
    r"\bhow close am i to\b", r"\b(?:maximum|max) (?:position|order|loss|size)\b",
    r"\bwie ?viel (?:darf|kann) ich (?:noch |heute )*(?:verlieren|riskieren|kaufen)\b",
    r"\bmax(?:imum)?\b.*\b(?:lose|risk|spend|put|invest|trade)\b",
    r"\b(?:are we|am i|is trading|is kit)\b.*\b(?:halted|paused|stopped|allowed|suspended)\b",
    r"\bhow many (?:trades|orders)\b.*\bleft\b", r"\bhow risky\b", r"\bvalue at risk\b",
    r"\bhow many (?:positions|trades|orders)\b.*\b(?:may|can|allowed)\b", r"\btrade cap\b",
    r"\bam i (?:halted|allowed)\b", r"\bstress(?:[ -]test)?\b", r"\bcan i afford\b",
    r"\bhow (?:big|large)\b.*\b(?:position|order|trade)\b",
    r"\bwhat (?:if|happens if)\b.*\b(?:market|btc|eth|everything|price|it|\w+)\b.*"
    r"\b(?:drops?|falls?|crash\w*|dumps?|tanks?)\b.*\d",
    r"\b(?:is )?trading halted\b", r"\bverlustlimit\b",
)  # fmt: skip
_ORDERS = _re(
    r"\b(?:open|my|pending|resting|working|active|current|list|show|any|all|the|offene|offenen|"
    r"meine)\b.*\b(?:orders?|aufträge|ordern?)\b",
    r"^/?(?:orders|open orders|aufträge|ordern)[ ?.!]*$",
    r"\borders?\b.*\b(?:open|pending|offen)\b",
    r"\b(?:show|list|see|what|what's|where|where's)\b.*"
    r"\bmy (?:stops?|stop loss\w*|tps?|targets?)\b",
    r"\b(?:show|list)\b(?: me| all| the)* stops\b",
    r"\b(?:is|was|are|did)\b.*\borders?\b.*\b(?:filled|open|done|executed|live|working|hit)\b",
    r"\b(?:did|has|was|is)\b.*\b(?:stops?|targets?|tp|sl)\b.*\b(?:hit|triggered|filled|fired?)\b",
    r"\borders?\b.*\b(?:waiting|unfilled|outstanding)\b", r"\bhow many orders\b",
    r"\b(?:waiting|unfilled|outstanding) orders?\b", r"\bwhat orders\b",
    r"\bwhat(?:'s| is) (?:resting|pending)\b",
    r"\bdid (?:you|it|we) (?:place|set|send|submit)\b",
    r"\bwelche (?:orders|aufträge)\b", r"\b(?:order (?:book|status))\b",
)  # fmt: skip
_POSITIONS = _re(
    r"\b(?:positions?|positionen)\b", r"\b(?:open|my|show|list|current|meine) trades?\b",
    r"\bentry(?: price)? (?:of|for|on) my\b", r"\b(?:how much|what) did i pay for\b",
    r"\bwhat am i (?:long|in|holding)\b", r"\bmy \w+ (?:trade|long|short)\b",
    r"\boffene trades\b", r"\btrades? (?:is|are) (?:still )?(?:open|running|live|active)\b",
    r"\bwhat(?:'s| is) (?:still |currently )?open(?: right now| now)?[ ?.!]*$",
    r"\btrades (?:laufen|sind offen)\b", r"\bwas (?:ist|läuft) (?:noch |gerade )?offen\b",
    r"\bin (?:any|a|some) (?:trades?|positions?)\b",
    r"\b(?:average|avg|my) entry\b", r"\bam i (?:long|short)\b",
)  # fmt: skip
_PORTFOLIO = _re(
    r"\b(?:portfolio|balances?|holdings?|account|equity|net worth|wallet|bankroll|depot|"
    r"kontostand|guthaben|konto|bestand|vermögen|pnl|p ?& ?l|p ?/ ?l|p and l|sharpe|sortino|"
    r"profits?|gewinn|verlust|"
    r"performance|returns?)\b",
    r"\bhow much\b.*\b(?:do i (?:have|own|hold)|have i got|am i worth|cash|money)\b",
    r"\bhow much\b.*\b(?:did|have) (?:i|we) (?:made|make|lost|lose)\b",
    r"\b(?:everything|all|what) i (?:own|have|hold)\b",
    r"\b(?:allocation|diversif\w*|bestände\w*)\b",
    r"\bwhat(?:'s| is| are) my \w+ worth\b", r"\bwhere do (?:i|we) stand\b", r"^status[ ?.!]*$",
    r"\bhow much\b.*\bmy \w+ (?:is |are )?worth\b",
    r"\bhow much\b.*\b(?:free|available|locked)\b", r"\b(?:total|overall) value\b",
    r"\bwhat (?:did|have) (?:i|we) (?:earn|earned|make|made|lose|lost|gained?)\b",
    r"\bwie ?viel\b.*\b(?:frei|verfügbar|übrig|verdient|verloren)\b",
    r"\bdo i (?:still |even |currently )?(?:own|have|hold)\b",
    r"\b(?:cartera|saldo|portefeuille|solde)\b",
    r"\b(?:am i|are we|i'm) (?:in the |in )?(?:green|red)\b",
    r"\b(?:am i|are we|i'm) (?:up|down|winning|losing|in profit|doing)\b",
    r"\bhow (?:am i|are we|did i|did we) (?:doing|do)\b", r"\bwhat do i (?:own|have|hold)\b",
    r"\bwie ?viel\b.*\b(?:habe? ich|besitze ich|geld)\b", r"\bwas (?:habe ich|besitze ich)\b",
    r"\b(?:my|free|available) (?:money|cash|funds|coins|assets|bags?)\b", r"\bwie stehe? ich\b",
    r"\bbuying power\b", r"\b(?:am i|are we) (?:making|losing) money\b",
    r"\bwhat(?:'s| is| am)? (?:i|my) (?:worth|stack|bag)\b", r"\bhow's my (?:book|account|bag)\b",
)  # fmt: skip
_REPORT = _re(
    r"\b(?:report|summary|summarize|briefing|recap|\w*bericht|"
    r"\w*zusammenfassung|overview|debrief|digest)\b",
    r"^(?:good morning|guten morgen|morning)\b[\w ,.!?]*$",
    r"\bwhat (?:did|have) (?:we|i|you) (?:trade|traded|buy|bought|sell|sold|do|done)\b",
    r"\b(?:trade|trading|order) history\b", r"\bexport\b.*\btrades?\b",
    r"\bwas (?:habe ich|haben wir) .*\b(?:gekauft|gehandelt)\b",
    r"\bstatus update\b", r"^export\b(?!.*\b(?:key|keys|secret|private|wallet)\b)",
    r"\b(?:trade|trading) (?:log|journal)\b", r"\bfees?\b.*\bpaid\b|\bpaid\b.*\bfees\b",
    r"\b(?:fills?|executions?)\b", r"\b(?:today|yesterday|week|month)'s trades\b",
    r"\bmy last trades?\b", r"\b(?:closed|past|recent|previous) trades\b",
    r"\bwie war (?:mein|der|dein|heute)\b", r"\bwhat happened (?:today|overnight|while)\b",
)  # fmt: skip
_ANALYZE = _re(
    r"\b(?:compare|versus|vs)\b", r"\b(?:where|what) will\b.*\bbe\b",
    r"\b(?:volume|24h|range|spread|funding|dominance|news|patterns?|trend ?lines?|predict\w*|"
    r"volatility|volatile|liquidity|open interest|ath|all[ -]time high|market cap|candles?)\b",
    r"\b(?:high and low|highs? and lows?|daily high|daily low|hoch und tief)\b",
    r"\b(?:analy[sz]\w*|analysier\w*|outlook|forecast|technicals?|ta|chart|trend|setup|sentiment|"
    r"overbought|oversold|bullish|bearish|momentum|rsi|macd|support|resistance|levels|bias|"
    r"thoughts|make of|opinion|view|take on|think|reckon|prediction|ausblick|meinst|denkst|hältst|"
    r"einschätzung|meinung|prognose|unterstützung|widerstand|interessant)\b",
    r"\bhow (?:is|are|does|'s)\b.*\b(?:look|looking|doing|going|performing)\b",
    r"\bhow's\b", r"\bwhat(?:'s| is) (?:going on|happening|up) (?:with|to|on)\b",
    r"\blooks? like\b", r"\b(?:bollinger|ema|sma|atr|adx|vwap|stoch\w*|fib\w*|moving averages?|"
    r"indicators?|entry|entries|read on|headed|heading|technically)\b",
    r"\bwhy (?:is|did|are|has)\b", r"\bwarum\b", r"\bwie sieht\b", r"\bwie läuft\b", r"\bcheck\b",
    r"\b(?:should|shall|would|could|can|soll|sollte|worth|good (?:time|idea|entry|buy)|guter "
    r"zeitpunkt|better|buy or sell|or wait|how long|wie lange|when (?:to|should)|lohnt)\b",
    r"\blook at\b", r"\bwill\b.*\b(?:go|rise|fall|pump|dump|crash|moon|hit|reach)\b",
    r"\b(?:deep dive|dig into|research)\b", r"\bis\b.*\b(?:cheap|expensive|dead|up|down)\b",
)  # fmt: skip
# Said of a market these ask for more than its price, even after `where is`.
_AT_LARGE = _re(
    r"^(?:the )?markets? overview\b", r"\bscan (?:the )?markets?\b", r"\bscreener\b",
    r"\bhow (?:are|is) (?:the )?markets?\b", r"\bwhat(?:'s| is) the market doing\b",
    r"\b(?:top|biggest) (?:gainers|losers|movers)\b",
)  # fmt: skip
_OUTLOOK = _re(
    r"\bwhere\b.*\b(?:support|resistance|headed|heading|going|go next)\b",
    r"\bwohin\b", r"\bworth (?:buying|selling|holding|it|a)\b",
    r"\b(?:entry|stop|target) (?:price|level|point)s?\b",
)  # fmt: skip
_PRICE = _re(
    r"\b(?:price|prices|quote|kurs|preis|ticker|kostet|notiert|cost|costs|worth|"
    r"trading at|trading for|going for|spot)\b",
    r"\bhow many (?:dollars|euros|bucks|usdt)\b",
    r"\bhow much (?:is|for|does)\b", r"\bhow (?:expensive|cheap|much is)\b",
    r"\bwhere (?:is|'s)\b", r"\bwhere's\b",
    r"\bwhat(?:'s| is)\b.*\bat\b",
    r"\b(?:precio|prix|cours|cotización)\b",
    r"^what(?:'s| is)? \S+(?: (?:rn|now|right now))?[ ?]*$",
    r"^whats \S+(?: (?:rn|now|right now))?[ ?]*$",
    r"\bwie steht\b", r"\bwo steht\b", r"\bwie viel ist\b", r"\bwas ist\b.*\bwert\b",
)  # fmt: skip
_BARE_PRICE = re.compile(
    r"(?:what(?:'s| is) )?(?:the |der )?(?:price|prices|quote|kurs|preis|ticker)"
    r"(?: please| bitte)?[ ?!.]*"
)
_TAUGHT = re.compile(r"\b(?:income tax|squeeze)\b")
_MARKETLESS = re.compile(r"\b(?:what is an?|what's an?|explain|erkläre)\b")
_PERIODS = (
    (r"\b(?:today|heute|daily|tages\w*)\b", "1d"), (r"\b(?:yesterday|gestern)\b", "1d"),
    (r"\b(?:weekly|week|woche\w*)\b", "7d"), (r"\b(?:monthly|month|monat\w*)\b", "30d"),
    (r"\bytd|year to date\b", "ytd"), (r"\b(?:year(?:ly)?|annual|jahr\w*|jähr\w*)\b", "1y"),
)  # fmt: skip

_TAKES = re.compile(r"(?:please )?(?:take|lock|secure)\b")
MOST_OF_A_CHART = 6
MOST_CHOICES = 4


def read_query(asked: Asked) -> Intent | None:
    """The question a message asks, or None."""
    if _HELP.fullmatch(asked.text.strip()):
        return Intent(intent=Action.HELP)
    if _TAUGHT.search(asked.text) or (asked.pair is None and _MARKETLESS.search(asked.text)):
        return None
    for found, build in _RULES:
        if found.search(asked.text):
            intent = build(asked)
            if intent is not None:
                return intent
    return _bare_market(asked) or _about_market(asked)


def _about_market(asked: Asked) -> Intent | None:
    """Whatever else is asked about one market, or shown of it, is answered by its analysis."""
    asks = "?" in asked.text or _ASKED_ABOUT.match(asked.text)
    return _analysis(asked) if asked.pair is not None and asks else None


_ASKED_ABOUT = re.compile(
    r"(?:please |kit |hey )*"
    r"(?:is|are|does|do|has|can|give|show|tell|run|how|what|zeig|gib|ist|hat)\b"
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
    if asked.pair is not None and not re.search(r"\breport\b|\bdid\b|\bbericht\b", asked.text):
        return _analysis(asked)
    if re.search(r"\b(?:at|um|every|each|daily|jeden) (?:\w+ )?\d", asked.text):
        return Intent(
            intent=Action.CLARIFY, note="scheduled report",
            question="Reports at set times are not in this version. Show one now: say report.",
        )  # fmt: skip
    return Intent(intent=Action.REPORT, period=period_of(asked.text, asked.tokens))


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
    return Intent(
        intent=Action.PORTFOLIO, pair=asked.pair, venue=asked.venue,
        period=period_of(asked.text, asked.tokens),
    )  # fmt: skip


def _bare_market(asked: Asked) -> Intent | None:
    """`btc`, `BTC?`, `SOL 4h`: a market and nothing else."""
    if asked.pair is None:
        return None
    kinds = {token.kind for token in asked.tokens}
    if kinds <= {"asset", "question", "harmless"}:
        return Intent(intent=Action.PRICE, pair=asked.pair)
    usual = {"asset", "question", "duration", "num", "harmless", "on", "my", "unknown", "at"}
    if timeframe_of(asked.text) and kinds <= usual and len(asked.tokens) <= MOST_OF_A_CHART:
        return _analysis(asked)
    return None


_RULES: tuple[tuple[re.Pattern[str], Callable[[Asked], Intent | None]], ...] = (
    (re.compile(r"\b(?:analy[sz]\w*|analysier\w*)\b"), _analysis_or_question),
    (_AT_LARGE, _which_market),
    (re.compile(r"\brisk (?:report|status|summary|overview)\b"), _account(Action.RISK)),
    (re.compile(r"\borders?\b.*\bfill(?:ed)?\b"), _account(Action.ORDERS)),
    (_REPORT, _report),
    (_RISK, _account(Action.RISK)),
    (_ORDERS, _account(Action.ORDERS)),
    (_POSITIONS, _positions),
    (_PORTFOLIO, _holding),
    (_OUTLOOK, _analysis),
    (_PRICE, _price),
    (_ANALYZE, _analysis_or_question),
)
