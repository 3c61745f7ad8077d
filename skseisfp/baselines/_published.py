"""What is published of each system: the facts behind the catalogue."""

from dataclasses import dataclass

EXACT = "exact"
RECONSTRUCTION = "reconstruction"
BY_DESCRIPTION = "by description"

RECORD = "record"
EVENT = "event"

UNKNOWN = "unknown"


@dataclass(frozen=True)
class PublishedSystem:
    """The facts of one system, for the estimator of the same name.

    `record_shape` is the shape of one row of the published input, at the default
    sampling rate of the estimator (ours where a paper does not give it); a system that
    is no network has none.
    """

    name: str
    paper: str
    year: int
    task: str
    input: str
    exactness: str
    source: str
    level: str = RECORD
    record_shape: tuple | None = None
    n_classes: int = 2
    published_parameters: int | None = None
    figure: str = UNKNOWN
    measured_on: str = UNKNOWN
    split: str = UNKNOWN
    caveats: str = ""


SYSTEMS = (
    PublishedSystem(
        name="TrovaCNN",
        paper="Silkin",
        year=2024,
        task="earthquake, quarry blast or mine blast",
        input="binary wavelet fingerprints",
        record_shape=(1, 1200),
        n_classes=3,
        published_parameters=678_219,
        exactness=EXACT,
        figure="accuracy 94.8 % (163 of 172 fingerprints)",
        measured_on="716 regional records, augmented to 1,718 fingerprints",
        split="a tenth of the augmented fingerprints; events may be on both sides",
        caveats=(
            "172 is a tenth of the augmented fingerprints: if it was drawn after the "
            "augmentation, fingerprints of one record are on both sides. Best of 384 "
            "trials scored on the same fingerprints. Strides and the second pool are "
            "not published; with a stride of 2 it has 54,435 parameters."
        ),
        source="paper",
    ),
    PublishedSystem(
        name="AfterTrovaMLP",
        paper="Silkin",
        year=2024,
        task="earthquake or explosion",
        input="binary wavelet fingerprints",
        record_shape=(1, 1200),
        exactness=BY_DESCRIPTION,
        figure="slightly better than the toss of a coin",
        caveats="Sizes and training are not published.",
        source="paper",
    ),
    PublishedSystem(
        name="HainanCNN",
        paper="Zhou et al.",
        year=2025,
        task="earthquake or blast",
        input="waveforms, 90 s",
        record_shape=(3, 9000),
        published_parameters=18_562,
        exactness=RECONSTRUCTION,
        figure="accuracy 97.49 % of events (427 of 438), 94.54 % of records",
        measured_on="365 earthquakes and 1,825 blasts at 24 stations, 17,689 records",
        split="event-wise: 20 % of the events for the test",
        caveats=(
            "Kernels, filters, strides, pools and dropout are not published; many "
            "networks have 18,562 parameters. The majority class alone has 83.3 % of "
            "the test events. Records were selected by hand, too."
        ),
        source="paper",
    ),
    PublishedSystem(
        name="ConvNetQuake",
        paper="Perol, Gharbi and Denolle",
        year=2018,
        task="detection and region of events",
        input="waveforms, 10 s",
        record_shape=(3, 1001),
        n_classes=7,
        published_parameters=22_951,
        exactness=EXACT,
        figure="more than 17 times the detections of the catalogue",
        measured_on="continuous records, six regions and noise",
        split="by time: July 2014 for the test",
        caveats="Tells events from noise and their regions, not their nature.",
        source="paper and public code (tperol/ConvNetQuake)",
    ),
    PublishedSystem(
        name="UPCUCV",
        paper="Tous et al.",
        year=2020,
        task="detection and region of events",
        input="waveforms, 10 s",
        record_shape=(3, 1000),
        published_parameters=63_950,
        exactness=EXACT,
        figure="accuracy about 95 %",
        measured_on="949 events of Mw 1.1 to 5.2 in Venezuela, 2018 to 2019",
        split="80/20; by event or by window is unknown",
        caveats=(
            "Tells events from noise and their regions, not their nature. Kernels and "
            "strides are those of the configuration that comes with the code, taken "
            "for those of the paper. The exact figure is not verified."
        ),
        source="public code (rtous/deepquake), abstract",
    ),
    PublishedSystem(
        name="ArrayConvNet",
        paper="Shen and Shen",
        year=2021,
        task="detection of events by an array",
        level=EVENT,
        input="absolute waveforms of all stations, 50 s",
        record_shape=(55, 3, 2500),
        published_parameters=7_041_230,
        exactness=EXACT,
        figure="accuracy 99.4 %",
        measured_on="55 stations in Hawaii",
        split="event-wise: a random quarter of the events for the test",
        caveats="Tells events from noise, not their nature.",
        source="paper and public code (seismolab/ArrayConvNet)",
    ),
    PublishedSystem(
        name="AfterUlyanov2021",
        paper="Ulyanov et al.",
        year=2021,
        task="detection of events",
        input="waveforms, 15 s",
        record_shape=(3, 1500),
        exactness=BY_DESCRIPTION,
        figure="correct on all tested seismograms",
        caveats=(
            "Tells events from noise, not their nature. Rate, kernels, filters, pools "
            "and training are unknown."
        ),
        source="as described by Silkin (2024)",
    ),
    PublishedSystem(
        name="AfterHakim2023",
        paper="Hakim et al.",
        year=2023,
        task="quality of stations",
        input="grey images of the components",
        record_shape=(3, 9000),
        n_classes=3,
        exactness=BY_DESCRIPTION,
        figure="accuracy 99 % of the quality of stations",
        measured_on="records of 30 days of 411 seismometers, 12 months",
        caveats=(
            "An architecture only: the paper classifies the quality of stations, not "
            "events, although it is cited for them. Kernels are unknown."
        ),
        source="abstract, and as described by Silkin (2024)",
    ),
    PublishedSystem(
        name="AlexNetImage",
        paper="Ren J. et al.",
        year=2022,
        task="earthquake, explosion or collapse",
        input="pictures of waveforms",
        record_shape=(3, 9000),
        n_classes=3,
        exactness=RECONSTRUCTION,
        figure="accuracy 98.51 %; 90, 80 and 85 % on 60 further records",
        measured_on="1,539 records in Ningxia",
        caveats=(
            "About 99 % is quoted elsewhere, without the further records. Whether the "
            "network was trained before on other pictures is unknown. AlexNet for "
            "three classes has about 57 million parameters."
        ),
        source="abstract, and as described by Silkin (2024)",
    ),
    PublishedSystem(
        name="ErtuncayCNN",
        paper="Ertuncay et al.",
        year=2024,
        task="earthquake or quarry blast",
        input="waveforms, 90 s, each followed by 50 values of its spectrum",
        record_shape=(3, 9000),
        published_parameters=132_857,
        exactness=EXACT,
        figure="accuracy about 99 %: 99.53 % over the folds, 98.54 % in the first",
        measured_on=(
            "11,821 records of 1,463 earthquakes and 9,822 records of 727 blasts"
        ),
        split="record-wise in four folds; leak known",
        caveats=(
            "In the public code one network is trained on over all folds: only the "
            "first tests it on records that it has not seen. Records of an event are "
            "on both sides. The bins of the spectrum are unknown."
        ),
        source=(
            "public code (Machine-Learning-in-Seismology/CNN-Earthquake-Explosion), "
            "abstract"
        ),
    ),
    PublishedSystem(
        name="LinvilleLSTM",
        paper="Linville et al.",
        year=2019,
        task="earthquake or quarry blast",
        input="spectrograms, 90 s",
        record_shape=(3, 9000),
        published_parameters=136_001,
        exactness=RECONSTRUCTION,
        figure="above 98 % agreement with analysts, above 99 % with labels corrected",
        measured_on="five years of the catalogue of Utah",
        caveats=(
            "Layers as rebuilt by Ertuncay et al. in Keras; torch has a second bias in "
            "each gate and the same functions. About 1 % of the labels were wrong."
        ),
        source=(
            "abstract, and public code "
            "(Machine-Learning-in-Seismology/CNN-Earthquake-Explosion)"
        ),
    ),
    PublishedSystem(
        name="AfterLinville2019",
        paper="Linville et al.",
        year=2019,
        task="earthquake or quarry blast",
        input="spectrograms, 90 s",
        record_shape=(3, 9000),
        published_parameters=22_519,
        exactness=RECONSTRUCTION,
        figure="above 98 % agreement with analysts, above 99 % with labels corrected",
        measured_on="five years of the catalogue of Utah",
        caveats=(
            "Layers are not those of the paper, which are unknown, but those of the "
            "network that Ertuncay et al. trained in its place. About 1 % of the "
            "labels were wrong."
        ),
        source=(
            "abstract, and public code "
            "(Machine-Learning-in-Seismology/CNN-Earthquake-Explosion)"
        ),
    ),
    PublishedSystem(
        name="AfterZhou2021",
        paper="Zhou et al.",
        year=2021,
        task="earthquake, blast or collapse",
        level=EVENT,
        input="waveforms of the five earliest stations",
        record_shape=(5, 3, 6000),
        n_classes=3,
        exactness=BY_DESCRIPTION,
        figure="accuracy above 93 %; 80.9 % of later events",
        measured_on="events in Shandong",
        split="random; then by time: later events of the same region",
        caveats="Length of the input and training are unknown.",
        source="as described by Zhou et al. (2025)",
    ),
    PublishedSystem(
        name="AfterRen2019",
        paper="Ren T. et al.",
        year=2019,
        task="earthquake or blast",
        input="features",
        exactness=BY_DESCRIPTION,
        figure="accuracy 86.62 % (earthquakes 80 %, blasts 91.3 %)",
        caveats="Features are unknown.",
        source="as described by Zhou et al. (2025)",
    ),
    PublishedSystem(
        name="AfterYue2023",
        paper="Yue et al.",
        year=2023,
        task="earthquake, blast or collapse",
        input="waveforms",
        record_shape=(3, 6000),
        n_classes=3,
        exactness=BY_DESCRIPTION,
        figure="97.50, 91.35 and 94.44 %",
        measured_on="events in Shandong",
        caveats=(
            "Input and layers are unknown; that natural events are told from others "
            "first is a guess."
        ),
        source="as described by Zhou et al. (2025)",
    ),
    PublishedSystem(
        name="AfterTian2022",
        paper="Tian et al.",
        year=2022,
        task=UNKNOWN,
        input="waveforms, each followed by its scalogram",
        record_shape=(3, 6000),
        exactness=BY_DESCRIPTION,
        caveats="All but that it has several inputs is unknown.",
        source="as cited by Zhou et al. (2025)",
    ),
    PublishedSystem(
        name="KongCNN",
        paper="Kong et al.",
        year=2022,
        task="earthquake or explosion",
        input="waveforms, 50 s, each followed by its ratio of P to S",
        record_shape=(3, 2000),
        published_parameters=1_165_998,
        exactness=EXACT,
        figure="better in new regions than either branch alone; figures unknown",
        split="by region",
        caveats="The windows of P and S are unknown.",
        source="public code (qingkaikong/PhysicsML-CombineFeatures)",
    ),
    PublishedSystem(
        name="AfterKoper2024",
        paper="Koper et al.",
        year=2024,
        task="earthquake, explosion or mining-induced event",
        input="5 features of 13",
        n_classes=3,
        exactness=BY_DESCRIPTION,
        figure="accuracy 97.5 %",
        measured_on="about 10,000 events in Utah, of which 54 % could be modelled",
        split="independent test",
        caveats=(
            "The figure is that of the half of the events whose spectra could be "
            "modelled, of events, not records. Which five features is unknown; more "
            "than six were worse."
        ),
        source="abstract",
    ),
    PublishedSystem(
        name="AfterWang2023",
        paper="Wang T. et al.",
        year=2023,
        task="earthquake or explosion, and three classes",
        input="36 features",
        exactness=BY_DESCRIPTION,
        figure="accuracy 97.48 %; three classes 96.41, 90.38 and 94.04 %",
        source="abstract",
    ),
    PublishedSystem(
        name="AfterSaad2024",
        paper="Saad et al.",
        year=2024,
        task="earthquake or quarry blast",
        input="wavelet scalograms, 60 s",
        record_shape=(3, 6000),
        exactness=BY_DESCRIPTION,
        figure="accuracy 97.31 %, F1 98.02 %",
        measured_on="the Egyptian network",
        split="80/20; by event or by record is unknown",
        caveats=(
            "Layers are unknown. Its successor QBTransNet has 198,410 parameters and "
            "was tested on a random tenth of the records, so that events are on both "
            "sides."
        ),
        source="abstract, and public code of QBTransNet",
    ),
    PublishedSystem(
        name="QuakeXNet2D",
        paper="Kharita et al.",
        year=2025,
        task="earthquake, explosion, surface event or noise",
        input="spectrograms, 100 s",
        record_shape=(3, 5000),
        n_classes=4,
        published_parameters=70_708,
        exactness=EXACT,
        figure="accuracy above 92 %",
        measured_on="more than 70,000 events in the Pacific Northwest",
        split="70/20/10; by event or by record is unknown",
        caveats="Published as about 70 thousand parameters.",
        source="public code, abstract",
    ),
    PublishedSystem(
        name="MiaoANN",
        paper="Miao et al.",
        year=2020,
        task="earthquake or blast",
        input="132 spectral amplitudes",
        record_shape=(3, 9000),
        published_parameters=100_354,
        exactness=EXACT,
        figure="accuracy 97 % of records",
        caveats=(
            "Dropout, weight decay and training are those of a reimplementation; the "
            "windows of the amplitudes are not rebuilt."
        ),
        source="abstract, and public code of Ertuncay et al.",
    ),
)
