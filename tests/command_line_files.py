"""Files that the commands of the command line read, all of generated records."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from obspy import Stream, Trace, UTCDateTime
from obspy.core.event import Catalog, Event, Origin, Pick, WaveformStreamID
from obspy.core.inventory import Channel, Inventory, Network, Site, Station

from skseisfp import make_seismograms
from skseisfp.archive import SeismicArchive
from skseisfp.cli import main

TYPES = {"earthquake": "earthquake", "quarry_blast": "quarry blast"}
PLAN = """\
[ranges]
classifier__min_samples_leaf = [1, 3]
classifier__max_depth = [2, 4]

[fixed]
classifier__n_estimators = 10
"""


def write_files(folder, n_records=48):
    """Write waveforms, catalogue, stations, an archive and a plan into a folder."""
    drawn = make_seismograms(
        n_records, classes=tuple(TYPES), sampling_rate=40.0, random_state=3
    )
    catalogue, begin = Catalog(), UTCDateTime(2024, 1, 1)
    for number, name in enumerate(dict.fromkeys(drawn.groups)):
        rows = np.flatnonzero(drawn.groups == name)
        start = begin + 3600 * number
        event = Event(
            resource_id=f"smi:local/e{number}",
            event_type=TYPES[drawn.target.iloc[rows[0]]],
            origins=[Origin(time=start + 10, latitude=50.0, longitude=10.0)],
        )
        (folder / "waveforms" / f"e{number}").mkdir(parents=True)
        for place, row in enumerate(rows):
            write_record(
                folder / "waveforms" / f"e{number}" / f"S{place}.mseed",
                drawn.data[row],
                f"S{place}",
                start,
            )
            onset = start + drawn.frame["p_arrival"][row]
            station = WaveformStreamID("XX", f"S{place}", "", "HHZ")
            event.picks.append(Pick(time=onset, phase_hint="P", waveform_id=station))
        catalogue.append(event)
    catalogue.write(str(folder / "events.xml"), format="QUAKEML")
    write_stations(folder / "stations.xml")
    archive = SeismicArchive(folder / "archive")
    archive.import_folder(
        folder / "waveforms", events=folder / "events.xml", groups="folder"
    )
    (folder / "plan.toml").write_text(PLAN)
    return folder


def write_record(path, samples, station, start):
    """Write a record as miniSEED, in counts."""
    counts = np.round(samples / np.abs(samples).max() * 2**20).astype(np.int32)
    header = {
        "network": "XX",
        "station": station,
        "channel": "HHZ",
        "sampling_rate": 40.0,
        "starttime": start,
    }
    Stream([Trace(counts, header)]).write(str(path), format="MSEED")


def write_stations(path):
    """Write the stations of the records as StationXML."""
    stations = [
        Station(
            f"S{place}",
            50.2 + 0.1 * place,
            10.0,
            0.0,
            site=Site("somewhere"),
            channels=[
                Channel("HHZ", "", 50.2 + 0.1 * place, 10.0, 0.0, 0.0, sample_rate=40)
            ],
        )
        for place in range(12)
    ]
    inventory = Inventory([Network("XX", stations)], source="test")
    inventory.write(str(path), format="STATIONXML")


def run(capsys, *arguments):
    """Return exit code, standard output and standard error of a command."""
    code = main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def start_process(arguments, folder, **options):
    """Start the command as a process of its own."""
    package = Path(sys.modules["skseisfp"].__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "skseisfp", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_interrupts,
        **options,
    )


def _hear_interrupts():
    """Take Ctrl-C as usual: jobs of a shell may ignore it, and so what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
