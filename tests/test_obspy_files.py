"""All files of obspy's own tests: taken as obspy reads them, or rejected with a reason.

``python tests/obspy_files.py`` writes the tables of the page on formats again.
"""

import pytest
from obspy_files import OTHERS, PAGE, find, marks, outcomes, table_of, version_line

pytestmark = pytest.mark.slow  # 900 files, three times
KINDS = ("waveforms", "catalogues", "stations")
FEWEST = 800  # files; distributions without the data of the tests have some dozens


@pytest.fixture(scope="module")
def found():
    """Outcomes of all files."""
    _, files = find()
    if len(files) < FEWEST:
        pytest.skip(f"this distribution of obspy has {len(files)} files of its tests")
    return outcomes()


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_is_wrong_or_nameless(found, kind):
    assert [item for item in found[kind] if item.result in ("wrong", "nameless")] == []


def test_nearly_all_that_obspy_reads_is_taken(found):
    for kind, fewest in (("waveforms", 0.95), ("catalogues", 1), ("stations", 1)):
        results = [item.result for item in found[kind] if item.format != OTHERS]
        assert results.count("taken") >= fewest * len(results)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_has_these_numbers(found, kind):
    text = PAGE.read_text()
    if version_line() not in text:
        pytest.skip("the page was written with another version of obspy")
    begin, end = marks(kind)
    table = text.split(begin)[1].split(end)[0].strip().splitlines()
    assert table == table_of(kind)
