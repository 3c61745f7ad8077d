"""The storage of sweeps: any storage of Optuna, by path, URL or as an object."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .._utils.optional import import_optional
from .._utils.places import check_place

# a write takes 10 ms at most, so thousands of other processes may come first
LOCK_TIMEOUT = 30  # seconds that a write to a file waits for other processes
# Optuna makes its tables in half a second on two busy cores; 1.5 s were once too few
TABLE_WAITS = (0.1, 0.3, 1.0, 3.0)  # seconds until tables are looked for again
# in all a minute and a half: a server is back by then, or needs its administrator
RESTART_WAITS = (1, 2, 5, 10, 20, 50)  # seconds until a server is asked again
LOST = (
    "or a study in it was deleted or replaced in the meantime. What this run has "
    "computed is in fit_results_; fit again to store it."
)
HINTS: dict[Any, str] = {
    sqlite3.SQLITE_NOTADB: "Give a file of SQLite, or a new one; a journal of Optuna "
    "is given as optuna.storages.JournalStorage(JournalFileBackend(path)).",
    sqlite3.SQLITE_CORRUPT: "The file is damaged, and what was stored in it may be "
    "lost. Move it away and fit again; what this run has computed is in fit_results_.",
}


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
        if self._identify() != self._file:
            raise OSError(f"The store {self.name} {LOST}")
        call = partial(getattr(self._cached, method), *args)
        with self._clear_errors():
            return _call_again(call, RESTART_WAITS, _is_lost_connection)

    def _identify(self):
        """Return the numbers that distinguish the file from another one of its name."""
        with suppress(FileNotFoundError):
            status = os.stat(self._path or "")  # no file has an empty name
            return status.st_dev, status.st_ino
        return None

    def _open(self, url, create):
        """Return the storage of a URL, its file prepared, to be closed at the end."""
        optuna = import_optional("optuna", extra="sweep")
        sqlalchemy = import_optional("sqlalchemy", extra="sweep")
        options: dict[str, Any] = {}
        if self._path is not None:
            check_place(self._path, "store")
            if not create and not Path(self._path).is_file():
                raise FileNotFoundError(f"There is no store {self._path}.")
            places = self._path, Path(self._path).parent  # of a log
            if not create and not all(os.access(place, os.W_OK) for place in places):
                folder = self.enter_context(TemporaryDirectory())
                url = url.set(database=_copy_file(self._path, folder))
            options["connect_args"] = {"timeout": LOCK_TIMEOUT}
        address = url.render_as_string(hide_password=False)
        open_storage = partial(optuna.storages.RDBStorage, address)
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
        except KeyError as error:
            raise OSError(f"The store {self.name} {LOST}") from error
        except (sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, internal) as error:
            cause = error.__cause__ if isinstance(error, internal) else error
            cause = getattr(cause, "orig", None) or cause
            reason = " ".join(str(cause).split())
            code = getattr(cause, "sqlite_errorcode", None)
            kind = ValueError if code == sqlite3.SQLITE_NOTADB else OSError
            hint = HINTS.get(code, "What was stored before is kept.")
            message = f"The store {self.name} cannot be used: {reason}. {hint}"
            raise kind(message) from error


def _make_url(store):
    """Return the SQLAlchemy URL of a path or URL."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    if isinstance(store, os.PathLike) or "://" not in store:
        path = os.path.abspath(os.path.expanduser(os.fspath(store)))
        return sqlalchemy.URL.create("sqlite", database=path)
    return sqlalchemy.make_url(store)


def _sqlite_path(url):
    """Return the path of a file of SQLite, None for any other storage."""
    if url is None or url.get_backend_name() != "sqlite" or url.query:
        return None
    return None if url.database in (None, "", ":memory:") else url.database


def _call_again(call, waits, may_pass):
    """Call, and again after each of some waits, as long as the error may pass."""
    for wait in (*waits, None):
        try:
            return call()
        except Exception as error:
            if wait is None or not may_pass(error):
                raise
        time.sleep(wait)


def _is_made_elsewhere(error):
    """Return whether another process may just make the tables, not for bad files."""
    errors = import_optional("sqlalchemy", extra="sweep").exc
    is_bad_file = type(error) is errors.DatabaseError
    return isinstance(error, errors.DBAPIError) and not is_bad_file


def _is_lost_connection(error):
    """Return whether a server has gone, which may come back."""
    errors = import_optional("sqlalchemy", extra="sweep").exc
    error = error.__cause__  # of Optuna's StorageInternalError
    if isinstance(getattr(error, "orig", None), sqlite3.Error):
        return False
    is_cut = getattr(error, "connection_invalidated", False)
    return is_cut or isinstance(error, errors.OperationalError)


def _copy_file(path, folder):
    """Copy a file that cannot be written: SQLite writes to read its log."""
    for ending in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            shutil.copyfile(f"{path}{ending}", f"{folder}/store.db{ending}")
    return f"{folder}/store.db"


def _commit_cheaply(connection, _):
    """Let a power cut cost the last commits of a file, and not each commit time."""
    with suppress(sqlite3.OperationalError):  # it is busy: a later connection does it
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
