"""The paper venue's own books: balances, orders and fills per account, in one SQLite file.

They are independent of K.I.T.'s journal, as a real venue's would be, so that reconciliation has
something to reconcile with. A change is one transaction, durable when it returns.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import msgspec

from kit_tui.domain.clock import utc_from_ms
from kit_tui.domain.errors import VenueError
from kit_tui.domain.numbers import ZERO, Price, Quantity
from kit_tui.domain.orders import (
    OPEN_STATUSES,
    Fill,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from kit_tui.domain.pair import Pair
from kit_tui.domain.portfolio import Balance
from kit_tui.exchanges.base import NewOrder, VenueOrder

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (account TEXT PRIMARY KEY, opened_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS balances (
  account TEXT NOT NULL, currency TEXT NOT NULL, total TEXT NOT NULL,
  PRIMARY KEY (account, currency));
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, client_id TEXT NOT NULL,
  venue TEXT NOT NULL, pair TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL,
  quantity TEXT NOT NULL, price TEXT, stop_price TEXT, time_in_force TEXT NOT NULL,
  reduce_only INTEGER NOT NULL, status TEXT NOT NULL, is_open INTEGER NOT NULL,
  filled TEXT NOT NULL, spent TEXT NOT NULL, lock_currency TEXT NOT NULL, locked TEXT NOT NULL,
  reason TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS orders_by_client ON orders (account, client_id);
CREATE INDEX IF NOT EXISTS orders_open ON orders (account, is_open) WHERE is_open;
CREATE TABLE IF NOT EXISTS fills (
  id INTEGER PRIMARY KEY AUTOINCREMENT, order_row INTEGER NOT NULL REFERENCES orders (id),
  account TEXT NOT NULL, quantity TEXT NOT NULL, price TEXT NOT NULL, fee TEXT NOT NULL,
  fee_currency TEXT NOT NULL, is_maker INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  recorded_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS fills_by_time ON fills (account, recorded_ms);
CREATE TABLE IF NOT EXISTS looks (
  account TEXT NOT NULL, venue TEXT NOT NULL, pair TEXT NOT NULL, at_ms INTEGER NOT NULL,
  last TEXT NOT NULL, suspect TEXT, candle_ms INTEGER, high TEXT, low TEXT, volume TEXT,
  PRIMARY KEY (account, venue, pair));
"""
# Added later; a file from before gets them when it is opened.
_LATER_COLUMNS = {"post_only": "INTEGER NOT NULL DEFAULT 0", "oco": "TEXT NOT NULL DEFAULT ''"}
_ORDER_COLUMNS = (
    "id, client_id, venue, pair, side, type, quantity, price, stop_price, time_in_force, "
    "reduce_only, status, filled, spent, lock_currency, locked, reason, created_ms, updated_ms, "
    "post_only, oco"
)


class PaperOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order in the books. `spent` is quote currency exchanged so far, fees excluded.

    Of the orders that share an `oco` one ends the others, and they lock the same coins.
    """

    row: int
    venue: str
    order: NewOrder
    status: OrderStatus = OrderStatus.ACCEPTED
    filled: Quantity = Quantity(0)
    spent: Decimal = ZERO
    lock_currency: str = ""
    locked: Decimal = ZERO
    reason: str = ""
    oco: str = ""
    created_ms: int
    updated_ms: int

    @property
    def remaining(self) -> Quantity:
        return Quantity(self.order.quantity - self.filled)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES


class PaperLook(msgspec.Struct, frozen=True, kw_only=True):
    """What the books last saw of a market: the price, and the candle that was forming then."""

    at_ms: int
    last: Price
    suspect: Price | None = None
    candle_ms: int | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None


class PaperStore:
    """One account's part of the file. Every method is a few short SQLite calls."""

    def __init__(self, path: Path, account: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.account = account
        try:
            path.touch(mode=0o600, exist_ok=True)
            self._db = sqlite3.connect(
                path, isolation_level=None, timeout=5.0, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            # One transaction for all: a new file would else be synced once for every table.
            with self.transaction():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._add_columns()
                self._db.execute(
                    "INSERT OR IGNORE INTO meta VALUES ('tag', ?)", (secrets.token_hex(4),)
                )
        except sqlite3.DatabaseError as error:
            raise VenueError(
                f"The paper account's file {path} cannot be used: {error}.",
                hint="Move it away to start a new paper account.",
            ) from error
        # Trade ids must differ from those of an earlier file, or late ones look like duplicates.
        self._tag: str = self._db.execute("SELECT value FROM meta WHERE key = 'tag'").fetchone()[0]

    def _add_columns(self) -> None:
        known = {row[1] for row in self._db.execute("PRAGMA table_info(orders)")}
        for name, kind in _LATER_COLUMNS.items():
            if name not in known:
                self._db.execute(f"ALTER TABLE orders ADD COLUMN {name} {kind}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and durable once left."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def open_account(self, currency: str, cash: Decimal, now_ms: int) -> None:
        """Give a new account its first cash; an account that exists is left alone."""
        with self.transaction():
            found = self._db.execute(
                "INSERT OR IGNORE INTO accounts VALUES (?, ?)", (self.account, now_ms)
            )
            if found.rowcount:
                self.add(currency, cash)

    # -- balances -------------------------------------------------------------------------------

    def totals(self) -> dict[str, Decimal]:
        """What the account owns, by currency."""
        rows = self._db.execute(
            "SELECT currency, total FROM balances WHERE account = ? ORDER BY currency",
            (self.account,),
        )
        return {currency: Decimal(total) for currency, total in rows}

    def locked(self) -> dict[str, Decimal]:
        """What open orders keep, by currency."""
        units: dict[tuple[str, str], Decimal] = {}
        for entry in self.open_orders():
            key = (entry.lock_currency, entry.oco or f"row {entry.row}")
            units[key] = max(units.get(key, ZERO), entry.locked)
        found: dict[str, Decimal] = {}
        for (currency, _), amount in units.items():
            found[currency] = found.get(currency, ZERO) + amount
        return found

    def balances(self) -> tuple[Balance, ...]:
        locked = self.locked()
        return tuple(
            Balance(currency=currency, total=total, free=total - locked.get(currency, ZERO))
            for currency, total in self.totals().items()
        )

    def add(self, currency: str, amount: Decimal) -> None:
        """Change a balance by `amount`, which may be negative."""
        total = self.totals().get(currency, ZERO) + amount
        if total < 0:
            raise AssertionError(f"{self.account} would hold {total} {currency}")
        self._db.execute(
            "INSERT INTO balances VALUES (?, ?, ?) "
            "ON CONFLICT (account, currency) DO UPDATE SET total = excluded.total",
            (self.account, currency, str(total)),
        )

    # -- orders ---------------------------------------------------------------------------------

    def insert(self, order: NewOrder, venue: str, now_ms: int, oco: str = "") -> PaperOrder:
        """Put a new order into the books."""
        entry = PaperOrder(
            row=0, venue=venue, order=order, oco=oco, created_ms=now_ms, updated_ms=now_ms
        )
        cursor = self._db.execute(
            "INSERT INTO orders (account, client_id, venue, pair, side, type, quantity, price, "
            "stop_price, time_in_force, reduce_only, status, is_open, filled, spent, "
            "lock_currency, locked, reason, created_ms, updated_ms, post_only, oco) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '0', '0', '', '0', '', ?, ?, ?, ?)",
            (
                self.account, order.client_id, venue, order.pair, order.side, order.type,
                str(order.quantity), _text(order.price), _text(order.stop_price),
                order.time_in_force, order.reduce_only, entry.status, now_ms, now_ms,
                order.post_only, oco,
            ),
        )  # fmt: skip
        return msgspec.structs.replace(entry, row=int(cursor.lastrowid or 0))

    def save(self, entry: PaperOrder) -> None:
        """Write what may change of an order."""
        self._db.execute(
            "UPDATE orders SET status = ?, is_open = ?, filled = ?, spent = ?, lock_currency = ?, "
            "locked = ?, reason = ?, updated_ms = ? WHERE id = ?",
            (
                entry.status, entry.is_open, str(entry.filled), str(entry.spent),
                entry.lock_currency, str(entry.locked), entry.reason, entry.updated_ms, entry.row,
            ),
        )  # fmt: skip

    def of_group(self, entry: PaperOrder) -> tuple[PaperOrder, ...]:
        """The open orders beside one, of which it cancels the others."""
        if not entry.oco:
            return ()
        others = (other for other in self.open_orders() if other.oco == entry.oco)
        return tuple(other for other in others if other.row != entry.row)

    def is_open(self, row: int) -> bool:
        """Whether an order still works."""
        found = self._db.execute("SELECT is_open FROM orders WHERE id = ?", (row,)).fetchone()
        return bool(found and found[0])

    def open_orders(self) -> tuple[PaperOrder, ...]:
        """Working orders, oldest first."""
        rows = self._db.execute(
            f"SELECT {_ORDER_COLUMNS} FROM orders "  # noqa: S608 - a constant
            "WHERE account = ? AND is_open ORDER BY id",
            (self.account,),
        )
        return tuple(_entry(row) for row in rows)

    def find(self, client_id: str) -> PaperOrder | None:
        """The newest order with this client id, open or not."""
        row = self._db.execute(
            f"SELECT {_ORDER_COLUMNS} FROM orders "  # noqa: S608 - a constant
            "WHERE account = ? AND client_id = ? ORDER BY id DESC LIMIT 1",
            (self.account, client_id),
        ).fetchone()
        return None if row is None else _entry(row)

    def report(self, entry: PaperOrder) -> VenueOrder:
        """An order as the venue tells it."""
        order = entry.order
        return VenueOrder(
            client_id=order.client_id,
            venue_order_id=f"{self._tag}-{entry.row}",
            pair=order.pair,
            side=order.side,
            type=order.type,
            status=entry.status,
            quantity=order.quantity,
            filled=entry.filled,
            price=order.price,
            stop_price=order.stop_price,
            average_price=Price(entry.spent / entry.filled) if entry.filled else None,
            reduce_only=order.reduce_only,
            post_only=order.post_only,
            group_id=entry.oco,
            reason=entry.reason,
            updated_at=utc_from_ms(entry.updated_ms),
        )

    # -- fills ------------------------------------------------------------------------------------

    def add_fill(self, entry: PaperOrder, fill: Mapping[str, object]) -> None:
        """Record one execution; the keys are the columns of the table."""
        self._db.execute(
            "INSERT INTO fills (order_row, account, quantity, price, fee, fee_currency, is_maker, "
            "at_ms, recorded_ms) VALUES (:order_row, :account, :quantity, :price, :fee, "
            ":fee_currency, :is_maker, :at_ms, :recorded_ms)",
            {**fill, "order_row": entry.row, "account": self.account},
        )

    def fills(self, since_ms: int) -> tuple[Fill, ...]:
        """Executions which became known at or after `since_ms`, oldest first."""
        rows = self._db.execute(
            "SELECT f.id, o.venue, o.pair, o.client_id, o.side, f.quantity, f.price, f.fee, "
            "f.fee_currency, f.at_ms, o.id, f.is_maker FROM fills f JOIN orders o "
            "ON o.id = f.order_row WHERE f.account = ? AND f.recorded_ms >= ? ORDER BY f.id",
            (self.account, since_ms),
        )
        return tuple(self._fill(row) for row in rows)

    def _fill(self, row: tuple[object, ...]) -> Fill:
        number, venue, pair, client_id, side, quantity, price, fee, currency, at, order, maker = row
        return Fill(
            venue=str(venue),
            account=self.account,
            pair=Pair(str(pair)),
            trade_id=f"{self._tag}-{number}",
            order_id=str(client_id),
            side=Side(str(side)),
            quantity=Quantity(quantity),
            price=Price(price),
            fee=Decimal(str(fee)),
            fee_currency=str(currency),
            at=utc_from_ms(int(str(at))),
            venue_order_id=f"{self._tag}-{order}",
            is_maker=bool(maker),
        )

    # -- looks ------------------------------------------------------------------------------------

    def look(self, venue: str, pair: Pair) -> PaperLook | None:
        """What was last seen of a market, by whichever process."""
        row = self._db.execute(
            "SELECT at_ms, last, suspect, candle_ms, high, low, volume FROM looks "
            "WHERE account = ? AND venue = ? AND pair = ?",
            (self.account, venue, pair),
        ).fetchone()
        if row is None:
            return None
        at_ms, last, suspect, candle_ms, high, low, volume = row
        return PaperLook(
            at_ms=at_ms, last=Price(last), suspect=None if suspect is None else Price(suspect),
            candle_ms=candle_ms, high=_number(high), low=_number(low), volume=_number(volume),
        )  # fmt: skip

    def set_look(self, venue: str, pair: Pair, look: PaperLook) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.account, venue, pair, look.at_ms, str(look.last), _text(look.suspect),
                look.candle_ms, _text(look.high), _text(look.low), _text(look.volume),
            ),
        )  # fmt: skip

    def close(self) -> None:
        self._db.close()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _entry(row: tuple[object, ...]) -> PaperOrder:
    (number, client_id, venue, pair, side, kind, quantity, price, stop, force, reduce_only,
     status, filled, spent, lock_currency, locked, reason, created, updated, post_only,
     oco) = row  # fmt: skip
    order = NewOrder(
        client_id=str(client_id),
        pair=Pair(str(pair)),
        side=Side(str(side)),
        type=OrderType(str(kind)),
        quantity=Quantity(quantity),
        price=None if price is None else Price(price),
        stop_price=None if stop is None else Price(stop),
        time_in_force=TimeInForce(str(force)),
        reduce_only=bool(reduce_only),
        post_only=bool(post_only),
    )
    return PaperOrder(
        oco=str(oco),
        row=int(str(number)), venue=str(venue), order=order, status=OrderStatus(str(status)),
        filled=Quantity(filled), spent=Decimal(str(spent)), lock_currency=str(lock_currency),
        locked=Decimal(str(locked)), reason=str(reason), created_ms=int(str(created)),
        updated_ms=int(str(updated)),
    )  # fmt: skip
