"""How the site is built. The pages are plain Markdown, which a code host shows as it is."""

import importlib.metadata
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "pytest-invokeasync"
copyright = "the pytest-invokeasync developers"
release = importlib.metadata.version(project)

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "generated",
    "pages",
    "screens",
]
# Included by a page, and none by itself.
exclude_patterns = ["_build", "**/.*", "explanation/benchmarks.md"]

myst_heading_anchors = 4

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 60
python_display_short_literal_types = True

# Of a console only what is typed, without its prompt; nothing of what was printed.
copybutton_prompt_text = "$ "
copybutton_selector = "div:not(.highlight-text) > div.highlight > pre"

html_theme = "furo"
# The theme's own underlines the names of classes and modules, as if they were links.
pygments_dark_style = "github-dark"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False

# The four kinds of pages, each a folder with its heading in the navigation and the pages that come
# first in it. Others follow by name: a new page needs no entry here. index.md is the way in.
navigation = {
    "tutorial": ("Tutorial", ["first-tests", "a-double-shipment"]),
    "how-to": (
        "How to",
        [
            "make-calls-fail",
            "every-error",
            "assertions",
            "retries",
            "own-retries",
            "run-functions",
            "destinations",
            "virtual-time",
            "schemas",
            "move-to-invoke",
            "move-from-another-tool",
            "moto-and-other-mocks",
            "credentials",
            "signatures",
            "async",
            "xdist-asyncio-unittest",
            "unittest",
            "keep-a-record",
            "process-pools",
            "other-processes",
        ],
    ),
    "reference": (
        "Reference",
        [
            "mock",
            "match-keywords",
            "recorded",
            "pytest",
            "options",
            "teardown",
            "errors",
            "faults",
            "runs",
            "clients",
            "record",
            "words",
        ],
    ),
    "explanation": ("Explanation", ["how-it-works", "comparison", "not-simulated", "architecture"]),
}
