"""Links of a built site: what a page names and whether it is there."""

from collections import deque
from typing import NamedTuple
from urllib.parse import unquote, urldefrag

from lxml import html

FETCHED = (
    "//img/@src | //script/@src | //source/@src | //iframe/@src"
    " | //link[@rel='stylesheet' or @rel='preload' or @rel='icon']/@href"
)
# made for the search and the index; a form and not a link leads to the first
WITHOUT_LINK = {"search.html", "genindex.html", "py-modindex.html"}


class Page(NamedTuple):
    """Ids of a page, its links and the files that a browser fetches for it."""

    ids: set
    links: list
    fetched: list


def read_page(path):
    """Return the ids of a page and the files that it names."""
    tree = html.parse(path, html.HTMLParser(encoding="utf-8", huge_tree=True))
    return Page(
        {unquote(name) for name in tree.xpath("//@id | //a/@name")},
        tree.xpath("//a/@href | //form/@action"),
        tree.xpath(FETCHED),
    )


def is_outside(address):
    """Return whether an address leads out of the site."""
    return ":" in address.partition("/")[0] or address.startswith("//")


def crawl(root):
    """Follow all links from the start page.

    Returns the pages by name, the number of links and what is wrong.
    """
    pages, wrong, n_links = {}, [], 0
    anchors = []  # looked for when all pages are read
    waiting = deque(["index.html"])
    while waiting:
        name = waiting.popleft()
        if name in pages:
            continue
        page = pages[name] = read_page(root / name)
        for address in page.fetched:
            if is_outside(address) and not address.startswith("data:"):
                wrong.append(f"{name} fetches {address} from outside")
        for address in [*page.links, *page.fetched]:
            if is_outside(address):
                continue
            n_links += 1
            target, anchor = find_target(root, name, address)
            if target is None:
                wrong.append(f"{name} names {address}, which does not exist")
            elif target.endswith(".html"):
                waiting.append(target)
                anchors.append((name, target, anchor))
    wrong += missing_anchors(pages, anchors)
    return (
        pages,
        n_links,
        wrong + [f"no page leads to {name}" for name in sorted(orphans(root, pages))],
    )


def find_target(root, name, address):
    """Return the file of an address within the site, or None, and the anchor."""
    address, anchor = urldefrag(address)
    path = (root / name).parent / unquote(address.partition("?")[0])
    path = path.resolve() if address else root / name
    if not path.is_file() or not path.is_relative_to(root):
        return None, anchor
    return path.relative_to(root).as_posix(), unquote(anchor)


def missing_anchors(pages, anchors):
    """Return a line for every anchor that its page lacks."""
    return sorted(
        {
            f"{name} names {target}#{anchor}, and there is no such place"
            for name, target, anchor in anchors
            if anchor and anchor not in pages[target].ids
        }
    )


def orphans(root, pages):
    """Return the pages of the site to which no link leads."""
    there = {path.relative_to(root).as_posix() for path in root.rglob("*.html")}
    return {
        name
        for name in there - pages.keys() - WITHOUT_LINK
        if not name.startswith("_static/")
    }
