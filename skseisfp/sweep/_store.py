"""The store of sweeps: an Optuna storage with one study a sweep, and its reader."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from numbers import Integral, Real
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.model_selection import ParameterGrid

from .._utils.optional import import_optional

if TYPE_CHECKING:
    import sqlalchemy
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

    Store: TypeAlias = str | PathLike | BaseStorage

STORE_VERSION = 1
DESCRIPTION = "sweep"
# a write takes 4 ms at most, so thousands of other processes may come first
LOCK_TIMEOUT = 30  # seconds that a write waits for other processes
LOG_WAIT = 0.02  # seconds until the write-ahead log is asked for again
# Optuna makes its tables in half a second (measured on two busy cores)
TABLE_WAITS = (0.1, 0.3, 1.0)  # seconds until tables are looked for again
MYSQL_TABLE_EXISTS = 1050  # ER_TABLE_EXISTS_ERROR


def open_store(store: Any, *, create: bool = True) -> BaseStorage:
    """Open the storage of sweeps.

    Parameters
    ----------
    store : str, path-like or optuna.storages.BaseStorage
        Path of an SQLite file or URL of any database that SQLAlchemy knows. A storage
        of Optuna is returned as it is.
    create : bool, default=True
        Whether a file that is not there is made.

    Returns
    -------
    optuna.storages.BaseStorage
        The storage.

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
    optuna = import_optional("optuna", extra="sweep")
    if isinstance(store, optuna.storages.BaseStorage):
        return store
    url = store_url(store)
    path = url.database or ":memory:"
    is_file = url.get_backend_name() == "sqlite" and not url.query
    is_file = is_file and path != ":memory:"
    if is_file and not create and not Path(path).is_file():
        raise FileNotFoundError(f"There is no store {path}.")
    with clear_errors(store):
        if is_file:
            _prepare_file(path, create)
        address = url.render_as_string(hide_password=False)
        options = {"connect_args": {"timeout": LOCK_TIMEOUT}} if is_file else {}
        _make_tables(store, address, options)
        return optuna.storages.RDBStorage(address, engine_kwargs=options)


def _make_tables(store, address, options):
    """Make the tables, again where another process was just making them."""
    optuna = import_optional("optuna", extra="sweep")
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    options = {**options, "poolclass": sqlalchemy.pool.NullPool}
    for wait in (*TABLE_WAITS, None):
        try:
            close_store(optuna.storages.RDBStorage(address, engine_kwargs=options))
            return
        except sqlalchemy.exc.DBAPIError as error:
            if wait is None or not _may_be_made(error):
                raise
            time.sleep(wait)
        except RuntimeError as error:  # Optuna's own, of tables of another version
            raise ValueError(
                f"The store {_shown(store)} was made by another version of Optuna: "
                f"{error}"
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


def close_store(storage: Any) -> None:
    """Release the connections of a storage, where it has some."""
    if hasattr(storage, "engine"):
        storage.remove_session()
        storage.engine.dispose()


def store_url(store: str | PathLike) -> sqlalchemy.URL:
    """Return the SQLAlchemy URL of a store."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    if isinstance(store, PathLike) or "://" not in store:
        path = str(Path(fspath(store)).expanduser().absolute())
        return sqlalchemy.URL.create("sqlite", database=path)
    return sqlalchemy.make_url(store)


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


def checkpoint(storage: Any) -> None:
    """Write the log of a file into the file, so that it stays short."""
    with storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint")


@contextmanager
def clear_errors(store: Store) -> Iterator[None]:
    """Raise errors of the database with the name of the store."""
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    exceptions = import_optional("optuna.exceptions", extra="sweep")
    internal = exceptions.StorageInternalError
    try:
        yield
    except (sqlite3.Error, sqlalchemy.exc.SQLAlchemyError, internal) as error:
        cause = error.__cause__ if isinstance(error, internal) else error
        cause = getattr(cause, "orig", None) or cause
        if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise ValueError(f"The store {_shown(store)} is not a database.") from error
        raise OSError(
            f"The store {_shown(store)} cannot be used: {str(cause).strip()}. What was "
            "stored before is kept."
        ) from error


def _shown(store):
    """Return the name of a store without a password."""
    if isinstance(store, (str, PathLike)):
        url = store_url(store)
        return url.database if url.get_backend_name() == "sqlite" else repr(url)
    return repr(store)


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna from logging."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def read_study(store: Store, name: str | None = None) -> dict[str, Any]:
    """Read a sweep from its store, finished or still running.

    Parameters
    ----------
    store : str, path-like or optuna.storages.BaseStorage
        As `open_store` takes it.
    name : str, default=None
        Name of the study; None takes the only one there is.

    Returns
    -------
    dict
        ``name``; ``params``, the dict of each trial; ``fits``, a list over trials of a
        list over folds of dicts, None where missing; ``classes``; ``metrics``, their
        names; ``refit_metric``; ``parameters``, the names of the parameters in the
        order of the plan.

    Raises
    ------
    ValueError
        If there is no such sweep, or several and no name, or one of another version.
    """
    optuna = import_optional("optuna", extra="sweep")
    storage = open_store(store, create=False)
    try:
        with clear_errors(store):
            name, description = _find_sweep(storage, name)
            study = optuna.load_study(study_name=name, storage=storage)
            trials = study.get_trials(deepcopy=False)
    finally:
        if storage is not store:
            close_store(storage)
    params = list(ParameterGrid(decode(description["grid"])))
    fits: list[list[Any]] = [[None] * description["n_splits"] for _ in params]
    for (candidate, fold), fit in fits_of(trials).items():
        fits[candidate][fold] = fit
    done = [fit for row in fits for fit in row if fit is not None]
    metrics = list(dict.fromkeys(name for fit in done for name in fit["scores"]))
    metrics = description["metrics"] or metrics
    for fit in done:
        fit["scores"] = {key: fit["scores"].get(key, np.nan) for key in metrics}
    return {
        "name": name,
        "params": params,
        "fits": fits,
        "classes": description["classes"],
        "metrics": metrics,
        "refit_metric": description["refit_metric"],
        "parameters": description["parameters"],
    }


def _find_sweep(storage, name):
    """Return name and description of the sweep asked for."""
    sweeps = {
        study.study_name: study.user_attrs[DESCRIPTION]
        for study in storage.get_all_studies()
        if DESCRIPTION in study.user_attrs
    }
    names = ", ".join(map(repr, sorted(sweeps))) or "none"
    if name is None and len(sweeps) == 1:
        (name,) = sweeps
    if name is None:
        raise ValueError(f"Name one of the sweeps in the store: {names}.")
    if name not in sweeps:
        raise ValueError(f"There is no sweep {name!r} in the store; there are {names}.")
    check_version(name, sweeps[name])
    return name, sweeps[name]


def check_version(name: str, description: Mapping[str, Any]) -> None:
    """Raise if another version of this package has written a study."""
    version = description.get("store_version")
    if version != STORE_VERSION:
        raise ValueError(
            f"The study {name!r} is of version {version} of the store, and this "
            f"package reads version {STORE_VERSION}: it was written by skseisfp "
            f"{description.get('versions', {}).get('skseisfp', 'of unknown version')}."
        )


def fits_of(trials: Iterable[FrozenTrial]) -> dict[tuple[int, int], dict]:
    """Return the fits in trials of Optuna by (candidate, fold)."""
    return {
        (trial.user_attrs["candidate"], int(key.removeprefix("fold_"))): fit
        for trial in trials
        for key, fit in trial.user_attrs.items()
        if key.startswith("fold_")
    }


def encode(value: Any) -> Any:
    """Return values of parameters in types of JSON; objects only as strings."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (bool, str)):
        return value
    if type(value) in (int, float):
        return value
    if isinstance(value, Mapping):
        return {"dict": [[key, encode(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [encode(item) for item in value]}
    return {"text": string_of(value)}


def decode(value: Any) -> Any:
    """Return the value that `encode` was given; objects remain strings."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {key: decode(item) for key, item in content}
    if kind in ("list", "tuple"):
        items = [decode(item) for item in content]
        return tuple(items) if kind == "tuple" else items
    return content


def string_of(value: Any) -> str:
    """Return a short string of a value without addresses in memory."""
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    return " ".join(repr(value).split())


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number and not a bool."""
    if isinstance(value, Integral):
        return not isinstance(value, bool)
    return isinstance(value, Real) and isfinite(value)
