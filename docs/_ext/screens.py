"""What reads well on a screen of any size, in light and in dark mode."""

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.typing import ExtensionMetadata

# Where a name may break: after a dot and the like; a long one also before each word in capitals.
NAME = re.compile(r"(?<=[\w)][._/(])(?=\w)")
LONG_NAME = re.compile(rf"{NAME.pattern}|(?<=[a-z])(?=[A-Z])")


class InlineDrawings(SphinxPostTransform):
    """Puts an SVG into the page itself, where it has the page's colours.

    An image file knows what the system prefers, and not what the reader has chosen on the page.
    """

    # Before Sphinx collects the images that it copies.
    default_priority = 5
    formats = ("html",)

    def run(self, **_: object) -> None:
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.env.srcdir) / image["uri"]
            if path.suffix == ".svg":
                drawing = nodes.raw("", path.read_text(encoding="utf-8"), format="html")
                image.replace_self(nodes.container("", drawing, classes=["drawing"]))


class BreakableNames(SphinxPostTransform):
    """Lets a long name in a table break where it has a dot, an underscore or a new word."""

    default_priority = 5
    formats = ("html",)

    def run(self, **_: object) -> None:
        for entry in self.document.findall(nodes.entry):
            for name in entry.findall(nodes.literal):
                text = name.astext()
                parts = (LONG_NAME if len(text) > 24 else NAME).split(text)
                name.children = []
                for part in parts:
                    name += [nodes.Text(part), nodes.raw("", "<wbr>", format="html")]


class StackedTables(SphinxPostTransform):
    """Gives each cell of a wide table the heading of its column, which a phone shows.

    A phone has room for two columns; the style sheet makes a list of what has more.
    """

    default_priority = 5
    formats = ("html",)

    def run(self, **_: object) -> None:
        for table in self.document.findall(nodes.tgroup):
            [*_specs, head, body] = table.children
            headings = [text_of(entry) for entry in head.findall(nodes.entry)]
            if len(headings) <= 2:
                continue
            table.parent["classes"].append("stacked")
            for row in body:
                for heading, entry in list(zip(headings, row, strict=True))[1:]:
                    if entry.children:
                        label = f'<span class="column">{html.escape(heading)}</span>'
                        entry.insert(0, nodes.raw("", label, format="html"))


def text_of(node: nodes.Node) -> str:
    """The text of a node, without the HTML that was put into it."""
    texts = node.findall(nodes.Text)
    return "".join(text for text in texts if not isinstance(text.parent, nodes.raw))


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_post_transform(InlineDrawings)
    app.add_post_transform(BreakableNames)
    app.add_post_transform(StackedTables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
