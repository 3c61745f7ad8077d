"""Tables of an archive in an SQLite database, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

FORMAT = 1  # of the tables; raised by a change that older versions cannot read
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
    Column("evaluation_status", String),
    Column("associated", Integer),
)
ADDED_LATER = (picks.c.evaluation_status, picks.c.associated)  # old archives lack them

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

requests = Table(  # that data centres have processed
    "requests",
    metadata,
    Column("event_id", ForeignKey("events.event_id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("start_ns", BigInteger, primary_key=True),
    Column("end_ns", BigInteger, primary_key=True),
    Column("outcome", String, nullable=False),
)


class Database:
    """The SQLite file of an archive; each transaction has a connection of its own.

    Parameters
    ----------
    file : Path
        The file, created where there is none.
    """

    def __init__(self, file: Path):
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
        """Create the tables of a new archive; raise if the format is a later one."""
        metadata.create_all(connection)
        there = {column["name"] for column in inspect(connection).get_columns("picks")}
        for column in ADDED_LATER:
            if column.name not in there:
                kind = column.type.compile(connection.dialect)
                statement = f"ALTER TABLE picks ADD COLUMN {column.name} {kind}"
                connection.exec_driver_sql(statement)
        number = connection.execute(select(formats.c.number)).scalar()
        if number is None:
            connection.execute(formats.insert().values(number=FORMAT))
        elif number > FORMAT:
            raise ValueError(
                f"{self.file} has the format {number}, later than {FORMAT}; upgrade "
                "skseisfp."
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Provide a connection that sees one state of the database."""
        with self._named(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Provide a connection whose changes are made together, or not at all."""
        with self._named(), self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def _named(self):
        """Name the file in errors of a damaged or locked database."""
        try:
            yield
        except DatabaseError as error:
            raise ValueError(f"{self.file}: {error.orig}") from error


def _prepare(connection, _):
    """Let SQLAlchemy begin transactions, and the database keep its rules.

    A connection that fails here is closed: SQLAlchemy before 2.1 would leave it open.
    """
    try:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise


def _begin(connection):
    """Begin a transaction; a writer waits for others before it reads."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
