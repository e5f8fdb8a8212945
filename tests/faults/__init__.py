"""Every fault of the catalogue (F01 to F35), one named test each, over loopback through real ccxt."""
