"""The full-screen terminal. It speaks to a Desk and to nothing behind it."""
