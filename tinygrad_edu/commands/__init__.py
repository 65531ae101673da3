"""What the command does: one file for each of its jobs."""
