"""The line above a message: who said it and where, when, what answered, and who was told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kit_tui.domain.message import Kind, Message, Speaker
from kit_tui.tui import formats
from kit_tui.tui.channels import Mark, mark_forms
from kit_tui.tui.safe_text import safe_line
from kit_tui.tui.spans import Row, cut, row, width_of, wrapped
from kit_tui.tui.turns import LOCAL_CHANNELS, cost_words, reason_words, short_model

KINDS: Final[Mapping[Kind, tuple[str, str]]] = {
    "fill": ("◆ fill", "info"), "order": ("◇ order", "info"), "notice": ("· notice", "muted"),
    "guard": ("▲ guard", "warn"), "halt": ("■ halt", "loss bold"), "report": ("≡ report", "muted"),
    "alert": ("◎ alert", "warn"),
}  # fmt: skip
"""What nobody asked for: each kind has a shape and a word, and only then a colour."""


def header(message: Message, width: int, asker: str = "", marks: Sequence[Mark] = ()) -> list[Row]:
    """The rows of a message's head; `asker` is who is answered, where they are elsewhere."""
    rows = _header(message, width, asker)
    for form in mark_forms(marks):
        if len(rows) == 1 and width_of(rows[0]) + width_of(form) <= width:
            return [(*rows[0], *form)]
    return rows


def kit_name(asker: str) -> Row:
    """`kit`, or `kit → Ann` in an answer to somebody elsewhere."""
    return row(("kit", "muted bold"), (f" → {asker}" if asker else "", "muted"))


def _header(message: Message, width: int, asker: str) -> list[Row]:
    time = (f"  {formats.clock(message.at)}", "faint")
    if message.speaker is Speaker.PERSON:
        here = message.channel in LOCAL_CHANNELS
        where = "" if here else f" · {safe_line(message.channel)}"
        name = "you" if here else safe_line(message.name) or "you"
        return [cut(row((name, "muted"), (where, "faint"), time), width)]
    if message.speaker is Speaker.SYSTEM:
        return [row(KINDS.get(message.kind, ("system", "warn")), time)]
    if message.spent is not None or message.tools or message.cut:
        return [_model_header(message, width, asker)]
    head = (*kit_name(asker), time)
    engine, reason = safe_line(message.engine), reason_words(message.why)
    said = (*head, *row((f" · {engine}" if engine else "", "faint")))
    if not reason:
        return [cut(said, width)]
    reason = reason.removeprefix("model ")
    full, offline = (f" · model {reason}", "warn"), (" · offline", "faint")
    forms = ((*said, full), (*head, offline, full), (*head, offline, (f" · {reason}", "warn")))
    fitting = (form for form in forms if width_of(form) <= width)
    return wrapped(next(fitting, forms[-1]), width, 5)


def _model_header(message: Message, width: int, asker: str) -> Row:
    """Answers of a model give the second: their figures are those of that moment."""
    model = short_model(message.engine or (message.spent.model if message.spent else ""))
    cost = cost_words(message.spent)
    tail = "".join(f" · {part}" for part in (model, cost) if part)
    forms = [
        (*kit_name(asker), (f"  {formats.clock(message.at, seconds=seconds)}{tail}", "faint"))
        for seconds in (True, False)
    ]
    return next((form for form in forms if width_of(form) <= width), cut(forms[-1], width))
