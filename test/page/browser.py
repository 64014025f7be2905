#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows the pages of pages/ in a real browser without a window, and measures what it drew.

browser.py                  exit 1 on any complaint, 77 where Debian's chromium is not there

In light and dark, at a desk's width and a phone's: no message on the console, no request, all text
is found, its contrast is WCAG 2's AA (also of a slice's border, 1.4.11), nothing is wider than the
window, each slice has its owner under the pointer. Printed, it is a PDF.
"""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PAGES = pathlib.Path(__file__).parent / "pages"
SKIPPED = 77
TEXT, BORDER = 4.5, 3.0  # WCAG 2.1: 1.4.3 and 1.4.11
SCHEMES = {"dark": 0, "light": 1}
WIDTHS = (1280, 375)

# Stands around the page, because the page itself has no script.
PROBE = """<!DOCTYPE html><meta charset=utf-8><body><iframe style="border:0;width:%dpx;height:4000px"
srcdoc="%s"></iframe><script>
const light = c => { const p = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  return 0.2126 * p[0] + 0.7152 * p[1] + 0.0722 * p[2]; };
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m);
  return (x + 0.05) / (y + 0.05); };
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument, look = e => frame.contentWindow.getComputedStyle(e);
  const back = look(page.body).backgroundColor, texts = [], borders = [];
  for (const e of page.body.querySelectorAll("*"))
    for (const n of e.childNodes)
      if (n.nodeType === 3 && n.data.trim() && !e.closest("title, style"))
        texts.push([n.data.trim().slice(0, 40), contrast(look(e).color, back)]);
  for (const e of page.querySelectorAll("rect")) borders.push(contrast(look(e).stroke, back));
  const wide = [...page.body.querySelectorAll("*")].filter(e => !e.closest(".w") &&
    e.getBoundingClientRect().right > frame.clientWidth + 1).map(e => e.outerHTML.slice(0, 60));
  const out = document.createElement("pre");
  out.id = "measured";
  out.textContent = JSON.stringify({ back, texts, borders, wide, text: page.body.innerText,
    slices: [...page.querySelectorAll("rect > title")].map(e => e.textContent),
    rows: page.querySelectorAll("tr").length });
  frame.remove();
  document.body.append(out);
};
</script>"""


def browse(folder, *words):
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={folder}/profile", "--enable-logging=stderr", "--virtual-time-budget=3000",
         *words], capture_output=True, text=True, timeout=120)


def measure(folder, page, width, scheme):
    probe = folder / "probe.html"
    probe.write_text(PROBE % (width, html.escape(page)))
    done = browse(folder, f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
                  f"--window-size={width + 40},1000", "--dump-dom", f"file://{probe}")
    found = re.search(r'<pre id="measured">(.*?)</pre>', done.stdout, re.S)
    return json.loads(html.unescape(found[1])) if found else None


def check_one(folder, name, page, width, scheme):
    seen = measure(folder, page, width, scheme)
    if seen is None:
        yield "is not drawn"
        return
    is_dark = max(map(int, re.findall(r"\d+", seen["back"])[:3])) < 128
    if is_dark != (scheme == "dark"):
        yield f"has the background {seen['back']}"
    for text, contrast in seen["texts"]:
        if contrast < TEXT:
            yield f'"{text}" has contrast {contrast:.2f}'
    if not seen["borders"] or min(seen["borders"]) < BORDER:
        yield f"a slice's border has contrast {min(seen['borders'], default=0):.2f}"
    if seen["wide"]:
        yield f"is wider than the window: {seen['wide'][:3]}"
    owners = set(seen["slices"]) - {"free"}
    if len(owners) < 2 or any(owner not in seen["text"] for owner in owners | {"free"}):
        yield f"slices are of {owners}, and not all are in the table"
    if len(seen["texts"]) < 30 or seen["rows"] < 8 or "Who holds what" not in seen["text"]:
        yield f"only {len(seen['texts'])} texts and {seen['rows']} rows are found"
    print(f"{name}, {scheme}, {width} px: {len(seen['texts'])} texts, least contrast "
          f"{min(c for _, c in seen['texts']):.1f}, of borders {min(seen['borders']):.1f}, "
          f"{len(seen['slices'])} slices")


def check_whole(folder, name, path):
    """The page itself: what the console says, what it prints."""
    done = browse(folder, "--dump-dom", f"file://{path}")
    if said := re.findall(r".*CONSOLE.*", done.stderr):
        yield f"the console says {said[0]}"
    pdf = folder / f"{name}.pdf"
    browse(folder, f"--print-to-pdf={pdf}", "--no-pdf-header-footer", f"file://{path}")
    if not pdf.exists() or not pdf.read_bytes().startswith(b"%PDF") or \
            b"/Type /Page" not in pdf.read_bytes():
        yield "is not printed"


def main():
    if not shutil.which("chromium"):
        print("browser: skipped: chromium is not installed")
        return SKIPPED
    complaints = []
    with tempfile.TemporaryDirectory(prefix="page-", ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        for path in sorted(PAGES.glob("*.html")):
            page = path.read_text()
            views = [(scheme, width) for scheme in SCHEMES for width in WIDTHS]
            complaints += [f"{path.name}, {scheme}, {width} px: {each}"
                           for scheme, width in (views if path.stem == "seats" else views[-1:])
                           for each in check_one(folder, path.stem, page, width, scheme)]
            complaints += [f"{path.name}: {each}"
                           for each in check_whole(folder, path.stem, path.resolve())]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
