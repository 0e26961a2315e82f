"""These tests need a browser: they are collected where ``tox -e browser`` asks for them alone."""

from __future__ import annotations

import os

if "RECORD_PAGE_IN_A_BROWSER" not in os.environ:
    collect_ignore_glob = ["*"]
