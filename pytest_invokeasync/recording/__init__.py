"""What was recorded: invocations, their attempts, their events."""
