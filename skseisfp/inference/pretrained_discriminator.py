"""A discriminator from a file of the package, whose card begins with its limits."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy.typing as npt

from .event_discriminator import EventDiscriminator
from .model_card import OF_DATA_SET
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
    pretrained_name_ : str
        Name by which `load_pretrained` knows it. Another `fit` removes it.

    Warns
    -----
    UserWarning
        From `discriminate`: the discriminator is for demonstration.

    Examples
    --------
    >>> from skseisfp.inference import load_pretrained
    >>> discriminator = load_pretrained("pnw")
    >>> discriminator.confirmed_.splitlines()[0]
    '## Confirmed'
    """

    _earlier_picking = PickingPolicy()  # the files come with this version

    confirmed_: str
    pretrained_name_: str

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
        for name in ("confirmed_", "pretrained_name_"):
            vars(self).pop(name, None)
        return super().fit(X, y, groups, **fit_params)

    def _model_name(self):
        """Return the name of the file, for comments of a catalogue."""
        if not hasattr(self, "confirmed_"):
            return super()._model_name()
        name = getattr(self, "pretrained_name_", "")
        return f"pretrained {name}".rstrip() + ", for demonstration"

    def _warn_of_purpose(self):
        """Warn that scores of other regions are not confirmed."""
        if hasattr(self, "confirmed_"):
            warnings.warn(
                f"This discriminator is {self._model_name()}: events outside of the "
                "region that it was trained on have no confirmed score, see its "
                "model_card.",
                UserWarning,
                stacklevel=3,
            )

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
        if hasattr(self, "pretrained_name_"):  # not yet when its file is written
            rest = rest.replace(f"- {OF_DATA_SET}\n", "")  # NOT_CONFIRMED says it
        return f"{title}\n\n{self.confirmed_.strip()}\n\n{rest}"
