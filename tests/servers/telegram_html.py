"""Telegram's HTML, read byte by byte as the Bot API reads it, with its words for what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.servers.telegram_entities import Entity, fixed
from tests.servers.telegram_words import BadRequestError

TAGS = {
    "i": "italic", "em": "italic", "b": "bold", "strong": "bold", "s": "strikethrough",
    "strike": "strikethrough", "del": "strikethrough", "u": "underline", "ins": "underline",
    "tg-spoiler": "spoiler", "span": "spoiler", "tg-emoji": "custom_emoji", "tg-time": "date_time",
    "a": "text_link", "pre": "pre", "code": "code", "blockquote": "blockquote",
}  # fmt: skip
_NAMED = {b"lt": 60, b"gt": 62, b"amp": 38, b"quot": 34}
_SPACE = frozenset(b" \t\r\n\0\v")
_NAME_ENDS = _SPACE | frozenset(b"=>/\"'")
_ALNUM = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LETTERS = frozenset(byte for byte in _ALNUM if byte > 57)
_GT, _LT, _AMP, _SLASH, _NUL = b"><&/\0"


@dataclass(frozen=True, slots=True)
class Parsed:
    """Visible text with its entities."""

    text: str
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    """A tag that waits for its end; `offset` in UTF-16 units, `begin` in bytes of the result."""

    tag: str
    argument: str
    offset: int
    begin: int


def parse_html(source: str) -> str:
    """The visible text of Telegram HTML, not trimmed.

    Raises:
        BadRequestError: for what Telegram does not take, in its words.
    """
    return _Reader(source).read().text


def parse(source: str) -> Parsed:
    """Visible text and entities, not trimmed; entities as they nest after Telegram mended them.

    Raises:
        BadRequestError: for what Telegram does not take, in its words.
    """
    return _Reader(source).read()


def wrong(words: str) -> BadRequestError:
    """What parsing fails with."""
    return BadRequestError(f"Can't parse entities: {words}")


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source.encode("utf-8", "surrogatepass") + b"\0"
        self.size = len(self.source) - 1
        self.place = 0
        self.result = bytearray()
        self.offset = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> Parsed:
        while self.place < self.size:
            byte = self.source[self.place]
            if byte == _LT:
                self._tag()
            elif byte != _AMP or not self._reference():
                self._put(byte)
                self.place += 1
        if self.open:
            name = self.open[-1].tag
            raise wrong(f'Can\'t find end tag corresponding to start tag "{name}"')
        text = self.result.decode("utf-8", "replace")
        return Parsed(text, tuple(fixed(self.entities)))

    def _put(self, byte: int) -> None:
        if byte & 0xC0 != 0x80:
            self.offset += 1 + (byte >= 0xF0)
        self.result.append(byte)

    def _reference(self) -> bool:
        code, after = _decoded(self.source, self.place)
        if not code:
            return False
        for byte in chr(code).encode("utf-8", "surrogatepass"):
            self._put(byte)
        self.place = after
        return True

    def _until(self, stops: frozenset[int]) -> bytes:
        start = self.place
        while self.source[self.place] not in stops:
            self.place += 1
        return self.source[start : self.place]

    def _skip_space(self) -> None:
        while self.source[self.place] in _SPACE and self.place < self.size:
            self.place += 1

    def _tag(self) -> None:
        begin = self.place
        self.place += 1
        if self.source[self.place] == _SLASH:
            self.place += 1
            self._end(begin)
        else:
            self._start(begin)
        self.place += 1

    def _start(self, begin: int) -> None:
        name = _lower(self._until(_SPACE | {_GT}))
        if self.place >= self.size:
            raise wrong(f"Unclosed start tag at byte offset {begin}")
        if name not in TAGS:
            raise wrong(f'Unsupported start tag "{name}" at byte offset {begin}')
        argument = ""
        while self.source[self.place] != _GT:
            self._skip_space()
            if self.source[self.place] == _GT:
                break
            found = self._attribute(name, begin)
            argument = found if found is not None else argument
        if name == "span" and argument != "spoiler":
            raise wrong(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self.open.append(_Open(name, argument, self.offset, len(self.result)))

    def _attribute(self, tag: str, begin: int) -> str | None:
        """What an attribute adds to its tag, if anything."""
        name = self._until(_NAME_ENDS).decode("utf-8", "replace")
        if not name:
            raise wrong(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self._skip_space()
        if self.source[self.place] != ord("="):
            self._not_at_end(f'Unclosed start tag "{tag}" at byte offset {begin}')
            return "1" if (tag, name) == ("blockquote", "expandable") else None
        self.place += 1
        self._skip_space()
        self._not_at_end(f'Unclosed start tag "{tag}" at byte offset {begin}')
        value = self._value()
        self._not_at_end(f"Unclosed start tag at byte offset {begin}")
        return _argument(tag, name, value)

    def _not_at_end(self, words: str) -> None:
        if self.place >= self.size:
            raise wrong(words)

    def _value(self) -> str:
        quote = self.source[self.place]
        if quote not in b"'\"":
            start = self.place
            while self.source[self.place] in _ALNUM | frozenset(b".-"):
                self.place += 1
            if self.source[self.place] not in _SPACE | {_GT}:
                raise wrong(f"Unexpected end of name token at byte offset {start}")
            return _lower(self.source[start : self.place])
        self.place += 1
        value = bytearray()
        while self.source[self.place] not in {quote, _NUL}:
            code, after = (
                _decoded(self.source, self.place)
                if self.source[self.place] == _AMP
                else (0, self.place)
            )
            if code:
                value += chr(code).encode("utf-8", "surrogatepass")
                self.place = after
            else:
                value.append(self.source[self.place])
                self.place += 1
        if self.source[self.place] == quote:
            self.place += 1
        return value.decode("utf-8", "replace")

    def _end(self, begin: int) -> None:
        if not self.open:
            raise wrong(f"Unexpected end tag at byte offset {begin}")
        name = _lower(self._until(_SPACE | {_GT}))
        self._skip_space()
        if self.source[self.place] != _GT:
            raise wrong(f"Unclosed end tag at byte offset {begin}")
        expected = self.open[-1].tag
        if name not in {"", expected}:
            raise wrong(
                f'Unmatched end tag at byte offset {begin}, expected "</{expected}>", '
                f'found "</{name}>"'
            )
        self._close(self.open.pop())

    def _close(self, tag: _Open) -> None:
        length = self.offset - tag.offset
        if length <= 0:
            return
        last = self.entities[-1] if self.entities else None
        same = last is not None and (last.offset, last.length) == (tag.offset, length)
        made = Entity(TAGS[tag.tag], tag.offset, length)
        if tag.tag == "pre" and same and last is not None and last.type == "code" and last.language:
            self.entities[-1] = made.made(language=last.language)
        elif tag.tag == "code" and same and last is not None and last.type == "pre":
            self.entities[-1] = last.made(language=tag.argument) if tag.argument else last
            if not tag.argument:
                self.entities.append(made)
        elif tag.tag == "code":
            self.entities.append(made.made(language=tag.argument))
        elif tag.tag == "blockquote" and tag.argument:
            self.entities.append(made.made(type="expandable_blockquote"))
        elif tag.tag == "a":
            text = self.result[tag.begin :].decode("utf-8", "replace")
            self._link(made, tag.argument or text)
        elif tag.tag == "tg-emoji":
            if not tag.argument.isdecimal() or not int(tag.argument):
                raise wrong("Invalid custom emoji identifier specified")
            self.entities.append(made.made(custom_emoji_id=tag.argument))
        elif tag.tag != "tg-time":
            self.entities.append(made)

    def _link(self, made: Entity, url: str) -> None:
        user = url.removeprefix("tg://user?id=")
        if user != url and user.isdecimal():
            self.entities.append(made.made(type="text_mention", user_id=int(user)))
        elif address := checked_link(url):
            self.entities.append(made.made(url=address))


def checked_link(url: str) -> str:
    """The address as Telegram keeps it, or nothing: then the words stay and the link goes."""
    if url.startswith(("tg:", "ton:", "tonsite:")):
        return url
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        host = parts.hostname or ""
    except ValueError:
        return ""
    known = parts.scheme in {"http", "https", "ftp"}
    if not known or "." not in host.strip(".") or any(c.isspace() for c in whole):
        return ""
    return whole if parts.path or parts.query or parts.fragment else f"{whole}/"


def _argument(tag: str, name: str, value: str) -> str | None:
    if (tag, name) in {("a", "href"), ("tg-emoji", "emoji-id"), ("tg-time", "format")}:
        return value
    if (tag, name) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, name) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    return "1" if (tag, name) == ("blockquote", "expandable") else None


def _decoded(text: bytes, place: int) -> tuple[int, int]:
    """The character a reference at `place` stands for (0 for none) and where it ends."""
    end = place + 1
    if text[end : end + 1] == b"#":
        base, digits = (16, b"0123456789abcdefABCDEF") if text[end + 1] == 120 else (10, _DIGITS)
        start = end = end + (2 if base == 16 else 1)
        while text[end] in digits:
            end += 1
        code = int(text[start:end] or b"0", base) if end - place < 10 else 0
        if not 0 < code < 0x10FFFF:
            return 0, place
    else:
        while text[end] in _LETTERS:
            end += 1
        code = _NAMED.get(text[place + 1 : end], 0)
    return code, end + (text[end] == ord(";"))


_DIGITS = b"0123456789"


def _lower(name: bytes) -> str:
    return name.lower().decode("utf-8", "replace")
