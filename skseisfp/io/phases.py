"""The names of seismic phases, and the phase that each stands for."""

from __future__ import annotations

import re

# Names of IASPEI's list (Storchak et al. 2003, Seism. Res. Lett. 74) for the first P
# and S of a station, and what agencies write for them. Reflections and depth phases,
# such as PP, PcP and pP, are later arrivals and stand for neither.
PHASES: dict[str, tuple[str, ...]] = {
    "P": (
        *("P", "p", "P1", "P*"),
        *("Pg", "Pn", "Pb", "PG", "PN", "PB", "pg", "pn", "pb"),
        *("Pdif", "Pdiff", "PKP", "PKPdf", "PKPbc", "PKPab", "PKIKP"),
    ),
    "S": (
        *("S", "s", "S1", "S*"),
        *("Sg", "Sn", "Sb", "SG", "SN", "SB", "sg", "sn", "sb"),
        *("Sdif", "Sdiff"),
    ),
}
# Onset (impulsive, emergent, questionable) before the name; first motion and weight
# after it, as in the bulletins of HYPO71: iP, ePg, IPU0, eS 2
ONSET = re.compile(r"[ieqIEQ](?P<name>.+?)(?P<motion>[+\-cdCDuU.?]?[0-4]?)")


def phase_of(name: object) -> str | None:
    """Return the phase that a name stands for.

    Parameters
    ----------
    name : str
        Name in a catalogue or table.

    Returns
    -------
    {"P", "S"} or None
        The phase; None where it is another one, or not a name.

    Examples
    --------
    >>> from skseisfp.io.phases import phase_of
    >>> [phase_of(name) for name in ("iP", "Pn", "P1", "p", "eSg", "PcP", "pP")]
    ['P', 'P', 'P', 'P', 'S', None, None]
    """
    text = "".join(str(name).split())
    written = [text, text.rstrip("+-?")]
    match = ONSET.fullmatch(text)
    if match is not None:
        written += [match["name"], match["name"] + match["motion"]]
    for phase, names in PHASES.items():
        if any(item in names for item in written):
            return phase
    return None
