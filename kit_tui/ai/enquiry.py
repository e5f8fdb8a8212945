"""What a question is about, told by all its words together rather than by its wording.

Every word and phrase belongs to classes (`enquiry_words`); a rule names the classes that must be
there and those that must not, and the heaviest rule that holds wins. The order of the words, and
words of no class, do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from kit_tui.ai.account_words import ACCOUNT
from kit_tui.ai.enquiry_rules import RULES
from kit_tui.ai.enquiry_words import ASKING, SHORT_FORMS
from kit_tui.ai.market_words import MARKETS

_LONGEST = 5
_SHORTEST = 5
_SHORTEST_STEM = 3
_NONE: frozenset[str] = frozenset()
_LETTERS = "abcdefghijklmnopqrstuvwxyzäöü"
_WORD = re.compile(r"[a-zäöüß0-9]+")
_PNL = re.compile(r"\bp ?(?:&|/|and|n|\+) ?l\b")
_SHORTENED = re.compile(r"'(?:s|re|ve|m|d|ll)?(?![a-z])|(?<=[a-z])'(?=t\b)")
_DRAWN = re.compile(r"([a-zäöü])\1{2,}")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Rule(NamedTuple):
    """A topic, and the classes that speak for it and against it."""

    weight: int
    topic: str
    needs: frozenset[str]
    bars: frozenset[str]


class _Index(NamedTuple):
    words: dict[str, frozenset[str]]
    starts: dict[str, frozenset[str]]
    ends: dict[str, frozenset[str]]


def _spellings(entry: str) -> Iterable[str]:
    said = entry.replace("_", " ")
    return {said, said.translate(_UMLAUTS)}


def _index() -> _Index:
    words: dict[str, set[str]] = {}
    starts: dict[str, set[str]] = {}
    ends: dict[str, set[str]] = {}
    for name, entries in (ASKING | ACCOUNT | MARKETS).items():
        for said in (spelling for entry in entries.split() for spelling in _spellings(entry)):
            table = starts if said.endswith("*") else ends if said.startswith("*") else words
            table.setdefault(said.strip("*"), set()).add(name)
    return _Index(*({key: frozenset(names) for key, names in table.items()}
                    for table in (words, starts, ends)))  # fmt: skip


def _rule(line: str) -> Rule:
    weight, topic, *classes = line.split()
    bars = frozenset(name[1:] for name in classes if name.startswith("-"))
    needs = frozenset(name for name in classes if not name.startswith("-"))
    return Rule(int(weight), topic, needs, bars)


_INDEX = _index()
_RULES = sorted((_rule(line) for line in RULES.strip().splitlines()), key=lambda rule: -rule.weight)


def spoken(text: str) -> list[str]:
    """The words of a screened message; `what's` is `what`, `p & l` is `pnl`, `hw` is `how`."""
    plain = _DRAWN.sub(r"\1", _SHORTENED.sub("", _PNL.sub("pnl", text)))
    return [SHORT_FORMS.get(word, word) for word in _WORD.findall(plain)]


def classes_of(said: Sequence[str]) -> set[str]:
    """The classes of all words and phrases of a message."""
    return set(_classes_of(tuple(said)))


@lru_cache(maxsize=8)
def _classes_of(said: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for place, word in enumerate(said):
        for end in range(place + 1, min(place + _LONGEST, len(said)) + 1):
            found |= _INDEX.words.get(" ".join(said[place:end]), _NONE)
        for size in range(_SHORTEST_STEM, len(word) + 1):
            found |= _INDEX.starts.get(word[:size], _NONE)
            found |= _INDEX.ends.get(word[-size:], _NONE) if size < len(word) else _NONE
    for end in range(1, min(_LONGEST, len(said)) + 1):
        found |= _INDEX.words.get("^" + " ".join(said[:end]), _NONE)
    return frozenset(found)


def mended(said: Sequence[str]) -> list[str]:
    """The words with one typing slip in those that are of no class."""
    return [
        _known(word) if len(word) >= _SHORTEST and not _of_class(word) else word for word in said
    ]


def _of_class(word: str) -> bool:
    stems = (word[:size] for size in range(_SHORTEST_STEM, len(word) + 1))
    return word in _INDEX.words or any(stem in _INDEX.starts for stem in stems)


def _known(word: str) -> str:
    """The one word of a class from which a letter was dropped, doubled, or changed over."""
    cuts = range(1, len(word))
    near = {word[:i] + word[i + 1 :] for i in cuts}
    near |= {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)}
    near |= {word[:i] + letter + word[i:] for i in cuts for letter in _LETTERS}
    found = near & _INDEX.words.keys()
    return found.pop() if len(found) == 1 else word


def topics_of(classes: set[str]) -> list[str]:
    """What it may be about, the most likely first, each once."""
    held = [rule for rule in _RULES if rule.needs <= classes and not rule.bars & classes]
    return list(dict.fromkeys(rule.topic for rule in held))


def asks_how(text: str) -> bool:
    """Whether a message asks how the program is used."""
    return topics_of(classes_of(spoken(text)))[:1] == ["help"]
