"""Telegram as its people see it: a loopback Bot API."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from kit_tui.channels.telegram import TelegramTransport
from kit_tui.channels.telegram_html import LIMIT
from kit_tui.domain.message import Role
from kit_tui.domain.people import Person
from tests.channels.conversation.messenger import GROUP as IN_GROUP
from tests.channels.conversation.messenger import Abilities, Answer, Fault, Odd, Seen, Who
from tests.servers.telegram_api import EVE, EVER, GROUP, OWNER, TOKEN, TelegramApi
from tests.servers.telegram_chats import BOT, Sent
from tests.servers.telegram_entities import Entity
from tests.support.clock import EPOCH, FakeClock

_PEOPLE: dict[str, int] = {"ann": OWNER, "ben": 777, "eve": EVE}
_FAULTS: dict[Fault, str] = {
    "unheard": "drop", "lost": "lost", "busy": "502", "refused": "400",
}  # fmt: skip
_ANSWERS: dict[str, Answer] = {"a": "approve", "r": "reject"}


class OnTelegram:
    """One bot and its chats. Telegram makes links of some plain words; these are not ours."""

    name = "telegram"
    can = Abilities(
        means=("button",), buttons=True, grows=True, finds=True, groups=True, keeps=True,
        odd=("edited", "forwarded", "machine", "channel"),
    )  # fmt: skip
    most = LIMIT

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.api = TelegramApi(now=clock.monotonic)
        self.api.add_person(_PEOPLE["ben"], "Ben")

    async def __aenter__(self) -> Self:
        await self.api.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.api.__aexit__(kind, error, trace)

    # -- how K.I.T. gets to it ---------------------------------------------------------------

    def transport(self, *, groups: bool = False, token: str = "") -> TelegramTransport:
        del groups
        return TelegramTransport(token or TOKEN, self.clock, base_url=self.api.root)

    def settings(self, *, declared: bool = True, groups: bool = False) -> str:
        lines = ["[channels.telegram]", f'base_url = "{self.api.root}"', "keyboard = []"]
        lines += [f"chat_id = {OWNER}"] if declared else []
        return "\n".join([*lines, *([f"groups = [{GROUP}]"] if groups else []), ""])

    @property
    def secret(self) -> str:
        return TOKEN

    def environ(self) -> dict[str, str]:
        return {"KIT_TELEGRAM_BOT_TOKEN": TOKEN}

    def person(self, who: Who, role: Role = Role.TRADER) -> Person:
        user = str(_PEOPLE[who])
        return Person(
            channel=self.name, user=user, chat=user, name=who.title(), role=role, since=EPOCH
        )  # fmt: skip

    async def ready(self) -> None:
        await self.api.until(lambda: "getUpdates" in self.api.calls)

    @property
    def listened(self) -> bool:
        return bool(self.api.record) and not self.api.record[-1].status

    # -- what people do ----------------------------------------------------------------------

    async def says(
        self, text: str | None, *, by: Who = "ann", where: str = "", mention: bool = False
    ) -> int:
        chat = GROUP if where == IN_GROUP else _PEOPLE[by]
        if text is None:
            return await self.api.shows("voice", by=_PEOPLE[by], where=chat)
        named = f"@{BOT['username']} {text}" if mention else text
        return await self.api.says(named, by=_PEOPLE[by], where=chat)

    async def says_oddly(self, how: Odd, text: str) -> None:
        if how == "edited":
            await self.api.says("/esc")  # something that was said first, and asks for nothing
            await self.api.edits(self.api.last_heard, text)
        elif how == "forwarded":
            await self.api.forwards(text)
        elif how == "machine":
            await self.api.says(text, via_bot={"id": 9, "is_bot": True, "first_name": "b"})
        else:
            await self.api.says(
                text, sender_chat={"id": -100, "type": "channel", "title": "c"}
            )  # fmt: skip

    async def redelivers(self, said: Any) -> None:
        await self.api.redeliver(said)

    async def answers(
        self, seen: Seen, answer: Answer, *, by: Who = "ann", how: str = "", key: str = ""
    ) -> str:
        del how
        return await self.api.press_data(
            int(seen.id), key or seen.offers[answer], _PEOPLE[by]
        )  # fmt: skip

    async def deletes(self, seen: Seen) -> None:
        del self.api.messages[int(seen.id)]

    def told(self, given: Any) -> str:
        return self.api.presses.get(given) or ""

    # -- what they see -----------------------------------------------------------------------

    def posts(self, to: str = "ann") -> list[Seen]:
        chat = GROUP if to == IN_GROUP else _PEOPLE[to]
        return [_seen(sent) for sent in self.api.messages.values() if sent.chat_id == chat]

    def plain(self, text: str) -> str:
        """Telegram takes separators of lines and turns of direction out of every text."""
        return "".join(c for c in text if not "\u2028" <= c <= "\u202e")

    @property
    def typing(self) -> int:
        return len(self.api.called("sendChatAction"))

    # -- what goes wrong ---------------------------------------------------------------------

    async def breaks(self) -> None:
        self.api.down = True
        await self.api._notify()

    async def mends(self) -> None:
        self.api.down = False

    def fails(self, how: Fault, times: int = 1, *, editing: bool = False) -> None:
        method = "editMessageText" if editing else "sendMessage"
        self.api.fail(method, _FAULTS[how], times or EVER)

    def heals(self) -> None:
        self.api.heal()

    def limits(self, seconds: int, *, editing: bool = False) -> None:
        self.api.fail("editMessageText" if editing else "sendMessage", f"429:{seconds}")

    @property
    def limited(self) -> int:
        return len(self.api.flood.floods)

    async def revokes(self) -> None:
        self.api.token = "revoked"
        await self.breaks()  # the poll that waits is not answered any more
        await self.mends()


def _seen(sent: Sent) -> Seen:
    offers = {_ANSWERS[data.partition(":")[0]]: data for data in sent.buttons.values()}
    ours = [mark for mark in sent.entities if mark.type not in {"url", "bot_command", "mention",
                                                                "hashtag", "cashtag"}]  # fmt: skip
    return Seen(
        id=str(sent.message_id), text=sent.text, offers=offers, edits=sent.edits,
        marked=tuple(_stretch(sent.text, mark) for mark in ours), silent=sent.silent,
        length=len(sent.text.encode("utf-16-le")) // 2,
    )  # fmt: skip


def _stretch(text: str, mark: Entity) -> str:
    units = text.encode("utf-16-le")
    return units[mark.offset * 2 : mark.end * 2].decode("utf-16-le")
