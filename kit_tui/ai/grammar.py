"""The offline grammar: one message in, one intent out, without network, clock or chance.

The grammar of orders is closed and anchored: every token of a message must have a place in the
order, or there is no order. What is left over, ambiguous, negated, asked, quoted or hidden leads
to a question or to chat. The grammar never raises, whatever the text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from kit_tui.ai import (
    alerts,
    asked_or_told,
    asking,
    clauses,
    exits,
    followup,
    orders,
    programs,
    queries,
    safety,
    topics,
    transfers,
)
from kit_tui.ai import normalise as norm
from kit_tui.ai.assets import Assets, offline_pairs
from kit_tui.ai.compounds import compound_pair
from kit_tui.ai.guards import EXCEPTIONS, NEGATIONS, TAKEN_AWAY, Mood, mood_of
from kit_tui.ai.leadins import split_lead_in, without_lead_in
from kit_tui.ai.lexer import Lexer, as_text, split, words_of
from kit_tui.ai.markets import asked_pair
from kit_tui.ai.rewording import reordered, reworded
from kit_tui.ai.second_look import checked
from kit_tui.ai.tokens import Token, first, has
from kit_tui.domain.intent import Action, Intent
from kit_tui.domain.pair import Pair

_MONEY_INTENTS = frozenset(
    {Action.BUY, Action.SELL, Action.CLOSE, Action.CLOSE_ALL, Action.CANCEL, Action.CANCEL_ALL,
     Action.RESUME, Action.ALERT, Action.STRATEGY, Action.REBALANCE}
)  # fmt: skip
_STOPS = (Action.HALT, Action.KILL)
_TURNED = ("buy", "sell", "long", "get", "put")
_ORDER_NOUNS = frozenset({"limit", "market", "stop", "stoplimit", "trail", "oco", "order", "a"})
_SMALL = frozenset({"stop", "unknown", "harmless", "it", "my", "a", "to", "and", "of", "on", "if"})
MOST_TOKENS = 8
LONGEST_HALT = 60
AGAIN = "Say it as an order: which market, buy or sell, and how much?"


class Grammar:
    """Reads messages against the markets that `pairs` lists at the time."""

    def __init__(self, pairs: Callable[[], Collection[Pair]]) -> None:
        self._pairs = pairs
        self._listed: frozenset[Pair] = frozenset()
        self._lexer = Lexer(Assets(()))

    @classmethod
    def offline(cls) -> Grammar:
        """A grammar over common markets, for when no venue's list is at hand."""
        listed = offline_pairs()
        return cls(lambda: listed)

    def parse(self, text: str, pending: Intent | None = None) -> Intent:
        """What a message means. `pending` is the question it may be the answer to."""
        seen = norm.screen(text)
        if seen.reason == norm.TOO_LONG:
            return asking.chat(f"T{norm.TOO_LONG[1:]}, which is too long for the offline grammar.")
        stops = _read_safety(seen.text)
        if stops is not None and (not seen.reason or stops.intent in _STOPS):
            return stops
        reading = Reading(seen.text.removeprefix("/"), self._current(), pending)
        if seen.reason:
            return _guarded(reading, seen.reason)
        return reading.intent()

    def _current(self) -> Lexer:
        listed = frozenset(self._pairs())
        if listed != self._listed:
            self._listed = listed
            self._lexer = Lexer(Assets(listed))
        return self._lexer


def _read_safety(text: str) -> Intent | None:
    """A halt or a resume; a halt is heard in spite of a typing slip, a resume is not."""
    stops = safety.read_safety(text)
    if stops is None and len(text) <= LONGEST_HALT:
        plain = as_text(split(text))
        mended = safety.read_safety(plain) if plain != text else None
        stops = mended if mended is not None and mended.intent in _STOPS else None
    return stops


def _guarded(reading: Reading, reason: str) -> Intent:
    """A message with something strange in it: it may ask, it may never order."""
    intent = reading.intent()
    harmless = reason in (norm.SYMBOL, norm.FOREIGN)
    if harmless and intent.intent not in _MONEY_INTENTS and intent.intent is not Action.CLARIFY:
        speaks_of_money = intent.intent is Action.CHAT and any(map(str.isdigit, reading.text))
        if not speaks_of_money:
            return intent
    if harmless and intent.intent is Action.CLARIFY and reason == norm.SYMBOL:
        return intent
    return asking.refuse(
        f"I did not act on this: {reason}. Please type it again in plain letters.", note=reason
    )


class Reading:
    """One message being read."""

    def __init__(self, text: str, lexer: Lexer, pending: Intent | None) -> None:
        self.text = text
        self.pending = pending
        self.is_part = False
        raw = split(text)
        self.words = words_of(raw)
        led, self.polite = split_lead_in(raw)
        body = reworded(led)
        self.tokens: list[Token] = reordered(lexer.tokens(body))
        self.lexer = lexer
        self.assets = lexer.assets
        self.mood: Mood = mood_of(text, words_of(body))
        waits = words_of(body)[:1] == ["when"] and self.tokens[:1] and "?" not in text
        self.waits = bool(waits) and self.tokens[0].kind in _TURNED
        if self.waits:  # `when BTC falls to 55k, buy 0.1 BTC` asks nothing
            self.mood = self.mood._replace(asked=False)
        self.pair = asked_pair(self.tokens, self.assets) or compound_pair(self.words, self.assets)
        # Patterns over the text see it with typing slips mended and market names as typed.
        self.mended = as_text(raw)
        if asked_or_told.ASKED_OF.match(self.mended) and not alerts.is_alert(self.mended):
            self.mood = self.mood._replace(asked=True)

    def intent(self) -> Intent:
        """The one meaning of the message."""
        answer = self._answer()
        if answer is not None:
            return answer
        refused = self._refused()
        if refused is not None:
            return refused
        told = self._told()
        if told is not None:
            return told
        if alerts.is_alert(self.mended):
            return self._alert()
        program = programs.read_program(self.mended, self.tokens, self.pair, self.mood)
        if program is not None:
            return program
        if self.mood.blocks_orders:
            return self._not_an_order()
        return checked(self._request(), self.mended, self.tokens)

    def _answer(self) -> Intent | None:
        if self.pending is None:
            return None
        if asked_or_told.DROPPED.fullmatch(self.text):
            return asking.chat(asking.DROPPED)
        if self.mood.blocks_orders or not followup.is_answer(self.pending, self.tokens):
            return None
        whole = followup.complete(self.pending, self.text, self.tokens, self.assets)
        return checked(whole, self.mended, self.tokens) if whole is not None else None

    def _refused(self) -> Intent | None:
        trades = orders.is_order_like(self.tokens) or has(self.tokens, "close", "cancel", "order")
        if asked_or_told.AGAIN.match(self.mended):
            return asking.refuse(AGAIN, pair=self.pair, note="not in one word")
        if self.mood.bypasses and (trades or not self.mood.asked):
            return asking.refuse(asking.BYPASS, pair=self.pair, note="asks to skip a safeguard")
        moves = self.mood.withdraws and (
            has(self.tokens, "asset", "num", "money", "bad", "all", "everything")
            or TAKEN_AWAY.search(self.mended) is not None
        )
        moves = moves and not self.mood.past and not has(self.tokens, "question")
        if moves or (not self.mood.negated and transfers.asked_for(self.mended)):
            return asking.refuse(asking.WITHDRAWALS, pair=self.pair)
        trades = trades or has(self.tokens, "leverage", "num", "money")
        if self.mood.leveraged and trades and not self.mood.asked and not self.mood.negated:
            lever = first(self.tokens, "leverage", "num")
            asked = asking.ask(asking.LEVERAGED, pair=self.pair, note="leverage")
            return msgspec.structs.replace(asked, leverage=lever.value if lever else None)
        if (
            self.pair is not None
            and asked_or_told.ALL_IN.search(self.mended)
            and not self.mood.blocks_orders
        ):
            return asking.refuse(asking.ALL_IN, pair=self.pair, note="all in")
        return None

    def _told(self) -> Intent | None:
        """A question about deeds, ideas and sizes: these only ever tell."""
        if alerts.is_alert(self.mended):
            return None
        why = topics.read_why(self.mended, self.tokens, self.pair)
        if why is not None or self.mood.negated or self.mood.quoted:
            return why
        sized = topics.read_size(self.mended, self.tokens, self.pair)
        if sized is not None:
            return sized
        timeframe = queries.timeframe_of(self.text)
        return topics.read_recommendation(self.mended, self.pair, timeframe)

    def _alert(self) -> Intent:
        read = alerts.read_alert(self.mended, self.words, self.tokens, self.assets, self.mood)
        beside = read.intent is Action.CHAT and self.mood.negated and "?" not in self.text
        if not beside or self.is_part:
            return read
        return clauses.alert_beside(self.text, alerts.is_alert, self._alone) or read

    def _request(self) -> Intent:
        cancels, closes = has(self.tokens, "cancel"), exits.is_close(self.tokens)
        if cancels and closes:
            return asking.refuse(asking.SEVERAL, pair=self.pair, note="several requests")
        if cancels:
            return exits.read_cancel(self.tokens, self.assets)
        if closes and self._may_close():
            stopped = self._stopped() if has(self.tokens, "if") else None
            read = stopped or exits.read_close(self.tokens, self.assets)
            unsure = read.intent is Action.CLARIFY
            twice = unsure and not self.is_part
            return (clauses.said_twice(self.text, self._alone) if twice else None) or read
        if orders.is_order_like(self.tokens) or has(self.tokens, "leverage"):
            return self._order()
        return self._query() or self._nothing()

    def _stopped(self) -> Intent | None:
        """`get me out of BTC if it drops to 57k` is a stop; any other wait is no order."""
        tokens = [t._replace(kind="stop") if t.kind == "close" else t for t in self.tokens]
        read = orders.read_order(tokens, self.assets)
        return read if read.intent is Action.SELL and read.stop_price else None

    def _may_close(self) -> bool:
        return not has(self.tokens, "price") or not self._query()

    def _order(self) -> Intent:
        read = orders.read_order(self.tokens, self.assets)
        if read.intent is not Action.CLARIFY:
            return read
        if self._only_says_stop():
            return self._query() or Intent(intent=Action.CHAT, note="stop what?")
        unread = (read.note or "").startswith(("left over", "asset missing"))
        weak = unread and not orders.is_strongly_order_like(self.tokens)
        if (
            weak
            or orders.is_noun_use(self.tokens)
            or (asked_or_told.ENQUIRES.match(self.mended) and not self.waits)
        ):
            query = self._query()
            if query is not None:
                return query
        return read

    def _only_says_stop(self) -> bool:
        """`stop calling me mate`: a stop of nothing that is traded."""
        kinds = {token.kind for token in self.tokens}
        return "stop" in kinds and "unknown" in kinds and kinds <= _SMALL

    def _not_an_order(self) -> Intent:
        trades = orders.is_order_like(self.tokens) or has(self.tokens, "close", "cancel")
        told = not self.mood.asked and asked_or_told.TOLD.match(self.mended)
        told = told or asked_or_told.INTENDED.match(self.mended)
        if self.mood.past and "?" not in self.text and told:
            return asking.chat(asking.PAST, self.pair)
        trades = trades and (
            has(self.tokens, "close", "cancel") or not orders.is_noun_use(self.tokens)
        )
        if not trades and not self.mood.quoted:
            return self._calm_query() or self._nothing()
        waits = (
            "?" not in self.text and trades and asked_or_told.WHEN.match(self.mended) is not None
        )
        if self.mood.asked and not waits:
            return self._asked()
        return self._said_otherwise(waits=waits, trades=trades)

    def _said_otherwise(self, *, waits: bool, trades: bool) -> Intent:
        """What stands in the way of the order that a message which is no question speaks of."""
        if waits:
            return asking.refuse(asking.CONDITIONAL, pair=self.pair, note="conditional")
        if self.mood.quoted and trades:
            return asking.refuse(asking.QUOTED, pair=self.pair, note="quoted")
        excepts = {word for word in self.words if word in NEGATIONS} <= EXCEPTIONS
        if orders.is_imperative(self.tokens) and self._wavers(excepts=excepts):
            return asking.refuse(asking.SEVERAL, pair=self.pair, note="alternatives")
        if self.mood.negated:
            return self._denied(trades=trades)
        if self.mood.past:
            return asking.chat(asking.PAST, self.pair)
        return self._put_off()

    def _put_off(self) -> Intent:
        """Why an order that is neither denied nor past waits: a condition, a doubt, a time."""
        if has(self.tokens, "if"):
            return asking.refuse(asking.CONDITIONAL, pair=self.pair, note="conditional")
        if self.mood.imagined:
            undecided = asking.refuse(asking.UNSURE, pair=self.pair, note="unsure")
            imperative = orders.is_imperative(self.tokens)
            return undecided if imperative else asking.chat(asking.IMAGINED, self.pair)
        if self.mood.later or self.mood.recurring:
            return asking.refuse(asking.LATER, pair=self.pair, note="not now")
        return self._nothing()

    def _denied(self, *, trades: bool) -> Intent:
        """Nothing is done; an order that stands beside the denial is offered by itself."""
        calm = not any(self.mood._replace(negated=False, asked=False))
        beside = trades and calm and not self.is_part
        offered = clauses.offered_beside(self.text, self._alone) if beside else None
        return offered or asking.chat(asking.NEGATED, self.pair)

    def _alone(self, clause: str) -> Intent:
        """What a part of the message would mean by itself; parts have no parts."""
        part = Reading(clause, self.lexer, None)
        part.is_part = True
        return part.intent()

    def _wavers(self, *, excepts: bool) -> bool:
        """`sell ETH or maybe LINK`, `close everything except BTC`: an order, but which one?"""
        if self.mood.negated:
            return excepts and not (self.mood.past or self.mood.imagined)
        return self.mood.imagined and has(self.tokens, "or") and not self.mood.past

    def _calm_query(self) -> Intent | None:
        """A question still, when the mood is only that of asking, looking back or forward."""
        if (
            self.mood.negated
            and not self.mood.asked
            and not asked_or_told.AT_SEA.search(self.mended)
        ):
            return None
        return self._query()

    def _asked(self) -> Intent:
        without = [token for token in self.tokens if token.kind != "question"]
        if self.mood.negated and orders.is_imperative(without):  # `buy 1 BTC? no thanks`
            return asking.chat(asking.NEGATED, self.pair)
        asked_by_mark = not mood_of(self.text.replace("?", " "), self._body_words()).blocks_orders
        if asked_by_mark and (self.polite or orders.is_imperative(without)):
            return asking.refuse(asking.NOT_AN_ORDER, pair=self.pair, note="asked")
        advice = asked_or_told.ADVICE.match(self.mended) and self.pair is not None
        query = None if advice else self._query()
        if asked_or_told.DID.match(self.mended) and (
            query is None or query.intent is Action.ANALYZE
        ):
            return Intent(intent=Action.REPORT)
        if query is not None:
            return query
        if self.pair is not None and (advice or asked_or_told.SOLD_ON.search(self.mended)):
            return Intent(
                intent=Action.ANALYZE, pair=self.pair, timeframe=queries.timeframe_of(self.text)
            )
        return asking.chat("A question is never an order; nothing was done.", self.pair)

    def _body_words(self) -> list[str]:
        return words_of(without_lead_in(split(self.text)))

    def _query(self) -> Intent | None:
        venue = first(self.tokens, "venue")
        asked = queries.Asked(self.mended, self.tokens, self.pair, venue.unit if venue else None)
        return queries.read_query(asked)

    def _nothing(self) -> Intent:
        bad = first(self.tokens, "bad")
        if bad is not None and self.pair is not None:
            return asking.ask(
                f"I do not read '{asking.shown(bad)}'. What is meant?", pair=self.pair
            )
        said = [token for token in self.tokens if token.kind != "harmless"]
        if said and all(token.kind in ("money", "part", "percent") for token in said):
            return asking.ask(AGAIN, note="a size and nothing else")
        if self.tokens and all(token.kind in _ORDER_NOUNS for token in self.tokens):
            return asking.ask(AGAIN, note="an order and nothing else")
        sized = has(self.tokens, "num", "money", "percent", "part")
        if sized and self.pair is not None and not self.mood.blocks_orders:
            return self._ask_verb(self.pair)
        return Intent(intent=Action.CHAT)

    def _ask_verb(self, pair: Pair) -> Intent:
        """A size and a market without a verb; the choices say the whole order."""
        short = len(self.tokens) <= MOST_TOKENS
        wholes = [_with_verb(self.text, verb, self.lexer) for verb in ("buy", "sell") if short]
        choices = tuple(wholes) if all(wholes) else ()
        return asking.ask(
            "Buy, sell, or set an alert?", pair=pair, note="verb missing", choices=choices
        )


def _with_verb(text: str, verb: str, lexer: Lexer) -> str:
    """The message with a verb before it, when that makes it an order; else an empty string."""
    whole = f"{verb} {text}"
    read = Reading(whole, lexer, None).intent()
    return whole if read.intent in (Action.BUY, Action.SELL) else ""
