"""What `kit doctor` says of each channel: off, token, network, who else listens, who is let in.

Nothing here asks Telegram for updates: that would take them from whoever listens.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from kit_tui.channels.reach import TokenRefusedError, UnreachedError, place_of
from kit_tui.cli.findings import Finding, State
from kit_tui.cli.owner import owner_of
from kit_tui.cli.shell import Shell
from kit_tui.domain.errors import KitError
from kit_tui.domain.events import PersonPaired, PersonRemoved
from kit_tui.domain.people import Access, Person
from kit_tui.gateway.key_forms import CHANNELS, SERVICES, SIGNAL
from kit_tui.settings.channels import (
    ChatSettings,
    DiscordSettings,
    SignalSettings,
    TelegramSettings,
)
from kit_tui.settings.credentials import Credentials, find_channel_token
from kit_tui.settings.model import Settings
from kit_tui.settings.vault import open_vault
from kit_tui.settings.vault_errors import VaultError, VaultLockedError
from kit_tui.state.codec import DecodeError, decode
from kit_tui.state.slices import ACCESS, CONNECTIONS, Connection

PATIENCE_S = 6.0
ENGINE_S = 5.0
_WORSE: tuple[State, ...] = ("problem", "warning", "note", "ok")
GET_ONE = {
    "telegram": "make a bot with @BotFather (/newbot)",
    "discord": "make a bot at discord.com/developers/applications",
}
_CHANGES = (
    "SELECT payload FROM events WHERE kind IN ('person_paired', 'person_removed') ORDER BY seq"
)
Part = tuple[State, str]


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine that runs says of its channels; nothing of it when none does."""

    runs: bool = False
    connections: tuple[Connection, ...] = ()
    access: Access = Access()

    def part(self, channel: str) -> Part | None:
        """How the engine says the channel stands; None when no engine runs."""
        if not self.runs:
            return None
        line = next(
            (c for c in self.connections if c.kind == "channel" and c.name == channel), None
        )
        if line is None:
            return "warning", "the engine that runs does not serve it: start it again"
        detail = f" ({line.detail})" if line.detail else ""
        state: State = "ok" if line.state in ("up", "connecting") else "warning"
        return state, f"the engine says {line.state}{detail}"


def channel_findings(shell: Shell, settings: Settings) -> Iterator[Finding]:
    """One finding for each channel, all asked at once."""
    yield from asyncio.run(_all(shell, settings))


def people_in(journal: Path) -> dict[str, Person]:
    """Everybody who was paired, read from the journal as it lies; nothing from a damaged one."""
    people: dict[str, Person] = {}
    if not journal.exists():
        return people
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=5)) as link:
            payloads = [bytes(payload) for (payload,) in link.execute(_CHANGES)]
        for payload in payloads:
            event: PersonPaired | PersonRemoved = decode(payload, PersonPaired | PersonRemoved)
            if isinstance(event, PersonPaired):
                people[event.person.key] = event.person
            else:
                people.pop(event.key, None)
    except (sqlite3.Error, DecodeError):
        return {}  # what is wrong with the journal has a line of its own
    return people


async def _all(shell: Shell, settings: Settings) -> list[Finding]:
    engine = await _engine(shell)
    known = people_in(shell.locations.journal)
    people = engine.access.people if engine.runs else tuple(known.values())
    asked = (_channel(shell, settings, name, engine, people) for name in CHANNELS)
    return await asyncio.gather(*asked)


async def _engine(shell: Shell) -> Engine:
    """What the engine of this home knows, if one runs."""
    if owner_of(shell.locations) is None:
        return Engine()
    try:
        async with asyncio.timeout(ENGINE_S):
            desk = await shell.desk(demo=False)
    except (KitError, TimeoutError):
        return Engine()
    try:
        return Engine(
            runs=True, connections=desk.store.get(CONNECTIONS) or (),
            access=desk.store.get(ACCESS) or Access(),
        )  # fmt: skip
    finally:
        await desk.close()


async def _channel(
    shell: Shell, settings: Settings, name: str, engine: Engine, people: Collection[Person]
) -> Finding:
    section = getattr(settings.channels, name)
    if not section.enabled:
        return Finding(name, "note", f"off in the settings (channels.{name}.enabled)")
    if isinstance(section, SignalSettings):
        return await _signal(section, engine, people)
    try:
        vault = open_vault(shell.locations, shell.environ)
        token = await asyncio.to_thread(find_channel_token, name, shell.environ, vault)
    except VaultLockedError:
        locked: Part = ("note", "the vault is locked; set KIT_VAULT_PASSPHRASE to check its token")
        return _finding(name, [locked, engine.part(name)])
    except VaultError as error:
        return Finding(name, "problem", str(error))
    if not token:
        return Finding(name, "note", f"off, no token: {GET_ONE[name]}, then kit connect {name}")
    parts = [await _token(name, token, section), engine.part(name), _people(name, section, people)]
    about = f"token {Credentials(token, '').fingerprint}"
    return _finding(name, parts, about)


def _finding(name: str, parts: Collection[Part | None], about: str = "") -> Finding:
    said = [part for part in parts if part is not None]
    state = min((state for state, _ in said), key=_WORSE.index)
    words = [text for _, text in sorted(said, key=lambda part: _WORSE.index(part[0])) if text]
    return Finding(name, state, "; ".join([*words, *([about] if about else [])]))


def _people(name: str, section: ChatSettings, people: Collection[Person]) -> Part:
    """Whether anybody may speak."""
    paired = sum(person.channel == name and not person.declared for person in people)
    if paired:
        return "ok", f"{paired} paired"
    if _declares(section):
        return "ok", "people of the settings only"
    return "warning", f"nobody may speak: kit pair {name}"


def _declares(section: ChatSettings) -> bool:
    """Whether the settings let anybody in."""
    match section:
        case TelegramSettings():
            return section.chat_id is not None
        case DiscordSettings():
            return bool(section.users or section.roles)
        case SignalSettings():
            return bool(section.users)
    return False


async def _token(name: str, token: str, section: TelegramSettings | DiscordSettings) -> Part:
    service = SERVICES[name]
    if not service.looks_right(token):
        return "problem", (
            f"this is no token of {name}: copy it whole from {service.where}, then "
            f"kit connect {name} --rotate"
        )
    try:
        if isinstance(section, TelegramSettings):
            return await _telegram(token, section)
        return await _discord(token, section)
    except TokenRefusedError as error:
        return "problem", f"{_sentence(error)} Then kit connect {name} --rotate"
    except UnreachedError as error:
        return "warning", _sentence(error)


async def _telegram(token: str, section: TelegramSettings) -> Part:
    from kit_tui.channels.telegram_probe import BotFacts, bot_facts

    asked = [chat for chat in (section.chat_id, section.alert_chat) if chat is not None]
    facts: BotFacts = await bot_facts(token, section.base_url, asked, patience_s=PATIENCE_S)
    if facts.webhook:
        return "warning", (
            f"{facts.named} answers, but a webhook sends its messages to "
            f"{place_of(facts.webhook)}: another program uses this bot. The next start of K.I.T. "
            "takes the webhook away; give one of the two a bot of its own"
        )
    if section.chat_id is not None:
        wrong = _declared_chat(section.chat_id, section.user_id, facts.chats[section.chat_id].kind)
        if wrong:
            return "problem", f"{facts.named} answers, but channels.telegram.chat_id {wrong}"
    if section.alert_chat is not None and facts.chats[section.alert_chat].problem:
        said = facts.chats[section.alert_chat].problem
        return "warning", (
            f"{facts.named} answers, but does not reach channels.telegram.alert_chat "
            f"{section.alert_chat} ({said}): add the bot there"
        )
    return "ok", f"{facts.named} answers"


def _declared_chat(chat: int, user: int | None, kind: str) -> str:
    """What is wrong with the chat of the settings; empty when nothing is."""
    if chat < 0 or kind not in ("", "private"):
        return (
            f"{chat} is a group or channel: only a private chat is listened to. Take it out, then "
            "kit pair telegram; channels.telegram.groups is for groups"
        )
    if user is not None and user != chat:
        return (
            f"{chat} is not the private chat of user_id {user}: they have the same number. Take "
            "both out, then kit pair telegram"
        )
    if not kind:
        return (
            f"{chat} is unknown to the bot: the number is wrong, or that person has not written "
            "to it yet. kit pair telegram needs no number"
        )
    return ""


async def _discord(token: str, section: DiscordSettings) -> Part:
    from kit_tui.channels.discord_probe import INVITE, bot_facts

    facts = await bot_facts(token, section.api_url, section.guild, patience_s=PATIENCE_S)
    if section.guild is not None and facts.on_server is False:
        return "problem", (
            f"{facts.named} answers, but is not on the server {section.guild} "
            f"(channels.discord.guild): invite it, {INVITE.format(facts.number)}"
        )
    return "ok", f"{facts.named} answers"


async def _signal(section: SignalSettings, engine: Engine, people: Collection[Person]) -> Finding:
    from kit_tui.channels.signal_probe import daemon_facts

    if not section.url:
        return Finding(SIGNAL, "note", "off, no daemon: start signal-cli, then kit connect signal")
    try:
        facts = await daemon_facts(section.url, patience_s=PATIENCE_S)
    except UnreachedError as error:
        return _finding(SIGNAL, [("problem", _sentence(error)), engine.part(SIGNAL)])
    said: Part = ("ok", f"signal-cli {facts.version} answers at {place_of(section.url)}")
    if facts.accounts is not None and section.account not in facts.accounts:
        served = ", ".join(facts.accounts) or "no number: signal-cli link or register one"
        said = (
            "problem",
            (
                f"the daemon does not serve {section.account or 'a number of the settings'} "
                f"(channels.signal.account); it serves {served}: "
                "kit connect signal --account +NUMBER"
            ),
        )
    return _finding(SIGNAL, [said, engine.part(SIGNAL), _people(SIGNAL, section, people)])


def _sentence(error: KitError) -> str:
    return " ".join(part for part in (error.message, error.hint) if part)
