"""A trial of Optuna written to its tables at once.

Optuna looks up every parameter and attribute in the database before it writes it: three
times the time, which matters for short fits.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .._compat import storage_tables
from .._utils.optional import import_optional

if TYPE_CHECKING:
    import sqlalchemy
    from optuna.distributions import BaseDistribution
    from optuna.trial import TrialState


def insert_trial(
    engine: sqlalchemy.Engine,
    study_id: int,
    *,
    state: TrialState,
    values: list[float] | None,
    params: dict[str, Any],
    distributions: dict[str, BaseDistribution],
    attributes: dict[str, Any],
) -> int:
    """Insert a new trial and return its id.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Engine of an `RDBStorage`, whose tables have the version of this Optuna.
    study_id : int
        The study.
    state : optuna.trial.TrialState
        State of the trial.
    values : list of float or None
        Finite objectives of a trial that is complete.
    params, distributions : dict
        Parameters as their distributions have them.
    attributes : dict
        User attributes.

    Returns
    -------
    int
        Id of the trial in the storage.
    """
    models = storage_tables()
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    trials = models.TrialModel.__table__
    now = datetime.now(UTC).replace(tzinfo=None)
    with engine.begin() as connection:
        _lock(connection, models.StudyModel.__table__, study_id)
        insertion = trials.insert().values(
            study_id=study_id,
            state=state,
            datetime_start=now,
            datetime_complete=now if state.is_finished() else None,
        )
        inserted: Any = connection.execute(insertion).inserted_primary_key
        trial_id = inserted[0]
        earlier = sqlalchemy.select(sqlalchemy.func.count()).where(
            trials.c.study_id == study_id, trials.c.trial_id < trial_id
        )
        connection.execute(
            trials.update()
            .where(trials.c.trial_id == trial_id)
            .values(number=connection.execute(earlier).scalar_one())
        )
        for table, rows in (
            (models.TrialParamModel, _param_rows(params, distributions)),
            (models.TrialValueModel, _value_rows(models, values or [])),
            (models.TrialUserAttributeModel, _attribute_rows(attributes)),
        ):
            rows = [{"trial_id": trial_id} | row for row in rows]
            if rows:
                connection.execute(table.__table__.insert(), rows)
    return trial_id


def insert_attribute(
    engine: sqlalchemy.Engine, trial_id: int, key: str, value: Any
) -> None:
    """Give a trial a new user attribute, unless it has it from another process."""
    models = storage_tables()
    sqlalchemy = import_optional("sqlalchemy", extra="sweep")
    rows = [{"trial_id": trial_id} | row for row in _attribute_rows({key: value})]
    table = models.TrialUserAttributeModel.__table__
    with suppress(sqlalchemy.exc.IntegrityError), engine.begin() as connection:
        connection.execute(table.insert(), rows)


def _lock(connection, studies, study_id):
    """Let one process after the other number its trials."""
    row = studies.select().where(studies.c.study_id == study_id)
    connection.execute(row.with_for_update())


def _param_rows(params, distributions):
    to_json = import_optional(
        "optuna.distributions", extra="sweep"
    ).distribution_to_json
    return [
        {
            "param_name": name,
            "param_value": distributions[name].to_internal_repr(value),
            "distribution_json": to_json(distributions[name]),
        }
        for name, value in params.items()
    ]


def _value_rows(models, values):
    finite = models.TrialValueModel.TrialValueType.FINITE
    return [
        {"objective": number, "value": value, "value_type": finite}
        for number, value in enumerate(values)
    ]


def _attribute_rows(attributes):
    return [
        {"key": key, "value_json": json.dumps(value)}
        for key, value in attributes.items()
    ]
