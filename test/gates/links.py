#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every link from one page of ours to another, or to a file, leads somewhere.

links.py [ROOT]         exit 1 on any complaint
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import markdown  # noqa: E402


def anchors(text):
    """What GitHub calls the headings of a page."""
    for heading in re.findall(r"^#+ (.*)", text, re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def check(page, text):
    """A sentence about each link that leads nowhere."""
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists():
            yield f"{link}: there is no such file"
        elif anchor and anchor not in anchors(target.read_text()):
            yield f"{link}: there is no such heading"


BAD = (("[x](nowhere.md)", "no such file"), ("[x](README.md#nowhere)", "no such heading"))


def main(root="."):
    root = pathlib.Path(root).resolve()
    pages = [*markdown.pages(root), root / "NEWS.md", *sorted((root / "test").glob("*/README.md")),
             *sorted((root / "examples").glob("*/README.md"))]
    complaints = [f"{page.relative_to(root)}: {each}"
                  for page in pages for each in check(page, page.read_text())]
    for text, sentence in BAD:
        if not any(sentence in each for each in check(root / "README.md", text)):
            complaints.append(f"this gate lets {text} through")
    for complaint in complaints:
        print(complaint)
    print(f"links: {len(pages)} pages, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
