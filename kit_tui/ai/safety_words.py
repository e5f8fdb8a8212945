"""The words people stop, kill and resume trading with; plain lists, joined into patterns."""

from __future__ import annotations

# What changes nothing, wherever it stands in a message that stops trading.
FILLERS = (
    "i'm out|im out|i'm done|im done|that's enough|thats enough|"
    "do it|tu es|from now on|from now|ab jetzt|ab sofort|please|pls|plz|kindly|for now|now|"
    "right now|"
    "right away|straight away|straightaway|immediately|"
    "at once|instantly|asap|a s a p|quick|quickly|fast|urgent|urgently|this instant|this second|"
    "this minute|for me|for us|kit|hey|hi|hello|yo|oi|ok|okay|alright|right|well|so|just|sir|"
    "mate|bro|dude|buddy|man|pal|friend|madam|folks|guys|everyone|"
    "thanks|thank you|cheers|thx|ta|god|oh|omg|wtf|fuck|fucking|damn|bloody|hell|shit|crap|whoa|"
    "woah|argh|seriously|really|and i mean it|i mean it|i said|i repeat|"
    "bitte|jetzt|sofort|gleich|schnell|mal|eben|doch|endlich|umgehend|unverzüglich|augenblicklich|"
    "dringend|los|na|also|halt mal|ma|bitteschön|danke|mensch|scheiße|verdammt|komplett|"
    "completely|entirely|altogether|fully|totally|do the needful"
)
# What comes before a request, only at its beginning.
LEADS = (
    "can you|could you|would you|will you|can we|could we|can u|could u|i want you to|"
    "i need you to|i'd like you to|i would like you to|i want to|i need to|i'd like to|"
    "i would like to|we need to|we want to|we must|we have to|i have to|i must|you must|"
    "you have to|you need to|let's|lets|let us|let me|go ahead and|be so kind and|time to|"
    "it's time to|kannst du|könntest du|würdest du|ich will|ich möchte|ich will dass du|lass uns|"
    "wir müssen|du musst|ich muss"
)
STOPS = (
    "stoppt|pausiert|haltet|kill|axe|stahp|stap|stpo|hlat|halt|stop|stopp|stoppe|stoppen sie|"
    "pause|pausiere|pausier|freeze|suspend|cease|end|quit|"
    "discontinue|disable|deactivate|block|hold|hold off|hold off on|lay off|shut down|shut off|"
    "shutdown|switch off|turn off|call off|knock off|cut off|put a stop to|put a halt to|"
    "put an end to|"
    "put the brakes on|hit pause on|press pause on|hit stop on|bring to a halt|wind down|"
    "lock down|lock|interrupt|friere|unterbrich|deaktiviere|sperre|blockiere|"
    "aussetzen|halte|setze|setz|brich|stelle|stell|schalte|schalt|stop all|halt all|finish"
)
# What stands before the thing that is stopped.
WHICH = (
    "the|all|any|my|our|your|this|these|that|further|more|new|any more|live|active|"
    "whole|entire|remaining|other|of|future|additional|every|each|single|"
    "den|das|dem|der|die|des|ganze|ganzen|gesamte|gesamten|alle|allen|jeden|jeder|jeglichen|"
    "jegliche|kompletten|komplette|weitere|weiteren|sämtliche|meinen|mein|meine|unseren|neue|"
    "neuen|laufenden|deinen|mit"
)
TRADING = (
    "trading|trades|trade|trading activity|trading activities|activity|activities|"
    "trading operations|operations|trading session|session|market activity|"
    "orders for today|new orders|new entries|new positions|more orders|more entries|"
    "more positions|new buys|more buys|new longs|new purchases|neuen einstiege|neue einstiege|"
    "neue käufe|neuen käufe|further orders|further entries|further positions|entries|"
    "engine|bot|system|machine|terminal|program|trading engine|trading bot|trading system|"
    "whole thing|this thing|thing|buying and selling|buying and selling stuff|"
    "buying or selling|buying anything|trading anything|trading everything|trading stuff|"
    "trading altogether|"
    "handel|handeln|traden|handelsaktivitäten|handelsaktivität|maschine|handelssystem|"
    "programm|kaufen und verkaufen|trading bot|handelsbetrieb|order ausführung|geschäfte|"
    "trading for me|trading on my account|trading on my behalf|trading with my money|"
    "trading my account|trading my money"
)
ALL = (
    "everything|it all|all of it|all|all this|all of this|alles|das alles|das ganze|the lot|"
    "whatever you're doing|what you're doing|everything you're doing|alle aktivitäten|"
    "absolutely everything|every single thing|the whole lot"
)
IT = "it|this|that|das|es"
# `turn trading off`: what a verb leaves for the end of its clause.
AWAY = (
    "down|off|up|on hold|on pause|on ice|out|to a halt|to a stop|an|aus|ab|ein|auf eis|runter|"
    "in den pausenmodus|still"
)
ALONE = (
    "make it stop|stoppen|bitte stoppen|stahp|stop buying|stop selling|halt|stop|stopp|stop it|"
    "stopp es|hör auf|aufhören|stand down|stand by|time out|timeout|"
    "hold it|hold everything|freeze|cease|cease fire|hit the brakes|slam the brakes|"
    "hit the brakes on trading|pull the handbrake|stop here|stop there|enough trading|"
    "beende den handel|beende das trading|we stop|stop the presses|stop stop|anhalten|alles halt|"
    "trading halt|stillstand|pause|"
    "take a trading break|take a break from trading|stop working|stop operating|"
    "stop trading trading|we're done trading|done trading|no more|trading pause|handelsstopp|"
    "handelspause|trading stop|trading stopp|handel stopp|handelsstop|full stop trading|"
    "schluss damit|mach pause mit dem trading|mach pause mit dem handel|"
    "mach eine pause mit dem trading|mach eine handelspause|pause machen|mach pause|"
    "leg den handel auf eis|lege den handel auf eis|hör auf zu handeln|hör auf zu traden|"
    "hör auf mit dem handel|hör auf mit dem trading|hör auf mit dem traden|hört auf zu handeln|"
    "hör auf zu kaufen und zu verkaufen|auf zu handeln aufhören|aufhören zu handeln|"
    "aufhören zu traden|nicht mehr handeln|nicht mehr traden|nicht weiter handeln|"
    "nicht weiterhandeln|handel nicht mehr|handle nicht mehr|trade nicht mehr|"
    "handel nicht weiter|handle nicht weiter"
)
# Said as a denial, and yet nothing but a wish to stop.
NO_MORE = (
    r"no (?:more|further|new|additional|more new|other) "
    r"(?:trades?|trading|orders?|entries|positions|buys? or sells?|buying or selling|buys|"
    r"longs|purchases)|"
    r"no trading|"
    r"(?:don't|dont|do not|stop|never) (?:trade|(?:place|take|make|open|do|execute|enter|send|"
    r"put on|putting on|placing|taking|making|opening|executing|entering|sending) "
    r"(?:any (?:more |new |further |other )?|more |new |further |my )?"
    r"(?:trades?|orders?|positions?|entries))(?: any ?more| any longer| anymore| again)?|"
    r"(?:don't|dont|do not) (?:trade|buy or sell anything|open anything new|open anything|"
    r"do any more trading|do any trading)(?: any ?more| any longer| anymore)|"
    r"(?:don't|dont|do not) (?:open anything new|buy or sell anything)|"
    r"keine (?:weiteren |neuen |einzigen )?(?:trades|orders|aufträge|positionen|geschäfte)"
    r"(?: mehr| aufmachen| öffnen| eröffnen)*|"
    r"keine (?:weiteren |neuen )?(?:einstiege|käufe)(?: mehr)?|reduce only mode|exits only|"
    r"(?:only |nur (?:noch )?)(?:exits|ausstiege|verkäufe|reduce)|"
    r"kein (?:trade|handel|trading) mehr"
)
# `trading needs to stop`, `I want all trading halted`.
WANTS = "want|need|get|have|i want|i need|we need|we want|ich will"
MUSTS = (
    "needs to|must|has to|should|ought to|have to|need to|muss|soll|sollte|should be|must be|"
    "needs to be|has to be|to"
)
ENDED = (
    "halted|stopped|paused|frozen|suspended|shut down|disabled|ended|stop|halt|end|cease|pause|"
    "gestoppt|gestoppt werden|angehalten|pausiert|aufhören|enden|beendet|switched off|turned off"
)
# How long; whatever it is, trading stops now.
SPAN = (
    r"(?:on|for|with|in|at|auf) (?:my|the|this|our|mein\w*|dem|diesem) (?:account|konto|depot)|"
    r"(?:till|until|til) further (?:notice|instruction|instructions|orders|word|information)|"
    r"(?:for |für )?(?:the )?(?:rest of |remainder of )?(?:the )?(?:today|now|tonight|heute|"
    r"den rest des tages|den ganzen tag|this evening|this week)|"
    r"(?:for )?(?:the )?(?:rest|remainder) of (?:the )?(?:day|night|week|weekend|month|session)|"
    r"(?:for|until|till|til|bis|für|über) (?:the )?(?:tomorrow|tomorrow morning|day|night|week|"
    r"weekend|month|moment|time being|good|a while|a bit|a minute|a moment|a sec|ever|an? hour|"
    r"an? couple of hours|further notice|next week|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|morgen|morgen früh|erste|auf weiteres|das wochenende|eine weile|die nacht|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|nächste woche|"
    r"\d+ ?(?:h|hours?|m|min|mins|minutes?|days?|stunden?|minuten?|tage?)|"
    r"(?:i|we|ich|wir)(?:'m| am| say| tell| come| get|'re| are)[a-z' ]*)"
)
# A reason may follow without a comma; what would make it a condition or a time is not among them.
REASONS = (
    "because|cause|cos|coz|cuz|since|before|i'm|im|i|it's|its|this is|something|somethings|"
    "something's|there's|we|we're|you're|the market|the markets|"
    "weil|bevor|ehe|denn|mir|ich|wir|es|da|sonst|der markt"
)
# A second thought, a joke, a condition or hearsay: what stands beside it stops nothing.
SPOILS = (
    "if|unless|when|whenever|once|kidding|joking|joke|jk|lol|lmao|haha|nevermind|never mind|"
    "wait no|just testing|not really|wenn|falls|sobald|scherz|spaß|nur spaß|doch nicht|quatsch|"
    "außer|except|maybe|perhaps|vielleicht|imagine|suppose|said|says|told|asked|wrote|sagte|sagt|"
    "meinte|fragte|would|should|could|might|why|what|how|who|did|didn't|was|were|had|have|has|"
    "hat|hatte|habe|haben|wurde|würde|sollte|soll|warum|wie|was|wer|never|don't|dont|do not|"
    "not|nicht|nie|kein|keine|no|without|ohne|yesterday|gestern|stopped|halted|after|pretend|"
    "almost|nearly|beinahe|fast hätte"
)
SPOILS_AFTER = (
    "if|unless|when|whenever|once|kidding|joking|joke|jk|lol|lmao|haha|nevermind|never mind|"
    "wait no|just testing|not really|wenn|falls|sobald|scherz|spaß|nur spaß|doch nicht|quatsch|"
    "said|says|told me|he|she|sagte|sagt|meinte|except|außer|is what|are words|is a|was a|"
    "is the|is my|for btc|for eth"
)
CLOSES = (
    "close|close out|sell|sell off|dump|liquidate|flatten|exit|unwind|square off|ditch|nuke|"
    "sell out of|pull out of|exit out of|get rid of|close down|dump out of|take me out of|"
    "get out of|get me out of|get us out of|cash out of|bail out of|bail out|clear out|offload|"
    "schließe|schließ|schliesse|verkaufe|verkauf|liquidiere|löse|raus aus|hol mich raus aus|"
    "hol mich aus|stoß|beende|auflösen"
)
POSITIONS = (
    "everything|it all|all|all of it|all positions|all my positions|all our positions|"
    "all open positions|all the positions|all of my positions|every position|"
    "every single position|the lot|the whole lot|the whole book|my whole book|the book|"
    "my positions|all holdings|all my holdings|everything i have|everything i own|"
    "everything we have|all trades|all open trades|all my trades|"
    "alles|alle positionen|alle meine positionen|alle offenen positionen|sämtliche positionen|"
    "allem|allen positionen|meine positionen"
)
CLOSED = (
    r"alles (?:schließen|verkaufen|liquidieren|glattstellen|zumachen|auflösen|glatt|zu|raus|weg)|"
    r"alle (?:meine |offenen )?positionen (?:schließen|verkaufen|liquidieren|glattstellen|"
    r"auflösen|zumachen)|(?:go|everything) flat|get (?:me|us) out(?: of here)?|mach alles zu|"
    r"stell alles glatt|stelle alles glatt|everything (?:closed|sold|out)|flatten"
)
SWITCHES = (
    "hit|press|pull|use|trigger|activate|push|smash|slam|engage|flip|fire|throw|pop|mash|enable|"
    "slap|punch|initiate|execute|run|do|invoke|drück|drücke|zieh|ziehe|aktiviere|betätige|"
    "löse|nutze|hau auf|auf"
)
KILL_SWITCH = (
    "kill ?switch|killschalter|kill schalter|panic|panic button|panic switch|panic mode|"
    "panic stop|panic key|panic close|panic sell|panic exit|panikknopf|panik knopf|paniktaste|"
    "panik|panikmodus|panikverkauf|big red button|red button|emergency exit|"
    "notausstieg|emergency close|emergency liquidation|emergency sell|notverkauf|notschließung"
)
SWITCHED = "drücken|aktivieren|auslösen|betätigen|ziehen|an|aus|on|activated|activate"
# A strong stop: it halts, and closing everything is offered beside it.
STRONG = (
    "emergency|emergency stop|emergency halt|emergency brake|e stop|notaus|not aus|notstopp|"
    "not stopp|not stop|notstop|notbremse|notfall|notaus taste|notausschalter|abort|abort abort|"
    "mayday|abbruch|alles abbrechen|abort mission|abort everything|pull the plug|"
    "zieh die reißleine|"
    "reißleine ziehen|zieh den stecker|zieh die notbremse"
)
# Said before a kill it only hastens it.
HASTE = "panic|emergency|panik|notfall|alarm|mayday|alert|help|hilfe"
# What goes on again: less than what stops, for a resume is read strictly.
WHOSE = "the|all|any|my|our|live|den|das|dem|der|mein|unseren"
GOES = (
    "trading|trades|trading activity|trading activities|operations|trading operations|"
    "trading session|engine|bot|trading engine|handel|handeln|traden|handelsbetrieb"
)
GOES_ON = (
    "resume|unhalt|un halt|unpause|un pause|restart|continue|continue with|unfreeze|un freeze|"
    "re enable|reenable|"
    "reactivate|re activate|carry on|carry on with|go on with|keep on|proceed with|recommence|"
    "restore|unblock|reopen|re open|unlock|get back to|go back to|back to|return to"
)
GOING_ON = (
    "{trading} (?:fortsetzen|fortführen|weiterführen|weiterlaufen lassen|weiter|wieder aufnehmen|"
    "wieder starten|wieder freigeben|wieder aktivieren|wieder einschalten|wieder anschalten|"
    "wieder erlauben|wieder anwerfen|wieder eröffnen|freigeben|entsperren|resume|wieder an)|"
    "(?:setze|setz|führe|führ) {trading} fort|(?:nimm|nehme) {trading} wieder auf|"
    "(?:schalte|schalt|mach) {trading} wieder (?:an|ein)|gib {trading} wieder frei|"
    "(?:starte|aktiviere|eröffne) {trading} wieder|"
    "(?:start|begin|keep|kick off|get) {trading} (?:again|going again|up again|back on)|"
    "(?:turn|switch|put) (?:{trading} back on|back on {trading}|on {trading} again|"
    "{trading} on again)|"
    "take {trading} off (?:pause|hold|halt)|(?:lift|release|clear|remove|undo|cancel|end|"
    "take off) the (?:halt|trading halt|"
    "trading pause|pause on trading|trading freeze|freeze on trading|halt on trading)|"
    "(?:you|we) (?:can|may|are allowed to|are free to) (?:now )?"
    "(?:trade again|start trading again|resume(?: trading)?|continue trading|carry on trading)|"
    "(?:you're|we're|you are|we are) (?:free|clear|allowed|good) to trade again|trade again|"
    "get trading again|du (?:darfst|kannst) (?:jetzt )?wieder (?:handeln|traden)|"
    "(?:wir|es) (?:können|kann|darf|dürfen) wieder (?:gehandelt werden|handeln|traden)|"
    "weiter handeln|weiterhandeln|weiter traden|weitermachen|wieder handeln|wieder traden|"
    "weiter mit dem (?:handel|trading)|weiter geht's mit dem (?:handel|trading)|"
    "mach (?:weiter|wieder weiter) mit dem (?:handel|trading)|"
    "(?:handelsstopp|handelsstop|handelspause|den handelsstopp|die handelspause|"
    "den handelshalt|die handelssperre|handelssperre|trading halt|tradingpause) "
    "(?:aufheben|beenden|auflösen)|hebe? (?:den handelsstopp|die handelspause|"
    "die handelssperre) auf|handel wieder|trading again|trading back on|trading on again"
)
RESUME_LEADS = (
    "all good|all clear|we're good|i'm back|im back|i am back|false alarm|all fine|coast is clear|"
    "we're good to go|alles gut|entwarnung|alles klar|fehlalarm|bin wieder da"
)
