"""Assertions on what was recorded, and their failure messages."""
