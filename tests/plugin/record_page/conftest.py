"""Without playwright nothing is collected here: asked for alone, the folder then fails."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("playwright") is None:
    collect_ignore_glob = ["*"]
