"""Posts as Discord shows them: words as they are, tickets and executions beside a colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kit_tui.channels.discord_markdown import as_markdown
from kit_tui.channels.text import Tone
from kit_tui.channels.transport import Post

if TYPE_CHECKING:
    from discord import Embed, File
    from discord.ui import View

COLOURS: dict[Tone, int] = {"open": 0xE0A030, "good": 0x2E9E5B, "bad": 0xC8423B}
_DATE = re.compile(r"\A\d\d \w{3} \d\d:\d\d UTC\n")
_EMBED_NAME = "chart.png"


def shown(post: Post) -> dict[str, Any]:
    """What a post says, for a new message and for one that is changed."""
    words = as_markdown(post.lines)
    embed = _embed(post, words)
    return {
        "content": None if embed is not None else words,
        "embeds": [embed] if embed is not None else [],
        "view": _view(post),
    }


def picture_of(post: Post) -> dict[str, Any]:
    """The picture of a post, if it has one."""
    from discord import File

    if post.picture is None:
        return {}
    file: File = File(BytesIO(post.picture), _EMBED_NAME)
    return {"file": file}


def reads_as(post: Post, content: str, embeds: Sequence[Embed]) -> bool:
    """Whether a message that stands in a channel says what a post says.

    Looked for late, the post has its date above, which it did not have when it was sent.
    """
    words = as_markdown(post.lines).strip()
    there = (embeds[0].description or "" if embeds else content).strip()
    return there in {words, _DATE.sub("", words, count=1)}


def _embed(post: Post, words: str) -> Embed | None:
    from discord import Embed

    colour = COLOURS.get(post.tone)
    # A picture is shown larger below words than beside a colour.
    if colour is None or post.picture is not None:
        return None
    return Embed(description=words, colour=colour)


def _view(post: Post) -> View | None:
    """The buttons. The view is over before it is sent, so that the library does not keep it:
    presses are known by their data, also after a restart."""
    from discord import ButtonStyle
    from discord.ui import Button, View

    if not post.rows:
        return None
    styles = {"good": ButtonStyle.success, "bad": ButtonStyle.danger}
    view = View(timeout=None)
    for place, row in enumerate(post.rows):
        for button in row:
            style = styles.get(button.tone, ButtonStyle.secondary)
            view.add_item(Button(label=button.label, custom_id=button.data, style=style, row=place))
    view.stop()
    return view
