"""The risk manager: checks decide, trading acts on their decisions."""
