"""The words that stop trading, and those that ask to go on; read before anything else.

A halt is heard as widely as is safe, because one that is missed costs more than one too many: it
may be a clause of its own beside a reason. Going on is read only where the whole message asks for
it. A question, a denial, a quotation, a condition or the past does neither.
"""

from __future__ import annotations

import re

from kit_tui.ai import safety_words as said
from kit_tui.ai.guards import mood_of
from kit_tui.ai.wordlists import either
from kit_tui.domain.intent import Action, Intent

OFFER_CLOSE_ALL = "offer_close_all"
LONGEST = 40
"""Words of a message that may still be a halt."""

_FILLER = re.compile(rf"(?<![\w']){either(said.FILLERS)}(?![\w'])")
_LEAD = re.compile(rf"{either(said.LEADS)} ")
_POLITE = re.compile(r"(?:can|could|would|will|kannst|könntest|würdest)\b")
_URGED = re.compile(r"\b(?:please|pls|plz|now|immediately|asap|bitte|sofort|jetzt|kindly)\b")
_TRADING = rf"(?:{either(said.WHICH)} )*{either(said.TRADING)}"
_GOING = rf"(?:{either(said.WHOSE)} )*{either(said.GOES)}"
_ALL, _AWAY = either(said.ALL), either(said.AWAY)
_STOPS = either(said.STOPS)
_SPAN = rf"(?: (?:{said.SPAN}))*"
_ALONE = re.compile(
    rf"(?:{either(said.ALONE)}|halt|stop|stopp)(?: (?:{either(said.ALONE)}))*{_SPAN}|"
    rf"(?:{said.NO_MORE}){_SPAN}"
)
_HALT = re.compile(
    rf"(?:(?:halt|stop|stopp) )*(?:{_STOPS} (?:{_AWAY} )?{_TRADING}(?: {_AWAY})?|"
    rf"(?:put|place|turn|switch|take|shut|set|bring|leg|lege) {_TRADING} {_AWAY}|"
    rf"(?:schluss|stopp|ende|aufhören|hör auf|feierabend|pause|aus) mit {_TRADING}|"
    rf"(?:lass|lasst) {_TRADING} (?:sein|bleiben|ruhen|gut sein)|"
    rf"{_TRADING}{_SPAN} (?:aussetzen|stoppen|anhalten|pausieren|einstellen|unterbrechen)|"
    rf"mach {_TRADING} (?:dicht|zu|aus|runter)|"
    rf"{either(said.WANTS)} {_TRADING} {either(said.ENDED)}|"
    rf"{_TRADING} {either(said.MUSTS)} {either(said.ENDED)}|"
    rf"{_TRADING} (?:{_AWAY}|stop|halt|{_STOPS}|stoppen|anhalten|pausieren|aussetzen|beenden|"
    rf"einstellen|abschalten|ausschalten|unterbrechen|einfrieren|abbrechen|deaktivieren)|"
    rf"(?:freeze|pause|stop|halt|suspend) {either(said.IT)}){_SPAN}"
)
_STRONG = re.compile(
    rf"(?:(?:halt|stop|stopp) )*(?:(?:{_STOPS}|kill|abort|stoppe?) {_ALL}(?: {_AWAY})?|"
    rf"(?:shut|power|close|turn|switch|put|bring|mach|halte?|schalte?) (?:{_ALL}|it) {_AWAY}|"
    rf"shut down|alles (?:stoppe?n?|anhalten|aus|abschalten|ausschalten|pausieren|stop)|"
    rf"{either(said.STRONG)}){_SPAN}"
)
_CLOSES = re.compile(
    rf"(?:{either(said.HASTE)} )*(?:{either(said.CLOSES)} {either(said.POSITIONS)}"
    rf"(?: (?:off|out|up|at market|auf|ab|glatt|raus|zum marktpreis))?|{said.CLOSED})"
)
_SHUTS = re.compile(
    r"(?:stop|halt|quit|shut down|shut it down|turn off|stopp|stoppen|handel stoppen|anhalten|"
    r"aufhören|stoppe|pause|freeze|cease)"
)
_SWITCH = re.compile(
    rf"(?:{either(said.SWITCHES)} )?(?:the |my |that |den |die |das )?{either(said.KILL_SWITCH)}"
    rf"(?: {either(said.SWITCHED)}| {either(said.KILL_SWITCH)}|"
    rf" {either(said.POSITIONS)}| (?:{said.CLOSED}))*"
)
_HASTY = re.compile(rf"{either(said.HASTE)} ")
_RESUME = re.compile(
    rf"(?:{either(said.RESUME_LEADS)} )*(?:{either(said.GOES_ON)} {_GOING}|"
    r"resume|unhalt|un halt|unpause|un pause|unfreeze|"
    + said.GOING_ON.replace("{trading}", _GOING)
    + ")"
)
# Who swears, has had enough, or speaks of single trades asks for no trading to go on.
_UPSET = re.compile(
    r"\b(?:enough|i'?m (?:out|done)|oh god|omg|wtf|hell|fuck\w*|damn|shit|crap|argh|"
    r"(?:my|the|our|all|any) trades?)\b|[;:]-?[)(]"
)
_JOINTS = re.compile(r"\b(?:and then|and|then|und dann|und|dann|plus|followed by|&)\b|[,&+]")
_ENDS = re.compile(r"[.,;:!\n()]+| - ")
_SPOILED = re.compile(rf"\b{either(said.SPOILS)}\b")
_SPOILED_AFTER = re.compile(rf"\b{either(said.SPOILS_AFTER)}\b")
_REASON = re.compile(rf" {either(said.REASONS)}\b")
_QUOTED = re.compile(r"^>|\"|(?:^|\s)'[^']+'(?:\s|$|[.,!?])")
_KILL = re.compile(r"/kill\b")


def read_safety(text: str) -> Intent | None:
    """A kill, a halt or a resume of a screened message, or None."""
    if _KILL.match(text):
        return Intent(intent=Action.KILL)
    if _QUOTED.search(text) or not _requests(text) or len(text.split()) > LONGEST:
        return None
    whole = _plain(text)
    if _kills(text):
        return Intent(intent=Action.KILL)
    stops = _stop_of(whole) or _stop_in(text)
    if stops is not None:
        return stops
    calm = not mood_of(text, text.split()).blocks_orders and _UPSET.search(text) is None
    parts = whole.split(" and ")  # `lift the halt and start trading again`
    if calm and all(_RESUME.fullmatch(part) for part in parts):
        return Intent(intent=Action.RESUME)
    return None


def _requests(text: str) -> bool:
    """Whether it asks nothing; `could you stop trading now?` only asks politely."""
    return "?" not in text or (_POLITE.match(text) is not None and _URGED.search(text) is not None)


def _plain(text: str) -> str:
    """The words that say something, one blank apart."""
    bare = " ".join(re.sub(r"[^a-zäöüß0-9'& ]+", " ", text.replace("-", " ")).split())
    bare = " ".join(_FILLER.sub(" ", bare).split())
    return _LEAD.sub("", bare, count=1) if _LEAD.match(bare) else bare


def _stop_of(clause: str) -> Intent | None:
    """A halt, when a clause without its empty words says that and nothing else."""
    if _STRONG.fullmatch(clause):
        return Intent(intent=Action.HALT, note=OFFER_CLOSE_ALL)
    if _HALT.fullmatch(clause) or _ALONE.fullmatch(clause):
        return Intent(intent=Action.HALT)
    return None


def _stop_in(text: str) -> Intent | None:
    """A halt that is one clause of several: `stop trading, something is wrong`."""
    clauses = [_plain(clause) for clause in _ENDS.split(text)]
    clauses = [clause for clause in clauses if clause]
    counts = any(map(str.isdigit, text))  # `stop, 60k` is half an order
    for place, clause in enumerate(clauses):
        stops = _stop_of(clause) or _stop_for_a_reason(clause)
        if stops is not None and not (counts and len(clause.split()) == 1):
            spoiled = any(_SPOILED.search(before) for before in clauses[:place]) or any(
                _SPOILED_AFTER.search(after) for after in clauses[place + 1 :]
            )
            return None if spoiled or _is_heading(text, place) else stops
    return None


def _is_heading(text: str, place: int) -> bool:
    """`note to self: stop trading` tells what somebody wrote, no wish."""
    return place > 0 and ":" in text


def _stop_for_a_reason(clause: str) -> Intent | None:
    """`stop trading before it gets worse`, `stop i made a mistake`."""
    for found in _REASON.finditer(clause):
        stops = _stop_of(clause[: found.start()])
        if stops is not None:
            rest = clause[found.start() :]
            return None if _SPOILED_AFTER.search(rest) else stops
    return None


def _kills(text: str) -> bool:
    """Whether every part presses the kill switch, or closes all while another part stops."""
    parts = [_plain(part) for part in _JOINTS.split(_ENDS.sub(",", text))]
    parts = [part for part in parts if part]
    switched = closed = stopped = hasty = False
    for part in parts:
        hastened = _HASTY.match(part) is not None
        if part and re.fullmatch(either(said.HASTE), part) and not _SWITCH.fullmatch(part):
            hasty = True
        elif _SWITCH.fullmatch(part):
            switched = True
        elif _CLOSES.fullmatch(part):
            closed, hasty = True, hasty or hastened
        elif _stop_of(part) is not None or _SHUTS.fullmatch(part):
            stopped = True
        else:
            return False
    return switched or (closed and (stopped or hasty))
