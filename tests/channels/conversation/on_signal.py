"""Signal as its people see it: a scripted signal-cli daemon."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, Self

from kit_tui.channels.signal import SignalTransport
from kit_tui.channels.signal_text import LIMIT
from kit_tui.domain.message import Role
from kit_tui.domain.people import Person
from tests.channels.conversation.messenger import GROUP, Abilities, Answer, Fault, Odd, Seen, Who
from tests.servers import signal_book
from tests.servers.signal_book import ANN, BEN, DESK, GHOST, KIT, Sent
from tests.servers.signal_cli import SignalCli
from tests.servers.signal_envelopes import quote
from tests.support.clock import EPOCH, FakeClock

_PEOPLE: dict[str, signal_book.Person] = {"ann": ANN, "ben": BEN, "eve": GHOST}
_EVER = 10**6
_FAULTS: dict[Fault, str] = {
    "unheard": "drop", "lost": "lost", "busy": "500", "refused": "error:-1:odd",
}  # fmt: skip
_HINT = re.compile(r"^Ticket \S+: answer (?:approve (\w+) or )?reject (\w+)$", re.MULTILINE)
_THUMBS: dict[Answer, str] = {"approve": "👍", "reject": "👎"}


class OnSignal:
    """One number of a daemon. A post with a ticket tells a code; it is typed, quoted or reacted to.

    Signal has no groups for K.I.T., no bots, and forwarded words look like typed ones.
    """

    name = "signal"
    can = Abilities(
        means=("code", "quote", "reaction"), buttons=False, grows=False, finds=False,
        groups=False, keeps=True, odd=("edited", "own device"),
    )  # fmt: skip
    most = LIMIT

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.daemon = SignalCli(on_connection=True)
        self._limited = 0

    async def __aenter__(self) -> Self:
        await self.daemon.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        await self.daemon.__aexit__(kind, error, trace)

    # -- how K.I.T. gets to it ---------------------------------------------------------------

    def transport(self, *, groups: bool = False, token: str = "") -> SignalTransport:
        del groups
        return SignalTransport(self.daemon.url, self.clock, account=token)

    def settings(self, *, declared: bool = True, groups: bool = False) -> str:
        del groups
        lines = ["[channels.signal]", f'url = "{self.daemon.url}"']
        return "\n".join([*lines, *([f'users = ["{ANN.number}"]'] if declared else []), ""])

    @property
    def secret(self) -> str:
        return KIT.identifier

    def environ(self) -> dict[str, str]:
        return {}

    def person(self, who: Who, role: Role = Role.TRADER) -> Person:
        user = _PEOPLE[who]
        return Person(
            channel=self.name, user=user.uuid, chat=user.uuid, name=user.name, role=role,
            since=EPOCH,
        )  # fmt: skip

    async def ready(self) -> None:
        await self.daemon.until_streaming()

    @property
    def listened(self) -> bool:
        return bool(self.daemon.streams.count)

    # -- what people do ----------------------------------------------------------------------

    async def says(
        self, text: str | None, *, by: Who = "ann", where: str = "", mention: bool = False
    ) -> int:
        del mention
        more: dict[str, Any] = {} if text is not None else {"sticker": {"packId": "x"}}
        group = DESK if where == GROUP else None
        return await self.daemon.says(text, by=_PEOPLE[by], group=group, **more)

    async def says_oddly(self, how: Odd, text: str) -> None:
        if how == "edited":
            first = await self.daemon.says("/esc")
            await self.daemon.edits(first, text)
        else:
            await self.daemon.syncs(text, towards=KIT)

    async def redelivers(self, said: Any) -> None:
        streams = self.daemon.streams
        event = next(
            e for e in streams.history if e.data.get("envelope", {}).get("timestamp") == said
        )
        await streams.publish(event.account, event.data)

    async def answers(
        self, seen: Seen, answer: Answer, *, by: Who = "ann", how: str = "", key: str = ""
    ) -> int:
        person, post = _PEOPLE[by], self._post(seen).versions[-1]
        if how == "quote":
            return await self.daemon.says(
                answer.title(), by=person, quote=quote(post, KIT, "…")
            )  # fmt: skip
        if how == "reaction":
            return await self.daemon.reacts(_THUMBS[answer], post, by=person)
        return await self.daemon.says(f"{answer} {key or seen.offers[answer]}", by=person)

    async def deletes(self, seen: Seen) -> None:
        self._post(seen).deleted = True

    def told(self, given: Any) -> str:
        """Signal tells nothing beside the chat."""
        return ""

    # -- what they see -----------------------------------------------------------------------

    def posts(self, to: str = "ann") -> list[Seen]:
        names = {DESK.id} if to == GROUP else {_PEOPLE[to].uuid, _PEOPLE[to].number}
        sent = self.daemon.book.messages.values()
        return [_seen(one) for one in sent if set(one.to) & names and not one.deleted]

    def plain(self, text: str) -> str:
        """Signal leaves a text as it is."""
        return text

    @property
    def typing(self) -> int:
        return len(self.daemon.book.typing)

    # -- what goes wrong ---------------------------------------------------------------------

    async def breaks(self) -> None:
        await self.daemon.go_down()

    async def mends(self) -> None:
        await self.daemon.come_back()

    def fails(self, how: Fault, times: int = 1, *, editing: bool = False) -> None:
        del editing  # it is the same method
        self.daemon.fail("send", _FAULTS[how], times or _EVER)

    def heals(self) -> None:
        self.daemon.faults.clear()

    def limits(self, seconds: int, *, editing: bool = False) -> None:
        del editing  # it is the same method
        self._limited += 1
        self.daemon.fail("send", f"rate:{seconds}")

    @property
    def limited(self) -> int:
        return self._limited - sum(how.startswith("rate") for _, how, _ in self.daemon.faults)

    def serves_any(self) -> None:
        """The daemon was started without a number of its own."""
        self.daemon.multi = self.daemon.commands.multi = True

    async def revokes(self) -> None:
        self.daemon.book.accounts = ()
        self.serves_any()
        self.daemon.drop_streams()

    def _post(self, seen: Seen) -> Sent:
        return self.daemon.book.messages[int(seen.id)]


def _seen(sent: Sent) -> Seen:
    offers: dict[Answer, str] = {}
    for approve, reject in _HINT.findall(sent.text):
        offers["reject"] = reject
        if approve:
            offers["approve"] = approve
    return Seen(
        id=str(sent.timestamp), text=sent.text, offers=offers, edits=len(sent.versions) - 1,
        marked=tuple(text for _, text in sent.styled), silent=bool(sent.params.get("noUrgent")),
        length=len(sent.text.encode()),
    )  # fmt: skip
