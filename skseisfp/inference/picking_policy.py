"""Which onsets records are cut at: those of a catalogue, and those of a machine."""

from __future__ import annotations

from typing import Literal

from sklearn.base import BaseEstimator

from .._compat import StrOptions
from .._parameters import Quantity, ValidatedParameters

STA, LTA = 0.5, 5.0  # seconds; the defaults of pick_phases
LONGEST_SEARCH = 3600.0  # seconds; P of one event is everywhere within 20 minutes


class PickingPolicy(ValidatedParameters, BaseEstimator):
    """State which onsets the records of an event are cut at.

    Rejected picks of a catalogue are never taken. Of several picks of P at a station
    the manual ones come first, see `skseisfp.io.first_picks`.

    Parameters
    ----------
    modes : {"all", "not_automatic", "manual"}, default="all"
        Picks of a catalogue that are taken, by their evaluation mode: all of them,
        those that are not said to be automatic, or those that are said to be manual.
    missing : {"reject", "events", "stations"}, default="events"
        What to do without such a pick: reject the record; pick onsets for events
        that have no pick of P at any station; or at all stations that have none.
    threshold : float in (0, 10], default=3.5
        Ratio of power in half a second to that in five seconds, at an onset that is
        picked, see `skseisfp.signal.pick_onsets`.
    search : float in [5, 3600], default=60.0
        Seconds after the origin in which onsets are picked. A stream without catalogue
        is searched as a whole.
    doubtful : {"flag", "keep"}, default="flag"
        What to do with picks before the origin, and with automatic ones that do not
        agree with those of other stations: flag their records, which then do not vote,
        or use them.

    See Also
    --------
    EventDiscriminator : Its parameter `picking`.
    skseisfp.io.pick_phases : Onsets of a stream.

    Notes
    -----
    Two picks agree if they are as far apart as P at 5 km/s needs from one station to
    the other, and 2 s, at most; where the places are not known, 30 s. Manual picks are
    not compared. An automatic pick that is the only one of its event is used.

    Examples
    --------
    >>> from skseisfp.inference import PickingPolicy
    >>> PickingPolicy(modes="manual", missing="reject")
    PickingPolicy(missing='reject', modes='manual')
    """

    _parameter_constraints = {
        "modes": [StrOptions({"all", "not_automatic", "manual"})],
        "missing": [StrOptions({"reject", "events", "stations"})],
        "threshold": [Quantity(0, LTA / STA, closed="right", unit="(a ratio)")],
        "search": [Quantity(LTA, LONGEST_SEARCH, closed="both", unit="s")],
        "doubtful": [StrOptions({"flag", "keep"})],
    }

    def __init__(
        self,
        *,
        modes: Literal["all", "not_automatic", "manual"] = "all",
        missing: Literal["reject", "events", "stations"] = "events",
        threshold: float = 3.5,
        search: float = 60.0,
        doubtful: Literal["flag", "keep"] = "flag",
    ) -> None:
        self.modes = modes
        self.missing = missing
        self.threshold = threshold
        self.search = search
        self.doubtful = doubtful
