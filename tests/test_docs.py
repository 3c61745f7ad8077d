"""The Python blocks of the pages run in order, and the messages they name exist."""

import ast
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BUILT = ("_build", "gallery", "api")
FENCE = re.compile(r"^```python\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)
# run by the test of what they leave behind
ELSEWHERE = {
    "command_line": "test_cli.py",
    "deployment": "test_deployment_page.py",
    "discriminator": "test_event_discriminator_page.py",
    "explanations": "test_explanations_page.py",
    "from_archive_to_catalogue": "test_docs_archive_to_catalogue.py",
}
LEFT_BEHIND = {
    "guide/large_data": {"archive"},
    "guide/records": {"review.html"},
    "guide/saving": {"model.skops"},
    "first_result_obspy": {"waveforms", "events.xml", "stations.xml"},
    "sweeps": {"sweep.db", "sweep.csv", "sweep.html"},
}
# less than a second, without a network
FAST = {"events", "guide/cutoff_and_views", "guide/fingerprints", "guide/records"}


def code_blocks(page):
    return FENCE.findall(page.read_text())


def name_of(page):
    return page.relative_to(DOCS).with_suffix("").as_posix()


def pages():
    """Return the name of every page that has Python blocks."""
    return [
        name_of(page)
        for page in sorted(DOCS.rglob("*.md"))
        if page.relative_to(DOCS).parts[0] not in BUILT and code_blocks(page)
    ]


def run_blocks(page):
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(code_blocks(page)):
        exec(compile(block, f"{page.name}, block {number}", "exec"), namespace)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in FAST else pytest.mark.slow)
        for name in pages()
        if name not in ELSEWHERE
    ],
)
def test_code_blocks_run_in_order(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run_blocks(DOCS / f"{name}.md")
    assert LEFT_BEHIND.get(name, set()) <= set(os.listdir())


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_pages_that_are_run_elsewhere_are(name):
    assert name in (ROOT / "tests" / ELSEWHERE[name]).read_text()


def text_of(node):
    """Return a string of the source, a zero byte for what is put into it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        part.value if isinstance(part, ast.Constant) else "\0" for part in node.values
    )


def strings_of_the_package():
    for path in sorted((ROOT / "skseisfp").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant | ast.JoinedStr):
                text = " ".join(text_of(node).split())
                if " " in text and len(text) < 1000:  # neither a name nor a docstring
                    yield text


def messages():
    """Return the messages of the page on troubleshooting."""
    page = (DOCS / "troubleshooting.md").read_text()
    return re.findall(r"^\| `(.+?)` \|", page, flags=re.MULTILINE)


def test_messages_of_the_troubleshooting_page_are_those_of_the_package():
    strings = "\n".join(strings_of_the_package())
    assert len(messages()) > 30
    missing = [
        message
        for message in messages()
        if not re.search(
            r"[^\n]*".join(re.escape(part.strip()) for part in message.split("...")),
            strings,
        )
    ]
    assert missing == []
