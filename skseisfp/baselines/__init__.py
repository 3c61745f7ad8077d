"""Published systems as classifiers of records, to compare with."""

from .after_hakim_2023 import AfterHakim2023
from .after_koper_2024 import AfterKoper2024
from .after_linville_2019 import AfterLinville2019
from .after_ren_2019 import AfterRen2019
from .after_saad_2024 import AfterSaad2024
from .after_tian_2022 import AfterTian2022
from .after_trova_mlp import AfterTrovaMLP
from .after_ulyanov_2021 import AfterUlyanov2021
from .after_wang_2023 import AfterWang2023
from .after_yue_2023 import AfterYue2023
from .after_zhou_2021 import AfterZhou2021
from .alex_net_image import AlexNetImage
from .array_conv_net import ArrayConvNet
from .catalogue import catalogue
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
    "AfterHakim2023",
    "AfterKoper2024",
    "AfterLinville2019",
    "AfterRen2019",
    "AfterSaad2024",
    "AfterTian2022",
    "AfterTrovaMLP",
    "AfterUlyanov2021",
    "AfterWang2023",
    "AfterYue2023",
    "AfterZhou2021",
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
    "catalogue",
]
