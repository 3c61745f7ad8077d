"""A trial of Optuna written to its tables at once.

Optuna asks the database about every parameter and attribute before it writes it: three
times the time, which short fits would feel.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime

from .._utils.optional import import_optional


def insert_trial(engine, study_id, *, state, values, params, distributions, attributes):
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
    models = import_optional("optuna.storages._rdb.models", extra="sweep")
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
        trial_id = connection.execute(insertion).inserted_primary_key[0]
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


def insert_attribute(engine, trial_id, key, value):
    """Give a trial a new user attribute, unless it has it from another process."""
    models = import_optional("optuna.storages._rdb.models", extra="sweep")
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
