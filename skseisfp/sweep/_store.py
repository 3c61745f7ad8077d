"""The storage of sweeps: any storage of Optuna, by path, URL or as an object."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from itertools import repeat, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any

from .._utils.journals import is_journal
from .._utils.optional import import_optional

# a write takes 10 ms at most, so thousands of other processes may come first
LOCK_TIMEOUT = 30  # seconds that a write to a file waits for other processes
LOG_WAIT = 0.02  # seconds until the write-ahead log is asked for again
# Optuna makes its tables in half a second on two busy cores; one and a half were once
# too few where three processes opened a new file and others ran
TABLE_WAITS = (0.1, 0.3, 1.0, 3.0, 10.0)  # seconds until tables are looked for again
# in all a minute and a half: a server is back by then, or needs its administrator
RESTART_WAITS = (1, 2, 5, 10, 20, 50)  # seconds until a server is asked again
# codes of errors where tables are there by now: of SQLite (also where a statement had
# been read before a table came, and where the version's row is there)
TABLE_EXISTS = (
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_CONSTRAINT,
)
MYSQL_TABLE_EXISTS = 1050  # ER_TABLE_EXISTS_ERROR
QUIET = RLock()  # the level of a logger belongs to all threads
GONE = (
    "was deleted or replaced in the meantime: what was stored in it is gone. What this "
    "run has computed is in fit_results_. Fit again to store it in a new file."
)
JOURNAL_HINT = (
    " It is a journal: give the storage, "
    "optuna.storages.JournalStorage(JournalFileBackend(path))."
)
KEPT = "What was stored before is kept."
DAMAGED = (
    "The file is damaged, and what was stored in it may be lost. Move it away and fit "
    "again; what this run has computed is in fit_results_."
)


class Store(ExitStack):
    """An open storage of Optuna, whose errors name the store, without a password.

    `store` is the path of an SQLite file, the URL of any database that SQLAlchemy
    knows, or a storage of Optuna, which is used as it is and not closed. Without
    `create` a file must be there, and one that cannot be written is read from a copy.
    """

    def __init__(self, store: Any, *, create: bool = True):
        super().__init__()
        storages = import_optional("optuna", extra="sweep").storages
        is_own = not isinstance(store, storages.BaseStorage)
        engine = getattr(store, "engine", None)
        url = _make_url(store) if is_own else getattr(engine, "url", None)
        self._path = _sqlite_path(url)
        self.name = self._path or (type(store).__name__ if url is None else repr(url))
        with ExitStack() as exits, self._clear_errors():
            exits.callback(self.close)  # if it cannot be opened
            self.storage = self._open(url, create) if is_own else store
            exits.pop_all()
        self._cached = storages.get_storage(self.storage)
        self._file = self._identify()

    def call(self, method: str, *args: Any) -> Any:
        """Call a method of the storage, and wait for a server that restarts."""
        call = partial(getattr(self._cached, method), *args)
        with self._clear_errors():
            return _call_again(call, RESTART_WAITS, _is_lost_connection)

    def make_study(self, name: str, n_objectives: int) -> int | None:
        """Return the id of a new study, None if there is one; without Optuna's log."""
        optuna = import_optional("optuna", extra="sweep")
        directions = [optuna.study.StudyDirection.MAXIMIZE] * n_objectives
        logger = logging.getLogger("optuna")
        with QUIET, suppress(optuna.exceptions.DuplicatedStudyError):
            level = logger.level
            logger.setLevel(logging.WARNING)
            try:
                return self.call("create_new_study", directions, name)
            finally:
                logger.setLevel(level)
        return None

    def check_place(self) -> None:
        """Raise if the file is no longer the one that was opened."""
        if self._identify() != self._file:
            raise OSError(f"The store {self.name} {GONE}")

    def _identify(self):
        """Return the numbers that distinguish the file from another one of its name."""
        if self._path is not None:
            with suppress(FileNotFoundError):
                status = os.stat(self._path)
                return status.st_dev, status.st_ino
        return None

    def _open(self, url, create):
        """Return the storage of a URL, its file prepared, to be closed at the end."""
        optuna = import_optional("optuna", extra="sweep")
        sqlalchemy = import_optional("sqlalchemy", extra="sweep")
        options: dict[str, Any] = {}
        if self._path is not None:
            _check_path(self._path)
            if create:
                _write_ahead(self._path)
            elif not Path(self._path).is_file():
                raise FileNotFoundError(f"There is no store {self._path}.")
            elif not _is_writable(self._path):
                folder = self.enter_context(TemporaryDirectory())
                url = url.set(database=_copy_file(self._path, folder))
            options["connect_args"] = {"timeout": LOCK_TIMEOUT}
        open_storage = partial(
            optuna.storages.RDBStorage, url.render_as_string(hide_password=False)
        )
        brief = options | {"poolclass": sqlalchemy.pool.NullPool}
        try:  # what fails shall leave no connections in a pool
            _call_again(partial(open_storage, brief), TABLE_WAITS, _is_made_elsewhere)
        except RuntimeError as error:  # Optuna's own, of tables of another version
            raise ValueError(
                f"The store {self.name} was made by another version of Optuna: {error}"
            ) from error
        storage = open_storage(options)
        self.callback(storage.engine.dispose)
        self.callback(storage.remove_session)
        if self._path is not None:
            sqlalchemy.event.listen(storage.engine, "connect", _commit_cheaply)
            storage.engine.dispose()  # connections of before
        return storage

    @contextmanager
    def _clear_errors(self):
        """Raise errors of the database with the name of the store."""
        sqlalchemy = import_optional("sqlalchemy", extra="sweep")
        internal = import_optional("optuna", extra="sweep").exceptions
        internal = internal.StorageInternalError
        try:
            yield
        except (sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, internal) as error:
            cause = error.__cause__ if isinstance(error, internal) else error
            cause = getattr(cause, "orig", None) or cause
            code = getattr(cause, "sqlite_errorcode", None)
            if code == sqlite3.SQLITE_NOTADB:
                hint = JOURNAL_HINT if self._path and is_journal(self._path) else ""
                raise ValueError(
                    f"The store {self.name} is not a database.{hint}"
                ) from error
            kept = DAMAGED if code == sqlite3.SQLITE_CORRUPT else KEPT
            reason = " ".join(str(cause).split())
            raise OSError(
                f"The store {self.name} cannot be used: {reason}. {kept}"
            ) from error


def _make_url(store):
    """Return the SQLAlchemy URL of a path or URL."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    if isinstance(store, os.PathLike) or "://" not in store:
        path = os.path.abspath(os.path.expanduser(os.fspath(store)))
        return sqlalchemy.URL.create("sqlite", database=path)
    return sqlalchemy.make_url(store)


def _check_path(path):
    """Raise if a path is that of a folder, or in a folder that is not there."""
    if Path(path).is_dir():
        raise ValueError(f"store must be a file or a URL; {path} is a folder.")
    if not Path(path).parent.is_dir():
        folder = Path(path).parent
        raise FileNotFoundError(f"There is no folder {folder} for the store {path}.")


def _sqlite_path(url):
    """Return the path of a file of SQLite, None for any other storage."""
    if url is None or url.get_backend_name() != "sqlite" or url.query:
        return None
    return None if url.database in (None, "", ":memory:") else url.database


def _call_again(call, waits, may_pass):
    """Call, and again after each of some waits, as long as the error may pass."""
    for wait in waits:
        try:
            return call()
        except Exception as error:
            if not may_pass(error):
                raise
        time.sleep(wait)
    return call()


def _is_made_elsewhere(error):
    """Return whether another process just makes the tables.

    Servers have a class of errors for it; SQLite and MySQL have one class for many
    errors, and a code.
    """
    errors = import_optional("sqlalchemy", extra="sweep").exc
    if not isinstance(error, errors.DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in TABLE_EXISTS
    is_race = not isinstance(error, errors.OperationalError)
    return is_race or error.orig.args[:1] == (MYSQL_TABLE_EXISTS,)


def _is_lost_connection(error):
    """Return whether a server has gone, which may come back."""
    errors = import_optional("sqlalchemy", extra="sweep").exc
    error = error.__cause__  # of Optuna's StorageInternalError
    is_error = isinstance(error, errors.DBAPIError)
    if not is_error or isinstance(error.orig, sqlite3.Error):
        return False
    return error.connection_invalidated or isinstance(error, errors.OperationalError)


def _is_writable(path):
    """Return whether SQLite may write to a file, and to a log next to it."""
    return os.access(path, os.W_OK) and os.access(Path(path).parent, os.W_OK)


def _copy_file(path, folder):
    """Copy a file that cannot be written: SQLite writes to read its log."""
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{ending}", f"{folder}/store.db{ending}")
    return f"{folder}/store.db"


def _write_ahead(path):
    """Give a file a write-ahead log, for cheap commits; SQLite does not wait here."""
    until = time.monotonic() + LOCK_TIMEOUT
    waits = takewhile(lambda _: time.monotonic() < until, repeat(LOG_WAIT))
    with closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT)) as connection:
        set_log = partial(connection.execute, "PRAGMA journal_mode = WAL")
        _call_again(set_log, waits, _is_busy)


def _is_busy(error):
    """Return whether another process has locked a file of SQLite."""
    return error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _commit_cheaply(connection, _):
    """Let a file lose its last commits in a power cut, which are then made again."""
    connection.execute("PRAGMA synchronous = NORMAL")
