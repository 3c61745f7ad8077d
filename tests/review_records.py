"""Records to be reviewed, and names that could break a page."""

import numpy as np

from skseisfp.datasets import make_seismograms

EVIL = "</script><script>window.evil = 1</script><b>x</b> & \"a\", 'b'"


def make_bunch(n_records=12, **options):
    return make_seismograms(
        n_records, records_per_event=4, duration=70, random_state=0, **options
    )


def make_evil(bunch):
    """Put what could break a page into all that it shows."""
    bunch.frame["record_id"] = [f"{EVIL} {k}" for k in range(len(bunch.frame))]
    bunch.stations = np.full(len(bunch.frame), EVIL)
    bunch.groups = np.full(len(bunch.frame), EVIL)
    bunch.target = np.full(len(bunch.frame), EVIL)
    return bunch
