"""Where K.I.T. keeps its files: five folders, all below `KIT_HOME` when that is set."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

APP = "kit-tui"
PRIVATE = 0o700
# A Unix socket's path fits 104 bytes on macOS and 108 on Linux, its closing zero included.
LONGEST_SOCKET_PATH = 103


class Locations(msgspec.Struct, frozen=True):
    """The folders of one home and the files in them."""

    config: Path
    data: Path
    state: Path
    cache: Path
    logs: Path

    @property
    def config_file(self) -> Path:
        """The TOML settings file, whether it exists or not."""
        return self.config / "config.toml"

    @property
    def config_json(self) -> Path:
        """The settings file in the seed's JSON shape, whether it exists or not."""
        return self.config / "config.json"

    @property
    def journal(self) -> Path:
        return self.data / "journal.sqlite"

    @property
    def paper_store(self) -> Path:
        return self.data / "paper.sqlite"

    @property
    def vault(self) -> Path:
        """The encrypted keys of all accounts, where there is no keyring for them."""
        return self.data / "vault.kit"

    @property
    def exports(self) -> Path:
        """What people had written out for other programs."""
        return self.data / "exports"

    @property
    def user_themes(self) -> Path:
        return self.data / "themes"

    @property
    def lock(self) -> Path:
        return self.state / "kit.lock"

    @property
    def trading_state(self) -> Path:
        return self.state / "trading_state.json"

    @property
    def deliveries(self) -> Path:
        """What the channels were told."""
        return self.state / "deliveries.sqlite"

    @property
    def log_file(self) -> Path:
        return self.logs / "kit.log"

    @property
    def socket(self) -> Path:
        """The owner's socket; in a private temporary folder when the home's path is too long."""
        path = self.state / "kit.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        home = hashlib.sha256(os.fsencode(self.state.absolute())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"kit-{os.getuid()}-{home}" / "kit.sock"

    @property
    def folders(self) -> tuple[Path, ...]:
        """The five folders, and the socket's own if it lives elsewhere."""
        own = (self.config, self.data, self.state, self.cache, self.logs)
        return own if self.socket.parent == self.state else (*own, self.socket.parent)

    def ensure(self) -> None:
        """Make the folders, readable by their owner alone.

        Raises:
            OSError: when a folder cannot be made or belongs to somebody else.
        """
        for folder in self.folders:
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            status = folder.stat()
            if status.st_uid != os.getuid():
                raise PermissionError(f"{folder} belongs to another user")
            if status.st_mode & 0o077:
                folder.chmod(PRIVATE)


def find_locations(environ: Mapping[str, str]) -> Locations:
    """The folders of this user's home: below `KIT_HOME` if set, else where the platform says."""
    home = environ.get("KIT_HOME", "").strip()
    if home:
        base = Path(home).expanduser().absolute()
        return Locations(*(base / name for name in ("config", "data", "state", "cache", "logs")))
    from platformdirs import PlatformDirs

    places = PlatformDirs(APP, appauthor=False)
    return Locations(
        config=places.user_config_path,
        data=places.user_data_path,
        state=places.user_state_path,
        cache=places.user_cache_path,
        logs=places.user_log_path,
    )


def house_directory() -> Path:
    """Where the house themes lie: inside the package in a wheel, beside it in a checkout."""
    import kit_tui

    package = Path(kit_tui.__file__).parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"
