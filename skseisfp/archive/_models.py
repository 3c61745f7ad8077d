"""Fitted estimators in an archive."""

from hashlib import sha256
from uuid import uuid4

import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from .._utils.atomic import remove_leftovers
from .._utils.hdf5 import inner_path
from ..persistence import save
from ._database import models


def keep_model(archive, name, estimator, facts):
    """Write a model to a file of its own, then its row."""
    archive.models_folder.mkdir(exist_ok=True)
    remove_leftovers(archive.models_folder)
    file = archive.models_folder / f"{uuid4().hex}.skops"
    save(estimator, file)
    digest = sha256(file.read_bytes()).hexdigest()
    row = {"name": name, "file": file.name, "sha256": digest, "facts": facts}
    statement = insert(models).values(row)
    with archive.database.writing() as connection:
        connection.execute(statement.on_conflict_do_update(["name"], set_=row))


def model_file(archive, name):
    """Return the file of a model, which is what was stored."""
    table = archive.models()
    if name not in table.index:
        known = ", ".join(table.index) or "none"
        raise ValueError(f"There is no model {name!r} in {archive}; it has {known}.")
    file = inner_path(archive.models_folder, table.loc[name, "file"])
    try:
        digest = sha256(file.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise ValueError(f"{file} of the model {name!r} is missing.") from None
    if digest != table.loc[name, "sha256"]:
        raise ValueError(f"{file} is not the model {name!r} that was stored.")
    return file


def read_models(database):
    """Return the table of models."""
    with database.reading() as connection:
        rows = connection.execute(select(models)).all()
    return pd.DataFrame(rows, columns=models.columns.keys()).set_index("name")
