"""Parsers for the words after a command, all with the same two flags."""

from __future__ import annotations

import argparse


def parser_for(name: str, purpose: str, *, demo: bool = True) -> argparse.ArgumentParser:
    """A parser for `kit NAME` with --json and, if wanted, --demo."""
    parser = argparse.ArgumentParser(
        prog=f"kit {name}", description=purpose, allow_abbrev=False, add_help=True
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    if demo:
        parser.add_argument(
            "--demo", action="store_true", help="use the simulated market and its account"
        )
    return parser
