"""The catalogue of baselines as tables of the site, made when it is built."""

from skseisfp.baselines import catalogue

PLACE = "<!-- tables of the catalogue -->"
HEADINGS = {
    "What they are": {
        "published by": "by",
        "task": "task",
        "input": "input",
        "parameters, published": "published_parameters",
        "parameters, here": "parameters",
        "rebuilt": "exactness",
    },
    "What was reported": {
        "figure": "figure",
        "measured on": "measured_on",
        "split": "split",
        "caveats": "caveats",
        "source": "source",
    },
}


def insert_tables(app, docname, source):
    """Put the tables into the page that has a place for them."""
    if PLACE in source[0]:
        source[0] = source[0].replace(PLACE, "\n\n".join(make_tables()))


def make_tables():
    """Return the sections of the tables, in Markdown."""
    table = catalogue()
    table["by"] = table["paper"] + " (" + table["year"].astype("string") + ")"
    by_event = table["level"] == "event"
    table["input"] = table["input"].str.cat(table["input_shape"].map(write_shape))
    table.loc[by_event, "input"] += "; rows are events"
    for column in ("published_parameters", "parameters"):
        table[column] = table[column].map("{:,}".format, na_action="ignore")
    return [
        f"## {heading}\n\n{write_table(table[list(columns.values())], columns)}"
        for heading, columns in HEADINGS.items()
    ]


def write_shape(shape):
    """Return the shape of an input in words, if it has one."""
    return f" ({' x '.join(map(str, shape))})" if shape else ""


def write_table(table, headings):
    """Return a table in Markdown, its rows named by links to the classes."""
    lines = [["system", *headings], ["---"] * (1 + len(headings))]
    for name, row in table.astype("string").fillna("-").iterrows():
        lines.append([f"{{class}}`~skseisfp.baselines.{name}`", *row])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
