"""The benchmark of picks runs on a small set in the form of the real one."""

import tarfile

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("obspy", reason="obspy is not installed (extra io)")
import pick_quality

pytestmark = pytest.mark.filterwarnings(
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
N_EVENTS, RATE, ORIGIN, LATE = 8, 40.0, 50.0, 6.0


def make_record(rng, kind, *, early):
    """Return 150 s of noise with P 6 s after the origin, and perhaps a spike before."""
    samples = rng.normal(0, 10, round(150 * RATE))
    time = np.arange(len(samples)) / RATE - ORIGIN - LATE
    wave = np.sin(2 * np.pi * (2.0 if kind == "explosion" else 7.0) * time)
    samples += np.where(time > 0, 900 * wave * np.exp(-time.clip(0) / 9), 0)
    if early:
        samples[round(20 * RATE) : round(21 * RATE)] *= 90
    return samples.round().astype(np.int32)


@pytest.fixture
def folder(tmp_path):
    """A set of events at two stations; at one of them some have an early onset."""
    from obspy import Trace, UTCDateTime

    rng = np.random.default_rng(0)
    rows = []
    (tmp_path / "pnw").mkdir()
    with tarfile.open(tmp_path / "pnw/mseed.tar", "w") as archive:
        for number in range(N_EVENTS):
            kind = "explosion" if number % 2 else "earthquake"
            origin = UTCDateTime(2024, 1, 1) + 3600 * number
            for station in "AB":
                header = {"network": "XX", "station": station, "channel": "HHZ"}
                early = station == "B" and number < 3
                trace = Trace(make_record(rng, kind, early=early), header)
                trace.stats.sampling_rate = RATE
                trace.stats.starttime = origin - ORIGIN
                name = f"e{number}_XX.{station}.HHZ"
                trace.write(str(tmp_path / "part"), format="MSEED")
                archive.add(tmp_path / "part", f"{name}.2024.mseed")
                rows.append((name, f"e{number}", f"XX.{station}", kind, str(origin)))
    columns = ["record_id", "event_id", "station", "event_type", "origin_time_utc"]
    table = pd.DataFrame(rows, columns=columns).assign(
        origin_sample=800,
        p_sample_auto=round(800 + LATE * RATE),
        snr_db=20.0,
        label_confidence="high",
    )
    table.loc[0, "snr_db"] = 1.0
    table.to_csv(tmp_path / "pnw/metadata.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_the_page_has_all_kinds_of_picks(folder, monkeypatch, capsys):
    command = ["pick_quality.py", "--data", str(folder), "--splits", "2"]
    command += ["--trees", "5", "--seeds", "0", "--results", str(folder / "results")]
    monkeypatch.setattr("sys.argv", command)
    monkeypatch.setitem(pick_quality.BOOTSTRAP, "n_resamples", 20)
    pick_quality.main()
    page = (folder / "results/summary.txt").read_text()
    assert page.strip() == capsys.readouterr().out.strip()
    assert "15 records" in page
    assert "of 15 first onsets 3 are before the origin" in page
    lines = page.partition("differences")[0].splitlines()
    rows = {line[:37].strip(): line[37:] for line in lines}
    assert "{'given': 15}" in rows[pick_quality.REFERENCE]
    for name, (kind, doubtful) in pick_quality.KINDS.items():
        # the early onsets, one of which is the only pick of its event
        events, taken = (7, 12) if (kind, doubtful) == ("first", "reject") else (8, 15)
        assert f"{events:4d} ( 4)    {taken:5d}" in rows[name], name
    assert page.count(" events)") == len(pick_quality.PAIRS)
