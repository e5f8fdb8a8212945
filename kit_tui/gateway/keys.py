"""Takes keys of exchanges: tests them, refuses dangerous ones, keeps them, tells who uses them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kit_tui.domain.clock import Clock
from kit_tui.domain.errors import KitError, SettingsError, UsageError, VenueUnavailableError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode
from kit_tui.exchanges.base import Exchange, KeyPermissions
from kit_tui.exchanges.plan import AccountPlan
from kit_tui.gateway.access import NotAllowedError, require_role
from kit_tui.gateway.key_forms import (
    HAS_KEYS,
    LARGEST_OFFSET_S,
    SERVICES,
    SIGNAL,
    WITHDRAW_WORD,
    ConnectRequest,
    KeyReport,
    Service,
    Tested,
)
from kit_tui.settings.credentials import (
    Credentials,
    account_name,
    find_credentials,
    variables_for,
)
from kit_tui.settings.edit import KeyPath, Plain, set_values
from kit_tui.settings.load import load_settings
from kit_tui.settings.locations import Locations
from kit_tui.settings.model import Settings, VenueAccountSettings
from kit_tui.settings.redaction import remember
from kit_tui.settings.values import is_name
from kit_tui.settings.vault_errors import VaultLockedError, WrongPassphraseError

if TYPE_CHECKING:
    from kit_tui.settings.vault import HomeVault

PATIENCE_S = 45.0
NOT_VENUES = frozenset({"paper", "demo", "simulator", SIGNAL})
log = logging.getLogger(__name__)


OpenExchange = Callable[[AccountPlan], Exchange]
TestSecret = Callable[[str], Awaitable[Tested]]
"""Tries the secret of a service; raises KitError when it does not work."""


class KeyKeeper:
    """Connects accounts of one home. One for each process; the engine's also holds its vault."""

    def __init__(
        self,
        locations: Locations,
        environ: Mapping[str, str],
        clock: Clock,
        open_exchange: OpenExchange,
        *,
        testers: Mapping[str, TestSecret] | None = None,
        vault: HomeVault | None = None,
    ) -> None:
        self._testers = testers or {}
        self._locations = locations
        self._environ = environ
        self._clock = clock
        self._open_exchange = open_exchange
        self._tested: dict[str, KeyReport] = {}
        self._opened = vault
        self.on_changed: list[Callable[[str], Awaitable[None]]] = []
        """Called with the account's name after its keys were stored or removed."""

    @property
    def vault(self) -> HomeVault:
        """The home's vault; what it needs is loaded when it is first asked for."""
        if self._opened is None:
            from kit_tui.settings.vault import open_vault

            self._opened = open_vault(self._locations, self._environ)
        return self._opened

    async def connect(self, request: ConnectRequest) -> KeyReport:
        """Test keys and keep them, or say what is needed for that.

        Raises:
            UsageError: when the request is not one.
            KeysRefusedError: when the venue refuses them.
            KitError: when they cannot be tested or kept; nothing was changed then.
        """
        remember(request.api_key, request.secret, request.password, request.passphrase)
        keys = _credentials(request)
        report = await self._report(request, keys)
        if _risky(report) and request.word != WITHDRAW_WORD:
            return replace(report, needs="word", problem=_risk(report))
        kept = await asyncio.to_thread(self._keep, request, keys, report)
        if kept.stored:
            problems = await self.tell_changed(kept.account)
            kept = replace(kept, notes=(*kept.notes, *problems))
        return kept

    async def tell_changed(self, account: str) -> list[str]:
        """Let everyone who uses an account's keys know; returns what went wrong, a sentence each.

        Whoever fails keeps nobody else from knowing.
        """
        problems = []
        for listener in self.on_changed:
            try:
                await listener(account)
            except KitError as error:
                log.warning("%s did not take its new keys: %s", account, error)
                problems.append(str(error))
        return problems

    # -- inside ------------------------------------------------------------------------------

    async def _report(self, request: ConnectRequest, keys: Credentials) -> KeyReport:
        service = SERVICES.get(request.venue)
        if service is not None:
            await asyncio.to_thread(self._present, service.name, request)
            return await self._test_service(service, keys)
        plan = self._plan(request, keys)
        # Beside the event loop: opening the file takes a good part of a second.
        await asyncio.to_thread(self._present, plan.account, request)
        return await self._test(plan, keys)

    async def _test_service(self, service: Service, keys: Credentials) -> KeyReport:
        if service.name not in self._testers:
            raise KitError(f"Nothing here can test a {service.secret} of {service.name}.")
        try:
            tested = await self._testers[service.name](keys.api_key)
        except KitError as error:
            told = f"{error.message} Nothing was stored."
            raise KitError(told, hint=error.hint, title="Not connected") from error
        return KeyReport(
            account=service.name, venue=service.name, mode="", market="",
            fingerprint=keys.fingerprint, permissions={}, clock_offset_s=0.0, balances=0,
            notes=tested.notes, named=tested.named,
        )  # fmt: skip

    def _plan(self, request: ConnectRequest, keys: Credentials) -> AccountPlan:
        settings = load_settings(self._locations, self._environ)
        known = settings.exchanges.get(request.venue)
        own = account_settings(settings, request.venue, request.name)
        mode = request.mode or (own.mode if own.mode != "paper" else "live")
        return AccountPlan(
            venue=request.venue, account=account_name(request.venue, request.name),
            mode=Mode(mode), clock=self._clock, credentials=keys,
            market=request.market or own.market, margin=own.margin, leverage=own.leverage,
            base_url=known.base_url if known is not None else None,
        )  # fmt: skip

    def _present(self, account: str, request: ConnectRequest) -> str:
        """The fingerprint of the keys an account has; empty for none or while none can be read."""
        vault = self._vault(request)
        try:
            keys = vault.read(account)
        except VaultLockedError:
            return ""
        if keys is not None and not request.rotate:
            raise KitError(
                f"{account} has {_called(request)} already ({keys.fingerprint}).",
                hint=f"kit connect {request.venue} --rotate replaces them.",
                title=HAS_KEYS,
            )
        if keys is None and request.rotate:
            raise KitError(
                f"There is nothing of {account} to rotate.",
                hint=f"kit connect {request.venue} adds {_called(request)}.",
                title="Not connected",
            )
        return keys.fingerprint if keys is not None else ""

    async def _test(self, plan: AccountPlan, keys: Credentials) -> KeyReport:
        """What the keys may do. What was tested a moment ago is not asked again."""
        words = (plan.account, plan.mode.value, plan.market, keys.api_key, keys.secret)
        tested = hashlib.sha256("\0".join(words).encode()).hexdigest()
        if tested not in self._tested:
            self._tested = {tested: await self._asked(plan, keys)}
        return self._tested[tested]

    async def _asked(self, plan: AccountPlan, keys: Credentials) -> KeyReport:
        exchange = self._open_exchange(plan)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await exchange.open()
                offset = await exchange.clock_offset_s()
                permissions = await exchange.fetch_permissions()
                balances = await exchange.fetch_balances()
        except TimeoutError:
            raise VenueUnavailableError(
                f"{plan.venue} did not answer in {PATIENCE_S:.0f} s; nothing was stored."
            ) from None
        finally:
            await exchange.close()
        if permissions.read is False:
            raise KitError(
                f"This key may not even read at {plan.venue}; nothing was stored.",
                hint="Allow it to read and to trade, and never to withdraw.",
                title="Not connected",
            )
        return KeyReport(
            account=plan.account, venue=plan.venue, mode=plan.mode.value, market=plan.market,
            fingerprint=keys.fingerprint, permissions=permissions_of(permissions),
            clock_offset_s=round(offset, 3),
            balances=sum(1 for balance in balances if balance.total),
            notes=_notes(plan, permissions, offset),
        )  # fmt: skip

    def _keep(self, request: ConnectRequest, keys: Credentials, report: KeyReport) -> KeyReport:
        from kit_tui.settings.vault_file import SHORTEST_PASSPHRASE, VARIABLE

        vault = self._vault(request)
        begins = vault.needs_new_file() and not self._environ.get(VARIABLE)
        if begins and 0 < len(request.passphrase) < SHORTEST_PASSPHRASE:
            short = f"A passphrase has {SHORTEST_PASSPHRASE} characters or more."
            return replace(report, needs="new passphrase", problem=short)
        try:
            vault.unlock()
            before = self._present(report.account, request)
            entry = vault.write(report.account, keys, report.permissions)
        except WrongPassphraseError as error:
            return replace(report, needs="passphrase", problem=error.message)
        except VaultLockedError as error:
            needs = "new passphrase" if begins else "passphrase"
            return replace(report, needs=needs, problem=error.message)
        self._opened, self._tested = vault, {}
        service = SERVICES.get(request.venue)
        _tell_settings(self._locations, _changes(request, report.mode), self._environ)
        variable = self._variable_of(report.account, service)
        instead = f"{variable} is set and is used in place of what was stored."
        notes = (*report.notes, instead) if variable else report.notes
        return replace(report, stored=True, where=entry.where, replaced=before, notes=notes)

    def _variable_of(self, account: str, service: Service | None) -> str:
        """The environment variable that comes before what is stored; empty when none is set."""
        if service is not None:
            return service.variable if self._environ.get(service.variable) else ""
        held = find_credentials(account, self._environ, None) is not None
        return variables_for(account)[0] if held else ""

    def _vault(self, request: ConnectRequest) -> HomeVault:
        if not request.passphrase:
            return self.vault
        from kit_tui.settings.vault import open_vault
        from kit_tui.settings.vault_file import VARIABLE

        return open_vault(self._locations, {**self._environ, VARIABLE: request.passphrase})


def require_local_owner(principal: Principal) -> None:
    """Keys and real money are for the owner at this machine's terminal.

    Raises:
        NotAllowedError: for everybody else.
    """
    if not principal.local:
        raise NotAllowedError("Keys are taken only at the terminal of this machine.")
    require_role(principal, Role.OWNER)


def account_settings(settings: Settings, venue: str, name: str) -> VenueAccountSettings:
    """The settings of an account; the defaults where the file does not know it."""
    known = settings.exchanges.get(venue)
    if known is None:
        return VenueAccountSettings()
    return known.accounts.get(name, VenueAccountSettings()) if name else known


def permissions_of(permissions: KeyPermissions) -> dict[str, bool | None]:
    """Permissions as plain values."""
    return {name: getattr(permissions, name) for name in permissions.__struct_fields__}


def _risky(report: KeyReport) -> bool:
    return report.mode == Mode.LIVE and report.permissions.get("withdraw") is not False


def _risk(report: KeyReport) -> str:
    if report.permissions.get("withdraw"):
        return (
            "This key may withdraw: whoever gets hold of it can empty the account. K.I.T. never "
            "withdraws. Make a key without that permission."
        )
    return (
        f"{report.venue} does not say whether this key may withdraw. If it may, whoever gets hold "
        "of it can empty the account. Make sure there that it may not."
    )


def _credentials(request: ConnectRequest) -> Credentials:
    """The keys of a request.

    Raises:
        UsageError: when the request names no exchange or brings no keys.
    """
    if not is_name(request.venue) or request.venue in NOT_VENUES:
        raise UsageError("That is not the name of an exchange.", hint="For instance: binance")
    if request.name and not is_name(request.name):
        raise UsageError("An account's name is lower case letters, digits, - and _.")
    key, secret = request.api_key.strip(), request.secret.strip()
    service = SERVICES.get(request.venue)
    if service is not None:
        return _one_secret(service, request, key)
    if not key or not secret:
        raise UsageError("A key and its secret are needed; nothing was stored.")
    if secret.startswith("-----BEGIN"):  # a key file on one line, as venues let one copy it
        secret = secret.replace("\\n", "\n")
    return Credentials(key, secret, request.password)


def _one_secret(service: Service, request: ConnectRequest, secret: str) -> Credentials:
    name, kind = service.name, service.secret
    if not secret or request.name:
        raise UsageError(f"{name} takes one {kind} and no account's name; nothing was stored.")
    if not service.looks_right(secret):
        raise UsageError(
            f"That does not look like a {kind} of {name}; nothing was stored.",
            hint=f"It is copied whole from {service.where}.",
        )
    return Credentials(secret, "")


def _called(request: ConnectRequest) -> str:
    service = SERVICES.get(request.venue)
    return f"a {service.secret}" if service is not None and service.is_channel else "keys"


def _notes(plan: AccountPlan, permissions: KeyPermissions, offset: float) -> tuple[str, ...]:
    notes = []
    if permissions.trade is False:
        notes.append("This key may not trade: the account can be watched, nothing more.")
    if permissions.ip_restricted is False and plan.mode is Mode.LIVE:
        notes.append(f"It works from any address; {plan.venue} can restrict it to yours.")
    if abs(offset) > LARGEST_OFFSET_S:
        notes.append(
            f"The clocks are {abs(offset):.0f} s apart; set this machine's clock before trading."
        )
    return tuple(notes)


def _tell_settings(
    locations: Locations, changes: Mapping[KeyPath, Plain], environ: Mapping[str, str]
) -> None:
    """Write the changes into the settings.

    Raises:
        SettingsError: saying that the keys are kept all the same, and what to write by hand.
    """
    if not changes:
        return
    try:
        set_values(locations, changes, environ)
    except SettingsError as error:
        lines = ", ".join(f"{'.'.join(path)} = {_toml(value)}" for path, value in changes.items())
        raise SettingsError(
            f"The keys are stored, but the settings are not: {error.message}",
            hint=f"Write it there by hand: {lines}",
        ) from error


def _toml(value: Plain) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _changes(request: ConnectRequest, mode: str) -> dict[KeyPath, Plain]:
    service = SERVICES.get(request.venue)
    if service is not None:  # with a section of its own it is known to need its token at a start
        return {("channels", service.name, "enabled"): True} if service.is_channel else {}
    base: KeyPath = ("exchanges", request.venue)
    if request.name:
        base = (*base, "accounts", request.name)
    changes: dict[KeyPath, Plain] = {(*base, "mode"): mode}
    if request.market:
        changes[(*base, "market")] = request.market
    return changes
