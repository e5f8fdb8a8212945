"""What Discord refuses in a message, an embed or a row of buttons, and in which words."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

CONTENT, EMBEDS, EMBED_SUM = 2_000, 10, 6_000
ROWS, ROW_WIDTH, CUSTOM_ID, LABEL = 5, 5, 100, 80
FILE_BYTES = 10 * 1024 * 1024
EPHEMERAL, LOADING, SUPPRESS_EMBEDS, SILENT = 1 << 6, 1 << 7, 1 << 2, 1 << 12
LINK, PREMIUM = 5, 6
WORDS: dict[int, tuple[int, str]] = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    30032: (400, "Maximum number of application commands reached (100)."),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50109: (400, "The request body contains invalid JSON."),
}


class DiscordError(Exception):
    """Answered with one of Discord's own error codes, or with a bare HTTP status."""

    def __init__(self, code: int, errors: Json | None = None) -> None:
        self.status, self.words = WORDS[code]
        self.body: Json = {"message": self.words, "code": code}
        if errors:
            self.body["errors"] = errors
        super().__init__(f"{code} {self.words}")


class Form:
    """Collects what is wrong with a body, each fault at its place, as Discord reports them."""

    def __init__(self, *inside: str) -> None:
        self._inside = inside
        self.errors: Json = {}

    def wrong(self, place: tuple[str | int, ...], code: str, words: str) -> None:
        """Note a fault at `place`."""
        spot = self.errors
        for part in (*self._inside, *place):
            spot = spot.setdefault(str(part), {})
        spot.setdefault("_errors", []).append({"code": code, "message": words})

    def at_most(self, place: tuple[str | int, ...], value: Any, limit: int) -> bool:
        """Note a text or list that is too long."""
        if value is not None and len(value) > limit:
            words = f"Must be {limit} or fewer in length."
            self.wrong(place, "BASE_TYPE_MAX_LENGTH", words)
            return False
        return True

    def between(self, place: tuple[str | int, ...], value: Any, least: int, most: int) -> bool:
        """Note a text or list that is missing, too short or too long."""
        if value is None:
            self.wrong(place, "BASE_TYPE_REQUIRED", "This field is required")
            return False
        if not least <= len(value) <= most:
            words = f"Must be between {least} and {most} in length."
            self.wrong(place, "BASE_TYPE_BAD_LENGTH", words)
            return False
        return True

    def refuse(self) -> None:
        """Raise when a fault was noted."""
        if self.errors:
            raise DiscordError(50035, self.errors)


def check_message(body: Json, *inside: str) -> None:
    """Refuse a message's body as Discord does.

    Raises:
        DiscordError: 50035 with every fault at its place.
    """
    form = Form(*inside)
    form.at_most(("content",), body.get("content"), CONTENT)
    form.at_most(("nonce",), body.get("nonce"), 25)
    check_embeds(form, body.get("embeds") or [])
    check_components(form, body.get("components") or [])
    form.refuse()


def check_embeds(form: Form, embeds: list[Json]) -> None:
    """Note everything about embeds that Discord refuses."""
    if not form.at_most(("embeds",), embeds, EMBEDS):
        return
    for index, embed in enumerate(embeds):
        _check_embed(form, ("embeds", index), embed)
    if sum(map(_embed_size, embeds)) > EMBED_SUM:
        words = f"Embed size exceeds maximum size of {EMBED_SUM}"
        form.wrong(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words)


def _check_embed(form: Form, place: tuple[str | int, ...], embed: Json) -> None:
    form.at_most((*place, "title"), embed.get("title"), 256)
    form.at_most((*place, "description"), embed.get("description"), 4_096)
    if footer := embed.get("footer"):
        form.between((*place, "footer", "text"), footer.get("text"), 1, 2_048)
    if author := embed.get("author"):
        form.between((*place, "author", "name"), author.get("name"), 1, 256)
    fields = embed.get("fields") or []
    form.at_most((*place, "fields"), fields, 25)
    for index, field in enumerate(fields):
        for key, limit in (("name", 256), ("value", 1_024)):
            spot = (*place, "fields", index, key)
            if not field.get(key):
                form.wrong(spot, "BASE_TYPE_REQUIRED", "This field is required")
            form.at_most(spot, field.get(key), limit)


def _embed_size(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text or "") for text in texts)


def check_components(form: Form, rows: list[Json]) -> None:
    """Note everything about rows of buttons and menus that Discord refuses."""
    if not form.at_most(("components",), rows, ROWS):
        return
    seen: set[str] = set()
    for index, row in enumerate(rows):
        place: tuple[str | int, ...] = ("components", index)
        if row.get("type") != 1:
            words = 'Value of field "type" must be one of (1,).'
            form.wrong((*place, "type"), "UNION_TYPE_CHOICES", words)
            continue
        parts = row.get("components") or []
        if not parts:
            form.between((*place, "components"), parts, 1, ROW_WIDTH)
        width = 0
        for at, part in enumerate(parts):
            spot = (*place, "components", at)
            width += 1 if part.get("type") == 2 else ROW_WIDTH
            if width > ROW_WIDTH:
                words = "The specified component exceeds the maximum width"
                form.wrong(spot, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", words)
            _check_part(form, spot, part, seen)


def _check_part(form: Form, spot: tuple[str | int, ...], part: Json, seen: set[str]) -> None:
    if part.get("type") == 2:
        _check_button(form, spot, part)
        if part.get("style") in (LINK, PREMIUM):
            return
    elif part.get("type") == 3:
        _check_menu(form, spot, part)
    elif part.get("type") not in (5, 6, 7, 8):
        words = 'Value of field "type" must be one of (2, 3, 5, 6, 7, 8).'
        form.wrong((*spot, "type"), "UNION_TYPE_CHOICES", words)
        return
    custom = part.get("custom_id")
    if form.between((*spot, "custom_id"), custom, 1, CUSTOM_ID) and custom in seen:
        words = "Component custom id cannot be duplicated"
        form.wrong((*spot, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", words)
    seen.add(str(custom))


def _check_button(form: Form, spot: tuple[str | int, ...], part: Json) -> None:
    form.at_most((*spot, "label"), part.get("label"), LABEL)
    if part.get("style") not in range(1, 7):
        words = "Value must be one of {1, 2, 3, 4, 5, 6}."
        form.wrong((*spot, "style"), "BASE_TYPE_CHOICES", words)
    if part.get("style") == LINK:
        form.between((*spot, "url"), part.get("url"), 1, 512)
    if part.get("style") != PREMIUM and not part.get("label") and not part.get("emoji"):
        words = "A label or an emoji is required"
        form.wrong(spot, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", words)


def _check_menu(form: Form, spot: tuple[str | int, ...], part: Json) -> None:
    form.at_most((*spot, "placeholder"), part.get("placeholder"), 150)
    options = part.get("options")
    form.between((*spot, "options"), options, 1, 25)
    values: set[str] = set()
    for index, option in enumerate(options or []):
        for key in ("label", "value"):
            form.between((*spot, "options", index, key), option.get(key), 1, 100)
        form.at_most((*spot, "options", index, "description"), option.get("description"), 100)
        if option.get("value") in values:
            words = "The specified option value is already used"
            place = (*spot, "options", index, "value")
            form.wrong(place, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
        values.add(str(option.get("value")))


def check_choices(choices: list[Json], *inside: str) -> None:
    """Refuse an autocompletion Discord would not show: at most 25 names of at most 100."""
    form = Form(*inside)
    form.at_most(("choices",), choices, 25)
    for index, choice in enumerate(choices):
        form.between(("choices", index, "name"), choice.get("name"), 1, 100)
        if isinstance(choice.get("value"), str):
            form.at_most(("choices", index, "value"), choice["value"], 100)
    form.refuse()


def check_modal(body: Json, *inside: str) -> None:
    """Refuse a dialogue Discord would not open."""
    form = Form(*inside)
    form.between(("custom_id",), body.get("custom_id"), 1, CUSTOM_ID)
    form.between(("title",), body.get("title"), 1, 45)
    form.between(("components",), body.get("components"), 1, 5)
    form.refuse()
