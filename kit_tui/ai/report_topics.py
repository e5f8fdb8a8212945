"""Which page of the books a question about them means: fees, the last trades, days, pairs."""

from __future__ import annotations

import re

# These show the newest trades, or all days: they take no span of time.
PAGES_OF_ALL = frozenset({"trades", "fills", "daily", "weekly", "monthly"})

# The first that is found decides; each names the command that answers.
_TOPICS = tuple(
    (re.compile(rf"\b(?:{pattern})\b"), topic)
    for pattern, topic in (
        (r"fees?|commissions?|brokerage|\w*gebühr(?:en)?|provision(?:en)?|\w*kosten", "fees"),
        (r"export\w*|csv|spreadsheet|excel|download|herunterladen|\w*steuer\w*|tax\w*|finanzamt|"
         r"accountant", "export"),
        (r"fills?|executions?|ausführungen", "fills"),
        (r"(?:by|per|pro|je|which|welche[rs]?|best|worst|top|beste[rs]?|schlechteste[rs]?) "
         r"(?:pairs?|coins?|markets?|assets?|symbols?|paar|markt|münze)|"
         r"(?:pair|coin|market|asset)s? (?:made|earned|lost|cost|brachte)", "performance"),
        (r"win ?rate|hit ?rate|win/loss|wins (?:and|or|vs) losses|trefferquote|gewinnquote|"
         r"batting average|stats|statisti\w*|expectancy|holding times?|haltedauer", "stats"),
        (r"(?:by|per|each|every|pro|je|jeden) (?:day|tag)|day by day|tag für tag|"
         r"daily (?:breakdown|profits?|pnl|p&l|numbers|figures|results|returns|gains|losses)",
         "daily"),
        (r"(?:by|per|each|every|pro|je|jede) (?:week|woche)|week by week|"
         r"weekly (?:breakdown|profits?|pnl|p&l|numbers|figures|results|returns|gains|losses)",
         "weekly"),
        (r"(?:by|per|each|every|pro|je|jeden) (?:month|monat)|month by month|"
         r"monthly (?:breakdown|profits?|pnl|p&l|numbers|figures|results|returns|gains|losses)",
         "monthly"),
        (r"(?:last|latest|recent|previous|past|closed|finished|letzten?|vergangenen?|"
         r"geschlossene\w*) (?:\w+ )?(?:trades?|deals?|transactions?|geschäfte?|transaktionen)|"
         r"(?:trade|trading|transaction) history|\w*historie|transactions?|transaktionen|"
         r"(?:best|worst|biggest|beste[rn]?|schlechteste[rn]?) (?:trades?|winners?|losers?)",
         "trades"),
    )
)  # fmt: skip


def page_of(text: str) -> str | None:
    """The page a question about reports or profit names, or None for the report itself."""
    return next((topic for found, topic in _TOPICS if found.search(text)), None)
