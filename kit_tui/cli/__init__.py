"""The kit command, one small file per group."""
