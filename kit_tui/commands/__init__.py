"""What a command is, for everyone: declared once, offered on every channel."""
