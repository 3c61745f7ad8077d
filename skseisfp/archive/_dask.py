"""Records of an archive as an array of Dask, whose blocks workers read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone

from .._utils.optional import import_optional
from ..io.exclusions import exclusions_among, reasons_to_exclude
from ..io.lazy_records import lazy_records
from ..io.record_bunch import facts_of_reader, record_bunch
from ..io.record_notes import note_low_rates
from ..io.unlabelled import count_unlabelled
from ..signal.waveform import RecordError
from ._fingerprints import check_reader
from ._segments import segments_kept_open


def dask_bunch(archive, references, reader, exclusions, block_size):
    """Return records as `SeismicArchive.to_dask` describes them."""
    check_reader(reader)
    stored = archive.query()
    exclusions = exclusions_among(exclusions, stored, references)
    reasons = reasons_to_exclude(exclusions, [item.record_id for item in references])
    taken = [item for item in references if item.record_id not in reasons]
    if not taken:
        raise ValueError(f"{archive} has no recording to read.")
    fixed: Any = clone(reader)  # which does not change until a block is read
    records = lazy_records(taken, fixed, events=archive.events(), picks=archive.picks())
    names = [record.reference.record_id for record in records]
    bunch = record_bunch(
        _as_dask(records, archive.inventory(), block_size),
        stored.set_index("record_id", drop=False).loc[names].reset_index(drop=True),
        DESCR=f"{len(names)} records, in blocks of {block_size} that are read when "
        "they are needed.",
        sampling_rate=float(fixed.sampling_rate),
        components=fixed.components,
        **facts_of_reader(fixed),
    )
    note_low_rates(bunch.frame, bunch.sampling_rate)
    return count_unlabelled(bunch, stacklevel=4)  # the line that calls to_dask


def _as_dask(records, inventory, block_size):
    """Return an array of Dask from lazy records; read the first one for its shape."""
    dask = import_optional("dask", extra="dask")
    arrays = import_optional("dask.array", extra="dask")
    first = read_block(records[:1], inventory)
    rows = arrays.from_array(records, chunks=block_size, name=False)
    return arrays.map_blocks(
        read_block,
        rows,
        inventory=dask.delayed(inventory),  # sent to each worker once, not with blocks
        new_axis=list(range(1, first.ndim)),
        chunks=(rows.chunks[0], *((size,) for size in first.shape[1:])),
        meta=first[:0],
        name=False,
    )


def read_block(records, inventory):
    """Return lazy records as an array; a worker reads the files of a block once."""
    with segments_kept_open():
        return np.stack([_read(replace(one, inventory=inventory)) for one in records])


def _read(record):
    """Return a record; name it where there is none."""
    try:
        return record.read()
    except RecordError as error:
        name = record.reference.record_id
        raise ValueError(
            f"{name} makes no record: {error}. Leave it out by exclusions; "
            "SeismicArchive.fingerprints lists all of its kind as rejected."
        ) from error
