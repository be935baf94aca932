"""Plots, drawn by pygal, as SVG that stands in the page: no script, no style of its own, nothing loaded.

The page's style sheet colours it, so that it is dark where the page is, and its policy (CSP) need not be weakened for
it. Every plot has a title and a description for who cannot see it, and stands beside a table of the same numbers.
Labels are spelt out by `cli.safe`, and escaped by the XML library that pygal writes with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup
from pygal import HorizontalStackedBar, StackedBar
from pygal.style import Style

from cli.safe import safe

_WIDE = 480  # in the plot's own units: about a phone's and half a desk's pixels
_STYLE = Style(label_font_size=16, major_label_font_size=16)  # what room is left for; the page's letters may be smaller
_LONGEST = 22  # letters of a label
_NOT_SHOWN = {"script", "style", "desc", "title", "titles", "overlay", "text-overlay", "tooltip-overlay"}


class Series(NamedTuple):
    """values: one for each label. tone: the class that the style sheet knows its colour by."""

    name: str
    tone: str
    values: Sequence[float]


class Plots:
    """Makes a page's plots: their ids differ."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def bars(self, title: str, labels: Sequence[str], series: Sequence[Series], said: Callable[[float], str]) -> Markup:
        """A bar for each label, the first on top; the series follow each other in it. said: a value for people."""
        high = 46 + 25 * max(len(labels), 1)
        return self._plot(HorizontalStackedBar, title, labels[::-1], [_turned(one) for one in series], said, high)

    def columns(
        self, title: str, labels: Sequence[str], series: Sequence[Series], said: Callable[[float], str]
    ) -> Markup:
        """A column for each label; the series stand on each other."""
        return self._plot(StackedBar, title, labels, series, said, 210)

    def _plot(
        self,
        kind: Any,
        title: str,
        labels: Sequence[str],
        series: Sequence[Series],
        said: Callable[[float], str],
        high: int,
    ) -> Markup:
        chart = kind(
            css=(),
            disable_xml_declaration=True,
            height=high,
            js=(),
            margin=6,
            max_scale=4,
            no_prefix=True,
            show_legend=False,
            spacing=6,
            style=_STYLE,
            truncate_label=-1,
            value_formatter=said,
            width=_WIDE,
        )
        chart.x_labels = [_short(safe(one)) for one in labels]
        for one in series:
            chart.add(one.name, list(one.values))
        chart.add_xml_filter(lambda root: self._plain(root, title, series))
        text: str = chart.render(is_unicode=True)
        return Markup(text)  # ElementTree has escaped it

    def _plain(self, root: Any, title: str, series: Sequence[Series]) -> Any:
        """Without what acts or is read twice; with a name, a description, and the series' classes."""
        for parent in list(root.iter()):
            for child in list(parent):
                if not isinstance(child.tag, str) or {child.tag, *child.get("class", "").split()} & _NOT_SHOWN:
                    parent.remove(child)
        for number, one in enumerate(series):
            for group in root.iter("g"):
                if f"serie-{number}" in group.get("class", "").split():
                    group.set("class", f"series {one.tone}")
        number = next(self._numbers)
        names = ElementTree.Element("title", id=f"p{number}t"), ElementTree.Element("desc", id=f"p{number}d")
        names[0].text = title
        names[1].text = f"{', '.join(one.name for one in series)}; the table beside it has the numbers."
        root[:0] = names
        root.attrib.pop("id", None)
        root.set("class", "chart")
        root.set("role", "img")
        root.set("aria-labelledby", f"p{number}t p{number}d")
        return root


def _turned(one: Series) -> Series:
    return one._replace(values=one.values[::-1])


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"
