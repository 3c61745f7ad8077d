"""The SQLite file of a ledger of looks, and its transactions."""

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from .._utils.places import check_place

APPLICATION_ID = 0x534B4C4B  # "SKLK" in the header of the file marks a ledger
SCHEMA_VERSION = 1
LOCK_TIMEOUT = 60.0  # seconds that a transaction waits for other processes

TABLES = (
    """
    CREATE TABLE sets (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        digest TEXT NOT NULL UNIQUE,
        named INTEGER NOT NULL,
        sealed INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE members (
        set_id INTEGER NOT NULL REFERENCES sets (id),
        event_id TEXT NOT NULL,
        label TEXT NOT NULL,
        PRIMARY KEY (event_id, set_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX members_of_set ON members (set_id)",
    """
    CREATE TABLE looks (
        id INTEGER PRIMARY KEY,
        token TEXT NOT NULL UNIQUE,
        set_id INTEGER NOT NULL REFERENCES sets (id),
        metric TEXT NOT NULL,
        data TEXT,
        folds TEXT,
        pipeline TEXT,
        label TEXT NOT NULL,
        version TEXT NOT NULL,
        n_records INTEGER NOT NULL,
        held_out INTEGER NOT NULL,
        opened TEXT NOT NULL,
        recorded TEXT,
        score REAL,
        event_scores BLOB,
        checksum INTEGER
    )
    """,
    "CREATE INDEX looks_of_set ON looks (set_id, metric)",
)


class LedgerFile:
    """The file of a ledger; each transaction opens its own connection.

    Parameters
    ----------
    path : str
        Absolute path of the file.
    """

    def __init__(self, path):
        self.path = Path(path)

    @contextmanager
    def reading(self):
        """Yield a connection that sees one state, an empty one if there is no file."""
        with self._connected(writes=False) as connection:
            connection.execute("BEGIN")
            if self._is_new(connection):
                connection.rollback()
                with closing(_connect(":memory:")) as empty:
                    _make_tables(empty)
                    yield empty
            else:
                yield connection

    @contextmanager
    def writing(self):
        """Yield a connection whose changes are all made, or none of them."""
        with self._connected(writes=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                if self._is_new(connection):
                    _make_tables(connection)
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def damaged(self, what):
        """Return the error of a file whose content contradicts itself."""
        return ValueError(f"The ledger {self.path} is damaged: {what}.")

    @contextmanager
    def _connected(self, *, writes):
        """Yield a connection; errors of the database name the file."""
        check_place(self.path, "ledger")
        exists = self.path.exists()
        mode = "rwc" if writes else "ro"
        address = (
            f"{self.path.as_uri()}?mode={mode}" if writes or exists else ":memory:"
        )
        try:
            with closing(_connect(address)) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise OSError(
                f"The ledger {self.path} cannot be used: {error}. Earlier records "
                "are kept."
            ) from error
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"The ledger {self.path} is damaged or not a ledger: {error}."
            ) from error

    def _is_new(self, connection):
        """Return whether the file has no tables; raise if it is not a ledger."""
        kind, version = (
            _pragma(connection, "application_id"),
            _pragma(connection, "user_version"),
        )
        if kind != APPLICATION_ID:
            if kind or connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise ValueError(
                    f"The file {self.path} is an SQLite database of another kind, not "
                    "a ledger of looks."
                )
            return True
        if version > SCHEMA_VERSION:
            raise ValueError(
                f"The ledger {self.path} has the schema {version}, newer than "
                f"{SCHEMA_VERSION}; upgrade skseisfp."
            )
        if (state := _pragma(connection, "quick_check(1)")) != "ok":
            raise self.damaged(state)
        return False


def _connect(address):
    """Return a connection that begins no transaction by itself."""
    connection = sqlite3.connect(
        address, timeout=LOCK_TIMEOUT, isolation_level=None, uri=True
    )
    connection.row_factory = sqlite3.Row
    return connection


def _pragma(connection, name):
    """Return the first value of a pragma."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _make_tables(connection):
    """Make the tables of a new ledger."""
    for statement in TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
