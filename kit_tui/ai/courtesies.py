"""What people say beside an order without changing it: thanks, greetings, haste, forms of address.

Each entry is measured by one question: does the order stay the same, whole and at once, without
it? Nothing here negates, conditions, delays, limits or names a thing.
"""

from __future__ import annotations

from collections.abc import Sequence

from kit_tui.ai.wordlists import words

Raw = tuple[str, str]

# Anywhere in a message.
_WORDS = words(
    # asking and thanking
    "please pls plz plss pleease kindly ta cheers thanks thx thankyou ty tysm tnx cheerio "
    "bitte bittschön bitti büdde bidde danke dankeschön dankschön merci "
    # those who are spoken to
    "mate m8 matey pal buddy dude bruv bro bruh brother cuz fam guv guvnor sir sirji madam maam "
    "ma'am bhai yaar ji bhaiya dear luv darling folks guys champ cobber "
    # haste
    "asap pronto promptly swiftly urgently immediately instantly quickly straightaway rapidly "
    "sofort umgehend unverzüglich schleunigst schnellstens schnellstmöglich flott zackig zügig "
    "rasch flugs subito eben simply einfach ruhig mal einmal grad uh umm uhm erm ehm äh ähm hm"
)
# Only before anything else is said.
OPENERS = words(
    "please hey hi hello ok okay oki kit bitte yo oi oy hallo right well so listen look alright "
    "righto hiya howdy gday g'day morning gm servus moin moinsen grüezi grüß grüss gruezi na los "
    "komm also actually now kk yes yep ja jo jep cool quick "
    "team just jetzt nun anyway anyways anyhow sorry oops egal jedenfalls"
)
_ANYWHERE = """
many thanks|many thx|and ta|and thanks|and thank you|and cheers|und danke|right then|ok then
okay then|alright then|well then|now then|much appreciated|appreciate it|much obliged
if you please|if you would be so kind|if you'd be so kind|and oblige
kindly do the needful and|do the needful and|and do the needful|do the needful|right now
right away|straight away|right this second|right this minute|this second|this instant|this minute
as soon as possible|as fast as you can|as fast as possible|as quickly as possible
as quick as you can|on the double|chop chop|hurry up|quick smart|quick sticks|double quick
real quick|real fast|really quick|super quick|super fast|at once|lickety split|like now
there's a good chap|there's a love|there's a dear|good man|my friend|my man|my good man|my dear
old chap|old boy|old bean|my bad|sorry my bad|oh sorry|when u get a sec|when you get a sec
when you get a second|when you get a chance|when u get a chance|when you have a sec
when you have a second|when you've got a sec|if you get a sec|if you have a sec
wenn du mal zeit hast|good morning|good afternoon|good evening|good day|hi there|hey there
hello there|on my behalf|for me|for us|for my account|for our account|vielen lieben dank
vielen dank|besten dank|herzlichen dank|liebe grüße|beste grüße|mit freundlichen grüßen|für mich
für uns|für mein konto|so schnell wie möglich|auf der stelle|bitte schön|sei so gut und
sei so lieb und|sei so nett und|seien sie so gut und|wenn ich bitten darf|na los|komm schon
grüß gott|grüß dich|guten tag|guten morgen|guten abend|mal eben|mal schnell|mal kurz
"""
# Only at the end: at the beginning they make a question of it.
_AT_THE_END = """
would you please|would you mind|would you kindly|would you|will you please|will you|could you
could you please|can you|can you please|would ya|will ya|could ya|wouldja|won't you|would u
if you would|if you could|if you don't mind|if you wouldn't mind|if you do not mind
if it's not too much trouble|ok|okay|alright|innit|yeah|boss|chief|love|legend|man|lg|mfg
wenn's recht ist|wenn es recht ist|wenn's keine umstände macht|ja|gell|gäll|göll
"""
# Polite German speaks to `Sie`, right after the verb.
_FORMAL = words(
    "kaufen verkaufen schließen schliessen stornieren löschen streichen investieren setzen "
    "besorgen holen legen stellen lösen nehmen ziehen platzieren beenden veräußern erwerben "
    "stoßen machen erstellen sichern tauschen"
)
_THANKS = words("thanks thx thnx thank ty ta tnx cheers danke merci")
_HOW_MUCH = tuple(
    tuple(much.split())
    for much in ("a lot", "a bunch", "a million", "a mill", "a ton", "so much", "very much",
                 "heaps", "loads", "in advance", "muchly", "again", "you very much", "you so much",
                 "you", "kindly", "dir", "ihnen", "schön", "sehr", "im voraus", "vielmals",
                 "nochmal")
)  # fmt: skip
_REQUESTS, _ASKED = words("please pls kindly bitte"), words("you u ya du sie")
_MARKS = frozenset(".,!:-")
_AFTER_ALL = words("now jetzt please pls bitte")


def by_first(text: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Phrases by their first word, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in text.replace("\n", "|").split("|"):
        if phrase:
            found.setdefault(phrase.split()[0], []).append(tuple(phrase.split()))
    return {word: tuple(sorted(said, key=len, reverse=True)) for word, said in found.items()}


_BY_FIRST = by_first(_ANYWHERE)
_ENDINGS = by_first(_AT_THE_END)


def without_courtesies(raw: Sequence[Raw]) -> list[Raw]:
    """The message without its courtesies; one that is nothing else stays as it is."""
    texts = [text for _, text in raw]
    kept: list[Raw] = []
    place = 0
    while place < len(raw):
        used = _courtesy_at(texts, place)
        if not used:
            kept.append(raw[place])
        place += used or 1
    kept = _without_ending(kept)
    return kept if any(kind != "mark" for kind, _ in kept) else list(raw)


def _courtesy_at(texts: Sequence[str], place: int) -> int:
    """How many runs a courtesy at `place` takes; none is 0."""
    word = texts[place]
    for phrase in _BY_FIRST.get(word, ()):
        if tuple(texts[place : place + len(phrase)]) == phrase:
            return len(phrase)
    if word in _THANKS:
        return 1 + next((len(m) for m in _HOW_MUCH if tuple(texts[place + 1 :][: len(m)]) == m), 0)
    before = texts[place - 1] if place else ""
    if word == "sie" and before in _FORMAL:
        return 1
    if word in _REQUESTS and before in _ASKED:  # `would you please` asks for it, `would you` asks
        return 0
    return int(word in _WORDS)


def _without_ending(kept: list[Raw]) -> list[Raw]:
    end = len(kept)
    while end and (kept[end - 1][1] in _MARKS or kept[end - 1][1] in _AFTER_ALL):
        end -= 1
    texts = tuple(text for _, text in kept[:end])
    for start in range(max(1, end - 7), end):
        if texts[start:] in _ENDINGS.get(texts[start], ()):
            return kept[:start]
    return kept
