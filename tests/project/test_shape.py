"""The house rules that a machine can count: sizes, docstrings, colours, swallowed errors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.sources import PACKAGE, modules, name_of

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
_HEX = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_module_holds_two_ideas() -> None:
    sizes = {name_of(path): len(path.read_text().splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in functions(ast.parse(path.read_text()))
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is_for() -> None:
    mute = [
        name_of(path) for path in modules() if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert mute == []


@pytest.mark.parametrize("pattern", ["*.py", "*.tcss"])
def test_colours_come_from_themes_only(pattern: str) -> None:
    def coloured(path: Path) -> bool:
        text = path.read_text()
        if path.suffix == ".tcss":
            return any(
                _HEX.search(line.split(": ", 1)[-1]) for line in text.splitlines() if ":" in line
            )
        return any(
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _HEX.fullmatch(node.value.strip())
            for node in ast.walk(ast.parse(text))
        )

    found = [name_of(path) for path in sorted(PACKAGE.rglob(pattern)) if coloured(path)]
    assert found == []


def test_no_error_is_swallowed_without_a_word() -> None:
    silent = [
        f"{name_of(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and "xception" in node.type.id))
        and all(isinstance(part, ast.Pass) for part in node.body)
    ]
    assert silent == []
