"""The facts of a published system."""

from __future__ import annotations

from dataclasses import dataclass

from .._utils.checks import check_option

EXACT = "exact"
RECONSTRUCTION = "reconstruction"
BY_DESCRIPTION = "by description"

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class PublishedSystem:
    """What is published of a system, for the attribute `published` of a baseline.

    Parameters
    ----------
    paper : str
        Who published it.
    year : int
        When it was published.
    task : str
        What it was made for, which is not always the nature of events.
    input : str
        What the system takes.
    exactness : {"exact", "reconstruction", "by description"}
        ``"exact"`` where the layers are published, ``"reconstruction"`` where only some
        of them are and figures narrow down the others, or others have rebuilt them,
        ``"by description"`` where most of it is ours.
    source : str
        Where these facts are from.
    record_shape : tuple of int, default=None
        Shape of one row of the published input, at the default sampling rate of the
        baseline; ours where a paper does not give it. None is for a system without a
        network.
    n_classes : int, default=2
        Number of classes for which parameters are counted.
    published_parameters : int, default=None
        Number of parameters as printed by the authors, or counted by hand from the
        layers that they published; None where these are unknown.
    figure : str, default="unknown"
        The published result.
    measured_on : str, default="unknown"
        The data that the result was measured on.
    split : str, default="unknown"
        How these data were split.
    caveats : str, default=""
        What to know before the result is quoted.

    Raises
    ------
    ValueError
        If `exactness` is another word.

    See Also
    --------
    published_systems : The table of these facts.
    NetworkBaseline : Base class of baselines.

    Examples
    --------
    >>> from skseisfp.baselines import PublishedSystem, TrovaCNN
    >>> TrovaCNN.published.figure
    'accuracy 94.8 % (163 of 172 fingerprints)'
    >>> facts = PublishedSystem(
    ...     paper="Doe",
    ...     year=2000,
    ...     task="earthquake or blast",
    ...     input="waveforms, 60 s",
    ...     exactness="by description",
    ...     source="abstract",
    ... )
    >>> facts.split
    'unknown'
    """

    paper: str
    year: int
    task: str
    input: str
    exactness: str
    source: str
    record_shape: tuple[int, ...] | None = None
    n_classes: int = 2
    published_parameters: int | None = None
    figure: str = UNKNOWN
    measured_on: str = UNKNOWN
    split: str = UNKNOWN
    caveats: str = ""

    def __post_init__(self) -> None:
        allowed = (EXACT, RECONSTRUCTION, BY_DESCRIPTION)
        check_option("exactness", self.exactness, allowed)
