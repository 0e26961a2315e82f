"""What keeps the pages plain Markdown: navigation and README come in when they are read."""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

# The links from anywhere to the README, and those of the README to what is no page.
README = re.compile(r"\]\((?:\.\./)+README\.md(#[^)]*)?\)")
NO_PAGES = re.compile(r"\[([^\]]+)\]\((?:examples|LICENSE|CONTRIBUTING\.md|CHANGELOG\.md)\)")


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Changes the text of a page before it is parsed."""
    up = "../" * name.count("/")
    source[0] = README.sub(lambda link: f"]({up}index.md{link[1] or ''})", source[0])
    if name == app.config.root_doc:
        path = Path(app.srcdir).parent / "README.md"
        app.env.note_dependency(str(path))
        source[0] = of_readme(path.read_text(encoding="utf-8")) + without_start(source[0])
        for folder, (caption, first) in app.config.navigation.items():
            source[0] += toctree(caption, pages_of(app.env.found_docs, folder, first))


def of_readme(text: str) -> str:
    """The README, which the first page begins with; what is no page is not linked.

    Its last section, where to read on, is left out: the index says it in more detail.
    """
    text = text[: text.rindex("\n## ")].replace("](docs/", "](")
    return NO_PAGES.sub(r"\1", text)


def without_start(text: str) -> str:
    """The index without its title and its link to the README, which stands above it."""
    return text[text.index("\n## ") :]


def pages_of(found: set[str], folder: str, first: list[str]) -> list[str]:
    """The pages of a folder: those named first, then the others."""
    listed = [f"{folder}/{name}" for name in first]
    return listed + sorted(name for name in found - {*listed} if name.startswith(f"{folder}/"))


def toctree(caption: str, pages: list[str]) -> str:
    """A section of the navigation."""
    listed = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("navigation", {}, "env", dict)
    app.connect("source-read", read)
    return {"parallel_read_safe": True}
