"""Drawing of candle charts in character cells. Pure: rows of text and roles, no Textual here."""
