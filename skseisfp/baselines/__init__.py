"""Published systems as classifiers of records, to compare with.

A system is added by a module with its class and by the line that imports it here.
"""

from .._utils.names import suggest_names as _suggest_names
from .by_description.after_hakim_2023 import AfterHakim2023 as AfterHakim2023
from .by_description.after_koper_2024 import AfterKoper2024 as AfterKoper2024
from .by_description.after_ren_2019 import AfterRen2019 as AfterRen2019
from .by_description.after_saad_2024 import AfterSaad2024 as AfterSaad2024
from .by_description.after_tian_2022 import AfterTian2022 as AfterTian2022
from .by_description.after_trova_mlp import AfterTrovaMLP as AfterTrovaMLP
from .by_description.after_ulyanov_2021 import AfterUlyanov2021 as AfterUlyanov2021
from .by_description.after_wang_2023 import AfterWang2023 as AfterWang2023
from .by_description.after_yue_2023 import AfterYue2023 as AfterYue2023
from .by_description.after_zhou_2021 import AfterZhou2021 as AfterZhou2021
from .event_network_baseline import EventNetworkBaseline as EventNetworkBaseline
from .exact.array_conv_net import ArrayConvNet as ArrayConvNet
from .exact.conv_net_quake import ConvNetQuake as ConvNetQuake
from .exact.ertuncay_cnn import ErtuncayCNN as ErtuncayCNN
from .exact.kong_cnn import KongCNN as KongCNN
from .exact.miao_ann import MiaoANN as MiaoANN
from .exact.quake_x_net_2d import QuakeXNet2D as QuakeXNet2D
from .exact.trova_cnn import TrovaCNN as TrovaCNN
from .exact.upc_ucv import UPCUCV as UPCUCV
from .network_baseline import NetworkBaseline as NetworkBaseline
from .published_system import PublishedSystem as PublishedSystem
from .published_systems import published_systems as published_systems
from .reconstructed.after_linville_2019 import AfterLinville2019 as AfterLinville2019
from .reconstructed.alex_net_image import AlexNetImage as AlexNetImage
from .reconstructed.hainan_cnn import HainanCNN as HainanCNN
from .reconstructed.linville_lstm import LinvilleLSTM as LinvilleLSTM
from .waveform_baseline import WaveformBaseline as WaveformBaseline

# The classes and functions that are imported above, so that a system needs no second
# line; type checkers see them by their aliases.
__all__: list[str] = [  # pyright: ignore[reportUnsupportedDunderAll]
    name
    for name, item in list(vars().items())
    if callable(item) and not name.startswith("_")
]

_suggest_names(__name__)
