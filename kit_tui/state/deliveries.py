"""What the channels delivered, on disk: a restart neither loses nor repeats anything.

Written before and after every send, without waiting for the disk: what a crash of the machine
takes with it is at worst delivered twice; a crash of the program takes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from kit_tui.state.write_through import WriteThrough

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS reached (
  channel TEXT, chat TEXT, number INTEGER NOT NULL, newest TEXT NOT NULL,
  PRIMARY KEY (channel, chat)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posts (
  channel TEXT, chat TEXT, number INTEGER, part INTEGER, post TEXT, after TEXT NOT NULL,
  upto INTEGER NOT NULL,
  PRIMARY KEY (channel, chat, number, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bookmarks (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drafts (
  channel TEXT, chat TEXT, reply_to TEXT, post TEXT, after TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (channel, chat, reply_to)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shown (
  channel TEXT, chat TEXT, number INTEGER, body BLOB NOT NULL,
  PRIMARY KEY (channel, chat, number)
) WITHOUT ROWID;
"""


class Sending(msgspec.Struct, frozen=True):
    """A part of a message that was about to be sent, or was: then `post` is its id there.

    `after` is the newest id that was known before, from which a lost one can be looked for; `upto`
    the number of the last message that went out with it.
    """

    part: int
    post: str | None
    after: str
    upto: int


class Growing(msgspec.Struct):
    """A post that holds the beginning `text` of the answer to the message `reply_to`.

    `post` is its id there, None while it is not known whether it arrived; `after` as in `Sending`.
    """

    reply_to: str
    post: str | None
    after: str
    text: str


class Deliveries:
    """One file for all channels of a home; without a `path` it is kept in memory.

    Telling people goes on without the file: `problem` says why it does not have everything, and
    at worst they are told again after a restart.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._db = WriteThrough(path, _SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @property
    def problem(self) -> str:
        """Why what was told is not kept, with the file's name; empty when it is."""
        return self._db.problem

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged file was put; what it knew is not known any more."""
        return self._db.set_aside

    # -- what goes out -------------------------------------------------------------------------

    def reached(self, channel: str, chat: str) -> tuple[int, str] | None:
        """The number of the newest message a chat was told, and the newest id in that chat.

        None for a chat that is new.
        """
        found = self._rows(
            "SELECT number, newest FROM reached WHERE channel=? AND chat=?", channel, chat
        )
        return (found[0][0], found[0][1]) if found else None

    def reach(self, channel: str, chat: str, number: int, newest: str) -> None:
        """A chat was told everything up to this message."""
        place = (channel, chat, number)
        self._db.write(
            ("INSERT OR REPLACE INTO reached VALUES (?,?,?,?)", (*place, newest)),
            ("DELETE FROM posts WHERE channel=? AND chat=? AND number<=?", place),
        )

    def sending(self, channel: str, chat: str, number: int) -> dict[int, Sending]:
        """The parts of a message that were sent, or may have been, by their place."""
        rows = self._rows(
            "SELECT part, post, after, upto FROM posts WHERE channel=? AND chat=? AND number=?",
            channel, chat, number,
        )  # fmt: skip
        return {row[0]: Sending(*row) for row in rows}

    def begin(self, channel: str, chat: str, number: int, sending: Sending) -> None:
        """A part is about to be sent: in doubt until it is `sent`, or found not to be.

        One that has a `post` already stands there, in a growing one that is finished by it.
        """
        part = (channel, chat, number, sending.part, sending.post, sending.after, sending.upto)
        grew = (channel, chat, sending.post)
        self._db.write(
            ("INSERT OR REPLACE INTO posts VALUES (?,?,?,?,?,?,?)", part),
            ("DELETE FROM drafts WHERE channel=? AND chat=? AND post=?", grew),
        )

    def sent(self, channel: str, chat: str, number: int, part: int, post: str) -> None:
        """A part has arrived under this id."""
        self._run(
            "UPDATE posts SET post=? WHERE channel=? AND chat=? AND number=? AND part=?",
            post, channel, chat, number, part,
        )  # fmt: skip

    def not_sent(self, channel: str, chat: str, number: int, part: int) -> None:
        """A part has certainly not arrived."""
        self._run(
            "DELETE FROM posts WHERE channel=? AND chat=? AND number=? AND part=?",
            channel, chat, number, part,
        )  # fmt: skip

    def forget_chat(self, channel: str, chat: str) -> None:
        """Forget how far a chat was told; whoever speaks there next is new."""
        tables = ("reached", "posts", "drafts", "shown")
        self._db.write(
            *((f"DELETE FROM {t} WHERE channel=? AND chat=?", (channel, chat)) for t in tables)  # noqa: S608
        )

    def move_chat(self, channel: str, chat: str, to: str) -> None:
        """A chat goes by another name; its posts of before cannot be reached any more."""
        known, there = self.reached(channel, chat), self.reached(channel, to)
        if known is not None and (there is None or there[0] < known[0]):
            self.reach(channel, to, known[0], "")
        self.forget_chat(channel, chat)

    # -- answers that grow ---------------------------------------------------------------------

    def drafts(self, channel: str, chat: str) -> list[Growing]:
        """The answers that grow in a chat, or did when the program ended."""
        rows = self._rows(
            "SELECT reply_to, post, after, text FROM drafts WHERE channel=? AND chat=?",
            channel, chat,
        )  # fmt: skip
        return [Growing(*row) for row in rows]

    def drafting_chats(self, channel: str) -> list[str]:
        """The chats with answers that grow."""
        rows = self._rows("SELECT DISTINCT chat FROM drafts WHERE channel=?", channel)
        return [row[0] for row in rows]

    def keep_draft(self, channel: str, chat: str, draft: Growing) -> None:
        """An answer is about to be shown, or reads so now."""
        self._run(
            "INSERT OR REPLACE INTO drafts VALUES (?,?,?,?,?,?)",
            channel, chat, draft.reply_to, draft.post, draft.after, draft.text,
        )  # fmt: skip

    def drop_draft(self, channel: str, chat: str, reply_to: str) -> None:
        """An answer does not grow in a post of its own any more."""
        self._run(
            "DELETE FROM drafts WHERE channel=? AND chat=? AND reply_to=?", channel, chat, reply_to
        )

    # -- what comes in -------------------------------------------------------------------------

    def bookmark(self, name: str) -> str:
        """Where a service was read up to, in its own terms; empty when that is not known."""
        found = self._rows("SELECT value FROM bookmarks WHERE name=?", name)
        return str(found[0][0]) if found else ""

    def set_bookmark(self, name: str, value: str) -> None:
        """A service was read up to here."""
        self._run("INSERT OR REPLACE INTO bookmarks VALUES (?,?)", name, value)

    # -- tickets -------------------------------------------------------------------------------

    def keep_shown(self, channel: str, chat: str, number: int, body: bytes) -> None:
        """How a message with open tickets stands in a chat."""
        self._run("INSERT OR REPLACE INTO shown VALUES (?,?,?,?)", channel, chat, number, body)

    def drop_shown(self, channel: str, chat: str, number: int) -> None:
        """A message has no open tickets any more."""
        self._run(
            "DELETE FROM shown WHERE channel=? AND chat=? AND number=?", channel, chat, number
        )

    def shown(self, channel: str) -> list[bytes]:
        """Every message with open tickets on a channel."""
        found = self._rows("SELECT body FROM shown WHERE channel=?", channel)
        return [row[0] for row in found]

    # -- inside --------------------------------------------------------------------------------

    def _run(self, statement: str, *values: object) -> None:
        self._db.write((statement, values))

    def _rows(self, query: str, *values: object) -> list[Any]:
        return self._db.rows(query, *values)
