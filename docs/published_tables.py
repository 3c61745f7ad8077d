"""The published systems as a part of the site, made when it is built."""

from skseisfp.baselines import published_systems

PLACE = "<!-- the published systems -->"
WHAT = {
    "input": "input",
    "parameters": "parameters",
    "published": "published_parameters",
    "rebuilt": "exactness",
}
REPORTED = {"figure": "figure", "measured on": "measured_on", "split": "split"}


def insert_systems(app, docname, source):
    """Put the published systems into the page that has a place for them."""
    if PLACE in source[0]:
        source[0] = source[0].replace(PLACE, write_systems())


def write_systems():
    """Return the sections on the published systems, in Markdown."""
    table = published_systems()
    by_event = table["level"] == "event"
    table["input"] = table["input"].str.cat(table["input_shape"].map(write_shape))
    table.loc[by_event, "input"] += ", by event"
    for column in ("published_parameters", "parameters"):
        table[column] = table[column].map("{:,}".format, na_action="ignore")
    table = table.astype("string").fillna("-").replace(" %", "&nbsp;%", regex=True)
    sections = {
        "What they are": write_table(table, WHAT),
        "What was reported": write_table(table, REPORTED),
        "What to know of them": write_list(table),
    }
    return "\n\n".join(f"## {heading}\n\n{text}" for heading, text in sections.items())


def write_shape(shape):
    """Return the shape of an input in words, if it has one."""
    return f": {'&nbsp;x&nbsp;'.join(map(str, shape))}" if shape else ""


def write_table(table, headings):
    """Return columns under headings, the rows named by links to the classes."""
    lines = [["system", *headings], ["---"] * (1 + len(headings))]
    for name, row in table[list(headings.values())].iterrows():
        lines.append([write_link(name), *row])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write_list(table):
    """Return who published each system and for what, caveats and the source."""
    return "\n".join(
        f"- {write_link(name)}: {row['paper']} ({row['year']}); task: {row['task']}. "
        f"{row['caveats']} Source: {row['source']}."
        for name, row in table.iterrows()
    )


def write_link(name):
    """Return a link to the page of a class."""
    return f"{{class}}`~skseisfp.baselines.{name}`"
