"""The storage of sweeps: any storage of Optuna, by path, URL or as an object."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from .._utils.optional import import_optional

if TYPE_CHECKING:
    import sqlalchemy

# a write takes 10 ms at most, so thousands of other processes may come first
LOCK_TIMEOUT = 30  # seconds that a write to a file waits for other processes
LOG_WAIT = 0.02  # seconds until the write-ahead log is asked for again
# Optuna makes its tables in half a second (measured on two busy cores)
TABLE_WAITS = (0.1, 0.3, 1.0)  # seconds until tables are looked for again
# in all a minute and a half: a server is back by then, or needs its administrator
RESTART_WAITS = (1, 2, 5, 10, 20, 50)  # seconds until a server is asked again
MYSQL_TABLE_EXISTS = 1050  # ER_TABLE_EXISTS_ERROR
WAL_FILES = ("", "-wal", "-shm")  # endings of an SQLite file and of its log
QUIET = RLock()  # the level of a logger belongs to all threads


class Store:
    """An open storage of Optuna.

    Parameters
    ----------
    store : str, path-like or optuna.storages.BaseStorage
        Path of an SQLite file, URL of any database that SQLAlchemy knows, or a storage
        of Optuna, which is used as it is and not closed.
    create : bool, default=True
        Whether it will be written to, and a file that is not there is made. Otherwise
        a file that cannot be written to is read from a copy.

    Attributes
    ----------
    storage : optuna.storages.BaseStorage
        The storage.
    name : str
        The store in messages, without a password.

    Raises
    ------
    FileNotFoundError
        If there is no such file and none is to be made.
    OSError
        If the store cannot be reached, read or written, or stays locked.
    ValueError
        If the file is not a store, or one of another version of Optuna.
    ImportError
        If Optuna or the driver of the database is not installed.
    """

    storage: Any

    def __init__(self, store: Any, *, create: bool = True):
        optuna = import_optional("optuna", extra="sweep")
        self._copy: TemporaryDirectory | None = None
        self._is_own = not isinstance(store, optuna.storages.BaseStorage)
        if not self._is_own:
            engine = getattr(store, "engine", None)
            self.storage, url = store, getattr(engine, "url", None)
        else:
            url = store_url(store)
        self._path = None if url is None else _sqlite_file(url)
        self.name = type(store).__name__ if url is None else _shown(url)
        with self.clear_errors():
            if self._is_own:
                self.storage = self._open(url, create)
            self._file = self._identify()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the connections, and remove a copy."""
        if self._is_own:
            _dispose(self.storage)
        if self._copy is not None:
            self._copy.cleanup()

    def call(self, method: str, *args: Any) -> Any:
        """Call a method of the storage, and wait for a server that restarts.

        Parameters
        ----------
        method : str
            Name of the method.
        *args : object
            Its arguments.

        Returns
        -------
        object
            What the method returns.
        """
        internal = import_optional("optuna.exceptions", extra="sweep")
        with self.clear_errors():
            for wait in (*RESTART_WAITS, None):
                try:
                    return getattr(self.storage, method)(*args)
                except internal.StorageInternalError as error:
                    if wait is None or not _is_lost_connection(error.__cause__):
                        raise
                    time.sleep(wait)

    def check_place(self) -> None:
        """Raise if the file is no longer the one that was opened."""
        if self._file is not None and self._identify() != self._file:
            raise OSError(
                f"The store {self.name} was deleted or replaced in the meantime: what "
                "was stored in it is gone. What this run has computed is in "
                "fit_results_. Fit again to store it in a new file."
            )

    def _identify(self):
        """Return the numbers that distinguish the file from another one of its name."""
        if self._path is None or self._copy is not None:
            return None
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return ()
        return status.st_dev, status.st_ino

    def _open(self, url, create):
        """Return the storage of a URL, its file prepared."""
        options = {}
        if self._path is not None:
            if not create and not Path(self._path).is_file():
                raise FileNotFoundError(f"There is no store {self._path}.")
            if not create and not _is_writable(self._path):
                url = self._make_copy(url)
            _prepare_file(url.database, create)
            options = {"connect_args": {"timeout": LOCK_TIMEOUT}}
        address = url.render_as_string(hide_password=False)
        _make_tables(self.name, address, options)
        optuna = import_optional("optuna", extra="sweep")
        storage = optuna.storages.RDBStorage(address, engine_kwargs=options)
        if self._path is not None:
            _commit_cheaply(storage.engine)
        return storage

    def _make_copy(self, url):
        """Copy a file that cannot be written to: SQLite writes to read its log."""
        self._copy = TemporaryDirectory()
        copy = str(Path(self._copy.name) / "store.db")
        for ending in WAL_FILES:
            part = Path(f"{self._path}{ending}")
            if part.is_file():
                shutil.copyfile(part, f"{copy}{ending}")
        return url.set(database=copy)

    @contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Raise errors of the database with the name of the store."""
        sqlalchemy = import_optional("sqlalchemy", extra="sweep")
        internal = import_optional("optuna.exceptions", extra="sweep")
        internal = internal.StorageInternalError
        try:
            yield
        except (sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, internal) as error:
            cause = error.__cause__ if isinstance(error, internal) else error
            cause = getattr(cause, "orig", None) or cause
            code = getattr(cause, "sqlite_errorcode", None)
            if code == sqlite3.SQLITE_NOTADB:
                raise ValueError(f"The store {self.name} is not a database.") from error
            kept = "What was stored before is kept."
            if code == sqlite3.SQLITE_CORRUPT:
                kept = (
                    "The file is damaged, and what was stored in it may be lost. Move "
                    "it away and fit again; what this run has computed is in "
                    "fit_results_."
                )
            reason = " ".join(str(cause).split())
            raise OSError(
                f"The store {self.name} cannot be used: {reason}. {kept}"
            ) from error


def store_url(store: str | PathLike) -> sqlalchemy.URL:
    """Return the SQLAlchemy URL of a store."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    if isinstance(store, PathLike) or "://" not in store:
        path = os.path.abspath(os.path.expanduser(fspath(store)))
        return sqlalchemy.URL.create("sqlite", database=path)
    return sqlalchemy.make_url(store)


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from logging."""
    logger = logging.getLogger("optuna")
    with QUIET:
        level = logger.level
        logger.setLevel(logging.WARNING)
        try:
            yield
        finally:
            logger.setLevel(level)


def _sqlite_file(url):
    """Return the path of a file of SQLite, None for any other database."""
    if url.get_backend_name() != "sqlite" or url.query:
        return None
    return None if url.database in (None, "", ":memory:") else url.database


def _shown(url):
    """Return a URL, or the path of a file, without a password."""
    return url.database if url.get_backend_name() == "sqlite" else repr(url)


def _dispose(storage):
    """Release the connections of a storage."""
    storage.remove_session()
    storage.engine.dispose()


def _make_tables(name, address, options):
    """Make the tables, again where another process was just making them."""
    optuna = import_optional("optuna", extra="sweep")
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    options = {**options, "poolclass": sqlalchemy.pool.NullPool}
    for wait in (*TABLE_WAITS, None):
        try:
            _dispose(optuna.storages.RDBStorage(address, engine_kwargs=options))
            return
        except sqlalchemy.exc.DBAPIError as error:
            if wait is None or not _may_be_made(error):
                raise
            time.sleep(wait)
        except RuntimeError as error:  # Optuna's own, of tables of another version
            raise ValueError(
                f"The store {name} was made by another version of Optuna: {error}"
            ) from error


def _may_be_made(error):
    """Return whether tables could not be made because they are there by now.

    Servers have a class of errors for it; SQLite and MySQL have one class for many
    errors, and a code.
    """
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    if not isinstance(error, sqlalchemy.exc.OperationalError):
        return True
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode == sqlite3.SQLITE_ERROR
    return error.orig.args[:1] == (MYSQL_TABLE_EXISTS,)


def _is_lost_connection(error):
    """Return whether a server has gone, which may come back."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    if not isinstance(error, sqlalchemy.exc.DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return False
    return error.connection_invalidated or isinstance(
        error, sqlalchemy.exc.OperationalError
    )


def _commit_cheaply(engine):
    """Let a file lose its last commits in a power cut, which are then made again."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")

    def prepare(connection, _):
        connection.execute("PRAGMA synchronous = NORMAL")

    sqlalchemy.event.listen(engine, "connect", prepare)
    engine.dispose()  # connections of before


def _is_writable(path):
    """Return whether SQLite may write to a file, and to a log next to it."""
    return os.access(path, os.W_OK) and os.access(Path(path).parent, os.W_OK)


def _prepare_file(path, create):
    """Check that an SQLite file can be written, and make its commits cheap."""
    connection = sqlite3.connect(path, timeout=LOCK_TIMEOUT)
    try:
        if create:
            _write_ahead(connection)
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
        else:
            connection.execute("SELECT name FROM sqlite_master").fetchone()
    finally:
        connection.close()


def _write_ahead(connection):
    """Give a file a write-ahead log; SQLite itself does not wait for others here."""
    until = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(LOG_WAIT)
