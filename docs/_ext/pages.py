"""What keeps the pages plain Markdown: navigation and README come in when they are read."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

README = "tour"
"""The page that shows the README, which stands outside of the documentation."""


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Changes the text of a page before it is parsed."""
    if name == README:
        path = Path(app.srcdir).parent / "README.md"
        app.env.note_dependency(str(path))
        source[0] = of_readme(path.read_text(encoding="utf-8"))
    source[0] = source[0].replace("](../README.md", f"]({README}.md")
    if name == app.config.root_doc:
        source[0] += "".join(map(toctree, *zip(*app.config.navigation.items(), strict=True)))


def of_readme(text: str) -> str:
    """The README with its links as they are from a page; what is no page is not linked."""
    text = text.replace("](docs/", "](")
    return re.sub(r"\[([^\]]+)\]\((?:examples|LICENSE)\)", r"\1", text)


def toctree(caption: str, pages: list[str]) -> str:
    """A section of the navigation."""
    listed = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("navigation", {}, "env", dict)
    app.connect("source-read", read)
    return {"parallel_read_safe": True}
