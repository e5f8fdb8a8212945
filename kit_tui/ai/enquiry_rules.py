"""Which classes of words make which question: weight, topic, classes, `-` before those that bar it.

The heaviest rule that holds wins, so the weights say what a message is about when it names several
things: fees of an order are fees, a limit on orders is risk, a limit that rests is an order.
"""

from __future__ import annotations

RULES = """
95 help     MANUAL -MARKET
95 help     LOST
94 help     HOW_TO DEED -HOW_MUCH
93 help     HOW_TO -MARKET -STANDING -HOW_MUCH -PNL
93 help     ICH_VERB WIE_ICH -HOW_MUCH
92 help     WORKS HERE -HALTED
92 help     WORKS ASK ORDER -RESTING -OPEN
92 help     WORKS ASK EXIT -RESTING -OPEN
92 help     WIE_ICH WORKS -RESTING -MARKET
91 help     SUPPORT -MARKET -MINE -BOUND
91 help     HAPPENS TYPED
90 large    AT_LARGE
89 analyze  ANALYZE
88 risk     RISK REPORT
88 risk     RISK STATUS
88 risk     HOW_MUCH MAY LOSE
88 risk     HAPPENS DROPS
87 orders   ORDER FILLED ASK -HOW_MUCH
87 orders   EXIT FILLED ASK
86 orders   BID FILLED ASK -HOW_MUCH
86 orders   SIDES FILLED ASK -HOW_MUCH
85 report   FEES I
85 report   FEES PAID
85 report   FEES SPAN
85 report   FEES ASK HOW_MUCH
85 report   FEES SHORT
84 report   REPORT
83 report   HISTORY -SECRET
82 risk     HOW_MUCH MAY SPEND
82 risk     HOW_MUCH MAY POSITION
82 risk     MAY SPEND LIMIT
82 risk     MAY SPEND BOUND
82 risk     HOW_MUCH TRADES USED
82 risk     LOSE USED -EXIT
82 risk     BOUND LOSE -EXIT
81 risk     BOUND SIZED
81 risk     LIMIT SIZED
81 risk     WEAK LOSE -POSITION
81 risk     WEAK SIZED
81 risk     BUDGET ASK
81 risk     BUDGET USED
81 risk     BOUND SPEND HOW_MUCH
81 risk     WEAK SPEND ASK
80 risk     BOUND MAY SPEND
80 risk     WEAK MAY SPEND ASK
80 risk     STOP_ME
80 risk     HOW_MUCH OUT
79 risk     MAY_I SPEND SPAN -MARKET
79 risk     MAY_I SPEND AGAIN -MARKET
79 risk     HALTED IS -PAST -SPAN
78 report   ORDER PAST -OPEN -RESTING -STILL
78 report   TRADES PAST -OPEN -STILL
77 report   SIDES PAST -OPEN -RESTING -STILL
77 report   SIDES SPAN -OPEN -RESTING -STILL -MAY
77 report   TRADED DID ASK SPAN
77 report   TRADES SPAN ASK -OPEN -MAY -BOUND
77 report   TRADES SPAN SHORT -OPEN
76 report   TRADED PAST ASK -IFS
76 report   DIDQ SIDE -ORDER -IFS
76 orders   RESTING FILLED
75 orders   LIMIT PLACED
75 orders   EXIT PLACED ASK
75 orders   RESTING ORDER
75 orders   RESTING SIDES
75 orders   RESTING EXIT
75 orders   RESTING BID
74 orders   ORDER OPEN
74 orders   ORDER STILL
74 orders   EXIT STILL
74 orders   EXIT OPEN ASK
74 orders   ORDER CURRENT
74 orders   SIDES ORDER
73 analyze  ADVICE MARKET -RISK -ORDER
72 risk     RISK -RESTING -STATEMENT
71 risk     BOUND -CASH -PNL -STATEMENT
71 risk     LAWS ASK
70 orders   EXIT ASK I -ADVICE
70 orders   ORDER STATUS
70 orders   STOPS ASK
70 risk     LIMIT -ORDER -RESTING -OPEN -STILL -EXIT
69 orders   LIMIT OPEN
69 orders   LIMIT STILL
68 positions TRADES OPEN
68 positions TRADES CURRENT
68 positions OPEN ENTRY I
67 orders   ORDER ASK
67 orders   ORDER MINE -PLACE
67 orders   ORDERS -PLACE -STATEMENT
67 portfolio CASH POSITION
66 positions POSITION -STATEMENT
66 positions OPEN AM_I ASK
66 orders   STOPS MINE SHORT
64 positions STANDING MARKET -PORTFOLIO
65 portfolio AM_I HOLDS ASK -MARKET -OPEN -TRADES
65 analyze  UP_OR_DOWN AHEAD MARKET -AM_I
65 report   EXECUTIONS -STATEMENT
62 report   FILLED ASK SPAN
61 orders   FILLED ASK -MARKET
61 report   WENT SPAN ASK -MARKET
64 positions AM_I INSIDE ASK -CASH -STANDING -PORTFOLIO -CHART
63 orders   RESTING ASK -CHART -OUTLOOK
63 positions ENTRY I MARKET
62 positions TRADE_ON MINE MARKET -MAY
61 positions TRADES ASK
61 positions TRADES MINE
60 portfolio PORTFOLIO -STATEMENT
59 portfolio STANDING
58 portfolio FREE CASH
58 portfolio FREE CURRENCY
58 portfolio CASH I ASK
64 portfolio HOW_MUCH CASH -MAY -LOSE
64 portfolio HOW_MUCH CURRENCY -MARKET -MAY -LOSE
57 portfolio HOW_MUCH FREE -MAY -LOSE
57 portfolio PNL -CHART -EXIT -STATEMENT
57 portfolio PNL I -EXIT -STATEMENT
56 portfolio HOW_MUCH OWN
55 portfolio MADE I ASK HOW_MUCH
55 portfolio MADE I SPAN ASK
55 portfolio LOSE DID I ASK -EXIT
54 portfolio OWN AM_I ASK
55 report   TRADED ASK -ADVICE -IFS
53 portfolio WORTH MINE
52 portfolio CASH MINE SHORT
53 portfolio WORTH AM_I
53 portfolio WORTH TOTAL
52 portfolio COINS MINE
56 report   TRADED SPAN ALL
51 positions OPEN ASK STILL
47 portfolio OWN I ASK -MARKET
50 orders   RESTING -MARKET
49 positions OPEN ASK -MARKET
48 analyze  OUTLOOK MARKET
47 analyze  GOING WHERE MARKET -PRICE
46 price    PRICE
46 price    WHAT MARKET CURRENCY -CHART
46 price    AT WHAT MARKET -CHART -HAPPENS
45 price    NOWISH MARKET SHORT -CHART -OUTLOOK
45 price    WHERE MARKET -CHART
44 analyze  CHART MARKET
43 analyze  GOING MARKET
"""
