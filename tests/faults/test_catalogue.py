"""The catalogue is whole: every fault has a test of its name, and `docs/faults.md` names them all.

`python -m tests.faults.test_catalogue` writes the tests into the page; its words are kept.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
IDS = [f"F{number:02d}" for number in range(1, 36)]
NAMED = re.compile(r"test_((?:f\d\d_)+)")


def named_tests() -> list[tuple[str, str]]:
    """File and name of every test here that names a fault, in their order."""
    return [
        (path.name, node.name)
        for path in sorted(HERE.glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and NAMED.match(node.name)
    ]


def ids_of(name: str) -> set[str]:
    """The faults a test names: `test_f05_f06_killed` is of F05 and F06."""
    found = NAMED.match(name)
    return {part.upper() for part in found[1].strip("_").split("_")} if found else set()


def listed(fault: str) -> str:
    """The page's last column: the tests of a fault, by file."""
    files: dict[str, list[str]] = {}
    for file, name in named_tests():
        if fault in ids_of(name):
            files.setdefault(file, []).append(f"`{name}`")
    return "; ".join(f"`{file}`: {', '.join(names)}" for file, names in files.items())


def refreshed(page: str) -> str:
    """The page with the tests as they are now."""

    def row(found: re.Match[str]) -> str:
        return f"{found[1]} {listed(found[2]) or found[3].strip()} |"

    return re.sub(r"^(\| (F\d\d) \|.*\|)([^|]*)\|$", row, page, flags=re.MULTILINE)


@pytest.mark.parametrize("fault", IDS)
def test_every_fault_has_a_test(fault: str) -> None:
    assert listed(fault), f"no test_{fault.lower()}_… in tests/faults"


def test_the_page_has_one_row_for_every_fault() -> None:
    assert re.findall(r"^\| (F\d\d) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE) == IDS


def test_the_page_names_every_test() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == refreshed(page), "run: python -m tests.faults.test_catalogue"


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
