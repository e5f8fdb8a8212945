"""One door for every channel: the Desk port, routing, sessions, mirror."""
