"""What was seen: invocations, their attempts, their events."""
