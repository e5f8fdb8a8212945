"""Tickets shown in chats: which button answers which ticket, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from kit_tui.channels.cards import answer_note
from kit_tui.channels.text import Line, Tone, bold_line, plain_line
from kit_tui.channels.transport import Button, Post
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import Ticket, TicketState
from kit_tui.state.deliveries import Deliveries

APPROVE, REJECT = "a", "r"
AT_THE_TERMINAL = "Real money: approve it at the terminal."
_ANSWER = r"\W*(approve|reject|ja|nein|genehmigen?|ablehnen)"
_TYPED = re.compile(rf"{_ANSWER}\W+([\w-]{{4,20}})\W*", re.IGNORECASE)
_BARE = re.compile(rf"{_ANSWER}\W*", re.IGNORECASE)
_TONES: dict[TicketState, Tone] = {TicketState.APPROVED: "good", TicketState.REJECTED: "bad"}
_NO = frozenset({"reject", "nein", "ablehnen"})


class Asked(msgspec.Struct):
    """One ticket in a post; `nonce` is what its buttons carry, empty once one was pressed."""

    ticket: str
    hash: str
    nonce: str
    may_approve: bool


class ShownPost(msgspec.Struct):
    """A post with tickets, as it stands in a chat; `number` is that of its message."""

    chat: str
    number: int
    lines: tuple[Line, ...]
    asked: list[Asked]
    notes: list[str] = msgspec.field(default_factory=list)
    post_id: str | None = None
    ended: Tone = ""


class TicketButtons:
    """Remembers, over restarts too, what each button stands for.

    A nonce works once, in the chat it was shown in, and dies with its ticket. Where a service has
    no buttons the nonce is a code to be typed.
    """

    def __init__(
        self,
        channel: str,
        deliveries: Deliveries,
        make_nonce: Callable[[], str],
        *,
        approve_live: bool,
        typed: bool,
    ) -> None:
        self._channel = channel
        self._deliveries = deliveries
        self._make_nonce = make_nonce
        self._approve_live = approve_live
        self._typed = typed
        kept = deliveries.shown(channel)
        self._shown = [msgspec.json.decode(body, type=ShownPost) for body in kept]

    def show(self, chat: str, number: int, lines: tuple[Line, ...], tickets: list[Ticket]) -> Post:
        """A post with buttons for the tickets of a message, remembered before it is sent.

        Sent again, after a crash or a lost answer, it is the same post.
        """
        shown = self._find(chat, number)
        if shown is None:
            shown = ShownPost(chat, number, lines, [self._asked(ticket) for ticket in tickets])
            if not all(asked.may_approve for asked in shown.asked):
                shown.notes.append(AT_THE_TERMINAL)
            self._shown.append(shown)
            self._keep(shown)
        return self.post_of(shown)

    def sent(self, chat: str, number: int, post_id: str) -> None:
        """The post of a message has arrived under this id."""
        shown = self._find(chat, number)
        if shown is not None:
            shown.post_id = post_id
            self._keep(shown)
            self._shown = [post for post in self._shown if _matters(post)]

    def take(self, chat: str, said: str) -> tuple[ShownPost, Asked, bool] | None:
        """The ticket that a press, or a typed code, answers in a chat, and whether it approves.

        Its nonce is used up by that. None for one that is used, unknown, or another chat's.
        """
        approves, nonce = self._read(said)
        for shown in self._shown if nonce else ():
            for asked in shown.asked if shown.chat == chat else ():
                if asked.nonce.lower() == nonce.lower() and (asked.may_approve or not approves):
                    asked.nonce = ""
                    self._keep(shown)
                    return shown, asked, approves
        return None

    def spelled_out(self, chat: str, said: str, quotes: str) -> str:
        """A bare answer that quotes a post, with the code of the one ticket in exactly that post.

        Anything else stays as it was said.
        """
        if not quotes or not self.is_bare_answer(said):
            return said
        quoted = [s for s in self._shown if (s.chat, s.post_id) == (chat, quotes)]
        codes = [asked.nonce for shown in quoted for asked in shown.asked]
        return f"{said} {codes[0]}" if len(codes) == 1 else said

    def is_bare_answer(self, said: str) -> bool:
        """Whether this approves or rejects without saying what."""
        return self._typed and _BARE.fullmatch(said) is not None

    def put_back(self, shown: ShownPost, asked: Asked) -> None:
        """Give a ticket a new nonce, because its answer did not reach the engine."""
        asked.nonce = self._make_nonce()
        self._keep(shown)

    def end(self, ticket: Ticket) -> list[ShownPost]:
        """A ticket was answered or expired: the posts to change."""
        changed = [s for s in self._shown if any(a.ticket == ticket.id for a in s.asked)]
        for shown in changed:
            shown.asked = [asked for asked in shown.asked if asked.ticket != ticket.id]
            if all(asked.may_approve for asked in shown.asked):
                shown.notes = [note for note in shown.notes if note != AT_THE_TERMINAL]
            shown.notes.append(answer_note(ticket))
            shown.ended = _TONES.get(ticket.state, "")
            self._keep(shown)
        self._shown = [shown for shown in self._shown if _matters(shown)]
        return changed

    def waiting(self) -> Iterator[str]:
        """The tickets that are shown with buttons, by their ids."""
        return (asked.ticket for shown in self._shown for asked in shown.asked)

    def used_up(self) -> Iterator[tuple[ShownPost, Asked]]:
        """The tickets whose nonce was used, with their posts."""
        for shown in self._shown:
            yield from ((shown, asked) for asked in shown.asked if not asked.nonce)

    def forget_chat(self, chat: str) -> None:
        """Nobody may read in a chat any more: nothing there is answered or changed."""
        self._shown = [shown for shown in self._shown if shown.chat != chat]

    def forget(self, chat: str, number: int) -> None:
        """A post was refused by the service; its tickets are answered elsewhere."""
        self._shown = [s for s in self._shown if (s.chat, s.number) != (chat, number)]
        self._deliveries.drop_shown(self._channel, chat, number)

    def post_of(self, shown: ShownPost) -> Post:
        """A post with tickets as it should look now."""
        rows = () if self._typed else tuple(self._rows(shown))
        hints = [plain_line(hint) for hint in self._hints(shown)] if self._typed else []
        notes = [bold_line(note) for note in shown.notes]
        tone = "open" if shown.asked else shown.ended
        return Post(lines=(*shown.lines, *hints, *notes), rows=rows, tone=tone)

    # -- inside --------------------------------------------------------------------------------

    def _asked(self, ticket: Ticket) -> Asked:
        may = may_approve_here(ticket, approve_live=self._approve_live)
        return Asked(ticket.id, ticket.hash, self._make_nonce(), may)

    def _find(self, chat: str, number: int) -> ShownPost | None:
        return next((s for s in self._shown if (s.chat, s.number) == (chat, number)), None)

    def _keep(self, shown: ShownPost) -> None:
        if shown.asked:
            body = msgspec.json.encode(shown)
            self._deliveries.keep_shown(self._channel, shown.chat, shown.number, body)
        else:
            self._deliveries.drop_shown(self._channel, shown.chat, shown.number)

    def _read(self, said: str) -> tuple[bool, str]:
        if self._typed:
            found = _TYPED.fullmatch(said)
            return (found[1].lower() not in _NO, found[2]) if found else (False, "")
        action, _, nonce = said.partition(":")
        return action == APPROVE, nonce if action in (APPROVE, REJECT) else ""

    def _rows(self, shown: ShownPost) -> Iterator[tuple[Button, ...]]:
        several = len(shown.asked) > 1
        for asked in shown.asked:
            if not asked.nonce:
                continue
            of = f" {asked.ticket}" if several else ""
            reject = Button(f"Reject{of}", f"{REJECT}:{asked.nonce}", "bad")
            approve = Button(f"Approve{of}", f"{APPROVE}:{asked.nonce}", "good")
            yield (approve, reject) if asked.may_approve else (reject,)

    def _hints(self, shown: ShownPost) -> Iterator[str]:
        for asked in shown.asked:
            if asked.nonce:
                approve = f"approve {asked.nonce} or " if asked.may_approve else ""
                yield f"Ticket {asked.ticket}: answer {approve}reject {asked.nonce}"


def _matters(shown: ShownPost) -> bool:
    """Whether a post has open tickets, or is on its way and will have to be changed."""
    return bool(shown.asked) or shown.post_id is None


def may_approve_here(ticket: Ticket, *, approve_live: bool) -> bool:
    """Whether a ticket gets a button that approves it; a pair that has to be typed is not one."""
    return ticket.order.mode is not Mode.LIVE or (approve_live and not ticket.needs_pair)
