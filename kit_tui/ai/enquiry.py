"""What a question is about, told by all its words together rather than by its wording.

Every word and phrase belongs to classes (`enquiry_words`); a rule names the classes that must be
there and those that must not, and the heaviest rule that holds wins. The order of the words, and
words of no class, do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kit_tui.ai.enquiry_words import RULES, WORDS

_LONGEST = 5
_WORD = re.compile(r"[a-zäöüß0-9]+")
_PNL = re.compile(r"\bp ?(?:&|/|and|n|\+) ?l\b")
_SHORTENED = re.compile(r"'(?:s|re|ve|m|d|ll)?(?![a-z])|(?<=[a-z])'(?=t\b)")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Rule(NamedTuple):
    """A topic, and the classes that speak for it and against it."""

    weight: int
    topic: str
    needs: frozenset[str]
    bars: frozenset[str]


class _Index(NamedTuple):
    words: dict[str, frozenset[str]]
    starts: tuple[tuple[str, str], ...]
    ends: tuple[tuple[str, str], ...]


def _spellings(entry: str) -> Iterable[str]:
    said = entry.replace("_", " ")
    return {said, said.translate(_UMLAUTS)}


def _index() -> _Index:
    words: dict[str, set[str]] = {}
    starts: list[tuple[str, str]] = []
    ends: list[tuple[str, str]] = []
    for name, entries in WORDS.items():
        for entry in entries.split():
            for said in _spellings(entry):
                if said.endswith("*"):
                    starts.append((said[:-1], name))
                elif said.startswith("*"):
                    ends.append((said[1:], name))
                else:
                    words.setdefault(said, set()).add(name)
    return _Index(
        {word: frozenset(names) for word, names in words.items()}, tuple(starts), tuple(ends)
    )


def _rule(line: str) -> Rule:
    weight, topic, *classes = line.split()
    bars = frozenset(name[1:] for name in classes if name.startswith("-"))
    needs = frozenset(name for name in classes if not name.startswith("-"))
    return Rule(int(weight), topic, needs, bars)


_INDEX = _index()
_RULES = sorted((_rule(line) for line in RULES.strip().splitlines()), key=lambda rule: -rule.weight)


def spoken(text: str) -> list[str]:
    """The words of a screened message; `what's` is `what`, `p & l` is `pnl`."""
    return _WORD.findall(_SHORTENED.sub("", _PNL.sub("pnl", text)))


def classes_of(said: Sequence[str]) -> set[str]:
    """The classes of all words and phrases of a message."""
    found: set[str] = set()
    for place in range(len(said)):
        for end in range(place + 1, min(place + _LONGEST, len(said)) + 1):
            found |= _INDEX.words.get(" ".join(said[place:end]), frozenset())
        word = said[place]
        found.update(name for stem, name in _INDEX.starts if word.startswith(stem))
        found.update(name for stem, name in _INDEX.ends if word.endswith(stem) and word != stem)
    for end in range(1, min(_LONGEST, len(said)) + 1):
        found |= _INDEX.words.get("^" + " ".join(said[:end]), frozenset())
    return found


def topics_of(classes: set[str]) -> list[str]:
    """What it may be about, the most likely first, each once."""
    held = [rule for rule in _RULES if rule.needs <= classes and not rule.bars & classes]
    return list(dict.fromkeys(rule.topic for rule in held))


def asks_how(text: str) -> bool:
    """Whether a message asks how the program is used."""
    return topics_of(classes_of(spoken(text)))[:1] == ["help"]
