"""The words that stop trading, and those that ask to go on; read before anything else."""

from __future__ import annotations

import re

from kit_tui.domain.intent import Action, Intent

OFFER_CLOSE_ALL = "offer_close_all"

_TAIL = r"(?: (?:now|right now|immediately|at once|asap|please|pls|jetzt|sofort|bitte|kit|today))*"
_SPELL = (
    r"(?: (?:for|until|till|bis|für) (?:today|now|tonight|tomorrow|the day|the night|a while|"
    r"an? hour|heute|morgen|\d+ ?(?:h|hours?|m|min|minutes?|stunden|minuten)|\w+day))?"
)
_HEAD = r"(?:(?:please|pls|kit|hey|ok|okay|bitte|stop|jetzt|sofort|just|quick|everyone) )*"
_TRADING = (
    r"(?:trading|trades|all trading|all trades|any trading|the trading|handel|den handel|"
    r"das trading|alle trades|the engine|the bot|trading now)"
)
_HALT = re.compile(
    rf"{_HEAD}(?:halt|stopp?|"
    rf"(?:halt|stopp?|stoppe|pause|pausiere|freeze|suspend|cease|end|stop all|halt all) {_TRADING}|"
    rf"trading halt|{_TRADING} (?:stoppen|anhalten|pausieren|aussetzen)|"
    rf"halte {_TRADING} an){_SPELL}{_TAIL}"
)
_STRONG = re.compile(
    rf"{_HEAD}(?:(?:stop|halt|kill|abort|freeze|shut ?down|stoppe|stopp) "
    rf"(?:everything|it all|alles|all)|shut (?:everything|it all|it) down|"
    rf"alles (?:stoppe?n?|anhalten|aus)|kill ?switch|"
    rf"(?:hit|press|pull|use|trigger|activate) the kill ?switch|panic(?: button)?|panik|"
    rf"emergency(?: stop| halt)?|notaus|not aus|notstopp|not stopp|abort|"
    rf"(?:stop|halt) everything and (?:close|sell|liquidate) (?:everything|all|all positions|"
    rf"all my positions|it all))"
    rf"{_TAIL}"
)
_KILL = re.compile(r"/kill")
_RESUME = re.compile(
    rf"(?:you (?:can|may) (?:now )?|lets |let us )?{_HEAD}"
    rf"(?:resume|unhalt|unpause|(?:resume|unpause|restart|continue|unfreeze|re-?enable) "
    rf"{_TRADING}|(?:start|begin) {_TRADING} again|keep trading again|"
    rf"(?:get|go) back to trading|lift the halt|"
    rf"{_TRADING} (?:fortsetzen|wieder aufnehmen|weiter)|handel wieder starten|"
    rf"(?:setze|nimm) {_TRADING} (?:fort|wieder auf)|weiter handeln|weitermachen){_TAIL}"
)


def read_safety(text: str) -> Intent | None:
    """A halt or a resume, or None. The whole message must say it; a question never does."""
    if "?" in text:
        return None
    if _KILL.match(text):
        return Intent(intent=Action.KILL)
    plain = " ".join(re.sub(r"[^a-zäöüß0-9' ]+", " ", text.replace("-", " ")).split())
    if _STRONG.fullmatch(plain):
        return Intent(intent=Action.HALT, note=OFFER_CLOSE_ALL)
    if _HALT.fullmatch(plain):
        return Intent(intent=Action.HALT)
    if _RESUME.fullmatch(plain) and not re.search(r"[\"'>]", text):
        return Intent(intent=Action.RESUME)
    return None
