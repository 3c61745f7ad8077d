"""Writers on a disk that is full soon; run by test_atomic.

It writes as JSON, for each kind of file, how a process that wrote it ended, and the
version of the file after that. Every such process is a fork of this one.
"""

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

from archive_worker import make_stream
from killed_writers import KINDS, leftovers, version_in

from skseisfp.archive import SeismicArchive

LIMIT = 1000  # bytes that a file can have
LIMITS = {"plan.toml": 10, "cube.csv": 300}  # of smaller files
OF_HDF5 = ("cube.nc", "set", "archive")  # which may fail again when a process ends
NAMED, NO_ERROR, OTHER_ERROR = 0, 1, 2
ENDS = {NAMED: "named", NO_ERROR: "no error", OTHER_ERROR: "another error"}


def add_recording(number, path):
    """Add a recording to an archive."""
    SeismicArchive(path).add(make_stream(number), f"e{number}")


def count_recordings(path):
    """The number of the recordings of a sound archive."""
    archive = SeismicArchive(path)
    assert archive.verify().empty
    return len(archive.query())


def write_without_space(write, path, limit):
    """Fork a process that writes a file which does not fit the disk."""
    process = os.fork()
    if process == 0:
        end = OTHER_ERROR
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            write(2, path)
            end = NO_ERROR
        except OSError as error:
            end = NAMED if str(path) in str(error) else OTHER_ERROR
            if end == OTHER_ERROR:
                traceback.print_exc()
        except BaseException:
            traceback.print_exc()
        if path.name in OF_HDF5:
            sys.exit(end)  # as any process ends, slowly
        os._exit(end)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return ENDS.get(code, f"exit status {code}")


def main(folder):
    """Fill the disk below each writer."""
    kinds = {**KINDS, "archive": (add_recording, count_recordings)}
    found = {}
    for name, (write, read) in kinds.items():
        path = folder / f"of_{name}" / name
        path.parent.mkdir()
        if name != "set":  # which is written to a new place only
            write(1, path)
        end = write_without_space(write, path, LIMITS.get(name, LIMIT))
        found[name] = [end, version_in(path, read), leftovers(path.parent)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
