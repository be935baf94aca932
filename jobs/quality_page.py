"""Great Expectations' page, made a file of its own: nothing in it is fetched, and no script in it runs.

As it comes, it loads styles and scripts from five hosts, which then know who reads what. What it says is in its HTML.
"""

from __future__ import annotations

import re

# Whatever is left in the page, a browser loads and runs none of it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_ELEMENT = re.compile(r"<script\b.*?</script\s*>|<link\b[^>]*>|<img\b[^>]*>", re.S | re.I)
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #1b1f24 }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1.5em }
td, th { border-bottom: 1px solid #d0d7de; padding: .4em .6em; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
.modal, .ge-walkthrough-modal, .navbar, .ge-index-page-site-name-title, [hidden], button, input { display: none }
.badge { background: #eaeef2; padding: .1em .4em; border-radius: .3em; font-family: ui-monospace, monospace }
.text-danger::before { content: "\\2717 broken"; color: #b3261e; font-weight: 600 }
.text-success::before { content: "\\2713 kept"; color: #1a7f37 }
h1, h2, h3, h4, h5 { line-height: 1.25; margin: 1em 0 .3em }
"""


def offline(page: str) -> str:
    """The page without anything that a browser would fetch or run."""
    head = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style>'
    return _ELEMENT.sub("", page).replace("</head>", f"{head}</head>", 1)
