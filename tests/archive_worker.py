"""Functions that other processes run on an archive; imports little, starts fast."""

from pathlib import Path

import numpy as np

from skseisfp.archive import SeismicArchive, seismic_archive


def make_stream(seed, *, n_samples=2000, station="A"):
    """Three components of noise."""
    import obspy

    rng = np.random.default_rng(seed)
    header = {
        "network": "XX",
        "station": station,
        "sampling_rate": 100.0,
        "starttime": obspy.UTCDateTime(2024, 1, 1) + 100 * seed,
    }
    return obspy.Stream(
        obspy.Trace(
            rng.integers(-(2**20), 2**20, n_samples, dtype=np.int32),
            {**header, "channel": channel},
        )
        for channel in ("HHZ", "HHN", "HHE")
    )


def write_files(folder, n_files):
    """Write one miniSEED file for each event."""
    for seed in range(n_files):
        (folder / f"ev{seed:03d}").mkdir(parents=True)
        file = folder / f"ev{seed:03d}" / "XX.A.mseed"
        make_stream(seed).write(str(file), format="MSEED")


def import_folder(connection, archive, folder):
    """Import a folder in transactions of two recordings."""
    seismic_archive.BATCH = 2
    connection.send("begin")
    SeismicArchive(archive).import_folder(folder, groups="folder")
    connection.send("end")


def add_files(connection, archive, folder):
    """Add files one by one, and say so after each."""
    import obspy

    connection.send("begin")
    archive = SeismicArchive(archive)
    for file in sorted(Path(folder).rglob("*.mseed")):
        stream = obspy.read(str(file), format="MSEED")
        (name,) = archive.add(stream, file.parent.name)
        connection.send(name)
    connection.send("end")
