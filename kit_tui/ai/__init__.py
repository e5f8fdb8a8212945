"""Understanding messages: the ladder of engines and the offline grammar."""
