"""The methods of the scripted signal-cli: parameters read as loosely and refused as it does."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.servers.signal_book import Failure, Group, Person, Sent, SignalBook
from tests.servers.signal_params import (
    NULL,
    is_uuid,
    listed,
    long_of,
    normal,
    required,
    strings,
    style_of,
    text_of,
    unexpected,
)
from tests.servers.signal_rpc import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    RATE_LIMIT_ERROR,
    UNTRUSTED_KEY_ERROR,
    USER_ERROR,
    RpcError,
)

Json = dict[str, Any]
Target = Person | Group | str

VERSION = "0.14.6"
_TO = {"recipient", "recipients", "groupId", "groupIds", "username", "usernames", "account"}
_KNOWN: dict[str, set[str]] = {
    "send": _TO | {
        "noteToSelf", "notifySelf", "message", "attachment", "attachments", "viewOnce",
        "mention", "mentions", "textStyle", "textStyles", "quoteTimestamp", "quoteAuthor",
        "quoteMessage", "quoteMention", "quoteMentions", "quoteAttachment", "quoteAttachments",
        "quoteTextStyle", "quoteTextStyles", "previewUrl", "previewTitle", "previewDescription",
        "previewImage", "editTimestamp", "noUrgent", "voiceNote",
    },
    "sendReaction": _TO | {
        "noteToSelf", "notifySelf", "emoji", "targetAuthor", "targetTimestamp", "remove", "story",
    },
    "sendTyping": _TO - {"username", "usernames"} | {"stop"},
    "sendReceipt": {"recipient", "targetTimestamp", "targetTimestamps", "type", "account"},
    "remoteDelete": _TO | {"noteToSelf", "targetTimestamp"},
    "listContacts": {
        "recipient", "recipients", "allRecipients", "blocked", "name", "detailed", "internal",
        "account",
    },
    "updateContact": {
        "recipient", "name", "givenName", "familyName", "nickGivenName", "nickFamilyName", "note",
        "expiration", "account",
    },
    "getUserStatus": {"recipient", "recipients", "username", "usernames", "account"},
    "listAccounts": set(), "version": {"account"},
}  # fmt: skip


class Commands:
    """Runs methods on the book. `multi` is a daemon that was started without an account."""

    def __init__(self, book: SignalBook, *, multi: bool) -> None:
        self.book = book
        self.multi = multi
        self._run: dict[str, Callable[[Person, Json, Failure | None], Any]] = {
            "send": self._send, "sendReaction": self._react, "sendTyping": self._typing,
            "sendReceipt": self._receipt, "remoteDelete": self._delete,
            "listContacts": self._contacts, "updateContact": self._update,
            "getUserStatus": self._status, "version": lambda *_: {"version": VERSION},
        }  # fmt: skip

    def run(self, method: str, params: Any, forced: Failure | None = None) -> Any:
        """The result of a method; `forced` is what befalls every recipient this once.

        Raises:
            RpcError: as signal-cli answers.
        """
        if method == "listAccounts" and self.multi:
            return [{"number": one.number} for one in self.book.accounts]
        if method not in self._run:
            raise RpcError(METHOD_NOT_FOUND, "Method not implemented")
        given = {} if params is None else params
        account = self._account(method, given if isinstance(given, dict) else {})
        if isinstance(given, list):
            raise RpcError(INVALID_REQUEST, "Cannot deserialize value of type LinkedHashMap")
        unread = given.keys() - _KNOWN[method]
        self.book.ignored.extend(f"{method}.{name}" for name in sorted(unread))
        return self._run[method](account, given, forced)

    def _account(self, method: str, params: Json) -> Person:
        accounts = self.book.accounts
        if not self.multi:
            return accounts[0]  # an account parameter is not even looked at
        if params.get("account") is not None:
            found = self.book.account(str(params["account"]))
            if found is None:
                raise RpcError(INVALID_PARAMS, "Specified account does not exist")
            return found
        if len(accounts) != 1 and method != "version":
            raise RpcError(INVALID_PARAMS, "Method requires valid account parameter")
        return accounts[0]

    # -- what goes out -------------------------------------------------------------------------

    def _send(self, account: Person, params: Json, forced: Failure | None) -> Json:
        targets = self._targets(account, params)
        text = text_of(params, "message") or ""
        attachments = strings(params, "attachment")
        styles = [style_of(one) for one in strings(params, "textStyle")]
        quoted, edited = long_of(params, "quoteTimestamp"), long_of(params, "editTimestamp")
        if quoted is not None:
            self._quoted(account, params, quoted)
        if not text and not attachments and quoted is None:
            raise RpcError(
                USER_ERROR,
                "Sending empty message is not allowed, either a message, attachment or sticker"
                " must be given.",
            )
        for one in attachments:
            if not one.startswith("data:") and not Path(one).is_file():
                raise unexpected(f"Failed to send message: {one} (AttachmentInvalidException)")
        timestamp = self.book.now()
        answer = _outcome(timestamp, self._rows(account, targets, forced))
        to = tuple(_name(target) for target in targets)
        sent = Sent(timestamp, account.identifier, to, text, params, styles, [timestamp])
        self._keep(sent, edited)
        return answer

    def _keep(self, sent: Sent, edited: int | None) -> None:
        if edited is None:
            self.book.messages[sent.timestamp] = sent
            return
        before = self.book.found(edited)
        if before is None or before.deleted or before.to != sent.to:
            self.book.strays.append(("send", edited))
            return
        before.text, before.styles, before.params = sent.text, sent.styles, sent.params
        before.versions.append(sent.timestamp)

    def _quoted(self, account: Person, params: Json, timestamp: int) -> None:
        author = text_of(params, "quoteAuthor")
        if author is None:
            raise RpcError(USER_ERROR, "Quote author parameter is missing")
        self._known(account, author)
        if self.book.found(timestamp) is None and timestamp not in self.book.received:
            self.book.strays.append(("quote", timestamp))

    def _react(self, account: Person, params: Json, forced: Failure | None) -> Json:
        targets = self._targets(account, params)
        emoji, timestamp = text_of(params, "emoji"), long_of(params, "targetTimestamp")
        author = text_of(params, "targetAuthor")
        if author is None and len(targets) == 1 and not isinstance(targets[0], Group):
            author = _name(targets[0])
        if emoji is None or timestamp is None or author is None:
            raise unexpected("Cannot invoke a method because a parameter is null", NULL)
        self._known(account, author)
        answer = _outcome(self.book.now(), self._rows(account, targets, forced))
        self._reacted(timestamp, "" if params.get("remove") is True else emoji)
        return answer

    def _reacted(self, timestamp: int, emoji: str) -> None:
        message = self.book.found(timestamp)
        if message is not None:
            message.reaction = emoji
        elif timestamp in self.book.received:
            self.book.received[timestamp] = emoji
        else:
            self.book.strays.append(("sendReaction", timestamp))

    def _delete(self, account: Person, params: Json, forced: Failure | None) -> Json:
        targets = self._targets(account, params)
        timestamp = long_of(params, "targetTimestamp")
        if timestamp is None:
            raise unexpected("Cannot invoke a method because a parameter is null", NULL)
        answer = _outcome(self.book.now(), self._rows(account, targets, forced))
        message = self.book.found(timestamp)
        if message is None:
            self.book.strays.append(("remoteDelete", timestamp))
        else:
            message.deleted = True
        return answer

    def _typing(self, account: Person, params: Json, forced: Failure | None) -> Json:
        targets = self._targets(account, params, lead="Failed to send to group: ")
        answer = _outcome(self.book.now(), self._rows(account, targets, forced))
        to = [_name(target) for target in targets]
        self.book.typing.append({"to": to, "stop": params.get("stop") is True})
        return answer

    def _receipt(self, account: Person, params: Json, forced: Failure | None) -> Json:
        recipient = required(params, "recipient")
        target = self._single(account, recipient)
        kind = text_of(params, "type") or "read"
        if kind not in {"read", "viewed"}:
            raise RpcError(USER_ERROR, f"Unknown receipt type: {kind}")
        timestamps = listed(params, "targetTimestamp")
        answer = _outcome(self.book.now(), self._rows(account, [target], forced))
        told = {"to": _name(target), "type": kind, "timestamps": timestamps}
        self.book.receipts.append(told)
        return answer

    # -- what is asked -------------------------------------------------------------------------

    def _contacts(self, account: Person, params: Json, _: Failure | None) -> list[Json]:
        asked = [_name(self._single(account, one)) for one in strings(params, "recipient")]
        name = text_of(params, "name")
        rows = [self._contact(person) for person in self.book.people if person != account]
        return [
            row for row in rows
            if (not asked or {row["number"], row["uuid"]} & set(asked))
            and (name is None or name in {row["name"], row["profile"]["givenName"]})
        ]  # fmt: skip

    def _contact(self, person: Person) -> Json:
        told = self.book.contacts.get(person.uuid, {})
        given = told.get("givenName", told.get("name"))
        return {
            "number": person.number, "uuid": person.uuid, "username": None, "name": given or "",
            "givenName": given, "familyName": told.get("familyName"), "nickName": None,
            "nickGivenName": told.get("nickGivenName"),
            "nickFamilyName": told.get("nickFamilyName"), "note": told.get("note"), "color": None,
            "isArchived": False, "isBlocked": False, "isHidden": False,
            "messageExpirationTime": told.get("expiration", 0), "profileSharing": True,
            "unregistered": False,
            "profile": {
                "lastUpdateTimestamp": 0, "givenName": person.name, "familyName": None,
                "about": None, "aboutEmoji": None, "hasAvatar": False, "mobileCoinAddress": None,
            },
        }  # fmt: skip

    def _update(self, account: Person, params: Json, _: Failure | None) -> Json:
        person = self._known(account, required(params, "recipient"))
        self.book.contacts.setdefault(person.uuid, {}).update(params)
        return {}

    def _status(self, _: Person, params: Json, forced: Failure | None) -> list[Json]:
        if forced is not None:
            raise RpcError(RATE_LIMIT_ERROR, "Rate limit reached")
        rows = []
        for asked in dict.fromkeys(strings(params, "recipient")):
            person = self.book.person(normal(asked))
            uuid = person.uuid if person and person.number else None
            row = {"recipient": asked, "number": normal(asked), "uuid": uuid}
            rows.append(row | {"isRegistered": uuid is not None})
        return rows

    # -- who it goes to ------------------------------------------------------------------------

    def _targets(self, account: Person, params: Json, *, lead: str = "") -> list[Target]:
        found: list[Target] = [account] if params.get("noteToSelf") is True else []
        found += [self._single(account, one) for one in strings(params, "recipient")]
        found += [self._group(one, account, lead) for one in strings(params, "groupId")]
        found += [f"u:{one}" for one in strings(params, "username")]
        if not found:
            raise RpcError(USER_ERROR, "No recipients given")
        return list(dict.fromkeys(found))

    def _single(self, account: Person, identifier: str) -> Target:
        if account.is_called(identifier):
            return account
        if self.book.person(identifier) is None and not is_uuid(identifier):
            identifier = normal(identifier)
        return self.book.person(identifier) or identifier

    def _known(self, account: Person, identifier: str) -> Person:
        found = self._single(account, identifier)
        if not isinstance(found, Person):
            raise RpcError(USER_ERROR, f"The user {_name(found)} is not registered.")
        return found

    def _group(self, identifier: str, account: Person, lead: str) -> Group:
        try:
            size = len(base64.b64decode(identifier, validate=True))
        except ValueError:
            size = 0
        if size not in {16, 32}:
            told = f'Failed to decode groupId (must be base64) "{identifier}": not a group id'
            raise RpcError(USER_ERROR, f"Invalid group id: {told}")
        group = self.book.groups.get(identifier)
        if group is None:
            raise RpcError(USER_ERROR, f"{lead}Group not found: {identifier}")
        if account not in group.members:
            told = f"User is not a member in group: {group.name} ({identifier})"
            raise RpcError(USER_ERROR, lead + told)
        return group

    def _rows(
        self, account: Person, targets: Iterable[Target], forced: Failure | None
    ) -> list[Json]:
        rows: list[Json] = []
        for target in targets:
            if isinstance(target, Group):
                others = [member for member in target.members if member != account]
                rows += [self._row(member, forced, target) for member in others]
            else:
                rows.append(self._row(target, forced, None))
        return rows

    def _row(self, target: Person | str, forced: Failure | None, group: Group | None) -> Json:
        name = _name(target)
        failure = forced or self.book.failures.get(name)
        if isinstance(target, Person):
            address = target.address()
            result = failure or Failure("SUCCESS")
        else:
            result = failure or Failure("UNREGISTERED_FAILURE")
            address = _address(name)
        place = {"groupId": group.id} if group else {}
        return {"recipientAddress": address, **place, **result.row()}


def _outcome(timestamp: int, rows: Sequence[Json]) -> Json:
    """One success is success for all; only when nobody got it is there an error."""
    answer = {"timestamp": timestamp, "results": list(rows)}
    kinds = {row["type"] for row in rows}
    if not kinds or "SUCCESS" in kinds:
        return answer
    data = {"response": answer}
    if kinds == {"IDENTITY_FAILURE"}:
        words = "Failed to send message due to untrusted identities"
        raise RpcError(UNTRUSTED_KEY_ERROR, words, data)
    if kinds == {"RATE_LIMIT_FAILURE"}:
        raise RpcError(RATE_LIMIT_ERROR, "Failed to send message due to rate limiting", data)
    raise RpcError(USER_ERROR, "Failed to send message", data)


def _name(target: Target) -> str:
    if isinstance(target, str):
        return target
    return target.id if isinstance(target, Group) else target.identifier


def _address(identifier: str) -> Json:
    uuid = identifier if is_uuid(identifier) else None
    user = identifier.removeprefix("u:") if identifier.startswith("u:") else None
    number = None if uuid or user else identifier
    return {"uuid": uuid, "number": number, "username": user}
