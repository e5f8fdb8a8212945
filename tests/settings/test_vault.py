"""The vault: keys come back whole, nothing lies about in plain text, and damage is noticed."""

from __future__ import annotations

import json
import os
import stat
import traceback
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit_tui.settings.credentials import Credentials, find_credentials
from kit_tui.settings.locations import Locations, find_locations
from kit_tui.settings.sealing import (
    CHECKSUM,
    MAGIC,
    Cost,
    SealBrokenError,
    UnknownSealError,
    UnreadableSealError,
    key_for,
    new_key,
    seal,
    unseal,
)
from kit_tui.settings.vault import HomeVault, open_vault
from kit_tui.settings.vault_errors import (
    VaultDamagedError,
    VaultError,
    VaultLockedError,
    WrongPassphraseError,
)
from tests.support.keyrings import MemoryKeyring

CHEAP = Cost(n=2**10)
PASSPHRASE = "correct horse battery"
KEYS = Credentials("ak-9f8e7d6c5b4a39281706", "sk/Secret+Value=0123456789abcdef", "pw-11223344")
KEY = new_key(PASSPHRASE, CHEAP)


@pytest.fixture
def places(tmp_path: Path) -> Locations:
    return find_locations({"KIT_HOME": str(tmp_path)})


def vault_of(
    places: Locations, passphrase: str = PASSPHRASE, keyring: MemoryKeyring | None = None
) -> HomeVault:
    environ = {"KIT_VAULT_PASSPHRASE": passphrase} if passphrase else {}
    return open_vault(places, environ, cost=CHEAP, find_backend=lambda: keyring)


# Sealing


@given(content=st.binary(max_size=2_000), passphrase=st.text(min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_what_is_sealed_comes_back(content: bytes, passphrase: str) -> None:
    data = seal(content, new_key(passphrase, CHEAP))
    assert unseal(data, key_for(data, passphrase)) == content


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_flipped_bit_is_noticed(data: st.DataObject) -> None:
    whole = bytearray(seal(b"what must not change", KEY))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises((UnreadableSealError, UnknownSealError, SealBrokenError)):
        unseal(bytes(whole), KEY)


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_tamperer_who_renews_the_checksum_is_noticed_too(data: st.DataObject) -> None:
    import hashlib

    body = bytearray(seal(b"what must not change", KEY)[:-CHECKSUM])
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    body[bit // 8] ^= 1 << bit % 8
    with pytest.raises((UnreadableSealError, UnknownSealError, SealBrokenError)):
        unseal(bytes(body) + hashlib.sha256(body).digest(), KEY)


@given(cut=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_a_cut_file_is_damage_and_not_a_wrong_passphrase(cut: int) -> None:
    with pytest.raises(UnreadableSealError):
        unseal(seal(b"x" * 100, KEY)[:cut], KEY)


def test_salt_and_nonce_are_never_the_same_twice() -> None:
    files = [seal(b"same", new_key(PASSPHRASE, CHEAP)) for _ in range(4)]
    heads = [json.loads(each.split(b"\n", 2)[1]) for each in files]
    assert len({head["salt"] for head in heads}) == 4
    again = [json.loads(seal(b"same", KEY).split(b"\n", 2)[1])["nonce"] for _ in range(4)]
    assert len(set(again)) == 4


@pytest.mark.parametrize(
    "cost",
    [{"n": 2**30}, {"n": 12345}, {"n": 2}, {"r": 10_000}, {"p": 64}, {"n": True}, {"n": "x"}],
    ids=str,
)
def test_parameters_out_of_bounds_are_refused_before_they_cost_anything(
    cost: dict[str, object],
) -> None:
    import hashlib

    whole = seal(b"content", KEY)
    head = json.loads(whole.split(b"\n", 2)[1])
    forged = MAGIC + json.dumps({**head, **cost}).encode() + b"\n" + b"rest"
    with pytest.raises(UnreadableSealError):
        key_for(forged + hashlib.sha256(forged).digest(), PASSPHRASE)


def test_the_real_cost_is_what_is_promised() -> None:
    assert (Cost().n, Cost().r, Cost().p) == (2**17, 8, 1)


# The file


def test_keys_come_back_in_another_process(places: Locations) -> None:
    entry = vault_of(places).write("binance", KEYS, {"read": True, "trade": None})
    again = vault_of(places)
    assert again.read("binance") == KEYS
    assert again.read("kraken") is None
    (listed,) = again.names()
    assert listed == entry
    assert (listed.fingerprint, listed.permissions) == (
        KEYS.fingerprint, {"read": True, "trade": None},
    )  # fmt: skip


text = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@given(key=text, secret=text, password=text)
@settings(max_examples=25, deadline=None)
def test_any_keys_round_trip(
    key: str, secret: str, password: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = find_locations({"KIT_HOME": str(tmp_path_factory.mktemp("home"))})
    keys = Credentials(key, secret, password)
    vault_of(home).write("binance-alt", keys)
    assert vault_of(home).read("binance-alt") == keys


def test_no_plain_text_of_a_secret_lies_anywhere_in_the_home(places: Locations) -> None:
    vault = vault_of(places)
    vault.write("binance", KEYS)
    vault.write("kraken", Credentials("other-key-000111222", "other-secret-333444555"))
    vault.remove("kraken")
    for path in places.data.parent.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        for secret in (KEYS.api_key, KEYS.secret, KEYS.password, PASSPHRASE, "other-secret-333"):
            for spelling in (secret.encode(), b64encode(secret.encode())[:-4]):
                assert spelling not in data, path


def test_the_file_is_its_owners_alone(places: Locations) -> None:
    vault_of(places).write("binance", KEYS)
    assert stat.S_IMODE(places.vault.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.data.stat().st_mode) == 0o700


def test_a_wrong_passphrase_is_told_from_damage(places: Locations) -> None:
    vault_of(places).write("binance", KEYS)
    before = places.vault.read_bytes()
    with pytest.raises(WrongPassphraseError):
        vault_of(places, "another passphrase").read("binance")
    assert places.vault.read_bytes() == before, "a wrong passphrase must not set the file aside"
    places.vault.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    with pytest.raises(VaultDamagedError, match="set aside"):
        vault_of(places).read("binance")


def test_a_damaged_file_is_set_aside_and_never_overwritten(places: Locations) -> None:
    places.data.mkdir(parents=True)
    places.vault.write_bytes(b"not a vault at all")
    vault = vault_of(places)
    with pytest.raises(VaultDamagedError):
        vault.write("binance", KEYS)
    (aside,) = places.data.glob("vault.kit.corrupt-*")
    assert aside.read_bytes() == b"not a vault at all"
    vault.write("binance", KEYS)
    assert vault_of(places).read("binance") == KEYS
    assert aside.exists()


def test_a_file_of_a_later_version_is_left_alone(places: Locations) -> None:
    import hashlib

    places.data.mkdir(parents=True)
    body = b"kit-vault 2\n{}\n"
    places.vault.write_bytes(body + hashlib.sha256(body).digest())
    with pytest.raises(VaultError, match="another version"):
        vault_of(places).read("binance")
    assert places.vault.exists()


def test_a_write_that_fails_leaves_the_keys_before(
    places: Locations, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault_of(places).write("binance", KEYS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(VaultError, match="No space left"):
        vault_of(places).write("binance", Credentials("n" * 20, "m" * 20))
    monkeypatch.undo()
    assert vault_of(places).read("binance") == KEYS
    assert not list(places.data.glob(".*tmp"))


def test_two_processes_do_not_lose_each_others_keys(places: Locations) -> None:
    first, second = vault_of(places), vault_of(places)
    first.write("binance", KEYS)
    second.write("kraken", KEYS)
    first.write("coinbase", KEYS)
    assert [e.account for e in vault_of(places).names()] == ["binance", "coinbase", "kraken"]


# Passphrases


class Person:
    """Types prepared answers and keeps the questions."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        return self.answers.pop(0)


def asked(places: Locations, person: Person | None) -> HomeVault:
    return open_vault(places, {}, person, cost=CHEAP, find_backend=lambda: None)


def test_a_new_passphrase_is_asked_for_twice_and_then_once(places: Locations) -> None:
    person = Person(PASSPHRASE, PASSPHRASE)
    vault = asked(places, person)
    vault.write("binance", KEYS)
    vault.write("kraken", KEYS)
    assert len(person.questions) == 2, "within one process it is known"
    reader = Person("wrong one first", PASSPHRASE)
    assert asked(places, reader).read("binance") == KEYS
    assert len(reader.questions) == 2


def test_a_short_or_mistyped_new_passphrase_is_not_taken(places: Locations) -> None:
    person = Person("short", PASSPHRASE, "mistyped", PASSPHRASE, PASSPHRASE)
    asked(places, person).write("binance", KEYS)
    assert vault_of(places).read("binance") == KEYS
    with pytest.raises(VaultError, match="No passphrase"):
        asked(
            find_locations({"KIT_HOME": str(places.data / "other")}), Person("a", "b", "c")
        ).write("binance", KEYS)


def test_nothing_is_asked_where_there_is_nothing_to_open(places: Locations) -> None:
    assert asked(places, None).read("binance") is None
    assert asked(places, None).names() == ()


def test_without_anybody_to_ask_it_stays_locked_and_says_how_to_open_it(places: Locations) -> None:
    with pytest.raises(VaultLockedError, match="KIT_VAULT_PASSPHRASE"):
        asked(places, None).write("binance", KEYS)
    vault_of(places).write("binance", KEYS)
    with pytest.raises(VaultLockedError, match="KIT_VAULT_PASSPHRASE"):
        asked(places, None).read("binance")


def test_accents_may_be_typed_in_either_form(places: Locations) -> None:
    vault_of(places, "Zür\u0069ch-caf\u00e9-99").write("binance", KEYS)
    assert vault_of(places, "Zürich-cafe\u0301-99").read("binance") == KEYS


# The keyring


def test_a_usable_keyring_is_preferred_and_no_file_is_made(places: Locations) -> None:
    ring = MemoryKeyring()
    entry = vault_of(places, "", ring).write("binance", KEYS, {"withdraw": False})
    assert "keyring" in entry.where
    assert not places.vault.exists()
    assert vault_of(places, "", ring).read("binance") == KEYS
    assert [e.permissions for e in vault_of(places, "", ring).names()] == [{"withdraw": False}]
    assert vault_of(places, "", ring).remove("binance")
    assert not vault_of(places, "", ring).remove("binance")
    assert vault_of(places, "", ring).names() == ()


@pytest.mark.parametrize(
    "ring", [MemoryKeyring(locked=True), MemoryKeyring(forgets=True)], ids=["locked", "forgets"]
)
def test_a_keyring_that_fails_its_probe_is_not_used(places: Locations, ring: MemoryKeyring) -> None:
    with pytest.raises(VaultLockedError):
        vault_of(places, "", ring).write("binance", KEYS)
    assert not ring.items


def test_a_locked_keyring_is_never_taken_for_an_empty_one(places: Locations) -> None:
    ring = MemoryKeyring()
    vault_of(places, "", ring).write("binance", KEYS)
    ring.locked = True
    with pytest.raises(VaultLockedError) as caught:
        vault_of(places, "", ring).read("binance")
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


def test_keys_moved_into_the_file_leave_the_keyring(places: Locations) -> None:
    ring = MemoryKeyring()
    vault_of(places, "", ring).write("binance", KEYS)
    newer = Credentials("new-key-1234567", "new-secret-1234567")
    vault_of(places, PASSPHRASE, ring).write("binance", newer)
    assert vault_of(places, PASSPHRASE, ring).read("binance") == newer
    assert not any(KEYS.secret in value for value in ring.items.values())


def test_homes_do_not_share_a_keyring(places: Locations, tmp_path: Path) -> None:
    ring = MemoryKeyring()
    vault_of(places, "", ring).write("binance", KEYS)
    other = find_locations({"KIT_HOME": str(tmp_path / "other")})
    assert vault_of(other, "", ring).read("binance") is None


@pytest.mark.parametrize("name", ["fail", "null"])
def test_backends_that_keep_no_secret_are_never_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import import_module

    import keyring

    from kit_tui.settings.vault_keyring import trusted_backend

    backend = import_module(f"keyring.backends.{name}").Keyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    assert trusted_backend() is None


# Nowhere to be seen


def test_repr_and_tracebacks_show_no_secret(places: Locations) -> None:
    vault = vault_of(places)
    vault.write("binance", KEYS)
    shown = [repr(vault), repr(KEYS), str(KEYS), repr(vault.names()), repr(vault._file._key)]
    shown.append(repr(vault._file.read_all()))
    for secret in (KEYS.api_key, KEYS.secret, KEYS.password, PASSPHRASE):
        assert not any(secret in each for each in shown)


def test_the_environment_wins_over_the_vault(places: Locations) -> None:
    vault = vault_of(places)
    vault.write("binance-alt", KEYS)
    environ = {"KIT_BINANCE_ALT_API_KEY": "from-environment", "KIT_BINANCE_ALT_SECRET": "s" * 20}
    found = find_credentials("binance-alt", environ, vault)
    assert found is not None
    assert found.api_key == "from-environment"
    assert find_credentials("binance-alt", {}, vault) == KEYS


def test_the_vault_leaves_the_environment_as_it_is(places: Locations) -> None:
    before = dict(os.environ)
    vault_of(places).write("binance", KEYS)
    assert dict(os.environ) == before
