"""What signal-cli tells of an incoming message, field by field as its JSON records have them."""

from __future__ import annotations

from typing import Any

from tests.servers.signal_book import Group, Person

Json = dict[str, Any]


def envelope(sender: Person | None, timestamp: int, *, device: int = 1, **parts: Any) -> Json:
    """An envelope; `parts` are `dataMessage`, `syncMessage` and so on, or names nobody knows."""
    return {
        "source": sender and sender.identifier,
        "sourceNumber": sender and sender.number,
        "sourceUuid": sender and sender.uuid,
        "sourceName": sender and sender.name,
        "sourceDevice": device if sender else None,
        "timestamp": timestamp,
        "serverReceivedTimestamp": timestamp + 40,
        "serverDeliveredTimestamp": timestamp + 41,
        **parts,
    }


def data_message(timestamp: int, text: str | None, **changes: Any) -> Json:
    """The data of a message; `changes` add `quote`, `groupInfo`, `expiresInSeconds` and so on."""
    return {
        "timestamp": timestamp, "message": text, "expiresInSeconds": 0,
        "isExpirationUpdate": False, "viewOnce": False, **changes,
    }  # fmt: skip


def quote(timestamp: int, author: Person, text: str | None) -> Json:
    return {
        "id": timestamp, "author": author.identifier, "authorNumber": author.number,
        "authorUuid": author.uuid, "text": text, "attachments": [],
    }  # fmt: skip


def reaction(emoji: str, author: Person, timestamp: int, *, remove: bool = False) -> Json:
    return {
        "emoji": emoji, "targetAuthor": author.identifier, "targetAuthorNumber": author.number,
        "targetAuthorUuid": author.uuid, "targetSentTimestamp": timestamp, "isRemove": remove,
    }  # fmt: skip


def group_info(group: Group, *, update: bool = False) -> Json:
    return {
        "groupId": group.id, "groupName": group.name, "revision": 7,
        "type": "UPDATE" if update else "DELIVER",
    }  # fmt: skip


def attachment(content_type: str, name: str | None = None, *, size: int = 1_024) -> Json:
    return {
        "contentType": content_type, "filename": name, "id": "Xd3kC0tq9mX4hqZt9YfN", "size": size,
        "width": None, "height": None, "caption": None, "uploadTimestamp": None,
    }  # fmt: skip


def edit_message(target: int, data: Json) -> Json:
    return {"targetSentTimestamp": target, "dataMessage": data}


def sent_message(destination: Person | None, data: Json) -> Json:
    """What another device of the account sent; to a group there is no destination."""
    return {
        "sentMessage": {
            "destination": destination and destination.identifier,
            "destinationNumber": destination and destination.number,
            "destinationUuid": destination and destination.uuid,
            **data,
        }
    }


def receipt_message(kind: str, when: int, timestamps: list[int]) -> Json:
    """`kind` is `delivery`, `read` or `viewed`."""
    return {
        "when": when, "isDelivery": kind == "delivery", "isRead": kind == "read",
        "isViewed": kind == "viewed", "timestamps": timestamps,
    }  # fmt: skip


def typing_message(timestamp: int, *, stopped: bool = False, group: Group | None = None) -> Json:
    told = {"action": "STOPPED" if stopped else "STARTED", "timestamp": timestamp}
    return told | ({"groupId": group.id} if group else {})


def story_message(text: str) -> Json:
    return {"allowsReplies": True, "textAttachment": {"text": text, "style": "REGULAR"}}
