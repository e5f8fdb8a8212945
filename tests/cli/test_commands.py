"""The command line on a scripted desk: what is asked of it, printed and returned."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from kit_tui.cli.generated import places_of, spread
from kit_tui.domain.cards import (
    OrdersCard,
    PortfolioCard,
    PositionsCard,
    Reply,
    RiskCard,
)
from kit_tui.domain.errors import JournalError, KitError, UsageError
from kit_tui.domain.risk import TradingState
from kit_tui.gateway.desk import CommandInfo, Desk
from kit_tui.state.halt import TradingStateFile
from tests.cli import fakes
from tests.cli.fakes import FakeDesk, Terminal, run_kit
from tests.support.homes import kit


def test_ask_sends_the_words_and_closes_the_desk(tmp_path: Path) -> None:
    desk = FakeDesk()
    ran = run_kit(tmp_path, "ask", "Buy", "BTC", "for", "$100", "--approve", "--demo", desk=desk)
    assert ran.code == 0
    assert ran.opened == [True]
    assert desk.calls == [("send", "Buy BTC for $100", True), ("close",)]
    assert "Bought: 0.00149 BTC @ 67,012.40" in ran.out
    assert "Execution report" in ran.out


def test_ask_json_is_one_object_of_five_keys(tmp_path: Path) -> None:
    ran = run_kit(tmp_path, "ask", "x", "--json", desk=FakeDesk())
    found = json.loads(ran.out)
    assert list(found) == ["reply", "intent", "verdict", "ticket", "order"]
    assert found["order"]["status"] == "filled"
    assert ran.err == ""


def test_a_pending_ticket_is_done_with_order_null(tmp_path: Path) -> None:
    ran = run_kit(tmp_path, "ask", "x", "--json", desk=FakeDesk(outcome=fakes.PENDING))
    assert ran.code == 0
    assert json.loads(ran.out)["order"] is None
    assert json.loads(ran.out)["ticket"]["state"] == "pending"


def test_a_refusal_exits_1_with_its_reason(tmp_path: Path) -> None:
    desk = FakeDesk(outcome=fakes.REFUSED)
    ran = run_kit(tmp_path, "ask", "x", desk=desk)
    assert ran.code == 1
    assert ran.out == ""
    assert "maxPositionSize" in ran.err
    assert "Largest that passes: 998.50" in ran.err
    as_json = run_kit(tmp_path, "ask", "x", "--json", desk=desk)
    assert as_json.code == 1
    assert json.loads(as_json.out)["verdict"]["passed"] is False


def test_an_error_under_json_is_still_the_promised_object(tmp_path: Path) -> None:
    ran = run_kit(tmp_path, "ask", "x", "--json", desk=FakeDesk(failure=UsageError("Empty.")))
    assert ran.code == 1
    assert json.loads(ran.out) == {
        "reply": "Empty.", "intent": None, "verdict": None, "ticket": None, "order": None,
    }  # fmt: skip


def test_a_known_error_is_a_short_panel_without_traceback(tmp_path: Path) -> None:
    failing = FakeDesk(failure=KitError("The venue is down.", hint="Wait.", title="Venue"))
    ran = run_kit(tmp_path, "ask", "x", desk=failing)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "kit: Venue\n  The venue is down.\n  Wait.\n"


def test_an_unknown_error_is_one_line_and_its_traceback_is_in_the_log(tmp_path: Path) -> None:
    ran = run_kit(tmp_path, "ask", "x", desk=FakeDesk(failure=ZeroDivisionError("secret")))
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    log = tmp_path / "logs" / "kit.log"
    assert str(log) in ran.err
    assert "ZeroDivisionError" in log.read_text()


def test_the_desk_is_closed_when_the_message_fails(tmp_path: Path) -> None:
    desk = FakeDesk(failure=KitError("no"))
    run_kit(tmp_path, "ask", "x", desk=desk)
    assert desk.calls[-1] == ("close",)


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    def interrupted() -> Desk:
        raise KeyboardInterrupt

    assert run_kit(tmp_path, "ask", "x", opening=interrupted).code == 130


def test_approve_and_reject_take_the_number_with_or_without_a_hash_sign(tmp_path: Path) -> None:
    desk = FakeDesk()
    assert run_kit(tmp_path, "approve", "#7", "--hash", "abc", desk=desk).code == 0
    assert run_kit(tmp_path, "reject", "7", desk=desk).code == 0
    assert desk.calls[0] == ("approve", "7", "abc")
    assert desk.calls[2] == ("reject", "7")


@pytest.mark.parametrize(
    "words",
    [
        ("ask",), ("approve",), ("ask", "x", "--nonsense"), ("locate", "nowhere"), ("journal",),
        ("journal", "mend"), ("-x",), ("--json",), ("reject", "1", "2"), ("doctor", "me"),
    ],
)  # fmt: skip
def test_wrong_usage_exits_2_and_opens_nothing(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run_kit(tmp_path, *words)
    assert ran.code == 2
    assert ran.err + capsys.readouterr().err
    assert ran.opened == []


def test_generated_commands_are_lists_or_objects_by_what_they_are(tmp_path: Path) -> None:
    desk = FakeDesk(
        replies={
            "positions": Reply(text="", cards=(PositionsCard((fakes.MARKED,)),)),
            "orders": Reply(text="No orders."),
            "portfolio": Reply(text="", cards=(PortfolioCard(fakes.PORTFOLIO),)),
            "risk": Reply(text="", cards=(RiskCard(fakes.RISK),)),
            "price": Reply(text="", cards=(fakes.QUOTE,)),
            "analyze": Reply(text="", cards=(fakes.ANALYSIS,)),
            "chart": Reply(text="**BTC/USDT** 4h", cards=(fakes.CHART,)),
            "help": Reply(text="", cards=(fakes.TABLE,)),
        }
    )

    def value(*words: str) -> object:
        ran = run_kit(tmp_path, *words, "--json", desk=desk)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    positions = value("positions")
    assert isinstance(positions, list)
    assert positions[0]["pair"] == "BTC/USDT"
    assert value("orders") == []
    assert value("portfolio")["equity"] == "9998.4"  # type: ignore[index]  # an object
    assert value("risk")["state"] == "halted"  # type: ignore[index]  # an object
    assert value("price")["price"] == "67012.4"  # type: ignore[index]  # an object
    assert value("analyze", "BTC", "4h")["bias"] == "long"  # type: ignore[index]  # an object
    chart = value("chart", "BTC", "4h")
    assert chart["levels"][0]["kind"] == "stop"  # type: ignore[index]  # an object
    assert chart["candles"][1] == [  # type: ignore[index]  # an object
        1_795_348_800_000, "66400", "67100", "66300", "67000", "0",
    ]  # fmt: skip
    assert value("help") == [{"command": "/help", "does": "List"}]


def test_orders_are_a_list_of_orders(tmp_path: Path) -> None:
    desk = FakeDesk(replies={"orders": Reply(text="", cards=(OrdersCard((fakes.ORDER,)),))})
    (order,) = json.loads(run_kit(tmp_path, "orders", "--json", desk=desk).out)
    assert order["id"] == "12"


def test_words_fill_parameters_by_place_and_by_name(tmp_path: Path) -> None:
    desk = FakeDesk(replies={"analyze": Reply(text="ok")})
    run_kit(tmp_path, "analyze", "BTC", "4h", desk=desk)
    run_kit(tmp_path, "--demo", "analyze", "--timeframe=1h", "eth", desk=desk)
    assert desk.calls[0] == ("run", "analyze", {"pair": "BTC", "timeframe": "4h"})
    assert desk.calls[2] == ("run", "analyze", {"timeframe": "1h", "pair": "eth"})


@pytest.mark.parametrize(
    "words", [("analyze",), ("analyze", "a", "b", "c"), ("analyze", "--x", "1"), ("nosuch",)]
)
def test_arguments_which_do_not_fit_exit_2_with_the_usage(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    ran = run_kit(tmp_path, *words, desk=FakeDesk())
    assert ran.code == 2
    assert ran.out == ""
    assert "kit" in ran.err


def test_a_failed_generated_command_leaves_stdout_empty(tmp_path: Path) -> None:
    desk = FakeDesk(replies={"positions": Reply(text="Not known now.", ok=False)})
    ran = run_kit(tmp_path, "positions", "--json", desk=desk)
    assert (ran.code, ran.out) == (1, "")
    assert "Not known now." in ran.err


def test_places_are_read_from_a_usage_line() -> None:
    assert places_of("/analyze PAIR [TIMEFRAME]") == {"pair": True, "timeframe": False}
    assert places_of("/risk") == {}


def test_halt_needs_no_network_when_no_engine_runs(tmp_path: Path) -> None:
    desk = FakeDesk()
    ran = run_kit(tmp_path, "halt", "too", "fast", desk=desk)
    assert ran.code == 0
    assert ran.opened == [True]
    assert desk.calls[0] == ("halt", "too fast")
    assert "halted" in ran.out


def test_halt_works_although_no_engine_can_start(tmp_path: Path) -> None:
    def broken() -> Desk:
        raise JournalError("The journal is damaged.")

    ran = run_kit(tmp_path, "halt", opening=broken)
    assert ran.code == 0
    status = TradingStateFile(tmp_path / "state" / "trading_state.json").read()
    assert status.state is TradingState.HALTED
    assert "The journal is damaged." in ran.out


def test_resume_needs_the_word(tmp_path: Path) -> None:
    desk = FakeDesk(replies={"resume": Reply(text="Trading again.")})
    assert run_kit(tmp_path, "resume").code == 1
    assert run_kit(tmp_path, "resume", "--confirm", "yes").code == 1
    assert run_kit(tmp_path, "resume", "--confirm", "RESUME", desk=desk).code == 0
    assert desk.calls[0] == ("run", "resume", {"word": "RESUME"})


@pytest.mark.parametrize(("typed", "code"), [("RESUME\n", 0), ("resume\n", 1), ("", 1)])
def test_a_person_is_asked_to_type_the_word(tmp_path: Path, typed: str, code: int) -> None:
    desk = FakeDesk(replies={"resume": Reply(text="Trading again.")})
    ran = run_kit(tmp_path, "resume", desk=desk, stdin=Terminal(typed), terminal=True)
    assert ran.code == code
    assert "Type RESUME" in ran.err


def test_kill_halts_before_it_asks(tmp_path: Path) -> None:
    desk = FakeDesk(replies={"kill": Reply(text="Closed all.")})
    ran = run_kit(tmp_path, "kill", desk=desk)
    assert ran.code == 1
    assert desk.calls[0] == ("halt", "kill switch")
    assert ("run", "kill", {"word": "KILL"}) not in desk.calls
    assert "nothing was cancelled or closed" in ran.err or "Nobody is here" in ran.err
    assert run_kit(tmp_path, "kill", "--confirm", "KILL", desk=desk).code == 0
    assert ("run", "kill", {"word": "KILL"}) in desk.calls


def test_locate_prints_one_path_or_all(tmp_path: Path) -> None:
    assert run_kit(tmp_path, "locate", "journal").out.strip() == str(
        tmp_path / "data" / "journal.sqlite"
    )
    assert json.loads(run_kit(tmp_path, "locate", "--json").out)["logs"] == str(tmp_path / "logs")


def test_verifying_no_journal_is_no_failure(tmp_path: Path) -> None:
    assert run_kit(tmp_path, "journal", "verify").code == 0
    assert run_kit(tmp_path, "journal", "export").code == 1


def test_the_version_is_printed(tmp_path: Path) -> None:
    assert run_kit(tmp_path, "--version").out.startswith("kit 0.")


def test_help_names_every_command_line_command(tmp_path: Path) -> None:
    from kit_tui.cli.main import COMMANDS

    out = run_kit(tmp_path, "--help").out
    assert [name for name in COMMANDS if f"kit {name}" not in out and f" {name}" not in out] == []


def test_json_is_plain_ascii_where_the_stream_cannot_carry_more(tmp_path: Path) -> None:
    from kit_tui.cli.output import write_json
    from kit_tui.cli.shell import Shell, open_desk
    from kit_tui.settings.locations import find_locations

    raw = io.BytesIO()
    narrow = io.TextIOWrapper(raw, encoding="latin-1")
    shell = Shell(
        {}, find_locations({"KIT_HOME": str(tmp_path)}), io.StringIO(), narrow, narrow, open_desk
    )
    write_json(shell, {"reply": "−1 €"})
    assert json.loads(raw.getvalue()) == {"reply": "−1 €"}


@pytest.mark.parametrize(
    "words",
    [
        ("--account", "binance-alt", "ask", "x"),
        ("ask", "x", "--account", "binance-alt"),
        ("ask", "--account=binance-alt", "x"),
    ],
)
def test_an_account_may_be_named_anywhere(tmp_path: Path, words: tuple[str, ...]) -> None:
    desk = FakeDesk()
    ran = run_kit(tmp_path, *words, desk=desk)
    assert ran.accounts == ["binance-alt"]
    assert desk.calls[0] == ("send", "x", False)


def test_without_a_name_the_first_account_is_used_and_an_empty_one_is_refused(
    tmp_path: Path,
) -> None:
    assert run_kit(tmp_path, "ask", "x", desk=FakeDesk()).accounts == [None]
    ran = run_kit(tmp_path, "ask", "x", "--account")
    assert ran.code == 2
    assert "--account needs a name" in ran.err


def test_arguments_are_given_by_name_in_every_usual_way_or_by_place() -> None:
    info = CommandInfo(
        name="size", usage="/size PAIR [STOP] [RISK] [ENTRY]", help="", detail="",
        effect="reads", owner="trading",
    )  # fmt: skip
    wanted = {"pair": "BTC", "stop": "49000", "risk": "1%"}
    assert spread(info, ["BTC", "49000", "1%"]) == wanted
    assert spread(info, ["BTC", "risk=1%", "--stop", "49000"]) == wanted
    assert spread(info, ["--stop=49000", "BTC", "1%"]) == wanted
    with pytest.raises(UsageError, match="does not take"):
        spread(info, ["BTC", "1", "2", "3", "size=4"])


def test_another_name_of_a_command_takes_its_arguments(tmp_path: Path) -> None:
    """They were dropped, so that `kit pnl 7d` told of all time."""
    assert "since 20" in kit(tmp_path, "pnl", "1d", "--demo").stdout
    refused = kit(tmp_path, "pnl", "soon", "--demo")
    assert refused.returncode == 1
    assert "no span of time" in refused.stderr
