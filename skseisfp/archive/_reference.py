"""Recordings of an archive that are read when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .._utils.hdf5 import inner_path
from ..io.merging import split_instruments, station_of
from ..io.read_waveforms import read_stream
from ..io.recording import digest_of, make_recordings
from ..signal.waveform import RecordError
from ._segments import open_segment, read_traces

if TYPE_CHECKING:
    from obspy import Stream


@dataclass(frozen=True, slots=True)
class RecordReference:
    """A recording of an archive: small, picklable, and read on demand.

    `WaveformReader.read` takes sequences of them.

    Attributes
    ----------
    folder : str
        The archive.
    record_id : str
        Name of the recording.
    event_id : str or None
        Its event.
    instrument : str
        Network, station, location and the first letters of the channel.
    digest : str
        Checksum of names, times and samples.
    copied : bool
        Whether its samples are in the archive, or in files of the user.
    files : tuple of str
        The files.
    """

    folder: str
    record_id: str
    event_id: str | None
    instrument: str
    digest: str
    copied: bool
    files: tuple[str, ...]

    @property
    def station(self) -> str:
        """Network and station code."""
        return station_of(self.instrument)

    def stream(self) -> Stream:
        """Read the recording.

        Returns
        -------
        obspy Stream
            Its traces, with gaps as they were.

        Raises
        ------
        ValueError
            If a file is missing, damaged or has changed; the message names it.
        """
        from obspy import Stream

        traces = self._from_segment() if self.copied else self._from_files()
        if digest_of(traces) != self.digest:
            raise RecordError(
                f"{self.record_id} is not what was stored: {', '.join(self.files)} is "
                "damaged or has changed"
            )
        return Stream(traces)

    def _from_segment(self):
        """Return the traces from a file of the archive."""
        file = Path(self.folder) / "waveforms" / self.files[0]
        try:
            inner_path(file.parent, self.files[0])
            with open_segment(file) as content:
                return read_traces(content, self.digest)
        except (
            AttributeError,
            KeyError,
            OSError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            raise RecordError(f"{file} is damaged or missing: {error}") from error

    def _from_files(self):
        """Return the traces from the user's own files."""
        from obspy import Stream

        traces = []
        for file in self.files:
            traces += _read_instruments(file).get(self.instrument, [])
        if not traces:
            raise RecordError(f"{self.files[0]} has no {self.instrument}")
        return list(make_recordings(Stream(traces))[0].traces)


def _read_instruments(file):
    """Return the traces of a file by instrument, kept for the next instrument."""
    try:
        stat = Path(file).stat()
    except OSError as error:
        raise RecordError(f"{file} cannot be read: {error.strerror}") from error
    return _read_version(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _read_version(file, modified, size):
    """Return the traces of a file; another time or size makes another entry."""
    return split_instruments(read_stream(file))
