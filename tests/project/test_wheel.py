"""What is shipped: the wheel holds the house themes and no tests; every dependency is pinned."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.project.sources import ROOT


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return {plain(name): version for name, _, version in (line.partition("==") for line in lines)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_wheel_carries_code_styles_and_themes_and_nothing_else(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("kit_tui-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    themes = {f"kit_tui/themes/{path.name}" for path in (ROOT / "themes").glob("*.toml")}
    assert "kit_tui/themes/knight.toml" in themes
    assert themes <= names
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "kit_tui").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - names == set()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"kit_tui"}


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = pins()
    extras = project["optional-dependencies"].values()
    listed = [*project["dependencies"], *(text for extra in extras for text in extra)]
    for text in listed:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        version = known[plain(requirement.name)]
        assert requirement.specifier.contains(version), text
        assert distribution(requirement.name).version == version


def test_the_pins_name_versions_and_no_places() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
