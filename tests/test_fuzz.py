"""The fuzzing command finds what is planted, and nothing in a few inputs of each."""

import json
import re
from collections import Counter

import fuzz
import numpy as np
import pytest
from fuzzing import mutations
from fuzzing.children import Pool
from fuzzing.judging import judge
from fuzzing.seeds import make_seeds
from fuzzing.targets import TARGETS, make_case, write_seeds

for package in ("skops", "h5py", "openpyxl", "pyarrow", "h5netcdf", "xarray"):
    pytest.importorskip(package, reason=f"{package} is not installed")

h5py = pytest.importorskip("h5py")
OWN = [name for name in TARGETS if not name.startswith("planted")]


def run(*arguments, capsys):
    """Run the command; return its exit code and its rows by target."""
    code = fuzz.main([*arguments])
    rows = {}
    for line in capsys.readouterr().out.splitlines():
        match = re.fullmatch(r"(.+?)\s+((?:\d+\s+){7}[\d.]+)", line)
        if match:
            counts = map(int, match[2].split()[:6])
            rows[match[1]] = dict(zip(("tried", *fuzz.OUTCOMES), counts, strict=True))
    return code, rows


@pytest.fixture(scope="module")
def seeds():
    """Seeds of the package's own generator."""
    return make_seeds({TARGETS[name].seeds for name in OWN}, with_obspy=False)


@pytest.fixture(scope="module")
def pool(seeds, tmp_path_factory):
    """A child process that has the seeds."""
    folder = tmp_path_factory.mktemp("pool")
    write_seeds(seeds, folder)
    pool = Pool(1, folder, fuzz.SECONDS, fuzz.MEMORY, [])
    next(pool.run([(OWN[0], 0, 0)]))  # it has started when it has run an input
    yield pool
    pool.close()


@pytest.mark.parametrize("name", OWN)
def test_nothing_is_wrong_with_a_few_inputs(pool, name):
    if name in ("cubes and tables", "SeisBench sets"):
        version = h5py.version.hdf5_version_tuple
        if version < (2,):
            pytest.skip(f"HDF5 {version} itself ends the process on damaged files")
    outcomes = [outcome for _, outcome in pool.run((name, 3, n) for n in range(24))]
    assert [outcome for outcome in outcomes if outcome.kind in fuzz.WRONG] == []
    assert len(outcomes) == 24
    assert "rejected" in {outcome.kind for outcome in outcomes}


def test_the_table_has_a_row_of_every_target(tmp_path, capsys):
    names = ["plans as TOML", "plans of grids"]
    code, rows = run(
        *("--inputs", "5", "--targets", ",".join(names), "--folder", str(tmp_path)),
        capsys=capsys,
    )
    assert code == 0
    assert list(rows) == [*names, "all"]
    for row in rows.values():
        assert row["tried"] == row["taken"] + row["rejected"]
    assert rows["all"]["tried"] == 10


@pytest.mark.parametrize(
    ("name", "kind"),
    {
        "planted crash": "crash",
        "planted hang": "hang",
        "planted raw": "raw",
        "planted raw elsewhere": "raw",
        "planted raw memory": "raw",
        "planted rejected": "rejected",
    }.items(),
)
def test_what_is_planted_is_seen_and_kept(tmp_path, capsys, name, kind):
    code, rows = run(
        *("--inputs", "1", "--seconds", "1", "--folder", str(tmp_path / "wrong")),
        *("--targets", name, "--modules", "planted_targets"),
        capsys=capsys,
    )
    wrong = kind != "rejected"
    assert code == wrong
    assert rows[name] == {"tried": 1, **dict.fromkeys(fuzz.OUTCOMES, 0), kind: 1}
    kept = sorted(tmp_path.rglob("*.zip"))
    assert len(kept) == wrong
    if kind == "raw":
        assert fuzz.main(["--replay", str(kept[0])]) == 1
        assert "raw" in capsys.readouterr().out


@pytest.mark.parametrize("name", OWN)
def test_inputs_come_again(seeds, name):
    for number in range(3):
        cases = [make_case(name, 7, number, seeds) for _ in range(2)]
        assert cases[0].to_bytes() == cases[1].to_bytes()
        assert fuzz.Case.from_bytes(cases[0].to_bytes()) == cases[0]
    others = {make_case(name, 7, number, seeds).to_bytes() for number in range(9)}
    assert len(others) > 1


def test_seeds_come_again(seeds):
    kinds = set(seeds) - {"models", "cubes"}  # which take long
    assert make_seeds(kinds, with_obspy=False) == {kind: seeds[kind] for kind in kinds}


def test_mutations_change_most_inputs():
    rng = np.random.default_rng(0)
    data = b"a,b\n1,2\n3,4\n"
    changed = [mutations.mutated(data, rng, [data]) for _ in range(200)]
    assert Counter(item == data for item in changed)[False] > 180
    packed = mutations.zipped({"a.json": json.dumps({"a": [1, 2]}).encode()})
    assert len({mutations.mutated_zip(packed, rng, []) for _ in range(50)}) > 25


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KeyError("fuzzed"), "raw"),
        (ValueError("fuzzed is wrong"), "raw"),  # raised here, not in the package
        (OSError(2, "No such file", "fuzzed"), "rejected"),
        (OSError(2, "No such file", "another"), "raw"),
    ],
)
def test_errors_are_judged_by_type_place_and_name(error, kind):
    with pytest.raises(type(error)) as caught:
        raise error
    assert judge(caught.value, ["fuzzed"]).kind == kind
