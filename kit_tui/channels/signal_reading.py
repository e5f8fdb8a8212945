"""What counts as speaking on Signal: new words and reactions of people in a chat with K.I.T."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from kit_tui.channels.text import visible_line
from kit_tui.channels.transport import Heard, Pressed
from kit_tui.domain.clock import utc_from_ms
from kit_tui.gateway.people import Speaker

NAME = "signal"
REMEMBERED = 1_000
_NO_TIME = 10**14
"""Milliseconds beyond which no time is meant."""
_ANSWERS = {"\N{THUMBS UP SIGN}": "approve", "\N{THUMBS DOWN SIGN}": "reject"}
_SKIN_TONES = dict.fromkeys([*range(0x1F3FB, 0x1F400), 0xFE0F])
_NOT_TEXT = ("attachments", "sticker", "contacts", "payment", "pollCreate")


class Addresses:
    """Whom an envelope is from, under one name that does not change.

    People have a UUID and mostly a number, and an envelope may tell only one of the two. Someone
    whose number stands in the settings is called by it, everybody else by the UUID.
    """

    def __init__(self, declared: Iterable[str]) -> None:
        self._declared = frozenset(map(normal, declared))
        self._uuids: dict[str, str] = {}

    @property
    def unknown(self) -> list[str]:
        """The numbers in the settings whose UUID is not known yet."""
        return sorted(n for n in self._declared if n.startswith("+") and n not in self._uuids)

    def learn(self, number: str, uuid: str) -> None:
        """A number belongs to this UUID now; whoever had it before has it no more."""
        if number in self._declared:
            self._uuids[number] = uuid.lower()

    def name_of(self, number: str, uuid: str) -> str:
        """The one name of a person; empty when the envelope tells neither."""
        uuid = uuid.lower()
        if uuid in self._declared:
            return uuid
        if number in self._declared:
            if uuid:
                self.learn(number, uuid)
            return number
        if not number and uuid:  # the number is hidden, or was not needed
            return next((n for n, known in self._uuids.items() if known == uuid), uuid)
        return uuid or number


class Versions:
    """Which post a timestamp stands for: each change of a post gives it one more."""

    def __init__(self) -> None:
        self._first: OrderedDict[str, str] = OrderedDict()

    def changed(self, post_id: str, timestamp: str) -> None:
        """A post has got this timestamp too."""
        self._first[timestamp] = post_id
        if len(self._first) > REMEMBERED:
            self._first.popitem(last=False)

    def post_of(self, timestamp: str) -> str:
        """The post's id, which is its first timestamp."""
        return self._first.get(timestamp, timestamp)


def normal(identifier: str) -> str:
    """A number without the signs between its digits; a UUID in small letters."""
    text = identifier.strip()
    if text.startswith("+"):
        return "+" + "".join(c for c in text if c in "0123456789")
    return text.lower()


def read_event(
    event: object, account: str, addresses: Addresses, versions: Versions
) -> Heard | Pressed | None:
    """An event as something said or answered; None for what no person did.

    What the account's own devices did is left out: it is K.I.T. that speaks from it.
    """
    event = _table(event)
    envelope = _table(event.get("envelope"))
    number, uuid = _text(envelope.get("sourceNumber")), _text(envelope.get("sourceUuid"))
    name = addresses.name_of(number, uuid)
    own = {account, _text(event.get("account"))} - {""}
    if event.get("exception") or "syncMessage" in envelope or not name or {number, uuid} & own:
        return None
    edited = _table(_table(envelope.get("editMessage")).get("dataMessage"))
    data = edited or _table(envelope.get("dataMessage"))
    if not data:
        return None
    shown = visible_line(_text(envelope.get("sourceName")), 40)
    group = _text(_table(data.get("groupInfo")).get("groupId"))
    speaker = Speaker(
        channel=NAME, user=name, chat=group or name, private=not group, name=shown or name
    )
    mark = f"{uuid.lower() or number}:{data.get('timestamp') or envelope.get('timestamp')}"
    ignored = "edited" if edited else "in a group" if group else ""
    if "storyContext" in data:
        ignored = "an answer to a story"
    if ignored:
        return Heard(speaker=speaker, mark=mark, ignored=ignored)
    reaction = _table(data.get("reaction"))
    if reaction:
        return _reacted(reaction, speaker, mark, {number, uuid}, versions)
    said = _said(data, speaker, mark, {number, uuid}, versions)
    return said and replace(said, at=_received(envelope))


def _reacted(
    reaction: Mapping[str, Any], speaker: Speaker, mark: str, theirs: set[str], versions: Versions
) -> Pressed | None:
    answer = _ANSWERS.get(_text(reaction.get("emoji")).translate(_SKIN_TONES))
    if answer is None or reaction.get("isRemove") is not False:
        return None
    if _is_by(reaction, "targetAuthor", theirs):
        return None
    target = versions.post_of(str(reaction.get("targetSentTimestamp")))
    return Pressed(speaker=speaker, mark=mark, data=answer, quotes=target)


def _said(
    data: Mapping[str, Any], speaker: Speaker, mark: str, theirs: set[str], versions: Versions
) -> Heard | None:
    text = data.get("message")
    # Of a long text only the beginning stands here, and the rest in a file: it is not acted on.
    if any(data.get(kind) for kind in _NOT_TEXT):
        return Heard(speaker=speaker, mark=mark)
    if not isinstance(text, str) or not text.strip():  # a deletion, a timer, a call
        return None
    quote = _table(data.get("quote"))
    ours = quote and not _is_by(quote, "author", theirs)
    quotes = versions.post_of(str(quote.get("id"))) if ours else ""
    return Heard(speaker=speaker, mark=mark, text=text, quotes=quotes)


def _received(envelope: Mapping[str, Any]) -> datetime | None:
    """When Signal got a message; the sender's own clock, which may be wrong, only without that."""
    for name in ("serverReceivedTimestamp", "timestamp"):
        moment = envelope.get(name)
        if isinstance(moment, int) and 0 < moment < _NO_TIME:
            return utc_from_ms(moment)
    return None


def _is_by(target: Mapping[str, Any], author: str, theirs: set[str]) -> bool:
    """Whether a message in a chat of two is by the person; else it is by K.I.T."""
    named = {_text(target.get(f"{author}{part}")) for part in ("", "Number", "Uuid")}
    return bool((named & theirs) - {""})


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
