"""Tables of an archive in an SQLite database, and its transactions."""

from contextlib import contextmanager

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    select,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

FORMAT = 1
PATIENCE = 120.0  # seconds that a writer waits for another

metadata = MetaData()

formats = Table("format", metadata, Column("number", Integer, primary_key=True))

events = Table(
    "events",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("event_type", String),
    Column("quakeml_type", String),
    Column("origin_ns", BigInteger),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("depth_km", Float),
    Column("magnitude", Float),
)

labels = Table(
    "labels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", ForeignKey("events.event_id"), nullable=False),
    Column("label", String, nullable=False),
    Column("source", String, nullable=False),
)

picks = Table(
    "picks",
    metadata,
    Column("event_id", ForeignKey("events.event_id"), primary_key=True),
    Column("station", String, primary_key=True),
    Column("location", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("phase", String, primary_key=True),
    Column("time_ns", BigInteger, primary_key=True),
    Column("evaluation_mode", String),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("record_id", String, nullable=False, unique=True),
    Column("digest", String, nullable=False, unique=True),
    Column("event_id", ForeignKey("events.event_id"), index=True),
    Column("instrument", String, nullable=False),
    Column("station", String, nullable=False),
    Column("location", String, nullable=False),
    Column("channels", String, nullable=False),
    Column("sampling_rate_hz", Float, nullable=False),
    Column("start_ns", BigInteger, nullable=False),
    Column("n_samples", Integer, nullable=False),
    Column("copied", Integer, nullable=False),
    Column("files", JSON, nullable=False),
)

documents = Table(  # StationXML
    "documents",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("description", JSON, nullable=False),
    Column("shape", JSON),
    Column("signed", Integer),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("recording", ForeignKey("recordings.id"), primary_key=True),
    Column("settings", ForeignKey("settings.id"), primary_key=True),
    Column("reference_ns", BigInteger, nullable=False),
    Column("bits", LargeBinary, nullable=False),
    Column("checksum", Integer, nullable=False),
)

models = Table(
    "models",
    metadata,
    Column("name", String, primary_key=True),
    Column("file", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("facts", JSON, nullable=False),
)

requests = Table(  # to data centres, answered
    "requests",
    metadata,
    Column("event_id", ForeignKey("events.event_id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("end_ns", BigInteger, primary_key=True),
    Column("outcome", String, nullable=False),
)


class Database:
    """The SQLite file of an archive; each transaction has a connection of its own."""

    def __init__(self, file):
        self.file = file
        self._engine = create_engine(
            f"sqlite:///{file}",
            poolclass=NullPool,
            connect_args={"timeout": PATIENCE},
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)
        with self.writing() as connection:
            self._check_format(connection)

    def _check_format(self, connection):
        """Make the tables of a new archive, or refuse one of a later format."""
        metadata.create_all(connection)
        number = connection.execute(select(formats.c.number)).scalar()
        if number is None:
            connection.execute(formats.insert().values(number=FORMAT))
        elif number > FORMAT:
            raise ValueError(
                f"{self.file} has the format {number}, later than {FORMAT}; upgrade "
                "skseisfp."
            )

    @contextmanager
    def reading(self):
        """Give a connection that sees one state of the database."""
        with self._named(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self):
        """Give a connection whose changes come about together, or not at all."""
        with self._named(), self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _named(self):
        """Name the file where it is damaged or locked."""
        try:
            yield
        except DatabaseError as error:
            raise ValueError(f"{self.file}: {error.orig}") from error


def _prepare(connection, _):
    """Let SQLAlchemy begin transactions, and the database keep its rules."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection):
    """Begin a transaction; a writer waits for others before it reads."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
