"""The reactive store of snapshots and the durable journal."""
