"""Frames of the owner's socket: one JSON object a line, typed on both sides."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kit_tui.domain.cards import Reply
from kit_tui.domain.message import Role
from kit_tui.domain.pair import Pair
from kit_tui.domain.people import Pairing, Person
from kit_tui.domain.ticket import OrderRequest
from kit_tui.gateway.desk import CommandInfo, Outcome, Preview
from kit_tui.gateway.key_forms import ConnectRequest, KeyReport
from kit_tui.state.codec import decode, encode

PROTOCOL = 3
REFUSED = 0  # the number of the answer to a hello that opens no desk
LINE_LIMIT = 64 * 1024 * 1024


class Hello(msgspec.Struct, frozen=True, tag="hello", kw_only=True):
    """A client's first frame: which account it wants (None follows the engine) and who it is."""

    protocol: int = PROTOCOL
    account: str | None
    channel: str


class Request(msgspec.Struct, frozen=True, tag="request"):
    """A call of a desk method; `params` are its arguments in order."""

    id: int
    method: str
    params: list[msgspec.Raw]


class Failure(msgspec.Struct, frozen=True):
    """A KitError on the wire."""

    title: str
    message: str
    hint: str


class Response(msgspec.Struct, frozen=True, tag="response"):
    """The answer to a request: a result or a failure."""

    id: int
    result: msgspec.Raw = msgspec.Raw(b"null")
    failure: Failure | None = None


class Publication(msgspec.Struct, frozen=True, tag="publication"):
    """A new snapshot of one slice."""

    slice: str
    data: msgspec.Raw


Frame = Hello | Request | Response | Publication

# Desk methods: the types of their arguments and of their result.
METHODS: Final[dict[str, tuple[tuple[Any, ...], Any]]] = {
    "send": ((str, bool), Outcome),
    "run": ((str, dict[str, str]), Reply),
    "propose": ((OrderRequest, str), Outcome),
    "preview": ((OrderRequest,), Preview),
    "approve": ((str, str | None, str), Outcome),
    "reject": ((str,), Outcome),
    "halt": ((str,), Reply),
    "watch_chart": ((Pair, str), None),
    "connect_account": ((ConnectRequest,), KeyReport),
    "pair": ((str, Role), Pairing),
    "void_code": ((str,), None),
    "unpair": ((str,), Person),
    "commands": ((), tuple[CommandInfo, ...]),
    "interrupt": ((), bool),
}


def pack(frame: Frame) -> bytes:
    """A frame as one line."""
    return encode(frame) + b"\n"


def unpack(line: bytes) -> Frame:
    """A line as a frame.

    Raises:
        msgspec.DecodeError: when it is not one.
    """
    frame: Frame = decode(line, Frame)
    return frame


def raw(value: object) -> msgspec.Raw:
    """A value encoded in place, for the open fields of frames."""
    return msgspec.Raw(encode(value))
