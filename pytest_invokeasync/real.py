"""What the mock needs of the standard library, and tests like to fake.

Taken when the package is imported, before any test runs. freezegun replaces these names too, as it
does in each module; so the time that a test has frozen is the time of the answers.
"""

from __future__ import annotations

from os import urandom
from time import monotonic, time

__all__ = ["monotonic", "time", "urandom"]
