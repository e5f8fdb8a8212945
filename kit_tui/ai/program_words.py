"""The words of strategies, backtests and rebalancing; plain lists, phrases apart by `|`."""

from __future__ import annotations

# What runs by itself; said with a verb that starts or stops, no other word is needed.
BOT_NAMES = (
    "trend[ -]following|mean[ -]reversion|grid|dca|scalping|scalper|momentum|martingale|"
    "arbitrage|market making"
)
NAMES = (
    "trend[ -]following|mean[ -]reversion|breakout|grid|dca|rsi|macd(?:[ -]cross(?:over)?)?|"
    "bollinger(?:[ -](?:bounce|bands?|squeeze|breakout))?|sma(?:[ -]cross(?:over)?)?|"
    "ema(?:[ -]cross(?:over)?)?|momentum|scalping|buy[ -]and[ -]hold|buy[ -]&[ -]hold|"
    "golden cross|moving average cross(?:over)?|ma cross(?:over)?|supertrend|donchian|turtle|"
    "trendfolge|trendfolgestrategie|ichimoku|keltner|martingale|dollar cost averaging|"
    "mean reverting|sparplan"
)
TESTS = (
    r"backtest\w*|back-?test\w*|back test\w*|rücktest\w*|zurücktest\w*|bt|walk[ -]forward|"
    r"monte[ -]carlo|optimi[sz]e|optimiere|simulate|simuliere|simulation of|simulier|replay|"
    r"paper[ -]test|hindcast|test (?:the )?[\w -]+ strategy|"
    r"teste? (?:mal |bitte |die |den |das |eine )*[\w -]+strategie|"
    r"historical (?:performance|results?|returns?|test)"
)
# Only with a strategy and a span of the past.
TRIES = (
    "test|tests|testing|try|try out|trying|run|evaluate|assess|check|measure|score|see how|"
    "how good|how well|how did|how has|how profitable|show me how|teste|testen|probier|probiere|"
    "ausprobieren|spiel|spiele|durchspielen|rechne|berechne|prüf|prüfe|wie gut|wie war|apply|"
    "play|crunch|what would|what did"
)
LOOKS_BACK = (
    "history|historically|historical|historie|historisch|hindsight|in the past|in der "
    "vergangenheit|ytd|past data|vergangenheit|old data|rückblickend|back in"
)
SPANS = (
    "d|days?|w|weeks?|mo|months?|y|yr|yrs|years?|quarters?|tage?n?|wochen?|monate?n?|jahre?n?|"
    "quartale?|quartal|jahr|monat|woche"
)
WOULD_HAVE = "would|would've|wouldve|would have|might have|could have|hätte|hätten|wäre|wären"
DONE = (
    "done|performed|worked|gone|fared|made|returned|been|paid|earned|beaten|beat|lost|held up|"
    "turned out|looked|do|abgeschnitten|geschlagen|gelaufen|funktioniert|gebracht|verdient|"
    "entwickelt|ergeben|gemacht"
)
STRATEGIES = (
    r"strateg(?:y|ies|ie|ien)|\w+strategien?|bots?|\w+bots?|algos?|autopilot|auto-?traders?|"
    r"auto[ -]?strategies|dca plans?|sparpläne?|sparplan"
)
# In this order; the last column holds verbs that stand apart from their particle.
CONTROL = (
    (
        "stop",
        "stop|stopp|stoppe|stoppen|stopping|disable|deactivate|turn off|switch off|shut ?down|"
        "shut off|end|kill|beende|beenden|off|halt|terminate|retire|axe|scrap|bin|delete|remove|"
        "get rid of|ausschalten|abschalten|deaktiviere|deaktivieren|anhalten|aus|abstellen|"
        "take down|wind down|quit|cut",
        r"\bhalte\b.*\ban\b|\b(?:schalt|schalte|mach|stell|stelle)\b.*\b(?:aus|ab)\b",
    ),
    (
        "pause",
        "pause|pausiere|pausieren|suspend|suspendiere|snooze|freeze|on hold|on ice|to sleep|"
        "unterbrich|unterbrechen|auf eis|hold off",
        "",
    ),
    (
        "resume",
        "resume|continue|unpause|restart|reactivate|carry on|fortsetzen|weiterlaufen|wieder an|"
        "reenable|re-enable|wake",
        "",
    ),
    (
        "status",
        "status|how is|how's|how are|how's|doing|performance|performing|running|läuft|getting on|"
        "still on|still up|still going|alive|faring|active|live|wie geht|wie steht|laufen|aktiv|"
        "results|how did",
        "",
    ),
    (
        "list",
        "list|show|which|what|available|zeige?|welche|any|see|view|liste|gibt es|do you have",
        "",
    ),
    (
        "start",
        "start|starte|starten|run|launch|enable|activate|trade|turn on|begin|auto|use|deploy|"
        "fire up|spin up|kick off|boot up|boot|switch on|set up|set going|get going|put on|"
        "crank up|let loose|aktiviere|aktivieren|einschalten|anschalten|anwerfen|create|"
        "initiate|roll out|lass|wirf|schalt|schalte|add|make",
        "",
    ),
)
STARTS = (
    "start|stop|run|pause|resume|launch|starte|stoppe|dca|deploy|activate|enable|disable|"
    "fire up|spin up|kick off|switch on|switch off|turn on|turn off|aktiviere|beende|pausiere"
)
REBALANCES = (
    r"rebalanc\w*|re-balanc\w*|rebalanz\w*|umschicht\w*|umzuschichten|re-?weight\w*|"
    r"neu gewichten|re-?align\w*|umgewichten|rebalansier\w*|rebal|rebalence|reblance|"
    r"readjust my \w+|rebalancier\w*|true up"
)
EVENS = (
    "even out|even up|balance out|level out|level up|equalise|equalize|restore|reset|adjust|"
    "correct|realign|square up|balance|gleiche|gleich|stelle|passe|pass|readjust|re-adjust|"
    "ausrichten|neu ausrichten"
)
BRINGS = "get|bring|put|take|return|go|move|shift|bringe|bring|stelle|setze|setz|zurück"
MAKES = "make|turn|set|mach|mache|stell|stelle"
HOLDINGS = "portfolio|holdings|depot|bags|positions|coins|asset mix|portfolios"
WEIGHTS = (
    "weight|weights|weighting|weightings|allocation|allocations|target mix|target split|gewicht|"
    "gewichte|gewichtung|gewichtungen|zielgewichtung|zielgewichtungen|zielgewichte|zielallokation|"
    "allokation"
)
EVENED = (
    "ausgleichen|wiederherstellen|anpassen|zurücksetzen|on target|on track|in line|into line|"
    "evenly|to target|to targets|to my target|to my targets|to equal weights|korrigieren|"
    "zur zielgewichtung|auf zielgewichtung|ins gleichgewicht|in balance|into balance"
)
