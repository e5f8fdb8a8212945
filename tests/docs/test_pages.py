"""Generated pages are as fresh as the code they describe."""

from __future__ import annotations

from pathlib import Path

from kit_tui.settings.describe import page, setting_rows

DOCS = Path(__file__).parents[2] / "docs"


def test_the_settings_page_is_fresh() -> None:
    made_by = "python -m kit_tui.settings.describe > docs/settings.md"
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == page(), f"run: {made_by}"


def test_every_setting_says_what_it_means() -> None:
    assert not [row.name for row in setting_rows() if not row.help.endswith(".")]
