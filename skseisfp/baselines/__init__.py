"""Published systems as classifiers of records, to compare with."""

from .alex_net_image import AlexNetImage
from .array_conv_net import ArrayConvNet
from .conv_net_quake import ConvNetQuake
from .ertuncay_cnn import ErtuncayCNN
from .hainan_cnn import HainanCNN
from .kong_cnn import KongCNN
from .linville_lstm import LinvilleLSTM
from .miao_ann import MiaoANN
from .quake_x_net_2d import QuakeXNet2D
from .trova_cnn import TrovaCNN
from .upc_ucv import UPCUCV

__all__ = [
    "UPCUCV",
    "AlexNetImage",
    "ArrayConvNet",
    "ConvNetQuake",
    "ErtuncayCNN",
    "HainanCNN",
    "KongCNN",
    "LinvilleLSTM",
    "MiaoANN",
    "QuakeXNet2D",
    "TrovaCNN",
]
