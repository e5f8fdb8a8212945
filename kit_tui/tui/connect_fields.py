"""The connect form's fields as data: what is chosen, what is typed unseen, what is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from kit_tui.gateway.key_forms import SERVICES, ConnectRequest, KeyReport, Service

VENUES: Final = ("binance", "kraken", "coinbase", *SERVICES)
CHOICES: Final = {
    "mode": ("live", "sandbox"), "market": ("spot", "perpetual"), "replace": ("no", "yes"),
}  # fmt: skip
HIDDEN: Final = frozenset({"api_key", "secret", "password", "passphrase", "again"})
TYPED: Final = HIDDEN | {"venue", "name", "word"}
# What a report asks for, and the fields that answer it.
ANSWERS: Final = {
    "word": ("word",), "passphrase": ("passphrase",), "new passphrase": ("passphrase", "again"),
}  # fmt: skip
LONGEST: Final = 8_000
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(frozen=True, slots=True, repr=False)
class ConnectForm:
    """What is filled in. It holds keys while the form is open, and never shows them in a repr."""

    venue: str = VENUES[0]
    name: str = ""
    mode: str = "live"
    market: str = "spot"
    replace: str = "no"
    api_key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    word: str = ""
    passphrase: str = field(default="", repr=False)
    again: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"ConnectForm({self.venue})"

    @property
    def service(self) -> Service | None:
        """The model or channel this is for, which has one secret and nothing else; else None."""
        return SERVICES.get(self.venue)

    def fields(self, report: KeyReport | None, *, has_keys: bool) -> tuple[str, ...]:
        """Fields that apply now, in order."""
        about = ["venue"] if self.service else ["venue", "name", "mode", "market"]
        if report is not None and report.stored:
            return (*about, "action")
        names = [*about, "api_key"] if self.service else [*about, "api_key", "secret"]
        if self.venue not in VENUES:
            names.append("password")
        if has_keys:
            names.append("replace")
        if report is not None:
            names += ANSWERS.get(report.needs, ())
        return (*names, "action")

    def turned(self, name: str, step: int) -> ConnectForm:
        """The form after choosing the next option of a field."""
        options = VENUES if name == "venue" else CHOICES.get(name)
        if options is None:
            return self
        now = getattr(self, name)
        at = options.index(now) + step if now in options else 0
        return replace(self, **{name: options[at % len(options)]})

    def typed(self, name: str, text: str) -> ConnectForm:
        """The form after typing or pasting into a field; an empty text deletes a character."""
        if name not in TYPED:
            return self
        if not text:
            return replace(self, **{name: getattr(self, name)[:-1]})
        longest = LONGEST
        if name in ("venue", "name"):
            longest = 24
            text = "".join(letter for letter in text.lower() if letter in _NAME)
        elif len(text) > 1:
            text = text.strip()  # copied keys bring line ends along; a key file keeps its own
        return replace(self, **{name: (getattr(self, name) + text)[:longest]})

    def cleared(self, name: str) -> ConnectForm:
        """The form with a typed field emptied."""
        return replace(self, **{name: ""}) if name in TYPED else self

    def without_secrets(self) -> ConnectForm:
        """The form with everything emptied that was typed unseen."""
        return replace(self, **dict.fromkeys(HIDDEN, ""))

    def problem(self, report: KeyReport | None) -> str:
        """Why the form cannot be sent yet; empty when it can."""
        if not self.venue:
            return f"Name an exchange, or one of {', '.join(SERVICES)}."
        if self.service is not None and not self.api_key:
            return f"The {self.service.secret} is needed."
        if self.service is None and not (self.api_key and self.secret):
            return "The API key and its secret are needed."
        if report is not None and report.needs == "new passphrase":
            if not self.passphrase:
                return "Choose a passphrase for the file of keys."
            if self.again != self.passphrase:
                return "The two passphrases are not the same."
        return ""

    def request(self) -> ConnectRequest:
        """What the form asks of the desk."""
        if self.service is not None:
            return ConnectRequest(
                venue=self.venue, api_key=self.api_key, secret="", rotate=self.replace == "yes",
                passphrase=self.passphrase,
            )  # fmt: skip
        return ConnectRequest(
            venue=self.venue, name=self.name, api_key=self.api_key, secret=self.secret,
            password=self.password, mode="sandbox" if self.mode == "sandbox" else "live",
            market="perpetual" if self.market == "perpetual" else "spot",
            rotate=self.replace == "yes", word=self.word.strip(), passphrase=self.passphrase,
        )  # fmt: skip
