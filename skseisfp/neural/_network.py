"""The skorch network inside `FingerprintClassifier`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback, EpochTimer, PassthroughScoring
from skorch.helper import predefined_split

from .._utils.progress import progress
from ._randomness import seeded_global_generator
from ._training_log import EpochProgress, PlainTable

# losses that multiply those of the items by weights of their classes
_BY_CLASS = (torch.nn.CrossEntropyLoss, torch.nn.NLLLoss)


class _BatchAccuracy(Callback):
    """Record the accuracy of each batch."""

    def on_batch_end(self, net, batch=None, training=False, y_pred=None, **kwargs):
        """Compare the classes of largest output with the labels."""
        assert batch is not None
        assert y_pred is not None
        scores = y_pred[0] if isinstance(y_pred, tuple) else y_pred
        right = (scores.detach().argmax(1).cpu() == batch[1].cpu()).float()
        if isinstance(batch[0], dict):
            weights = batch[0]["sample_weight"].cpu()
            right = right * (weights / weights.mean())
        name = "train_accuracy" if training else "valid_accuracy"
        net.history.record_batch(name, right.mean().item())


class FingerprintNet(NeuralNetClassifier):
    """A skorch classifier whose random numbers come from the generators of its fit.

    `generators_` is a `FitGenerators`, set before training and removed after it;
    `augmenter_` changes the batches that it trains on, and cuts all others. With
    `shows_bar_` it shows its epochs while it trains.
    """

    generators_: Any = None
    augmenter_: Any = None
    shows_bar_: bool = False
    advance_: Any = None
    mean_weights_: dict[bool, float]
    module_: Any

    @property
    def _default_callbacks(self):
        def average(name, **kwargs):
            return name, PassthroughScoring(name=name, **kwargs)

        return [
            ("epoch_timer", EpochTimer()),
            ("batch_accuracy", _BatchAccuracy()),
            average("train_loss", on_train=True),
            average("valid_loss"),
            average("train_accuracy", on_train=True, lower_is_better=False),
            average("valid_accuracy", lower_is_better=False),
            ("print_log", PlainTable()),
            ("epoch_progress", EpochProgress()),
        ]

    def initialize(self):
        """Initialise all parts, drawing the weights from the fit's generator."""
        with seeded_global_generator(self.generators_.weights, self.device):
            super().initialize()
        if hasattr(self.module_, "set_generator"):
            self.module_.set_generator(self.generators_.dropout)
        return self

    def train(self, dataset, valid, sampler, fast, start=None):
        """Fit the network; Ctrl-C ends it, other than skorch's own fit.

        Parameters
        ----------
        dataset : FingerprintDataset
            The items to train on.
        valid : FingerprintDataset or None
            The items to validate on.
        sampler : iterable of int
            The order of the items, drawn again at each iteration.
        fast : callable
            Returns a context to train in, for the module and its device.
        start : dict of str to Tensor, default=None
            State of the module to start from; None takes a new one.
        """
        self.train_split = None if valid is None else predefined_split(valid)
        self.iterator_train__sampler = sampler
        self.initialize()
        if dataset.weights is not None:
            self._check_takes_weights()
            self.mean_weights_ = {
                True: self._mean_weight(dataset),
                False: 1.0 if valid is None else self._mean_weight(valid),
            }
        if start is not None:
            self.module_.load_state_dict(start)
        self.notify("on_train_begin", X=dataset, y=None)
        try:
            with self._bar(), fast(self.module_, self.device):
                self.fit_loop(dataset)
        except KeyboardInterrupt:
            if not self.stopped_by_callback_:
                raise
        self.notify("on_train_end", X=dataset, y=None)
        self._check_finite()
        return self

    @contextmanager
    def _bar(self):
        """Show the epochs of a fit, if they are to be shown."""
        by = "FingerprintClassifier"
        with progress(self.max_epochs, "epochs", self.shows_bar_, by=by) as advance:
            self.advance_ = advance
            try:
                yield
            finally:
                self.advance_ = None

    def _check_takes_weights(self):
        """Raise if the loss gives no losses of records, which weights multiply."""
        if not hasattr(self.criterion_, "reduction"):
            raise ValueError(
                "sample_weight other than integers needs a criterion with the "
                f"attribute reduction; {type(self.criterion_).__name__} has none."
            )

    def _mean_weight(self, dataset):
        """Return the mean weight of the losses of a dataset, with those of classes."""
        weights = torch.from_numpy(dataset.weights)
        criterion = self.criterion_
        if isinstance(criterion, _BY_CLASS) and criterion.weight is not None:
            labels = torch.from_numpy(dataset.y[dataset.records])
            weights = weights * criterion.weight.cpu()[labels]
        return weights.mean().item()

    def _check_finite(self):
        """Raise if training has driven a weight to infinity."""
        for value in self.module_.state_dict().values():
            if isinstance(value, torch.Tensor) and not value.isfinite().all():
                raise ValueError(
                    f"Training diverged: weights are not finite after "
                    f"{len(self.history)} epochs with lr={self.lr}; lower it."
                )

    def tabulate_history(self):
        """Return the quantities of the history, each a list over the epochs."""
        renamed = {"dur": "duration", "event_lr": "learning_rate"}
        left_out = ("batches", "epoch")
        epochs: list[dict[str, Any]] = self.history.to_list()
        return {
            renamed.get(name, name): [float(epoch[name]) for epoch in epochs]
            for name in epochs[0]
            if name not in left_out and not name.endswith(("_best", "_batch_count"))
        }

    def notify(self, method_name, **cb_kwargs):
        """Call the callbacks, and record if one of them stops the training."""
        self.stopped_by_callback_ = True
        super().notify(method_name, **cb_kwargs)
        self.stopped_by_callback_ = False

    def train_step(self, batch, **fit_params):
        """Train on an augmented batch; the optimizer may compute its loss often."""
        if self.augmenter_ is not None:
            item, y = batch
            generator = self.generators_.augmentation
            X = item["X"] if isinstance(item, dict) else item
            X = torch.as_tensor(self.augmenter_.augment(X.numpy(), generator))
            batch = ({**item, "X": X} if isinstance(item, dict) else X), y
        return super().train_step(batch, **fit_params)

    def on_batch_end(self, net, batch=None, training=False, loss=None, **kwargs):
        """Raise for a loss that is infinite or not a number."""
        assert loss is not None
        if torch.isfinite(loss).all():
            return
        hint = "lower lr"
        if isinstance(self.criterion_, torch.nn.NLLLoss):
            hint = "NLLLoss needs a module that returns probabilities, not logits"
        raise ValueError(
            f"Training diverged: the {'training' if training else 'validation'} loss "
            f"{type(self.criterion_).__name__} is {loss.item()} in epoch "
            f"{len(self.history)} with lr={self.lr}; {hint}."
        )

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Return the loss of a batch, the mean of the weighted losses of its items."""
        if not isinstance(X, dict):
            return super().get_loss(y_pred, y_true, X=X, training=training)
        criterion: Any = self.criterion_
        reduction, criterion.reduction = criterion.reduction, "none"
        try:
            losses = super().get_loss(y_pred, y_true, X=X, training=training)
        finally:
            criterion.reduction = reduction
        losses = losses.flatten(1).mean(1) if losses.ndim > 1 else losses
        total = (losses * X["sample_weight"].to(losses)).sum()
        if reduction == "sum":
            return total
        return total / (len(losses) * self.mean_weights_[training])

    def infer(self, x, **fit_params):
        """Run the module on a batch of fingerprints as float32."""
        x = x["X"] if isinstance(x, dict) else x
        if self.augmenter_ is not None:
            x = self.augmenter_.center(x)
        x = x.to(self.device).to(torch.float32)
        if not self.module_.training or hasattr(self.module_, "set_generator"):
            return self.module_(x, **fit_params)
        with seeded_global_generator(self.generators_.dropout, self.device):
            return self.module_(x, **fit_params)

    def release(self):
        """Remove what belongs to the fit only: its generators and data."""
        if hasattr(self.module_, "set_generator"):
            self.module_.set_generator(None)
        self.generators_ = None
        self.train_split = None
        self.iterator_train__sampler = None
        return self
