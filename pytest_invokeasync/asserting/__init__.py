"""Assertions on what was recorded, and the words they fail with."""
