"""Attributes of other libraries, replaced while a mock is active."""
