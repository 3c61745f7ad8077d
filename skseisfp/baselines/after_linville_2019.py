"""The convolutional network on the spectrograms of Linville et al. (2019)."""

from torch import nn

from ..neural.layers import GeneratorModule
from ._base import pad_to
from ._networks import BinaryHead, count_outputs, initialise
from .linville_lstm import LinvilleLSTM

_FILTERS = (18, 36, 54, 54)
_LEAST_IMAGE = (31, 31)


class LinvilleConvolutions(GeneratorModule):
    """Four convolutions with pools and an output."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        trunk = nn.Sequential()
        n_inputs = input_shape[0]
        for n_filters in _FILTERS:
            convolution = nn.Conv2d(n_inputs, n_filters, 2)
            trunk.extend([convolution, nn.ReLU(), nn.MaxPool2d(2)])
            n_inputs = n_filters
        head = BinaryHead(count_outputs(trunk, input_shape), n_classes)
        self.layers = nn.Sequential(trunk, nn.Flatten(), head)
        initialise(self)
        for convolution in trunk[::3]:
            nn.init.xavier_normal_(convolution.weight)

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class AfterLinville2019(LinvilleLSTM):
    """Convolutional network on spectrograms after Linville et al., rebuilt by others.

    Parameters
    ----------
    sampling_rate : float, default=100.0
        Samples per second (Hz) of the records; they are brought to 100 Hz if they have
        another.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record that
        is used. None uses all of it.
    max_epochs : int, default=20
        Largest number of epochs.
    batch_size : int, default=100
        Largest number of records in a batch.
    lr : float, default=1e-3
        Learning rate.
    early_stopping : bool, default=True
        Keep events apart for validation, stop when their loss no longer improves and
        restore the best weights.
    n_jobs : int, default=None
        Number of threads that prepare the records.
    device : str, default="auto"
        Torch device of the network; ``"auto"`` is ``"cuda"`` if there is one and else
        ``"cpu"``.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout, augmentation and validation split.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels.
    net_ : FingerprintClassifier
        The trained network; it holds the history of training.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    LinvilleLSTM : The recurrent network of the same paper.

    Notes
    -----
    A reconstruction. [1]_ compare a convolutional and a recurrent network on
    spectrograms of 90 s. The layers of their convolutional one are not known here;
    these are the ones of the network that the public code of [2]_ has in its place:
    convolutions of 2 x 2 with 18, 36, 54 and 54 filters, a pool of 2 x 2 after each,
    and the output. For three channels of 90 s and two classes, told apart by one
    sigmoid, it has 22,519 parameters; more classes take a softmax, with which two would
    have 22,628.

    Input and training are those of `LinvilleLSTM`. Images below 31 x 31 are continued
    with zeros.

    The paper reports above 98 % agreement with the labels of analysts for earthquakes
    and quarry blasts in Utah, for both of its networks.

    References
    ----------
    .. [1] Linville, Pankow and Draelos (2019), Deep learning models augment analyst
       decisions for event discrimination, Geophysical Research Letters 46(7),
       doi:10.1029/2018GL081119

    .. [2] Ertuncay et al. (2024), public code at
       https://github.com/Machine-Learning-in-Seismology/CNN-Earthquake-Explosion

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.baselines import AfterLinville2019
    >>> X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    >>> y = np.array(["earthquake", "blast"] * 4)
    >>> classifier = AfterLinville2019(
    ...     max_epochs=2, device="cpu", random_state=0
    ... )
    >>> classifier.fit(X, y).predict_proba(X).shape
    (8, 2)
    """

    _module = LinvilleConvolutions

    def _represent(self, X):
        return pad_to(super()._represent(X), _LEAST_IMAGE)
