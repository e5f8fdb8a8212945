"""`kit parse`: what the offline grammar understands, without an engine, a network or a key."""

from __future__ import annotations

from collections.abc import Iterator

from kit_tui.cli.failures import DONE
from kit_tui.cli.output import write_json
from kit_tui.cli.shell import Shell
from kit_tui.cli.words import parser_for
from kit_tui.commands.contract import intent_json


def parse(shell: Shell, words: list[str]) -> int:
    """`kit parse [TEXT…]`: one JSON object per message, one message per line."""
    from kit_tui.ai.grammar import Grammar

    parser = parser_for("parse", "What the offline grammar understands, as JSON lines.")
    parser.add_argument("text", nargs="*", metavar="TEXT", help="none: a line each from stdin")
    given = parser.parse_args(words)
    grammar = Grammar.offline()
    for text in messages(given.text) if given.text else _lines(shell):
        write_json(shell, intent_json(grammar.parse(text), text))
    return DONE


def messages(words: list[str]) -> list[str]:
    """Arguments with a blank in one of them are messages each; single words make one message."""
    whole = any(" " in word for word in words)
    texts = words if whole else [" ".join(words)]
    return [text.encode("utf-8", "replace").decode() for text in texts]


def _lines(shell: Shell) -> Iterator[str]:
    for line in shell.stdin:
        yield line.rstrip("\r\n")
