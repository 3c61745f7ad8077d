"""Write a page with the figures of all runs of the benchmarks, and their bars.

`measuring.conclude` appends every run to ``results/bench/history.jsonl``. A row of the
table has the figure of the last run, its bar, and its course over the runs of the same
machine and packages: medians with quartiles, and the bar as a dashed line.

Run: python benchmarks/trend_page.py, or `make bench`
"""

import html
import io
import json

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from measuring import HISTORY, RESULTS

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #8884; padding: 0.2rem 0.6rem; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.missed { font-weight: bold; }
svg { display: block; }
"""
INK = "#767676"  # readable on white and on black
BAR, LAST = "#b06000", "#3a7ab8"


def read_history():
    """Return the runs of each benchmark, the oldest first."""
    runs = {}
    for line in HISTORY.read_text().splitlines():
        record = json.loads(line)
        runs.setdefault(record["name"], []).append(record)
    return runs


def courses(records):
    """Yield each figure of the last run, with those of the same name before it."""
    last = records[-1]
    alike = [record for record in records if record["machine"] == last["machine"]]
    for figure in last["figures"]:
        yield [
            found
            for record in alike
            for found in record["figures"]
            if found["name"] == figure["name"]
        ]


def draw(course):
    """Return the course of a figure as SVG."""
    figure, axes = plt.subplots(figsize=(2.4, 0.5), facecolor="none")
    medians = [found["median"] for found in course]
    low, high = zip(*(found["quartiles"] for found in course), strict=True)
    numbers = range(len(course))
    axes.vlines(numbers, low, high, color=INK, linewidth=1)
    axes.plot(numbers, medians, color=INK, linewidth=1)
    axes.plot(numbers[-1:], medians[-1:], "o", color=LAST, markersize=4)
    if course[-1]["bar_value"] is not None:
        axes.axhline(course[-1]["bar_value"], color=BAR, linestyle="--", linewidth=1)
    axes.set_xlim(-0.5, max(len(course), 10) - 0.5)
    axes.margins(y=0.2)
    axes.axis("off")
    content = io.StringIO()
    figure.savefig(content, format="svg", bbox_inches="tight", pad_inches=0.02)
    plt.close(figure)
    return content.getvalue().partition("<svg")[2].join(["<svg", ""])


def row(course):
    """Return a row of the table."""
    last = course[-1]
    kind = "" if last["outcome"] in ("", "kept") else ' class="missed"'
    return (
        f"<tr><td>{html.escape(last['name'])}</td>"
        f'<td class="number">{last["median"]:.4g} {html.escape(last["unit"])}</td>'
        f"<td>{html.escape(last['bar'])}</td>"
        f"<td{kind}>{html.escape(last['outcome'])}</td><td>{draw(course)}</td></tr>"
    )


def section(name, records):
    """Return the table of a benchmark."""
    last = records[-1]
    machine = ", ".join(
        value if key == "processor" else f"{key} {value}"
        for key, value in last["machine"].items()
    )
    about = f"{last['date']}, commit {last['commit']}, {machine}"
    head = "".join(
        f"<th>{title}</th>" for title in ("", "median", "bar", "", "all runs")
    )
    rows = "\n".join(row(course) for course in courses(records))
    return (
        f"<h2>{html.escape(name.replace('_', ' '))}</h2>\n<p>{html.escape(about)}</p>\n"
        f"<table>\n<tr>{head}</tr>\n{rows}\n</table>\n"
    )


def main():
    """Write the page and say where it is."""
    body = "".join(section(name, runs) for name, runs in sorted(read_history().items()))
    page = RESULTS / "trend.html"
    page.write_text(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Benchmarks of skseisfp</title><style>{STYLE}</style></head>\n"
        f"<body><h1>Benchmarks of skseisfp</h1>\n{body}</body></html>\n"
    )
    print(f"all runs so far: {page}")


if __name__ == "__main__":
    main()
