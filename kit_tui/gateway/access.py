"""Who may do what: roles, and what is done only at this machine's terminal."""

from __future__ import annotations

from decimal import Decimal

from kit_tui.commands.command import Command, Effect
from kit_tui.domain.errors import KitError
from kit_tui.domain.message import Principal, Role
from kit_tui.domain.orders import Mode
from kit_tui.domain.ticket import Ticket
from kit_tui.trading.reports import money, much_money


class NotAllowedError(KitError):
    """This person may not do that, here."""

    title = "Not allowed"


def require_role(principal: Principal, role: Role) -> None:
    """Check a principal's role.

    Raises:
        NotAllowedError: when it is too low.
    """
    if principal.role < role:
        raise NotAllowedError(
            f"{principal.name} may look but not do that.",
            hint=f"It needs the role {role.name.lower()}.",
        )


def require_may_see(principal: Principal) -> None:
    """Check that a principal may see balances, sizes, profit and orders.

    Raises:
        NotAllowedError: for viewers.
    """
    if principal.role < Role.TRADER:
        raise NotAllowedError(
            f"{principal.name} may see the market, not the account.",
            hint="Balances, sizes, profit and orders need the role trader.",
        )


def require_may_approve(principal: Principal, ticket: Ticket, worth: Decimal | None) -> None:
    """Check that a principal may approve this ticket where they are.

    `worth` is what the order comes to in the reference currency, None when that is not known.

    Raises:
        NotAllowedError: for viewers; and for real money elsewhere, unless the owner has allowed
            as much and it is not so much that its pair is typed.
    """
    require_role(principal, Role.TRADER)
    if ticket.order.mode is not Mode.LIVE or principal.local:
        return
    cap = principal.approves_live_up_to
    if not cap:
        raise NotAllowedError(
            f"Orders with real money are approved at the terminal, not on {principal.channel}.",
            hint=f"channels.{principal.channel}.approve_live allows it.",
        )
    if ticket.needs_pair:
        raise NotAllowedError(
            f"{much_money(ticket)}: it is approved at the terminal, with its pair typed.",
            hint="tickets.typed_above is the limit.",
        )
    if not ticket.order.reduce_only and (worth is None or worth > cap):
        raise NotAllowedError(
            f"{much_money(ticket)}: on {principal.channel} up to {money(cap)} may be approved.",
            hint=f"Approve it at the terminal; channels.{principal.channel}.approve_live_up_to "
            "is the limit.",
        )


def require_may_run(principal: Principal, command: Command) -> None:
    """Check that a principal may run a command where they are.

    Raises:
        NotAllowedError: when the role is too low for it or for what it shows, or the command
            belongs to the terminal.
    """
    if command.effect is Effect.ADMIN and not principal.local:
        raise NotAllowedError(f"/{command.name} works only at the terminal of this machine.")
    require_role(principal, command.effect.role)
    if command.private:
        require_may_see(principal)
