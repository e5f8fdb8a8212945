"""Generated pages are as fresh as the code they describe."""

from __future__ import annotations

from pathlib import Path

from kit_tui.runtime import command_page
from kit_tui.settings.describe import page, setting_rows
from tests.gateway.house import opened

DOCS = Path(__file__).parents[2] / "docs"


def test_the_settings_page_is_fresh() -> None:
    made_by = "python -m kit_tui.settings.describe > docs/settings.md"
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == page(), f"run: {made_by}"


def test_the_page_of_the_commands_is_fresh() -> None:
    made_by = "python -m kit_tui.runtime.command_page > docs/commands.md"
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert text == command_page.page(), f"run: {made_by}"


async def test_the_page_holds_every_command_there_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as house:
        registered = [command.name for command in house.account.registry.all()]
    assert [command.name for command in command_page.declared()] == registered
    assert all(f"`/{name}" in command_page.page() for name in registered)


def test_every_setting_says_what_it_means() -> None:
    assert not [row.name for row in setting_rows() if not row.help.endswith(".")]
