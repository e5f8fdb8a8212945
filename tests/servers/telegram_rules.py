"""What the Bot API asks of parameters: numbers, texts, keyboards, commands, photos."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.servers.telegram_entities import Entity, fixed, found, in_order, tidied, units
from tests.servers.telegram_html import Parsed, checked_link, parse
from tests.servers.telegram_words import BadRequestError

Data = Mapping[str, str]
TEXT_LIMIT, CAPTION_LIMIT, BYTE_LIMIT = 4_096, 1_024, 1 << 15
PHOTO_BYTES = 10 * 1024 * 1024
ACTIONS = frozenset(
    {
        "cancel", "typing", "upload_photo", "record_video", "upload_video", "record_voice",
        "upload_voice", "record_audio", "upload_audio", "upload_document", "choose_sticker",
        "find_location", "pick_up_location", "record_video_note", "upload_video_note",
    }
)  # fmt: skip
SCOPES = frozenset(
    {
        "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
        "chat_administrators", "chat_member",
    }
)  # fmt: skip
_COMMAND = re.compile("[a-z0-9_]{1,32}")
_OTHER_BUTTONS = (
    "callback_game", "pay", "switch_inline_query", "switch_inline_query_chosen_chat",
    "switch_inline_query_current_chat", "login_url", "web_app", "copy_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Markup:
    """A keyboard: `kind` is `inline`, `reply`, `remove`, `force` or nothing."""

    kind: str = ""
    rows: tuple[tuple[dict[str, Any], ...], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def buttons(self) -> dict[str, str]:
        """Label to data of the inline buttons which call back."""
        if self.kind != "inline":
            return {}
        pressed = [one for row in self.rows for one in row if "callback_data" in one]
        return {one["text"]: one["callback_data"] for one in pressed}

    @property
    def labels(self) -> list[list[str]]:
        """What stands on the keys, row by row."""
        return [[one["text"] for one in row] for row in self.rows]

    def shape(self) -> dict[str, Any] | None:
        """As a message shows it: only inline keyboards are part of a message."""
        rows = [list(row) for row in self.rows]
        return {"inline_keyboard": rows} if self.kind == "inline" else None


# -- numbers and objects -----------------------------------------------------------------------


def integer(data: Data, name: str, default: int = 0) -> int:
    """A number as leniently as the Bot API reads it: what is no digit ends it."""
    match = re.match(r"-?\d+", data.get(name, ""))
    return default if not data.get(name) else int(match[0]) if match else 0


def flag(data: Data, name: str) -> bool:
    """Whether something is switched on."""
    return data.get(name, "").lower() in {"true", "yes", "1"}


def decoded(data: Data, name: str, what: str) -> Any:
    """A parameter that is JSON; None when it is not given."""
    if not data.get(name):
        return None
    try:
        return json.loads(data[name])
    except ValueError:
        raise BadRequestError(f"Can't parse {what} JSON object") from None


def an_object(data: Data, name: str, what: str) -> dict[str, Any]:
    """A parameter that is a JSON object; empty when it is not given."""
    value = decoded(data, name, what)
    if value is not None and not isinstance(value, dict):
        raise BadRequestError(f"Object expected as {what}")
    return value or {}


# -- texts -------------------------------------------------------------------------------------


def text_of(data: Data) -> Parsed:
    """The text of a message, tidied.

    Raises:
        BadRequestError: empty, too long or not HTML as Telegram reads it.
    """
    if not data.get("text"):
        raise BadRequestError("Message text is empty")
    read = _formatted(data, "text", "entities")
    if not read.text:
        raise BadRequestError("Text must be non-empty")
    if units(read.text) > TEXT_LIMIT:
        raise BadRequestError("Message is too long")
    return read


def caption_of(data: Data) -> Parsed:
    """The words under a photo; they may be missing."""
    read = _formatted(data, "caption", "caption_entities")
    if units(read.text) > CAPTION_LIMIT:
        raise BadRequestError("Message caption is too long")
    return read


def _formatted(data: Data, name: str, entities: str) -> Parsed:
    source, mode = data.get(name, ""), data.get("parse_mode", "").lower()
    if len(source.encode("utf-8", "surrogatepass")) > BYTE_LIMIT:
        raise BadRequestError("Text is too long")
    if mode not in {"", "none", "html"}:
        raise BadRequestError("Unsupported parse_mode")
    if mode == "html":
        read = parse(source)
        text, kept = tidied(read.text, read.entities)
    else:
        given = decoded(data, entities, "entities") or []
        text, kept = tidied(source, fixed(_entity(one) for one in given))
    return Parsed(text, tuple(in_order([*kept, *found(text, kept)])))


def _entity(given: Any) -> Entity:
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise BadRequestError("Can't parse MessageEntity: expected an Object")
    for name in ("offset", "length"):
        if not isinstance(given.get(name), int):
            raise BadRequestError(f"Can't parse MessageEntity: Can't find field \"{name}\"")
    return Entity(
        given["type"], given["offset"], given["length"], url=given.get("url", ""),
        language=given.get("language", ""),
    )  # fmt: skip


# -- keyboards ---------------------------------------------------------------------------------


def markup_of(data: Data, *, inline_only: bool = False) -> Markup:
    """The keyboard that came along.

    Raises:
        BadRequestError: for keyboards and buttons that Telegram refuses.
    """
    given = decoded(data, "reply_markup", "reply keyboard markup")
    if given is None:
        return Markup()
    if not isinstance(given, dict):
        raise BadRequestError("Object expected as reply markup")
    made = _markup(given)
    if inline_only and made.kind not in {"", "inline"}:
        raise BadRequestError("Inline keyboard expected")
    if len(given.get("input_field_placeholder") or "") > 64:
        raise BadRequestError("REPLY_MARKUP_INVALID")
    return made


def _markup(given: dict[str, Any]) -> Markup:
    options = {key: value for key, value in given.items() if key != "keyboard"}
    if given.get("keyboard"):
        words = 'Field "keyboard" must be an Array of Arrays'
        return Markup("reply", _rows(given["keyboard"], words, _reply_button), options)
    if given.get("inline_keyboard"):
        words = 'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
        rows = _rows(given["inline_keyboard"], words, _inline_button)
        return Markup("inline", rows) if rows else Markup()
    if given.get("remove_keyboard"):
        return Markup("remove", (), options)
    return Markup("force", (), options) if given.get("force_reply") else Markup()


def _rows(given: Any, words: str, read: Any) -> tuple[tuple[dict[str, Any], ...], ...]:
    if not isinstance(given, list) or not all(isinstance(row, list) for row in given):
        raise BadRequestError(words)
    # More than twelve in a row are left out without a word, and so is a button without text.
    rows = [tuple(one for one in map(read, row) if one["text"])[:12] for row in given]
    if sum(map(len, rows)) > (100 if read is _inline_button else 300):
        raise BadRequestError("reply markup is too long")
    return tuple(row for row in rows if row)


def _reply_button(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return {"text": given}
    if not isinstance(given, dict):
        words = "KeyboardButton must be a String or an Object"
        raise BadRequestError(f"Can't parse keyboard button: {words}")
    return {**given, "text": _label(given, "keyboard button")}


def _inline_button(given: Any) -> dict[str, Any]:
    what = "inline keyboard button"
    if not isinstance(given, dict):
        raise BadRequestError(f"Can't parse {what}: InlineKeyboardButton must be an Object")
    label = _label(given, what)
    data, url = given.get("callback_data"), given.get("url")
    if url:
        if not url.startswith("tg://") and not checked_link(url):
            raise BadRequestError(f"Inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif data:
        if not isinstance(data, str) or len(data.encode()) > 64:
            raise BadRequestError("BUTTON_DATA_INVALID")
    elif not any(name in given for name in _OTHER_BUTTONS):
        words = "Text buttons are unallowed in the inline keyboard"
        raise BadRequestError(f"Can't parse {what}: {words}")
    return {**given, "text": label}


def _label(given: dict[str, Any], what: str) -> str:
    label = given.get("text")
    if label is None:
        raise BadRequestError(f"Can't parse {what}: Can't find field \"text\"")
    if not isinstance(label, str):
        raise BadRequestError(f'Can\'t parse {what}: Field "text" must be of type String')
    return label


# -- commands ----------------------------------------------------------------------------------


def commands_of(data: Data) -> list[dict[str, str]]:
    """The commands of a menu."""
    given = decoded(data, "commands", "commands")
    if given is None:
        return []
    if not isinstance(given, list):
        raise BadRequestError("Expected an Array of BotCommand")
    commands = [_command(one) for one in given]
    if len(commands) > 100:
        raise BadRequestError("BOT_COMMANDS_TOO_MUCH")
    if any(not _COMMAND.fullmatch(one["command"]) for one in commands):
        raise BadRequestError("BOT_COMMAND_INVALID")
    return commands


def _command(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise BadRequestError("Can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if not isinstance(given.get(name), str):
            raise BadRequestError(f"Can't parse BotCommand: Can't find field \"{name}\"")
    command = given["command"].strip().removeprefix("/")
    description = given["description"].strip()
    if not command:
        raise BadRequestError("Command must be non-empty")
    if len(command) > 32:
        raise BadRequestError("Command length must not exceed 32")
    if not description:
        raise BadRequestError("Command description must be non-empty")
    if len(description) > 256:
        raise BadRequestError("Command description length must not exceed 256")
    return {"command": command, "description": description}


def scope_of(data: Data) -> tuple[str, str, int]:
    """Whom a menu is for: kind, chat and member."""
    given = decoded(data, "scope", "BotCommandScope")
    if given is None:
        return ("default", "", 0)
    what = "Can't parse BotCommandScope"
    if not isinstance(given, dict):
        raise BadRequestError(f"{what}: BotCommandScope must be an Object")
    kind = given.get("type")
    if kind not in SCOPES:
        raise BadRequestError(f"{what}: Unsupported type specified")
    if not kind.startswith("chat"):
        return (kind, "", 0)
    if "chat_id" not in given:
        raise BadRequestError(f'{what}: Can\'t find field "chat_id"')
    user = int(given.get("user_id") or 0)
    if kind == "chat_member" and user <= 0:
        raise BadRequestError(f"{what}: Invalid user_id specified")
    return (kind, str(given["chat_id"]), user if kind == "chat_member" else 0)


# -- photos ------------------------------------------------------------------------------------


def size_of(photo: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG.

    Raises:
        BadRequestError: for anything that Telegram would not make a photo of.
    """
    if len(photo) > PHOTO_BYTES:
        size = f"File of size {len(photo)} bytes is too big for a photo"
        raise BadRequestError(f"{size}; the maximum size is {PHOTO_BYTES} bytes")
    if photo.startswith(b"\x89PNG\r\n\x1a\n") and len(photo) >= 24:
        width, height = struct.unpack(">II", photo[16:24])
    elif photo.startswith(b"\xff\xd8\xff"):
        width, height = _jpeg(photo)
    else:
        raise BadRequestError("IMAGE_PROCESS_FAILED")
    narrow = min(width, height)
    if not narrow or width + height > 10_000 or max(width, height) > 20 * narrow:
        raise BadRequestError("PHOTO_INVALID_DIMENSIONS")
    return width, height


def _jpeg(photo: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 < len(photo):
        marker, length = photo[place + 1], struct.unpack(">H", photo[place + 2 : place + 4])[0]
        if marker in {0xC0, 0xC1, 0xC2}:
            height, width = struct.unpack(">HH", photo[place + 5 : place + 9])
            return width, height
        place += 2 + length
    raise BadRequestError("IMAGE_PROCESS_FAILED")
