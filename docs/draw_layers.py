"""Draw the layers of the package from its imports: ``python docs/draw_layers.py``.

A layer is higher than all that it imports. Arrows are imports; those that follow from
others are left out, as in a transitive reduction. The rows are ordered by the mean
place of their neighbours (Sugiyama et al., 1981), so that few arrows cross.
"""

import ast
from itertools import pairwise
from pathlib import Path

import skseisfp

ROOT = Path(skseisfp.__path__[0])
PICTURE = Path(__file__).parent / "_static" / "layers.svg"
WIDTH, HEIGHT = 132, 40  # of a box
GAP, STEP = 22, 96  # between boxes of a row, and from row to row
BEND = 12  # width of an arrow between boxes
FACE, EDGE, INK, LINE = "#e8f2f7", "#0b7fab", "#212529", "#868e96"
ROUNDS = 8


def read_imports(root=ROOT):
    """Return the imports of each subpackage, and its number of modules."""
    imports, counts = {}, {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if parts == ("__init__",):
            continue
        counts[parts[0]] = counts.get(parts[0], 0) + (parts[-1] != "__init__")
        found = imports.setdefault(parts[0], set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found.update(imported_packages(node, len(parts)))
    return {
        home: {other for other in found if other in imports and other != home}
        for home, found in imports.items()
    }, counts


def imported_packages(node, depth):
    """Return the subpackages that a relative import in a module names."""
    if node.level != depth:
        return []
    return [node.module.split(".")[0]] if node.module else [a.name for a in node.names]


def rank(imports):
    """Return the height of each subpackage: one more than the highest it imports."""
    heights = {}

    def height(home):
        if home not in heights:
            heights[home] = 1 + max(map(height, imports[home]), default=-1)
        return heights[home]

    for home in imports:
        height(home)
    return heights


def reduce(imports):
    """Return the imports that do not follow from others."""

    def below(home):
        found = set(imports[home])
        for other in imports[home]:
            found |= below(other)
        return found

    return {
        home: {
            other
            for other in found
            if not any(other in below(third) for third in found - {other})
        }
        for home, found in imports.items()
    }


def make_rows(imports, heights):
    """Return the rows, from the bottom, with a bend where an arrow passes a row."""
    rows = [[] for _ in range(1 + max(heights.values()))]
    arrows = []
    for home in sorted(imports):
        rows[heights[home]].append(home)
    for home, found in sorted(imports.items()):
        for other in sorted(found):
            bends = [
                (home, other, k) for k in range(heights[home] - 1, heights[other], -1)
            ]
            for bend in bends:
                rows[bend[2]].append(bend)
            arrows.append([home, *bends, other])
    return rows, arrows


def order(rows, arrows):
    """Order each row by the mean place of the neighbours of its members."""
    near = {}
    for arrow in arrows:
        for first, second in pairwise(arrow):
            near.setdefault(first, []).append(second)
            near.setdefault(second, []).append(first)
    for _ in range(ROUNDS):
        for row in (*rows, *reversed(rows)):
            place = place_rows(rows)

            def mean(member, place=place):
                others = near.get(member, [member])
                return sum(place[other][0] for other in others) / len(others)

            row.sort(key=mean)
    return rows


def place_rows(rows):
    """Return the middle of each member, the rows being centred."""
    place = {}
    for k, row in enumerate(reversed(rows)):
        x = -sum(map(width_of, row)) / 2
        for member in row:
            place[member] = (x + width_of(member) / 2, k * STEP)
            x += width_of(member)
    return place


def width_of(member):
    """Return the width that a box or a bend takes in its row."""
    return WIDTH + GAP if isinstance(member, str) else BEND


def draw(imports, counts):
    """Return the picture as SVG."""
    heights = rank(imports)
    rows, arrows = make_rows(reduce(imports), heights)
    place = place_rows(order(rows, arrows))
    left = min(x - width_of(member) / 2 for member, (x, _) in place.items())
    width = max(x + width_of(member) / 2 for member, (x, _) in place.items()) - left
    height = STEP * (len(rows) - 1) + HEIGHT + 2 * GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} '
        f'{-HEIGHT / 2 - GAP:g} {width:g} {height:g}" width="{width:g}" '
        'font-family="sans-serif" text-anchor="middle">',
        "<title>Layers of skseisfp</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 1 8 4 0 7z" fill="{LINE}"/>'
        "</marker></defs>",
        f'<rect x="{left:g}" y="{-HEIGHT / 2 - GAP:g}" width="{width:g}" '
        f'height="{height:g}" fill="white"/>',
        *(draw_arrow([place[member] for member in arrow]) for arrow in arrows),
        *(draw_box(home, counts[home], *place[home]) for home in sorted(imports)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def draw_arrow(points):
    """Return a line from box to box: curved between rows, upright through them."""
    half = HEIGHT / 2
    (x, y), *bends, (last_x, last_y) = points
    y += half
    path = f"M{x:g} {y:g}"
    for next_x, next_y in (*bends, (last_x, last_y)):
        top = next_y - half
        middle = (y + top) / 2
        path += f"C{x:g} {middle:g} {next_x:g} {middle:g} {next_x:g} {top:g}"
        x, y = next_x, next_y + half
        if (next_x, next_y) != (last_x, last_y):
            path += f"V{y:g}"
    return f'<path d="{path}" fill="none" stroke="{LINE}" marker-end="url(#tip)"/>'


def draw_box(home, count, x, y):
    """Return the box of a subpackage, with its name and number of modules."""
    modules = "1 module" if count == 1 else f"{count} modules"
    return (
        f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="5" fill="{FACE}" stroke="{EDGE}"/>'
        f'<text x="{x:g}" y="{y - 2:g}" font-size="14" fill="{INK}">{home}</text>'
        f'<text x="{x:g}" y="{y + 13:g}" font-size="10" fill="{INK}">{modules}</text>'
    )


def main(app=None):
    """Write the picture; Sphinx gives its application, which is not needed."""
    PICTURE.write_text(draw(*read_imports()), encoding="utf-8")


if __name__ == "__main__":
    main()
