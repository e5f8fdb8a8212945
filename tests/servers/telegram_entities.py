"""Entities of a text: how they nest, what is found in plain words, and how a text is tidied."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

SPLITTABLE = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
PRE = frozenset({"pre", "code"})
_ORDER = {
    "blockquote": 0, "expandable_blockquote": 0, "pre": 10, "code": 20, "text_link": 49,
    "text_mention": 49, "bold": 90, "italic": 91, "underline": 92, "strikethrough": 93,
    "spoiler": 94, "custom_emoji": 99,
}  # fmt: skip
_FOUND = re.compile(
    r"(?P<url>\bhttps?://[^\s<>]+)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z0-9_]{2,32})\b"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d_]\w*)"
    r"|(?<![\w$])(?P<cashtag>\$[A-Z]{1,8})(?!\w)"
)
# Control characters become spaces; these few are taken out.
_REMOVED = re.compile("\r|[\u2028-\u202e]|\u0333|\u033f|\u030a")
_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of a text; `offset` and `length` in UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    user_id: int = 0
    custom_emoji_id: str = ""

    @property
    def end(self) -> int:
        """The first unit behind it."""
        return self.offset + self.length

    def made(self, **changes: Any) -> Entity:
        """The same with some fields changed."""
        return replace(self, **changes)

    def shape(self) -> dict[str, Any]:
        """As JSON has it."""
        shape: dict[str, Any] = {"type": self.type, "offset": self.offset, "length": self.length}
        if self.url:
            shape["url"] = self.url
        if self.language and self.type == "pre":
            shape["language"] = self.language
        if self.user_id:
            shape["user"] = {"id": self.user_id, "is_bot": False, "first_name": "Ann"}
        if self.custom_emoji_id:
            shape["custom_emoji_id"] = self.custom_emoji_id
        return shape


def units(text: str) -> int:
    """Length in UTF-16 code units, which is how Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def in_order(entities: Iterable[Entity]) -> list[Entity]:
    """From the left, the longer one first."""
    return sorted(entities, key=lambda e: (e.offset, -e.length, _ORDER.get(e.type, 50)))


def fixed(entities: Iterable[Entity]) -> list[Entity]:
    """Entities after mending: links and code never cross, styles leave code out and join up."""
    kept = in_order(entity for entity in entities if entity.length > 0)
    quotes = _apart(entity for entity in kept if entity.type in QUOTES)
    whole = _apart(entity for entity in kept if entity.type not in SPLITTABLE | QUOTES)
    whole = [one for one in whole if not any(_crosses(one, quote) for quote in quotes)]
    code = [entity for entity in whole if entity.type in PRE]
    styles = [part for style in _joined(kept) for part in _without(style, code)]
    return in_order([*quotes, *whole, *styles])


def found(text: str, taken: Iterable[Entity]) -> list[Entity]:
    """Commands, mentions, links and tags that Telegram sees in plain words."""
    blocked = [entity for entity in taken if entity.type not in SPLITTABLE | QUOTES]
    seen = []
    for match in _FOUND.finditer(text):
        kind = match.lastgroup or ""
        entity = Entity(kind, units(text[: match.start()]), units(match[0]))
        if not any(entity.offset < one.end and one.offset < entity.end for one in blocked):
            seen.append(entity)
    return seen


def tidied(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    """Text without control characters and outer white space, entities moved along."""
    text, entities = _cleaned(text, entities)
    text = text.rstrip(" \n")
    end = units(text)
    entities = [
        one.made(length=min(one.end, end) - one.offset) for one in entities if one.offset < end
    ]
    # Space in front goes as well, but only up to where the first entity begins.
    first = min((one.offset for one in entities), default=end)
    lead = min(len(text) - len(text.lstrip(" \n")), first)
    return text[lead:], [one.made(offset=one.offset - lead) for one in entities]


def _cleaned(text: str, entities: Iterable[Entity]) -> tuple[str, list[Entity]]:
    text = _CONTROL.sub(" ", text)
    gone = [units(text[: match.start()]) for match in _REMOVED.finditer(text)]

    def moved(place: int) -> int:
        return place - sum(1 for one in gone if one < place)

    kept = [
        one.made(offset=moved(one.offset), length=moved(one.end) - moved(one.offset))
        for one in entities
    ]
    return _REMOVED.sub("", text), fixed(kept)


def _apart(entities: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in entities:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _crosses(one: Entity, quote: Entity) -> bool:
    if quote.end <= one.offset or one.end <= quote.offset:
        return False
    return quote.end < one.end or one.offset < quote.offset


def _joined(entities: Iterable[Entity]) -> Iterator[Entity]:
    open_styles: dict[str, Entity] = {}
    for entity in entities:
        if entity.type not in SPLITTABLE:
            continue
        before = open_styles.get(entity.type)
        if before is not None and entity.offset <= before.end:
            end = max(before.end, entity.end)
            open_styles[entity.type] = before.made(length=end - before.offset)
            continue
        if before is not None:
            yield before
        open_styles[entity.type] = entity
    yield from open_styles.values()


def _without(style: Entity, code: list[Entity]) -> Iterator[Entity]:
    inside = [one for one in code if one.offset < style.end and style.offset < one.end]
    edges = [style.offset, *(p for one in inside for p in (one.offset, one.end)), style.end]
    for start, end in list(pairwise(edges))[::2]:
        if start < end:
            yield style.made(offset=start, length=end - start)
