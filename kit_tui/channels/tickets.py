"""Tickets shown in chats: which button answers which ticket, and what became of it."""

from __future__ import annotations

import re
from collections import OrderedDict
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
IN_PRIVATE = "It is answered at the terminal, or in a private chat with K.I.T."
ON_ITS_WAY = "An answer to this ticket is on its way."
SEVERAL = "This post has several tickets: answer with the code of one."
UNKNOWN = "That answers no open ticket. /pending shows the open ones."
NOT_KNOWN_HERE = "This ticket is not known any more."
PAST = 500
_ANSWER = r"\W*(approve|reject|ja|nein|genehmigen?|ablehnen)"
_TYPED = re.compile(rf"{_ANSWER}\W+([\w-]{{4,20}})\W*", re.IGNORECASE)
_BARE = re.compile(rf"{_ANSWER}\W*", re.IGNORECASE)
_TONES: dict[TicketState, Tone] = {TicketState.APPROVED: "good", TicketState.REJECTED: "bad"}
_NO = frozenset({"reject", "nein", "ablehnen"})


class Asked(msgspec.Struct):
    """One ticket in a post; `nonce` is what its buttons carry, empty where it has none."""

    ticket: str
    hash: str
    nonce: str
    may_approve: bool


class ShownPost(msgspec.Struct):
    """A post with tickets; `number` is that of its message.

    A `stale` one does not stand in the chat yet as it is here.
    """

    chat: str
    number: int
    lines: tuple[Line, ...]
    asked: list[Asked]
    notes: list[str] = msgspec.field(default_factory=list)
    post_id: str | None = None
    ended: Tone = ""
    stale: bool = False


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
        # Not on disk: when the program ends before an answer is in the journal, it may come again.
        self._taken: set[str] = set()
        self._past: OrderedDict[str, str] = OrderedDict()

    def show(
        self, chat: str, number: int, lines: tuple[Line, ...], tickets: list[Ticket], *, asks: bool
    ) -> Post:
        """A post with buttons for the tickets of a message, remembered before it is sent.

        Sent again, after a crash or a lost answer, it is the same post. It has none where nobody
        may answer: there it `asks` for nothing.
        """
        shown = self._find(chat, number)
        if shown is None:
            asked = [self._asked(ticket, asks=asks) for ticket in tickets]
            shown = ShownPost(chat, number, lines, asked)
            if not asks:
                shown.notes.append(IN_PRIVATE)
            elif not all(asked.may_approve for asked in shown.asked):
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

    def rewritten(self, shown: ShownPost) -> None:
        """A post stands in its chat as it is here, or cannot be changed any more."""
        shown.stale = False
        self._keep(shown)
        self._shown = [post for post in self._shown if _matters(post)]

    def take(self, chat: str, said: str) -> tuple[ShownPost, Asked, bool] | None:
        """The ticket that a press, or a typed code, answers in a chat, and whether it approves.

        Its nonce is used up by that. None for one that is used, unknown, or another chat's.
        """
        approves, nonce = self._read(said)
        shown, asked = self._named(chat, nonce)
        if shown is None or asked is None or asked.nonce in self._taken:
            return None
        if approves and not asked.may_approve:
            return None
        self._taken.add(asked.nonce)
        return shown, asked, approves

    def why_not(
        self, chat: str, said: str, quotes: str, ticket_now: Callable[[str], Ticket | None]
    ) -> str:
        """What is true of the ticket that a press or a typed answer did not answer."""
        nonce = self._read(said)[1]
        _, asked = self._named(chat, nonce)
        if asked is not None:
            return ON_ITS_WAY if asked.nonce in self._taken else AT_THE_TERMINAL
        if not nonce and any(
            (s.chat, s.post_id) == (chat, quotes) and s.asked for s in self._shown
        ):
            return SEVERAL
        past = self._past.get(f"{chat} {nonce.lower()}") or self._past.get(f"{chat} {quotes}")
        ticket = ticket_now(past) if past else None
        if ticket is None:
            return UNKNOWN
        if ticket.state is TicketState.PENDING:
            return f"Ticket {ticket.id} is open. Its post shows how to answer it now."
        return f"Ticket {ticket.id}: {answer_note(ticket)}"

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
        """Give a ticket a new nonce, because its answer was refused."""
        self._remember(shown, asked)
        asked.nonce = self._make_nonce()
        shown.stale = True
        self._keep(shown)

    def let_go(self, asked: Asked) -> None:
        """An answer was not heard to its end; the same nonce may be used again."""
        self._taken.discard(asked.nonce)

    def end(self, ticket: Ticket) -> list[ShownPost]:
        """A ticket was answered or expired: the posts to change."""
        return self._end(ticket.id, answer_note(ticket), _TONES.get(ticket.state, ""))

    def lose(self, ticket_id: str) -> list[ShownPost]:
        """A ticket is not in the journal, such as in an older copy of it: the posts to change."""
        return self._end(ticket_id, NOT_KNOWN_HERE, "")

    def stale(self) -> list[ShownPost]:
        """The posts that do not stand in their chats yet as they are here."""
        return [shown for shown in self._shown if shown.stale]

    def waiting(self) -> Iterator[str]:
        """The tickets that are shown with buttons, by their ids."""
        return (asked.ticket for shown in self._shown for asked in shown.asked)

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

    def _asked(self, ticket: Ticket, *, asks: bool) -> Asked:
        may = may_approve_here(ticket, approve_live=self._approve_live)
        return Asked(ticket.id, ticket.hash, self._make_nonce() if asks else "", may)

    def _end(self, ticket_id: str, note: str, tone: Tone) -> list[ShownPost]:
        changed = [s for s in self._shown if any(a.ticket == ticket_id for a in s.asked)]
        for shown in changed:
            for asked in [asked for asked in shown.asked if asked.ticket == ticket_id]:
                self._remember(shown, asked)
                shown.asked.remove(asked)
            hints = {AT_THE_TERMINAL} if shown.asked else {AT_THE_TERMINAL, IN_PRIVATE}
            if all(asked.may_approve for asked in shown.asked):
                shown.notes = [line for line in shown.notes if line not in hints]
            shown.notes.append(note)
            shown.ended, shown.stale = tone, True
            self._keep(shown)
        return changed

    def _remember(self, shown: ShownPost, asked: Asked) -> None:
        """Which ticket a button stood for, for whoever presses it late."""
        self._taken.discard(asked.nonce)
        for name in (asked.nonce.lower(), shown.post_id):
            if name:
                self._past[f"{shown.chat} {name}"] = asked.ticket
        while len(self._past) > PAST:
            self._past.popitem(last=False)

    def _named(self, chat: str, nonce: str) -> tuple[ShownPost, Asked] | tuple[None, None]:
        for shown in self._shown if nonce else ():
            for asked in shown.asked if shown.chat == chat else ():
                if asked.nonce.lower() == nonce.lower():
                    return shown, asked
        return None, None

    def _find(self, chat: str, number: int) -> ShownPost | None:
        return next((s for s in self._shown if (s.chat, s.number) == (chat, number)), None)

    def _keep(self, shown: ShownPost) -> None:
        if shown.asked or shown.stale:
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

    def _is_open(self, asked: Asked) -> bool:
        return bool(asked.nonce) and asked.nonce not in self._taken

    def _rows(self, shown: ShownPost) -> Iterator[tuple[Button, ...]]:
        several = len(shown.asked) > 1
        for asked in shown.asked:
            if not self._is_open(asked):
                continue
            of = f" {asked.ticket}" if several else ""
            reject = Button(f"Reject{of}", f"{REJECT}:{asked.nonce}", "bad")
            approve = Button(f"Approve{of}", f"{APPROVE}:{asked.nonce}", "good")
            yield (approve, reject) if asked.may_approve else (reject,)

    def _hints(self, shown: ShownPost) -> Iterator[str]:
        for asked in shown.asked:
            if self._is_open(asked):
                approve = f"approve {asked.nonce} or " if asked.may_approve else ""
                yield f"Ticket {asked.ticket}: answer {approve}reject {asked.nonce}"


def _matters(shown: ShownPost) -> bool:
    """Whether a post has open tickets, or will have to be changed."""
    return bool(shown.asked) or shown.stale or shown.post_id is None


def may_approve_here(ticket: Ticket, *, approve_live: bool) -> bool:
    """Whether a ticket gets a button that approves it; a pair that has to be typed is not one."""
    return ticket.order.mode is not Mode.LIVE or (approve_live and not ticket.needs_pair)
