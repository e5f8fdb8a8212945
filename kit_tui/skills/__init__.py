"""Skills: folders of commands with their own page and configuration."""
