"""Every fault F01 to F35 of the catalogue, over loopback through real ccxt."""
