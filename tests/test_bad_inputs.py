"""Wrong inputs raise an error that says what is wrong, and the pages have them all.

``python tests/bad_inputs.py`` writes the pages again.
"""

import bad_input_rows  # noqa: F401
import bad_inputs
import pytest
from bad_inputs import FAIR, PAGES, ROWS, cell_of, error_of, lines_of_pages

for package in ("skops", "h5py", "h5netcdf", "xarray"):
    pytest.importorskip(package, reason=f"{package} is not installed")

WRITTEN = lines_of_pages()
PAGE_OF = {group: name for name, groups in PAGES.items() for group in groups}


@pytest.mark.parametrize("item", ROWS, ids=lambda item: f"{item.given}-{item.to}")
def test_its_page_says_what_is_raised(item):
    error, folder = error_of(item.run)
    assert isinstance(error, FAIR), repr(error)
    assert len(str(error)) > 20
    page = WRITTEN[PAGE_OF[item.group]]
    assert f"| {item.given} | `{item.to}` | {cell_of(error, folder)} |" in page


def test_the_pages_have_every_row_once():
    all_lines = [line for page in WRITTEN.values() for line in page]
    lines = [line.split(" | ")[:2] for line in all_lines if line.startswith("| ")]
    lines = [line for line in lines if line[0] != "| given"]
    expected = [[f"| {item.given}", f"`{item.to}`"] for item in ROWS]
    assert sorted(lines) == sorted(expected)
    assert len({tuple(line) for line in lines}) == len(lines) >= 60


def test_what_is_taken_is_seen():
    assert cell_of(*error_of(lambda folder: None)) == "no error"


def test_messages_fit_a_cell():
    def run(folder):
        raise ValueError(f"{folder}/a.csv\n is | {'long ' * 99}")

    cell = cell_of(*error_of(run))
    assert cell.startswith("`ValueError`: a.csv is \\| long")
    assert cell.endswith("...")
    assert len(cell) < bad_inputs.LONGEST + 30


def test_words_of_other_packages_are_left_out():
    def run(folder):
        try:
            int("x")
        except ValueError as error:
            raise ValueError(f"a must be a number: {error}") from error

    assert cell_of(*error_of(run)) == "`ValueError`: a must be a number: ..."
