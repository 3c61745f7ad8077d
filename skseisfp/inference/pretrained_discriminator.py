"""A discriminator from a file of the package, whose card begins with its limits."""

from __future__ import annotations

from typing import Any, Self

import numpy.typing as npt

from .event_discriminator import EventDiscriminator
from .picking_policy import PickingPolicy

# of the card of a discriminator, which a reader takes for an estimate of new events
HELD_OUT = "## Scores by event, held out, with 95 % intervals"
NOT_CONFIRMED = (
    "## Scores on the events of training, in folds, with 95 % intervals\n\n"
    "Not confirmed, and no estimate for other events: window, band and classifier come "
    "from work on these events."
)


class PretrainedDiscriminator(EventDiscriminator):
    """A fitted discriminator whose card leads with what others have confirmed.

    `skseisfp.inference.load_pretrained` returns it; it is used like any other
    `skseisfp.inference.EventDiscriminator`.

    Attributes
    ----------
    confirmed_ : str
        Markdown that the card begins with: scores on events that nothing was selected
        on, and limits. Another `fit` removes it.

    Examples
    --------
    >>> from skseisfp.inference import load_pretrained
    >>> discriminator = load_pretrained("pnw")
    >>> discriminator.confirmed_.splitlines()[0]
    '## Confirmed'
    """

    _earlier_picking = PickingPolicy()  # the files come with this version

    confirmed_: str

    def fit(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | str | None = None,
        **fit_params: Any,
    ) -> Self:
        """Fit as `EventDiscriminator` does; nothing is confirmed of the result.

        Parameters
        ----------
        X : array-like of shape (n_records, ...), Bunch or SeismicArchive
            Records.
        y : array-like of shape (n_records,), default=None
            Labels.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record.
        **fit_params : dict
            Parameters of the wrapped classifier's `fit`.

        Returns
        -------
        PretrainedDiscriminator
            The fitted discriminator.
        """
        vars(self).pop("confirmed_", None)
        return super().fit(X, y, groups, **fit_params)

    def model_card(self) -> str:
        """Return a page that leads with confirmed scores and limits.

        Returns
        -------
        str
            Markdown.
        """
        card = super().model_card()
        if not hasattr(self, "confirmed_"):
            return card
        title, _, rest = card.partition("\n\n")
        rest = rest.replace(HELD_OUT, NOT_CONFIRMED)
        return f"{title}\n\n{self.confirmed_.strip()}\n\n{rest}"
