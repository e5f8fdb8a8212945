"""Theme files with faults named by line, the keymap registry, the profile of an SSH line."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from kit_tui.domain.errors import SettingsError
from kit_tui.settings.locations import house_directory
from kit_tui.tui.keys import KEYS, keymap_problems, shown, usable_keymap
from kit_tui.tui.palette import Palette
from kit_tui.tui.profile import apply_profile, read_profile
from kit_tui.tui.theme_files import ROLES, load_themes, read_theme
from tests.tui.driving import stage


def test_house_themes_name_every_role() -> None:
    themes, problems = load_themes([house_directory()])
    assert not problems
    assert set(themes) == {"knight", "daylight", "okabe", "phosphor", "ansi"}
    for theme in themes.values():
        assert {role.replace("_", "-") for role in ROLES} <= set(theme.variables)


@pytest.mark.parametrize("name", ["knight", "daylight", "okabe", "phosphor"])
def test_text_can_be_read(name: str) -> None:
    """WCAG contrast: text 4.5 to 1 on the ground and on a selected row."""
    theme = read_theme(house_directory() / f"{name}.toml").theme
    palette = Palette(theme.variables)
    for ground in ("background", "surface"):
        for role in ("fg", "strong", "muted", "faint", "profit", "loss", "warn", "stale", "accent"):
            contrast = _contrast(palette.colour(role), palette.colour(ground))
            assert contrast >= 4.4, (role, ground)
    assert _contrast(palette.colour("live_text"), palette.colour("live")) >= 4.5
    assert _contrast(palette.colour("halt_text"), palette.colour("halt")) >= 4.5


def test_the_terminals_own_colours_are_used_and_nothing_else() -> None:
    theme = read_theme(house_directory() / "ansi.toml").theme
    palette = Palette(theme.variables)
    for role in ROLES:
        assert palette.colour(role).ansi is not None, role
    for text, ground in (("live_text", "live"), ("halt_text", "halt"), ("strong", "select")):
        assert palette.colour(text).ansi != palette.colour(ground).ansi


def _contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2.1, 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "x"\n[colors]\n\nprofti = "#fff"\n', ["line 4", "profti", "profit"]),
        ('name = "x"\n[colors]\nloss = "reddish"\n', ["line 3", "loss", "reddish"]),
        ('name = "x"\n[colors]\nloss = 3\n', ["line 3", "loss", "quotes"]),
        ('name = "x"\ndark = "yes"\n', ["line 2", "dark", "bool"]),
        ('name = "x"\n[colors\n', ["line 2"]),
        ('nmae = "x"\n', ["line 1", "nmae", "name"]),
    ],
)
def test_a_fault_in_a_theme_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    knight = read_theme(house_directory() / "knight.toml").theme
    with pytest.raises(SettingsError) as caught:
        read_theme(path, {"knight": knight})
    for word in ["mine.toml", *words]:
        assert word in str(caught.value)


def test_a_broken_theme_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "mine.toml").write_text('name = "mine"\n[colors]\naccent = "#00ff00"\n')
    themes, problems = load_themes([house_directory(), tmp_path])
    assert "mine" in themes
    assert "knight" in themes
    assert themes["mine"].variables["profit"] == themes["knight"].variables["profit"]
    assert len(problems) == 1


def test_ids_are_unique_and_no_two_keys_clash() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)
    assert keymap_problems({}) == []


def test_nothing_lives_only_on_keys_that_terminals_keep_for_themselves() -> None:
    for key in KEYS:
        assert set(key.keys.split(",")) - {"ctrl+enter", "ctrl+s", "ctrl+b", "ctrl+a"}


def test_a_users_keymap_is_checked() -> None:
    assert keymap_problems({"zoom": "n"}) == ["keymap: n is both zoom and order"]
    assert "nozoom" in keymap_problems({"nozoom": "x"})[0]
    assert usable_keymap({"halt": "x", "zoom": "f6", "no": "x"}) == {"zoom": "f6"}


def test_keys_are_written_shortly() -> None:
    assert shown("ctrl+p") == "^p"
    assert shown("question_mark") == "?"
    assert shown("shift+enter,f9") == "⇧↵ F9"


async def test_a_clash_is_said_on_the_screen() -> None:
    async with stage(keymap={"zoom": "n"}) as stand:
        toasts = [notification.message for notification in stand.app._notifications]
        assert any("both zoom and order" in message for message in toasts)


def test_a_remote_line_gets_fewer_frames_and_no_motion() -> None:
    environ = {"SSH_CONNECTION": "1"}
    apply_profile(environ)
    assert environ["TEXTUAL_FPS"] == "15"
    assert environ["TEXTUAL_ANIMATIONS"] == "none"
    assert environ["ESCDELAY"] == "50"
    assert read_profile(environ).scanner_frames == 0
    assert read_profile(environ).frames < read_profile({}).frames
    assert read_profile({}, "none").scanner_frames == 0


def test_what_the_user_has_set_is_left_alone() -> None:
    environ = {"SSH_CONNECTION": "1", "TEXTUAL_FPS": "60"}
    apply_profile(environ)
    assert environ["TEXTUAL_FPS"] == "60"


def test_colours_live_in_themes_only() -> None:
    """No hex colour anywhere in the room."""
    import re

    import kit_tui.tui

    room = Path(kit_tui.tui.__file__).parent
    found = [
        path.name
        for path in room.rglob("*")
        if path.suffix in {".py", ".tcss"}
        and re.search(r"#[0-9a-fA-F]{6}\b|[\"' ]#[0-9a-fA-F]{3}[\"';]", path.read_text("utf-8"))
    ]
    assert found == []
